"""A check again under setup shifts and contour margins: which constraints hold in every scenario, and which flip.

The dose cloud is taken as static: it moves as a whole against the patient, which is what a shift of the patient does
in the absence of density changes near the surface. Structures are read and built once; only the dose is moved.
"""

from dataclasses import replace
from itertools import product
from typing import Any

from rtcheck.case import Case
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.kept import Kept
from rtcheck.checking.outcome import evaluate_constraint
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.metric_terms import MetricKind
from rtcheck.errors import UsageError
from rtcheck.geometry.margins.margin import QUICK, grow
from rtcheck.notices import Notice
from rtcheck.progress import Progress, counted
from rtcheck.results import Match, Outcome, Result, RobustConstraint, Robustness

Shift = tuple[float, float, float]
SHIFTING = "Shifting the plan"
NOT_FOR_IONS = "robust.ions"

_ONE_DOSE: dict[MetricKind, str] = {"Dmax": "extreme", "Dmin": "extreme", "Dmean": "mean"}  # need no histogram
DECIDED: tuple[Outcome, ...] = ("met", "variation", "violated")


def robustness_of(
    results: tuple[Result, ...],
    evidence: Evidence,
    *,
    shift_mm: Shift,
    margin_mm: float = 0.0,
    progress: Progress | None = None,
) -> Robustness:
    """Every constraint under 6 shifts along the axes and 8 to the corners, and with contours grown and shrunk.

    `results` are those of the plan as it is. `shift_mm` are the sizes along x, y and z; `margin_mm` 0 leaves out the
    scenarios of contour uncertainty.
    """
    plain = for_other_doses(results, evidence)
    scenarios = {f"shift {_words(shift)}": shifted(plain, shift) for shift in shifts_of(shift_mm)}
    if margin_mm:
        for sign, word in ((1, "grown"), (-1, "shrunk")):
            scenarios[f"contours {word} by {margin_mm:g} mm"] = grown(plain, sign * margin_mm)
    found: dict[tuple[int, str], list[tuple[str, Result]]] = {}
    for name, moved in counted(SHIFTING, tuple(scenarios.items()), progress):
        for constraint in evidence.protocol.constraints:
            for result in evaluate_constraint(constraint, moved):
                found.setdefault(asked_by(result), []).append((name, result))
    constraints = tuple(summary(result, found.get(asked_by(result), [])) for result in results)
    return Robustness(
        shift_mm=shift_mm, margin_mm=margin_mm, scenarios=tuple(scenarios), constraints=constraints,
        flips_verdict=any(each.flips and each.is_required for each in constraints),
    )  # fmt: skip


def for_other_doses(results: tuple[Result, ...], evidence: Evidence) -> Evidence:
    """The evidence for the same limits on the same structures under many other doses, of outcomes alone."""
    case = evidence.case
    return replace(
        evidence, case=replace(case, courses=case.courses and case.courses.for_many_shifts()), only_outcomes=True,
        single_doses=_asked_one_dose(results), finer_dvhs={}, others={},
    )  # fmt: skip


def asked_by(result: Result) -> tuple[int, str]:
    """What tells a result from all others: two targets may have one and the same limit."""
    return id(result.constraint), result.structure


def require_photons(case: Case) -> None:
    """Raise UsageError for a plan with ion beams, whose dose does not move as a whole, unless the user overrides it."""
    types = {beam.radiation_type.upper() for beam in case.plan.beams} if case.plan else set()
    if types & {"PROTON", "ION"} and NOT_FOR_IONS not in case.ignored_codes:
        raise UsageError(
            "The dose of ion beams does not move as a whole with the patient (its range changes): shifts do not apply "
            "to such a plan. Export the doses of the planning system's scenarios instead (--scenario NAME=FILE); or "
            f"override with --ignore {NOT_FOR_IONS}."
        )


def notices_of_robustness(found: Robustness) -> tuple[Notice, ...]:
    """A `robust.flips` warning for each constraint that some scenario turns."""
    return tuple(
        Notice(
            code="robust.flips",
            text=f"{each.structure} {each.goal} is {each.outcome.replace('_', ' ')} as planned and met in "
            f"{each.passing} of {each.evaluated} scenarios{_within_variation(each)} "
            f"(worst: {each.worst_scenario})",
            structures=(each.structure,),
        )
        for each in found.constraints
        if each.flips
    )


def _within_variation(each: RobustConstraint) -> str:
    """How many more scenarios keep within the acceptable variation, and what it is; "" without one."""
    return f", within its variation {each.variation} in {each.within_variation} more" if each.variation else ""


