"""Exports: a report and the command line that repeats it say the same, and the record verifies."""

import io
import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest
from support.command_line import run
from support.samples import INCOMPLETE, PASSES, SAMPLE_DICOM
from support.workbench import Client, workbench

from rtcheck.protocol.file.load import load_protocol
from rtcheck.report import FORMATS

APATINIB = load_protocol("apatinib")
AS_IT_IS = [{"base": n} for n in range(len(APATINIB.constraints))]
STOMACH = next(n for n, one in enumerate(APATINIB.constraints) if one.structures == ("Stomach",))
EDITED = [each | {"goal": "Dmax < 58 Gy"} if each["base"] == STOMACH else each for each in AS_IT_IS]


def export(page: Client, case: str, form: str, **question):
    return page.post(f"api/cases/{case}/export", {"protocol": "apatinib", "format": form, **question})


def repeated(page: Client, case: str, folder: Path, monkeypatch, **question):
    """The JSON report of the command line that the page gives, run in a folder with the files that it names."""
    told = page.post(f"api/cases/{case}/command", {"protocol": "apatinib", **question}).json()
    for each in told["files"]:
        (folder / each["name"]).write_text(each["text"], encoding="utf-8")
    monkeypatch.chdir(folder)
    program, *words = shlex.split(told["command"])
    assert program == "rtcheck"
    return run(*words, "-f", "json").json(), told


@pytest.mark.parametrize("form", [*FORMATS, "zip"])
def test_every_format_is_exported_as_a_file(common: Client, form):
    case = common.open_served("apatinib_56gy")
    reply = export(common, case, form)
    assert reply.status == 200, reply.body
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''rtcheck_report.")
    starts = {"pdf": b"%PDF", "zip": b"PK", "xlsx": b"PK", "html": b"<!doctype html>", "json": b"{", "junit": b"<?xml"}
    assert reply.body.startswith(starts.get(form, b""))
    assert len(reply.body) > 500


def test_reports_have_the_letterhead_and_the_unit_that_the_command_gave(tmp_path, monkeypatch):
    head = tmp_path / "head.yaml"
    head.write_text("name: Clinic <West>\n")
    with workbench(tmp_path, SAMPLE_DICOM, "--letterhead", head, "--unit", "cGy", "--drawn-only") as running:
        page = running.client.begin()
        state = page.get("api/state").json()
        assert (state["unit"], state["drawn_only"], state["has_letterhead"]) == ("cGy", True, True)
        case = page.open_served("apatinib_50gy")
        brainstem = {"structure": "Brainstem", "goal": "Dmax < 54 Gy"}
        asked = {"drawn_only": True, "unit": "cGy", "edits": [*AS_IT_IS, brainstem]}
        shown = page.check(case, **asked)
        report, told = repeated(page, case, tmp_path, monkeypatch, **asked)
        assert told["command"].endswith(f"--drawn-only --unit cGy --letterhead {head}")
        text = export(page, case, "html", **asked).body.decode()
    assert "Clinic &lt;West&gt;" in text
    assert re.search(r"\d cGy", text)
    assert not re.search(r"Dmax < [\d.]+ Gy", text)
    outcomes = [each["outcome"] for each in report["constraints"]]
    assert outcomes == ["met"] * 7 + ["not_applicable"]
    assert [each["outcome"] for each in shown["numbers"]] == outcomes
    assert "cGy" in json.dumps(shown["telling"]["rows"])
    assert report["constraints"][0]["unit"] == "Gy", "JSON is always in Gy"


def test_a_format_that_is_none_is_refused(common: Client):
    assert export(common, common.open_served("apatinib_56gy"), "exe").status == 400


