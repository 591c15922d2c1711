"""CSV, JUnit, Markdown and PDF: the same words as the page, safe in the programs that read them."""

import csv
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.programs import needs_program
from support.reports import phantom_case, phantom_report

from rtcheck.errors import MissingExtraError
from rtcheck.notices import Notice
from rtcheck.report.formats import csv_, junit, markdown, pdf
from rtcheck.results import Report, RobustConstraint, Robustness

SCHEMA = Path(__file__).with_name("junit.xsd")
IDENTITY = ("Doe", "Jane", "APA-017", "1968", "HCC_54Gy", "RD.1", "/clinic", "1.2.826")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_the_table_has_one_row_for_each_constraint() -> None:
    report = phantom_report()
    rows = rows_of(csv_.render(report))
    assert [row["structure"] for row in rows] == [result.structure for result in report.results]
    assert (rows[3]["value"], rows[3]["unit"], rows[3]["outcome"]) == ("55.2", "Gy", "violated")
    assert rows[4]["value"] == ""  # undefined is no number


def shifted_report(report: Report) -> Report:
    """The report with its fourth constraint under 14 shifts, of which it holds in 5."""
    stomach = report.results[3]
    shifted = RobustConstraint(
        structure=stomach.structure, goal=stomach.goal.text, unit="Gy", outcome="violated", is_required=True,
        nominal=55.2, worst=57.25, worst_scenario="shift x+3 mm", passing=5, evaluated=14, scenarios=14, flips=True,
    )  # fmt: skip
    scenarios = tuple(f"shift {number}" for number in range(14))
    found = Robustness(
        shift_mm=(3.0, 3.0, 5.0), margin_mm=0.0, scenarios=scenarios, constraints=(shifted,), flips_verdict=True
    )
    return replace(report, robustness=found)


def test_the_table_tells_how_a_constraint_fares_under_shifts_and_in_other_programs() -> None:
    rows = rows_of(csv_.render(shifted_report(phantom_report())))
    stomach = rows[3]
    assert (stomach["worst_under_shifts"], stomach["held_scenarios"], stomach["evaluated_scenarios"]) == (
        "57.25", "5", "14",
    )  # fmt: skip
    assert {row["worst_under_shifts"] for row in rows if row is not stomach} == {""}
    assert any("dicompyler-core" in row["other_programs"] for row in rows)


