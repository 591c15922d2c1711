"""Patients and what the batch measured of their plans -> everything that is said of the outcomes."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from rtcheck.batch.outcomes.dose_response import DoseResponse, dose_response
from rtcheck.batch.outcomes.escalation import Decision, DoseLevel, three_plus_three
from rtcheck.batch.outcomes.response import response_rates
from rtcheck.batch.outcomes.survival import DAYS_PER_MONTH, Survival, Time, kaplan_meier
from rtcheck.batch.outcomes.table import DLT_GRADE, OutcomeTable, Patient
from rtcheck.batch.outcomes.toxicities import ToxicityTable, toxicity_table
from rtcheck.batch.rates import Rate
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

EVERYBODY, NO_LEVEL = "all patients", "no level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the outcomes.

    `levels` are all dose levels of the protocol in ascending order (none: those of the table, by their numbers);
    `group_of` the curves' group by patient (none: by dose level); `metrics` the values by metric and patient,
    to be compared with toxicities of `grade` or more: with all, or with those named `toxicity`.
    """

    levels: tuple[str, ...] = ()
    is_mtd_confirmed: bool = False
    group_of: Mapping[str, str] | None = None
    metrics: Mapping[str, Mapping[str, float]] | None = None
    grade: int = 2
    toxicity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What is said of the outcomes; empty where the table does not have the columns for it."""

    patients: int
    levels: tuple[DoseLevel, ...]
    decision: Decision | None
    rates: Mapping[str, Rate]
    survival: tuple[Survival, ...]
    dose_responses: tuple[DoseResponse, ...]
    toxicities: ToxicityTable | None
    remarks: tuple[str, ...]


def analysed(table: OutcomeTable, asked: Asked) -> Outcomes:
    """The analysis of a table. Raises UsageError for a level that is not one of those planned."""
    levels = _levels(table.patients, asked.levels)
    has_toxicity = bool(table.columns & {"dlt", "grade"})
    decision = None
    if levels and has_toxicity:
        decision = three_plus_three(levels, planned=asked.levels, confirmed=asked.is_mtd_confirmed)
    return Outcomes(
        patients=len(table.patients),
        levels=levels if decision else (),
        decision=decision,
        rates=response_rates([each.response for each in table.patients if each.response]),
        survival=tuple(_survival(table, asked.group_of)),
        dose_responses=tuple(_dose_responses(table.patients, asked)) if has_toxicity else (),
        toxicities=toxicity_table(table.patients, [level.name for level in levels]),
        remarks=tuple(_remarks(table, decision)),
    )


def _levels(patients: Sequence[Patient], planned: Sequence[str]) -> tuple[DoseLevel, ...]:
    """The dose levels that patients had, ascending: as planned, else by the number in their names, else as listed."""
    names = list(dict.fromkeys(each.level for each in patients if each.level))
    if planned:
        if unknown := [name for name in names if name not in planned]:
            raise UsageError(f"--levels {','.join(planned)}: the table also has {', '.join(unknown)}.")
        names.sort(key=planned.index)
    elif all(_number(name) is not None for name in names):
        names.sort(key=lambda name: _number(name) or 0.0)
    counted = []
    for name in names:
        evaluable = [each for each in patients if each.level == name and (each.is_evaluable or each.has_dlt)]
        counted.append(DoseLevel(name, len(evaluable), sum(each.has_dlt for each in evaluable)))
    return tuple(counted)


def _number(name: str) -> float | None:
    found = re.search(r"\d+(?:\.\d+)?", name)
    return float(found[0]) if found else None


def _survival(table: OutcomeTable, group_of: Mapping[str, str] | None) -> list[Survival]:
    """Overall survival, and without progression where the table states it, for the patients whose dates tell."""
    found = []
    endpoints = {"Overall survival": _until_death, "Progression-free survival": _until_progression}
    for endpoint, ends in endpoints.items():
        if endpoint != "Overall survival" and "progression" not in table.columns:
            continue
        nameless = NO_LEVEL if any(each.level for each in table.patients) else EVERYBODY
        groups: dict[str, list[Time]] = defaultdict(list)
        for patient in table.patients:
            group = (patient.level or nameless) if group_of is None else group_of.get(patient.name)
            time = _time(patient, *ends(patient))
            if group is not None and time is not None:
                groups[group].append(time)
        if any(time.is_event for times in groups.values() for time in times):
            found.append(kaplan_meier(endpoint, groups))
    return found


def _until_death(patient: Patient) -> tuple[date | None, bool]:
    return (patient.death, True) if patient.death else (_last_known(patient), False)


def _until_progression(patient: Patient) -> tuple[date | None, bool]:
    first = patient.progression or patient.death
    return (first, True) if first else (patient.last_seen, False)


def _last_known(patient: Patient) -> date | None:
    return max((each for each in (patient.last_seen, patient.progression) if each), default=None)


def _time(patient: Patient, end: date | None, is_event: bool) -> Time | None:
    if patient.start is None or end is None:
        return None
    return Time((end - patient.start).days / DAYS_PER_MONTH, is_event)


def _dose_responses(patients: Sequence[Patient], asked: Asked) -> list[DoseResponse]:
    found = []
    for metric, value_of in (asked.metrics or {}).items():
        known = [each for each in patients if each.name in value_of]
        if known:
            endpoint = f"{asked.toxicity or 'toxicity'} of grade {asked.grade} or more"
            values = [value_of[each.name] for each in known]
            has_event = [each.worst_grade(asked.toxicity) >= asked.grade for each in known]
            found.append(dose_response(metric, endpoint, values, has_event))
    return found


def _remarks(table: OutcomeTable, decision: Decision | None) -> list[str]:
    said = []
    if decision and not table.states_dlt:
        said.append(
            f"The table has no column dlt: every toxicity of grade {DLT_GRADE} or more counts as dose-limiting."
        )
    number = len(table.patients)
    if decision and (homeless := sum(not each.level for each in table.patients)):
        said.append(f"{homeless} of {number} patients have no dose level and are not counted in the 3 + 3 rule.")
    left_out = sum(not each.is_evaluable and not each.has_dlt for each in table.patients)
    if decision and left_out:
        said.append(f"{left_out} not evaluable for dose-limiting toxicity, and not counted there.")
    silent = sum(not each.response for each in table.patients)
    if silent and "response" in table.columns:
        said.append(f"{silent} of {number} patients have no response stated and are not in the rates.")
    undated = sum(_time(each, *_until_death(each)) is None for each in table.patients)
    if undated and table.columns & {"death", "progression", "last_seen"}:
        said.append(f"{undated} of {number} patients have no start or no last date and are not in the curves.")
    return said
