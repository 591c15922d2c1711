"""Doses in cGy on request: texts digit by digit, numbers a hundredfold, names and quotations as they are."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.browser import chromium
from support.command_line import run
from support.programs import needs_program
from support.reports import MAX, V20, goal, phantom_report, result
from support.samples import PASSES

from rtcheck.protocol.file.model import ScorePoint
from rtcheck.report import render
from rtcheck.report.charts.score_curve import score_curve
from rtcheck.report.telling.dose_text import text_in
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.patient import Card
from rtcheck.report.telling.style import ReportStyle
from rtcheck.results import Isotoxic, Report, Result, Score

CGY = ReportStyle(unit="cGy")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("57.35 ± 0.01 Gy", "5735 ± 1 cGy"),
        ("50 to 60 Gy", "5000 to 6000 cGy"),
        ("2.00 Gy × 25", "200 cGy × 25"),
        ("V20Gy <= 30 %", "V2000cGy <= 30 %"),
        ("CV12.5Gy ≥ 700 cc", "CV1250cGy ≥ 700 cc"),
        ("99.3 % of 56 Gy", "99.3 % of 5600 cGy"),
        ("0.005 Gy over", "0.5 cGy over"),
        ("1,234.5 Gy", "123450 cGy"),
        ("at x −15, y +139, z −4 mm", "at x −15, y +139, z −4 mm"),
        ("250 cGy", "250 cGy"),
        ("EQD2 with alpha/beta 3 Gy: 60 Gy", "EQD2 with alpha/beta 3 Gy: 6000 cGy"),
        ("PTV_60Gy and PTV60Gy", "PTV_60Gy and PTV60Gy"),
    ],
)
def test_a_text_in_cgy_moves_the_point_of_every_dose_and_of_nothing_else(text: str, expected: str) -> None:
    assert text_in(text, "cGy") == expected
    assert text_in(text, "Gy") == text


def named_report() -> Report:
    """The phantom's stomach, and one limit of a structure whose name looks like a dose."""
    report = phantom_report()
    odd = result("PTV 50 Gy", goal(MAX, "<", 54), 55.25, "violated")
    return replace(report, results=(odd, result("Lung_L", goal(V20, "<=", 10), 11.3, "violated"), *report.results[3:]))


def test_names_stay_and_rows_have_their_numbers_in_cgy() -> None:
    telling = told_in(named_report(), "cGy")
    odd, lung = telling.rows[0], telling.rows[1]
    assert (odd.structure, odd.goal, odd.value, odd.margin) == (
        "PTV 50 Gy",
        "Dmax < 5400 cGy",
        "5525 cGy",
        "125 cGy over",
    )
    assert (odd.result.measurement.value, odd.result.goal.limit, odd.result.margin) == (5525.0, 5400.0, -125.0)
    assert (odd.signed_margin, odd.result.measurement.unit) == ("-125", "cGy")
    assert (lung.goal, lung.value, lung.signed_margin) == ("V2000cGy ≤ 10 %", "11.3 %", "-1.30")
    assert telling.reason.startswith(
        "Lung_L V2000cGy ≤ 10 % is not met: 11.3 %, 1.30 % over; also PTV 50 Gy Dmax < 5400"
    )


# What keeps its Gy: names that people gave, words of a source, and what repeats or records the check.
KEPT = re.compile(
    r"(title|running_foot|rows\.(sentence|citation|url|structure|drawn|matched)|files|command|provenance)"
)


def test_no_fact_of_the_telling_keeps_its_gy() -> None:
    """A new field that the conversion forgets fails here: the facts are walked field by field."""
    telling = told_in(phantom_report(), "cGy")
    found = [(path, text) for path, text in facts(telling) if re.search(r"\d ?Gy\b", text) and not KEPT.match(path)]
    assert [each for each in found if not re.match(r"cards\.(Patient|Plan|Protocol)", each[0])] == []


def facts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for each in value:
            yield from facts(each, f"{path}.{each.label}" if isinstance(each, Card) else path)
    elif is_dataclass(value) and not isinstance(value, Result | Isotoxic):
        for field in fields(value):
            yield from facts(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))


