"""The beams of two plans -> pairs: by name where the geometry agrees, else by geometry."""

from collections.abc import Sequence
from math import inf

from rtcheck.plan_facts import BeamFacts, ControlPoint

FARTHEST_DEG = 10.0
FARTHEST_MM = 50.0
"""Beams farther apart are two beams, whatever they are called; a name is believed farther than that."""


Matched = tuple[BeamFacts, BeamFacts, str]


def matched(a: Sequence[BeamFacts], b: Sequence[BeamFacts]) -> tuple[list[Matched], list[BeamFacts], list[BeamFacts]]:
    """(pairs with how each was found, beams of A alone, beams of B alone).

    A pair of one name comes first where the name is that of one beam in each plan; the others are paired by geometry,
    nearest first.
    """
    pairs: list[Matched] = []
    left_a, left_b = list(a), list(b)
    for one in tuple(left_a):
        same = [other for other in left_b if other.name == one.name and one.name]
        is_only = sum(other.name == one.name for other in a) == 1
        if len(same) == 1 and is_only and _is_nearest(one, same[0], left_b):
            pairs.append((one, same[0], "name"))
            left_a.remove(one)
            left_b.remove(same[0])
    while left_a and left_b:
        distance, one, other = min(
            ((apart(one, other), one, other) for one in left_a for other in left_b), key=lambda found: found[0]
        )
        if distance == inf:
            break
        pairs.append((one, other, "geometry"))
        left_a.remove(one)
        left_b.remove(other)
    order = {id(beam): place for place, beam in enumerate(a)}
    return sorted(pairs, key=lambda pair: order[id(pair[0])]), left_a, left_b


def _is_nearest(one: BeamFacts, named: BeamFacts, others: Sequence[BeamFacts]) -> bool:
    """Whether no other beam is the same as `one` while the beam of its name is not: names that were exchanged."""
    own = apart(one, named)
    return own <= SAME or not any(apart(one, other) <= SAME for other in others if other is not named)


SAME = 1.0
"""A distance up to it (degrees, millimetres and per cent of monitor units together) is that of one beam."""


def apart(one: BeamFacts, other: BeamFacts) -> float:
    """How far two beams are apart in angles, isocentre, energy and monitor units; inf where they cannot be one."""
    if not one.points or not other.points:
        return inf
    first, last = (one.points[0], other.points[0]), (one.points[-1], other.points[-1])
    if one.radiation != other.radiation or first[0].energy != first[1].energy:
        return inf
    angles = [_turn(a, b) for points in (first, last) for a, b in _angles(*points)]
    distance_mm = _distance_mm(*first)
    if max(angles) > FARTHEST_DEG or distance_mm > FARTHEST_MM:
        return inf
    mu = 0.0
    if one.meterset and other.meterset:
        mu = min(100 * abs(one.meterset - other.meterset) / max(one.meterset, other.meterset), 20.0)
    return sum(angles) + distance_mm + mu


def _angles(one: ControlPoint, other: ControlPoint) -> list[tuple[float | None, float | None]]:
    return [
        (one.gantry_deg, other.gantry_deg),
        (one.collimator_deg, other.collimator_deg),
        (one.couch_deg, other.couch_deg),
    ]


def _turn(a: float | None, b: float | None) -> float:
    if a is None or b is None:
        return 0.0
    apart_deg = abs(a - b) % 360.0
    return min(apart_deg, 360.0 - apart_deg)


def _distance_mm(one: ControlPoint, other: ControlPoint) -> float:
    if one.isocentre_mm is None or other.isocentre_mm is None:
        return 0.0
    return float(sum((a - b) ** 2 for a, b in zip(one.isocentre_mm, other.isocentre_mm, strict=True)) ** 0.5)
