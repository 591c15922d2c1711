"""A table of plans (CSV or Excel) -> one row for each plan, or all faults of the table, each with row and column.

Columns are found by their headings in any order; `plan` or `patient` is required. Columns that are not known are not
used, unless their heading is close to one that is: then it is probably a typing error.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from rtcheck.batch.table_input import TableInput, read_table, yes_or_no
from rtcheck.errors import UsageError
from rtcheck.patterns import pattern
from rtcheck.values import dataclass

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "plan": ("plan", "plan uid", "uid", "plan label", "folder", "plan folder", "path"),
    "patient": ("patient", "patient id", "subject"),
    "protocol": ("protocol", "protocols"),
    "dose": ("dose", "dose levels", "dose rx", "prescription", "prescribed dose"),
    "fractions": ("fractions", "number of fractions"),
    "aliases": ("aliases", "alias file"),
    "facts": ("facts", "facts file"),
    "waivers": ("waivers", "waiver file"),
    "arm": ("arm", "treatment arm"),
    "site": ("site", "centre", "center", "institution", "hospital"),
    "enrolled": ("enrolled", "enrolment", "enrollment", "enrolment date", "registered"),
    "excluded": ("excluded", "exclude"),
    "why": ("why", "reason", "exclusion reason", "reason for exclusion"),
}
FOUND = ("plan label", "plan dose", "plan fractions", "plan protocol")
"""Columns of a drafted table that tell what the plan itself states."""

_NAMING = (*HEADINGS["plan"], *HEADINGS["patient"])
MOST_FAULTS = 20
_IN_GY, _UNIT = pattern(r"\s*[\[(]\s*gy\s*[\])]\s*$"), pattern(r"\s*[\[(].*[\])]\s*$")
_LIKENESS = 0.8  # "protcol" is protocol; "stage" is not site


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One row: texts as they stand in the table, "" where a cell is empty. `line` is its place in the file."""

    line: int
    plan: str = ""
    patient: str = ""
    protocol: str = ""
    dose: str = ""
    fractions: int | None = None
    aliases: str = ""
    facts: str = ""
    waivers: str = ""
    arm: str = ""
    site: str = ""
    enrolled: date | None = None
    is_excluded: bool = False
    why: str = ""

    @property
    def name(self) -> str:
        """What the row calls its plan."""
        return self.plan or self.patient


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """The rows in the file's order, and the headings that are not used."""

    path: Path
    rows: tuple[PlanRow, ...]
    unused: tuple[str, ...] = ()

    def fault(self, row: PlanRow, column: str, text: str) -> str:
        """ "plans.csv:7: dose: expected ..."."""
        return f"{self.path}:{row.line}: {column}: {text}"


def read_plan_table(path: Path, *, is_led_by_plan: bool = False) -> PlanTable:
    """The table; where it `is_led_by_plan` its first column names the plan if no heading does.

    Raises:
        UsageError: it cannot be read, or has faults; the text lists them with their rows and columns.
    """
    table = read_table(path)
    if is_led_by_plan and table.headings and not any(_folded(each) in _NAMING for each in table.headings):
        table = replace(table, headings=("plan", *table.headings[1:]))
    places, unused = _places(table, path)
    faults: list[str] = []
    rows = tuple(_row(line, cells, places, path, faults) for line, cells in table.rows)
    if not rows:
        raise UsageError(f"{path}: no plans below the headings.")
    raise_all(faults)
    return PlanTable(path=path, rows=rows, unused=unused)


def _folded(heading: str) -> str:
    """In small letters and without the unit Gy: "Dose [Gy]" is dose."""
    return _IN_GY.sub("", heading.casefold().replace("_", " ")).strip()


def raise_all(faults: list[str]) -> None:
    """Raises UsageError with all faults, a line each; of very many the first."""
    if faults:
        more = [f"... and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise UsageError("\n".join([*faults[:MOST_FAULTS], *more]))


def _places(table: TableInput, path: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """Column by name, and the headings that name none."""
    headings = [_folded(heading) for heading in table.headings]
    known = {word: column for column, words in HEADINGS.items() for word in words}
    if "plan" in headings:
        known.pop("plan label")  # what a drafted table tells beside
    places: dict[str, int] = {}
    unused, faults = [], []
    for number, heading in enumerate(headings):
        column = known.get(heading)
        if column is None:
            near = () if heading in FOUND else get_close_matches(heading, HEADINGS, n=1, cutoff=_LIKENESS)
            if _UNIT.sub("", heading).strip() in HEADINGS["dose"]:
                faults.append(f'{path}:1: "{table.headings[number]}": the doses of the table are in Gy.')
                continue
            faults += [f'{path}:1: unknown column "{table.headings[number]}"; did you mean {name}?' for name in near]
            unused += [table.headings[number]] if heading and heading not in FOUND else []
        elif column in places:
            faults.append(f"{path}:1: {headings[places[column]]} and {heading} both name the {column}; keep one.")
        else:
            places[column] = number
    if not {"plan", "patient"} & places.keys():
        faults.append(f"{path}:1: no column plan or patient; the columns are {', '.join(headings) or 'none'}.")
    raise_all(faults)
    return places, tuple(unused)


def _row(line: int, cells: tuple[str, ...], places: Mapping[str, int], path: Path, faults: list[str]) -> PlanRow:
    told = {column: cells[place] for column, place in places.items()}
    excluded = yes_or_no(told.get("excluded", ""))
    row = PlanRow(
        line=line,
        fractions=_fractions(told.get("fractions", "")),
        enrolled=_day(told.get("enrolled", "")),
        is_excluded=bool(excluded),
        **{column: told.get(column, "") for column in HEADINGS if column not in ("fractions", "enrolled", "excluded")},
    )
    faults.extend(f"{path}:{line}: {text}" for text in _faults(row, told, excluded))
    return row


def _faults(row: PlanRow, told: Mapping[str, str], excluded: bool | None) -> Iterator[str]:
    if not row.name:
        yield "plan: the row names no plan and no patient."
    if told.get("fractions") and row.fractions is None:
        yield f'fractions: "{told["fractions"]}"; expected a whole number of at least 1.'
    if told.get("enrolled") and row.enrolled is None:
        yield f'enrolled: "{told["enrolled"]}"; expected a date like 2026-11-28.'
    if excluded is None:
        yield f'excluded: "{told["excluded"]}"; expected yes or no.'
    if row.is_excluded and not row.why:
        yield "why: the plan is excluded without a reason."


def _fractions(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
