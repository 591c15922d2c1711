"""Evidence that is known to be missing bounds a value: met only if both bounds meet, violated only if both violate.

Every plan here has a cord of 12.2 x 11.7 mm and 102 mm length in 30 Gy, with a hot spot in one of its slices; the truth
is that 45 Gy are exceeded there.
"""

import re

import numpy as np
import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

from rtcheck.conformance.phantom import dose_dataset
from rtcheck.conformance.shapes import BODY, CORD

HOT_MM = 1.5
LIMITS = constraints("SpinalCord: Dmax < 45 Gy", "SpinalCord: Dmean < 35 Gy", "SpinalCord: Dmax < 25 Gy")


def hot_spot(x_mm, y_mm, z_mm):
    """50 Gy at the nodes at z = 0 and 4 mm, 30 Gy at all others: more than 45 Gy from -1 to 5 mm."""
    return 50.0 if z_mm in (0.0, 4.0) else 30.0


def without(*planes_mm):
    """Leaves the cord's contours out on these planes."""

    def change(files):
        drawn = files.structures.ROIContourSequence[0].ContourSequence
        kept = [each for each in drawn if float(each.ContourData[2]) not in planes_mm]
        files.structures.ROIContourSequence[0].ContourSequence = kept

    return change


def cord_plan(folder, change=lambda files: None, others=(BODY,)):
    return write_plan(folder, [CORD, *others], dose_gy=hot_spot, change=change)


def test_with_all_its_slices_the_cord_violates(tmp_path):
    assert outcomes(check(cord_plan(tmp_path / "plan"), LIMITS)) == ["violated", "met", "violated"]


