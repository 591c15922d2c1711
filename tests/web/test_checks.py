"""What the API answers: the check of the library, its what-ifs, and faults that name their place."""

import json
from pathlib import Path

import pytest
from support.command_line import run
from support.samples import SAMPLE_DICOM, SAMPLES, STOMACH_FAILS, protocol_of
from support.workbench import Client, until, workbench

from rtcheck.protocol.file.load import load_protocol

APATINIB = load_protocol("apatinib")
STOMACH = next(n for n, one in enumerate(APATINIB.constraints) if one.structures == ("Stomach",))
AS_IT_IS = [{"base": n} for n in range(len(APATINIB.constraints))]


def edits(**changes):
    """The edits of the stomach's limit alone."""
    return [each | changes if each["base"] == STOMACH else each for each in AS_IT_IS]


def stomach(answer):
    row = next(n for n, each in enumerate(answer["telling"]["rows"]) if each["structure"] == "Stomach")
    return answer["telling"]["rows"][row], answer["numbers"][row]


@pytest.fixture
def case(common: Client) -> str:
    return common.open_served("apatinib_56gy")


def test_the_served_plans_are_listed_from_their_headers(page: Client):
    plans = page.get("api/plans").json()["plans"]
    assert sorted(Path(plan["name"]).parent.name for plan in plans) == sorted(sample.name for sample in SAMPLES)
    stomach_fails = next(plan for plan in plans if plan["name"].startswith("apatinib_56gy"))
    assert stomach_fails["patient_id"] == "SAMPLE-2"
    assert (stomach_fails["doses"], stomach_fails["structures"], stomach_fails["images"]) == (1, True, 9)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_check_says_what_the_command_line_says(common: Client, sample):
    name = protocol_of(sample)
    answer = common.check(common.open_served(sample.name), protocol=name)
    report = run(sample, "--protocol", name, "-f", "json").json()
    assert answer["verdict"] == report["verdict"]
    for row, numbers, constraint in zip(
        answer["telling"]["rows"], answer["numbers"], report["constraints"], strict=True
    ):
        assert (row["structure"], numbers["outcome"]) == (constraint["structure"], constraint["outcome"])
        assert numbers["value"] == pytest.approx(constraint["value"])
    assert (
        answer["what_if"] == {"is": False, "reasons": [], "protocol": f"{name} 2022.1"} or not answer["what_if"]["is"]
    )


def test_an_edited_limit_changes_its_row_and_is_never_the_protocols_verdict(common: Client, case):
    answer = common.check(case, edits=edits(goal="Dmax < 60 Gy"))
    row, numbers = stomach(answer)
    assert (row["goal"], row["word"]["text"]) == ("Dmax < 60 Gy", "Met")
    assert answer["what_if"]["is"]
    assert answer["telling"]["verdict"]["text"].startswith("PASS")
    assert answer["plain"]["verdict"]["text"] == "FAIL", "the protocol's own verdict stays"
    assert "edited" in answer["telling"]["title"]
    assert row["citation"].startswith("Edited")
    assert numbers["share"] == pytest.approx(57.35 / 60, abs=1e-3)


def test_edits_that_change_nothing_are_no_what_if(common: Client, case):
    answer = common.check(case, edits=AS_IT_IS)
    assert not answer["what_if"]["is"]
    assert answer["telling"]["title"] == "FAIL: Liver 56 Gy, apatinib 2022.1"


def test_a_limit_that_is_removed_or_added_is_what_if_too(common: Client, case):
    without = common.check(case, edits=[each for each in AS_IT_IS if each["base"] != STOMACH])
    assert (without["verdict"], without["what_if"]["reasons"]) == ("pass", ["1 limit removed"])
    more = common.check(case, edits=[*AS_IT_IS, {"structure": "Liver - all GTV", "goal": "V30Gy < 50 %"}])
    assert more["telling"]["rows"][-1]["structure"] == "Liver - all GTV"
    assert more["what_if"]["reasons"] == ["1 limit changed or added"]


