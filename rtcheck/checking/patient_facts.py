"""Clinical facts, completed by what the DICOM files say: sex, and age from the birth date at a stated date."""

from datetime import date

from rtcheck.case import Case
from rtcheck.protocol.clinical.facts import Facts, age_years


def facts_of_case(case: Case, facts: Facts, reference_date: date | None) -> tuple[Facts, date | None, str]:
    """The facts with age and sex where the files have them, the reference date, and the words that say which it is.

    The date asked for comes first, then the facts file's (enrolment), then the plan's.
    """
    day, words = _reference(case, facts, reference_date)
    born = case.patient.birth_date
    age = float(age_years(born, day)) if born is not None and day is not None and born <= day else None
    return facts.completed(age=age, female=_is_female(case.patient.sex)), day, words


def _reference(case: Case, facts: Facts, asked: date | None) -> tuple[date | None, str]:
    planned = case.plan.planned_on if case.plan else None
    for day, source in ((asked, "--reference-date"), (facts.reference_date, "the facts file"), (planned, "the plan")):
        if day is not None:
            return day, f"on {day.isoformat()}, the date of {source}"
    return None, "the reference date is unknown: give --reference-date"


def _is_female(sex: str) -> bool | None:
    return {"F": True, "M": False}.get(sex.strip().upper())
