"""Whatever is missing, no required constraint passes by it: the outcome is not evaluated, with the reason."""

import pytest
from support.known_plans import box, check, constraints, outcomes, write_plan

# Limits that a value of zero would meet, above and below.
EASY = ["Dmax < 24 Gy", "Dmean < 24 Gy", "D0.03cc < 24 Gy", "V10Gy < 99 %", "V30Gy < 99 cc", "EQD2[3] Dmax < 99 Gy",
        "gEUD[8] < 99 Gy", "DC1cc < 99 Gy", "CV30Gy >= 0 cc", "Dmin >= 0 Gy", "V30Gy >= 0 %", "Dmax < 200 %",
        "HI_RTOG < 9", "CI < 9", "R50 < 99", "Coverage >= 0 %", "Volume < 999 cc"]  # fmt: skip


def asked_of_ptv(plan):
    return check(plan, constraints(*(f"PTV: {goal}" for goal in EASY)))


def without(number):
    def change(files):
        files.structures.ROIContourSequence[number].ContourSequence = []

    return change


def drop_the_contours_item(files):
    del files.structures.ROIContourSequence[0].ContourSequence


def points_only(files):
    for each in files.structures.ROIContourSequence[0].ContourSequence:
        each.ContourGeometricType = "POINT"
        each.NumberOfContourPoints = 1
        each.ContourData = each.ContourData[:3]


def of_no_area(files):
    for each in files.structures.ROIContourSequence[0].ContourSequence:
        each.ContourData = [*each.ContourData[:3] * 4]


@pytest.mark.parametrize(
    "change", [without(0), drop_the_contours_item, points_only, of_no_area], ids=lambda change: change.__name__
)
def test_a_structure_without_contours_passes_nothing(tmp_path, change):
    plan = write_plan(tmp_path / "plan", [box("PTV"), box("Heart", 2, at_mm=(40.0, 0.0, 0.0))], change=change)
    ran = asked_of_ptv(plan)
    assert set(outcomes(ran)) == {"not_evaluated"}
    assert ran.status == 3
    assert all(each["value"] is None and each["notes"] for each in ran.json()["constraints"])


def test_coordinates_that_are_no_numbers_pass_nothing(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("PTV"), box("Heart", 2, at_mm=(40.0, 0.0, 0.0))])
    path = plan / "struct.dcm"
    content = path.read_bytes()
    first = b"-10.00"
    assert first in content
    path.write_bytes(content.replace(first, b"   nan", 1))
    ran = asked_of_ptv(plan)
    assert ran.status == 3
    assert "met" not in outcomes(ran)


def test_a_structure_that_is_not_there_passes_nothing(tmp_path):
    ran = asked_of_ptv(write_plan(tmp_path / "plan", [box("Heart")]))
    assert set(outcomes(ran)) == {"not_evaluated"}


@pytest.mark.parametrize(("gone", "may_be_met"), [("dose.dcm", {"Volume < 999 cc"}), ("struct.dcm", set())])
def test_without_a_dose_or_structures_nothing_passes_but_a_volume_that_is_drawn(tmp_path, gone, may_be_met):
    plan = write_plan(tmp_path / "plan")
    (plan / gone).unlink()
    ran = asked_of_ptv(plan)
    assert {each["goal"] for each in ran.json()["constraints"] if each["outcome"] == "met"} == may_be_met
    assert ran.status == 3


def test_a_structure_wholly_outside_the_dose_passes_nothing_but_its_volume(tmp_path):
    ran = asked_of_ptv(write_plan(tmp_path / "plan", [box("PTV", at_mm=(300.0, 0.0, 0.0))]))
    assert {each["goal"] for each in ran.json()["constraints"] if each["outcome"] == "met"} == {"Volume < 999 cc"}


