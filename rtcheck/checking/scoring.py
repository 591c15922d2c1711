"""The points of a score card: piecewise linear between the points that a constraint states. Never part of a verdict.

The rules are those of PlanScoreCard and ProKnow: linear between two points, constant beyond the first and the last, the
higher score at a value with two. A structure that is missing, or has no value, scores 0 of its maximum.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rtcheck.protocol.file.model import ScorePoint
from rtcheck.protocol.file.score_curve import points_at
from rtcheck.results import Result, Score


def with_scores(results: tuple[Result, ...]) -> tuple[Result, ...]:
    """The results, each with its points where its constraint has a score curve."""
    return tuple(replace(each, score=score) if (score := score_of(each)) else each for each in results)


def score_of(result: Result) -> Score | None:
    """The points of one result; None without a curve, and where a condition of the constraint does not hold.

    A value that is only known to lie between bounds scores the least of what it may score.
    """
    curve = result.constraint.score
    if not curve or (result.outcome == "not_applicable" and not result.is_not_drawn):
        return None
    maximum = max(point.points for point in curve)
    measured = result.measurement
    if result.is_not_drawn or measured.value is None or measured.undefined or math.isnan(measured.value):
        return Score(points=0.0, maximum=maximum, reason="0 points, because there is no value")
    if measured.bounds is None:
        return Score(points=points_at(curve, measured.value), maximum=maximum)
    least = min(points_at(curve, value) for value in _within(curve, measured.bounds))
    return Score(points=least, maximum=maximum, reason="the least that the bounds of the value allow")


def ranks_of(percents: Sequence[float | None]) -> tuple[int | None, ...]:
    """The rank of each score, 1 for the highest; equal scores share a rank, None has none.

    >>> ranks_of([50.0, 75.0, None, 75.0])
    (3, 1, None, 1)
    """
    known = [percent for percent in percents if percent is not None]
    return tuple(None if each is None else 1 + sum(other > each for other in known) for each in percents)


def _within(curve: Sequence[ScorePoint], bounds: tuple[float, float]) -> Iterator[float]:
    """The values at which the score may be least: the bounds, and the points between them."""
    low, high = bounds
    yield low
    yield high
    yield from (point.value for point in curve if low < point.value < high)