def test_a_scaled_dose_is_what_if_and_scales_every_dose(common: Client, case):
    answer = common.check(case, dose_scale=0.9)
    row, numbers = stomach(answer)
    planned = stomach(common.check(case))[1]
    assert numbers["value"] == pytest.approx(0.9 * planned["value"], rel=1e-5)
    assert numbers["flips_at"] == pytest.approx(planned["flips_at"], rel=1e-6), "the mark stays where it is"
    assert row["word"]["text"] == "Met"
    assert answer["what_if"]["reasons"] == ["dose scaled to 90.0 %"]
    assert answer["plain"]["verdict"]["text"] == "FAIL"


def test_a_goal_that_cannot_be_read_names_its_row_and_the_place(common: Client, case):
    reply = common.post(f"api/cases/{case}/check", {"protocol": "apatinib", "edits": edits(goal="Dmax < 54")})
    assert (reply.status, reply.error["code"], reply.error["row"]) == (422, "web.bad-edit", STOMACH)
    assert reply.error["start"] == len("Dmax < 54")


def test_the_parser_gives_its_caret_and_what_could_follow(page: Client):
    told = page.post("api/goals/parse", {"text": "D0.03 <= 45 Gy"}).json()
    assert told["goal"] is None
    assert (told["error"]["start"], told["error"]["end"]) == (5, 6)
    units = page.post("api/goals/parse", {"text": "D0.03"}).json()["completions"]
    assert [each["text"] for each in units] == ["D0.03cc", "D0.03%"]
    assert page.post("api/goals/parse", {"text": "Dmax<54Gy"}).json()["goal"]["text"] == "Dmax < 54 Gy"


def test_a_new_constraint_is_split_into_structure_and_goal(page: Client):
    names = ["Stomach", "Liver", "Spinal Cord"]
    told = page.post("api/goals/parse", {"text": "Liver - all GTV Dmean < 24 Gy", "names": names}).json()
    assert (told["structure"], told["goal"]["text"]) == ("Liver - all GTV", "Dmean < 24 Gy")
    offered = page.post("api/goals/parse", {"text": "cord", "names": names}).json()["completions"]
    assert [each["text"] for each in offered] == ["Spinal Cord "]


def test_an_alias_decides_an_ambiguous_name_and_one_that_is_missing(common: Client):
    case = common.open_served("apatinib_incomplete")
    before = common.check(case)
    missing = [each for each in before["structures"]["matches"] if each["state"] in ("missing", "ambiguous")]
    assert missing
    asked, roi = missing[0]["asked"], before["structures"]["rois"][0]["name"]
    after = common.check(case, aliases={asked: roi})
    match = next(each for each in after["structures"]["matches"] if each["asked"] == asked)
    assert (match["rois"], match["chosen"]) == ([roi], roi)


def test_a_doubt_is_part_of_the_verdict_of_the_workbench(common: Client):
    """The cord itself as its planning risk volume: the limit is met, in doubt."""
    case = common.open_served("apatinib_50gy_passes")
    limit = {"structure": "SpinalCord_PRV05", "goal": "Dmax < 60 Gy"}
    answer = common.check(case, edits=[limit], aliases={"SpinalCord_PRV05": "SpinalCord"})
    assert answer["verdict"] == "pass"
    assert answer["telling"]["verdict"]["text"] == "PASS, IN DOUBT"
    assert [each["code"] for each in answer["telling"]["doubts"]] == ["alias.crosses"]


def test_two_names_cannot_be_the_same_structure(common: Client, case):
    reply = common.post(
        f"api/cases/{case}/check", {"protocol": "apatinib", "aliases": {"Duodenum": "cord", "Heart": "cord"}}
    )
    assert (reply.status, reply.error["code"]) == (422, "web.faulty-file")
    assert reply.error["faults"] == ["aliases.yaml:2: 'cord' is already an alias of Duodenum"]