@pytest.mark.parametrize("others", [(BODY,), ()], ids=["with BODY on every slice", "alone in its set"])
@pytest.mark.parametrize(("slices", "drawn_gy"), [(3, 40.0), (5, 30.0), (9, 30.0)])  # 40 Gy at z = 6 mm
def test_a_missing_slab_around_the_hot_spot_is_no_pass(tmp_path, slices, drawn_gy, others):
    gone = HOT_MM + 3.0 * (np.arange(slices) - slices // 2)
    ran = check(cord_plan(tmp_path / "plan", without(*gone), others), LIMITS)
    assert outcomes(ran) == ["not_evaluated", "met", "violated"]
    assert ran.status == 1  # 25 Gy are exceeded whatever lies in the gap
    worst = ran.json()["constraints"][0]
    assert worst["bounds"] == pytest.approx([drawn_gy, 50.0])
    assert worst["bounds_reason"].startswith("slices of SpinalCord are missing")
    assert "--gaps filled" in worst["notes"][0]
    assert "structure.missing-slices" in {each["code"] for each in ran.json()["doubts"]}


@pytest.mark.parametrize(("gaps", "outcome"), [("filled", "violated"), ("open", "met"), ("bounds", "not_evaluated")])
def test_the_user_may_say_what_lies_in_the_gap(tmp_path, gaps, outcome):
    plan = cord_plan(tmp_path / "plan", without(-1.5, 1.5, 4.5))
    ran = check(plan, constraints("SpinalCord: Dmax < 45 Gy"), "--gaps", gaps)
    assert outcomes(ran) == [outcome]
    assert ran.json()["provenance"]["settings"]["gaps"] == gaps


def test_the_band_holds_the_value_with_the_gap_filled(tmp_path):
    plan = cord_plan(tmp_path / "plan", without(-1.5, 1.5, 4.5))
    (found,) = check(plan, constraints("SpinalCord: Dmean < 30.5 Gy"), "--band").json()["constraints"]
    (filled,) = check(plan, constraints("SpinalCord: Dmean < 30.5 Gy"), "--gaps", "filled").json()["constraints"]
    assert found["low"] <= found["value"] < filled["value"] <= found["high"]


def test_the_volume_without_a_dose_has_bounds_as_well(tmp_path):
    plan = cord_plan(tmp_path / "plan", without(1.5))
    (plan / "dose.dcm").unlink()
    ran = check(plan, constraints("SpinalCord: Volume > 14.3 cc", "SpinalCord: Volume > 14 cc"))
    area_mm2 = 12.2 * 11.7
    first, second = ran.json()["constraints"]
    assert first["bounds"] == pytest.approx([area_mm2 * 99 / 1000, area_mm2 * 102 / 1000])
    assert (first["outcome"], second["outcome"]) == ("not_evaluated", "met")


# --- a dose that is cut off ----------------------------------------------------------------------------------------


def plateau(x_mm, y_mm, z_mm):
    return 60.0 if abs(x_mm) < 20 else 10.0


@pytest.mark.parametrize(
    ("bits", "stored"),
    [(16, 65535), (32, 65535), (32, 4294967295), (16, 4095), (32, 2**24 - 1)],
    ids=["16 bits", "16 bits in 32", "32 bits", "12 bits in 16", "24 bits in 32"],
)
def test_a_structure_where_the_dose_is_cut_off_has_no_upper_bound(tmp_path, bits, stored):
    """The file holds no more than 40 Gy: where 60 Gy were, all that is known is that there are 40 or more."""
    scaling = 40.0 / stored

    def change(files):
        files.dose = dose_dataset(dose_at=lambda *at_mm: min(plateau(*at_mm), 40.0), bits=bits, scaling=scaling)

    heart = box("Heart", 2, at_mm=(-60.0, 0.0, 0.0))
    plan = write_plan(tmp_path / "plan", [box("Vagina"), heart], prescribed_gy=40.0, change=change)
    goals = ["Dmax < 45 Gy", "Dmean < 41 Gy", "Dmax < 35 Gy", "Dmin > 39 Gy", "V45Gy < 50 %", "V35Gy > 99 %"]
    ran = check(plan, constraints(*(f"Vagina: {goal}" for goal in goals), "Heart: Dmax < 20 Gy"))
    expected = ["not_evaluated", "not_evaluated", "violated", "met", "not_evaluated", "met", "met"]
    assert outcomes(ran) == expected
    first, *_ = ran.json()["constraints"]
    assert (first["bounds"], first["margin"]) == ([pytest.approx(40.0, rel=1e-4), None], None)
    assert "dose.saturated" in codes(ran)


@pytest.mark.parametrize("form", ["table", "html", "markdown", "junit", "csv"])
def test_every_report_can_tell_a_value_without_an_upper_bound(tmp_path, form):
    def change(files):
        files.dose = dose_dataset(dose_at=lambda *at_mm: min(plateau(*at_mm), 40.0), scaling=40.0 / 65535)

    plan = write_plan(tmp_path / "plan", [box("Vagina")], prescribed_gy=40.0, change=change)
    (tmp_path / "mine.yaml").write_text(constraints("Vagina: Dmax < 45 Gy", "Vagina: Dmax < 35 Gy"))
    told = run(plan, "-p", tmp_path / "mine.yaml", "-f", form).out
    assert "at least 40.00 Gy" in told
    if form != "html":  # whose script knows these words
        assert not re.search(r"(?i)\b(inf|nan|infinity)\b", told)


# --- a part without contours ----------------------------------------------------------------------------------------


def test_a_union_with_a_part_without_contours_is_decided_only_by_what_is_drawn(tmp_path):
    """One kidney of 12 cc in 20 Gy; the other is listed without contours."""

    def change(files):
        files.structures.ROIContourSequence[1].ContourSequence = []

    kidneys = [box("Kidney_L", at_mm=(40.0, 0.0, 0.0)), box("Kidney_R", 2, at_mm=(-40.0, 0.0, 0.0))]
    plan = write_plan(tmp_path / "plan", kidneys, change=change)
    goals = ["Dmean < 24 Gy", "Dmax < 24 Gy", "Dmax < 18 Gy", "V10Gy > 11 cc", "V10Gy < 11 cc", "V10Gy < 50 %"]
    lines = [f"{{structure: [Kidney_L, Kidney_R], combine: together, goal: {goal}}}" for goal in goals]
    ran = check(plan, constraints(*lines))
    assert outcomes(ran) == ["not_evaluated", "not_evaluated", "violated", "met", "violated", "not_evaluated"]
    assert "Kidney_R is listed but has no contours" in ran.json()["constraints"][0]["notes"][0]


# --- outside the dose grid ------------------------------------------------------------------------------------------

LONG_CORD = box("SpinalCord", 2, size_mm=(12.0, 12.0, 180.0))  # from -90 to 90 mm; the grid ends at -62 and 62 mm


def fading(dose_at_the_ends_gy):
    """40 Gy in the middle, falling off to some dose on the grid's faces along z."""
    return lambda x_mm, y_mm, z_mm: max(40.0 * (1 - abs(z_mm) / 50), dose_at_the_ends_gy)


@pytest.mark.parametrize(
    ("faces_gy", "options", "outcome", "most_gy"),
    [
        (0.2, (), "met", 0.2),  # 0.2 Gy of 50: the dose ends in the grid
        (4.9, (), "met", 4.9),
        (5.1, (), "not_evaluated", 40.0),  # more than a tenth
        (5.1, ("--outside", "face"), "met", 5.1),
        (5.1, ("--outside", "zero"), "met", 0.0),
        (0.2, ("--outside", "maximum"), "not_evaluated", 40.0),
    ],
)
def test_outside_the_grid_the_dose_is_at_most_that_of_the_faces_it_leaves_through(
    tmp_path, faces_gy, options, outcome, most_gy
):
    plan = write_plan(tmp_path / "plan", [LONG_CORD], dose_gy=fading(faces_gy))
    ran = check(plan, constraints("SpinalCord: Dmean < 15 Gy", "SpinalCord: V20Gy < 50 %"), *options)
    found, volume = ran.json()["constraints"]
    assert {found["outcome"], volume["outcome"]} <= {outcome, "met"}
    assert outcome in (found["outcome"], volume["outcome"])
    if options != ("--outside", "zero"):
        low, high = found["bounds"]
        assert high - low == pytest.approx(most_gy * (180 - 124) / 180)
    (warning,) = [each["text"] for each in ran.json()["warnings"] if each["code"] == "dose.partial-coverage"]
    assert f"at most {most_gy:.3g} Gy" in warning or "taken as 0" in warning
    assert "--outside" in warning


def test_a_brachytherapy_dose_is_never_taken_to_end_in_its_grid(tmp_path):
    def change(files):
        files.plan.ApplicationSetupSequence = files.plan.FractionGroupSequence

    plan = write_plan(tmp_path / "plan", [LONG_CORD], dose_gy=fading(0.2), change=change)
    limit = constraints("SpinalCord: V20Gy < 50 %")
    assert outcomes(check(plan, limit, "--dose-is", "course")) == ["not_evaluated"]
    assert outcomes(check(plan, limit, "--dose-is", "course", "--outside", "face")) == ["met"]


def test_without_a_prescription_no_dose_is_little_enough(tmp_path):
    def change(files):
        del files.plan.DoseReferenceSequence

    plan = write_plan(tmp_path / "plan", [LONG_CORD], dose_gy=fading(0.2), change=change)
    assert outcomes(check(plan, constraints("SpinalCord: V20Gy < 50 %"))) == ["not_evaluated"]
    assert outcomes(check(plan, constraints("SpinalCord: V20Gy < 50 %"), "--dose-rx", "50")) == ["met"]


def test_where_only_end_caps_leave_the_grid_the_message_names_the_option(tmp_path):
    """Planes from -61.5 to 61.5 mm: half a slice beyond them lies outside the grid, which ends at 62 mm."""
    cord = box("SpinalCord", size_mm=(12.0, 12.0, 126.0))
    plan = write_plan(tmp_path / "plan", [cord], dose_gy=lambda x_mm, y_mm, z_mm: 50.0 if x_mm > 40 else 20.0)
    ran = check(plan, constraints("SpinalCord: Dmax < 45 Gy"))
    (found,) = ran.json()["constraints"]
    assert found["outcome"] == "not_evaluated"
    assert "only its end caps lie outside, and --end-caps none omits them" in found["notes"][0]
    assert outcomes(check(plan, constraints("SpinalCord: Dmax < 45 Gy"), "--end-caps", "none")) == ["met"]


# --- indices --------------------------------------------------------------------------------------------------------

TARGET = box("PTV", type="PTV", size_mm=(30.0, 30.0, 60.0))
INDICES = [f"PTV: {goal}" for goal in ("CI_Paddick > 0.2", "GI < 12", "R50 < 12", "HI_ICRU83 < 0.2")]


def conformal(x_mm, y_mm, z_mm):
    """55 Gy in and 30 Gy around the target, up to the grid's ends along z."""
    if max(abs(x_mm), abs(y_mm)) < 18 and abs(z_mm) < 32:
        return 55.0
    return 30.0 if max(abs(x_mm), abs(y_mm)) < 50 else 5.0


def test_indices_without_a_body_outline_have_no_upper_bound_where_the_dose_reaches_the_edge_of_the_grid(tmp_path):
    found = check(write_plan(tmp_path / "plan", [TARGET], dose_gy=conformal), constraints(*INDICES)).json()
    paddick, gradient, half, homogeneity = found["constraints"]
    assert (gradient["outcome"], gradient["bounds"][1]) == ("not_evaluated", None)
    assert "no body outline is contoured" in gradient["notes"][0]
    assert (half["bounds"][1], paddick["outcome"]) == (None, "not_evaluated")
    assert (homogeneity["outcome"], homogeneity["bounds"]) == ("met", None)


def test_the_homogeneity_of_a_dose_that_is_cut_off_is_unknown(tmp_path):
    """D2% may be anything above 50 Gy, while the median is known to be at least that."""

    def change(files):
        files.dose = dose_dataset(dose_at=lambda *at_mm: min(conformal(*at_mm), 50.0), scaling=50.0 / 65535)

    plan = write_plan(tmp_path / "plan", [TARGET, BODY], change=change)
    (found,) = check(plan, constraints("PTV: HI_ICRU83 < 0.2"), "--dose-rx", "50").json()["constraints"]
    assert (found["outcome"], found["bounds"][1]) == ("not_evaluated", None)


def test_indices_of_a_target_that_the_body_outline_does_not_hold_are_not_evaluated(tmp_path):
    def change(files):
        body = files.structures.ROIContourSequence[1]
        body.ContourSequence = [each for each in body.ContourSequence if float(each.ContourData[2]) < 0]

    plan = write_plan(tmp_path / "plan", [TARGET, BODY], dose_gy=conformal, change=change)
    found = check(plan, constraints("PTV: CI_Paddick > 0.2")).json()["constraints"][0]
    assert (found["outcome"], found["value"]) == ("not_evaluated", None)
    assert "BODY does not contain the whole target" in found["notes"][0]