@pytest.mark.parametrize("goal", ["D12.1cc < 24 Gy", "D100cc < 24 Gy", "DC13cc < 24 Gy", "D101% < 24 Gy"])
def test_a_structure_smaller_than_the_volume_asked_for_passes_nothing(tmp_path, goal):
    """The box has 12 cc."""
    ran = check(write_plan(tmp_path / "plan"), constraints(f"PTV: {goal}"))
    assert (outcomes(ran), ran.status) == (["not_evaluated"], 3)


@pytest.mark.parametrize("structure", ["Liver - all GTV", "Liver & GTV", "Liver | GTV", "GTV + 5 mm", "all GTV"])
def test_an_expression_with_a_part_that_is_not_drawn_passes_nothing(tmp_path, structure):
    plan = write_plan(tmp_path / "plan", [box("Liver"), box("GTV", 2, type="GTV")], change=without(1))
    assert outcomes(check(plan, constraints(f"{structure}: Dmax < 24 Gy"))) == ["not_evaluated"]


def test_an_expression_of_which_nothing_is_left_passes_nothing(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("Liver"), box("GTV", 2, size_mm=(40.0, 40.0, 60.0), type="GTV")])
    (found,) = check(plan, constraints("Liver - GTV: Dmax < 24 Gy")).json()["constraints"]
    assert (found["outcome"], found["value"]) == ("not_evaluated", None)


def test_fractions_that_are_unknown_pass_nothing_that_needs_them(tmp_path):
    def change(files):
        del files.plan.FractionGroupSequence[0].NumberOfFractionsPlanned

    goals = ["EQD2[3] Dmax < 99 Gy", "BED[3] Dmean < 99 Gy", "Dmax < 3 Gy/fx"]
    ran = check(write_plan(tmp_path / "plan", change=change), constraints(*(f"PTV: {goal}" for goal in goals)))
    assert set(outcomes(ran)) == {"not_evaluated"}


@pytest.mark.parametrize(
    "line",
    [
        "{structure: PTV, goal: Dmax < 24 Gy, when: prescription > 60 Gy}",
        "{structure: PTV, goal: Dmax < 24 Gy, when: structure Heart exists}",
    ],
)
def test_a_protocol_of_which_nothing_applies_is_no_pass(tmp_path, line):
    ran = check(write_plan(tmp_path / "plan"), constraints(line))
    assert (outcomes(ran), ran.json()["verdict"], ran.status) == (["not_applicable"], "not_evaluated", 3)


@pytest.mark.parametrize("readings", ["combine: together", "combine: any"])
def test_one_kidney_of_two_is_not_both(tmp_path, readings):
    line = f"{{structure: [Kidney_L, Kidney_R], {readings}, goal: Dmean > 24 Gy}}"
    ran = check(write_plan(tmp_path / "plan", [box("Kidney_L")]), constraints(line))
    assert (outcomes(ran), ran.status) == (["not_evaluated"], 3)


def test_structures_derived_from_one_another_in_a_circle_pass_nothing_and_the_reason_says_so(tmp_path):
    circle = "structures:\n  A: {derive: B | PTV}\n  B: {derive: A | PTV}\n"
    ran = check(write_plan(tmp_path / "plan"), constraints("A: Dmax < 24 Gy", more=circle))
    (found,) = ran.json()["constraints"]
    assert (found["outcome"], ran.status) == ("not_evaluated", 3)
    assert "A is not contoured and is derived from itself" in found["notes"][0]


def test_a_limit_that_always_holds_proves_nothing(tmp_path):
    ran = check(write_plan(tmp_path / "plan"), constraints("PTV: V10Gy <= 100 %", "PTV: Dmax <= 4500 cGy"))
    assert outcomes(ran) == ["met", "met"]
    doubts = [each["text"] for each in ran.json()["warnings"] if each["code"] == "protocol.mistake"]
    assert len(doubts) == 1
    assert doubts[0].startswith('mine.yaml (line 4): "V10Gy <= 100 %" always holds')
