"""What a percentage of a prescription is of: ARCHITECTURE's sentence on dose levels, on boxes in doses known by hand.

Two targets with a dose level each, as planning systems export them: 71 Gy in the high one, 57 Gy in the low one with
68 Gy in the eighth of it that lies beyond y = 15 mm.
"""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, write_plan

from rtcheck.conformance.phantom import item
from rtcheck.conformance.shapes import FRACTIONS

HIGH = box("PTV_70", type="PTV", size_mm=(40.0, 40.0, 30.0))
LOW = box("PTV_56", 2, at_mm=(-60.0, 0.0, 0.0), size_mm=(40.0, 40.0, 30.0), type="PTV")
CORD = box("SpinalCord", 3, at_mm=(60.0, 0.0, 0.0))


def dose_gy(x_mm, y_mm, z_mm):
    return np.where(x_mm > -30, 71.0, np.where(y_mm > 15, 68.0, 57.0))


def target(number, description, gy, kind="SITE", **more):
    """A dose reference to a target; without a dose where `gy` is None."""
    dose = {} if gy is None else {"TargetPrescriptionDose": gy}
    return item(
        DoseReferenceNumber=number, DoseReferenceStructureType=kind, DoseReferenceDescription=description,
        DoseReferenceType="TARGET", **dose, **more,
    )  # fmt: skip


def prescribing(*targets):
    def change(files):
        files.plan.DoseReferenceSequence = list(targets)

    return change


def sib(folder, *targets):
    """The two targets, with these dose references (as Eclipse writes them where none are given)."""
    targets = targets or (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0))
    return write_plan(folder, [HIGH, LOW, CORD], dose_gy=dose_gy, prescribed_gy=70.0, change=prescribing(*targets))


LIMITS = constraints("PTV_56: Dmax <= 110 %", "PTV_56: D95% >= 95 %", "PTV_70: D95% >= 95 %")


def reasons(ran):
    return [each["undefined"] or "" for each in ran.json()["constraints"]]


def references(ran):
    return [each["reference_gy"] for each in ran.json()["constraints"]]


# --- ties ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "targets",
    [
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0)),
        (target(1, "ptv 70", 70.0), target(2, "PTV-56", 56.0)),
        (target(1, "", 70.0, ReferencedROINumber=1), target(2, "", 56.0, ReferencedROINumber=2)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0, kind="VOLUME", ReferencedROINumber=99)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0), target(3, "PTV_56", 56.0)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0), target(3, "PTV_56", 0.0)),
    ],
    ids=["by description", "folded", "by ROI number", "a number that no ROI has", "stated twice", "and once without"],
)
def test_a_target_s_percentages_are_of_its_own_level_by_roi_number_else_by_description(tmp_path, targets):
    ran = check(sib(tmp_path / "plan", *targets), LIMITS)
    hottest, low, high = ran.json()["constraints"]
    assert references(ran) == [56.0, 56.0, 70.0]
    assert hottest["value"] == pytest.approx(100 * 68 / 56, rel=1e-4)
    assert low["value"] == pytest.approx(100 * 57 / 56, rel=1e-4)
    assert high["value"] == pytest.approx(100 * 71 / 70, rel=1e-4)
    assert [each["outcome"] for each in (hottest, low, high)] == ["violated", "met", "met"]


