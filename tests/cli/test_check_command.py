"""`rtcheck PATH --protocol P`: exit statuses, the JSON, and what a newcomer's first mistakes are answered."""

import json
import os
import subprocess
import sys

import pytest
from support.command_line import run
from support.real_data import REAL_DICOM, needs_real_dicom
from support.samples import AXITINIB_PASSES, INCOMPLETE, PASSES, SAMPLES, SMALL_LIVER, STOMACH_FAILS, protocol_of

STATUS = {PASSES: 0, STOMACH_FAILS: 1, INCOMPLETE: 3, SMALL_LIVER: 1, AXITINIB_PASSES: 0}
VERDICT = {0: "pass", 1: "fail", 3: "not_evaluated"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_samples_exit_as_their_readme_says(sample):
    found = run(sample / "plan.dcm", "--protocol", protocol_of(sample), "--format", "json")
    assert found.status == STATUS[sample]
    assert found.json()["verdict"] == VERDICT[found.status]


@pytest.mark.parametrize("word", ["plan.dcm", "dose.dcm", "struct.dcm", ""])
def test_any_of_the_files_or_their_folder_leads_to_the_same_numbers(word):
    found = run("check", PASSES / word, "-p", "apatinib", "-f", "json").json()
    (liver,) = [each for each in found["constraints"] if each["structure"] == "Liver-GTV"]
    named = run("--plan", PASSES / "plan.dcm", "--dose", PASSES / "dose.dcm", "--structures", PASSES / "struct.dcm",
                "--protocol", "apatinib", "--format", "json").json()  # fmt: skip
    assert named["constraints"][0]["value"] == liver["value"]


def test_the_json_has_what_the_contract_names():
    found = run(PASSES, "-p", "apatinib", "-f", "json").json()
    assert found["schema"] == "rtcheck.report/1"
    for key in (
        "verdict",
        "eligibility_verdict",
        "case",
        "protocol",
        "prescription",
        "eligibility",
        "warnings",
        "provenance",
    ):
        assert key in found
    of_a_constraint = "structure matched metric goal value unit uncertainty low high bounds margin outcome borderline"
    assert {*of_a_constraint.split(), "readings", "notes"} <= set(found["constraints"][0])
    files = {each["role"]: each["sha256"] for each in found["provenance"]["files"]}
    assert set(files) == {"plan", "dose", "structures"}


@pytest.mark.parametrize(
    ("words", "banded", "recorded"),
    [
        (["--band", PASSES], True, True),  # as an option without a value
        ([PASSES, "--band", "all"], True, True),
        ([PASSES, "--band=near"], False, False),
        ([PASSES, "--band", "none"], False, "none"),
    ],
)
def test_the_values_with_a_convention_band_are_chosen(tmp_path, words, banded, recorded):
    """No value is within 5 % of its limit."""
    limits = "[{structure: Stomach, goal: Dmax < 90 Gy}, {structure: SpinalCord, goal: Dmean < 40 Gy}]"
    (tmp_path / "far.yaml").write_text(f"name: far\nconstraints: {limits}\n")
    found = run(*words, "-p", tmp_path / "far.yaml", "-f", "json").json()
    assert {each["low"] is not None for each in found["constraints"] if each["value"] is not None} == {banded}
    assert found["provenance"]["options"]["band"] == recorded


def test_quiet_prints_the_verdict_alone():
    found = run(STOMACH_FAILS, "-p", "apatinib", "--quiet")
    assert len(found.out.splitlines()) == 1
    assert "FAIL" in found.out
    assert "Stomach Dmax < 54 Gy" in found.out


def test_piped_text_has_no_colour():
    assert "\x1b" not in run(STOMACH_FAILS, "-p", "apatinib", "-v").out


def test_a_colour_terminal_of_80_columns_is_not_overrun(monkeypatch):
    """Without colour codes, no line is longer than the terminal; words and shapes stay."""
    import re

    from rtcheck import check, load_protocol, read_case
    from rtcheck.report.formats.terminal import render

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    report = check(read_case(INCOMPLETE), load_protocol("apatinib"))
    text = re.sub(r"\x1b\[[0-9;]*m", "", render(report, is_terminal=True, verbose=True))
    assert max(map(len, text.splitlines())) <= 80
    assert "? not" in text
    assert "NOT EVALUATED" in text


# --- unreadable input, wrong questions ----------------------------------------------------------------------------


def ct_slice():
    return next(PASSES.glob("ct_*.dcm"))


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "plan.dcm"
    path.write_bytes((PASSES / "plan.dcm").read_bytes()[:600])
    return path


def test_unreadable_input_still_prints_the_schema(broken):
    found = run(broken, "-p", "apatinib", "--format", "json")
    assert found.status == 3
    told = found.json()
    assert (told["schema"], told["constraints"], told["verdict"]) == ("rtcheck.report/1", [], "not_evaluated")
    assert len(told["warnings"]) == 1
    assert told["warnings"][0]["text"]


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (["{tmp}/nowhere", "-p", "apatinib"], 2, "no such file"),
        (["{ct}", "-p", "apatinib"], 3, "CT"),
        (["{tmp}", "-p", "apatinib"], 3, "empty"),
        (["{sample}", "-p", "apatinb"], 2, "apatinib"),
        (["{sample}", "-p", "./nowhere.yaml"], 2, "nowhere.yaml"),
        (["{sample}"], 2, "--protocol"),
        (["-p", "apatinib"], 2, "No plan given"),
        (["{sample}", "-p", "apatinib", "--nope"], 2, "--nope"),
        (["{sample}", "-p", "apatinib", "--format", "word"], 2, "word"),
        (["{sample}", "-p", "apatinib", "--fractions", "many"], 2, "fractions"),
        (["{sample}", "-p", "apatinib", "--fractions", "0"], 2, "fractions"),
        (["{sample}", "-p", "apatinib", "--dose-rx", "-5"], 2, "dose-rx"),
        (["{sample}", "-p", "apatinib", "--shape", "round"], 2, "shape"),
        (["{sample}", "-p", "apatinib", "--reference-date", "soon"], 2, "soon"),
        (["{sample}", "-p", "apatinib", "--facts", "{tmp}/none.yaml"], 2, "none.yaml"),
        (["{sample}", "-p", "apatinib", "-f", "json", "-f", "html"], 2, "-o"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_answered_in_a_paragraph(tmp_path, words, status, expected):
    places = {"tmp": tmp_path, "ct": ct_slice(), "sample": PASSES}
    found = run(*(word.format(**places) for word in words))
    assert found.status == status
    assert expected in found.err
    assert "Traceback" not in found.err
    assert len(found.err.split()) < 90


def test_a_typo_in_a_protocol_is_shown_with_its_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nconstraints:\n  - structure: Heart\n    goal: D0.03 <= 45\n")
    found = run(PASSES, "-p", path)
    assert found.status == 2
    assert "mine.yaml:4" in found.err


def test_an_internal_error_exits_4_and_tells_nothing_of_the_patient(monkeypatch):
    import rtcheck.checking.check

    def fails(*_, **__):
        raise ZeroDivisionError("Doe^Jane 12345")

    monkeypatch.setattr(rtcheck.checking.check, "check", fails)
    monkeypatch.delenv("RTCHECK_DEBUG", raising=False)
    found = run(PASSES, "-p", "apatinib")
    assert found.status == 4
    assert "ZeroDivisionError" in found.err
    assert "report" in found.err
    assert "Doe" not in found.err + found.out


def test_a_warning_made_an_error_refuses_the_plan():
    found = run(INCOMPLETE, "-p", "apatinib", "--error", "dose.partial-coverage", "-f", "json")
    assert found.status == 3
    assert found.json()["constraints"] == []


# --- output -------------------------------------------------------------------------------------------------------


def test_several_files_are_each_written_in_the_format_of_their_ending(tmp_path):
    page, record = tmp_path / "a.html", tmp_path / "b.json"
    found = run(PASSES, "-p", "apatinib", "-o", page, "-o", record, "--band", "none")
    assert found.status == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert json.loads(record.read_text("utf-8"))["verdict"] == "pass"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-f", "csv", "-o", "a.html", "-o", "b.json"), "None of the files of -o is csv"),
        (("-o", "a.html", "-o", "."), "each must be a file"),
    ],
)
def test_several_files_that_cannot_be_what_was_asked_for_are_refused(words, why):
    found = run(PASSES, "-p", "apatinib", *words)
    assert (found.status, why in found.err) == (2, True)


