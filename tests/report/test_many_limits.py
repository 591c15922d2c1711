"""A report of 46 limits: what a page and the PDF do with so many of them."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.browser import chromium
from support.programs import needs_program
from support.report_anatomy import ORGANS
from support.reports import ISOTOXIC, MEAN, goal, phantom_report, result

from rtcheck.report.charts.reach import reach_pictures
from rtcheck.report.formats import pdf
from rtcheck.report.pages.batch_index import index_row, render_index
from rtcheck.report.pages.comparison.compared import comparison_of
from rtcheck.report.pages.comparison.csv_ import comparison_csv
from rtcheck.report.pages.comparison.html import comparison_page
from rtcheck.report.pages.comparison.text import comparison_text
from rtcheck.report.telling.letterhead import Letterhead
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


def test_a_comparison_is_in_cgy_and_has_the_clinics_head() -> None:
    """One plan's first mean is 8 Gy, the other's 9.5 Gy, below 20 Gy."""
    one = wide_report()
    first = one.results[0]
    other = replace(first, measurement=replace(first.measurement, value=9.5), margin=10.5)
    comparison = comparison_of([one, replace(one, results=(other, *one.results[1:]))], ["A", "B"], "cGy")
    assert comparison.rows[0].differences == ("+150 cGy",)
    page = comparison_page(comparison, Letterhead(name="Clinic of Tests"))
    for said in ("<b>Clinic of Tests</b>", "800 cGy", "950 cGy", "1050 cGy to spare", "6000 cGy</text>"):
        assert said in page, said
    assert "800 cGy" in comparison_text(comparison)
    assert "Dmean < 2000 cGy,2000.0,cGy" in comparison_csv(comparison)


@needs_program("chromium")
def test_an_index_of_plans_with_46_limits_fits_1280_pixels(tmp_path: Path) -> None:
    """A row is no higher than four lines of text, however long the name of the plan's folder."""
    report = wide_report()
    name = "patient_with_a_long_folder_name/plan_of_the_second_course"
    rows = [index_row(report, name=f"{name}_{number}", href="x.html") for number in range(3)]
    (tmp_path / "index.html").write_text(render_index(rows, protocol="wide"), encoding="utf-8")
    (tmp_path / "comparison.html").write_text(
        comparison_page(comparison_of([report, report], [f"{name}_1", f"{name}_2"])), encoding="utf-8"
    )
    with chromium() as page:
        page.open(tmp_path / "index.html", width=1280)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        heights = page.evaluate("[...document.querySelectorAll('.pt tbody tr')].map(row => row.offsetHeight)")
        assert max(heights) <= 100
        for width in (390, 1280):
            page.open(tmp_path / "comparison.html", width=width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.complaints == []
