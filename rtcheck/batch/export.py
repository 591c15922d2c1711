"""A results file -> tables that other programs read: CSV always, Parquet where pyarrow is installed."""

from collections.abc import Iterator
from pathlib import Path

from rtcheck.atomic_write import write_aside
from rtcheck.batch.store import Store
from rtcheck.csv_table import PLAIN, CsvForm, table_text
from rtcheck.extras import needed

COLUMNS = (
    "plan_key", "patient_id", "plan_label", "plan_uid", "prescription_gy", "fractions", "protocol", "protocol_version",
    "status", "verdict", "eligibility_verdict", "exit_status", "reason", "doubts", "structure", "metric", "goal",
    "priority", "value", "unit", "uncertainty", "low", "high", "margin", "outcome", "borderline", "found", "place",
)  # fmt: skip
_OF_CONSTRAINTS = ", ".join(COLUMNS[COLUMNS.index("structure") : COLUMNS.index("found")])
_QUERY = f"""
    SELECT {", ".join(COLUMNS)} FROM plans LEFT JOIN (
        SELECT plan_id, 0 AS kind, position, {_OF_CONSTRAINTS}, NULL AS found, NULL AS place FROM constraints
        UNION ALL
        SELECT plan_id, 1, position, '', code, item || ': ' || expected, priority, value, '', NULL, NULL, NULL, NULL,
            outcome, 0, found, place FROM checks
    ) ON plan_id = id
    WHERE run_id = ? ORDER BY plan_key, protocol, kind, position
"""

Cell = str | float | int | None


def result_rows(store: Store, run_id: int) -> Iterator[tuple[Cell, ...]]:
    """One row for each constraint of each plan of a run, then one for each plan check, whose code is the metric; a plan
    with neither has one row of its own.
    """
    return (tuple(row) for row in store.rows(_QUERY, (run_id,)))


def write_csv(store: Store, run_id: int, path: Path, form: CsvForm = PLAIN) -> None:
    """The rows as CSV that a spreadsheet opens safely."""
    write_aside(table_text(COLUMNS, result_rows(store, run_id), form), path)


def needs_pyarrow() -> None:
    """Raises MissingExtraError without pyarrow."""
    needed("pyarrow.parquet", extra="parquet", what="Parquet needs")


def write_parquet(store: Store, run_id: int, path: Path) -> None:
    """The rows as Parquet. Raises MissingExtraError without pyarrow."""
    needs_pyarrow()
    import pyarrow
    from pyarrow import parquet

    columns = list(zip(*result_rows(store, run_id), strict=True)) or [()] * len(COLUMNS)
    table = pyarrow.table(dict(zip(COLUMNS, map(list, columns), strict=True)))
    buffer = pyarrow.BufferOutputStream()
    parquet.write_table(table, buffer)
    write_aside(buffer.getvalue().to_pybytes(), path)
