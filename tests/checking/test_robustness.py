"""Shifts of the dose against closed forms: in a linear gradient a shift changes every dose by gradient times shift."""

from dataclasses import replace

import numpy as np
import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, gradient, sphere

from rtcheck.checking.check import check
from rtcheck.checking.what_if.robustness import shifts_of
from rtcheck.cli.scenarios import Scenarios
from rtcheck.errors import UsageError

CORD = replace(cube(10.0, corner=(-5.0, -5.0, -5.0)), name="SpinalCord")
LIMIT = "name: x\nconstraints: [{{structure: SpinalCord, goal: Dmean {}}}]\n"


def robustness(tmp_path, goal: str, *, shift_mm=(3.0, 3.0, 3.0), margin_mm=0.0):
    case = case_of([CORD], dose_over(-40.0, 40.0, 2.0, gradient("x", centre_gy=30.0)))
    protocol = protocol_of(tmp_path, LIMIT.format(goal))
    report = check(case, protocol, robust_mm=shift_mm, robust_margin_mm=margin_mm)
    return report, report.robustness


def test_there_are_six_shifts_along_the_axes_and_eight_to_the_corners():
    shifts = shifts_of((3.0, 4.0, 5.0))
    assert len(shifts) == 14
    assert sum(sum(size != 0 for size in shift) == 1 for shift in shifts) == 6
    assert (-3.0, 4.0, -5.0) in shifts


def test_the_worst_mean_in_a_gradient_of_1_gy_per_mm_is_3_gy_higher_after_3_mm(tmp_path):
    _, found = robustness(tmp_path, "< 40 Gy")
    (cord,) = found.constraints
    assert cord.nominal == pytest.approx(30.0, abs=1e-4)
    assert cord.worst == pytest.approx(33.0, abs=1e-4)
    assert (cord.passing, cord.evaluated, cord.flips) == (14, 14, False)


def test_a_limit_between_the_plan_and_the_worst_case_flips_with_a_warning_and_no_change_of_verdict(tmp_path):
    # shifts of the dose to -x raise the dose: 1 axis and 4 corners of the 14 exceed 32 Gy
    report, found = robustness(tmp_path, "< 32 Gy")
    (cord,) = found.constraints
    assert report.verdict == "pass"
    assert (cord.passing, cord.flips, found.flips_verdict) == (9, True, True)
    assert "robust.flips" in [notice.code for notice in report.notices]


def test_a_margin_adds_contours_grown_and_shrunk(tmp_path):
    _, found = robustness(tmp_path, "< 40 Gy", margin_mm=2.0)
    assert len(found.scenarios) == 16
    assert found.scenarios[-2:] == ("contours grown by 2 mm", "contours shrunk by 2 mm")


def test_a_grown_cord_has_a_higher_maximum_by_the_margin_times_the_gradient(tmp_path):
    case = case_of([CORD], dose_over(-40.0, 40.0, 2.0, gradient("x", centre_gy=30.0)))
    protocol = protocol_of(tmp_path, "name: x\nconstraints: [{structure: SpinalCord, goal: Dmax < 90 Gy}]\n")
    found = check(case, protocol, robust_mm=(0.001, 0.0, 0.0), robust_margin_mm=4.0).robustness
    assert found.constraints[0].worst == pytest.approx(35.0 + 4.0, abs=0.3)


@pytest.mark.parametrize(("text", "expected"), [("3mm", (3, 3, 3)), ("3", (3, 3, 3)), ("3,4 mm,5", (3, 4, 5))])
def test_sizes_are_read_as_physicists_write_them(text, expected):
    assert Scenarios(text, None).shift_mm == expected


@pytest.mark.parametrize("text", ["", "-3", "3cm", "3,3", "0", "400"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="--robust"):
        Scenarios(text, None)


ORGANS = [
    replace(sphere(14.0, 2.0), name="Liver"),
    replace(cube(9.0, corner=(6.0, -17.0, -7.0)), name="SpinalCord"),
    replace(cube(12.0, corner=(-20.0, 4.0, -5.0)), name="Stomach"),
]


def test_each_scenario_measures_what_a_check_of_the_moved_dose_measures(tmp_path):
    # Dmean and Dmax alone go a shorter way than a DVH, which must not change a number
    def bumpy_gy(x, y, z):
        return 30.0 + 9.0 * np.sin(x / 7.0) * np.cos(y / 9.0 + z / 11.0) + 0.1 * z

    dose = dose_over(-40.0, 40.0, 2.5, bumpy_gy)
    goals = {"Liver": "Dmean < 60 Gy", "SpinalCord": "Dmax < 60 Gy", "Stomach": "D1cc < 60 Gy"}
    limits = "".join(f"  - {{structure: {name}, goal: {goal}}}\n" for name, goal in goals.items())
    protocol = protocol_of(tmp_path, f"name: x\nconstraints:\n{limits}")
    size_mm = (3.0, 4.0, 5.0)
    found = check(case_of(ORGANS, dose), protocol, robust_mm=size_mm).robustness
    values = {name: [] for name in goals}
    for x, y, z in shifts_of(size_mm):
        moved = replace(dose, x_mm=dose.x_mm + x, y_mm=dose.y_mm + y, z_mm=dose.z_mm + z)
        for result in check(case_of(ORGANS, moved), protocol).results:
            values[result.structure].append(result.measurement.value)
    for constraint in found.constraints:
        assert constraint.worst == pytest.approx(max(values[constraint.structure]), rel=1e-6)
        assert constraint.evaluated == 14


def test_one_limit_that_stands_twice_is_counted_twice_and_not_doubled(tmp_path):
    case = case_of([CORD], dose_over(-40.0, 40.0, 2.0, gradient("x", centre_gy=30.0)))
    limit = "{structure: SpinalCord, goal: Dmean < 40 Gy}"
    protocol = protocol_of(tmp_path, f"name: x\nconstraints: [{limit}, {limit[:-1]}, priority: advisory}}]\n")
    found = check(case, protocol, robust_mm=(3.0, 3.0, 3.0)).robustness
    assert [(each.passing, each.scenarios) for each in found.constraints] == [(14, 14), (14, 14)]


def test_a_limit_that_is_broken_never_holds_where_its_variation_does(tmp_path):
    # means of 27 to 33 Gy; the limit 25 Gy is broken in all scenarios, its variation 32 Gy holds in 9 of 14
    report, found = robustness(tmp_path, "< 25 Gy, variation: Dmean < 32 Gy")
    (cord,) = found.constraints
    assert report.verdict == "variation"
    assert (cord.passing, cord.within_variation, cord.evaluated) == (0, 9, 14)
    assert cord.variation == "< 32 Gy"
    assert (cord.flips, found.flips_verdict) == (True, True)
    told = next(notice.text for notice in report.notices if notice.code == "robust.flips")
    assert "met in 0 of 14 scenarios, within its variation < 32 Gy in 9 more" in told
    assert "met in 0 of 14, within the variation < 32 Gy in 9 more" in str(report)


def test_a_limit_met_as_planned_and_within_its_variation_elsewhere_changes_its_outcome(tmp_path):
    report, found = robustness(tmp_path, "< 32 Gy, variation: Dmean < 40 Gy")
    (cord,) = found.constraints
    assert report.verdict == "pass"
    assert (cord.passing, cord.within_variation, cord.flips) == (9, 5, True)
