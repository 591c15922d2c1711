"""Reports on single plans of a treatment -> one report on the sums of their values, without adding any dose.

Brachytherapy fractions have no common geometry: each has its own images. GEC-ESTRO (Pötter 2006, Radiother Oncol 78:67)
and ICRU 89 add the dose-volume values themselves, in EQD2, as if the hottest (of targets the coldest) parts were the
same in every fraction, and external beams as a uniform dose.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import chain

from rtcheck.case import Case, DoseSum, Plan
from rtcheck.checking.courses.advice import notice_of_part, value_of_part
from rtcheck.checking.courses.effect import Effect
from rtcheck.checking.courses.sums import (
    label_of,
    notices_of_patients,
    notices_of_same_doses,
    require_different_doses,
    require_one_patient,
)
from rtcheck.checking.rules import is_borderline, judge, margin_of
from rtcheck.checking.verdict import decide, strict_exit_status
from rtcheck.dosimetry.biology import total_dose_of_bed
from rtcheck.dosimetry.metric_terms import DOSES, Measurement, Metric
from rtcheck.dosimetry.metrics import measure
from rtcheck.errors import UsageError
from rtcheck.notices import Notice
from rtcheck.results import Achievable, CheckItem, CourseDose, CourseList, Cumulative, Report, Result
from rtcheck.values import dataclass

NOT_ADDED = "only doses in Gy are added value by value"
NO_SUMMED_DOSE = "values are added, and there is no dose distribution of all plans together"


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """A uniform dose of external beams: so many Gy in so many fractions. Raises UsageError for what is not that."""

    dose_gy: float
    fractions: int

    def __post_init__(self) -> None:
        if not 0 < self.dose_gy <= 200 or not 0 < self.fractions <= 100:
            raise UsageError(f"External dose {self.text}: expected a dose in Gy and its fractions, such as 45/25.")

    @property
    def text(self) -> str:
        """As it is given: "45/25"."""
        return f"{self.dose_gy:g}/{self.fractions}"

    @property
    def label(self) -> str:
        """ "external 45 Gy in 25"."""
        return f"external {self.dose_gy:g} Gy in {self.fractions}"


def values_added(
    reports: Sequence[Report], *, external: Sequence[External | str] = (), fractions_left: int | None = None
) -> Report:
    """One report on the plans together: every value is the sum of the plans' values and of the external dose.

    `reports` are of one protocol, under the same terms; `external` are doses such as "45/25". With `fractions_left` the
    report states for every limit on EQD2 the dose per fraction that so many more fractions may give, or have to.

    Raises UsageError for plans of different patients, a dose that is given twice, reports of several protocols or of
    sums, and fewer than two parts.
    """
    uniform = [parse_external(each) if isinstance(each, str) else each for each in external]
    _require_addable(reports, uniform, fractions_left)
    cases = [report.case for report in reports]
    case, first = together(cases, external=uniform, fractions_left=fractions_left), reports[0]
    results = tuple(_added(result, reports, uniform) for result in first.results)
    prescription = (_not_checked(),) if first.protocol.prescription is not None else ()
    plan_checks = tuple(chain.from_iterable(report.plan_checks for report in reports))
    decision = decide(results, (*prescription, *first.eligibility, *plan_checks))
    names = [*map(label_of, cases), *(each.label for each in uniform)]
    notice = Notice(
        code="sum.values",
        text=f"The values of {len(names)} parts of the treatment were added ({' + '.join(names)}), as if the hottest "
        "parts of an organ and the coldest of a target were the same in each; external doses count as uniform",
    )
    found = map(notice_of_part, chain.from_iterable(report.notices for report in reports))
    notices = tuple(dict.fromkeys([*found, notice, *notices_of_patients(cases), *notices_of_same_doses(cases)]))
    settings = next((report.settings for report in reports if report.settings.shape == "auto"), first.settings)
    return replace(
        first,
        verdict=decision.verdict,
        exit_status=strict_exit_status(decision.exit_status, notices) if first.is_strict else decision.exit_status,
        case=case,
        results=results,
        prescription=prescription,
        plan_checks=plan_checks,
        notices=notices,
        settings=settings,
        provenance={
            **first.provenance,
            "settings": asdict(settings),
            "files": [file for report in reports for file in report.provenance["files"]],
            "options": {**first.provenance["options"], "sum": asdict(case.dose_sum) if case.dose_sum else None},
        },
        drawings=tuple,
        matches=tuple(dict.fromkeys(chain.from_iterable(report.matches for report in reports))),
        isotoxic=None,
        robustness=None,
        cross_checks=(),
        scenarios=None,
        samples=None,
        courses=_list(results, reports, uniform, names, fractions_left),
    )


def _require_addable(reports: Sequence[Report], external: Sequence[External], fractions_left: int | None) -> None:
    if not reports or len(reports) + len(external) < 2:
        raise UsageError("The sum of values needs at least two plans, or a plan and an external dose.")
    if any(report.protocol != reports[0].protocol for report in reports):
        raise UsageError("The sum of values needs reports of one protocol.")
    if any(report.case.dose_sum is not None for report in reports):
        raise UsageError("The values of a sum cannot be added: give the report of each plan.")
    if fractions_left is not None and fractions_left < 1:
        raise UsageError(f"fractions_left {fractions_left}: expected a number of fractions of at least 1.")


def together(cases: Sequence[Case], *, external: Sequence[External] = (), fractions_left: int | None = None) -> Case:
    """The plans as one case without a dose: there is none of them together.

    Raises UsageError for plans of different patients and for a dose that is given twice.
    """
    require_one_patient(cases)
    require_different_doses(cases)
    dose_sum = DoseSum(
        files=tuple(tuple(source.sha256 for source in case.sources) for case in cases),
        is_by_values=True,
        external=tuple((each.dose_gy, each.fractions) for each in external),
        fractions_left=fractions_left,
    )
    first, plans = cases[0], [case.plan for case in cases if case.plan is not None]
    label = " + ".join(plan.label for plan in plans)
    return replace(
        first,
        plan=replace(plans[0], label=label, prescriptions=(), fractions=None) if plans else Plan(),
        dose=None,
        sources=tuple(chain.from_iterable(case.sources for case in cases)),
        beam_doses={},
        load_tps_dvhs=None,
        images=(),
        dose_sum=dose_sum,
        courses=None,
    )


def _not_checked() -> CheckItem:
    return CheckItem(
        item="Prescription",
        expected="as the protocol states",
        found="of several plans",
        outcome="not_evaluated",
        note="the prescription of plans whose values are added is not checked",
    )


def _added(result: Result, reports: Sequence[Report], external: Sequence[External]) -> Result:
    """The result of one structure and goal over all plans."""
    parts = [_same(result, report) for report in reports]
    if all(part is not None and part.outcome == "not_applicable" for part in parts):
        return result
    if result.constraint.has_table:  # each plan has its own volume
        result = replace(result, goal=result.constraint.goal, by_volume=None, notes=())
    measured = value_of_part(_measured(result.goal.metric, parts, reports, external))
    outcome, reason = judge(result.goal, measured)
    variation = result.variation
    is_same_metric = variation is not None and variation.metric == result.constraint.goal.metric
    if outcome == "violated" and variation is not None and is_same_metric and judge(variation, measured)[0] == "met":
        outcome = "variation"
    is_close = outcome in ("met", "violated") and is_borderline(result.goal, measured)
    return replace(
        result,
        measurement=measured,
        outcome=outcome,
        matched=tuple(dict.fromkeys(match for part in parts if part for match in part.matched)),
        margin=margin_of(result.goal, measured),
        is_borderline=is_close,
        band_flips=(),
        readings=(),
        notes=(reason,) if reason else (),
        headroom=None,
        place=None,
        achievable=Achievable(reason=NO_SUMMED_DOSE) if outcome in ("violated", "variation") else None,
        waiver="",
        score=None,
    )


def _same(result: Result, report: Report) -> Result | None:
    """The result of the same structure and goal in another report."""
    return next(
        (each for each in report.results if each.structure == result.structure and each.goal.text == result.goal.text),
        None,
    )


def _measured(
    metric: Metric, parts: Sequence[Result | None], reports: Sequence[Report], external: Sequence[External]
) -> Measurement:
    names = [label_of(report.case) for report in reports]
    if metric.kind not in DOSES or metric.unit != "Gy" or metric.per_fraction or metric.biology == "BED":
        return Measurement(value=None, unit=metric.unit, undefined=NOT_ADDED)
    values, lows, highs, uncertainties = [], [], [], []
    reasons: list[str] = []
    for name, part in zip(names, parts, strict=True):
        if part is None or part.measurement.value is None:
            why = "it was not found" if part is None else part.measurement.undefined or "it could not be evaluated"
            return Measurement(value=None, unit=metric.unit, undefined=f"{name}: {why}")
        if any(match.is_surrogate for match in part.matched):
            return Measurement(value=None, unit=metric.unit, undefined=f"{name}: a larger structure is used instead")
        found = part.measurement
        values.append(found.value or 0.0)
        low, high = found.bounds or (found.value or 0.0, found.value or 0.0)
        lows.append(low)
        highs.append(high)
        uncertainties.append(found.uncertainty or 0.0)
        reasons += found.reasons
    uniform = sum(_external_gy(metric, each) or 0.0 for each in external)
    has_bounds = any(part is not None and part.measurement.bounds for part in parts)
    return Measurement(
        value=sum(values) + uniform,
        unit="Gy",
        uncertainty=sum(uncertainties),
        bounds=(sum(lows) + uniform, sum(highs) + uniform) if has_bounds else None,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _external_gy(metric: Metric, each: External) -> float | None:
    """What a uniform external dose adds to a metric; None where its EQD2 is not known. [Gy]"""
    if metric.biology == "physical":
        return each.dose_gy
    return _eqd2(each.dose_gy, each.fractions, metric.alpha_beta_gy)


def _eqd2(dose_gy: float, fractions: int, alpha_beta_gy: float | None) -> float | None:
    return None if alpha_beta_gy is None else Effect(alpha_beta_gy=alpha_beta_gy).of(dose_gy, fractions)


def _list(
    results: Sequence[Result],
    reports: Sequence[Report],
    external: Sequence[External],
    names: Sequence[str],
    fractions_left: int | None,
) -> CourseList:
    plans = [report.case.plan for report in reports]
    shown = [each for each in results if each.measurement.value is not None]
    return CourseList(
        labels=tuple(names),
        fractions=(*(plan.fractions if plan else None for plan in plans), *(each.fractions for each in external)),
        planned_on=(*(plan.planned_on if plan else None for plan in plans), *(None for _ in external)),
        last=None,
        fractions_left=fractions_left,
        limits=tuple(_cumulative(each, reports, external, fractions_left) for each in shown),
    )


def _cumulative(
    result: Result, reports: Sequence[Report], external: Sequence[External], fractions_left: int | None
) -> Cumulative:
    metric, limit_gy = result.goal.metric, result.goal.limit
    is_eqd2 = metric.biology == "EQD2"
    physical = replace(metric, biology="physical", alpha_beta_gy=None)
    courses = [
        CourseDose(
            physical_gy=_of_drawing(physical, result, report),
            eqd2_gy=part.measurement.value if is_eqd2 and (part := _same(result, report)) else None,
        )
        for report in reports
    ]
    courses += [
        CourseDose(physical_gy=each.dose_gy, eqd2_gy=_eqd2(each.dose_gy, each.fractions, metric.alpha_beta_gy))
        for each in external
    ]
    every = [course.physical_gy for course in courses]
    is_upper = result.goal.is_upper_limit
    total_gy = result.measurement.bounds[is_upper] if result.measurement.bounds else result.measurement.value
    remaining_gy = None if total_gy is None else limit_gy - total_gy
    return Cumulative(
        structure=result.structure,
        goal=result.goal.text,
        limit_gy=limit_gy,
        alpha_beta_gy=metric.alpha_beta_gy if is_eqd2 else None,
        is_eqd2=is_eqd2,
        courses=tuple(courses),
        physical_gy=None if None in every else sum(each for each in every if each is not None),
        eqd2_gy=total_gy if is_eqd2 else None,
        remaining_gy=remaining_gy,
        last_may_add_gy=None,
        per_fraction_gy=_per_fraction_gy(metric, remaining_gy, fractions_left),
        is_upper=is_upper,
    )


def _of_drawing(metric: Metric, result: Result, report: Report) -> float | None:
    """The physical value in one plan, from the DVH that its report has."""
    dvh = next((each.dvh for each in report.drawings() if each.name == result.structure), None)
    return None if dvh is None else measure(metric, dvh).value


def _per_fraction_gy(metric: Metric, remaining_gy: float | None, fractions_left: int | None) -> float | None:
    """The physical dose of each of so many fractions whose EQD2 together is what remains. [Gy]"""
    if fractions_left is None or remaining_gy is None or metric.biology != "EQD2" or metric.alpha_beta_gy is None:
        return None
    if remaining_gy <= 0:
        return 0.0
    bed = remaining_gy * (1 + 2 / metric.alpha_beta_gy)
    return total_dose_of_bed(bed, fractions=fractions_left, alpha_beta_gy=metric.alpha_beta_gy) / fractions_left


def parse_external(text: str) -> External:
    """external = dose "/" fractions, as in "45/25"

    >>> parse_external("45/25").label
    'external 45 Gy in 25'

    Raises UsageError for what is not that.
    """
    dose, slash, fractions = text.partition("/")
    try:
        found = External(dose_gy=float(dose), fractions=int(fractions))
    except (ValueError, UsageError):
        found = None
    if not slash or found is None:
        raise UsageError(f"--external {text}: expected a dose in Gy and its fractions, such as 45/25.")
    return found
