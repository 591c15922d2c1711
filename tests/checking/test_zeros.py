"""A dose of exactly 0 within the patient: what was clipped, cropped or masked is no evidence that nothing is there.

BODY is 184.8 x 137.6 x 102 mm; the dose grid has nodes every 5, 3 and 4 mm, at x = -5, 0, 5 mm among others. Between a
node of 0 and one with a dose the dose may be anything: all of a cord from x = -6.1 to 6.1 mm that lies left of x = 0 is
in doubt where the nodes from x = -5 mm on are 0.
"""

from dataclasses import replace
from math import erf

import numpy as np
import pytest
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

from rtcheck import compute_dvh, read_case
from rtcheck.conformance.shapes import BODY, CORD

PTV = box("PTV", at_mm=(40.0, -20.0, 0.0), size_mm=(30.0, 30.0, 30.0), type="PTV")
LIVER = box("Liver", 2, at_mm=(-50.0, -10.0, 0.0), size_mm=(60.0, 60.0, 60.0))
BOXES = (PTV, LIVER, CORD, BODY)


def whole(x_mm, y_mm, z_mm):
    """50 Gy in and behind the target, 20 Gy elsewhere, and low doses far from it, no two alike, as in a real plan."""
    if y_mm > 60:
        return 0.1 + 1e-3 * (x_mm + 200)
    return 50.0 if x_mm > 20 and abs(y_mm) < 40 and abs(z_mm) < 34 else 20.0


def half(x_mm, y_mm, z_mm):
    return whole(x_mm, y_mm, z_mm) if x_mm >= 0 else 0.0


def slab(x_mm, y_mm, z_mm):
    """One plane of nodes, at z = 8 mm, is 0."""
    return 0.0 if z_mm == 8 else whole(x_mm, y_mm, z_mm)


def masked(x_mm, y_mm, z_mm):
    """0 but within 45 mm of the target's centre."""
    is_near = np.hypot(np.hypot(x_mm - 40, y_mm + 20), z_mm) < 45
    return whole(x_mm, y_mm, z_mm) + 1e-3 * x_mm if is_near else 0.0


def resampled(x_mm, y_mm, z_mm):
    """Half the dose on the last plane of nodes before the zeros, as interpolation between two grids makes it."""
    return half(x_mm, y_mm, z_mm) / (2 if x_mm == 0 else 1)


def in_liver(x_mm, y_mm, z_mm):
    """0 within the liver's contour alone."""
    return 0.0 if abs(x_mm + 50) < 30 and abs(y_mm + 10) < 30 and abs(z_mm) < 30 else whole(x_mm, y_mm, z_mm)


def plan(tmp_path, dose, boxes=BOXES, change=lambda files: None):
    return write_plan(tmp_path / "plan", boxes, dose_gy=dose, prescribed_gy=50.0, change=change)


LIMITS = constraints("Liver: Dmean < 25 Gy", "Liver: Dmax < 45 Gy", "SpinalCord: Dmax < 45 Gy", "PTV: D95% >= 48 Gy")


@pytest.mark.parametrize("dose", [half, slab, masked, resampled, in_liver])
def test_zeros_next_to_a_dose_are_a_doubt_and_no_pass(tmp_path, dose):
    ran = check(plan(tmp_path, dose), LIMITS, "--strict")
    assert "dose.zero" in {each["code"] for each in ran.json()["doubts"]}
    assert outcomes(ran)[1] == "not_evaluated"
    assert ran.status == 3


def test_what_was_cut_off_counts_as_anything_up_to_the_highest_dose_of_the_grid(tmp_path):
    """Half of the cord is in doubt, its other half at 20 Gy: the dose there falls from 20 Gy at x = 0 to 0 at -5 mm."""
    ran = check(plan(tmp_path, half), constraints("SpinalCord: Dmean < 30 Gy", "SpinalCord: Dmean < 36 Gy"))
    assert outcomes(ran) == ["not_evaluated", "met"]
    found = ran.json()["constraints"][0]
    mean_gy = (6.1 * 20 + 5 * 10) / 12.2
    assert found["value"] == pytest.approx(mean_gy, rel=1e-3)
    assert found["bounds"] == pytest.approx([mean_gy, (20 + 50) / 2], rel=1e-3)
    assert found["bounds_reason"] == "the dose is exactly 0 where none may have been calculated"


def test_who_knows_that_the_zeros_are_right_takes_them_as_doses(tmp_path):
    ran = check(plan(tmp_path, half), LIMITS, "--ignore", "dose.zero")
    assert outcomes(ran) == ["met"] * 4
    assert "dose.zero" in codes(ran)  # stated, but as a warning
    assert not ran.json()["doubts"]


def test_dvhs_have_the_same_bounds_without_a_protocol(tmp_path):
    dvh = compute_dvh(read_case(plan(tmp_path, half)), "SpinalCord")
    assert dvh.possible is not None
    assert dvh.possible.most.high.mean_gy == pytest.approx(35.0, rel=1e-3)


def test_without_a_body_outline_an_organ_shows_it_alone(tmp_path):
    ran = check(plan(tmp_path, slab, (PTV, LIVER, CORD)), LIMITS)
    assert outcomes(ran) == ["met", *["not_evaluated"] * 3]  # of the liver's 60 mm 8 are in doubt: at most 24 Gy
    assert "dose.zero" in codes(ran)


