"""A report of 46 limits: what a page and the PDF do with so many of them."""

import subprocess
from dataclasses import replace
from typing import Any

import pytest
from support.programs import needs_program
from support.report_anatomy import ORGANS
from support.reports import ISOTOXIC, MEAN, goal, phantom_report, result

from rtcheck.report.charts.reach import reach_pictures
from rtcheck.report.formats import pdf
from rtcheck.report.pages.comparison.compared import comparison_of
from rtcheck.report.pages.comparison.html import comparison_page
from rtcheck.results import PrescriptionLimit, Report

A4_PT = 842
MARGINS_PT = 99  # 18 mm above and 17 mm below


def wide_report() -> Report:
    """46 limits on the means of the phantom's organs, each with an acceptable variation, and the reach of each."""
    names = [organ.name for organ in ORGANS if organ.name != "PTV"]
    results, limits = [], []
    for number in range(46):
        limit = 20.0 + number
        asked = goal(MEAN, "<", limit)
        value, outcome = (limit + 1, "violated") if number in (3, 30) else (8.0, "met")
        results.append(
            result(names[number % len(names)], asked, value, outcome, variation=goal(MEAN, "<", limit + 0.5))
        )
        limits.append(_reach(names[number % len(names)], asked.text, limit / value))
    reach = replace(ISOTOXIC, limits=tuple(limits), binding=limits[3])
    return replace(phantom_report(), results=tuple(results), isotoxic=reach)


def _reach(structure: str, text: str, scale: float) -> PrescriptionLimit:
    return PrescriptionLimit(
        structure=structure, metric="Dmean", goal=text, scale=scale, prescription_gy=54 * scale,
        is_attained=False, is_upper=True, reason="",
    )  # fmt: skip


def test_the_chart_of_reach_draws_near_limits_and_counts_those_that_say_nothing() -> None:
    """Of 46 limits 2 are reached near the plan's 54 Gy; the others at 135 Gy or more, and the axis ends at 62 Gy."""
    reach = wide_report().isotoxic
    assert reach is not None
    (svg,), beyond = reach_pictures(reach)
    assert svg.count('class="nm"') == 2
    far = sum(54 * (20 + number) / 8 >= 3 * 62 for number in range(46) if number not in (3, 30))
    assert beyond[-1] == f"{far} limits not before 186 Gy"
    assert len(beyond) == 1 + 44 - far
    assert f"{ORGANS[1].name} Dmean < 20 Gy up to 135.0 Gy" in beyond


@pytest.fixture(scope="module")
def pages(tmp_path_factory: Any) -> list[str]:
    pytest.importorskip("typst")
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(pdf.render(wide_report()))
    told = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    return told.split("\f")[:-1]


@needs_program("pdftotext")
def test_no_page_of_the_pdf_holds_only_a_heading(pages: list[str]) -> None:
    for page in pages:
        lines = [line for line in page.splitlines() if line.strip()]
        assert len(lines) >= 6, page


@needs_program("pdftotext")
def test_the_pdf_lists_every_limit_with_its_acceptable_variation_once(pages: list[str]) -> None:
    table = "\n".join(pages).split("Why, where, and other readings")[0]
    for number in range(46):
        assert f"Dmean < {20 + number} Gy" in table
        assert f"< {20.5 + number:g} Gy" in table
    assert "Acceptable" in table


def test_drawings_of_reach_fit_a_page() -> None:
    """Also where every limit is near: 46 bars of 26 px at the width of the text are three pieces."""
    reach = wide_report().isotoxic
    assert reach is not None
    near = replace(
        reach, limits=tuple(replace(limit, prescription_gy=50.0 + n / 10) for n, limit in enumerate(reach.limits))
    )
    pictures, _ = reach_pictures(near, most=16)
    heights = [float(picture.partition(' height="')[2].partition('"')[0]) * 510 / 760 for picture in pictures]
    assert len(pictures) == 3
    assert max(heights) < (A4_PT - MARGINS_PT) / 2


def test_a_comparison_heads_its_differences() -> None:
    report = wide_report()
    page = comparison_page(comparison_of([report, report, report], ["first", "second", "third"]))
    assert "second − first" in page
    assert "third − first" in page