@needs_program("pdftotext")
def test_the_pdf_tells_how_a_constraint_fares_under_shifts(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    text = text_of_pdf(pdf.render(shifted_report(phantom_report())), tmp_path / "report.pdf")
    assert "14 scenarios: shifts of 3 × 3 × 5 mm; the verdict changes in some" in " ".join(text.split())
    assert "met in 5 of 14, worst 57.25 Gy (shift x+3 mm); some scenarios change" in " ".join(text.split())


def test_the_table_carries_the_warnings_once_and_alone_where_nothing_could_be_read() -> None:
    report = phantom_report()
    first, *others = [row["warnings"] for row in rows_of(csv_.render(report))]
    assert "plan.unapproved: The plan is not approved." in first
    assert not any(others)
    (row,) = rows_of(csv_.render(replace(report, results=())))
    assert (row["structure"], row["verdict"]) == ("", "fail")
    assert "dose.two-candidates" in row["warnings"]


def test_every_constraint_tells_its_margin_and_the_scale_that_turns_it_in_junit_too() -> None:
    # 54 Gy are 97.82 % of the 55.2 Gy found: rounded down, so that what is said is true
    said = ElementTree.fromstring(junit.render(phantom_report())).findtext("testsuite/system-out") or ""
    (stomach,) = [
        line for line in said.splitlines() if line.startswith("Stomach Dmax < 54 Gy: 55.20 ± 0.10 Gy, 1.20 Gy over")
    ]
    assert "It would be met at a dose scale below 97.8 %." in stomach
    assert "Liver-GTV Dmean < 24 Gy: 22.20 ± 0.10 Gy, 1.80 Gy to spare" in said


def test_a_spreadsheet_runs_nothing_of_the_table() -> None:
    report = phantom_report()
    results = tuple(replace(result, structure="=HYPERLINK(1)") for result in report.results)
    case = phantom_case(patient_id="+cmd|' /C calc'!A0")
    row = rows_of(csv_.render(replace(report, results=results, case=case)))[0]
    assert row["structure"] == "'=HYPERLINK(1)"
    assert row["patient_id"].startswith("'+")
    assert float(row["margin"]) == pytest.approx(1.8)  # numbers stay numbers


def test_only_a_table_that_is_not_ascii_begins_with_a_byte_order_mark() -> None:
    report = phantom_report()
    assert csv_.render(report).startswith("\ufeff")
    assert csv_.render(replace(report, results=report.results[:1])).isascii()


def test_each_constraint_is_a_test_case_and_only_what_the_exit_status_counts_fails() -> None:
    root = ElementTree.fromstring(junit.render(phantom_report()))
    suite = root.find("testsuite")
    assert suite is not None
    endings = [(case.get("name"), case[0].tag if len(case) else "passed") for case in suite.findall("testcase")]
    assert len(endings) == 11
    assert dict(endings)["Stomach Dmax < 54 Gy"] == "failure"
    assert dict(endings)["Bowel_Small Dmax < 54 Gy"] == "error"
    assert dict(endings)["Duodenum Dmax < 54 Gy"] == "passed"  # borderline changes nothing
    assert dict(endings)["PTV D95% >= 98 %"] == "passed"  # an accepted variation
    assert dict(endings)["Heart V20Gy <= 10 %"] == "skipped"  # waived
    counted = {name: int(suite.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": 11, "failures": 1, "errors": 1, "skipped": 2}


def test_each_value_of_another_program_is_a_case_and_a_notable_difference_is_skipped_with_its_warning() -> None:
    """The phantom's report compares two metrics with two programs; the planning system has no value of one."""
    said = "SpinalCord Dmax is 26.2 Gy here, 25.7 Gy by dicompyler-core: more than 1% and 0.1 Gy apart."
    warning = Notice(code="cross-check.differs", text=said, structures=("SpinalCord",))
    root = ElementTree.fromstring(junit.render(replace(phantom_report(), notices=(warning,))))
    (suite,) = root.findall("testsuite[@name='cross_checks']")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "0", "0", "2"]
    skipped = {case.get("name"): case[0].get("message") for case in suite.findall("testcase") if len(case)}
    assert skipped == {
        "SpinalCord Dmax by dicompyler-core": said,
        "SpinalCord Dmax by planning system": "SpinalCord Dmax is 26.20 Gy here, no value by planning system",
    }


def test_warnings_stand_once_in_the_first_suite_with_their_codes() -> None:
    warning = Notice(code="facts.unused", text="The fact hvi is given.")
    report = replace(phantom_report(), notices=(warning, Notice(code="sum.doses", text="Added.", severity="info")))
    told = [suite.findtext("system-err") for suite in ElementTree.fromstring(junit.render(report))]
    assert told[0] == "The fact hvi is given. [facts.unused]"
    assert not any(told[1:])


def test_a_plan_that_fails_by_its_fractions_alone_is_not_all_green() -> None:
    report = phantom_report()
    item = replace(report.prescription[1], outcome="violated", found="40")
    root = ElementTree.fromstring(junit.render(replace(report, results=(), prescription=(item,))))
    assert [failure.get("message") for failure in root.iter("failure") if "Fractions" in str(failure.get("message"))]


@needs_program("xmllint")
def test_the_xml_keeps_to_the_common_schema_even_with_odd_characters(tmp_path: Path) -> None:
    report = phantom_report()
    odd = tuple(replace(result, notes=("bell \x07, null \x00, <tag> & ]]>",)) for result in report.results)
    for number, each in enumerate((report, replace(report, results=odd), replace(report, results=(), eligibility=()))):
        path = tmp_path / f"{number}.xml"
        path.write_text(junit.render(each), encoding="utf-8")
        done = subprocess.run(
            ["xmllint", "--noout", "--schema", SCHEMA, path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_comment_has_the_table_and_calls_nobody() -> None:
    report = phantom_report()
    results = (replace(report.results[0], structure="@everyone |x| <b>"), *report.results[1:])
    text = markdown.render(replace(report, results=results))
    assert (
        "| 🛑 | Stomach | Dmax \\< 54 Gy |  | 55.20 ± 0.10 Gy | 1.20 Gy over, 2.2 % of the limit | Violated |" in text
    )
    assert "@\u200beveryone \\|x\\| \\<b\\>" in text


@pytest.mark.parametrize("render", [csv_.render, junit.render, markdown.render])
def test_anonymous_text_names_nobody(render) -> None:  # type: ignore[no-untyped-def]
    text = render(phantom_report(), anonymous=True)
    assert [secret for secret in IDENTITY if secret in text] == []


def test_without_typst_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rtcheck\[pdf\]'"):
        pdf.render(phantom_report())


def text_of_pdf(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


@needs_program("pdftotext")
def test_the_pdf_says_what_the_page_says_with_numbered_pages(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    text = text_of_pdf(pdf.render(phantom_report()), tmp_path / "report.pdf")
    for said in (
        "Stomach Dmax < 54 Gy is not met: 55.20 Gy",
        "1.20 Gy over",
        "Not evaluated",
        "Allowed prescription",
        "APA-017",
    ):
        assert said in text, said
    pages = text.count("\f")
    assert all(f"{number}/{pages}" in text for number in range(1, pages + 1))


@needs_program("pdftotext")
def test_text_that_looks_like_typst_is_text(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    report = phantom_report()
    name = '#read("/etc/passwd") $x$ *b* <label>'
    results = (replace(report.results[0], structure=name), *report.results[1:])
    text = text_of_pdf(pdf.render(replace(report, results=results)), tmp_path / "report.pdf")
    assert "#read(" in text.replace("\n", "")
    assert "root:" not in text


@needs_program("pdftotext")
def test_an_anonymous_pdf_names_nobody(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    content = pdf.render(phantom_report(), anonymous=True)
    text = text_of_pdf(content, tmp_path / "report.pdf")
    assert [secret for secret in IDENTITY if secret in text] == []
    assert b"/clinic" not in content


def test_the_same_report_is_the_same_pdf() -> None:
    pytest.importorskip("typst")
    report = phantom_report()
    assert pdf.render(report) == pdf.render(report)


@needs_program("pdftoppm")
def test_each_page_of_the_pdf_has_ink(tmp_path: Path) -> None:
    """The pages were looked at; what a test can tell is that none is empty and the pictures are there."""
    pytest.importorskip("typst")
    (tmp_path / "report.pdf").write_bytes(pdf.render(phantom_report()))
    subprocess.run(["pdftoppm", "-r", "30", "-gray", "report.pdf", "page"], cwd=tmp_path, check=True)
    pages = [path.read_bytes() for path in sorted(tmp_path.glob("page-*.pgm"))]
    dark = [sum(value < 150 for value in page[20:]) / len(page) for page in pages]
    assert len(pages) >= 4
    assert min(dark) > 0.0005
    assert max(dark) > 0.2  # the black ground of the slices
