"""Where a limit is broken, on shapes whose overlap and hot corner are known by hand."""

from dataclasses import replace

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, gradient

from rtcheck.checking.check import check
from rtcheck.checking.places import dose_at_gy

STOMACH = replace(cube(20.0, corner=(0.0, 0.0, 0.0)), name="Stomach", type="ORGAN")
PTV = replace(cube(20.0, corner=(15.0, 0.0, 0.0)), name="PTV", type="PTV")
DOSE = dose_over(-20.0, 60.0, 2.0, gradient("x", centre_gy=40.0))
PROTOCOL = "name: x\nconstraints: [{structure: Stomach, goal: Dmax < 54 Gy}]\n"


def test_the_place_names_the_hot_face_the_excess_and_the_part_inside_the_target(tmp_path):
    # 1 Gy/mm from 40 Gy at x = 0: 60 Gy at the face x = 20, 54 Gy at x = 14: 6 x 20 x 20 mm = 2.4 cc exceed;
    # the PTV begins at x = 15: 5 x 20 x 20 mm = 2.0 cc of the stomach lie inside it
    (result,) = check(case_of([STOMACH, PTV], DOSE), protocol_of(tmp_path, PROTOCOL)).results
    place = result.place
    assert place.position_mm[0] == pytest.approx(20.0, abs=1e-6)
    assert place.dose_gy == pytest.approx(60.0, abs=1e-4)
    assert place.over_limit_cc == pytest.approx(2.4, rel=1e-3)
    assert place.inside_targets_cc == pytest.approx(2.0, rel=1e-6)
    assert "2.00 cc of Stomach lie inside PTV" in place.sentences[0]


def test_an_organ_apart_from_the_target_is_said_to_be_so(tmp_path):
    far = replace(cube(10.0, corner=(40.0, 40.0, 40.0)), name="PTV", type="PTV")
    (result,) = check(case_of([STOMACH, far], DOSE), protocol_of(tmp_path, PROTOCOL)).results
    assert result.place.inside_targets_cc == 0.0
    assert "does not overlap with PTV" in result.place.sentences[0]


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (
            "D0.03cc <= 50 Gy",
            "4.00 cc of Stomach lie inside PTV_70 and PTV_56: they cannot be spared while these targets",
        ),
        ("V60Gy <= 0.1 cc", "2.00 cc of Stomach lie inside PTV_70: they cannot be spared while the target is covered"),
        ("D0.03cc <= 75 Gy", "4.00 cc of Stomach lie inside PTV_70 and PTV_56"),
        ("EQD2[3] D0.03cc <= 50 Gy", "4.00 cc of Stomach lie inside PTV_70 and PTV_56"),
    ],
)
def test_only_targets_that_overlap_and_whose_own_level_exceeds_the_limit_cannot_be_spared(tmp_path, goal, said):
    """8 cc of which x > 15 lie in PTV_70 and x < 5 in PTV_56; PTV_50 lies elsewhere."""
    boxes = {"PTV_70": (15.0, 0.0, 0.0), "PTV_56": (-15.0, 0.0, 0.0), "PTV_50": (0.0, 30.0, 0.0)}
    targets = [
        replace(cube(20.0, corner=at), name=name, number=n, type="PTV") for n, (name, at) in enumerate(boxes.items(), 2)
    ]
    case = case_of([STOMACH, *targets], dose_over(-40.0, 60.0, 2.0, 78.0), prescription_gy=70.0, fractions=30)
    text = "name: x\nprescription: {targets: {PTV_70: 70 Gy, PTV_56: 56 Gy, PTV_50: 50 Gy}}\n"
    report = check(case, protocol_of(tmp_path, f"{text}constraints: [{{structure: Stomach, goal: '{goal}'}}]\n"))
    sentence = report.results[0].place.sentences[0]
    assert sentence.startswith(said)
    assert ("cannot be spared" in sentence) == ("cannot be spared" in said)


def test_a_constraint_with_room_has_no_place(tmp_path):
    text = "name: x\nconstraints: [{structure: Stomach, goal: Dmax < 90 Gy}]\n"
    (result,) = check(case_of([STOMACH, PTV], DOSE), protocol_of(tmp_path, text)).results
    assert result.place is None


def test_beams_are_ranked_by_their_share_of_the_dose_at_the_hot_point(tmp_path):
    half = replace(DOSE, dose_gy=DOSE.dose_gy * 0.25)
    rest = replace(DOSE, dose_gy=DOSE.dose_gy * 0.75)
    case = replace(case_of([STOMACH], DOSE), beam_doses={1: half, 2: rest})
    (result,) = check(case, protocol_of(tmp_path, PROTOCOL)).results
    assert [(name, round(share, 6)) for name, share in result.place.beams] == [("beam 2", 0.75), ("beam 1", 0.25)]


def test_the_dose_between_nodes_is_trilinear_and_outside_zero():
    assert dose_at_gy(DOSE, (3.3, 1.7, -2.9)) == pytest.approx(43.3, abs=1e-4)
    assert dose_at_gy(DOSE, (300.0, 0.0, 0.0)) == 0.0


def test_nothing_exceeds_a_limit_that_is_met_on_the_dot(tmp_path):
    text = "name: x\nconstraints: [{structure: Stomach, goal: Dmax <= 60 Gy}]\n"
    (result,) = check(case_of([STOMACH, PTV], DOSE), protocol_of(tmp_path, text)).results
    assert (result.outcome, result.is_borderline) == ("met", True)
    assert result.place.over_limit_cc is None


def test_a_target_is_not_said_to_lie_inside_targets(tmp_path):
    text = "name: x\nconstraints: [{structure: PTV, goal: Dmax < 50 Gy}]\n"
    (result,) = check(case_of([STOMACH, PTV], DOSE), protocol_of(tmp_path, text)).results
    assert (result.place.inside_targets, result.place.sentences) == ((), ())


def test_a_target_that_is_not_covered_names_its_cold_face_and_what_falls_short(tmp_path):
    # 1 Gy/mm: the PTV from x = 15 (55 Gy) to 35 (75 Gy); below 60 Gy lie 5 x 20 x 20 mm = 2 of its 8 cc
    text = "name: x\nconstraints: [{structure: PTV, goal: D95% >= 60 Gy}, {structure: PTV, goal: V60Gy >= 95 %}]\n"
    dose, volume = check(case_of([PTV], DOSE), protocol_of(tmp_path, text)).results
    assert dose.place.is_cold
    assert dose.place.position_mm[0] == pytest.approx(15.0, abs=1e-6)
    assert dose.place.dose_gy == pytest.approx(55.0, abs=1e-4)
    assert dose.place.under_limit_cc == pytest.approx(2.0, rel=1e-3)
    assert volume.place.under_limit_cc == pytest.approx(0.95 * 8 - 6.0, rel=1e-3)
    assert dose.place.over_limit_cc is None


def test_a_percentage_over_its_limit_is_told_in_cc(tmp_path):
    # above 50 Gy: x from 10 to 20, half of the 8 cc; 10 % may be
    text = "name: x\nconstraints: [{structure: Stomach, goal: V50Gy <= 10 %}]\n"
    (result,) = check(case_of([STOMACH], DOSE), protocol_of(tmp_path, text)).results
    assert result.place.over_limit_cc == pytest.approx(0.4 * 8, rel=1e-3)


def test_the_targets_of_a_failing_plan_are_drawn(tmp_path):
    report = check(case_of([STOMACH, PTV], DOSE), protocol_of(tmp_path, PROTOCOL))
    assert report.verdict == "fail"
    assert {drawing.name for drawing in report.drawings()} >= {"Stomach", "PTV"}
