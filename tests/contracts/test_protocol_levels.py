"""`prescription: {targets: ...}`: the dose level of each target, which percentages of it are of.

PTV_High receives 70 Gy and PTV_Low 56 Gy, both uniformly: 100 % of their own levels, and 80 % of 70 Gy.
"""

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan

from rtcheck.conformance.phantom import item
from rtcheck.protocol.file.load import load_protocol, parse_protocol
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml

BOXES = (
    box("PTV_High", at_mm=(-40.0, 0.0, 0.0), type="PTV"),
    box("PTV_Low", 2, at_mm=(40.0, 0.0, 0.0), type="PTV"),
)
LEVELS = "prescription: {targets: {PTV_High: 70 Gy, PTV_Low: 5600 cGy}}"
LINES = ("PTV_High: D95% >= 95 %", "PTV_Low: D95% >= 95 %", "PTV_Low: D2% <= 107 %")


def prescribing(*stated: tuple[float, str, int | None]):
    """The plan's prescriptions: (Gy, description, ROI number)."""

    def change(files):
        files.plan.DoseReferenceSequence = [
            item(
                DoseReferenceNumber=k, DoseReferenceStructureType="VOLUME" if number else "SITE",
                DoseReferenceType="TARGET", DoseReferenceDescription=name, TargetPrescriptionDose=dose_gy,
                **({"ReferencedROINumber": number} if number else {}),
            )
            for k, (dose_gy, name, number) in enumerate(stated, 1)
        ]  # fmt: skip

    return change


def answered(folder, *stated, options=(), lines=LINES, more=LEVELS, boxes=BOXES):
    """(references, values, outcomes of the prescription items, verdict)"""
    plan = write_plan(
        folder / "plan",
        boxes,
        dose_gy=lambda x, y, z: 70.0 - 14.0 * (x > 0),
        prescribed_gy=70.0,
        change=prescribing(*stated) if stated else lambda files: None,
    )
    report = check(plan, constraints(*lines, more=more), *options).json()
    rows = [(each["reference_gy"], each["value"]) for each in report["constraints"]]
    return rows, [each["outcome"] for each in report["prescription"]], report["verdict"]


OF_THEIR_OWN = [(70.0, pytest.approx(100.0)), (56.0, pytest.approx(100.0)), (56.0, pytest.approx(100.0))]


@pytest.mark.parametrize(
    ("stated", "items"),
    [
        ([(70.0, "", None)], ["met", "not_evaluated"]),  # the plan states no lower level: the protocol's is used
        ([(70.0, "", None), (56.0, "", None)], ["met", "met"]),
        ([(56.0, "", 2), (70.0, "", 1)], ["met", "met"]),
        ([(70.0, "PTV_High", None), (56.0, "ptv low", None)], ["met", "met"]),
    ],
)
def test_percentages_are_of_the_protocols_level_where_the_plan_agrees_or_states_none(tmp_path, stated, items):
    assert answered(tmp_path, *stated) == (OF_THEIR_OWN, items, "pass")


def test_a_level_that_the_plan_states_otherwise_is_used_and_violates_the_prescription(tmp_path):
    rows, items, verdict = answered(tmp_path, (70.0, "", 1), (50.0, "", 2))
    assert rows[1] == (50.0, pytest.approx(112.0))
    assert (items, verdict) == (["met", "violated"], "fail")


def test_another_highest_prescription_violates_the_level_of_the_highest_target(tmp_path):
    rows, items, verdict = answered(tmp_path, (66.0, "", None))
    assert (items[0], verdict) == ("violated", "fail")
    assert rows[0][0] == 70.0


def test_levels_that_are_neither_tied_nor_the_protocols_are_not_evaluated(tmp_path):
    _, items, verdict = answered(tmp_path, (70.0, "", None), (60.0, "", None))
    assert (items, verdict) == (["met", "not_evaluated"], "not_evaluated")


def test_the_users_word_outweighs_the_protocols_level_and_is_compared_with_it(tmp_path):
    rows, items, verdict = answered(tmp_path, (70.0, "", None), options=("--dose-rx", "PTV_Low=50"))
    assert rows[1] == (50.0, pytest.approx(112.0))
    assert (items, verdict) == (["met", "violated"], "fail")


