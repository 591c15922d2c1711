"""Body outlines that are not the body's. A cube of 60 mm receives 50 Gy and the rest nothing; the target has 20 mm.

The isodose volume is 216 cc, and the target's 8 cc: R50 and CI_RTOG are 27, CI_Paddick is 8 / 216 = 0.037. An outline
of 30 mm around the target holds 27 of the 216 cc: it would make them 3.4 and 0.30.
"""

from dataclasses import replace

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over

from rtcheck.checking.check import check
from rtcheck.geometry.contours import Structure

DOSE = dose_over(-61.0, 61.0, 2.0, lambda x, y, z: 50.0 * ((abs(x) < 30) & (abs(y) < 30) & (abs(z) < 30)))
LIMITS = {"R50 < 20": "violated", "CI_RTOG < 20": "violated", "CI_Paddick >= 0.05": "violated", "GI < 1.5": "met"}


def around(name: str, side_mm: float, type: str, *, at_x_mm: float = 0.0) -> Structure:
    half = side_mm / 2
    return replace(cube(side_mm, corner=(at_x_mm - half, -half, -half), spacing=2.0), name=name, type=type)


def report_of(folder, *outlines: Structure, goal: str, more: str = ""):
    text = f"name: mine\nconstraints:\n  - {{structure: PTV, goal: '{goal}'{more}}}\n"
    case = case_of((around("PTV", 20.0, "PTV"), *outlines), DOSE, prescription_gy=50.0)
    return check(case, protocol_of(folder, text))


@pytest.mark.parametrize("goal", LIMITS)
def test_an_index_with_an_outline_of_the_whole_body_is_that_of_the_dose(tmp_path, goal):
    (result,) = report_of(tmp_path, around("BODY", 90.0, "EXTERNAL"), goal=goal).results
    assert result.outcome == LIMITS[goal]


@pytest.mark.parametrize(
    ("goal", "more"),
    [("R50 < 20", ""), ("R50 < 20", ", region: 50 mm"), ("CI_RTOG < 20", ""), ("CI_Paddick >= 0.05", "")],
)
def test_an_outline_around_the_target_alone_meets_no_index(tmp_path, goal, more):
    (result,) = report_of(tmp_path, around("BODY", 30.0, "EXTERNAL"), goal=goal, more=more).results
    assert result.outcome == "not_evaluated"
    assert "lie outside BODY" in " ".join(result.notes)


def test_bounds_of_an_outline_that_is_too_small_hold_the_true_index(tmp_path):
    (result,) = report_of(tmp_path, around("BODY", 30.0, "EXTERNAL"), goal="R50 < 20").results
    low, high = result.measurement.bounds
    assert (low, high) == (pytest.approx(27 / 8, rel=0.02), pytest.approx(27.0, rel=0.05))


def test_coverage_does_not_depend_on_the_outline(tmp_path):
    (result,) = report_of(tmp_path, around("BODY", 30.0, "EXTERNAL"), goal="Coverage >= 95 %").results
    assert result.outcome == "met"


def test_several_outlines_are_united_and_named(tmp_path):
    halves = around("BODY", 30.0, "EXTERNAL"), around("Couch", 30.0, "EXTERNAL", at_x_mm=45.0)
    report = report_of(tmp_path, *halves, goal="R50 < 20")
    (text,) = [each.text for each in report.notices if each.code == "structures.several-outlines"]
    assert "'BODY' and 'Couch'" in text
    alone = report_of(tmp_path, around("BODY", 90.0, "EXTERNAL"), goal="R50 < 20")
    assert "structures.several-outlines" not in {each.code for each in alone.notices}
