"""A metric of EQD2 or BED of several courses -> the evidence in which it can be measured as it stands."""

from dataclasses import replace
from typing import TYPE_CHECKING

from rtcheck.case import Case, Course, Courses, DoseSum, Plan, Prescription
from rtcheck.checking.evidence import Evidence
from rtcheck.dosimetry.metric_terms import Metric
from rtcheck.notices import Notice
from rtcheck.results import Result

if TYPE_CHECKING:
    from rtcheck.checking.courses.effect import Effect
    from rtcheck.checking.courses.recovery import Remaining
    from rtcheck.dosimetry.dose_grid import DoseGrid


def courses_of(case: Case) -> tuple[Course, ...]:
    """The courses that the dose of a case is the sum of; none of another dose."""
    return case.courses.courses if case.courses is not None and case.courses.of is case.dose else ()


def in_effect(
    evidence: Evidence, metric: Metric, structure: str, counted: "Remaining | None" = None
) -> tuple[Evidence, tuple[str, ...]]:
    """The evidence with the converted sum as its dose, and notes; the same evidence where nothing is to be converted.

    Every course is converted with the alpha/beta of the metric and its own fractions, voxel by voxel, and counts as
    far as the structure has not recovered (`counted`; by default what the protocol states).
    """
    courses = courses_of(evidence.case)
    dose_sum = evidence.case.dose_sum
    if metric.biology == "physical" or metric.alpha_beta_gy is None or metric.per_fraction or metric.model_name:
        return evidence, ()
    if not courses or any(course.fractions is None for course in courses):
        return evidence, ()
    if dose_sum is not None and dose_sum.eqd2_alpha_beta_gy is not None:
        return evidence, ()
    from rtcheck.checking.courses.effect import Effect  # most plans are of one course
    from rtcheck.checking.courses.recovery import remaining

    counted = counted or remaining(courses, evidence.protocol.recovery, structure)
    effect = Effect(alpha_beta_gy=metric.alpha_beta_gy, kind=metric.biology, shares=counted.shares)
    return evidence.with_dose(effect, lambda: _converted(evidence.case, effect)), counted.notes


def _converted(case: Case, effect: "Effect") -> Case:
    """The case with the converted sum, its prescriptions converted likewise."""
    from rtcheck.checking.courses.effect import prescribed_effect_gy, summed_effect
    from rtcheck.dosimetry.blurring import blurred

    assert case.courses is not None, "the caller has made sure"
    courses, blur_mm = case.courses.courses, case.courses.blur_mm

    def summed() -> "DoseGrid":
        dose = summed_effect(courses, effect)
        return blurred(dose, blur_mm) if any(blur_mm) else dose

    prescribed = [prescribed_effect_gy(course, effect) for course in courses]
    known = [each for each in prescribed if each is not None]
    total = (
        (Prescription(dose_gy=sum(known), source=f"{effect.kind} of the sum"),) if len(known) == len(courses) else ()
    )
    return replace(
        case,
        plan=replace(case.plan or Plan(), prescriptions=total),
        dose=case.courses.here(effect, summed),
        courses=None,
        dose_sum=replace(
            case.dose_sum or DoseSum(files=()), eqd2_alpha_beta_gy=effect.alpha_beta_gy, effect=effect.kind
        ),
    )


def among(evidence: Evidence, places: tuple[int, ...]) -> Evidence:
    """The evidence with some of the courses as all there are."""
    from rtcheck.checking.courses.effect import summed_physical

    courses = courses_of(evidence.case)
    chosen = tuple(courses[place] for place in places)

    def case() -> Case:
        dose = summed_physical(chosen)
        plan = replace(evidence.case.plan or Plan(), prescriptions=(), fractions=None)
        dose_sum = replace(evidence.case.dose_sum or DoseSum(files=()), eqd2_alpha_beta_gy=None)
        return replace(evidence.case, plan=plan, dose=dose, dose_sum=dose_sum, courses=Courses(of=dose, courses=chosen))

    return evidence.with_dose(places, case)


def notices_of_fraction_groups(results: tuple[Result, ...], evidence: Evidence) -> tuple[Notice, ...]:
    """A doubt where EQD2, BED or a model is of a plan with several fraction groups whose own doses are not known."""
    plan, courses = evidence.case.plan, courses_of(evidence.case)
    known = any(len(course.phases) > 1 for course in courses) and len(courses) == 1
    converted = [each.structure for each in results if _is_converted(each.goal.metric) and each.measurement.value]
    if plan is None or plan.fraction_groups < 2 or known or not converted:
        return ()
    text = (
        f"A plan has {plan.fraction_groups} fraction groups, and the dose of each is not in the files: EQD2, BED and "
        "models take all fractions as equal, which is too low where they are not"
    )
    return (Notice(code="fractions.groups", text=text, structures=tuple(dict.fromkeys(converted))),)


def _is_converted(metric: Metric) -> bool:
    return metric.biology != "physical" or bool(metric.model_name)