@pytest.mark.parametrize(
    "targets",
    [
        (target(1, "High", 70.0), target(2, "Low", 56.0)),
        (target(1, "", 70.0), target(2, "", 56.0)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 56.0), target(3, "PTV_56", 54.0)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", None)),
        (target(1, "PTV_70", 70.0), target(2, "PTV_56", 0.0)),
        (target(1, "PTV_70", 70.0), target(2, "", 0.0, ReferencedROINumber=2)),
    ],
    ids=["other names", "no names", "two doses", "no dose", "0 Gy", "0 Gy by ROI number"],
)
def test_a_target_without_a_clear_level_is_not_evaluated_and_the_reason_names_the_option(tmp_path, targets):
    plan = sib(tmp_path / "plan", *targets)
    ran = check(plan, constraints("PTV_56: Dmax <= 110 %", "PTV_56: V95% <= 100 %", "PTV_56: CI >= 0"))
    assert {each["outcome"] for each in ran.json()["constraints"]} == {"not_evaluated"}
    assert all("--dose-rx PTV_56=GY" in reason for reason in reasons(ran))
    assert ran.status == 3


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ((target(1, "", 66.0, ReferencedROINumber=1), target(2, "", 70.0)), "prescription.dose-differs"),
        ((target(1, "", 66.0, ReferencedROINumber=1), target(2, "", 60.0)), None),
        ((target(1, "", 66.0, ReferencedROINumber=99),), "prescription.unknown-roi"),
        ((target(1, "", 66.0, ReferencedROINumber=0),), None),
    ],
    ids=["71 Gy fit a free level", "no free level fits", "a number that no ROI has", "0 is no number"],
)
def test_a_prescription_that_may_be_of_another_target_is_in_doubt(tmp_path, targets, code):
    named = box("PTV_A", type="PTV", size_mm=(40.0, 40.0, 30.0))
    plan = write_plan(
        tmp_path / "plan", [named], dose_gy=lambda x, y, z: 71.0 + 0 * x, prescribed_gy=70.0,
        change=prescribing(*targets),
    )  # fmt: skip
    ran = check(plan, constraints("PTV_A: D95% >= 95 %"))
    assert references(ran) == [66.0]
    assert [each for each in codes(ran) if each.startswith("prescription.")] == ([code] if code else [])


def test_a_protocol_states_the_levels_that_a_plan_does_not(tmp_path):
    levels = "prescription: {targets: {PTV_70: 70 Gy, PTV_56: 56 Gy}}"
    ran = check(sib(tmp_path / "plan", target(1, "PTV_70", 70.0)), constraints("PTV_56: Dmax <= 110 %", more=levels))
    assert references(ran) == [56.0]
    stated = check(
        sib(tmp_path / "other", target(1, "PTV_70", 66.0)), constraints("PTV_70: Dmax <= 110 %", more=levels)
    )
    assert stated.status == 1
    assert next((each["item"], each["outcome"]) for each in stated.json()["prescription"]) == (
        "Prescribed dose, PTV_70", "violated"
    )  # fmt: skip


@pytest.mark.parametrize("level", ["60-70 Gy", "0 Gy", ">= 60 Gy", "70"])
def test_a_level_is_one_dose(tmp_path, level):
    levels = f"prescription: {{targets: {{PTV_70: {level}}}}}"
    ran = check(sib(tmp_path / "plan"), constraints("PTV_70: Dmax <= 110 %", more=levels))
    assert ran.status == 2


def test_an_organ_of_a_plan_with_several_levels_needs_a_target_that_says_which(tmp_path):
    plan = sib(tmp_path / "plan")
    ran = check(
        plan, constraints("SpinalCord: Dmax < 110 %", "{structure: SpinalCord, goal: Dmax < 110 %, target: PTV_56}")
    )
    assert references(ran) == [None, 56.0]
    assert "several dose levels (70 Gy, 56 Gy)" in reasons(ran)[0]


def test_parts_of_one_level_have_it_together_and_parts_of_two_have_none(tmp_path):
    both = "{structure: [PTV_70, PTV_56], goal: Dmax < 110 %, combine: together}"
    equal = sib(tmp_path / "equal", target(1, "PTV_70", 60.0), target(2, "PTV_56", 60.0), target(3, "Boost", 80.0))
    assert references(check(equal, constraints(both))) == [60.0]
    assert references(check(sib(tmp_path / "two"), constraints(both))) == [None]


# --- points, guesses and other numbers that are not prescriptions ---------------------------------------------------


def one_target(folder, *targets, change=lambda files: None, **more):
    def changed(files):
        if targets:
            files.plan.DoseReferenceSequence = list(targets)
        change(files)

    return write_plan(folder, dose_gy=lambda x, y, z: np.where((x > 5) & (x < 8), 55.0, 50.0), change=changed, **more)


def point(number, gy, **more):
    return target(number, "CALC POINT", gy, kind="COORDINATES", DoseReferencePointCoordinates=[6.0, 0.0, 0.0], **more)


@pytest.mark.parametrize("kind", ["SITE", "VOLUME", "UNSPECIFIED", ""])
def test_the_dose_at_a_calculation_point_next_to_a_prescription_is_none(tmp_path, kind):
    plan = one_target(tmp_path / "plan", target(1, "Breast", 50.0, kind=kind), point(2, 54.0))
    assert references(check(plan, constraints("PTV: Dmax <= 107 %"))) == [50.0]


def test_alone_the_dose_at_a_point_is_the_prescription(tmp_path):
    plan = one_target(tmp_path / "plan", point(1, 54.0))
    assert references(check(plan, constraints("PTV: Dmax <= 107 %"))) == [54.0]


