"""A CSV table of outcomes -> patients: dose level, toxicities, response and dates.

One row for each patient, or one for each toxicity; rows of one patient are put together. Columns are found by their
headings in any order; `patient` is required. Dates are written 2026-11-28.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from rtcheck.batch.outcomes.response import RESPONSES
from rtcheck.batch.table_input import read_table, yes_or_no
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

_HEADINGS = {
    "patient": ("patient", "plan", "patient id", "id", "case"),
    "level": ("level", "dose level", "arm", "group", "cohort"),
    "evaluable": ("evaluable", "dlt evaluable"),
    "toxicity": ("toxicity", "adverse event", "ae", "event"),
    "grade": ("grade", "ctcae", "ctcae grade", "toxicity grade"),
    "dlt": ("dlt", "dose-limiting", "dose limiting toxicity", "dose-limiting toxicity"),
    "response": ("response", "best response", "recist"),
    "start": ("start", "start date", "enrolled", "treatment start"),
    "progression": ("progression", "progression date"),
    "death": ("death", "death date", "died"),
    "last_seen": ("last follow-up", "last follow up", "last seen", "follow-up", "follow up"),
}
DLT_GRADE = 3  # where the table has no column for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxicity:
    """One adverse event by CTCAE; grade 0 to 5."""

    name: str
    grade: int
    is_dlt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What became of one patient; None and "" where the table does not tell."""

    name: str
    level: str = ""
    is_evaluable: bool = True
    toxicities: tuple[Toxicity, ...] = ()
    response: str = ""
    start: date | None = None
    progression: date | None = None
    death: date | None = None
    last_seen: date | None = None

    @property
    def has_dlt(self) -> bool:
        return any(each.is_dlt for each in self.toxicities)

    def worst_grade(self, toxicity: str = "") -> int:
        """That of all toxicities, or of one."""
        own = (each for each in self.toxicities if not toxicity or each.name.casefold() == toxicity.casefold())
        return max((each.grade for each in own), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    """The patients in the table's order; `states_dlt`: the table says which toxicities are dose-limiting."""

    patients: tuple[Patient, ...]
    states_dlt: bool
    columns: frozenset[str]


def read_outcomes(path: Path) -> OutcomeTable:
    """The table.

    Raises:
        UsageError: it cannot be read, lacks the patients, or a value is not what its column needs (with the line).
    """
    rows, columns = _rows(path)
    told: dict[str, dict[str, object]] = {}
    toxicities: dict[str, list[Toxicity]] = {}
    for line, row in rows:
        name = row["patient"]
        if not name:
            raise UsageError(f"{path}:{line}: no patient in this row.")
        own, where = told.setdefault(name, {}), f"{path}:{line}"
        for column, value in _values(row, where).items():
            if own.setdefault(column, value) != value:
                raise UsageError(f"{where}: {column.replace('_', ' ')} differs from an earlier row of this patient.")
        toxicities.setdefault(name, []).extend(_toxicity(row, where, states_dlt="dlt" in columns))
    patients = tuple(
        Patient(name=name, toxicities=tuple(toxicities[name]), **own)  # type: ignore[arg-type]
        for name, own in told.items()
    )
    for patient in patients:
        _refuse_impossible_dates(patient, path)
    _refuse_alike([patient.name for patient in patients], "patients", path)
    _refuse_alike([patient.level for patient in patients], "levels", path)
    return OutcomeTable(patients=patients, states_dlt="dlt" in columns, columns=frozenset(columns))


def _rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], dict[str, int]]:
    """(line, values by column) of every row, and the place of each known column."""
    table = read_table(path)
    headings = [heading.casefold().replace("_", " ") for heading in table.headings]
    columns = {}
    for column, known in _HEADINGS.items():
        places = [n for n, heading in enumerate(headings) if heading in known]
        if len(places) > 1:
            raise UsageError(f"{path}:1: {' and '.join(headings[n] for n in places)} both name the {column}; keep one.")
        if places:
            columns[column] = places[0]
    if "patient" not in columns:
        raise UsageError(f"{path}:1: no column patient; the columns are {', '.join(headings) or 'none'}.")
    rows = [(line, {column: cells[n] for column, n in columns.items()}) for line, cells in table.rows]
    if not rows:
        raise UsageError(f"{path}: no patients below the headings.")
    return rows, columns


def _values(row: Mapping[str, str], where: str) -> dict[str, object]:
    """What a row says of the patient; an empty cell says nothing."""
    found: dict[str, object] = {}
    if row.get("level"):
        found["level"] = row["level"]
    if row.get("evaluable"):
        found["is_evaluable"] = _yes(row["evaluable"], where, "evaluable")
    if row.get("response"):
        response = row["response"].upper()
        if response not in RESPONSES:
            raise UsageError(f'{where}: response "{row["response"]}"; expected {", ".join(RESPONSES)}.')
        found["response"] = response
    for column in ("start", "progression", "death", "last_seen"):
        if row.get(column):
            try:
                found[column] = date.fromisoformat(row[column])
            except ValueError:
                raise UsageError(f'{where}: {column} "{row[column]}"; expected a date like 2026-11-28.') from None
    return found


def _toxicity(row: Mapping[str, str], where: str, *, states_dlt: bool) -> list[Toxicity]:
    """The toxicity of a row, if it has one: a grade above 0, or a DLT."""
    grade = row.get("grade", "")
    if grade and grade not in ("0", "1", "2", "3", "4", "5"):
        raise UsageError(f'{where}: grade "{grade}"; expected a CTCAE grade from 0 to 5.')
    if row.get("toxicity") and not grade:
        raise UsageError(f'{where}: the toxicity "{row["toxicity"]}" has no grade.')
    is_dlt = _yes(row.get("dlt", ""), where, "dlt") if states_dlt else int(grade or 0) >= DLT_GRADE
    if not grade and not is_dlt:
        return []
    return [Toxicity(name=row.get("toxicity", ""), grade=int(grade or 0), is_dlt=is_dlt)]


def _yes(text: str, where: str, column: str) -> bool:
    found = yes_or_no(text)
    if found is None:
        raise UsageError(f'{where}: {column} "{text}"; expected yes or no.')
    return found


def _refuse_alike(names: Iterable[str], what: str, path: Path) -> None:
    """Two spellings of one level or patient would be counted apart."""
    spelled: dict[str, str] = {}
    for name in names:
        first = spelled.setdefault("".join(name.casefold().split()), name)
        if first != name:
            raise UsageError(f"{path}: the {what} {first!r} and {name!r} differ in capitals or blanks alone.")


def _refuse_impossible_dates(patient: Patient, path: Path) -> None:
    """Times before the start would be negative; nobody is seen or progresses after death."""
    for later in (patient.progression, patient.death, patient.last_seen):
        if later and patient.start and later < patient.start:
            raise UsageError(f"{path}: patient {patient.name!r}: a date lies before the start.")
    if patient.death and any(each and each > patient.death for each in (patient.progression, patient.last_seen)):
        raise UsageError(f"{path}: patient {patient.name!r}: a date lies after the death.")