def test_isodoses_and_points_in_zeros_are_not_known(tmp_path):
    def one_point(files):
        (drawn,) = [each for each in files.structures.ROIContourSequence if each.ReferencedROINumber == 9]
        drawn.ContourSequence = drawn.ContourSequence[:1]
        point = drawn.ContourSequence[0]
        point.ContourGeometricType, point.NumberOfContourPoints, point.ContourData = "POINT", 1, [-50.0, 0.0, 0.0]

    limits = constraints("Isodose(15 Gy): Volume < 1000 cc", "A_L: Dpoint < 30 Gy")
    boxes = (PTV, box("A_L", 9), BODY)
    assert outcomes(check(plan(tmp_path / "whole", whole, boxes, one_point), limits)) == ["violated", "met"]
    ran = check(plan(tmp_path / "half", half, boxes, one_point), limits)
    assert outcomes(ran) == ["not_evaluated", "not_evaluated"]
    assert "dose.zero" in {each["code"] for each in ran.json()["doubts"]}
    ran = check(plan(tmp_path / "alone", half, boxes[:2], one_point), constraints("A_L: Dpoint < 30 Gy"))
    assert (outcomes(ran), [each["code"] for each in ran.json()["doubts"]]) == (["met"], ["dose.zero"])


def second(files):
    """A second plan of the patient."""
    files.plan.SOPInstanceUID += ".7"
    files.dose.SOPInstanceUID += ".7"
    files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID


@pytest.mark.parametrize(("dose", "is_doubt"), [(whole, False), (half, True)])
def test_zeros_of_one_plan_of_a_sum_are_a_doubt(tmp_path, dose, is_doubt):
    first, other = plan(tmp_path / "1", whole), plan(tmp_path / "2", dose, change=second)
    ran = check(first, constraints("SpinalCord: Dmax < 110 Gy"), other, "--sum")
    said = [each["text"] for each in ran.json()["doubts"] if each["code"] == "dose.zero"]
    assert [each[:43] for each in said] == ["Plan 2 of the sum: the dose is exactly 0 wit"[:43]] * is_doubt


def test_a_scenario_with_zeros_shows_nothing(tmp_path):
    """Half of the cord may have 50 Gy in the scenario: 35 Gy in the mean."""

    def as_scenario(files):
        files.dose.SOPInstanceUID += ".9"

    folder = plan(tmp_path, whole)
    scenario = write_plan(tmp_path / "other", BOXES, dose_gy=half, prescribed_gy=50.0, change=as_scenario) / "dose.dcm"
    ran = check(
        folder, constraints("SpinalCord: Dmean < 30 Gy", "SpinalCord: Dmean < 36 Gy"), "--scenario", f"one={scenario}"
    )
    first, second = ran.json()["scenarios"]["constraints"]
    assert [(each["passing"], each["evaluated"]) for each in (first, second)] == [(0, 0), (1, 1)]


# --- zeros that are none of it -------------------------------------------------------------------------------------


def in_air(x_mm, y_mm, z_mm):
    """20 Gy to the skin of BODY and 0 in the air."""
    return whole(x_mm, y_mm, z_mm) if abs(x_mm) < 92.4 and abs(y_mm) < 68.8 else 0.0


def ear_canal(x_mm, y_mm, z_mm):
    """A canal of 10 x 12 mm, 35 mm deep, is open to the air."""
    is_canal = x_mm < -57.4 and abs(y_mm - 36) <= 6 and abs(z_mm) <= 6
    return 0.0 if is_canal else in_air(x_mm, y_mm, z_mm)


SKIN_RING = replace(BODY, name="Ring", number=7, type="", low_mm=(60.0, -20.0, -30.0), high_mm=(98.0, 20.0, 30.0))
TO_THE_AIR = replace(SKIN_RING, name="PTV", number=1, type="PTV")


@pytest.mark.parametrize(
    "boxes", [(*BOXES, SKIN_RING), (TO_THE_AIR, LIVER, CORD, BODY), (TO_THE_AIR, SKIN_RING, LIVER)]
)
@pytest.mark.parametrize("dose", [in_air, ear_canal])
def test_air_has_no_dose(tmp_path, dose, boxes):
    asked = [f"{each.name}: Dmax < 60 Gy" for each in boxes]
    ran = check(plan(tmp_path, dose, boxes), constraints(*asked))
    assert outcomes(ran) == ["met"] * len(asked)
    assert "dose.zero" not in codes(ran)


def stopping(x_mm, y_mm, z_mm):
    """Protons that come from high x and stop at 3 mm, spread by 2 mm."""
    low_gy = whole(x_mm, y_mm, z_mm) if y_mm > 60 else 0.0
    return 25 * (1 + erf((x_mm - 3) / (2 * 2**0.5))) if x_mm > 3 - 4 * 2 else low_gy


def ions(files):
    files.plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
    files.plan.IonBeamSequence = files.plan.BeamSequence
    for beam in files.plan.IonBeamSequence:
        beam.RadiationType, beam.IonControlPointSequence = "PROTON", beam.ControlPointSequence
        del beam.ControlPointSequence
    del files.plan.BeamSequence


@pytest.mark.parametrize(("dose", "is_doubt"), [(stopping, False), (half, True)])
def test_protons_stop_but_not_from_a_shoulder(tmp_path, dose, is_doubt):
    ran = check(plan(tmp_path, dose, change=ions), constraints("SpinalCord: Dmax < 60 Gy"))
    assert ("dose.zero" in codes(ran)) is is_doubt


def test_a_phantom_of_steps_has_the_zeros_that_it_is_made_of(tmp_path):
    """No planning system calculates a dose of two values."""
    ran = check(plan(tmp_path, lambda x_mm, y_mm, z_mm: 50.0 if x_mm >= 0 else 0.0), LIMITS)
    assert outcomes(ran) == ["met", "met", "violated", "met"]


def test_photons_do_not_stop(tmp_path):
    ran = check(plan(tmp_path, stopping), constraints("SpinalCord: Dmax < 60 Gy"))
    assert "dose.zero" in codes(ran)
