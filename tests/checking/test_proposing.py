"""Drafts and suggestions: from a plan and nothing else to a verdict, which no plan passes by what it is itself."""

import json

import pytest
from support.command_line import run
from support.known_plans import box, write_plan
from support.real_data import REAL_DICOM, needs_real_dicom

import rtcheck
from rtcheck.checking.proposing.drafting import draft_of
from rtcheck.checking.proposing.fitting import suggestions

CORD = box("Spinal Cord", 2)


def drafted(tmp_path, boxes, *words, **plan):
    """The plan, and the draft for it, both on disk."""
    folder = write_plan(tmp_path / "plan", boxes, **plan)
    file = tmp_path / "draft.yaml"
    ran = run("protocols", "new", folder, "-o", file, *words)
    assert ran.status == 0, ran.err
    return folder, file


def test_two_commands_lead_from_a_plan_to_a_verdict(tmp_path):
    plan, file = drafted(tmp_path, [box("PTV", type="PTV"), CORD], dose_gy=50.0)
    ran = run(plan, "--protocol", file, "--format", "json")
    assert (ran.status, ran.json()["verdict"]) == (0, "pass")
    assert [(each["structure"], each["goal"], each["required"]) for each in ran.json()["constraints"]] == [
        ("PTV", "D95% >= 95 %", True),
        ("SpinalCord", "Dmax < 51 Gy", False),
    ]


def test_a_target_below_its_dose_fails_the_draft(tmp_path):
    plan, file = drafted(tmp_path, [box("PTV", type="PTV")], dose_gy=40.0)
    assert run(plan, "--protocol", file).status == 1


def test_the_dose_in_a_targets_name_is_its_level(tmp_path):
    plan, file = drafted(tmp_path, [box("PTV_60", 2, type="PTV"), box("PTV_50", 3, type="PTV")], dose_gy=50.0)
    found = run(plan, "--protocol", file, "--format", "json").json()["constraints"]
    assert [(each["goal"], each["outcome"]) for each in found] == [
        ("D95% >= 57 Gy", "violated"),
        ("D95% >= 47.5 Gy", "met"),
    ]


def test_a_plan_of_organs_alone_passes_no_draft(tmp_path):
    plan, file = drafted(tmp_path, [box("SpinalCord")])
    assert run(plan, "--protocol", file, "--format", "json").json()["verdict"] == "not_evaluated"


def test_the_only_dose_of_a_plan_is_not_required_of_a_target_that_is_hardly_irradiated(tmp_path):
    boxes = [box("PTV", type="PTV"), box("PTV2", 2, at_mm=(60.0, 0.0, 0.0), type="PTV")]
    folder = write_plan(tmp_path / "plan", boxes, dose_gy=lambda x, y, z: 50.0 * (abs(x) < 40) + 0 * y * z)
    draft = draft_of(rtcheck.read_case(folder))
    assert [each.priority for each in draft.protocol.constraints] == ["required", "advisory"]


def test_the_draft_quotes_goals_for_its_fractions_with_their_sources(tmp_path):
    _, file = drafted(tmp_path, [box("PTV", type="PTV"), CORD])
    comments = [line for line in file.read_text("utf-8").splitlines() if line.startswith("  # - ")]
    assert any("SpinalCord" in line and "Dmax < 45 Gy" in line and "https://" in line for line in comments)
    assert not any(name in line for line in comments for name in ("tg101", "hytec"))  # the plan has 25 fractions


def test_every_quoted_goal_can_be_uncommented(tmp_path):
    _, file = drafted(tmp_path, [box("PTV", type="PTV"), CORD, box("Kidney_L", 3), box("Liver", 4)])
    text = file.read_text("utf-8")
    quoted = text.count("  # - ")
    loaded = rtcheck.parse_protocol(text.replace("  # - ", "  - "))
    assert quoted
    assert len(loaded.constraints) == quoted + 4


@pytest.mark.parametrize(
    "name", ['it\'s "both"', " ", "# hash: x", "- dash", "[x]", "*star", "null", "A\x1b[31mB", "'"]
)
def test_any_name_of_a_roi_gives_a_draft_that_loads(tmp_path, name):
    case = rtcheck.read_case(write_plan(tmp_path / "plan", [box("PTV", type="PTV"), box(name, 2)]))
    text = draft_of(case).text
    assert rtcheck.check(case, rtcheck.parse_protocol(text)).results
    assert "\x1b" not in text