def test_a_target_that_is_not_in_the_plan_is_missing_evidence(tmp_path):
    """Under another name it would be judged in percent of the plan's 70 Gy: 80 % is below any upper limit."""
    _, items, verdict = answered(
        tmp_path, (70.0, "", None), lines=("each PTV: D2% <= 107 %",), more=LEVELS.replace("PTV_Low", "PTV_N")
    )
    assert (items, verdict) == (["met", "not_evaluated"], "not_evaluated")


def test_a_misspelt_target_is_not_evaluated_with_its_name(tmp_path):
    plan = write_plan(tmp_path / "plan", BOXES, dose_gy=70.0, prescribed_gy=70.0)
    report = check(plan, constraints(LINES[0], more=LEVELS.replace("PTV_Low", "PTV_Lwo"))).json()
    (item_of_it,) = [each for each in report["prescription"] if each["outcome"] == "not_evaluated"]
    assert "PTV_Lwo is not a structure of this plan" in item_of_it["note"]
    assert report["verdict"] == "not_evaluated"


def test_each_target_is_of_its_own_level(tmp_path):
    rows, _, verdict = answered(tmp_path, (70.0, "", None), lines=("each PTV: D95% >= 95 %",))
    assert (rows, verdict) == (OF_THEIR_OWN[:2], "pass")


def test_a_plan_without_a_prescription_is_judged_by_the_protocols_levels(tmp_path):
    def change(files):
        del files.plan.DoseReferenceSequence

    plan = write_plan(tmp_path / "plan", BOXES, dose_gy=lambda x, y, z: 70.0 - 14.0 * (x > 0), change=change)
    assert "DoseReferenceSequence" not in dcmread(plan / "plan.dcm")
    report = check(plan, constraints(*LINES, "Body: D2% <= 107 %", more=LEVELS)).json()
    assert [each["reference_gy"] for each in report["constraints"]] == [70.0, 56.0, 56.0, None]
    assert [each["outcome"] for each in report["constraints"]] == ["met", "met", "met", "not_evaluated"]


FAULTS = [
    ("{PTV_High: 70}", "expected a unit"),
    ("{PTV_High: 66-70 Gy}", "one dose"),
    ("{PTV_High: 0 Gy}", "more than 0 Gy"),
    ("{all PTV: 70 Gy}", "not the name of one target"),
    ("{each PTV: 70 Gy}", "not the name of one target"),
    ("{}", "expected targets with their doses"),
    ("70 Gy", "expected names with values"),
]


@pytest.mark.parametrize(("levels", "fault"), FAULTS)
def test_what_is_no_dose_level_of_a_target_is_a_fault_with_its_line(tmp_path, levels, fault):
    path = tmp_path / "mine.yaml"
    path.write_text(constraints(*LINES, more=f"prescription: {{targets: {levels}}}"), encoding="utf-8")
    ran = run("protocols", "lint", path)
    assert fault in ran.out
    assert "mine.yaml:2" in ran.out


def test_levels_survive_writing_and_are_shown(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(constraints(*LINES, more=LEVELS), encoding="utf-8")
    protocol = load_protocol(path)
    assert protocol.prescription is not None
    assert protocol.prescription.targets == (("PTV_High", 70.0), ("PTV_Low", 56.0))
    again = parse_protocol(protocol_to_yaml(protocol))
    assert again.prescription == protocol.prescription
    shown = run("protocols", "show", path).out
    assert "dose level of PTV_High: 70 Gy" in shown
    assert "dose level of PTV_Low: 56 Gy" in shown


def test_an_extending_protocol_replaces_the_levels_that_it_states(tmp_path):
    (tmp_path / "mine.yaml").write_text(constraints(*LINES, more=LEVELS), encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nextends: mine.yaml\nprescription: {targets: {PTV_Low: 54 Gy}}\n", encoding="utf-8")
    rule = load_protocol(own).prescription
    assert rule is not None
    assert rule.targets == (("PTV_High", 70.0), ("PTV_Low", 54.0))
