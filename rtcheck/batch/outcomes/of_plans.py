"""What the batch knows of each patient's plan: metrics for dose and response, and groups for curves."""

from collections.abc import Mapping, Sequence

from rtcheck.batch.outcomes.table import Patient
from rtcheck.batch.plan_names import NAMED_BY, PlanNames
from rtcheck.batch.store import Store
from rtcheck.errors import UsageError

BY_LEVEL = "level"
BY_VERDICT = "verdict"


def plan_of_each(patients: Sequence[Patient], names: PlanNames, *, path: str) -> dict[str, str]:
    """The plan key of each patient who has one plan in the batch.

    Raises UsageError where a name stands for several plans, two names for one, and where no name is known.
    """
    found: dict[str, str] = {}
    for patient in patients:
        keys = names.keys(patient.name)
        if len(keys) > 1:
            raise UsageError(f"{path}: {patient.name!r} is the name of {len(keys)} plans; name the plan itself.")
        if keys and (same := next((name for name, key in found.items() if key == keys[0]), None)):
            raise UsageError(f"{path}: {same!r} and {patient.name!r} are names of one plan.")
        if keys:
            found[patient.name] = keys[0]
    if not found:
        raise UsageError(
            f"{path}: no patient of the table is a plan of the batch ({NAMED_BY}); for example {names.example!r}."
        )
    return found


def metrics_of(
    store: Store, run_id: int, plan_of: Mapping[str, str], asked: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The value of each metric ("Liver-GTV Dmean") by patient. Raises UsageError for a metric that no plan has."""
    found: dict[str, dict[str, float]] = {}
    for metric in asked:
        value_of = _by_plan(store, run_id, metric, "value")
        known = {patient: value_of.get(key) for patient, key in plan_of.items()}
        found[metric] = {patient: value for patient, value in known.items() if isinstance(value, float)}
    return found


def groups_of(store: Store, run_id: int, plan_of: Mapping[str, str], by: str) -> dict[str, str]:
    """The group of each patient: the plan's verdict, or whether a limit ("Liver-GTV Dmean") was met."""
    if by.casefold() == BY_VERDICT:
        rows = store.rows("SELECT plan_key, verdict FROM plans WHERE run_id = ?", (run_id,))
        group_of: dict[str, str] = {}
        for row in rows:
            if row["plan_key"] in group_of:
                raise UsageError(
                    "--curves-by verdict: plans have several protocols in this batch: name a limit instead."
                )
            group_of[row["plan_key"]] = row["verdict"].replace("_", " ")
    else:
        words = {"met": f"{by} met", "variation": f"{by} met", "violated": f"{by} not met", "waived": f"{by} not met"}
        outcome_of = _by_plan(store, run_id, by, "outcome")
        group_of = {key: words[str(outcome)] for key, outcome in outcome_of.items() if outcome in words}
    return {patient: group_of[key] for patient, key in plan_of.items() if key in group_of}


def _by_plan(store: Store, run_id: int, metric: str, column: str) -> dict[str, object]:
    """A column of the constraint table for one metric by plan key. UsageError for an unknown or unclear metric."""
    query = f"""
        SELECT p.plan_key, c.structure || ' ' || c.metric AS name, c.{column} AS told
        FROM plans p JOIN constraints c ON c.plan_id = p.id WHERE p.run_id = ? ORDER BY c.position
    """
    rows = list(store.rows(query, (run_id,)))
    own = [row for row in rows if row["name"].casefold() == metric.strip().casefold()]
    if not own:
        known = ", ".join(list(dict.fromkeys(row["name"] for row in rows))[:8])
        raise UsageError(f'"{metric}" is not a metric of this batch; known are {known or "none"}.')
    keys = [row["plan_key"] for row in own]
    if column == "outcome" and len(set(keys)) < len(keys):
        raise UsageError(f'"{metric}" has several limits or protocols in this batch: it is open which one is meant.')
    return {row["plan_key"]: row["told"] for row in own}
