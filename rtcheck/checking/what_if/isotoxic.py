"""A report -> the isotoxic prescription: the highest dose, in the same fractions, that every limit still allows."""

import math
from collections.abc import Iterable
from dataclasses import replace

from rtcheck.notices import Notice
from rtcheck.protocol.file.model import PrescriptionRule
from rtcheck.results import Isotoxic, PrescriptionLimit, Report, Result
from rtcheck.units import EQUAL_WITHIN, is_equal

WELL_BELOW = 0.95  # a plan this far below what it could be is worth a word
WHOLE_RANGE = "prescription"
_AT_NEW_DOSE = "check the plan at the new dose in the workbench (rtcheck serve)"
OF_PLUGIN = f"how the metric of a plug-in changes with the dose is unknown; {_AT_NEW_DOSE}"
OF_ISODOSE = f"how the structure changes with the dose is unknown; {_AT_NEW_DOSE}"
OF_RANGE = f"the volume in a dose range rises and falls with the dose; {_AT_NEW_DOSE}"


def isotoxic_prescription(
    report: Report, *, added: Report | None = None, step_gy: float | None = None
) -> Isotoxic | None:
    """The prescription that the report's limits allow; None where the plan has no prescription or no fractions.

    `added` is the same case under a protocol whose limits the user wants held as well; they are labelled with its name.
    `step_gy` is the step of the total dose; by default the protocol's step per fraction times the fractions.
    """
    plan = report.case.plan
    prescription, fractions = (plan.prescription, plan.fractions) if plan else (None, None)
    if prescription is None or fractions is None or not prescription.dose_gy > 0.0:
        return None
    planned_gy = prescription.dose_gy
    rule = report.protocol.prescription or PrescriptionRule()
    limits = (*_limits(report, planned_gy), *(_limits(added, planned_gy, label=added.protocol.name) if added else ()))
    low_gy, high_gy = (rule.dose_gy.low, rule.dose_gy.high) if rule.dose_gy else (None, None)
    step_gy = step_gy or rule.isotoxic_step_gy_per_fraction * fractions
    binding = _binding(limits, planned_gy, high_gy)
    is_complete = not any(limit.is_required and limit.reason for limit in limits)
    is_under = binding is not None and low_gy is not None and _is_under(binding, low_gy)
    widest = _binding(map(_within_variation, limits), planned_gy, high_gy)
    is_variation = is_under and widest is not None and low_gy is not None and not _is_under(widest, low_gy)
    is_out_of_reach = is_under and not is_variation
    found = Isotoxic(
        planned_gy=planned_gy,
        fractions=fractions,
        low_gy=low_gy,
        high_gy=high_gy,
        step_gy=step_gy,
        limits=limits,
        binding=binding,
        unrounded_gy=binding.prescription_gy if binding else None,
        allowed_gy=_rounded_down(binding, low_gy, step_gy) if binding and is_complete and not is_out_of_reach else None,
        lowest_gy=max((_known_gy(limit) for limit in limits if _is_known(limit) and not limit.is_upper), default=None),
        is_complete=is_complete,
        is_out_of_reach=is_out_of_reach,
        is_variation=is_variation,
        advice=(),
    )
    unmet = [text for each in (report, added) if each is not None for text in _unmet_at_any_scale(each)]
    return replace(
        found,
        meets_all=not unmet and not _needs_more(found),
        advice=tuple(_advice(found, unmet)),
        notices=tuple(_notices(found)),
    )


def _needs_more(found: Isotoxic) -> bool:
    """Whether required coverage, or its acceptable variation, needs more than what is allowed."""
    lower = [_within_variation(limit) for limit in found.limits if not limit.is_upper and limit.is_required]
    least_gy = max((_known_gy(limit) for limit in lower if _is_known(limit)), default=None)
    allowed_gy = found.allowed_gy
    return least_gy is not None and allowed_gy is not None and least_gy > allowed_gy * (1 + EQUAL_WITHIN)


