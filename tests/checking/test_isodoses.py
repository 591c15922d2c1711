"""Isodoses as structures: in a cone-shaped dose every isodose is a ball, whose volume is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, gradient, sphere

from rtcheck.case import Plan, Prescription
from rtcheck.checking.check import check
from rtcheck.checking.courses.sums import summed
from rtcheck.dosimetry.isodose import isodose_solid
from rtcheck.errors import RtcheckError

BALL = replace(sphere(20.0, 2.0), name="Liver")


def cone_gy(x, y, z):
    """60 Gy in the middle, 1 Gy less per mm: the isodose of D Gy is a ball of radius 60 - D mm."""
    return 60.0 - np.sqrt(x**2 + y**2 + z**2)


@pytest.fixture(scope="module")
def case():
    plan = Plan(prescriptions=(Prescription(dose_gy=50.0),), fractions=25)
    return replace(case_of([BALL], dose_over(-45.0, 45.0, 2.5, cone_gy)), plan=plan)


def results(tmp_path, case, *limits):
    rows = "".join(f"  - {{structure: {structure}, goal: {goal}}}\n" for structure, goal in limits)
    return check(case, protocol_of(tmp_path, f"name: x\nconstraints:\n{rows}")).results


def ball_cc(radius_mm):
    return 4 / 3 * math.pi * (radius_mm / 10) ** 3


def test_volumes_of_isodoses_and_of_what_lies_outside_a_structure(tmp_path, case):
    """80 % of 50 Gy are 40 Gy: a ball of 20 mm; 30 Gy one of 30 mm; the liver has 20 mm."""
    of_40, of_30, outside, overlap = results(
        tmp_path,
        case,
        ("Isodose(80 %)", "Volume > 1 cc"),
        ("Isodose(30 Gy)", "Volume > 1 cc"),
        ("Isodose(30 Gy) - Liver", "Volume > 1 cc"),
        ("Liver & Isodose(50 Gy)", "Volume > 1 cc"),
    )
    assert of_40.measurement.value == pytest.approx(ball_cc(20.0), rel=0.02)
    assert of_30.measurement.value == pytest.approx(ball_cc(30.0), rel=0.01)
    assert outside.measurement.value == pytest.approx(ball_cc(30.0) - ball_cc(20.0), rel=0.02)
    assert overlap.measurement.value == pytest.approx(ball_cc(10.0), rel=0.06)
    assert "40 Gy" in of_40.matched[0].how


def test_the_volume_of_an_isodose_is_that_of_the_whole_grid_at_its_dose(tmp_path, case):
    """Two ways to one number: marching squares, and the histogram of a cube around the ball."""
    around = replace(cube(80.0, corner=(-40.0, -40.0, -40.0)), name="External")
    both = replace(case_of([around], case.dose), plan=case.plan)
    isodose, v35 = results(tmp_path, both, ("Isodose(35 Gy)", "Volume > 1 cc"), ("External", "V35Gy > 1 cc"))
    assert isodose.measurement.value == pytest.approx(v35.measurement.value, rel=3e-3)


def test_an_isodose_of_a_linear_dose_is_exact_and_its_end_at_the_grid_is_not_known():
    """10 + x/2 Gy from -40 to 40 mm: at least 20 Gy from x = 20 on, up to the end of the grid."""
    solid = isodose_solid(dose_over(-40.0, 40.0, 4.0, gradient("x", centre_gy=10.0)), 20.0)
    lowest = min(slab.edges_mm[:, [0, 2]].min() for slab in solid.slabs)
    assert lowest == pytest.approx(10.0, abs=1e-4)  # gradient is 1 Gy per mm
    assert not solid.is_certain
    assert "edge of the dose grid" in solid.reasons[0]


def test_what_reaches_the_grids_end_and_what_has_no_reference_is_not_evaluated(tmp_path, case):
    low, percent = results(tmp_path, case, ("Isodose(5 Gy)", "Volume < 900 cc"), ("Isodose(80 %)", "Volume > 1 cc"))
    assert (low.outcome, percent.outcome) == ("not_evaluated", "met")
    (nothing,) = results(tmp_path, replace(case, plan=None), ("Isodose(80 %)", "Volume > 1 cc"))
    assert (nothing.outcome, "there is no plan" in nothing.notes[0]) == ("not_evaluated", True)
    (too_high,) = results(tmp_path, case, ("Isodose(61 Gy)", "Volume < 1 cc"))
    assert (too_high.outcome, "no dose is as high" in too_high.notes[0]) == ("not_evaluated", True)


@pytest.fixture(scope="module")
def two_plans(case):
    """The cone, and 10 Gy in a grid that ends at +-35 mm."""
    uniform = dose_over(-32.5, 32.5, 5.0, lambda x, y, z: 10.0 + 0 * (x + y + z))
    return summed([case, replace(case_of([BALL], uniform), plan=case.plan)])


def test_of_a_sum_the_isodose_is_known_where_no_grid_has_ended(tmp_path, two_plans):
    """40 Gy: the cone's 30 Gy, 30 mm. Outside +-35 mm the cone has at most 25 Gy, and 10 more are not 40."""
    (inside,) = results(tmp_path, two_plans, ("Isodose(40 Gy)", "Volume < 114 cc"))
    assert inside.measurement.value == pytest.approx(ball_cc(30.0), rel=0.01)
    assert (inside.measurement.bounds, inside.outcome) == (None, "met")


