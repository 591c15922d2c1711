"""The courses of a sum in words: each course's own dose next to the sum, and what is left to every limit."""

from datetime import date
from math import ceil, floor

from rtcheck.report.telling.amounts import NOTHING
from rtcheck.report.telling.manner import Manner
from rtcheck.report.telling.outcomes import Kind
from rtcheck.report.telling.words import typeset
from rtcheck.results import CourseList, Cumulative, Report
from rtcheck.values import dataclass

_EXACT = 1e-6
"""Of a hundredth of a Gy: what is a round number but for the last digits of binary fractions stays as it is."""

HIGHEST = "Each course alone has its own hottest part, so these values need not add up. Of bounds the highest is given."

VALUES = (
    "Their values are added, as if the hottest parts of an organ and the coldest of a target were the same in each."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine:
    """One limit over all courses: what each gives (`own`), what they give together, and what is left."""

    kind: Kind
    constraint: str
    own: tuple[str, ...]
    together: str
    left: str
    may_add: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as a block of short lines."""
        return (self.constraint, *(f"  {each}" for each in (*self.own, self.together, self.left, self.may_add) if each))

    @property
    def text(self) -> str:
        """All of it in one line."""
        return f"{self.constraint}: {'; '.join(filter(None, (*self.own, self.together, self.left, self.may_add)))}"


def courses_heading(report: Report, manner: Manner) -> str:
    """The courses with their fractions and dates; "" where there is no sum, or no limit on dose in it."""
    found = report.courses
    if found is None or not found.limits:
        return ""
    listed = (
        f"{name} ({_facts(fractions, day, manner)})"
        for name, fractions, day in zip(_names(found, manner), found.fractions, found.planned_on, strict=True)
    )
    is_by_values = report.case.dose_sum is not None and report.case.dose_sum.is_by_values
    what, how = ("parts", VALUES) if is_by_values else ("courses", HIGHEST)
    return f"{len(found.labels)} {what}: {', '.join(listed)}. {how}"


def course_lines(report: Report, manner: Manner) -> tuple[CourseLine, ...]:
    """A line for every upper dose limit over all courses."""
    found = report.courses
    return tuple(_line(each, found, _names(found, manner)) for each in found.limits) if found else ()


def _names(found: CourseList, manner: Manner) -> tuple[str, ...]:
    if manner.is_anonymous:
        return tuple(f"course {number}" for number in range(1, len(found.labels) + 1))
    return found.labels


def _facts(fractions: int | None, day: date | None, manner: Manner) -> str:
    given = f"{fractions} fraction{'' if fractions == 1 else 's'}" if fractions else "fractions not stated"
    planned = f"planned on {day.isoformat()}" if day else "without a date"
    return given if manner.is_anonymous else f"{given}, {planned}"


def _line(each: Cumulative, found: CourseList, names: tuple[str, ...]) -> CourseLine:
    own = tuple(
        f"{name} {_doses(course.physical_gy, course.eqd2_gy, each, share=course.share)}"
        for name, course in zip(names, each.courses, strict=True)
    )
    return CourseLine(
        kind=_kind(each),
        constraint=f"{each.structure} {typeset(each.goal)}",
        own=own,
        together=f"together {_doses(each.physical_gy, each.eqd2_gy, each)}",
        left=_left(each),
        may_add=_may_add(each, found, names),
    )


def _kind(each: Cumulative) -> Kind:
    if each.remaining_gy is None:
        return "ne"
    return "over" if (each.remaining_gy < 0 if each.is_upper else each.remaining_gy > 0) else "met"


def _doses(physical_gy: float | None, eqd2_gy: float | None, each: Cumulative, *, share: float = 1.0) -> str:
    """ "45.00 Gy (EQD2[2] 42.75 Gy)"; of the EQD2 only that `share` may count, and all of the physical dose."""
    if each.alpha_beta_gy is None:
        return _gy(physical_gy)
    counted = f", of which {100 * share:g} % count" if share < 1 else ""
    return f"{_gy(physical_gy)} (EQD2[{each.alpha_beta_gy:g}] {_gy(eqd2_gy)}{counted})"


def _gy(dose_gy: float | None) -> str:
    return NOTHING if dose_gy is None else f"{dose_gy:.2f} Gy"


def _unit(each: Cumulative) -> str:
    return f" EQD2[{each.alpha_beta_gy:g}]" if each.is_eqd2 and each.alpha_beta_gy else ""


def _left(each: Cumulative) -> str:
    if each.remaining_gy is None:
        return "what is left to the limit is not known"
    if each.remaining_gy < 0:
        return f"{_gy(-each.remaining_gy)}{_unit(each)} above the limit"
    left = "left to" if each.is_upper else "below"
    return f"{_gy(each.remaining_gy)}{_unit(each)} {left} the limit"


def _per_fraction(dose_gy: float, count: int, each: Cumulative) -> str:
    """What each of the fractions to come may give, or has to: rounded to the side on which the limit is met."""
    what = "1 more fraction" if count == 1 else f"{count} more fractions"
    steps = floor(100 * dose_gy + _EXACT) if each.is_upper else ceil(100 * dose_gy - _EXACT)
    return f"{what}: {'up to' if each.is_upper else 'at least'} {_gy(steps / 100)}{'' if count == 1 else ' each'}"


def _may_add(each: Cumulative, found: CourseList, names: tuple[str, ...]) -> str:
    """What the last course may add to the hottest part of the others, or each of the fractions to come."""
    if found.fractions_left is not None:
        return "" if each.per_fraction_gy is None else _per_fraction(each.per_fraction_gy, found.fractions_left, each)
    if found.last is None or each.last_may_add_gy is None:
        return ""
    others = "the other course" if len(names) == 2 else "the other courses"
    if each.last_may_add_gy <= 0:
        return f"{others} alone reach the limit" if len(names) > 2 else f"{others} alone reaches the limit"
    return f"{names[found.last]} may add {_gy(each.last_may_add_gy)}{_unit(each)} to the hottest part of {others}"
