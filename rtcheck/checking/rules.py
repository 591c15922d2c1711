"""A goal and a measured value -> met or violated, the margin and the borderline flag. Pure rules: no evidence here."""

import math

from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Outcome
from rtcheck.units import amount_text, is_equal

OUTSIDE_GRID = "part of the structure lies outside the dose grid"

# Worst first. What combines several outcomes into one takes the first of these that occurs.
SEVERITY: tuple[Outcome, ...] = ("violated", "not_evaluated", "variation", "waived", "met", "not_applicable")


def is_met(goal: Goal, value: float) -> bool:
    """Whether `value`, in the goal's unit, holds the limit: 24.0 fails "< 24", 18.0 passes "<= 18"."""
    if is_equal(value, goal.limit):
        return goal.operator in ("<=", ">=")
    return value < goal.limit if goal.is_upper_limit else value > goal.limit


def judge(goal: Goal, measurement: Measurement) -> tuple[Outcome, str]:
    """met, violated or not_evaluated, with the reason where it is not evaluated.

    A goal whose limit depends on a volume is not evaluated before that volume has chosen the limit.
    A value with bounds meets only if both meet, and violates only if both violate.
    """
    if measurement.undefined or measurement.value is None or math.isnan(measurement.value):
        return "not_evaluated", measurement.undefined or "the value is undefined"
    if goal.by_volume:
        return "not_evaluated", "the limit depends on a volume, which is unknown here"
    if measurement.bounds is None:
        return ("met" if is_met(goal, measurement.value) else "violated"), ""
    low, high = (is_met(goal, bound) for bound in measurement.bounds)
    if low and high:
        return "met", ""
    if not low and not high:
        return "violated", ""
    limit = f"the limit {goal.operator} {goal.limit:.10g} {goal.unit}".rstrip()
    said = f"{'; '.join(measurement.reasons or (OUTSIDE_GRID,))}: {goal.metric.text} is"
    least, most = (amount_text(bound, goal.unit, beside=goal.limit) for bound in measurement.bounds)
    if math.isinf(measurement.bounds[1]):
        return "not_evaluated", f"{said} at least {least} with no upper bound, so that {limit} is undecided"
    return "not_evaluated", f"{said} between {least} and {most}, and {limit} lies between them"


def margin_of(goal: Goal, measurement: Measurement) -> float | None:
    """What is to spare, in the goal's unit; below 0 what is missing, 0 at the limit itself. None without a value.

    With bounds it is the margin of the bound nearer to failing. Where that is infinite it is what is missing at least.
    """
    if measurement.undefined or measurement.value is None or goal.by_volume:
        return None
    values = measurement.bounds or (measurement.value,)
    margins = [_margin(goal, value) for value in values]
    if math.isinf(min(margins)):
        return max(margins) if max(margins) < 0 else None
    return min(margins)


def _margin(goal: Goal, value: float) -> float:
    if is_equal(value, goal.limit):
        return 0.0
    return goal.limit - value if goal.is_upper_limit else value - goal.limit


def is_borderline(goal: Goal, measurement: Measurement) -> bool:
    """Whether the limit lies inside the convention band or within the numerical uncertainty of the value."""
    if measurement.value is None:
        return False
    if (
        measurement.low is not None
        and measurement.high is not None
        and measurement.low <= goal.limit <= measurement.high
    ):
        return True
    return measurement.uncertainty is not None and abs(measurement.value - goal.limit) <= measurement.uncertainty


def worst(outcomes: tuple[Outcome, ...]) -> Outcome:
    """The outcome that stands for all of them; not_applicable for none."""
    return next((outcome for outcome in SEVERITY if outcome in outcomes), "not_applicable")


def best_first(outcome: Outcome) -> int:
    """The rank of an outcome among structures of which any one may hold the limit; what does not apply is last."""
    return 1 if outcome == "not_applicable" else -SEVERITY.index(outcome)