def test_reports_go_to_a_file_or_a_folder_and_leave_nothing_else(tmp_path):
    assert run(PASSES, "-p", "apatinib", "-o", tmp_path / "one.json").status == 0
    assert json.loads((tmp_path / "one.json").read_text())["verdict"] == "pass"
    folder = tmp_path / "reports"
    folder.mkdir()
    run(PASSES, "-p", "apatinib", "-f", "json", "-f", "csv", "-o", folder)
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv", ".json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.json", "reports"]


def test_a_place_that_cannot_be_written_is_a_wrong_question(tmp_path):
    (tmp_path / "file").write_text("")
    found = run(PASSES, "-p", "apatinib", "-f", "json", "-o", tmp_path / "file" / "x.json")
    assert found.status == 2
    assert "cannot be written" in found.err


def test_anonymous_json_holds_nothing_of_the_patient():
    from rtcheck import read_case

    patient = read_case(PASSES).patient
    told = run(PASSES, "-p", "apatinib", "-f", "json", "--anonymous").out
    assert patient.id
    for secret in (patient.id, patient.name, str(patient.birth_date), str(PASSES), "2.25."):
        assert secret not in told


def test_a_reader_that_leaves_early_is_no_error():
    words = ["rtcheck", str(PASSES), "-p", "apatinib"]
    script = f"import sys; from rtcheck.cli.main import main; sys.argv = {words!r}; main()"
    found = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$1" | true', "sh", script], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr
    assert "Exception" not in found.stderr


@pytest.mark.skipif(os.environ.get("RTCHECK_COVERAGE") is not None, reason="a coverage run imports more")
def test_a_check_imports_nothing_that_it_does_not_use():
    """Each of these would cost 0.05 to 0.8 s of the 0.4 s that a check takes."""
    script = (
        "import sys; from rtcheck.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "unused = {'pydantic', 'pydicom', 'rich', 'scipy', 'jinja2', 'dicompylercore', 'requests', 'matplotlib'}\n"
        "sys.stderr.write(' '.join(sorted(unused & set(sys.modules))))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(PASSES), "--protocol", "apatinib"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stderr == ""
    assert "PASS" in found.stdout


@needs_real_dicom
@pytest.mark.parametrize("folder", ["breast_eclipse", "prostate_pinnacle", "brain_pinnacle", "headneck_pinnacle"])
def test_a_protocol_of_ones_own_runs_on_real_plans(tmp_path, folder):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nconstraints:\n  - {structure: External, goal: Dmax < 200 Gy}\n")
    found = run(REAL_DICOM / folder, "-p", path, "-f", "json")
    assert found.status in (0, 3)
    assert found.json()["constraints"][0]["structure"] == "External"
