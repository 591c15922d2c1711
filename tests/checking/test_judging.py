"""The rules of ARCHITECTURE: which side of a limit an equal value falls, bounds, margins, borderline."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rtcheck.checking.rules import is_borderline, is_met, judge, margin_of, worst
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.protocol.file.model import Range
from rtcheck.protocol.language.goal import parse_goal


def measured(value, **more):
    return Measurement(value=value, unit="Gy", **more)


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        ("Dmean < 24 Gy", 24.0, False),
        ("Dmean <= 18 Gy", 18.0, True),
        ("Dmean < 24 Gy", 23.9, True),
        ("D95% >= 50 Gy", 50.0, True),
        ("D95% > 50 Gy", 50.0, False),
        ("D95% >= 50 Gy", 49.9, False),
        ("Dmean <= 18 Gy", 18.0 * (1 + 9e-7), True),
        ("Dmean <= 18 Gy", 18.0 * (1 + 1.1e-6), False),
        ("Dmean < 24 Gy", 24.0 * (1 - 9e-7), False),
        ("Dmean < 24 Gy", 24.0 * (1 - 1.1e-6), True),
    ],
)
def test_a_value_within_a_millionth_of_the_limit_counts_as_equal_to_it(goal, value, met):
    assert is_met(parse_goal(goal), value) is met


@given(value=some.floats(0, 100), limit=some.floats(0.1, 100))
def test_of_a_limit_and_its_opposite_exactly_one_is_met(value, limit):
    upper, lower = parse_goal(f"Dmean < {limit:.12f} Gy"), parse_goal(f"Dmean >= {limit:.12f} Gy")
    assert is_met(upper, value) != is_met(lower, value)


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ((10.0, 20.0), "met"),
        ((25.0, 30.0), "violated"),
        ((10.0, 30.0), "not_evaluated"),
        ((10.0, 24.0), "not_evaluated"),
    ],
)
def test_a_clipped_structure_meets_only_if_both_bounds_meet_and_violates_only_if_both_violate(bounds, outcome):
    found, reason = judge(parse_goal("Dmean < 24 Gy"), measured(bounds[0], bounds=bounds))
    assert found == outcome
    assert ("outside the dose grid" in reason) == (outcome == "not_evaluated")


@pytest.mark.parametrize("value", [None, math.nan])
def test_no_value_is_never_met_nor_violated(value):
    assert judge(parse_goal("Dmean < 24 Gy"), measured(value))[0] == "not_evaluated"
    assert judge(parse_goal("Dmean > 24 Gy"), measured(value, undefined="empty")) == ("not_evaluated", "empty")


def test_the_margin_is_what_is_to_spare_on_either_side():
    assert margin_of(parse_goal("Dmean < 24 Gy"), measured(20.0)) == pytest.approx(4.0)
    assert margin_of(parse_goal("D95% >= 50 Gy"), measured(48.0)) == pytest.approx(-2.0)
    assert margin_of(parse_goal("Dmean < 24 Gy"), measured(10.0, bounds=(10.0, 30.0))) == pytest.approx(-6.0)
    assert margin_of(parse_goal("Dmean < 24 Gy"), measured(None)) is None


def test_a_limit_inside_the_band_or_within_the_uncertainty_is_borderline():
    goal = parse_goal("Dmax < 54 Gy")
    assert is_borderline(goal, measured(53.6, low=53.2, high=54.2))
    assert not is_borderline(goal, measured(53.6, low=53.2, high=53.9))
    assert is_borderline(goal, measured(53.95, uncertainty=0.06))
    assert not is_borderline(goal, measured(53.9, uncertainty=0.06))


@pytest.mark.parametrize(
    ("allowed", "value", "inside"),
    [
        (Range(low=37.5, high=67.5), 37.5, True),
        (Range(low=37.5, high=67.5), 67.5 + 1e-7, True),
        (Range(low=37.5, high=67.5), 67.6, False),
        (Range(low=37.5, low_strict=True), 37.5, False),
        (Range(high=21.0, high_strict=True), 21.0, False),
        (Range(low=15, high=15), 15, True),
        (Range(), 1e9, True),
    ],
)
def test_a_range_holds_its_ends_unless_they_are_strict(allowed, value, inside):
    assert allowed.contains(value) is inside


def test_the_worst_of_several_outcomes_stands_for_all():
    assert worst(("met", "not_evaluated", "violated")) == "violated"
    assert worst(("met", "not_evaluated", "variation")) == "not_evaluated"
    assert worst(()) == "not_applicable"
