"""A comparison -> CSV: one row a constraint; value, margin and outcome of each plan, differences to the first
and the reference doses of percentages.

The last rows have the verdicts, the reasons and the warnings, in the columns of the outcomes.
"""

from collections.abc import Iterator, Sequence

from rtcheck.csv_table import PLAIN, Cell, CsvForm, table_text
from rtcheck.report.pages.comparison.compared import ComparedRow, Comparison, difference_of
from rtcheck.report.telling.constraint import Row


def comparison_csv(comparison: Comparison, form: CsvForm = PLAIN) -> str:
    """The table as text."""
    names = [plan.name for plan in comparison.plans]
    headings = ["structure", "goal", "limit", "unit", "differs"]
    headings += [f"{name} {what}" for name in names for what in ("value", "margin", "outcome")]
    headings += [f"{name} minus {names[0]}" for name in names[1:]]
    headings += [f"{name} reference_gy" for name in names]
    rows: list[tuple[Cell, ...]] = [tuple(_cells(row)) for row in comparison.rows]
    plans = comparison.plans
    rows.append(_foot("verdict", [plan.report.verdict for plan in plans]))
    rows.append(_foot("reason", [" ".join((plan.telling.reason, *plan.telling.doubt_lines)) for plan in plans]))
    rows.append(_foot("warnings", ["; ".join(f"{each.code}: {each.text}" for each in plan.warnings) for plan in plans]))
    warned = [(f"{each.code}: {each.text}",) for each in comparison.warnings]
    rows += (("warning", *text, *[None] * (len(headings) - 2)) for text in warned)
    return table_text(headings, rows, form)


def _foot(label: str, texts: Sequence[str]) -> tuple[Cell, ...]:
    """A row of one text for each plan, in the column of its outcomes."""
    cells = [cell for text in texts for cell in (None, None, text)]
    return (label, *[None] * 4, *cells, *[None] * (2 * len(texts) - 1))


def _cells(row: ComparedRow) -> Iterator[Cell]:
    goal = next(each.result.goal for each in row.rows if each)
    yield from (row.structure, row.goal, None if row.is_by_volume else goal.limit, goal.unit, row.differs)
    for each in row.rows:
        yield from _values(each)
    first = row.rows[0]
    for each in row.rows[1:]:
        yield difference_of(first, each)
    for each in row.rows:
        yield each.result.measurement.reference_gy if each else None


def _values(row: Row | None) -> tuple[Cell, ...]:
    return (None, None, None) if row is None else (row.result.measurement.value, row.result.margin, row.result.outcome)
