"""Report -> CSV: one row per constraint and per plan check, numbers in full and as the other reports show them.

The verdict and its doubts are in every row, the warnings of the whole report in the first; without constraints they
have a row to themselves.
"""

from math import inf, isinf

from rtcheck.csv_table import PLAIN, Cell, CsvForm, table_text
from rtcheck.report.telling.constraint import Row, numbered
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.style import PLAIN as PLAIN_STYLE
from rtcheck.report.telling.style import ReportStyle
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.results import CheckItem, Repeated, Report, Result, RobustConstraint, SampledConstraint
from rtcheck.units import PER_GY, DoseUnit

HEADINGS = (
    "patient_id", "plan", "plan_uid", "protocol", "protocol_version", "verdict", "structure", "matched", "metric",
    "goal", "limit", "value", "unit", "uncertainty", "low", "high", "least", "most", "margin", "outcome", "borderline",
    "priority", "variation", "readings", "notes", "source", "scale_at_limit", "worst_under_shifts", "held_scenarios",
    "varied_scenarios", "evaluated_scenarios", "other_programs", "warnings", "doubts", "reference_gy",
    "shown_value", "shown_margin", "worst_of_scenarios", "held_in_scenarios", "scenarios",
    "probability", "probability_low", "probability_high", "least_of_samples", "most_of_samples",
)  # fmt: skip
_PLAIN_QUOTES = str.maketrans("“”", '""')


def render(report: Report, *, anonymous: bool = False, form: CsvForm = PLAIN, style: ReportStyle = PLAIN_STYLE) -> str:
    """The table as text; `anonymous` leaves the columns that identify the patient empty."""
    telling = told_in(report, style.unit, anonymous=anonymous)
    return table_text(HEADINGS, table_rows(report, telling), form)


def table_rows(report: Report, telling: Telling) -> list[tuple[Cell, ...]]:
    """The rows below HEADINGS; a report without constraints has one, with what is said of the whole."""
    about, compared = _about(report, telling), _other_programs(telling)
    shifted, planned = _under_shifts(report, telling.unit), _under_scenarios(report, telling.unit)
    sampled = _under_samples(report, telling.unit)
    warnings, doubts = (
        "; ".join(f"{line.code}: {line.text}" for line in each) for each in (telling.warnings, telling.doubts)
    )
    if not telling.rows and not telling.plan_checks:
        return [(*about, *[None] * (len(HEADINGS) - len(about) - 13), warnings, doubts, *(None,) * 11)]
    rows: list[tuple[Cell, ...]] = [
        (
            *(*about, *_values(row), *shifted.get(key, (None,) * 4), compared.get(_asked(row), "")),
            *("" if n else warnings, doubts, row.result.measurement.reference_gy),
            *(row.value, row.margin),
            *planned.get(key, (None,) * 3),
            *sampled.get(key, (None,) * 5),
        )
        for n, (key, row) in enumerate(zip(numbered(map(_limit, report.results)), telling.rows, strict=True))
    ]
    rows += [
        (
            *about,
            *_check_values(item, line),
            *(None,) * 4,
            "",
            "" if rows or n else warnings,
            doubts,
            None,
            line.found,
            "",
            *(None,) * 8,
        )
        for n, (item, line) in enumerate(zip(report.plan_checks, telling.plan_checks, strict=True))
    ]
    return rows


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
        goal.known_limit,
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
        result.variation.text if result.variation else "",
        "; ".join(f"{reading.label}: {reading.value}, {reading.word.text.lower()}" for reading in row.readings),
        " ".join((*row.remarks, *row.where)),
        row.citation,
        result.headroom.scale if result.headroom else None,
    )


def _check_values(item: CheckItem, line: ItemLine) -> tuple[Cell, ...]:
    """A plan or structure check: its code stands for the metric, found and expected for value and goal."""
    is_number = isinstance(item.value, float | int) and not isinstance(item.value, bool)
    value = item.value if is_number else line.found
    priority = "required" if item.is_required else "advisory"
    notes = " ".join(filter(None, (line.found if is_number else "", line.said)))
    before, between = (None, None), (None,) * 7
    return (
        *before, item.code, f"{line.item}: {line.expected}", None, value, *between,
        item.outcome, None, priority, None, None, notes, item.source, None,
    )  # fmt: skip


def _asked(row: Row) -> tuple[str, str]:
    """What tells a constraint from the others: its structure and goal."""
    return row.structure, row.result.goal.text


def _limit(result: Result) -> tuple[str, str]:
    """The same as the protocol writes it: in Gy."""
    return result.structure, result.goal.text


def _under_shifts(report: Report, unit: DoseUnit) -> dict[tuple[str, str, int], tuple[Cell, ...]]:
    """For each constraint the worst value under shifts, and in how many scenarios it holds, varies, has a value."""
    found = report.robustness.constraints if report.robustness else ()
    keys = numbered((each.structure, each.goal) for each in found)
    return {
        key: (_worst(each, unit), each.passing, each.within_variation, each.evaluated)
        for key, each in zip(keys, found, strict=True)
    }


def _under_scenarios(report: Report, unit: DoseUnit) -> dict[tuple[str, str, int], tuple[Cell, ...]]:
    """For each constraint the worst value of the planning system's scenarios, in how many it holds, and of how many."""
    found = report.scenarios.constraints if report.scenarios else ()
    keys = numbered((each.structure, each.goal) for each in found)
    return {key: (_worst(each, unit), each.passing, each.scenarios) for key, each in zip(keys, found, strict=True)}


def _under_samples(report: Report, unit: DoseUnit) -> dict[tuple[str, str, int], tuple[Cell, ...]]:
    """For each constraint the probability with its interval, and the range of its values in 90 % of the samples."""
    found = report.samples.constraints if report.samples else ()
    keys = numbered((each.structure, each.goal) for each in found)
    return {
        key: (each.probability, each.probability_low, each.probability_high, *_ends(each, unit))
        for key, each in zip(keys, found, strict=True)
    }


def _ends(found: SampledConstraint, unit: DoseUnit) -> tuple[float | None, float | None]:
    """The 5th and the 95th percentile."""
    least, most = (found.percentiles[0], found.percentiles[-1]) if found.percentiles else (None, None)
    return _in_unit(least, found, unit), _in_unit(most, found, unit)


def _worst(found: RobustConstraint, unit: DoseUnit) -> float | None:
    return _in_unit(found.worst, found, unit)


def _in_unit(value: float | None, found: Repeated, unit: DoseUnit) -> float | None:
    return PER_GY[unit] * value if value is not None and found.unit == "Gy" else value


def _other_programs(telling: Telling) -> dict[tuple[str, str], str]:
    """For each constraint: its metric as other programs have it, in words."""
    told = {
        (line.structure, line.metric): "; ".join(f"{name}: {value}" for name, value, _ in line.others)
        for line in telling.checks
    }
    return {_asked(row): told.get((row.structure, row.result.goal.metric.text), "") for row in telling.rows}
