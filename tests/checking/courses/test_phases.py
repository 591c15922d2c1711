"""A plan whose fraction groups have their own doses: EQD2 is formed group by group.

Alpha/beta 2 Gy: 50 Gy in 25 fractions of 2 Gy are 50 Gy; 18 Gy in 3 of 6 Gy are 18 (6 + 2) / 4 = 36 Gy: together 86 Gy.
68 Gy taken as 28 equal fractions would be 68 (68 / 28 + 2) / 4 = 75.3 Gy.
"""

import json
from copy import deepcopy

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, constraints, write_plan

CORD = box("SpinalCord")
PROTOCOL = """
name: mine
structures: {SpinalCord: {alpha_beta: 2}}
constraints: [{structure: SpinalCord, goal: EQD2 Dmax <= 80 Gy}, {structure: SpinalCord, goal: Dmax <= 70 Gy}]
"""
GROUPS = ((50.0, 25), (18.0, 3))


def plan_of_groups(folder, *, has_group_doses):
    """One plan with two fraction groups of one beam each, with a FRACTION dose for each, or with a PLAN dose."""
    doses = []

    def change(files):
        group = files.plan.FractionGroupSequence[0]
        second = deepcopy(group)
        second.FractionGroupNumber = 2
        for (dose_gy, fractions), each in zip(GROUPS, (group, second), strict=True):
            each.NumberOfFractionsPlanned = fractions
            each.ReferencedBeamSequence[0].BeamDose = dose_gy / fractions
        files.plan.FractionGroupSequence = [group, second]
        if not has_group_doses:
            return
        for number, (dose_gy, _) in enumerate(GROUPS, start=1):
            dose = deepcopy(files.dose)
            dose.SOPInstanceUID += f".{number}"
            dose.DoseSummationType = "FRACTION"
            dose.DoseGridScaling = float(dose.DoseGridScaling) * dose_gy / 68.0
            reference = deepcopy(dose.ReferencedRTPlanSequence[0])
            item = deepcopy(reference)
            for name in list(item.dir()):
                delattr(item, name)
            item.ReferencedFractionGroupNumber = number
            reference.ReferencedFractionGroupSequence = [item]
            dose.ReferencedRTPlanSequence = [reference]
            doses.append(dose)

    write_plan(folder, [CORD], dose_gy=68.0, prescribed_gy=68.0, change=change)
    for number, dose in enumerate(doses):
        dose.file_meta = deepcopy(dcmread(folder / "dose.dcm").file_meta)
        dose.file_meta.MediaStorageSOPInstanceUID = dose.SOPInstanceUID
        dose.save_as(folder / f"group{number}.dcm", enforce_file_format=True)
    if doses:
        (folder / "dose.dcm").unlink()
    (folder / "mine.yaml").write_text(PROTOCOL, encoding="utf-8")
    return folder


def checked(folder):
    return run(folder, "-p", folder / "mine.yaml", "-f", "json")


def test_the_eqd2_of_two_fraction_groups_is_the_sum_of_theirs(tmp_path):
    ran = checked(plan_of_groups(tmp_path / "plan", has_group_doses=True))
    eqd2, physical = ran.json()["constraints"]
    assert (eqd2["value"], physical["value"]) == pytest.approx((86.0, 68.0), abs=1e-3)
    assert eqd2["outcome"] == "violated"
    assert "fractions.groups" not in {each["code"] for each in ran.json()["doubts"]}


def test_where_the_doses_of_the_groups_are_not_known_the_verdict_is_in_doubt(tmp_path):
    ran = checked(plan_of_groups(tmp_path / "plan", has_group_doses=False))
    assert ran.json()["constraints"][0]["value"] == pytest.approx(68 * (68 / 28 + 2) / 4, abs=1e-3)
    assert "fractions.groups" in {each["code"] for each in ran.json()["doubts"]}


def adapted(tmp_path, *options):
    """A first plan of 60 Gy in 25 fractions and an adapted one of 50 Gy in 25, both everywhere the same."""

    def other(files):
        for each in (files.plan, files.dose):
            each.SOPInstanceUID += ".7"
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID

    cord = box("SpinalCord")
    write_plan(tmp_path / "first", [cord], dose_gy=60.0, prescribed_gy=60.0)
    write_plan(tmp_path / "adapted", [cord], dose_gy=50.0, prescribed_gy=50.0, change=other)
    limits = constraints(
        "SpinalCord: Dmean < 99 Gy", "SpinalCord: 'EQD2[2] Dmean < 99 Gy'", "SpinalCord: Dmean < 110 %"
    )
    (tmp_path / "mine.yaml").write_text(limits.replace("''", "'"), encoding="utf-8")
    return run(tmp_path / "adapted", tmp_path / "first", "-p", tmp_path / "mine.yaml", "--sum", *options)


def test_a_partly_delivered_plan_counts_with_its_delivered_fractions(tmp_path):
    """10 of 25 fractions of 2.4 Gy: 24 Gy, EQD2[2] 24 x 4.4 / 4 = 26.4; the adapted plan 15 of 2 Gy: 30 and 30."""
    record = tmp_path / "record.json"
    adapted(tmp_path, "--delivered", "first=10", "--delivered", "adapted=15", "-o", record)
    told = json.loads(record.read_text("utf-8"))
    physical, eqd2, percent = (each["value"] for each in told["constraints"])
    assert physical == pytest.approx(54.0, abs=1e-3)
    assert eqd2 == pytest.approx(56.4, abs=1e-3)
    assert percent == pytest.approx(100.0, abs=1e-3)  # of 24 + 30 Gy prescribed
    assert "sum.partly-delivered" in {each["code"] for each in told["warnings"]}
    assert run("verify", record).status == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("first=26", "has 25 fractions"),
        ("first=0", "expected a plan"),
        ("first", "expected a plan"),
        ("third=5", "give one of the paths"),
    ],
)
def test_a_part_that_cannot_be_is_refused(tmp_path, option, said):
    ran = adapted(tmp_path, "--delivered", option)
    assert (ran.status, said in ran.err) == (2, True)
