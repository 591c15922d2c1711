"""A truth table (CSV or Excel) -> what is accepted of each case, or all faults of the table with row and column.

One row for each case, its name in the first column; each other column is a metric or a parameter of the plan, with
the tolerance of its numbers: "Liver-GTV Dmean [Gy] ± 2 % / ± 5 %", "fractions", "Technique".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rtcheck.batch.plan_names import folded
from rtcheck.batch.plan_table.reading import raise_all
from rtcheck.batch.table_input import read_table
from rtcheck.batch.truth.accepted import Accepted, Tolerance, accepted, tolerances
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

PERCENT_OF_PERCENT = "a tolerance in % of a value in % is ambiguous; write it without %, in percentage points"
UNITS = ("Gy", "cGy", "%", "cc", "mm", "MU", "deg")
_HEADING = re.compile(
    rf"(?P<name>.*?)\s*(?:\[(?P<unit>{'|'.join(map(re.escape, UNITS))})\])?\s*(?P<tolerances>(?:±|\+/?-).*)?"
)


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is of; `unit` is "" where the heading has none."""

    name: str
    unit: str = ""
    tolerances: tuple[Tolerance, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkCase:
    """One row: what is accepted, by column; columns that are empty in it are not graded."""

    line: int
    name: str
    accepted: dict[Column, Accepted]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTable:
    """The cases in the table's order."""

    path: Path
    columns: tuple[Column, ...]
    cases: tuple[BenchmarkCase, ...]


def read_truth(path: Path) -> TruthTable:
    """The table.

    Raises:
        UsageError: it cannot be read, or has faults; the text lists them with their rows and columns.
    """
    table = read_table(path)
    faults: list[str] = []
    columns = {n: column for n, column in enumerate(_columns(table.headings, path, faults), 1) if column}
    raise_all(faults)
    cases: list[BenchmarkCase] = []
    for line, cells in table.rows:
        own: dict[Column, Accepted] = {}
        for n, column in columns.items():
            try:
                own |= {column: _accepted(column, cells[n])} if cells[n] else {}
            except ValueError as error:
                faults.append(f"{path}:{line}: {column.text}: {error}.")
        if not cells[0]:
            faults.append(f"{path}:{line}: no case in the first column.")
        elif any(folded(case.name) == folded(cells[0]) for case in cases):
            faults.append(f'{path}:{line}: the case "{cells[0]}" is in the table twice.')
        cases.append(BenchmarkCase(line=line, name=cells[0], accepted=own))
    raise_all(faults)
    if not cases or not columns:
        raise UsageError(f"{path}: expected a column of cases, a column for each value, and a row for each case.")
    return TruthTable(path=path, columns=tuple(columns.values()), cases=tuple(cases))


def _columns(headings: Sequence[str], path: Path, faults: list[str]) -> Iterator[Column | None]:
    """The columns after the first; None for one without a heading."""
    seen: set[tuple[str, str]] = set()
    for heading in headings[1:]:
        found = _HEADING.fullmatch(heading)
        if not heading or not found or not found["name"]:
            faults.extend([f'{path}:1: "{heading}" is not the name of a value.'] if heading else [])
            yield None
            continue
        column = Column(found["name"], found["unit"] or "")
        if (folded(column.name), column.unit) in seen:
            faults.append(f"{path}:1: {column.text} is in the table twice.")
        seen.add((folded(column.name), column.unit))
        try:
            own = tolerances(found["tolerances"]) if found["tolerances"] else ()
            _refuse_percent_of_percent(column, own)
            yield replace(column, tolerances=own)
        except ValueError as error:
            faults.append(f"{path}:1: {column.text}: {error}.")
            yield None


def _accepted(column: Column, cell: str) -> Accepted:
    found = accepted(cell, column.tolerances)
    _refuse_percent_of_percent(column, [one.tolerance for one in (*found.per_protocol, *found.variation)])
    return found


def _refuse_percent_of_percent(column: Column, stated: Iterable[Tolerance | None]) -> None:
    """Of 95 % two percent are 1.9 or 2."""
    if column.unit == "%" and any(each and each.is_percent for each in stated):
        raise ValueError(PERCENT_OF_PERCENT)