def without_prescription(files):
    del files.plan.DoseReferenceSequence


PRESCRIPTION = "prescription: {dose: 50 Gy, dose_per_fraction: 2 Gy}"


def test_beam_doses_are_no_prescription_and_decide_nothing(tmp_path):
    """The beams add up to 50 Gy at their points, which is not what is prescribed."""
    plan = one_target(tmp_path / "plan", change=without_prescription)
    goals = ("D95% >= 95 %", "V95% >= 98 %", "CI >= 0", "CI_Paddick >= 0", "GI >= 0", "R50 >= 0", "Coverage >= 0")
    ran = check(plan, constraints(*(f"PTV: {goal}" for goal in goals), "PTV: HI_RTOG >= 0", more=PRESCRIPTION))
    found = ran.json()
    assert {each["outcome"] for each in (*found["constraints"], *found["prescription"])} == {"not_evaluated"}
    assert set(references(ran)) == {None}
    reason = reasons(ran)[0]
    assert set(reasons(ran)) == {reason}
    assert {each["note"] for each in found["prescription"]} == {reason}
    assert reason.count("--dose-rx protocol") == 1
    assert "50 Gy" in reason
    assert found["case"]["plan"]["prescriptions"] == []
    assert found["case"]["plan"]["beam_dose_total_gy"] == pytest.approx(50.0)
    assert "plan.prescription-from-beams" in codes(ran)
    assert found["isotoxic"] is None


def test_absolute_limits_need_no_prescription(tmp_path):
    plan = one_target(tmp_path / "plan", change=without_prescription)
    ran = check(plan, constraints("PTV: Dmax < 56 Gy", "PTV: HI >= 0"))
    assert [each["outcome"] for each in ran.json()["constraints"]] == ["met", "met"]


def test_a_prescription_of_one_fraction_is_not_taken_for_the_course_s(tmp_path):
    """2 Gy in 25 fractions by beams of 2 Gy, while the target gets 50 Gy."""
    plan = one_target(tmp_path / "plan", target(1, "PTV", 50.0 / FRACTIONS))
    ran = check(plan, constraints("PTV: D95% >= 95 %"))
    assert ran.json()["constraints"][0]["outcome"] == "not_evaluated"
    assert "--dose-rx" in reasons(ran)[0]
    assert "plan.prescription-per-fraction" in codes(ran)


# --- what is said -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "markdown", "html", "junit", "json", "csv"])
def test_every_format_says_what_a_percentage_is_of(tmp_path, form):
    plan, protocol = sib(tmp_path / "plan"), tmp_path / "mine.yaml"
    protocol.write_text(constraints("PTV_56: Dmax <= 110 %", "PTV_56: V95% >= 98 %"), encoding="utf-8")
    text = run(plan, "--protocol", protocol, "--format", form).out
    if form == "json":
        assert '"reference_gy": 56.0' in text
    elif form == "csv":
        assert [row["reference_gy"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))] == ["56.0", "56.0"]
    else:
        plain = re.sub(r"\s+", " ", re.sub(r"</?[a-z][^>]*>", "", text).replace("\\", ""))
        assert "121.4 ± 0.01 % of 56 Gy" in plain or "121.4 % of 56 Gy" in plain
        assert "V95% of 56 Gy" in plain


def test_dvh_and_compare_have_the_value_of_check(tmp_path):
    plan = sib(tmp_path / "plan")
    ran = check(plan, constraints("PTV_56: D95% >= 95 %", "PTV_56: V100% >= 0 %"))
    checked = [(each["value"], each["reference_gy"]) for each in ran.json()["constraints"]]
    dvh = run("dvh", plan, "--roi", "PTV_56", "--metric", "D95%[%],V100%[%]", "--format", "json").json()
    metrics = dvh["structures"][0]["metrics"].values()
    assert [(each["value"], each["reference_gy"]) for each in metrics] == checked
    compared = run("compare", plan, plan, "--protocol", tmp_path / "mine.yaml", "--format", "json").json()
    plans = [each for row in compared["constraints"] for each in row["plans"]]
    assert [(each["value"], each["reference_gy"]) for each in plans] == [each for each in checked for _ in range(2)]


# --- doubts -------------------------------------------------------------------------------------------------------


