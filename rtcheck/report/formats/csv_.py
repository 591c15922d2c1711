"""Report -> CSV: one row per constraint, numbers in full, safe to open in a spreadsheet.

The verdict, the warnings and the doubts of the whole report are in every row; without constraints they have a row to
themselves.

A byte order mark stands first only where a text is not plain ASCII: Excel reads such files wrongly without one, and
all other readers are spared it elsewhere.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from math import inf, isinf

from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.telling import Telling, telling_of
from rtcheck.results import Report

HEADINGS = (
    "patient_id", "plan", "plan_uid", "protocol", "protocol_version", "verdict", "structure", "matched", "metric",
    "goal", "limit", "value", "unit", "uncertainty", "low", "high", "least", "most", "margin", "outcome", "borderline",
    "priority", "variation", "readings", "notes", "source", "scale_at_limit", "worst_under_shifts", "held_scenarios",
    "varied_scenarios", "evaluated_scenarios", "other_programs", "warnings", "doubts", "reference_gy",
)  # fmt: skip
_RUN_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = "\ufeff"
_PLAIN_QUOTES = str.maketrans("“”", '""')

Cell = str | float | bool | None


def render(report: Report, *, anonymous: bool = False) -> str:
    """The table as text; `anonymous` leaves the columns that identify the patient empty."""
    telling = telling_of(report, anonymous=anonymous)
    about, shifted, compared = _about(report, telling), _under_shifts(report), _other_programs(telling)
    last = tuple("; ".join(f"{line.code}: {line.text}" for line in each) for each in (telling.warnings, telling.doubts))
    rows = [
        (
            *(*about, *_values(row)),
            *shifted.get(_asked(row), (None,) * 4),
            *(compared.get(_asked(row), ""), *last, row.result.measurement.reference_gy),
        )
        for row in telling.rows
    ]
    without_constraints = (*about, *[None] * (len(HEADINGS) - len(about) - len(last) - 1), *last, None)
    return table_text(HEADINGS, rows or [without_constraints])


def table_text(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Any table as CSV text, in which nothing is run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([_cell(value) for value in row] for row in rows)
    text = out.getvalue()
    return text if text.isascii() else _BOM + text


def _about(report: Report, telling: Telling) -> tuple[Cell, ...]:
    """What is the same in every row: so that the files of many plans can be joined."""
    plan, protocol = report.case.plan, report.protocol
    is_hidden = telling.is_anonymous
    return (
        None if is_hidden else report.case.patient.id,
        None if is_hidden or plan is None else plan.label,
        None if is_hidden or plan is None else plan.sop_instance_uid,
        protocol.name,
        protocol.version,
        report.verdict,
    )


def _values(row: Row) -> tuple[Cell, ...]:
    result = row.result
    measurement, goal = result.measurement, result.goal
    least, most = (None if isinf(bound) else bound for bound in measurement.bounds or (inf, inf))
    return (
        row.structure,
        row.matched.translate(_PLAIN_QUOTES),
        goal.metric.text,
        goal.text,
        goal.limit,
        measurement.value,
        measurement.unit,
        measurement.uncertainty,
        measurement.low,
        measurement.high,
        least,
        most,
        result.margin,
        result.outcome,
        result.is_borderline,
        result.constraint.priority,
        result.constraint.variation.text if result.constraint.variation else "",
        "; ".join(f"{reading.label}: {reading.value}, {reading.word.text.lower()}" for reading in row.readings),
        " ".join((*row.remarks, *row.where)),
        row.citation,
        result.headroom.scale if result.headroom else None,
    )


def _asked(row: Row) -> tuple[str, str]:
    """What tells a constraint from the others: its structure and goal."""
    return row.structure, row.result.goal.text


def _under_shifts(report: Report) -> dict[tuple[str, str], tuple[Cell, ...]]:
    """For each constraint the worst value under shifts, and in how many scenarios it holds, varies, has a value."""
    found = report.robustness.constraints if report.robustness else ()
    return {
        (each.structure, each.goal): (each.worst, each.passing, each.within_variation, each.evaluated) for each in found
    }


def _other_programs(telling: Telling) -> dict[tuple[str, str], str]:
    """For each constraint: its metric as other programs have it, in words."""
    told = {
        (line.structure, line.metric): "; ".join(f"{name}: {value}" for name, value, _ in line.others)
        for line in telling.checks
    }
    return {_asked(row): told.get((row.structure, row.result.goal.metric.text), "") for row in telling.rows}


def _cell(value: Cell) -> str:
    """The value as text; texts that a spreadsheet would run as a formula get an apostrophe before them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return repr(value)
    return inert(value)


def inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_RUN_AS_FORMULA) else text
