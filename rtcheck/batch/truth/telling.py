"""Grades in words and rows: what the terminal, the page, the PDF and the workbook share."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rtcheck.batch.truth.accepted import WORST_FIRST, Grade
from rtcheck.batch.truth.grading import GradedValue, Grades, Submission
from rtcheck.report.telling.outcomes import Kind
from rtcheck.report.telling.words import counted, listed

KINDS: Final[dict[Grade, Kind]] = {
    "unacceptable": "over",
    "not evaluated": "ne",
    "acceptable variation": "var",
    "per protocol": "met",
}


def summary(grades: Grades) -> str:
    """ "12 submissions: 1 unacceptable, 2 acceptable variation, 9 per protocol. 1 plan was not submitted."."""
    sent = Counter(each.grade for each in grades.submissions if not each.is_missing)
    parts = ", ".join(f"{sent[grade]} {grade}" for grade in WORST_FIRST if sent[grade])
    missing = len(grades.submissions) - sent.total()
    absent = f" {counted(missing, 'plan was', 'plans were')} not submitted." if missing else ""
    ungraded = f" Not in the truth table: {listed(grades.ungraded)}." if grades.ungraded else ""
    doubtful = sum(bool(each.doubts) for each in grades.submissions)
    in_doubt = f" {counted(doubtful, 'plan is', 'plans are')} in doubt." if doubtful else ""
    return f"{counted(sent.total(), 'submission')}{f': {parts}' if parts else ''}.{in_doubt}{absent}{ungraded}"


def open_values(grades: Grades) -> Iterator[tuple[Submission, GradedValue]]:
    """Every value that is not per protocol, by submission."""
    return ((sent, each) for sent in grades.submissions for each in sent.values if each.grade != "per protocol")


def value_of(sent: Submission, column: object) -> GradedValue | None:
    """The submission's value in a column of the table; None where the case has none."""
    return next((each for each in sent.values if each.column == column), None)


def grade_lines(grades: Grades) -> Iterator[str]:
    """The grades for the terminal: a line for each submission, and below it what is not per protocol."""
    for sent in grades.submissions:
        who = ", ".join(filter(None, (sent.site, sent.plan if sent.plan != sent.case else "")))
        yield f"{sent.case}{f' ({who})' if who else ''}: {sent.grade}" + (f": {sent.reason}" if sent.reason else "")
        for each in sent.values:
            if each.grade != "per protocol":
                yield f"    {each.column.name}: {each.found}; expected {each.expected}: {each.grade}"
        if sent.doubts:
            yield f"    In doubt: {sent.doubts}"
    yield summary(grades)
