"""Clinical facts, completed by what the DICOM files say: sex, and age from the birth date at a stated date."""

from datetime import date

from rtcheck.case import Case
from rtcheck.notices import Notice
from rtcheck.protocol.clinical.facts import Facts, age_years
from rtcheck.protocol.language.scanner import number_text

_MOST_YEARS_OFF = 1


def facts_of_case(case: Case, facts: Facts, reference_date: date | None) -> tuple[Facts, date | None, str]:
    """The facts with age and sex where the files have them, the reference date, and the words that say which it is.

    The date asked for comes first, then the facts file's (enrolment), then the plan's.
    """
    day, words = _reference(case, facts, reference_date)
    born = case.patient.birth_date
    age = float(age_years(born, day)) if born is not None and day is not None and born <= day else None
    return facts.completed(age=age, female=_is_female(case.patient.sex)), day, words


def notices_of_another_patient(case: Case, given: Facts, day: date | None) -> tuple[Notice, ...]:
    """A doubt for the sex and the age that are given and are not those of the DICOM files.

    An age may be one year off: it need not be given for the reference date.
    """
    female, age = given.get("female"), given.get("age")
    is_female, born = _is_female(case.patient.sex), case.patient.birth_date
    differing = []
    if isinstance(female, bool) and is_female is not None and female is not is_female:
        differing.append("female: {} differs from the patient's sex".format("yes" if female else "no"))
    known = age_years(born, day) if born is not None and day is not None and born <= day else None
    if isinstance(age, float) and known is not None and abs(age - known) > _MOST_YEARS_OFF:
        differing.append(f"age: {number_text(age)} differs from the patient's birth date")
    return tuple(
        Notice(
            code="facts.other-patient",
            text=f"The clinical fact {each} in the DICOM files: the facts may be those of another patient.",
        )
        for each in differing
    )


def _reference(case: Case, facts: Facts, asked: date | None) -> tuple[date | None, str]:
    planned = case.plan.planned_on if case.plan else None
    for day, source in ((asked, "--reference-date"), (facts.reference_date, "the facts file"), (planned, "the plan")):
        if day is not None:
            return day, f"on {day.isoformat()}, the date of {source}"
    return None, "the reference date is unknown: give --reference-date"


def _is_female(sex: str) -> bool | None:
    return {"F": True, "M": False}.get(sex.strip().upper())
