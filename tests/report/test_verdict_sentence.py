"""The verdict's sentence: what a failing plan leaves open, both limits of a variation, the tightest on either side."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over

from rtcheck.checking.check import check
from rtcheck.records.waivers import Waiver, Waivers
from rtcheck.report.formats import html, junit, markdown
from rtcheck.report.pages.batch_index import index_row, render_index
from rtcheck.report.telling.robustness import tightest_sentence
from rtcheck.results import Report

ORGANS = [
    replace(cube(20.0, corner=(-10.0, -10.0, -10.0)), name="Stomach"),
    replace(cube(10.0, corner=(15.0, 15.0, 15.0)), name="PTV", type="PTV"),
]


def checked(folder: Path, constraints: str, *, dose_gy: float = 50.0) -> Report:
    protocol = protocol_of(folder, f"name: x\nconstraints:\n{constraints}")
    return check(case_of(ORGANS, dose_over(-40.0, 40.0, 4.0, dose_gy)), protocol)


def test_a_failing_plan_says_how_many_requirements_could_not_be_evaluated(tmp_path: Path) -> None:
    text = """
  - {structure: Stomach, goal: Dmax < 45 Gy}
  - {structure: Liver, goal: Dmean < 24 Gy}
  - {structure: Duodenum, goal: Dmax < 54 Gy}
  - {structure: Bowel, goal: Dmax < 54 Gy, priority: advisory}
"""
    report = checked(tmp_path, text)
    assert report.verdict == "fail"
    assert "2 requirements could not be evaluated: Liver Dmean < 24 Gy and Duodenum Dmax < 54 Gy." in report.reason
    assert report.reason in str(report)
    assert "2 requirements could not be evaluated" in html.render(report).partition('<dl class="facts">')[0]


def test_a_failing_plan_that_is_evaluated_in_full_says_no_such_thing(tmp_path: Path) -> None:
    report = checked(tmp_path, "  - {structure: Stomach, goal: Dmax < 45 Gy}\n")
    assert "could not be evaluated" not in report.reason


def waived(folder: Path, constraints: str, *structures: str) -> Report:
    entries = (
        Waiver(constraint=f"{name} Dmax < 45 Gy", reason="agreed", who="board", until=date.max) for name in structures
    )
    protocol = protocol_of(folder, f"name: x\nconstraints:\n{constraints}")
    case = case_of(ORGANS, dose_over(-40.0, 40.0, 4.0, 50.0))
    return check(case, protocol, waivers=Waivers(entries=tuple(entries)))


def test_a_waived_requirement_is_not_called_met(tmp_path: Path) -> None:
    one = "  - {structure: Stomach, goal: Dmax < 45 Gy}\n"
    two = one + "  - {structure: PTV, goal: Dmax < 45 Gy}\n"
    three = two + "  - {structure: PTV, goal: Dmax < 55 Gy}\n"
    assert waived(tmp_path, one, "Stomach").reason == "The requirement is waived. Waived: Stomach Dmax < 45 Gy."
    assert waived(tmp_path, two, "Stomach", "PTV").reason.startswith("All 2 requirements are waived. Waived: ")
    report = waived(tmp_path, three, "Stomach", "PTV")
    assert report.reason.startswith("1 of 3 requirements are met and 2 are waived; the smallest margin is that of PTV")
    row = index_row(report, name="A-1")
    page = render_index([row, row])
    assert '<span class="w waived">2 waived</span>' in page
    assert page.count('<span class="mut">all met</span>') == 1
    assert (page.count('class="p p-waived"'), page.count('class="p p-met"')) == (4, 2)


def test_marks_that_an_index_does_not_show_are_only_called_met_where_they_are(tmp_path: Path) -> None:
    lines = [f"  - {{structure: Organ{number}, goal: Dmax < 45 Gy}}\n" for number in range(20)]
    met = [f"  - {{structure: Stomach, goal: Dmax < {number} Gy}}\n" for number in range(51, 71)]
    unknown = index_row(checked(tmp_path, "".join(lines)), name="A")
    assert unknown.told_of_hidden_marks == "6 more"
    assert index_row(checked(tmp_path, "".join(met)), name="A").told_of_hidden_marks == "20 more, met"


@pytest.mark.parametrize(("dose_gy", "where"), [(50.0, "within"), (60.0, "beyond")])
def test_both_limits_are_named_where_there_is_a_variation(tmp_path: Path, dose_gy: float, where: str) -> None:
    text = "  - {structure: Stomach, goal: Dmax < 45 Gy, variation: Dmax < 55 Gy}\n"
    report = checked(tmp_path, text, dose_gy=dose_gy)
    assert report.verdict == ("variation" if where == "within" else "fail")
    assert f"Stomach Dmax < 45 Gy is not met: {dose_gy:.2f} Gy" in report.reason
    assert f", {where} the acceptable variation < 55 Gy." in report.reason
    for written in (str(report), markdown.render(report), junit.render(report), html.render(report), report.to_csv()):
        assert "55 Gy" in written


def test_the_variation_stands_with_its_limit_where_the_limit_is_met(tmp_path: Path) -> None:
    report = checked(tmp_path, "  - {structure: Stomach, goal: Dmax < 55 Gy, variation: Dmax < 57 Gy}\n")
    assert report.verdict == "pass"
    for written in (str(report), markdown.render(report), junit.render(report), html.render(report), report.to_csv()):
        assert "57 Gy" in written


def test_the_tightest_limits_are_named_on_both_sides(tmp_path: Path) -> None:
    text = "  - {structure: Stomach, goal: Dmax < 55 Gy}\n  - {structure: PTV, goal: D95% >= 48 Gy}\n"
    assert tightest_sentence(checked(tmp_path, text)) == (
        "Stomach Dmax < 55 Gy is met up to a dose scale of 110.0 %; "
        "PTV D95% ≥ 48 Gy is met down to a dose scale of 96.0 %"
    )


def test_limits_that_no_scale_of_the_dose_meets_together_are_named_together(tmp_path: Path) -> None:
    text = "  - {structure: Stomach, goal: Dmax < 45 Gy}\n  - {structure: PTV, goal: D95% >= 48 Gy}\n"
    assert tightest_sentence(checked(tmp_path, text)).endswith("; no dose scale meets both")
