"""A table of plans and the plans found -> which row is for which plan, and what is found twice or never."""

from collections import defaultdict
from collections.abc import Mapping

from rtcheck.batch.plan_names import CalledPlan, PlanNames, names_of_plans
from rtcheck.batch.plan_table.reading import PlanRow, PlanTable, raise_all
from rtcheck.dicom.finding.patients import PlanSet
from rtcheck.values import dataclass

MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The row of each plan by its key; rows whose plan was not found; plans without a row."""

    row_of: Mapping[str, PlanRow]
    not_found: tuple[PlanRow, ...] = ()
    unlisted: tuple[str, ...] = ()


def called(key: str, plan_set: PlanSet) -> CalledPlan:
    """A plan by the names that its header has."""
    headers = plan_set.choice.headers
    first = plan_set.plan or (headers[0] if headers else None)
    if first is None:
        return CalledPlan(key)
    return CalledPlan(key, uid=first.sop_instance_uid, label=first.label, patient_id=first.patient_id)


def listing_of(table: PlanTable, plans: Mapping[str, PlanSet]) -> Listing:
    """The rows of the plans.

    Raises:
        UsageError: a row names several plans, or two rows name one plan; all such rows are listed.
    """
    names = names_of_plans(called(key, plan_set) for key, plan_set in plans.items())
    faults: list[str] = []
    rows_of: dict[str, list[PlanRow]] = defaultdict(list)
    not_found = []
    for row in table.rows:
        keys = _keys(row, names)
        if len(keys) > 1:
            first = f"{', '.join(keys[:MOST_NAMED])}{', ...' if len(keys) > MOST_NAMED else ''}"
            text = f"{len(keys)} plans have this name ({first}); name the plan by its path or UID."
            faults.append(table.fault(row, "plan" if row.plan else "patient", text))
        elif keys:
            rows_of[keys[0]].append(row)
        else:
            not_found.append(row)
    for rows in rows_of.values():
        for row in rows[1:]:
            faults.append(table.fault(row, "plan" if row.plan else "patient", f"the plan of row {rows[0].line} again."))
    raise_all(faults)
    return Listing(
        row_of={key: rows[0] for key, rows in rows_of.items()},
        not_found=tuple(not_found),
        unlisted=tuple(key for key in plans if key not in rows_of),
    )


def _keys(row: PlanRow, names: PlanNames) -> tuple[str, ...]:
    """The plans of the row: those of that plan's name, and of that patient where both are given."""
    of_patient = names.keys(row.patient) if row.patient else ()
    if not row.plan:
        return of_patient
    of_plan = names.keys(row.plan)
    return tuple(key for key in of_plan if key in of_patient) if row.patient else of_plan
