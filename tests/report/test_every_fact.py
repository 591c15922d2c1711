"""Every fact of the telling reaches every format for people: a new field that one format forgets fails here.

The facts are walked field by field, so that no list of them has to be kept. What a format leaves out on purpose stands
in `LEFT_OUT` with its reason.
"""

import csv
import html as html_escapes
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support.programs import needs_program
from support.reports import phantom_checks, phantom_report

from rtcheck.report.formats import csv_, html, junit, markdown, pdf, terminal
from rtcheck.report.telling.telling import telling_of
from rtcheck.results import (
    CourseDose,
    CourseList,
    Cumulative,
    Isotoxic,
    Report,
    Result,
    RobustConstraint,
    Robustness,
)

# What is no text for people: numbers for whoever draws them, anchors, and names of shapes and colours.
NO_TEXT = ("kind", "key")
NUMBERS = (Result, Isotoxic)
IN_LOGS = "this output ends in logs, where no patient is named"
IN_WORDS = "margins are in words"
IN_GOAL = "the goal, which has it, is a column"
LEFT_OUT = {
    "table": {"title": "a terminal has no title", "running_foot": "nor pages", "cards.Patient": IN_LOGS,
              "rows.goal": "metric and limit are columns", "reach.scaled": "it explains the picture"},
    "html": {"rows.signed_margin": IN_WORDS, "rows.limit": IN_GOAL, "rows.drawn": "part of how it was matched"},
    "pdf": {"rows.signed_margin": IN_WORDS, "rows.limit": IN_GOAL, "rows.drawn": "part of how it was matched",
            "rows.url": "the citation is there to be read on paper"},
    "markdown": {"title": "the verdict is the heading", "running_foot": "no pages", "rows.signed_margin": IN_WORDS,
                 "rows.limit": IN_GOAL, "rows.drawn": "part of how it was matched", "reach.scaled": "no picture"},
    "xlsx": {"title": "the verdict stands above the constraints",
             "running_foot": "no pages", "summary": "filters count",
             "tightest": "sorting shows it", "rows.signed_margin": "margins are numbers", "rows.margin": "a number",
             "rows.share": "numbers", "rows.limit": IN_GOAL, "reach.scaled": "no picture"},
    "junit": {"title": "no title", "running_foot": "no pages", "cards.Patient": IN_LOGS, "rows.signed_margin": IN_WORDS,
              "rows.drawn": "part of how it was matched", "reach.scaled": "no picture",
              "verdict.text": "failures and errors are counted", "rows.priority": "in the message of what is not met"},
}  # fmt: skip


def full_report() -> Report:
    """The phantom's report, and its fourth constraint under shifts."""
    report = phantom_report()
    stomach = report.results[3]
    shifted = RobustConstraint(
        structure=stomach.structure, goal=stomach.goal.text, unit="Gy", outcome="violated", is_required=True,
        nominal=55.2, worst=57.25, worst_scenario="shift x+3 mm", passing=5, evaluated=14, scenarios=14, flips=True,
    )  # fmt: skip
    found = Robustness(
        shift_mm=(3.0, 3.0, 5.0), margin_mm=0.0, scenarios=("a", "b"), constraints=(shifted,), flips_verdict=True
    )
    courses = CourseList(
        labels=('"first"', '"second"'), fractions=(25, None), planned_on=(date(2024, 1, 2), None), last=1,
        limits=(
            Cumulative(
                structure=stomach.structure, goal="EQD2[3] Dmax < 54 Gy", limit_gy=54.0, alpha_beta_gy=3.0,
                is_eqd2=True,
                courses=(
                    CourseDose(physical_gy=30.25, eqd2_gy=29.5, share=0.75),
                    CourseDose(physical_gy=20.0, eqd2_gy=None),
                ),
                physical_gy=50.25, eqd2_gy=None, remaining_gy=3.5, last_may_add_gy=31.875,
            ),
        ),
    )  # fmt: skip
    return replace(report, robustness=found, courses=courses, plan_checks=phantom_checks())