def test_a_score_curve_is_drawn_in_the_unit_of_its_value() -> None:
    """10 points up to 50 Gy, none from 60 Gy on: at 55 Gy the mark is half way, in either unit."""
    points = (ScorePoint(value=50.0, points=10.0), ScorePoint(value=60.0, points=0.0))
    scored = result("Stomach", goal(MAX, "<", 54), 55.0, "violated", score=Score(points=5.0, maximum=10.0))
    scored = replace(scored, constraint=replace(scored.constraint, score=points))
    (row,) = told_in(replace(phantom_report(), results=(scored,)), "cGy").rows
    drawn = score_curve(row.result)
    assert "Score curve from 5000 cGy to 6000 cGy" in drawn
    mark = re.compile(r'cx="([0-9.]+)"')
    assert mark.findall(drawn) == mark.findall(score_curve(scored)) != []


@pytest.mark.parametrize("name", ["table", "html", "markdown", "junit", "csv"])
def test_every_format_for_people_is_in_cgy(name: str) -> None:
    text = str(render(phantom_report(), name, style=CGY))
    for said in ("5520 cGy", "120 cGy over", "Hottest point 5520 cGy", "5460 cGy, over the limit"):
        assert said in text, said
    for gone in ("55.20 Gy", "1.20 Gy over", "53.60 ± 0.10 Gy", "54.6 Gy"):
        assert gone not in text, gone


def test_a_spreadsheet_has_its_numbers_in_the_unit_that_it_names() -> None:
    rows = list(csv.DictReader(io.StringIO(str(render(phantom_report(), "csv", style=CGY)).lstrip("\ufeff"))))
    stomach = rows[3]
    assert (stomach["goal"], stomach["unit"]) == ("Dmax < 5400 cGy", "cGy")
    assert [float(stomach[each]) for each in ("limit", "value", "margin", "low")] == pytest.approx(
        [5400, 5520, -120, 5470]
    )


def test_json_stays_in_gy() -> None:
    assert render(phantom_report(), "json", style=CGY) == render(phantom_report(), "json")
    found = run(PASSES, "-p", "apatinib", "--unit", "cGy", "-f", "json").json()
    assert {each["unit"] for each in found["constraints"]} == {"Gy"}


def test_the_command_line_prints_cgy_and_knows_no_other_unit() -> None:
    found = run(PASSES, "-p", "apatinib", "--unit", "cGy", "-q")
    assert "Dmean < 2400 cGy, 313 cGy to spare" in found.out
    assert run(PASSES, "-p", "apatinib", "--unit", "rad", "-q").status == 2


@needs_program("chromium")
def test_the_plot_reads_in_cgy(tmp_path: Path) -> None:
    page_file = tmp_path / "report.html"
    page_file.write_text(str(render(phantom_report(), "html", style=CGY)), encoding="utf-8")
    with chromium() as page:
        page.open(page_file)
        assert text_of(page, "xu") == "Dose [cGy]"
        page.evaluate("document.getElementById('dvh').scrollIntoView({block: 'center'})")
        box: dict[str, Any] = page.evaluate("document.getElementById('dvh').getBoundingClientRect().toJSON()")
        page.mouse("mouseMoved", box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert text_of(page, "at") == "at 3000 cGy"
        page.evaluate("document.querySelectorAll('#dose-axis .btn')[1].click()")
        assert text_of(page, "xu") == "Dose [% of 5400 cGy]"
        assert page.complaints == []


def text_of(page: Any, key: str) -> str:
    return str(page.evaluate(f"document.getElementById('{key}').textContent"))


def test_metrics_without_limits_and_isotoxic_prescriptions_are_in_cgy() -> None:
    """The sample is planned with 50 Gy in 25 fractions, and the protocol allows 50 to 60 Gy."""
    words = (PASSES, "--roi", "SpinalCord", "-m", "Dmax", "-m", "V20Gy[%]", "--unit", "cGy")
    in_gy = run("dvh", *words[:-2], "-f", "csv").out.splitlines()[1].split(",")
    table, in_cgy = run("dvh", *words).out, run("dvh", *words, "-f", "csv").out.splitlines()[1].split(",")
    assert "V2000cGy[%]" in table
    assert in_cgy[5] == "cGy"
    assert float(in_cgy[4]) == pytest.approx(100 * float(in_gy[4]))
    assert run("dvh", *words, "-f", "json").json() | {"provenance": {}} == run(
        "dvh", *words[:-2], "-f", "json"
    ).json() | {"provenance": {}}
    told = run("isotoxic", PASSES, "-p", "apatinib", "--unit", "cGy").out
    assert "planned 5000 cGy in 25 fractions, allowed range 5000 to 6000 cGy" in told
    assert "SpinalCord Dmax < 4500 cGy" in told
    assert " Gy" not in told
