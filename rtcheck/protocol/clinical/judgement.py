"""A clinical fact held against its rule -> an outcome, and what was found in words."""

import re
from datetime import date, timedelta
from math import isfinite
from typing import Literal

from rtcheck.patterns import pattern
from rtcheck.protocol.clinical.values import Facts, FactValue
from rtcheck.protocol.file.model import FactRule, TimeUnit
from rtcheck.protocol.language.scanner import number_text

FactOutcome = Literal["met", "violated", "not_evaluated", "not_applicable"]

MOST_OF_A_COUNT = 50.0
"""Times its lower limit, a blood count in 10^9/L is implausible: most likely it is per µL, 1000 times as high."""

_WORDS_OF_FLAGS = {True: ("yes", "true"), False: ("no", "false", "never", "none")}  # as a facts file has them
_MONTH = pattern(r"([0-9]{4})-([0-9]{2})$")
_BELOW = pattern(r"<\s*([0-9]+(?:\.[0-9]+)?)$")
_TIMES_ULN = pattern(r"([0-9]+(?:\.[0-9]+)?)\s*[x*×]\s*ULN$", re.IGNORECASE)
_CHILD_PUGH = pattern(r"(?:class\s*)?([ABC])?\s*\(?([0-9]{1,2})?\)?$", re.IGNORECASE)


def judge_fact(rule: FactRule, facts: Facts, reference_date: date | None = None) -> tuple[FactOutcome, str]:
    """The outcome of one fact, and what was found in words ("not given", "5 (class A)", "1.17 x ULN").

    `reference_date` is the day from which "6 months ago" counts; the date in the facts comes first.
    """
    value = facts.get(rule.fact)
    if rule.only_if and facts.get(rule.only_if) is False:
        return "not_applicable", f"{rule.only_if}: no"
    if value is None:
        return "not_evaluated", "not given"
    if rule.flag is not None:
        return _judge_flag(rule.flag, value)
    if rule.choices:
        return _judge_choice(rule, value)
    if rule.longer_ago_than is not None:
        return _judge_time(rule.longer_ago_than, value, facts.reference_date or reference_date)
    return _judge_number(rule, value, facts)


def _judge_flag(expected: bool, value: FactValue) -> tuple[FactOutcome, str]:
    if not isinstance(value, bool):
        return "not_evaluated", f'expected yes or no, found "{_text(value)}"'
    return _outcome(value is expected), "yes" if value else "no"


def _judge_choice(rule: FactRule, value: FactValue) -> tuple[FactOutcome, str]:
    """One of several words. Child-Pugh may be given as a class, a score or both: A, 5, A5."""
    found = _text(value)
    if rule.fact.startswith("child_pugh"):
        letter = _child_pugh_class(found)
        if letter is None:
            return "not_evaluated", f'expected a class A, B or C or a score of 5 to 15, found "{found}"'
        shown = letter if found.upper() == letter else f"{found} (class {letter})"
        return _outcome(letter in rule.choices), shown
    words = _WORDS_OF_FLAGS[value] if isinstance(value, bool) else (found.casefold(),)
    return _outcome(any(choice.casefold() in words for choice in rule.choices)), found


def _child_pugh_class(text: str) -> str | None:
    """A for scores of 5 and 6, B for 7 to 9, C for 10 to 15; None where class and score are absent or disagree."""
    found = _CHILD_PUGH.match(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    letter = found[1].upper() if found[1] else None
    if found[2] is None:
        return letter
    score = int(found[2])
    by_score = next((one for one, low, high in (("A", 5, 6), ("B", 7, 9), ("C", 10, 15)) if low <= score <= high), None)
    return by_score if letter in (None, by_score) else None


def _judge_number(rule: FactRule, value: FactValue, facts: Facts) -> tuple[FactOutcome, str]:
    assert rule.range is not None, "a fact rule has choices, a flag, a time or a range"
    if isinstance(value, float) and value < 0:  # what tables write where nothing was measured: -1, -99
        return "not_evaluated", f"expected a number of 0 or more, found {number_text(value)}"
    number, found = (_times_uln if rule.times_uln else _number)(rule, value, facts)
    if number is None or not isfinite(number):
        return "not_evaluated", found
    least = rule.range.low
    if "10^" in rule.unit and least and not rule.times_uln and number > MOST_OF_A_COUNT * least:
        return "not_evaluated", f"{found} is implausible: more than {MOST_OF_A_COUNT:g} times the limit; check the unit"
    is_met = rule.range.contains(number)
    if isinstance(value, str) and _BELOW.match(value):  # "< 20" tells about upper limits only, and only what is met
        is_met = rule.range.low is None and rule.range.high is not None and number <= rule.range.high
        return ("met", found) if is_met else ("not_evaluated", f"{found} is inconclusive")
    return _outcome(is_met), found


def _number(rule: FactRule, value: FactValue, _: Facts) -> tuple[float | None, str]:
    if isinstance(value, float):
        return value, f"{number_text(value)} {rule.unit}".rstrip()
    below = _BELOW.match(value) if isinstance(value, str) else None
    if below is None:
        return None, f'expected a number, found "{_text(value)}"'
    return float(below[1]), f"{value} {rule.unit}".rstrip()


def _times_uln(rule: FactRule, value: FactValue, facts: Facts) -> tuple[float | None, str]:
    """The fact in multiples of the laboratory's upper limit of normal."""
    stated = _TIMES_ULN.match(value) if isinstance(value, str) else None
    if stated is not None:
        return float(stated[1]), _text(value)
    if not isinstance(value, float):
        return None, f'expected a number, found "{_text(value)}"'
    limit = facts.uln.get(rule.fact)
    if limit is None:
        return None, f"the upper limit of normal is not given: {rule.fact}_uln"
    ratio = round(value / limit, 12)  # 25.65 / 17.1 is 1.5, not 1.4999999999999998
    return ratio, f"{number_text(value)} / {number_text(limit)} = {ratio:.4g} x ULN"


def _judge_time(span: tuple[TimeUnit, int], value: FactValue, reference_date: date | None) -> tuple[FactOutcome, str]:
    """Longer ago than `span` before the reference date: the same day so many months later still counts as within."""
    if value is False:
        return "met", "never"
    day = _last_day(value)
    if day is None:
        return "not_evaluated", f'expected a date such as 2025-03-31, or never, found "{_text(value)}"'
    if reference_date is None:
        return "not_evaluated", f"{_text(value)}, but no reference date is known: give reference_date"
    return _outcome(later(day, *span) < reference_date), f"{_text(value)}, as of {reference_date.isoformat()}"


def _last_day(value: FactValue) -> date | None:
    """The day, or the last day of a month given as 2025-03: a time span must hold for every day that is meant."""
    if isinstance(value, date):
        return value
    month = _MONTH.match(value) if isinstance(value, str) else None
    if month is None or not 1 <= int(month[2]) <= 12:
        return None
    year, number = int(month[1]), int(month[2])
    return date(year, number, _days_in(year, number))


def later(day: date, unit: TimeUnit, count: int) -> date:
    """`day` plus calendar days, weeks, months or years, at most the last day of the calendar.

    The 31st becomes the last day of a shorter month.
    """
    try:
        if unit in ("days", "weeks"):
            return day + timedelta(days=count * (7 if unit == "weeks" else 1))
        months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(day.day, _days_in(year, month)))
    except (OverflowError, ValueError):
        return date.max


def _days_in(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def _outcome(is_met: bool) -> FactOutcome:
    return "met" if is_met else "violated"


def _text(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value)
    return value.isoformat() if isinstance(value, date) else value
