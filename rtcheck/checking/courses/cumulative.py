"""The results of a sum -> one table: each course's own dose next to the sum, and what is left to the limit."""

from dataclasses import replace
from math import isinf

from rtcheck.checking.courses.in_effect import among, courses_of, in_effect
from rtcheck.checking.courses.recovery import Remaining, last_planned_on, remaining
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import asked_of, measure_structure
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.metric_terms import DOSES, Metric
from rtcheck.results import CourseDose, CourseList, Cumulative, Result


def course_list(results: tuple[Result, ...], evidence: Evidence) -> CourseList | None:
    """The table of a sum's upper dose limits; None of a case that is not a sum."""
    courses = courses_of(evidence.case)
    if evidence.case.dose_sum is None or not courses:
        return None
    day = last_planned_on(courses)
    latest = [place for place, course in enumerate(courses) if day is not None and course.planned_on == day]
    last = latest[0] if len(latest) == 1 else None
    found = [_cumulative(result, evidence, last) for result in results if _is_dose_limit(result)]
    return CourseList(
        labels=tuple(course.label for course in courses),
        fractions=tuple(course.fractions for course in courses),
        planned_on=tuple(course.planned_on for course in courses),
        last=last,
        limits=tuple(found),
    )


def _is_dose_limit(result: Result) -> bool:
    metric = result.goal.metric
    return (
        metric.kind in DOSES
        and metric.unit == "Gy"
        and metric.biology != "BED"
        and not metric.per_fraction
        and result.goal.is_upper_limit
        and result.measurement.value is not None
        and len(result.matched) == 1
        and not result.matched[0].is_surrogate
    )


def _cumulative(result: Result, evidence: Evidence, last: int | None) -> Cumulative:
    courses = courses_of(evidence.case)
    metric, structure = result.goal.metric, result.structure
    found = _found(result, evidence)
    summed_with_gy = evidence.case.dose_sum.eqd2_alpha_beta_gy if evidence.case.dose_sum else None
    is_eqd2 = metric.biology == "EQD2" or summed_with_gy is not None
    alpha_beta_gy = metric.alpha_beta_gy or summed_with_gy or _alpha_beta_gy(structure, evidence)
    counted = remaining(courses, evidence.protocol.recovery, structure)
    if summed_with_gy is not None:
        counted = Remaining(shares=tuple(1.0 for _ in courses))
    physical = replace(metric, biology="physical", alpha_beta_gy=None)
    effect = replace(metric, biology="EQD2", alpha_beta_gy=alpha_beta_gy) if alpha_beta_gy else None

    def highest_gy(asked: Metric | None, places: tuple[int, ...], *, is_counted: bool = False) -> float | None:
        if asked is None or found is None:
            return None
        shares = tuple(counted.shares[place] if is_counted else 1.0 for place in places)
        chosen, _ = in_effect(among(evidence, places), asked, structure, Remaining(shares=shares))
        return _highest(asked, found, chosen)

    every = tuple(range(len(courses)))
    limited, own = (effect, True) if is_eqd2 else (physical, False)
    limit_gy = result.goal.limit
    total_gy = result.measurement.bounds[1] if result.measurement.bounds else result.measurement.value
    others = tuple(place for place in every if place != last)
    without_last_gy = None if last is None else highest_gy(limited, others, is_counted=own)
    return Cumulative(
        structure=structure,
        goal=result.goal.text,
        limit_gy=limit_gy,
        alpha_beta_gy=alpha_beta_gy,
        is_eqd2=is_eqd2,
        courses=tuple(
            CourseDose(
                physical_gy=highest_gy(physical, (place,)),
                eqd2_gy=highest_gy(effect, (place,)),
                share=counted.shares[place],
            )
            for place in every
        ),
        physical_gy=highest_gy(physical, every) if is_eqd2 else total_gy,
        eqd2_gy=total_gy if is_eqd2 else highest_gy(effect, every, is_counted=True),
        remaining_gy=None if total_gy is None or isinf(total_gy) else limit_gy - total_gy,
        last_may_add_gy=None if without_last_gy is None else limit_gy - without_last_gy,
    )


def _found(result: Result, evidence: Evidence) -> Found | None:
    """The structure of the result, as the check found it."""
    return next((each for each in evidence.anatomy.found if each.match == result.matched[0]), None)


def _alpha_beta_gy(structure: str, evidence: Evidence) -> float | None:
    return next((each.alpha_beta_gy for each in evidence.protocol.structures if each.name == structure), None)


def _highest(metric: Metric, found: Found, evidence: Evidence) -> float | None:
    """The value, or the most that it can be; None where it is not known. [Gy]"""
    measured = measure_structure(asked_of(metric, found.match, evidence), found, evidence)
    if measured.value is None:
        return None
    highest = measured.bounds[1] if measured.bounds else measured.value
    return None if isinf(highest) else highest