def _limits(report: Report, planned_gy: float, *, label: str = "") -> list[PrescriptionLimit]:
    return [_limit(result, planned_gy, label) for result in report.results if result.outcome != "not_applicable"]


def _limit(result: Result, planned_gy: float, label: str) -> PrescriptionLimit:
    """What one result says about the scale. A value that was not measured says nothing: its reason is kept."""
    goal = result.goal
    scale = result.headroom.scale if result.headroom and result.outcome != "not_evaluated" else None
    return PrescriptionLimit(
        structure=result.structure,
        metric=goal.metric.text,
        goal=goal.text,
        scale=scale,
        prescription_gy=None if scale is None else scale * planned_gy,
        is_upper=result.headroom.is_upper if result.headroom else goal.is_upper_limit,
        is_attained=goal.operator in ("<=", ">="),
        is_required=result.is_required,
        reason=_why_unknown(result),
        added_from=label,
        variation=result.variation_text,
        variation_gy=_variation_gy(result, planned_gy),
    )


def _variation_gy(result: Result, planned_gy: float) -> float | None:
    """The prescription at which the acceptable variation breaks. [Gy]"""
    scale = result.variation_headroom.scale if result.variation_headroom else None
    return None if scale is None or result.outcome == "not_evaluated" else scale * planned_gy


def _within_variation(limit: PrescriptionLimit) -> PrescriptionLimit:
    """The limit with its acceptable variation in place of its goal, where that allows more."""
    gy, wider_gy = limit.prescription_gy, limit.variation_gy
    if gy is None or wider_gy is None or (wider_gy > gy) != limit.is_upper:
        return limit
    return replace(limit, prescription_gy=wider_gy)


def _unmet_at_any_scale(report: Report) -> list[str]:
    """The required constraints that are violated at every scale: relative coverage, volumes, indices."""
    return [
        f"{result.structure} {result.goal.text}"
        for result in report.results
        if result.is_required and result.outcome == "violated" and result.headroom and result.headroom.scale is None
    ]


def _why_unknown(result: Result) -> str:
    """Why nobody knows what a result allows; "" where it was evaluated."""
    if result.outcome != "not_evaluated":
        if result.goal.metric.plugin:
            return OF_PLUGIN
        if result.headroom is not None:
            return ""
        return OF_RANGE if result.goal.metric.kind == "Vrange" else OF_ISODOSE
    return result.measurement.undefined or "; ".join(result.notes) or "it could not be evaluated"


def _is_known(limit: PrescriptionLimit) -> bool:
    return limit.prescription_gy is not None


def _known_gy(limit: PrescriptionLimit) -> float:
    assert limit.prescription_gy is not None, "called only for known limits"
    return limit.prescription_gy


def _binding(limits: Iterable[PrescriptionLimit], planned_gy: float, high_gy: float | None) -> PrescriptionLimit | None:
    """The upper limit that stops the prescription first: a required constraint, or the top of the protocol's range."""
    candidates = [limit for limit in limits if _is_known(limit) and limit.is_upper and limit.is_required]
    if high_gy is not None and candidates:
        candidates.append(
            PrescriptionLimit(
                structure="",
                metric=WHOLE_RANGE,
                goal=f"{WHOLE_RANGE} <= {high_gy:g} Gy",
                scale=high_gy / planned_gy,
                prescription_gy=high_gy,
            )
        )
    return min(candidates, key=lambda limit: (_known_gy(limit), limit.is_attained), default=None)


def _is_under(binding: PrescriptionLimit, low_gy: float) -> bool:
    """Whether what the binding limit allows lies below the protocol's range."""
    most_gy = _known_gy(binding)
    if is_equal(most_gy, low_gy):
        return not binding.is_attained
    return most_gy < low_gy


