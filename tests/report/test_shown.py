"""Which structures plots and pictures show."""

from support.known_plans import box, write_plan

import rtcheck
from rtcheck.report.telling.shown import shown_drawings


def test_a_limit_that_one_of_two_structures_must_meet_shows_both(tmp_path):
    boxes = [box(name, number, at_mm=(30.0 * number - 60, 0.0, 0.0)) for number, name in enumerate("ABC", 1)]
    (tmp_path / "any.yaml").write_text(
        "name: any\nconstraints:\n  - {structure: [A, B], combine: any, goal: Dmax < 30 Gy}\n", encoding="utf-8"
    )
    report = rtcheck.check(write_plan(tmp_path / "plan", boxes), tmp_path / "any.yaml")
    assert [each.name for each in shown_drawings(report)] == ["A", "B"]
