"""How far a constraint is from flipping, as a scale of the whole dose; and which constraint is the tightest."""

from collections.abc import Iterable

from rtcheck.checking.rules import is_met
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import Measurement, completed
from rtcheck.dosimetry.scaling import depends_on_scale, scale_at_limit
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Headroom, Result


def headroom_of(goal: Goal, measurement: Measurement, dvh: Dvh | None, *, fractions: int | None) -> Headroom | None:
    """The scale of dose and prescription at which the goal flips.

    None where nothing was measured. Its `scale` is None where no scale changes the outcome, and 0 where an upper limit
    fails at every scale. Of a structure partly outside the dose grid it is the scale up to which the goal holds for
    certain: the dose outside is taken at its worst.
    """
    if dvh is None or measurement.value is None:
        return None
    if measurement.bounds is not None:
        dvh = completed(dvh, dvh.grid_max_gy if goal.is_upper_limit else 0.0)
    # The sparing of a volume (CV) falls as the dose rises; everything else that depends on the scale rises with it.
    is_upper = goal.is_upper_limit != (goal.metric.kind == "CV")
    scale = scale_at_limit(goal.metric, goal.limit, dvh, fractions=fractions)
    if scale is None and is_upper and depends_on_scale(goal.metric) and not is_met(goal, measurement.value):
        scale = 0.0
    return Headroom(scale=scale, is_upper=is_upper)


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
