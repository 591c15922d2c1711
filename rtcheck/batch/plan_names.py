"""The names by which people call a plan -> the keys under which a batch keeps it.

The index shows a plan by its folder where it is alone in it; a table of a trial office has the patient's ID, the plan's
label or its UID. All of them work wherever a plan is named.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rtcheck.batch.index_page import short_names
from rtcheck.batch.store import Store

COLUMNS = ("plan_key", "plan_uid", "plan_label", "patient_id")
NAMED_BY = "path, folder, file, UID, label or patient ID"


@dataclass(frozen=True, slots=True)
class PlanNames:
    """The names of each plan by its key, the most specific first, and one example of a name that works."""

    names_of: dict[str, tuple[str, ...]]
    example: str

    def keys(self, name: str) -> tuple[str, ...]:
        """The plans of that name: none, one, or all plans of a patient."""
        return tuple(key for key, names in self.names_of.items() if folded(name) in names)


def folded(name: str) -> str:
    """The name as names are compared: case and surrounding blanks do not count."""
    return name.strip().casefold()


def plan_names(store: Store, run_id: int) -> PlanNames:
    """The names of all plans of a run."""
    rows = list(store.rows(f"SELECT DISTINCT {', '.join(COLUMNS)} FROM plans WHERE run_id = ?", (run_id,)))
    shown = short_names({row["plan_key"] for row in rows})
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        key = row["plan_key"]
        own = (key, shown[key], row["plan_uid"], *_parts(key), row["plan_label"], row["patient_id"])
        names[key].update(dict.fromkeys(folded(name) for name in own if name))
    example = next((shown[row["plan_key"]] for row in rows), "")
    return PlanNames({key: tuple(found) for key, found in names.items()}, example)


def _parts(key: str) -> Iterable[str]:
    """The plan's folder and its file name, with and without the ending; empty texts are no names."""
    folder, _, file = key.rpartition("/")
    return folder, file, file.removesuffix(".dcm")
