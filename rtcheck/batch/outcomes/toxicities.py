"""Patients -> the toxicity table of a trial paper: how many had each, and of grade 3 or more, by dose level."""

from collections.abc import Iterable, Sequence

from rtcheck.batch.outcomes.table import Patient
from rtcheck.values import dataclass

SEVERE = 3


@dataclass(frozen=True, slots=True)
class ToxicityCount:
    """Patients of a level who had a toxicity, each counted once with the worst grade, and those of grade 3 or more."""

    patients: int
    severe: int


@dataclass(frozen=True, slots=True)
class ToxicityRow:
    """One toxicity at each level, in the order of the levels, and over all."""

    name: str
    total: ToxicityCount
    by_level: tuple[ToxicityCount, ...]


@dataclass(frozen=True, slots=True)
class ToxicityTable:
    """`sizes` are the patients of each level, evaluable for dose-limiting toxicity or not."""

    levels: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[ToxicityRow, ...]


def toxicity_table(patients: Sequence[Patient], levels: Sequence[str]) -> ToxicityTable | None:
    """The table, the commonest toxicity first; None where none has a name and a grade."""
    worst: dict[str, dict[str, int]] = {}
    shown: dict[str, str] = {}
    for patient in patients:
        for each in patient.toxicities:
            if each.name and each.grade:
                key = each.name.casefold()
                shown.setdefault(key, each.name)
                grades = worst.setdefault(key, {})
                grades[patient.name] = max(each.grade, grades.get(patient.name, 0))
    if not worst:
        return None
    of_level = {level: [each.name for each in patients if each.level == level] for level in levels}
    rows = [
        ToxicityRow(
            name=shown[key],
            total=_count(grades.values()),
            by_level=tuple(_count(grades[name] for name in names if name in grades) for names in of_level.values()),
        )
        for key, grades in worst.items()
    ]
    rows.sort(key=lambda row: (-row.total.patients, -row.total.severe, row.name.casefold()))
    return ToxicityTable(tuple(levels), tuple(map(len, of_level.values())), tuple(rows))


def _count(grades: Iterable[int]) -> ToxicityCount:
    found = list(grades)
    return ToxicityCount(len(found), sum(grade >= SEVERE for grade in found))