def test_protocols_that_fit_the_plan_come_first(page: Client):
    case = page.open_served("apatinib_56gy")
    listed = page.get(f"api/protocols?case={case}").json()["protocols"]
    assert (listed[0]["name"], listed[0]["fits"]) == ("apatinib", True)
    assert not next(each for each in listed if each["name"] == "fast_forward_26gy_5fx")["fits"]


def test_a_protocol_of_ones_own_is_read_and_used(page: Client):
    case = page.open_served("apatinib_56gy")
    content = b"name: mine\nconstraints: [{structure: Stomach, goal: Dmax < 60 Gy}]\n"
    added = page.upload({"mine.yaml": content}, to="api/protocols")
    assert added.status == 200
    assert page.check(case, protocol=added.json()["id"])["verdict"] == "pass"
    assert page.get(f"api/protocols?case={case}").json()["protocols"][0]["is_own"]


def test_a_faulty_protocol_tells_all_its_faults_without_the_servers_folder(page: Client):
    reply = page.upload(
        {"mine.yaml": b"name: mine\nconstraints: [{structure: A, goal: D5 < 3}, {goal: x}]\n"}, to="api/protocols"
    )
    assert (reply.status, reply.error["code"]) == (422, "web.faulty-protocol")
    assert reply.error["text"].count("mine.yaml:2") == 3
    assert "rtcheck-serve" not in reply.error["text"]


def test_no_file_of_the_machine_can_be_named_as_a_protocol(common: Client, case, tmp_path):
    (tmp_path / "p.yaml").write_text("name: x\nconstraints: [{structure: A, goal: Dmax < 3 Gy}]\n")
    here = ("LICENSE", "pyproject.toml", "-", "~", "p.json", "p.csv")  # in the folder where the server was started
    for name in (str(tmp_path / "p.yaml"), "../p.yaml", "p.yml", "C:\\p.yaml", *here):
        assert common.post(f"api/cases/{case}/check", {"protocol": name}).status == 404


@pytest.mark.parametrize(
    "named", ["extends: {}", "constraints: [{{structure: A, goal: Dmax < 3 Gy}}]\nplan_checks: {{machine_file: {}}}"]
)
@pytest.mark.parametrize("where", ["absolute", "above", "here"])
def test_a_protocol_from_elsewhere_opens_no_other_file_of_the_machine(page: Client, tmp_path, named, where):
    (tmp_path / "secret.yaml").write_text("name: TOPSECRET\n")
    text = {
        "absolute": tmp_path / "secret.yaml",
        "above": "../" * 12 + str(tmp_path / "secret.yaml"),
        "here": "LICENSE",
    }[where]
    reply = page.upload({"mine.yaml": f"name: mine\n{named.format(text)}\n".encode()}, to="api/protocols")
    assert (reply.status, reply.error["code"]) == (422, "web.faulty-protocol")
    assert "TOPSECRET" not in reply.error["text"]
    assert "GNU" not in reply.error["text"]


@pytest.mark.parametrize("path", ["../..", "/etc", "apatinib_50gy_passes/../../..", "no such folder"])
def test_no_folder_outside_the_served_one_is_opened(page: Client, path):
    reply = page.post("api/cases", {"path": path})
    assert reply.status in (403, 409)
    assert "root:" not in json.dumps(reply.json())


def test_a_case_is_there_again_after_a_reload(common: Client, case):
    again = common.get(f"api/cases/{case}")
    assert (again.status, again.json()["plan"]) == (200, "Liver 56 Gy")


def test_a_plan_that_is_read_by_the_command_line_is_read_alike(common: Client, case):
    del case
    plan = STOMACH_FAILS / "plan.dcm"
    listed = next(
        each for each in common.get("api/plans").json()["plans"] if each["name"].endswith("56gy_stomach_fails/plan.dcm")
    )
    assert listed["open"] == {"path": STOMACH_FAILS.name, "plan": f"{STOMACH_FAILS.name}/{plan.name}"}