QUESTIONS = {
    "as it is": {},
    "an edited limit": {"edits": EDITED},
    "a limit removed, another added": {
        "edits": [*AS_IT_IS[:STOMACH], *AS_IT_IS[STOMACH + 1 :], {"structure": "Heart", "goal": "Dmean < 20 Gy"}]
    },
    "what is contoured alone, in cGy and own colours": {"drawn_only": True, "unit": "cGy", "own_colours": True},
    "an alias": {"aliases": {"Duodenum": "stomach"}},
    "facts": {"facts": {"ecog": "1", "child_pugh": "A6"}, "require_eligibility": True, "reference_date": "2024-03-20"},
    "a waiver": {
        "waivers": [
            {"constraint": "Stomach Dmax < 54 Gy", "reason": "palliative", "who": "Dr A", "until": "2999-12-31"}
        ]
    },
    "another prescription": {"override": {"dose_rx": {"": 54.5}, "fractions": 27}},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_command_line_repeats_what_the_page_shows(common: Client, tmp_path, monkeypatch, name):
    case = common.open_served("apatinib_56gy")
    shown = common.check(case, **QUESTIONS[name])
    report, _ = repeated(common, case, tmp_path, monkeypatch, **QUESTIONS[name])
    assert report["verdict"] == shown["verdict"]
    told = {
        (row["structure"], n["outcome"], n["value"])
        for row, n in zip(shown["telling"]["rows"], shown["numbers"], strict=True)
    }
    assert {(each["structure"], each["outcome"], each["value"]) for each in report["constraints"]} == told


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_exported_record_verifies(common: Client, tmp_path, monkeypatch, name):
    case = common.open_served("apatinib_56gy")
    _, told = repeated(common, case, tmp_path, monkeypatch, **QUESTIONS[name])
    del told
    record = tmp_path / "record.json"
    record.write_bytes(export(common, case, "json", **QUESTIONS[name]).body)
    done = run("verify", record, "-f", "json")
    assert done.json()["numbers_agree"], done.out
    assert done.json()["differences"] == []
    assert done.status == 0


def test_the_record_of_an_uploaded_plan_verifies_where_its_user_has_the_files(page: Client, tmp_path, monkeypatch):
    files = {f"export/{path.name}": path.read_bytes() for path in PASSES.glob("*.dcm") if "ct" not in path.name}
    upload = page.post("api/uploads").json()["upload"]
    page.upload(files, to=f"api/uploads/{upload}")
    plan = page.post(f"api/uploads/{upload}/plans").json()["plans"][0]
    case = page.post("api/cases", {"upload": upload, **plan["open"]}).json()["case"]
    edits = [*AS_IT_IS, {"structure": "Stomach", "goal": "Dmean < 30 Gy"}]
    archive = zipfile.ZipFile(io.BytesIO(export(page, case, "zip", edits=edits).body))
    assert sorted(archive.namelist()) == [
        "apatinib_edited.yaml", "command.txt", "rtcheck_report.csv", "rtcheck_report.html", "rtcheck_report.json",
    ]  # fmt: skip
    archive.extractall(tmp_path)
    (tmp_path / "export").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    record = json.loads((tmp_path / "rtcheck_report.json").read_text())
    assert {each["path"] for each in record["provenance"]["files"]} == set(files)
    hidden = [key for key, value in record.items() if "rtcheck-serve" in json.dumps(value)]
    assert hidden == []
    assert "rtcheck-serve" not in (tmp_path / "rtcheck_report.html").read_text()
    monkeypatch.chdir(tmp_path)
    assert run("verify", "rtcheck_report.json").status == 0
    assert run("verify", "rtcheck_report.json", "--files", tmp_path).status == 0
    command = shlex.split((tmp_path / "command.txt").read_text())
    assert command[:2] == ["rtcheck", "export"]
    assert run(*command[1:], "-f", "json").json()["verdict"] == record["verdict"]


def test_an_anonymous_archive_names_no_folder_and_holds_no_facts(common: Client):
    asked = {"facts": {"ecog": "1"}}
    case = common.open_served("apatinib_56gy")
    for is_anonymous in (False, True):
        reply = export(common, case, "zip", anonymous=is_anonymous, **asked)
        archive = zipfile.ZipFile(io.BytesIO(reply.body))
        text = "".join(archive.read(name).decode() for name in archive.namelist())
        assert [word in text for word in (str(SAMPLE_DICOM), "ecog: ", "SAMPLE-2")] == [not is_anonymous] * 3
    assert all(name.startswith("rtcheck_report.") for name in archive.namelist())


def test_a_record_that_was_made_from_edits_is_never_by_the_protocol_itself(common: Client):
    record = export(common, common.open_served("apatinib_56gy"), "json", edits=EDITED).json()
    assert record["protocol"]["name"] == "apatinib_edited"
    assert record["verdict"] == "pass"
    page_of_it = export(common, common.open_served("apatinib_56gy"), "html", edits=EDITED).body.decode()
    assert "Edited from apatinib 2022.1" in page_of_it


def test_a_scaled_dose_is_not_exported(common: Client):
    reply = export(common, common.open_served("apatinib_56gy"), "json", dose_scale=0.9)
    assert (reply.status, reply.error["code"]) == (409, "web.scaled")


def test_an_edited_protocol_is_saved_as_a_file_that_extends_the_original(page: Client, tmp_path):
    reply = page.post("api/protocols/save", {"protocol": "apatinib", "edits": EDITED, "saved_as": "ours"})
    assert reply.headers["content-disposition"].endswith("ours.yaml")
    path = tmp_path / "ours.yaml"
    path.write_bytes(reply.body)
    assert "extends: apatinib" in path.read_text()
    goals = [one.goal.text for one in load_protocol(path).constraints]
    assert goals == [one.goal.text if n != STOMACH else "Dmax < 58 Gy" for n, one in enumerate(APATINIB.constraints)]


def test_an_edited_protocol_is_exported_for_another_program_with_what_is_lost(page: Client):
    reply = page.post("api/protocols/export", {"protocol": "apatinib", "edits": EDITED, "form": "proknow"}).json()
    assert reply["name"].endswith("_proknow.json")
    stomach = next(one for one in json.loads(reply["text"])["computed"] if one["roi_name"] == "Stomach")
    assert [each.get("min") for each in stomach["objectives"]] == [None, 58]  # Dmax < 58 Gy, as edited
    assert "eligibility items: 29" in reply["losses"]


def test_an_edited_protocol_of_ones_own_extends_the_file_beside_it(page: Client, tmp_path):
    limits = "[{structure: Stomach, goal: Dmax < 54 Gy}, {structure: Liver, goal: Dmean < 30 Gy}]"
    own = f"name: mine\nconstraints: {limits}\n".encode()
    added = page.upload({"mine.yaml": own}, to="api/protocols").json()["id"]
    question = {"protocol": added, "edits": [{"base": 0, "goal": "Dmax < 60 Gy"}, {"base": 1}]}
    reply = page.post("api/protocols/save", question)
    assert b"extends: ./mine.yaml" in reply.body
    told = page.post(f"api/cases/{page.open_served('apatinib_56gy')}/command", question).json()
    assert {each["name"] for each in told["files"]} == {"mine_edited.yaml", "mine.yaml"}


@pytest.mark.parametrize(
    ("name", "file"), [("../../../x", "m.yaml"), ("Liver 50/25", "m.yaml"), ("m", "m_edited.yaml"), ("m", "facts.yaml")]
)
def test_a_protocol_of_any_name_is_exported_with_its_files_side_by_side(
    page: Client, tmp_path, monkeypatch, name, file
):
    limits = "[{structure: Stomach, goal: Dmax < 54 Gy}, {structure: Liver, goal: Dmean < 30 Gy}]"
    own = f"name: {name}\nconstraints: {limits}\n"
    added = page.upload({file: own.encode()}, to="api/protocols").json()["id"]
    question = {"protocol": added, "edits": [{"base": 0, "goal": "Dmax < 60 Gy"}, {"base": 1}], "facts": {"ecog": "1"}}
    case = page.open_served("apatinib_56gy")
    report, told = repeated(page, case, tmp_path, monkeypatch, **question)
    assert {each["name"] for each in told["files"]} == {path.name for path in tmp_path.iterdir()}
    assert [each["limit"] for each in report["constraints"]] == [60, 30]
    assert report["verdict"] == page.check(case, **question)["verdict"]


def test_a_draft_from_the_structures_is_advisory_and_passes_nothing(common: Client):
    case = common.open_served("apatinib_56gy")
    draft = common.post("api/protocols/draft", {"case": case}).json()["id"]
    answer = common.check(case, protocol=draft)
    structures = {row["structure"] for row in answer["telling"]["rows"]}
    assert {"Stomach", "Liver", "SpinalCord", "Heart"} & structures
    assert answer["verdict"] == "not_evaluated"
    assert all(not row["is_required"] for row in answer["numbers"])


def test_an_empty_protocol_is_filled_by_hand(common: Client):
    case = common.open_served("apatinib_56gy")
    assert common.check(case, protocol="empty")["verdict"] == "not_evaluated"
    answer = common.check(case, protocol="empty", edits=[{"structure": "Stomach", "goal": "Dmax < 60 Gy"}])
    assert (answer["verdict"], answer["what_if"]["is"]) == ("pass", True)
    assert answer["plain"]["verdict"]["text"] == "NOT EVALUATED"


def test_the_alias_file_of_the_page_is_what_the_command_line_reads(common: Client, tmp_path, monkeypatch):
    case = common.open_served(INCOMPLETE.name)
    missing = next(
        m
        for m in common.check(case)["structures"]["matches"]
        if m["state"] in ("missing", "ambiguous") and m["can_choose"]
    )
    question = {"aliases": {missing["asked"]: "Lung_L"}}
    _, told = repeated(common, case, tmp_path, monkeypatch, **question)
    assert "--aliases aliases.yaml" in told["command"]
    listed = run(
        "structures", SAMPLE_DICOM / INCOMPLETE.name, "-p", "apatinib", "--aliases", "aliases.yaml", "-f", "json"
    ).json()
    found = next(m for m in listed["matches"] if m["asked"] == missing["asked"])
    assert found["rois"] == ["Lung_L"]


def test_robustness_is_followed_by_events_and_says_what_the_command_line_says(common: Client):
    case = common.open_served("apatinib_56gy")
    shifts = {f"shift_{axis}_mm": 3 for axis in "xyz"}
    job = common.post(f"api/cases/{case}/robust", {"protocol": "apatinib", **shifts}).json()["job"]
    events = common.get(f"api/jobs/{job}/events").body.decode().split("\n\n")
    assert events[0].startswith("event: progress")
    end = json.loads(next(event for event in events if event.startswith("event: end")).split("data: ")[1])
    report = run(SAMPLE_DICOM / "apatinib_56gy_stomach_fails", "-p", "apatinib", "--robust", "3mm", "-f", "json").json()
    assert len(end["under_shifts"]) == len(report["robustness"]["constraints"])
    for told, recorded in zip(end["under_shifts"], report["robustness"]["constraints"], strict=True):
        assert f"{recorded['passing']} of {recorded['evaluated']}" in told["said"]


@pytest.mark.parametrize("shifts", [{}, {"shift_x_mm": -3}, {"shift_x_mm": 900}, {"shift_x_mm": "x"}])
def test_a_shift_that_is_none_is_refused(common: Client, shifts):
    case = common.open_served("apatinib_56gy")
    question = {"protocol": "apatinib", "shift_x_mm": 0, "shift_y_mm": 0, "shift_z_mm": 0, **shifts}
    assert common.post(f"api/cases/{case}/robust", question).status == 400


def test_two_plans_are_compared_with_their_differences(common: Client):
    first, second = common.open_served("apatinib_50gy"), common.open_served("apatinib_56gy")
    told = common.post(f"api/cases/{first}/compare", {"protocol": "apatinib", "with": second}).json()
    assert [plan["verdict"]["text"] for plan in told["plans"]] == ["PASS", "FAIL"]
    stomach = next(row for row in told["rows"] if row["structure"] == "Stomach")
    one, other = (common.check(case)["numbers"][3]["value"] for case in (first, second))
    assert stomach["differs"]
    assert float(stomach["difference"].split()[0]) == pytest.approx(other - one, abs=0.006)
    assert [each["code"] for each in told["warnings"]] == [
        "comparison.several-patients",
        "comparison.fractions-differ",  # 25 and 28
    ]


def test_the_facts_of_one_patient_are_not_those_of_the_plan_beside(page: Client):
    first, second = page.open_served("apatinib_56gy"), page.open_served("apatinib_50gy")
    asked = {"protocol": "apatinib", "facts": {"ecog": "9"}, "require_eligibility": True}  # expected 0-1
    of_other = page.post(f"api/cases/{first}/compare", {**asked, "with": second}).json()
    of_same = page.post(f"api/cases/{first}/compare", {**asked, "with": page.open_served("apatinib_56gy")}).json()
    assert of_other["plans"][0]["verdict"]["text"] == "FAIL"
    assert of_other["plans"][1]["verdict"]["text"] == "NOT EVALUATED"
    assert of_same["plans"][1]["verdict"]["text"] == "FAIL"


def test_the_served_folder_is_checked_and_only_what_changed_again(page: Client):
    def batch():
        job = page.post("api/batch", {"protocol": "apatinib"}).json()["job"]
        events = page.get(f"api/jobs/{job}/events").body.decode()
        return json.loads(events.rsplit("data: ", 1)[1])["tally"]

    assert page.get("api/batch").json()["rows"] == []
    first, again = batch(), batch()
    assert (first["plans"], first["unchanged"], again["unchanged"]) == (5, 0, 5)
    rows = {row["key"]: row for row in page.get("api/batch").json()["rows"]}
    plans = page.get("api/plans").json()["plans"]
    assert set(rows) == {plan["name"] for plan in plans}, "every row can be opened"
    assert rows["apatinib_56gy_stomach_fails/plan.dcm"]["kind"] == "over"


def test_a_folder_checked_by_edits_is_checked_again_when_the_edits_change(page: Client):
    def unchanged(limit):
        edits = [each | {"goal": f"Dmax < {limit} Gy"} for each in AS_IT_IS if each["base"] == STOMACH]
        job = page.post("api/batch", {"protocol": "apatinib", "edits": edits}).json()["job"]
        return json.loads(page.get(f"api/jobs/{job}/events").body.decode().rsplit("data: ", 1)[1])["tally"]["unchanged"]

    assert [unchanged(58), unchanged(57), unchanged(57)] == [0, 0, 5]
