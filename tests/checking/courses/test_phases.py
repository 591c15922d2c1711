"""A plan whose fraction groups have their own doses: EQD2 is formed group by group.

Alpha/beta 2 Gy: 50 Gy in 25 fractions of 2 Gy are 50 Gy; 18 Gy in 3 of 6 Gy are 18 (6 + 2) / 4 = 36 Gy: together 86 Gy.
68 Gy taken as 28 equal fractions would be 68 (68 / 28 + 2) / 4 = 75.3 Gy.
"""

from copy import deepcopy

import pytest
from pydicom import dcmread
from support.command_line import run
from support.known_plans import box, write_plan

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