def _rounded_down(binding: PrescriptionLimit, low_gy: float | None, step_gy: float) -> float:
    """The binding prescription on the grid of steps, never above it.

    A strict limit is not attained: landing exactly on a step means one step less. Where no step lies within the
    range, its lower end itself is given, which the limit allows.
    """
    most_gy = _known_gy(binding)
    steps = math.floor(most_gy / step_gy * (1 + EQUAL_WITHIN))
    if not binding.is_attained and steps * step_gy >= most_gy * (1 - EQUAL_WITHIN):
        steps -= 1
    rounded_gy = round(steps * step_gy, 6)
    return rounded_gy if low_gy is None else max(rounded_gy, low_gy)


def _notices(found: Isotoxic) -> Iterable[Notice]:
    for limit in _unknown(found):
        text = f"{limit.structure} {limit.goal} is unknown and may limit the prescription further: {limit.reason}"
        yield Notice(code="isotoxic.unknown-limit", text=text, structures=(limit.structure,))


def _unknown(found: Isotoxic) -> list[PrescriptionLimit]:
    return [limit for limit in found.limits if limit.is_required and limit.reason]


def _advice(found: Isotoxic, unmet: list[str]) -> Iterable[str]:
    """Sentences for people: the prescription and what limits it, or why there is none."""
    binding = found.binding
    if binding is None or found.unrounded_gy is None:
        yield "No evaluated constraint limits the prescription, so there is no isotoxic prescription."
        return
    what, most = _named(binding), _floor(found.unrounded_gy)
    if found.is_out_of_reach:
        yield (
            f"Not treatable with this plan: {what} allows {most} Gy{_varied(binding)}, but the range starts at "
            f"{found.low_gy:g} Gy. Replan."
        )
        return
    if found.allowed_gy is None:
        unknown = ", ".join(f"{limit.structure} {limit.goal}" for limit in _unknown(found))
        yield f"At most {most} Gy according to the evaluated limits ({what})."
        yield f"No prescription is given because other limits are unknown: {unknown}."
        return
    per_fraction = found.allowed_gy / found.fractions
    prescription = f"Isotoxic prescription {found.allowed_gy:g} Gy ({per_fraction:.4g} Gy per fraction)"
    if found.is_variation:
        yield (
            f"{prescription}, the least of the range, within acceptable variations only: {what} allows {most} "
            f"Gy{_varied(binding)}."
        )
    else:
        yield f"{prescription}, limited by {what}{_varied(binding)}."
    if unmet:
        yield f"No prescription meets all constraints: at any dose, this plan does not meet {', '.join(unmet)}."
    elif found.lowest_gy is not None and not (found.is_variation and found.lowest_gy <= found.allowed_gy):
        yield _window(found.lowest_gy, found.allowed_gy)
    if found.planned_gy < WELL_BELOW * found.unrounded_gy:
        yield (
            f"The plan, at {found.planned_gy:g} Gy, is more than 5 % below what its limits allow: "
            "with isotoxic intent the dose could be higher."
        )


def _window(lowest_gy: float, allowed_gy: float) -> str:
    """Where coverage and limits hold together."""
    if lowest_gy <= allowed_gy:
        return f"All constraints are met from {_ceiling(lowest_gy)} Gy to {allowed_gy:g} Gy."
    return f"Coverage needs at least {_ceiling(lowest_gy)} Gy: no prescription meets all constraints."


def _named(limit: PrescriptionLimit) -> str:
    if limit.metric == WHOLE_RANGE:
        return "the top of the protocol's range"
    return f"{limit.structure} {limit.goal}" + (f" (added from {limit.added_from})" if limit.added_from else "")


def _varied(limit: PrescriptionLimit) -> str:
    """What its acceptable variation allows, as part of a sentence; "" where that is not known."""
    if limit.variation_gy is None:
        return ""
    return f" ({_floor(limit.variation_gy)} Gy within the variation {limit.variation})"


def _floor(dose_gy: float) -> str:
    return f"{math.floor(dose_gy * 100 * (1 + 1e-9)) / 100:.2f}"


def _ceiling(dose_gy: float) -> str:
    return f"{math.ceil(dose_gy * 100 * (1 - 1e-9)) / 100:.2f}"
