"""Ranges and conditions: what they read, where their ends belong, what they refuse."""

import pytest

from rtcheck.errors import GoalSyntaxError
from rtcheck.protocol.language.ranges import parse_condition, parse_range

RANGES = [
    ("50-60 Gy", "Gy", (50, 60, False, False)),
    ("50 Gy - 60 Gy", "Gy", (50, 60, False, False)),
    ("50 to 60 Gy", "Gy", (50, 60, False, False)),
    ("50..60 Gy", "Gy", (50, 60, False, False)),
    ("50–60 Gy", "Gy", (50, 60, False, False)),
    ("5000-6000 cGy", "Gy", (50, 60, False, False)),
    ("37.5-67.5 Gy", "Gy", (37.5, 67.5, False, False)),
    ("2 Gy", "Gy/fx", (2, 2, False, False)),
    ("2.5-4.5 Gy per fraction", "Gy/fx", (2.5, 4.5, False, False)),
    ("25-30", "fractions", (25, 30, False, False)),
    ("5 fractions", "fractions", (5, 5, False, False)),
    ("15", "fractions", (15, 15, False, False)),
    ("6-10 MV", "MV", (6, 10, False, False)),
    ("<= 21 days", "days", (None, 21, False, False)),
    (">= 54 Gy", "Gy", (54, None, False, False)),
    ("> 54 Gy", "Gy", (54, None, True, False)),
    (">= 20 and < 30 Gy", "Gy", None),
    (">= 20 Gy and < 30 Gy", "Gy", (20, 30, False, True)),
    ("50-60", "Gy", None),
    ("60-50 Gy", "Gy", None),
    ("50-60 Gy daily", "Gy", None),
    ("many", "fractions", None),
    ("25-", "fractions", None),
]


@pytest.mark.parametrize(("text", "unit", "expected"), RANGES)
def test_a_range_is_read_or_refused(text: str, unit: str, expected: tuple[float, float, bool, bool] | None) -> None:
    if expected is None:
        with pytest.raises(GoalSyntaxError):
            parse_range(text, unit)
        return
    found = parse_range(text, unit)
    assert (found.low, found.high, found.low_strict, found.high_strict) == expected
    assert found.text == text


def test_both_ends_of_an_interval_belong_to_it() -> None:
    interval = parse_range("50-60 Gy", "Gy")
    assert [interval.contains(dose_gy) for dose_gy in (49.999, 50, 60, 60.001)] == [False, True, True, False]


def test_a_strict_end_does_not_belong_to_the_range() -> None:
    open_range = parse_range("< 60 Gy", "Gy")
    assert [open_range.contains(dose_gy) for dose_gy in (59.999, 60)] == [True, False]


def test_a_tolerance_widens_inclusive_ends_and_never_strict_ones() -> None:
    assert parse_range("2.5-4.5 Gy", "Gy").contains(2.5 - 1e-9)
    assert not parse_range("> 2.5 Gy", "Gy").contains(2.5)


def test_a_missing_unit_is_underlined_behind_the_range() -> None:
    with pytest.raises(GoalSyntaxError) as caught:
        parse_range("50-60", "Gy")
    assert (caught.value.reason, caught.value.start) == ('expected a unit after "50-60": Gy', 5)


def test_conditions_on_the_plan_hold_a_range() -> None:
    prescription = parse_condition("prescription >= 54 Gy")
    assert (prescription.kind, prescription.range and prescription.range.low) == ("prescription", 54)
    fractions = parse_condition("fractions 3-5")
    assert (fractions.kind, fractions.range and fractions.range.high) == ("fractions", 5)


def test_conditions_on_structures_hold_the_name() -> None:
    exists, missing = parse_condition("structure Stomach exists"), parse_condition('structure "Left lung" missing')
    assert [(one.kind, one.name) for one in (exists, missing)] == [
        ("structure_exists", "Stomach"),
        ("structure_missing", "Left lung"),
    ]


def test_conditions_on_facts_hold_a_rule() -> None:
    plain, stated = parse_condition("fact diabetes"), parse_condition("fact child_pugh is B")
    assert plain.rule is not None
    assert plain.rule.flag is True
    assert stated.rule is not None
    assert stated.rule.choices == ("B",)


@pytest.mark.parametrize("text", ["", "prescription", "prescription 54", "structure Stomach", "stomach exists", "fact"])
def test_other_conditions_are_refused(text: str) -> None:
    with pytest.raises(GoalSyntaxError):
        parse_condition(text)
