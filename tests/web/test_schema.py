"""The published schema of the workbench: every call is in it, and what is really answered is as it says."""

import json
from collections.abc import Mapping
from io import BytesIO

import pytest
from jsonschema import Draft202012Validator
from pydicom import dcmread
from support.command_line import run
from support.samples import PASSES
from support.workbench import Client, Running
from support.workbench_schema import call_of, faults_of, published

from rtcheck.web.app import routes

FILES = {path.name: path.read_bytes() for path in sorted(PASSES.glob("*.dcm")) if not path.name.startswith("ct_")}
OWN = b"name: mine\nconstraints: [{structure: Stomach, goal: Dmax < 60 Gy}]\n"
SHIFTS = {f"shift_{axis}_mm": 3 for axis in "xyz"}
SAMPLES = {f"systematic_{axis}_mm": 2.0 for axis in "xyz"} | {"samples": 10, "seed": 7}
QUESTION = {
    "protocol": "apatinib", "number": 7, "edits": None, "aliases": {"Duodenum": "duodenum"},
    "facts": {"ecog": "1"}, "require_eligibility": True, "reference_date": "2024-03-20",
    "waivers": [{"constraint": "Stomach Dmax < 54 Gy", "reason": "agreed", "who": "Dr A", "until": "2999-12-31"}],
    "override": {"dose_rx": {"": 56.0}, "fractions": 28}, "dose_scale": 1.0,
}  # fmt: skip


def test_the_schema_is_a_schema_and_lists_every_call():
    Draft202012Validator.check_schema(run("schema", "workbench").json())
    assert set(published()["calls"]) == {f"{method} {path}" for method, path, _ in routes() if path.startswith("/api")}


@pytest.fixture(scope="module")
def walked(served: Running) -> Client:
    """A page that has asked everything once: each of its replies is kept."""
    page = served.client.begin()
    page.get("api/state")
    page.post("api/sessions")
    page.post("api/here")
    first, second = page.open_served("apatinib_56gy"), page.open_served("apatinib_incomplete")
    page.get(f"api/cases/{first}")
    page.post("api/plans/files", {"path": "apatinib_56gy_stomach_fails"})
    uploaded(page)
    protocols(page, first)
    for case in (first, second):
        asked(page, case)
    page.post(f"api/cases/{first}/check", QUESTION | {"dose_scale": 0.9})
    page.post(f"api/cases/{first}/compare", {"protocol": "apatinib", "with": second})
    long_work(page, first)
    two_courses(page)
    for path, values in FAULTY.items():
        page.post(path.format(case=first), values)
    page.post(f"api/sessions/{served.client.begin().session}/leave")
    return page


def uploaded(page: Client) -> None:
    upload = page.post("api/uploads").json()["upload"]
    page.upload({**FILES, "cut.dcm": FILES["dose.dcm"][:3000]}, to=f"api/uploads/{upload}")
    page.post(f"api/uploads/{upload}/plans")
    page.post(f"api/uploads/{upload}/files")
    page.post("api/cases", {"upload": upload, "path": "", "plan": "plan.dcm"})


def two_courses(page: Client) -> None:
    """A plan and a second course of it: their doses added and compared."""
    cases = [opened(page, files) for files in (FILES, second_course())]
    page.post("api/sums/registrations", {"cases": cases})
    values = {"cases": cases, "eqd2_alpha_beta_gy": None, "structures_of": 0, "delivered": [None, 10]}
    added = page.post("api/sums", values).json()["case"]
    for wrong in ({"registrations": []}, {"registrations": [{"name": "../../x"}]}, {"delivered": [0, 1]}):
        page.post("api/sums", {"cases": cases, **wrong})
    page.post(f"api/cases/{added}/check", {"protocol": "apatinib"})
    page.post(f"api/cases/{added}/command", {"protocol": "apatinib"})
    page.post("api/sums", {"cases": [cases[0], cases[0]]})
    values = page.post("api/sums/values", {"cases": cases, "external": ["45/25"], "fractions_left": 2}).json()["case"]
    page.post(f"api/cases/{values}/check", {"protocol": "apatinib"})
    for wrong in ({"cases": []}, {"external": ["45"]}, {"external": 45}, {"fractions_left": 0}):
        page.post("api/sums/values", {"cases": cases, **wrong})
    job = page.post(f"api/cases/{cases[0]}/difference", {"protocol": "apatinib", "with": cases[1]}).json()["job"]
    page.get(f"api/jobs/{job}/events")


def opened(page: Client, files: Mapping[str, bytes]) -> str:
    upload = page.post("api/uploads").json()["upload"]
    page.upload(files, to=f"api/uploads/{upload}")
    return str(page.post("api/cases", {"upload": upload, "path": "", "plan": "plan.dcm"}).json()["case"])