def test_aliases_are_written_beside_it_and_nothing_is_overwritten(tmp_path):
    plan, file = drafted(tmp_path, [box("PTV", type="PTV"), CORD])
    aliases = rtcheck.read_aliases(tmp_path / "draft.aliases.yaml")
    assert aliases.of("SpinalCord") == ("Spinal Cord",)
    ran = run("protocols", "new", plan, "-o", file)
    assert (ran.status, "already exists" in ran.err) == (2, True)


def test_limits_of_another_protocol_are_taken_over_with_their_fractions_and_source(tmp_path):
    plan, file = drafted(tmp_path, [box("PTV", type="PTV"), CORD], "--like", "tg101_5fx", dose_gy=50.0)
    own = rtcheck.load_protocol(file)
    taken = [each for each in own.constraints if each.structures == ("SpinalCord",)]
    assert taken
    assert {(each.fractions.low, each.source) for each in taken} == {(5.0, "wikibooks")}
    assert run(plan, "--protocol", file).status == 3  # 25 fractions: never applied to them


def test_a_table_by_volume_is_taken_over_where_its_structures_are_drawn(tmp_path):
    boxes = [box("PTV_x", type="PTV"), box("External", 2, size_mm=(120, 120, 90), type="EXTERNAL")]
    _, file = drafted(tmp_path, boxes, "--like", "rtog_0813_5fx", dose_gy=50.0)
    own = rtcheck.load_protocol(file)
    assert [(one.structures[0], one.volume_of) for one in own.constraints if one.has_table] == [
        ("PTV", ""), ("External - (PTV + 20 mm)", "PTV"),
    ]  # fmt: skip
    assert "No constraint for" not in file.read_text(encoding="utf-8")


def test_structures_without_a_plan_that_prescribes_give_a_draft_without_requirements(tmp_path):
    def without_dose(files):
        del files.plan.DoseReferenceSequence

    folder = write_plan(tmp_path / "plan", [box("PTV", type="PTV")], change=without_dose)
    assert [each.priority for each in draft_of(rtcheck.read_case(folder)).protocol.constraints] == ["advisory"]


def test_a_plan_without_structures_gives_no_draft(tmp_path):
    def without_contours(files):
        for each in files.structures.ROIContourSequence:
            del each.ContourSequence

    folder = write_plan(tmp_path / "plan", [box("SpinalCord")], change=without_contours)
    ran = run("protocols", "new", folder)
    assert (ran.status, "no contoured structure" in ran.err) == (2, True)


@needs_real_dicom
@pytest.mark.parametrize(
    ("name", "verdict"),
    [("breast_eclipse", "fail"), ("headneck_pinnacle", "pass")],
)
def test_public_plans_lead_to_a_verdict_in_two_commands(tmp_path, name, verdict):
    """Where a plan states no prescription, the targets' names do."""
    file = tmp_path / "draft.yaml"
    assert run("protocols", "new", REAL_DICOM / name, "-o", file).status == 0
    assert run(REAL_DICOM / name, "-p", file, "--format", "json").json()["verdict"] == verdict


# --- suggestions --------------------------------------------------------------------------------------------------


def test_the_protocol_of_the_sample_is_suggested_first():
    ran = run("sample_dicom/apatinib_50gy_passes", "--suggest")
    assert ran.status == 0
    assert ran.out.splitlines()[1].startswith("apatinib ")


def test_suggestions_as_json_state_what_holds_and_what_does_not():
    ran = run("sample_dicom/apatinib_50gy_passes", "--suggest", "--format", "json")
    rows = {each["name"]: each for each in json.loads(ran.out)["protocols"]}
    assert (rows["apatinib"]["fits"], rows["apatinib"]["drawn"]) == (True, 1.0)
    assert (rows["tg101_5fx"]["fits"], rows["tg101_5fx"]["unmet"]) == (False, ["25 fractions, not 5"])


def test_a_table_for_every_organ_fits_with_some_of_them(tmp_path):
    case = rtcheck.read_case(write_plan(tmp_path / "plan", [box("SpinalCord"), box("Heart", 2)]))
    table = "name: t\nif_drawn: true\nfractions: 25\nconstraints:\n" + "".join(
        f"  - {{structure: {organ}, goal: Dmax < 45 Gy}}\n"
        for organ in ("SpinalCord", "Heart", "Liver", "Stomach", "Rectum", "Colon")
    )
    (fits,) = suggestions(case, [rtcheck.parse_protocol(table)])
    assert fits[1].is_good
    (fits,) = suggestions(case, [rtcheck.parse_protocol(table.replace("if_drawn: true\n", ""))])
    assert not fits[1].is_good


def test_a_report_cannot_be_a_pdf_of_suggestions():
    assert run("sample_dicom/apatinib_50gy_passes", "--suggest", "--format", "pdf").status == 2
