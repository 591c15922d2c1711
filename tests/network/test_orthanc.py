"""pull, push and --store against a real Orthanc, by DICOMweb and its own REST; and Orthanc pushing to the listener."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from support.dicom_network import wait_for
from support.orthanc import PLUGINS, Orthanc, orthanc_at
from support.programs import needs_program
from support.samples import INCOMPLETE, PASSES, STOMACH_FAILS

pytest.importorskip("dicomweb_client")

from rtcheck.batch.store import open_store
from rtcheck.cli.main import main

pytestmark = [
    needs_program("Orthanc"),
    pytest.mark.skipif(not (PLUGINS / "libOrthancDicomWeb.so").is_file(), reason="Orthanc has no DICOMweb plugin here"),
]

PLAN = dcmread(STOMACH_FAILS / "plan.dcm")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc_at(tmp_path_factory.mktemp("net") / "orthanc") as server:
        server.fill([*STOMACH_FAILS.glob("*.dcm"), *PASSES.glob("*.dcm")])
        yield server


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return int(left.value.code or 0)


@pytest.mark.parametrize("way", ["dicomweb", "url"])
@pytest.mark.parametrize(
    "whose", [("--patient", str(PLAN.PatientID)), ("--study", str(PLAN.StudyInstanceUID))], ids=["patient", "study"]
)
def test_a_plan_is_fetched_without_its_images_and_checked(
    orthanc: Orthanc, tmp_path: Path, way: str, whose: tuple[str, str]
) -> None:
    report = tmp_path / "report.json"
    words = ("--protocol", "apatinib", "--keep", tmp_path / "kept", "-o", report, "-f", "json")
    assert run("pull", getattr(orthanc, way), *whose, *words) == 1
    told = json.loads(report.read_text("utf-8"))
    assert told["verdict"] == "fail"
    assert "Stomach" in told["reason"]
    assert sorted(path.name.partition("_")[0] for path in (tmp_path / "kept").iterdir()) == [
        *("rtdose", "rtplan", "rtstruct")
    ]


def test_all_plans_are_kept_with_index_and_reports_and_checked_once(orthanc: Orthanc, tmp_path: Path) -> None:
    words = ("--patient", str(PLAN.PatientID), "--protocol", "apatinib", "--out", tmp_path / "out")
    written = set()
    for _ in range(2):
        assert run("pull", orthanc.url, *words) == 1
        written.add(
            tuple(sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "out/reports").iterdir()))
        )
    assert len(written) == 1, "the second time nothing is checked"
    assert "Stomach" in (tmp_path / "out" / "index.html").read_text("utf-8")
    with open_store(tmp_path / "out") as store:
        (plan,) = store.rows("SELECT * FROM plans")
        assert (plan["verdict"], plan["patient_id"]) == ("fail", str(PLAN.PatientID))
    assert {".html", ".json"} <= {path.suffix for path in (tmp_path / "out" / "reports").iterdir()}
    assert str(PLAN.SOPInstanceUID) in (tmp_path / "out" / "results.csv").read_text("utf-8")
    assert run("pull", orthanc.url, *words, "--store", orthanc.url) == 2


def test_what_is_not_there_is_no_pass(orthanc: Orthanc, capsys: pytest.CaptureFixture[str]) -> None:
    for way in (orthanc.dicomweb, orthanc.url):
        assert run("pull", way, "--patient", "NOBODY", "--protocol", "apatinib") == 3
        assert "NOBODY" not in capsys.readouterr().err


def test_a_patient_or_a_study_must_be_named(orthanc: Orthanc) -> None:
    assert run("pull", orthanc.url, "--protocol", "apatinib") == 2
    assert run("pull", orthanc.dicomweb, "--patient", "*", "--protocol", "apatinib") == 2


def test_a_server_that_is_not_there_is_said_without_the_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--patient", "SECRET-7", "--protocol", "apatinib")
    assert run("pull", "http://127.0.0.1:9", *words, "--out", tmp_path / "out") == 3
    assert not (tmp_path / "out").exists()
    assert run("pull", "http://127.0.0.1:9", *words, "-o", tmp_path / "out") == 2
    assert "--out DIR" in capsys.readouterr().err
    assert run("pull", "http://127.0.0.1:9/dicom-web", *words) == 3
    told = capsys.readouterr().err
    assert "127.0.0.1:9" in told
    assert "SECRET-7" not in told
    assert run("pull", "ftp://127.0.0.1", *words) == 2


@pytest.mark.parametrize("way", ["dicomweb", "url"])
def test_a_report_is_stored_in_the_plans_study_and_refers_to_the_plan(
    orthanc: Orthanc, tmp_path: Path, way: str
) -> None:
    pytest.importorskip("typst")
    pdf = tmp_path / "report.pdf"
    for document in documents(orthanc):  # a report of the same second is the same document
        orthanc.remove(f"/instances/{document}")
    assert run(PASSES, "--protocol", "apatinib", "-o", pdf, "--store", getattr(orthanc, way)) == 0
    assert len(documents(orthanc)) == 1
    assert run("push", pdf, getattr(orthanc, way), "--plan", PASSES / "plan.dcm") == 0
    (stored,) = documents(orthanc)  # the same report is the same document
    tags = orthanc.ask(f"/instances/{stored}/simplified-tags")
    plan = dcmread(PASSES / "plan.dcm")
    assert tags["SourceInstanceSequence"][0]["ReferencedSOPInstanceUID"] == plan.SOPInstanceUID
    assert tags["StudyInstanceUID"] == plan.StudyInstanceUID
    assert tags["MIMETypeOfEncapsulatedDocument"] == "application/pdf"


def test_a_report_is_not_stored_in_the_study_of_another_plan(
    orthanc: Orthanc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("typst")
    pdf = tmp_path / "report.pdf"
    assert run(PASSES, "--protocol", "apatinib", "-o", pdf) == 0
    before = documents(orthanc)
    assert run("push", pdf, orthanc.url, "--plan", STOMACH_FAILS / "plan.dcm") == 2
    assert "another plan" in capsys.readouterr().err
    assert documents(orthanc) == before


def documents(orthanc: Orthanc) -> list[str]:
    query = {"Level": "Instance", "Query": {"Modality": "DOC"}}
    return list(orthanc.ask("/tools/find", json.dumps(query).encode()))


def test_what_is_no_pdf_is_not_pushed(orthanc: Orthanc, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("<html>", "utf-8")
    assert run("push", page, orthanc.url, "--plan", PASSES / "plan.dcm") == 2


def test_a_plan_that_orthanc_pushes_is_checked(listening, tmp_path: Path) -> None:
    listener = listening()
    node = {"rtcheck": ["RTCHECK", "127.0.0.1", listener.port]}
    with orthanc_at(tmp_path / "orthanc", DicomModalities=node) as orthanc:
        orthanc.fill(INCOMPLETE.glob("*.dcm"))
        studies = orthanc.ask("/studies")
        orthanc.ask("/modalities/rtcheck/store", json.dumps(studies).encode())
        uid = str(dcmread(INCOMPLETE / "plan.dcm").SOPInstanceUID)
        report = tmp_path / "reports" / uid / "report.json"
        assert wait_for(report.is_file)
        assert json.loads(report.read_text("utf-8"))["verdict"] == "not_evaluated"


def test_orthanc_routes_what_it_receives_by_the_readmes_lua_script(listening, tmp_path: Path) -> None:
    node = {"rtcheck": ["RTCHECK", "127.0.0.1", listening().port]}
    script = Path(__file__).with_name("auto_routing.lua")
    with orthanc_at(tmp_path / "orthanc", DicomModalities=node, LuaScripts=[str(script)]) as orthanc:
        orthanc.fill(STOMACH_FAILS.glob("*.dcm"))
        report = tmp_path / "reports" / str(PLAN.SOPInstanceUID) / "report.json"
        assert wait_for(report.is_file)
        assert json.loads(report.read_text("utf-8"))["verdict"] == "fail"
        assert len(list((tmp_path / "objects").rglob("*.dcm"))) == 3