def second_course() -> dict[str, bytes]:
    """The same plan and dose once more, as other files of the same patient, and 1 % higher."""
    plan, dose = (dcmread(BytesIO(FILES[f"{name}.dcm"])) for name in ("plan", "dose"))
    plan.SOPInstanceUID = dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = f"{plan.SOPInstanceUID}.7"
    dose.SOPInstanceUID += ".7"
    dose.DoseGridScaling = float(dose.DoseGridScaling) * 1.01
    made = dict(FILES)
    for name, dataset in (("plan.dcm", plan), ("dose.dcm", dose)):
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(stream := BytesIO())
        made[name] = stream.getvalue()
    return made


def protocols(page: Client, case: str) -> None:
    added = page.upload({"mine.yaml": OWN}, to="api/protocols").json()["id"]
    page.upload({"mine.yaml": b"name: x"}, to="api/protocols")
    page.post("api/protocols/draft", {"case": case})
    page.get(f"api/protocols?case={case}")
    for name in ("apatinib", "empty", added):
        page.get(f"api/protocols/{name}")
    page.post("api/protocols/save", {"protocol": "apatinib", "title": "Ours", "saved_as": "ours"})
    for form in ("clearplan", "pdf"):
        page.post("api/protocols/export", {"protocol": "apatinib", "form": form})
    for text in ("Dmax < 54", "Dmax < 54 Gy", "Liver - all GTV Dm"):
        page.post("api/goals/parse", {"text": text, "place": len(text), "names": ["Liver"]})


def asked(page: Client, case: str) -> None:
    page.post(f"api/cases/{case}/check", QUESTION)
    page.post(f"api/cases/{case}/check", {"protocol": "empty"})
    page.post(f"api/cases/{case}/dvh", {"protocol": "apatinib"})
    for plane in ("axial", "sagittal"):
        page.post(f"api/cases/{case}/slice", {"protocol": "apatinib", "plane": plane, "at_mm": 10.0})
    page.post(f"api/cases/{case}/point", {"protocol": "apatinib", "x_mm": 0, "y_mm": 0, "z_mm": 0})
    page.post(f"api/cases/{case}/command", QUESTION)
    page.post(f"api/cases/{case}/export", QUESTION | {"format": "csv", "anonymous": True})


def long_work(page: Client, case: str) -> None:
    faulty = SHIFTS | {"edits": [{"base": 0, "goal": "Dmax < 54"}]}
    for path, values in (
        (f"api/cases/{case}/robust", SAMPLES),
        ("api/batch", {}),
        (f"api/cases/{case}/robust", faulty),
    ):
        reply = page.post(path, {"protocol": "apatinib", **values})
        page.get(f"api/jobs/{reply.json()['job']}/events")
    page.post(f"api/jobs/{reply.json()['job']}/cancel")
    page.get("api/batch")


FAULTY = {
    "api/cases": {"path": "../.."},
    "api/cases/none/check": {},
    "api/cases/{case}/check": {"protocol": "apatinib", "edits": [{"base": 0, "goal": "Dmax < 54"}]},
    "api/cases/{case}/slice": {"protocol": "apatinib", "plane": "oblique", "at_mm": 0},
    "api/cases/{case}/dvh": {"protocol": "apatinib", "dose_scale": "much"},
    "api/cases/{case}/robust": {"protocol": "apatinib"},
    "api/cases/{case}/difference": {"protocol": "apatinib", "with": "{case}", "gamma": "much"},
    "api/sums": {"cases": ["one"]},
    "api/nothing": {},
}


def test_what_is_answered_is_what_the_schema_says(walked: Client):
    """One test, so that one process walks."""
    assert {call: faults for call in published()["calls"] if (faults := faults_of_answers(walked, call))} == {}


def faults_of_answers(walked: Client, call: str) -> list[str]:
    described = published()["calls"][call]
    replies = [reply for method, path, reply in walked.replies if call_of(method, path) == call]
    good = [reply for reply in replies if reply.status == 200]
    faults = [] if good else ["the walk does not ask for it"]
    for reply in good:
        if "$ref" in described["answer"]:
            faults += faults_of(reply.json(), described["answer"])
        for kind, data in events(reply.body) if "events" in described else ():
            faults += faults_of(data, described["events"][kind])
    return faults


def events(body: bytes):
    for event in body.decode().strip().split("\n\n"):
        kind, data = event.split("\n", 1)
        yield kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_what_is_refused_is_an_error_with_a_code_and_a_sentence(walked: Client):
    refused = [reply for _, _, reply in walked.replies if reply.status >= 400]
    assert len(refused) >= len(FAULTY)
    for reply in refused:
        assert faults_of(reply.json(), {"$ref": "#/$defs/error"}) == []


def test_a_question_is_what_the_schema_says_and_a_wrong_one_is_not():
    part = published()["calls"]["POST /api/cases/{case}/check"]["request"]
    assert faults_of(QUESTION, part) == []
    assert faults_of(QUESTION | {"edits": [{"base": "first"}]}, part)
    assert faults_of({"number": 1}, part)
