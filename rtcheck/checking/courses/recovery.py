"""Earlier courses and the time since -> the share of each that still counts for a structure, by the protocol."""

from collections.abc import Sequence
from datetime import date, timedelta

from rtcheck.case import Course
from rtcheck.protocol.clinical.judgement import later
from rtcheck.protocol.file.model import Recovery
from rtcheck.values import dataclass

DAYS_PER_WEEK, FRACTIONS_PER_WEEK = 7, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """The share (0 to 1) of each course that counts, and notes on what was applied and what was not."""

    shares: tuple[float, ...]
    notes: tuple[str, ...] = ()


def remaining(courses: Sequence[Course], recoveries: Sequence[Recovery], structure: str) -> Remaining:
    """What counts of each course. All of it without a recovery of the structure, or where a date is missing.

    The time runs from the end of the earlier course to the date of the last plan. The end is not in the files: it is
    taken as the plan's date and one week for every five fractions, which a course takes at least.
    """
    rule = next((each for each in recoveries if each.structure == structure), None)
    whole = tuple(1.0 for _ in courses)
    if rule is None:
        return Remaining(shares=whole)
    last_day = last_planned_on(courses)
    if last_day is None:
        return Remaining(shares=whole, notes=("no recovery was applied: not every plan states its date",))
    shares, notes = [], []
    for course in courses:
        end = _end_of(course)
        has_recovered = end is not None and later(end, *rule.after) <= last_day
        shares.append(1 - rule.share if has_recovered else 1.0)
        if has_recovered:
            notes.append(
                f"of {course.label}, planned on {course.planned_on}, {100 * shares[-1]:g} % count: "
                f"more than {rule.after[1]} {rule.after[0]} before {last_day}"
            )
    if not notes:
        notes.append(f"no recovery was applied: no course ended {rule.after[1]} {rule.after[0]} before {last_day}")
    return Remaining(shares=tuple(shares), notes=tuple(notes))


def last_planned_on(courses: Sequence[Course]) -> date | None:
    """The date of the last plan; None where one has none."""
    days = [course.planned_on for course in courses if course.planned_on is not None]
    return max(days) if days and len(days) == len(courses) else None


def _end_of(course: Course) -> date | None:
    """The earliest day on which a course can have ended."""
    if course.planned_on is None or course.fractions is None:
        return None
    return course.planned_on + timedelta(days=DAYS_PER_WEEK * (course.fractions // FRACTIONS_PER_WEEK))
