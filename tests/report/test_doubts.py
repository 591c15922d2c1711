"""What puts a verdict in doubt is told with the verdict in every format, and --strict exits with 3 by it."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pydicom
import pytest
from support.command_line import run
from support.programs import needs_program
from support.reports import phantom_report
from support.samples import PASSES, STOMACH_FAILS

from rtcheck.codes import CODES, puts_verdict_in_doubt
from rtcheck.notices import Notice
from rtcheck.report.formats import csv_, html, junit, markdown, notebook, rich_, terminal, text
from rtcheck.results import Report

SENTENCE = "The dose is of 2 plans, 1 of which was not read."
DOUBT = Notice(code="dose.several-plans", text=SENTENCE)
HEAD_ENDS = '<dl class="facts">'


def passing(*notices: Notice) -> Report:
    report = phantom_report()
    met = tuple(result for result in report.results if result.outcome == "met")
    return replace(report, verdict="pass", exit_status=0, results=met, notices=notices)


HEADS: dict[str, Callable[[Report], str]] = {
    "quiet terminal": terminal.verdict_line,
    "plain text": lambda report: text.plain_text(report, anonymous=False, verbose=False).rpartition("Verdict:")[2],
    "colours": lambda report: rich_.coloured_text(report, anonymous=False, verbose=False).rpartition("Verdict:")[2],
    "html": lambda report: html.render(report).partition("<main>")[2].partition(HEAD_ENDS)[0],
    "markdown": lambda report: markdown.render(report).partition("| Constraint")[0],
    "notebook": lambda report: notebook.report_fragment(report).partition("<table")[0],
    "junit": lambda report: junit.render(report).partition("<testcase")[0],
}


@pytest.mark.parametrize("where", HEADS)
def test_a_doubt_stands_with_the_verdict(where: str) -> None:
    assert "of 2 plans" in HEADS[where](passing(DOUBT))
    assert "doubt" not in HEADS[where](passing()).lower()


@pytest.mark.parametrize("where", ["quiet terminal", "plain text", "colours", "html", "markdown"])
def test_the_word_pass_never_stands_alone_where_the_verdict_is_in_doubt(where: str) -> None:
    assert "PASS, IN DOUBT" in HEADS[where](passing(DOUBT))


def test_the_table_has_a_column_of_doubts() -> None:
    rows = csv.DictReader(io.StringIO(csv_.render(passing(DOUBT)).lstrip("\ufeff")))
    assert {row["doubts"] for row in rows} == {f"dose.several-plans: {SENTENCE}"}


@needs_program("pdftotext")
def test_the_pdf_says_it_beside_the_verdict(tmp_path: Path) -> None:
    import subprocess

    pytest.importorskip("typst")
    path = passing(DOUBT).save(tmp_path / "report.pdf")
    words = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    head = " ".join(words.partition("Constraints")[0].split())
    assert "In doubt" in head
    assert "1 of which was not read" in head


def test_a_doubt_is_skipped_in_junit_and_an_error_with_strict() -> None:
    def endings(report: Report) -> set[str]:
        suite = ElementTree.fromstring(junit.render(report)).find("testsuite[@name='doubts']")
        return {child.tag for case in suite.iter("testcase") for child in case}

    assert endings(passing(DOUBT)) == {"skipped"}
    assert endings(replace(passing(DOUBT), is_strict=True)) == {"error"}


def test_an_ordinary_warning_and_an_ignored_doubt_are_no_doubt() -> None:
    ignored = replace(DOUBT, severity="info", is_ignored=True)
    report = passing(Notice(code="plan.unapproved", text="Not approved."), ignored)
    assert report.doubts == ()


def test_a_refusal_that_was_overridden_stands_with_the_verdict() -> None:
    lifted = Notice(code="frame.mismatch", text="Not in one frame.", is_overridden=True)
    assert puts_verdict_in_doubt(lifted)
    assert "Not in one frame." in terminal.verdict_line(passing(lifted))


def test_a_notice_names_its_structures_in_json() -> None:
    of_two = Notice(code="dose.partial-coverage", text="cut by the grid", structures=("Liver", "Cord"))
    told = passing(of_two, DOUBT).to_dict()
    assert [each["structures"] for each in told["warnings"]] == [["Liver", "Cord"], []]
    assert [each["doubt"] for each in told["warnings"]] == [False, True]
    assert told["doubts"] == [{"code": "dose.several-plans", "text": SENTENCE, "structures": []}]


def sample_made_for_machine_qa(sample: Path, folder: Path) -> Path:
    copied = Path(copytree(sample, folder))
    for path in copied.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        if dataset.Modality == "RTPLAN":
            dataset.PlanIntent = "MACHINE_QA"
            dataset.save_as(path)
    return copied


@pytest.fixture(scope="module")
def machine_qa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_made_for_machine_qa(PASSES, tmp_path_factory.mktemp("intent") / "set")


def test_a_plan_for_machine_qa_passes_in_doubt(machine_qa: Path) -> None:
    ran = run(machine_qa, "-p", "apatinib", "-q")
    assert ran.status == 0
    assert ran.out.splitlines()[0].startswith("≈ PASS, IN DOUBT")
    assert "MACHINE_QA" in ran.out.splitlines()[1]
    assert run(machine_qa, "-p", "apatinib", "--format", "json").json()["doubts"][0]["code"] == "plan.intent"


@pytest.mark.parametrize("command", ["check", "isotoxic"])
def test_strict_exits_with_3_where_the_verdict_is_in_doubt(command: str, machine_qa: Path) -> None:
    assert run(command, machine_qa, "-p", "apatinib", "--strict").status == 3
    assert run(command, PASSES, "-p", "apatinib", "--strict").status == 0
    assert run(command, machine_qa, "-p", "apatinib", "--strict", "--ignore", "plan.intent").status == 0


def test_a_violated_limit_wins_over_a_doubt(tmp_path: Path) -> None:
    folder = sample_made_for_machine_qa(STOMACH_FAILS, tmp_path / "set")
    assert run(folder, "-p", "apatinib", "--strict").status == 1


def test_a_comparison_names_the_plan_that_is_in_doubt(machine_qa: Path) -> None:
    ran = run("compare", PASSES, machine_qa, "-p", "apatinib", "--strict")
    assert ran.status == 3
    assert "PASS, IN DOUBT" in ran.out
    told = run("compare", PASSES, machine_qa, "-p", "apatinib", "--format", "json").json()
    assert [[each["code"] for each in plan["doubts"]] for plan in told["plans"]] == [[], ["plan.intent"]]


def test_a_batch_keeps_the_doubts(machine_qa: Path, tmp_path: Path) -> None:
    ran = run("batch", machine_qa, "-p", "apatinib", "-o", tmp_path, "-j", "1", "--strict")
    assert ran.status == 3
    assert "in doubt" in ran.out
    with sqlite3.connect(tmp_path / "results.sqlite") as store:
        assert "MACHINE_QA" in store.execute("SELECT doubts FROM plans").fetchone()[0]
        assert store.execute("SELECT code FROM notices WHERE doubt").fetchall() == [("plan.intent",)]
        assert store.execute("SELECT verdict, exit_status FROM plans").fetchall() == [("pass", 3)]
    page = (tmp_path / "index.html").read_text()
    assert "Pass, in doubt" in page
    assert "MACHINE_QA" in page
    assert "MACHINE_QA" in (tmp_path / "results.csv").read_text()


def test_a_record_of_a_strict_check_is_repeated_strictly(machine_qa: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    assert run(machine_qa, "-p", "apatinib", "--strict", "--format", "json", "-o", record).status == 3
    assert json.loads(record.read_text())["provenance"]["options"]["strict"] is True
    assert run("verify", record).status == 0
    assert run("verify", record, "--strict").status == 3


def test_the_list_of_codes_says_which_put_the_verdict_in_doubt() -> None:
    lines = run("codes").out.splitlines()
    doubts = {line.split()[0] for line in lines if line.split()[1] == "doubt"}
    assert doubts == {code.code for code in CODES if code.kind == "doubt"}
    assert {"dose.several-plans", "link.only-one", "plan.intent", "dose.far-above-prescription"} <= doubts
