"""The names by which people call a plan -> the keys under which a batch keeps it.

The index shows a plan by its folder where it is alone in it; a table of a trial office has the patient's ID, the plan's
label or its UID. All of them work wherever a plan is named.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from rtcheck.batch.index_page import short_names
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

Told = TypeVar("Told")

NAMED_BY = "path, folder, file, UID, label or patient ID"


@dataclass(frozen=True, slots=True)
class CalledPlan:
    """A plan's key, and what its files call it."""

    key: str
    uid: str = ""
    label: str = ""
    patient_id: str = ""


@dataclass(frozen=True, slots=True)
class PlanNames:
    """The names of each plan by its key, the most specific first, and one example: of a plan that was found, if any."""

    names_of: dict[str, tuple[str, ...]]
    keys_of: dict[str, tuple[str, ...]]
    example: str

    def keys(self, name: str) -> tuple[str, ...]:
        """The plans of that name: none, one, or all plans of a patient."""
        return self.keys_of.get(folded(name), ())


def folded(name: str) -> str:
    """The name as names are compared: case and surrounding blanks do not count."""
    return name.strip().casefold()


def told_by_plan(rows: Iterable[tuple[int, str, Told]], names: PlanNames, *, path: object) -> dict[str, Told]:
    """What a table tells of each plan, by the plan's key; `rows` are (line, name, told).

    A row that names the plan itself holds before one that names its patient. Raises UsageError where two rows have one
    name and tell different things.
    """
    told_of: dict[str, tuple[int, Told]] = {}
    for line, name, told in rows:
        first, before = told_of.setdefault(folded(name), (line, told))
        if before != told and names.keys(name):
            raise UsageError(f"{path}:{line}: the plan of row {first} again, and what is stated of it differs.")
    found = {key: next((told_of[name] for name in own if name in told_of), None) for key, own in names.names_of.items()}
    return {key: told for key, (_, told) in ((key, row) for key, row in found.items() if row)}


def plan_names(store: Store, run_id: int) -> PlanNames:
    """The names of all plans of a run."""
    query = "SELECT DISTINCT plan_key, plan_uid, plan_label, patient_id FROM plans WHERE run_id = ? ORDER BY plan_key"
    return names_of_plans([CalledPlan(*row) for row in store.rows(query, (run_id,))])


def names_of_plans(plans: Iterable[CalledPlan]) -> PlanNames:
    """The names of these plans; a key may occur several times."""
    plans = list(plans)
    shown = short_names({plan.key for plan in plans})
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for plan in plans:
        own = (plan.key, shown[plan.key], plan.uid, *_parts(plan.key), plan.label, plan.patient_id)
        names[plan.key].update(dict.fromkeys(folded(name) for name in own if name))
    keys: dict[str, dict[str, None]] = defaultdict(dict)
    for key, own_names in names.items():
        for name in own_names:
            keys[name][key] = None
    return PlanNames(
        names_of={key: tuple(found) for key, found in names.items()},
        keys_of={name: tuple(found) for name, found in keys.items()},
        example=next((shown[plan.key] for plan in sorted(plans, key=lambda plan: not plan.uid)), ""),
    )


def _parts(key: str) -> Iterable[str]:
    """The plan's folders, from the whole path to the last, and its file name with and without the ending."""
    folder, _, file = key.rpartition("/")
    return folder, folder.rpartition("/")[2], file, file.removesuffix(".dcm")
