"""The exit status of every way a check can end, and which one wins where several hold."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan
from support.plan_farm import write_farm
from support.samples import SMALL_LIVER

from rtcheck.batch.run import run_batch
from rtcheck.protocol.file.load import load_protocol

MET, VIOLATED, UNKNOWN = "PTV: Dmax < 24 Gy", "PTV: Dmax < 15 Gy", "Heart: Dmax < 15 Gy"


# --- 0, 1, 3: what the check found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "status", "verdict"),
    [
        ([MET], 0, "pass"),
        ([MET, VIOLATED], 1, "fail"),
        ([MET, UNKNOWN], 3, "not_evaluated"),
        ([UNKNOWN, VIOLATED, MET], 1, "fail"),
    ],
    ids=["all met", "one violated", "one not evaluated", "1 wins over 3"],
)
def test_the_exit_status_follows_the_required_constraints(plan, lines, status, verdict):
    ran = check(plan, constraints(*lines))
    assert (ran.status, ran.json()["verdict"]) == (status, verdict)


@pytest.mark.parametrize(
    ("prescription", "status"),
    [
        ("{dose: 20-24 Gy, fractions: 25-30}", 0),
        ("{dose: 2000-2400 cGy}", 0),
        ("{dose: 20.1-24 Gy}", 1),
        ("{dose: '< 20 Gy'}", 1),
        ("{fractions: 26-30}", 1),
        ("{dose_per_fraction: 0.9-3 Gy}", 1),
        ("{dose: 20-24 Gy, target: PTV_Boost}", 3),
    ],
)
def test_a_prescription_out_of_range_counts_as_violated_and_an_unknown_one_as_not_evaluated(plan, prescription, status):
    assert check(plan, constraints(MET, more=f"prescription: {prescription}")).status == status


@pytest.mark.parametrize(("volume", "status"), [("< 13 cc", 0), ("> 13 cc", 1)])
def test_an_unmet_eligibility_item_that_the_images_answer_counts_as_violated(plan, volume, status):
    eligibility = f"eligibility: [{{structure: PTV, goal: Volume {volume}}}]"
    assert check(plan, constraints(MET, more=eligibility)).status == status


def test_the_sample_with_too_little_liver_fails_although_every_dose_is_met():
    ran = run(SMALL_LIVER, "-p", "apatinib", "-f", "json")
    assert ran.status == 1
    assert {each["outcome"] for each in ran.json()["constraints"]} == {"met"}


def test_an_ambiguous_name_exits_3(tmp_path):
    twice = [box("kidney l"), box("KIDNEY_L", 2, at_mm=(40.0, 0.0, 0.0))]
    ran = check(write_plan(tmp_path / "plan", twice), constraints("Kidney_L: Dmax < 24 Gy"))
    assert ran.status == 3
    assert "kidney l" in ran.json()["constraints"][0]["notes"][0]


# --- 2: the question --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{plan}", "-p", "{good}", "--nope"], "--nope"),
        (["{plan}", "-p", "no_such_protocol"], "no_such_protocol"),
        (["{plan}", "-p", "{bad}"], "bad.yaml:3"),
        (["{plan}", "-p", "{tmp}/none.yaml"], "none.yaml"),
        (["{tmp}/nowhere", "-p", "{good}"], "nowhere"),
        (["{plan}", "-p", "{good}", "--format", "docx"], "docx"),
        (["{plan}", "-p", "{good}", "--shape", "round"], "round"),
        (["{plan}"], "--protocol"),
        (["-p", "{good}"], "No plan given"),
        (["dvh", "{plan}", "-m", "V20"], "V20"),
        (["isotoxic", "{plan}"], "--protocol"),
        (["batch", "{tmp}/nowhere", "-p", "{good}", "--out", "{tmp}/out"], "nowhere"),
        (["protocols", "show", "no_such_protocol"], "no_such_protocol"),
        (["structures", "{tmp}/nowhere"], "nowhere"),
    ],
)
def test_a_question_put_wrongly_exits_2_and_names_what_is_wrong(plan, tmp_path, words, said):
    (tmp_path / "good.yaml").write_text(constraints(MET))
    (tmp_path / "bad.yaml").write_text("name: bad\nconstraints:\n  - {structure: PTV, goal: V20 < 30 %}\n")
    places = {"plan": plan, "tmp": tmp_path, "good": tmp_path / "good.yaml", "bad": tmp_path / "bad.yaml"}
    ran = run(*(word.format(**places) for word in words))
    assert ran.status == 2
    assert said in ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(("kind", "attribute"), [("plan", "RTPLAN"), ("dose", "RTDOSE")])
def test_several_plans_or_doses_to_choose_from_exit_2_and_are_listed(tmp_path, kind, attribute):
    plan = write_plan(tmp_path / "plan")
    other = write_plan(tmp_path / "other", change=lambda files: _renamed(getattr(files, kind)))
    shutil.copy(other / f"{kind}.dcm", plan / f"another_{kind}.dcm")
    ran = check(plan, constraints(MET))
    assert ran.status == 2
    assert f"{kind}.dcm" in ran.err
    assert f"another_{kind}.dcm" in ran.err


def _renamed(dataset):
    dataset.SOPInstanceUID += ".5"


# --- 3: what cannot be read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan.dcm", "dose.dcm", "struct.dcm"])
@pytest.mark.parametrize("content", [b"", b"no DICOM at all", None], ids=["empty", "text", "cut short"])
def test_unreadable_content_exits_3_and_json_keeps_its_schema(plan, name, content):
    path = plan / name
    path.write_bytes(path.read_bytes()[:700] if content is None else content)
    ran = check(path, constraints(MET))
    assert ran.status == 3
    told = ran.json()
    assert (told["schema"], told["constraints"], told["verdict"]) == ("rtcheck.report/1", [], "not_evaluated")
    (warning,) = told["warnings"]
    assert name in warning["text"]
    assert warning["text"] in ran.err


def test_the_wrong_patient_is_refused_and_ignoring_it_is_said(plan, tmp_path):
    other = write_plan(tmp_path / "other", change=lambda files: setattr(files.structures, "PatientID", "SOMEBODY"))
    refused = check(other, constraints(MET))
    assert (refused.status, refused.json()["constraints"]) == (3, [])
    lifted = check(other, constraints(MET), "--ignore", "patient.mismatch")
    assert lifted.status == 0
    assert "patient.mismatch" in {each["code"] for each in lifted.json()["warnings"]}


# --- 4: a fault of rtcheck ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["{plan}", "-p", "{protocol}"], ["dvh", "{plan}"], ["structures", "{plan}"]])
def test_a_fault_inside_exits_4_says_how_to_report_it_and_tells_nothing_of_the_patient(
    plan, tmp_path, monkeypatch, words
):
    import rtcheck.dicom.case_reader

    (tmp_path / "mine.yaml").write_text(constraints(MET))
    monkeypatch.delenv("RTCHECK_DEBUG", raising=False)
    monkeypatch.setattr(rtcheck.dicom.case_reader, "read_plan", _fail)
    ran = run(*(word.format(plan=plan, protocol=tmp_path / "mine.yaml") for word in words))
    assert ran.status == 4
    assert "report" in ran.err
    assert "Secret" not in ran.err + ran.out
    assert "Traceback" not in ran.err
    assert len(ran.err.split()) < 80


def _fail(*_, **__):
    raise ArithmeticError("Secret^Patient 4711")


# --- a batch ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "is_one_broken", "status"),
    [("300 Gy", False, 0), ("300 Gy", True, 3), ("1 Gy", True, 1)],
    ids=["all pass", "3 wins over 0", "1 wins over 3"],
)
def test_the_worst_plan_of_a_batch_counts(tmp_path, limit, is_one_broken, status):
    write_farm(tmp_path / "plans", 3, broken_every=2 if is_one_broken else 0)
    (tmp_path / "mine.yaml").write_text(constraints(f"PTV: Dmax < {limit}"))
    ran = run("batch", tmp_path / "plans", "-p", tmp_path / "mine.yaml", "--out", tmp_path / "out", "--jobs", "1")
    assert ran.status == status


def test_in_a_batch_4_wins_over_all_and_the_other_plans_are_judged(tmp_path, monkeypatch):
    """All exceed the limit, but the second and fourth have a damaged dose and the third meets a fault of rtcheck."""
    import rtcheck.batch.work as work
    import rtcheck.checking.check as checking

    def check_but_one(case, *rest, **options):
        return _fail() if case.patient.id == "FARM000002" else check_as_ever(case, *rest, **options)

    check_as_ever = checking.check
    monkeypatch.setattr(checking, "check", check_but_one)
    write_farm(tmp_path / "plans", 4, broken_every=2)
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 1 Gy"))
    question = work.Question(protocols=(load_protocol(str(tmp_path / "mine.yaml")),))
    tally = run_batch(tmp_path / "plans", tmp_path / "out", question, open_executor=partial(ThreadPoolExecutor, 1))
    assert tally.exit_statuses == {1, 3, 4}
    assert tally.exit_status == 4
    assert b"Secret" not in (tmp_path / "out" / "results.sqlite").read_bytes()


# --- as a program -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "status"), [([MET], 0), ([VIOLATED], 1), (["PTV: V20 < 1 cc"], 2), ([UNKNOWN], 3)])
def test_the_program_itself_leaves_with_that_status(plan, tmp_path, lines, status):
    (tmp_path / "mine.yaml").write_text(constraints(*lines))
    words = [sys.executable, "-m", "rtcheck", str(plan), "--protocol", str(tmp_path / "mine.yaml")]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == status
    assert "Traceback" not in ran.stderr
