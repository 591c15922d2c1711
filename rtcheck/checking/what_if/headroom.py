"""How far a constraint is from flipping, as a scale of the whole dose; and which constraint is the tightest."""

from collections.abc import Iterable
from math import isinf

from rtcheck.checking.rules import is_met
from rtcheck.dosimetry.curve import Dvh, Possible, completed
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.dosimetry.metrics import measure
from rtcheck.dosimetry.scaling import depends_on_scale, scale_at_limit
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Headroom, Result


def headroom_of(goal: Goal, measurement: Measurement, dvh: Dvh | None, *, fractions: int | None) -> Headroom | None:
    """The scale of dose and prescription at which the goal flips.

    None where nothing was measured, and of the metric of a plug-in. Its `scale` is None where no scale changes the
    outcome or no upper bound is known, and 0 where an upper limit fails at every scale. Where evidence is missing, the
    goal holds for certain up to it.
    """
    if dvh is None or measurement.value is None or goal.metric.plugin:
        return None
    # The sparing of a volume (CV) falls as the dose rises; everything else that depends on the scale rises with it.
    is_upper = goal.is_upper_limit != (goal.metric.kind == "CV")
    if goal.metric.kind == "Vrange" and depends_on_scale(goal.metric):
        return _headroom_of_range(goal, measurement.value, dvh, fractions=fractions)
    if is_upper and measurement.bounds is not None and isinf(measurement.bounds[1]):
        return Headroom(scale=None, is_upper=is_upper)
    if dvh.possible is not None:
        scale = _certain_scale(goal, dvh.possible, is_upper=is_upper, fractions=fractions)
    else:
        scale = scale_at_limit(goal.metric, goal.limit, completed(dvh, 0.0), fractions=fractions)
    if scale is None and is_upper and depends_on_scale(goal.metric) and not is_met(goal, measurement.value):
        scale = 0.0
    return Headroom(scale=scale, is_upper=is_upper)


def _headroom_of_range(goal: Goal, value: float, dvh: Dvh, *, fractions: int | None) -> Headroom | None:
    """The scale up to which a dose range holds at most its limit; None where the plan lies beyond it.

    Its volume rises with the dose and falls again: below the lowest scale at which it reaches the limit an upper limit
    is always met. Elsewhere, for lower limits, and where evidence is missing, one scale does not say when it is met.
    """
    if not goal.is_upper_limit or dvh.possible is not None:
        return None
    scale = scale_at_limit(goal.metric, goal.limit, completed(dvh, 0.0), fractions=fractions)
    if is_met(goal, value) and scale is not None and scale < 1.0:
        return None
    return Headroom(scale=scale, is_upper=True)


def _certain_scale(goal: Goal, possible: Possible, *, is_upper: bool, fractions: int | None) -> float | None:
    """The scale at which the first of all possible DVHs comes to the limit; None where some never does."""
    scales = []
    for dvh in possible.candidates():
        scale = scale_at_limit(goal.metric, goal.limit, dvh, fractions=fractions) if dvh.volume_cc > 0 else None
        if scale is not None:
            scales.append(scale)
        elif not is_upper and not _is_met_by(goal, dvh, fractions):
            return None
    return (min if is_upper else max)(scales, default=None)


def _is_met_by(goal: Goal, dvh: Dvh, fractions: int | None) -> bool:
    value = measure(goal.metric, dvh, fractions=fractions).value if dvh.volume_cc > 0 else None
    return value is not None and is_met(goal, value)


def tightest(results: Iterable[Result]) -> Result | None:
    """The required result nearest to flipping as the dose rises, or the one that has flipped the furthest."""
    return min(_with_scale(results, is_upper=True), key=_scale, default=None)


def tightest_below(results: Iterable[Result]) -> Result | None:
    """The required result nearest to flipping as the dose falls, such as a target's coverage in Gy."""
    return max(_with_scale(results, is_upper=False), key=_scale, default=None)


def _with_scale(results: Iterable[Result], *, is_upper: bool) -> list[Result]:
    return [
        result
        for result in results
        if result.is_required
        and result.headroom is not None
        and result.headroom.scale is not None
        and result.headroom.is_upper is is_upper
    ]


def _scale(result: Result) -> float:
    return (result.headroom.scale if result.headroom else None) or 0.0