def test_convention_bands_come_a_little_later_and_are_those_of_the_command_line(page: Client, tmp_path):
    case = page.open_served("apatinib_56gy")
    value = stomach(page.check(case, edits=edits(goal="Dmean < 54 Gy")))[1]["value"]
    question = {"edits": edits(goal=f"Dmean < {value + 0.001:.4f} Gy")}
    page.check(case, **question)
    assert until(lambda: not page.check(case, **question)["is_waiting"], every=0.7)
    row, numbers = stomach(page.check(case, **question))
    path = tmp_path / "edited.yaml"
    path.write_bytes(page.post("api/protocols/save", {"protocol": "apatinib", **question}).body)
    record = run(STOMACH_FAILS, "--protocol", path, "-f", "json").json()
    recorded = next(each for each in record["constraints"] if each["structure"] == "Stomach")
    assert recorded["borderline"]
    assert row["word"]["text"] == "Met, borderline"
    assert numbers["low"] * recorded["limit"] == pytest.approx(recorded["low"])
    assert numbers["high"] * recorded["limit"] == pytest.approx(recorded["high"])


def test_a_duplicated_limit_has_a_row_of_its_own(common: Client):
    answer = common.check(common.open_served("apatinib_56gy"), edits=[{"base": 2}, {"base": 0}, {"base": 2}])
    assert [each["constraint"] for each in answer["numbers"]] == [0, 1, 2]
    assert answer["telling"]["rows"][0]["value"] == answer["telling"]["rows"][2]["value"] == "57.35 Gy"
    assert answer["what_if"]["reasons"] == ["3 limits removed", "1 limit duplicated"]


def test_a_protocol_file_of_the_command_is_chosen_and_its_plan_checks_are_shown(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\nplan_checks: {dose_grid: <= 2.5 mm}\n", encoding="utf-8")
    with workbench(tmp_path, SAMPLE_DICOM, "-p", tmp_path / "mine.yaml") as running:
        page = running.client.begin()
        chosen = page.get("api/state").json()["protocol"]
        answer = page.check(page.open_served("apatinib_50gy"), protocol=chosen)
    assert chosen == "mine.yaml"
    assert answer["verdict"] == "fail"
    (check,) = answer["telling"]["plan_checks"]
    assert (check["item"], check["found"], check["expected"]) == ("Dose grid spacing", "3 mm", "at most 2.5 mm")


def test_of_too_many_opened_plans_the_one_that_was_not_used_for_longest_goes(page: Client):
    of_a_plan = page.get("api/plans").json()["plans"][0]["open"]
    used, forgotten = (page.post("api/cases", of_a_plan).json()["case"] for _ in range(2))
    assert page.get(f"api/cases/{used}").status == 200
    for _ in range(7):
        page.post("api/cases", of_a_plan)
    assert page.get(f"api/cases/{used}").status == 200
    assert page.get(f"api/cases/{forgotten}").status == 404


@pytest.mark.parametrize(
    ("text", "reason", "underlined"),
    [
        ("Lung_L + Lung_R V20Gy < 30 %", "expected a margin such as 5 mm (for a union write |)", (9, 10)),
        ("Stomach Dmax < 54 Gy and Dmean < 20 Gy", "expected one goal: add each in a row of its own", (0, 24)),
    ],
)
def test_what_names_no_structure_is_said_before_it_is_added(page: Client, text, reason, underlined):
    told = page.post("api/goals/parse", {"text": text, "names": ["Stomach"]}).json()
    assert told["goal"] is None
    assert (told["error"]["reason"], told["error"]["start"], told["error"]["end"]) == (reason, *underlined)


def test_a_colon_between_structure_and_goal_is_of_neither(page: Client):
    told = page.post("api/goals/parse", {"text": "Stomach: Dmax < 54 Gy", "names": ["Liver", "Stomach"]}).json()
    assert (told["structure"], told["goal"]["text"], told["error"]) == ("Stomach", "Dmax < 54 Gy", None)