def test_a_target_whose_name_holds_another_dose_is_warned_of(tmp_path):
    ran = check(sib(tmp_path / "plan", target(1, "", 70.0)), constraints("PTV_56: Dmax <= 110 %"))
    assert references(ran) == [70.0]
    assert {"prescription.name-differs", "prescription.dose-differs"} <= codes(ran)
    assert not {"prescription.name-differs", "prescription.dose-differs"} & codes(check(sib(tmp_path / "own"), LIMITS))


@pytest.mark.parametrize(
    ("name", "is_warned"), [("PTV_54", True), ("PTV5040", False), ("PTV1", False), ("PTV_50.4Gy", False)]
)
@pytest.mark.parametrize("roi_type", ["PTV", "ORGAN"])  # some planning systems export every target as an organ
def test_the_dose_in_a_name_is_compared_with_what_its_percentages_are_of(tmp_path, name, is_warned, roi_type):
    drawn = [box(name, type=roi_type)]
    plan = write_plan(tmp_path / "plan", drawn, dose_gy=50.4, prescribed_gy=50.4)
    assert ("prescription.name-differs" in codes(check(plan, constraints(f"{name}: D95% >= 95 %")))) == is_warned


@pytest.mark.parametrize(("dose", "is_warned"), [(41.0, True), (49.0, False), (60.0, False), (70.0, True)])
def test_a_target_far_from_what_its_percentages_are_of_is_warned_of(tmp_path, dose, is_warned):
    plan = write_plan(tmp_path / "plan", dose_gy=dose, prescribed_gy=50.0)
    assert ("prescription.dose-differs" in codes(check(plan, constraints("PTV: D95% >= 1 %")))) == is_warned


BOOST = box("PTV_boost", type="PTV", size_mm=(40.0, 40.0, 30.0))
ELECTIVE = box("PTV_elective", 2, at_mm=(-60.0, 0.0, 0.0), size_mm=(40.0, 40.0, 30.0), type="PTV")


@pytest.mark.parametrize(
    ("boost_gy", "stated", "is_warned"),
    [
        (66.0, [target(1, "phase 1", 56.0)], True),
        (60.0, [target(1, "PTV_elective", 56.0)], True),
        (57.5, [target(1, "PTV_elective", 56.0)], False),
        (66.0, [target(1, "PTV_boost", 60.0), target(2, "PTV_elective", 56.0)], False),
    ],
    ids=["not linked", "of the other", "within a few percent", "its own"],
)
def test_a_target_checked_in_percent_of_the_dose_that_only_another_one_receives_is_in_doubt(
    tmp_path, boost_gy, stated, is_warned
):
    """95 % of 56 Gy are 53.2 Gy: a boost of 66 Gy meets that with a fifth of its dose missing."""
    plan = write_plan(
        tmp_path / "plan", [BOOST, ELECTIVE], dose_gy=lambda x, y, z: np.where(x > -30, boost_gy, 56.0) + 0 * y * z,
        prescribed_gy=56.0, change=prescribing(*stated),
    )  # fmt: skip
    assert ("prescription.dose-differs" in codes(check(plan, constraints("PTV_boost: D95% >= 95 %")))) == is_warned


def test_targets_that_are_exported_as_organs_are_in_doubt_like_others(tmp_path):
    drawn = [replace(each, type="ORGAN") for each in (BOOST, ELECTIVE)]
    plan = write_plan(
        tmp_path / "plan", drawn, dose_gy=lambda x, y, z: np.where(x > -30, 66.0, 56.0) + 0 * y * z,
        prescribed_gy=56.0, change=prescribing(target(1, "PTV_elective", 56.0)),
    )  # fmt: skip
    ran = check(plan, constraints("PTV_boost: D95% >= 95 %"))
    assert ran.json()["doubts"]
    assert "prescription.dose-differs" in codes(ran)


@pytest.mark.parametrize(("described", "is_warned"), [("PTV_70", True), ("PTV_56", False), ("phase 1", False)])
def test_a_dose_linked_to_one_target_and_described_as_another_is_in_doubt(tmp_path, described, is_warned):
    """The number holds, but one of the two is wrong."""
    levels = [target(1, described, 56.0, ReferencedROINumber=2), target(2, "x", 70.0, ReferencedROINumber=1)]
    ran = check(sib(tmp_path / "plan", *levels), constraints("PTV_56: D95% >= 95 %"))
    assert references(ran) == [56.0]
    assert ("prescription.name-differs" in codes(ran)) == is_warned