def test_of_a_sum_the_isodose_has_bounds_where_a_grid_has_ended(tmp_path, two_plans):
    """30 Gy: a ball of 40 mm that the other grid cuts at 35 mm: six caps of pi h^2 (3 r - h) / 3 less, or all of it."""
    caps_cc = 6 * math.pi * 0.5**2 * (3 * 4.0 - 0.5) / 3
    (found,) = results(tmp_path, two_plans, ("Isodose(30 Gy)", "Volume < 260 cc"))
    least, most = found.measurement.bounds
    assert least == pytest.approx(ball_cc(40.0) - caps_cc, rel=0.01)
    assert most == pytest.approx(ball_cc(40.0), rel=0.01)
    assert found.outcome == "not_evaluated"
    assert any("one of the plans has ended" in note for note in found.notes)


def test_an_isodose_next_to_a_dose_that_is_cut_off_is_not_known(tmp_path, case):
    """50 Gy is the highest number of the file: 49 Gy lies between such nodes and others, so nobody knows where."""
    stored = np.minimum(case.dose.dose_gy, 50.0)
    dose = replace(case.dose, dose_gy=stored, is_cut_off=stored >= 50.0)
    near, far = results(
        tmp_path, replace(case, dose=dose), ("Isodose(49 Gy)", "Volume < 99 cc"), ("Isodose(40 Gy)", "Volume < 99 cc")
    )
    assert (near.outcome, far.outcome) == ("not_evaluated", "met")


def test_under_shifts_the_isodose_moves_with_the_dose(tmp_path, case):
    """The mean dose in an isodose stays what it is, wherever the whole dose is moved; the liver's does not."""
    protocol = protocol_of(tmp_path, "name: x\nconstraints: [{structure: Isodose(40 Gy), goal: Dmean < 99 Gy}]\n")
    (row,) = check(case, protocol, robust_mm=(5.0, 0.0, 0.0)).robustness.constraints
    assert row.evaluated == 2
    assert row.worst == pytest.approx(row.nominal, abs=1e-3)
    assert row.nominal == pytest.approx(45.0, abs=0.2)  # of a cone: a quarter of the way from rim to top


def test_a_drawn_structure_of_that_name_wins(tmp_path, case):
    drawn = replace(cube(10.0, corner=(0.0, 0.0, 0.0)), name="Isodose(40 Gy)")
    (one,) = results(
        tmp_path, replace(case_of([drawn], case.dose), plan=case.plan), ("Isodose(40 Gy)", "Volume > 0.1 cc")
    )
    assert one.measurement.value == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("name", ["Isodose(50)", "Isodose(0 %)", "Liver - Isodose(x Gy)"])
def test_an_isodose_without_a_level_is_a_fault_of_the_protocol(tmp_path, name):
    with pytest.raises(RtcheckError, match="has no level"):
        protocol_of(tmp_path, f"name: x\nconstraints: [{{structure: {name}, goal: Volume < 1 cc}}]\n")


def test_the_volume_of_an_isodose_counts_as_a_limit_on_dose(tmp_path, case):
    """What a protocol demands under scenarios is not met by the nominal dose alone, through derivations as well."""
    text = """name: x
robust: worst
structures: {High: {derive: Isodose(40 Gy)}, Spill: {derive: High - Liver}}
constraints:
  - {structure: Isodose(40 Gy), goal: Volume < 99 cc}
  - {structure: Spill, goal: Volume < 99 cc}
  - {structure: Liver, goal: Volume < 99 cc}
"""
    assert [each.outcome for each in check(case, protocol_of(tmp_path, text)).results] == ["not_evaluated"] * 2 + [
        "met"
    ]


def test_no_prescription_is_allowed_by_a_limit_on_an_isodose(tmp_path, case):
    """At another dose the isodose of 40 Gy is another solid: the highest prescription is then unknown."""
    text = "name: x\nprescription: {dose: 40-60 Gy}\nconstraints:\n"
    rows = "  - {structure: Liver, goal: Dmean < 50 Gy}\n", "  - {structure: Isodose(40 Gy), goal: Volume < 99 cc}\n"
    known, unknown = (check(case, protocol_of(tmp_path, text + more)).isotoxic for more in (rows[0], "".join(rows)))
    assert known.allowed_gy is not None
    assert (unknown.allowed_gy, unknown.is_complete) == (None, False)
