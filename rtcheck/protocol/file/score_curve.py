"""The curve of a score: piecewise linear between the points that a constraint states."""

from collections.abc import Sequence
from itertools import pairwise

from rtcheck.protocol.file.model import ScorePoint
from rtcheck.units import is_equal


def points_at(curve: Sequence[ScorePoint], value: float) -> float:
    """The points at a value in the goal's unit."""
    ordered = in_order(curve)
    at_value = [point.points for point in ordered if is_equal(point.value, value)]
    if at_value:
        return max(at_value)
    for before, after in pairwise(ordered):
        if before.value < value < after.value:
            share = (value - before.value) / (after.value - before.value)
            return before.points + share * (after.points - before.points)
    return ordered[0].points if value < ordered[0].value else ordered[-1].points


def in_order(curve: Sequence[ScorePoint]) -> list[ScorePoint]:
    """The points by rising value; two at the same value stay as stated, the one before the step first."""
    is_falling = curve[0].value > curve[-1].value
    return sorted(reversed(curve) if is_falling else curve, key=lambda point: point.value)
