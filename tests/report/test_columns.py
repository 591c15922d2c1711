"""Aligned columns: what stands below what, and what becomes of a narrow terminal's last column."""

from rtcheck.report.formats.columns import aligned

ROWS = [("Name", "cc", "Why"), ("Liver", "1280", "exact match"), ("GTV", "54", "")]


def test_numbers_stand_on_the_right_and_the_rule_is_as_wide_as_its_columns() -> None:
    assert aligned(ROWS, right=(1,), is_ruled=True) == [
        "Name     cc  Why",
        "-----  ----  -----------",
        "Liver  1280  exact match",
        "GTV      54",
    ]


def test_the_last_column_wraps_on_a_narrow_terminal_and_the_rule_does_not() -> None:
    rows = [("Name", "Why"), ("Liver", "one two three four five six"), ("GTV", "")]
    assert aligned(rows, width=27, is_ruled=True) == [
        "Name   Why",
        "-----  --------------------",
        "Liver  one two three four",
        "       five six",
        "GTV",
    ]
