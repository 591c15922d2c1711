"""No patient in an error, a log or an anonymous report: of every file and every way to fail."""

import subprocess
import sys

import pytest
from support.command_line import run
from support.known_plans import check, constraints, write_plan

from rtcheck.conformance.phantom import dose_dataset, write_file

SECRETS = ("Geheim", "Anna", "SECRET4711", "19510203")
TEXT = constraints("PTV: Dmax < 24 Gy", "Heart: Dmax < 24 Gy", more="eligibility: [{fact: age, is: 18-75}]")


def named(files):
    for dataset in (files.plan, files.dose, files.structures):
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Geheim^Anna", "SECRET4711", "19510203"


@pytest.fixture
def plan(tmp_path):
    return write_plan(tmp_path / "plan", change=named)


def told_of(text):
    return [secret for secret in SECRETS if secret in text]


def spoil(kind, keyword, value):
    def change(files):
        named(files)
        dataset = getattr(files, kind)
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)

    return change


@pytest.mark.parametrize(
    ("kind", "keyword", "value"),
    [
        ("structures", "PatientID", "SECRET4712"),
        ("structures", "PatientName", "Geheim^Anna-Maria"),
        ("structures", "PatientBirthDate", "19510204"),
        ("plan", "PatientBirthDate", "19510204"),
        ("dose", "DoseUnits", "RELATIVE"),
        ("dose", "DoseGridScaling", None),
        ("dose", "GridFrameOffsetVector", [0, 1, 2]),
        ("dose", "FrameOfReferenceUID", "1.2.3"),
        ("dose", "PixelData", b"\0\0"),
        ("structures", "StructureSetROISequence", None),
        ("plan", "FractionGroupSequence", None),
        ("plan", "SOPClassUID", "1.2.3"),
    ],
)
@pytest.mark.parametrize("words", [[], ["--format", "json", "--anonymous"]], ids=["table", "anonymous json"])
def test_an_odd_file_is_told_without_the_patient(tmp_path, kind, keyword, value, words):
    plan = write_plan(tmp_path / "plan", change=spoil(kind, keyword, value))
    (tmp_path / "mine.yaml").write_text(TEXT)
    ran = run(plan, "-p", tmp_path / "mine.yaml", *words)
    assert told_of(ran.err) == []
    if words:
        assert told_of(ran.out) == []


@pytest.mark.parametrize("name", ["plan.dcm", "dose.dcm", "struct.dcm"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_file_cut_short_is_told_without_the_patient(plan, name, share):
    path = plan / name
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    ran = check(plan, TEXT)
    assert ran.status == 3
    assert told_of(ran.err) == []


@pytest.mark.parametrize("form", ["table", "json", "html", "csv", "junit", "markdown"])
def test_an_anonymous_report_names_nobody(plan, tmp_path, form):
    (tmp_path / "mine.yaml").write_text(TEXT)
    ran = run(plan, "-p", tmp_path / "mine.yaml", "-f", form, "--anonymous")
    assert ran.out
    assert told_of(ran.out + ran.err) == []
    assert "2.25.3141592653" not in ran.out
    assert str(tmp_path) not in ran.out


def test_an_anonymous_report_names_nobody_after_whom_a_beam_or_a_waiver_is_called(tmp_path):
    def change(files):
        named(files)
        files.plan.BeamSequence[0].BeamName = "1 Geheim AP"

    plan = write_plan(tmp_path / "plan", change=change)
    beam = dose_dataset(dose_at=lambda x, y, z: 20.0, bits=32, summation="BEAM", beam=1, uid="2.25.77.1")
    beam.PatientName, beam.PatientID, beam.PatientBirthDate = "Geheim^Anna", "SECRET4711", "19510203"
    write_file(beam, plan / "beam.dcm")
    waiver = "waivers:\n  - {constraint: PTV Dmean < 15 Gy, reason: Anna agreed, who: the board, until: 2099-12-31}\n"
    (tmp_path / "waivers.yaml").write_text(waiver)
    text = constraints("PTV: Dmax < 15 Gy", "PTV: Dmean < 15 Gy")
    ran = check(plan, text, "--waivers", tmp_path / "waivers.yaml", "--anonymous")
    violated, waived = ran.json()["constraints"]
    assert violated["place"]["beams"]
    assert waived["waiver"]
    assert told_of(ran.out + ran.err) == []


def test_the_patient_s_report_does_name_the_patient(plan):
    """Else the tests above would prove nothing."""
    assert check(plan, TEXT).json()["case"]["patient"]["id"] == "SECRET4711"


def test_an_anonymous_batch_names_nobody(plan, tmp_path):
    (tmp_path / "mine.yaml").write_text(TEXT)
    ran = run("batch", plan, "-p", tmp_path / "mine.yaml", "--out", tmp_path / "out", "--jobs", "1", "--anonymous",
              "--reports")  # fmt: skip
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert told_of(ran.out + ran.err) == []
    for path in written:
        assert told_of(path.read_bytes().decode("latin-1")) == []


@pytest.mark.parametrize("place", ["rtcheck.dicom.case_reader", "rtcheck.checking.check"])
def test_a_fault_of_rtcheck_leaves_no_traceback_and_no_patient(plan, tmp_path, place):
    """The fault holds the patient's name in its text and in its locals, as a real one could."""
    (tmp_path / "mine.yaml").write_text(TEXT)
    target = "read_plan" if "dicom" in place else "decide"
    script = (
        f"import {place} as room\n"
        f"def fail(*values, **options):\n    name = 'Geheim^Anna SECRET4711'\n    raise KeyError(name)\n"
        f"room.{target} = fail\n"
        "from rtcheck.cli.main import main\nmain()\n"
    )
    words = [sys.executable, "-c", script, str(plan), "-p", str(tmp_path / "mine.yaml")]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 4
    assert told_of(ran.stdout + ran.stderr) == []
    assert "Traceback" not in ran.stderr
    assert "KeyError" in ran.stderr