def facts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of every text in a value, depth first; cards are told apart by their labels."""
    if isinstance(value, str):
        if value:
            yield path, value
    elif isinstance(value, tuple):
        for each in value:
            is_card = path == "cards"
            yield from facts(each, f"cards.{each.label}" if is_card else path)
    elif is_dataclass(value) and not isinstance(value, NUMBERS):
        for field in fields(value):
            told = getattr(value, field.name)
            if field.name == "value" and getattr(value, "uncertainty", ""):
                told = told.partition(" ")[0]  # "55.20 ± 0.10 Gy": the unit stands behind the uncertainty
            if field.name not in NO_TEXT:
                yield from facts(told, f"{path}.{field.name}".lstrip("."))


def squeezed(text: str) -> str:
    """Without white space, markup's escapes and case: formats wrap and escape as they have to."""
    return re.sub(r"[\s\\\u200b]", "", text).casefold()


def missing(name: str, text: str) -> list[tuple[str, str]]:
    """The facts that the text of a format does not have, but for those left out on purpose."""
    squeezed_text = squeezed(text)
    return [
        (path, fact)
        for path, fact in facts(telling_of(full_report()))
        if not any(path.startswith(each) for each in LEFT_OUT[name]) and squeezed(fact) not in squeezed_text
    ]


def test_the_terminal_has_every_fact() -> None:
    assert missing("table", terminal.render(full_report(), verbose=True, is_terminal=False)) == []


def test_the_coloured_terminal_has_every_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # too wide for any line to be wrapped beside another column
    text = terminal.render(full_report(), verbose=True, is_terminal=True)
    assert missing("table", re.sub(r"\x1b\[[\d;]*m", "", text)) == []


def test_the_page_has_every_fact() -> None:
    page = html.render(full_report())
    text = re.sub(r"<svg.*?</svg>|<[^>]+>", "", re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL))
    links = "\n".join(re.findall(r'href="([^"]+)"', page))
    assert missing("html", html_escapes.unescape(text) + links + running_foot_of(page)) == []


def running_foot_of(page: str) -> str:
    """What the page prints under every sheet, with its CSS escapes read."""
    found = re.search(r'@bottom-left\{content:"(.*?)";', page)
    assert found
    return re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code.group(1), 16)), found.group(1))


@needs_program("pdftotext")
def test_the_pdf_has_every_fact(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    (tmp_path / "report.pdf").write_bytes(pdf.render(full_report()))
    done = subprocess.run(
        ["pdftotext", "-raw", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert missing("pdf", done.stdout + pdf_title(tmp_path / "report.pdf")) == []


def pdf_title(path: Path) -> str:
    done = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True)
    return next(line for line in done.stdout.splitlines() if line.startswith("Title:"))


def test_markdown_has_every_fact() -> None:
    assert missing("markdown", markdown.render(full_report())) == []


def test_junit_has_every_fact() -> None:
    root = ElementTree.fromstring(junit.render(full_report()))
    texts = [text for each in root.iter() for text in (each.text or "", *each.attrib.values())]
    assert missing("junit", "\n".join(texts)) == []


def test_the_table_for_spreadsheets_has_every_fact_of_a_constraint_and_of_a_plan_check() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_.render(full_report()).lstrip("\ufeff"))))
    telling = telling_of(full_report())
    of_checks = rows[len(telling.rows) :]
    for check, told in zip(telling.plan_checks, of_checks, strict=True):
        text = squeezed(" ".join(told.values()))
        for fact in (check.item, check.expected, check.found, check.place, check.note, check.code):
            assert squeezed(fact) in text, (check.item, fact)
    for row, told in zip(telling.rows, rows[: -len(of_checks)], strict=True):
        text = squeezed(" ".join(told.values()))
        for fact in (
            row.structure,
            row.metric,
            *row.remarks,
            *row.where,
            row.citation,
            *(r.label for r in row.readings),
        ):
            assert squeezed(fact) in text, (row.name, fact)


def test_the_workbook_has_every_fact() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from rtcheck.report.formats import xlsx

    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(full_report())))
    text = "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    assert missing("xlsx", text) == []