def shifts_of(size_mm: Shift) -> tuple[Shift, ...]:
    """The 6 shifts along the axes and the 8 to the corners of the box of that size."""
    x, y, z = size_mm
    axes = [(x, 0.0, 0.0), (-x, 0.0, 0.0), (0.0, y, 0.0), (0.0, -y, 0.0), (0.0, 0.0, z), (0.0, 0.0, -z)]
    corners = product((x, -x), (y, -y), (z, -z))
    return tuple(dict.fromkeys(shift for shift in (*axes, *corners) if any(shift)))


def _asked_one_dose(results: tuple[Result, ...]) -> frozenset[str]:
    """The structures of which the limits ask a maximum and a minimum alone, or a mean alone."""
    asked: dict[str, set[str]] = {}
    for result in results:
        goals = (result.goal, result.variation or result.goal)
        kinds = {_ONE_DOSE.get(goal.metric.kind, "") if goal.metric.biology == "physical" else "" for goal in goals}
        for match in result.matched:
            asked.setdefault(match.asked, set()).update(kinds)
    return frozenset(name for name, kinds in asked.items() if kinds in ({"extreme"}, {"mean"}))


def shifted(evidence: Evidence, shift_mm: Shift) -> Evidence:
    """The same evidence with the dose moved as a whole."""
    dose = evidence.case.dose
    if dose is None:
        return evidence
    x, y, z = shift_mm
    moved, courses = dose.moved(x, y, z), evidence.case.courses
    case = replace(evidence.case, dose=moved, courses=courses and courses.moved(moved, (x, y, z)))
    return evidence.under_dose(case)


def grown(evidence: Evidence, margin_mm: float) -> Evidence:
    """The same evidence with all contours expanded, or contracted by a negative margin. [mm]"""
    return replace(evidence, anatomy=GrownAnatomy(evidence.anatomy, margin_mm), dvhs={}, kept=Kept())


class GrownAnatomy(Anatomy):
    """An anatomy whose structures are all grown (or shrunk) by a margin when they are asked for."""

    def __init__(self, anatomy: Anatomy, margin_mm: float) -> None:
        self.__dict__.update(anatomy.__dict__)
        self._margin_mm = margin_mm
        self._grown_solids: dict[int, Found] = {}

    def find(self, name: str, *, surrogates: tuple[str, ...] = ()) -> Found:
        if self.names.is_of_isodose(name):
            return Found(match=Match(asked=name, reason="an isodose does not change with the contours"))
        return self._grown(super().find(name, surrogates=surrogates))

    def single(self, number: int, how: str) -> Found:
        return self._grown(super().single(number, how))

    def _grown(self, found: Found) -> Found:
        if found.solid is None:
            return found
        if id(found) not in self._grown_solids:
            margins = (self._margin_mm,) * 6
            solid = grow(found.solid, margins, fineness=QUICK)
            reason = "it is empty" if solid.is_empty else ""
            grown = replace(found, solid=None if solid.is_empty else solid, match=replace(found.match, reason=reason))
            self._grown_solids[id(found)] = replace(grown, drawn=None, derived=None)
        return self._grown_solids[id(found)]


def summary(nominal: Result, found: list[tuple[str, Result]]) -> RobustConstraint:
    """The worst value, the share of scenarios that hold, and whether any of them turns the outcome."""
    decided = [(name, result) for name, result in found if result.outcome in DECIDED]
    margins = [(result.margin, name, result) for name, result in decided if result.margin is not None]
    worst = min(margins, key=lambda each: each[0], default=None)
    outcomes = [result.outcome for _, result in decided]
    planned: Outcome = "violated" if nominal.outcome == "waived" else nominal.outcome
    return RobustConstraint(
        **of_nominal(nominal),
        worst=_worst_value(worst[2]) if worst else None,
        worst_scenario=worst[1] if worst else "",
        passing=outcomes.count("met"),
        evaluated=len(decided),
        scenarios=len(found),
        flips=planned in DECIDED and any(outcome != planned for outcome in outcomes),
        variation=nominal.variation_text,
        within_variation=outcomes.count("variation"),
    )


def of_nominal(nominal: Result) -> dict[str, Any]:
    """The fields of `results.Repeated`: what is asked, and what it gave under the nominal dose."""
    return {
        "structure": nominal.structure,
        "goal": nominal.goal.text,
        "unit": nominal.goal.unit,
        "outcome": nominal.outcome,
        "is_required": nominal.is_required,
        "nominal": nominal.measurement.value,
    }


def _worst_value(result: Result) -> float | None:
    """The value, or of a structure partly outside the dose grid the bound nearer to failing: what the margin is of."""
    if result.measurement.bounds is None:
        return result.measurement.value
    return max(result.measurement.bounds) if result.goal.is_upper_limit else min(result.measurement.bounds)


def _words(shift_mm: Shift) -> str:
    return " ".join(f"{axis}{size:+g}" for axis, size in zip("xyz", shift_mm, strict=True) if size) + " mm"
