"""Score curves: points by hand on the straight lines between stated points, and never a change of the verdict."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import rtcheck
from rtcheck.checking.scoring import score_of
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.errors import ProtocolError
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.model import Constraint, ScorePoint
from rtcheck.protocol.file.score_curve import points_at
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.report.pages.comparison.compared import comparison_of
from rtcheck.results import Result

SAMPLE = Path(__file__).parents[2] / "sample_dicom" / "apatinib_50gy_passes"
FALLING = (ScorePoint(value=20, points=10), ScorePoint(value=24, points=5), ScorePoint(value=26, points=0))


@pytest.mark.parametrize(("value", "points"), [(0, 10), (20, 10), (22, 7.5), (24, 5), (25, 2.5), (26, 0), (80, 0)])
def test_points_are_linear_between_the_stated_ones_and_constant_beyond(value, points):
    assert points_at(FALLING, value) == pytest.approx(points)
    assert points_at(FALLING[::-1], value) == pytest.approx(points)  # the order of the points does not matter


@pytest.mark.parametrize(("value", "points"), [(19.9, 10), (20, 10), (20.1, 0)])
def test_a_step_gives_the_higher_score_at_its_value(value, points):
    step = (ScorePoint(value=20, points=10), ScorePoint(value=20, points=0))
    assert points_at(step, value) == points


def result(outcome="met", *, is_not_drawn=False, **measured) -> Result:
    goal = parse_goal("Dmean <= 24 Gy")
    constraint = Constraint(structures=("Liver",), goal=goal, score=FALLING)
    measurement = Measurement(unit="Gy", **measured)
    return Result(
        structure="Liver", goal=goal, constraint=constraint, measurement=measurement, outcome=outcome,
        is_not_drawn=is_not_drawn,
    )  # fmt: skip


def test_a_missing_structure_scores_0_of_its_maximum_and_says_so():
    score = score_of(result("not_evaluated", value=None, undefined="Liver was not found"))
    assert score is not None
    assert (score.points, score.maximum) == (0, 10)
    assert "no value" in score.reason


def test_a_structure_that_is_not_drawn_scores_0_but_a_condition_that_does_not_hold_counts_nothing():
    drawn = score_of(result("not_applicable", value=None, is_not_drawn=True))
    assert drawn is not None
    assert (drawn.points, drawn.maximum) == (0, 10)
    assert score_of(result("not_applicable", value=None)) is None


def test_a_value_between_bounds_scores_the_least_that_they_allow():
    score = score_of(result(value=22, bounds=(22.0, 25.0)))
    assert score is not None
    assert score.points == pytest.approx(2.5)


PROTOCOL = """
name: ours
constraints:
  - structure: SpinalCord
    goal: Dmax < 45 Gy
    score: [4 at 0 Gy, 0 at 4500 cGy]
  - structure: Nothing_Such
    goal: Dmean < 5 Gy
    priority: advisory
    score: [6 at 0 Gy, 0 at 5 Gy]
  - structure: SpinalCord
    goal: Dmean < 45 Gy
"""


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """The sample plan with and without the score curves."""
    file = tmp_path_factory.mktemp("scores") / "ours.yaml"
    file.write_text(PROTOCOL, encoding="utf-8")
    protocol = load_protocol(file)
    plain = replace(protocol, constraints=tuple(replace(one, score=()) for one in protocol.constraints))
    case = rtcheck.read_case(SAMPLE)
    return protocol, rtcheck.check(case, protocol), rtcheck.check(case, plain)


def test_a_report_has_total_maximum_and_percentage_and_the_same_verdict_as_without(checked):
    _, scored, plain = checked
    dose_gy = scored.results[0].measurement.value
    points = 4 * (1 - dose_gy / 45)  # the straight line from 4 at 0 Gy to 0 at 45 Gy
    assert scored.score.points == pytest.approx(points)
    assert scored.score.maximum == 10
    assert scored.score.percent == pytest.approx(10 * points)
    assert scored.score.unscored == ("Nothing_Such",)
    assert (scored.verdict, scored.exit_status, scored.reason) == (plain.verdict, plain.exit_status, plain.reason)
    assert plain.score is None


def test_every_format_states_the_score(checked):
    _, scored, _ = checked
    said = f"{scored.score.points:.4g} of 10 points"
    for text in (scored.to_html(), scored.to_markdown(), scored.to_junit(), str(scored)):
        assert said in text
    assert f"Score {scored.score.points:.4g} of 4 points" in scored.to_csv()
    assert scored.to_html().count('class="score-curve"') == 2
    values = json.loads(scored.to_json())
    assert values["score"]["points"] == scored.score.points
    assert values["constraints"][1]["score"]["points"] == 0
    assert values["constraints"][2]["score"] is None


def test_a_comparison_ranks_plans_by_score(checked):
    _, scored, plain = checked
    plans = comparison_of([scored, scored, plain], ["a", "b", "c"]).plans
    assert [plan.rank for plan in plans] == [1, 1, None]


def test_a_score_survives_the_protocol_file(checked, tmp_path):
    protocol, _, _ = checked
    file = tmp_path / "again.yaml"
    file.write_text(protocol_to_yaml(protocol), encoding="utf-8")
    assert [one.score for one in load_protocol(file).constraints] == [one.score for one in protocol.constraints]
    assert protocol.constraints[0].score == (ScorePoint(value=0, points=4), ScorePoint(value=45, points=0))


@pytest.mark.parametrize("point", ["10", "10 at 20", "10 at 20 cc", "ten at 20 Gy", "1.2.3 at 20 Gy", "10 at V20Gy"])
def test_a_point_of_another_form_is_an_error_with_its_place(tmp_path, point):
    file = tmp_path / "bad.yaml"
    file.write_text(f"name: a\nconstraints:\n  - {{structure: Liver, goal: Dmean < 24 Gy, score: ['{point}']}}\n")
    with pytest.raises(ProtocolError, match=r"bad\.yaml:3: .*points at a value"):
        load_protocol(file)
