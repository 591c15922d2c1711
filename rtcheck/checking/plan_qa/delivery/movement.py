"""How arcs turn and how leaves move between control points: directions, travel by degree, speed."""

from collections.abc import Iterator
from itertools import filterfalse, pairwise

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, counted, in_range, listed
from rtcheck.checking.plan_qa.delivery.control_points import turn_deg, turns_unclearly
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.plan_facts import BeamFacts, ControlPoint
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.values import dataclass

SECONDS = 60.0
"""In a minute: dose rates are in MU/min."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """From one control point to the next: the turn of the gantry, the farthest way of a leaf, monitor units."""

    turn_deg: float
    travel_mm: float
    meterset_mu: float
    rate_mu_min: float | None


def arc_directions(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Arcs turn one way and the other by turns, in the order of the plan's beams."""
    found: list[tuple[BeamFacts, str]] = []
    unclear = []
    for beam in subject.treating:
        if turns_unclearly(beam):
            unclear.append(beam.label)
        elif ways := {one.gantry_direction for one, other in pairwise(beam.points) if turn_deg(one, other) > 0}:
            found.append((beam, ways.pop() if len(ways) == 1 else ""))
    unclear += [beam.label for beam, way in found if way not in ("CW", "CC")]
    expected = "arcs in alternating directions"
    off = [after.label for (_, one), (after, other) in pairwise(found) if one and one == other]
    text = ", ".join(f"{beam.name or beam.label} {way}" for beam, way in found)
    if off and not unclear:
        yield answer(False, text, value=float(len(off)), place=listed(off), expected=expected)
    elif unclear:
        raise Unknown(f"the plan does not state how the gantry turns in {listed(unclear)}")
    elif len(found) < 2:
        yield Answer(found=counted(len(found), "arc"), outcome="not_applicable", expected=expected)
    else:
        yield answer(True, text, value=0.0, expected=expected)


def leaf_travel(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The farthest way of a leaf for each degree that the gantry turns with the beam on. [mm/deg]"""
    largest: dict[str, float] = {}
    absent, resting = [], []
    for beam in filterfalse(_has_no_leaves, subject.treating):
        is_arc = any(turn_deg(one, other) > 0 for one, other in pairwise(beam.points))
        if not is_arc and not turns_unclearly(beam):
            continue
        segments = None if turns_unclearly(beam) else _segments(beam)
        if segments is None:
            absent.append(beam.label)
            continue
        by_turn = [each.travel_mm / each.turn_deg for each in segments if each.turn_deg > 0]
        largest[beam.label] = round(max(by_turn, default=0.0), 4)
        if any(each.travel_mm > 0 for each in segments if each.turn_deg == 0):
            resting.append(beam.label)
    if resting and all(map(rule.value.contains, largest.values())):
        raise Unknown(f"leaves move while the gantry rests in {listed(resting)}")
    yield _largest(
        rule.value, largest, absent, "mm/deg", "gantry angles, weights and leaf positions", "no arcs with leaves"
    )


def leaf_speed(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The fastest leaf while the beam is on: its way by the time, of dose rate or of the gantry, that is longer. [mm/s]

    Where one of both is not known the time may be longer, and a leaf that is too fast is then not decided.
    """
    allowed, gantry_deg_s = rule.value
    largest: dict[str, float] = {}
    absent, unsure = [], []
    for beam in filterfalse(_has_no_leaves, subject.treating):
        segments = _segments(beam)
        if segments is None or beam.meterset_unit != "MU":
            absent.append(beam.label)
            continue
        speeds = [_speed_mm_s(each, gantry_deg_s) for each in segments if each.travel_mm > 0]
        if any(speed is None for speed, _ in speeds):
            absent.append(beam.label)
            continue
        exact = max((speed for speed, is_exact in speeds if speed is not None and is_exact), default=0.0)
        at_most = max((speed for speed, _ in speeds if speed is not None), default=0.0)
        if allowed.contains(exact) and not allowed.contains(at_most):
            unsure.append(beam.label)
        else:
            largest[beam.label] = round(at_most if allowed.contains(exact) else exact, 4)
    if unsure and all(map(allowed.contains, largest.values())):
        why = "the speed of the gantry (state it: <= 25 mm/s at 6 deg/s)" if gantry_deg_s is None else "the dose rate"
        raise Unknown(f"{listed(unsure)} may be too fast at the stated dose rate; unknown: {why}")
    yield _largest(allowed, largest, absent, "mm/s", "dose rate, monitor units and leaf positions", "no leaves")


def _largest(
    allowed: Range, largest: dict[str, float], absent: list[str], unit: str, needed: str, if_none: str
) -> Answer:
    off = [label for label, value in largest.items() if not allowed.contains(value)]
    if absent and not off:
        raise Unknown(f"the plan does not state {needed} of {listed(absent)}")
    if not largest:
        return Answer(found=if_none, outcome="not_applicable")
    return in_range(allowed, max(largest.values()), unit, place=listed(off))


def _has_no_leaves(beam: BeamFacts) -> bool:
    """Whether the beam states its jaws and collimators, and none has leaves."""
    return bool(beam.devices) and all(each.type and not each.type.startswith("MLC") for each in beam.devices)


def _segments(beam: BeamFacts) -> list[Segment] | None:
    """The segments of a beam that deliver dose; None where weights, monitor units or leaf positions are missing."""
    weights = [point.meterset_weight for point in beam.points]
    known = [weight for weight in weights if weight is not None]
    if len(known) < 2 or len(known) < len(weights) or beam.meterset is None or beam.meterset < 0 or not known[-1] > 0:
        return None
    pairs = {device.type: device.pairs for device in beam.devices if device.type.startswith("MLC")}
    is_stated = all(len(point.positions_mm.get(name, ())) == 2 * pairs[name] for name in pairs for point in beam.points)
    if not pairs or not all(pairs.values()) or not is_stated:
        return None
    segments = [
        Segment(
            turn_deg=turn_deg(one, other),
            travel_mm=_travel_mm(one, other, pairs),
            meterset_mu=beam.meterset * (later - earlier) / known[-1],
            rate_mu_min=one.dose_rate,
        )
        for (one, other), (earlier, later) in zip(pairwise(beam.points), pairwise(known), strict=True)
        if later > earlier
    ]
    return segments or None


def _travel_mm(one: ControlPoint, other: ControlPoint, pairs: dict[str, int]) -> float:
    ways = (zip(one.positions_mm[name], other.positions_mm[name], strict=True) for name in pairs)
    return max((abs(after - before) for own in ways for before, after in own), default=0.0)


def _speed_mm_s(segment: Segment, gantry_deg_s: float | None) -> tuple[float | None, bool]:
    """The largest speed that is possible, and whether it is that for sure; None where no time is known."""
    rate_mu_min = max(segment.rate_mu_min or 0.0, 0.0)
    beam_s = SECONDS * segment.meterset_mu / rate_mu_min if rate_mu_min else None
    turn_s = 0.0 if segment.turn_deg == 0 else segment.turn_deg / gantry_deg_s if gantry_deg_s else None
    longest_s = max(beam_s or 0.0, turn_s or 0.0)
    is_exact = beam_s is not None and turn_s is not None
    return (segment.travel_mm / longest_s if longest_s > 0 else None), is_exact
