"""Control points: whether they can be delivered as they are written, and within what a machine allows."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, worst_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.plan_facts import BeamFacts, ControlPoint
from rtcheck.protocol.file.model import CheckRule, Range

ROUNDING = 1e-4
"""Relative, of meterset weights: decimal strings have sixteen characters."""

LEAVES_MEET_MM = 0.05
"""Leaves of a pair may overlap by what rounding makes of a closed pair."""


def sane(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """Control points are as many as stated, weights rise from 0 to the final one, leaf pairs do not cross."""
    faults = {beam.label: found for beam in subject.treating if (found := next(_faults(beam), ""))}
    has_leaves = subject.plan.kind == "beams"
    unstated = [beam.label for beam in subject.treating if not _is_described(beam, has_leaves=has_leaves)]
    if unstated and not faults:
        raise Unknown(f"the plan does not state all weights, numbers and positions of {listed(unstated)}")
    told = "; ".join(f"{label}: {text}" for label, text in list(faults.items())[:4])
    yield answer(not faults, told or "deliverable", value=float(len(faults)), place=listed(faults),
                 expected="control points that can be delivered")  # fmt: skip


def _is_described(beam: BeamFacts, *, has_leaves: bool) -> bool:
    """Whether all is stated that control points are compared with: numbers, final weight, devices and positions."""
    has_numbers = beam.stated_points is not None and beam.final_weight is not None
    pairs = {device.type: device.pairs for device in beam.devices}
    is_each_known = all(pairs.get(name) for point in beam.points for name in point.positions_mm)
    return has_numbers and (not has_leaves or (is_each_known and has_positions(beam)))


def has_positions(beam: BeamFacts) -> bool:
    """Whether every jaw and collimator of a beam has positions at every control point."""
    names = {device.type for device in beam.devices}
    return all(point.positions_mm.get(name) for point in beam.points for name in names)


def _faults(beam: BeamFacts) -> Iterator[str]:
    points = beam.points
    if len(points) < 2:
        yield f"{len(points)} control points, at least 2 are needed"
        return
    if beam.stated_points is not None and beam.stated_points != len(points):
        yield f"{len(points)} control points, {beam.stated_points} are stated"
    yield from _faults_of_weights(beam)
    for number, point in enumerate(points):
        for device, positions_mm in point.positions_mm.items():
            pairs = _pairs_of(beam, device)
            if pairs and len(positions_mm) != 2 * pairs:
                yield f"control point {number}: {len(positions_mm)} positions of {device}, expected {2 * pairs}"
            half = len(positions_mm) // 2
            over_mm = max((a - b for a, b in zip(positions_mm[:half], positions_mm[half:], strict=False)), default=0.0)
            if over_mm > LEAVES_MEET_MM:
                yield f"control point {number}: {device} overlaps by {over_mm:.2f} mm"


def _pairs_of(beam: BeamFacts, device: str) -> int:
    return next((each.pairs for each in beam.devices if each.type == device), 0)


def _faults_of_weights(beam: BeamFacts) -> Iterator[str]:
    weights = [point.meterset_weight for point in beam.points]
    if None in weights:
        yield "a control point without a meterset weight"
        return
    known = [weight for weight in weights if weight is not None]
    slack = ROUNDING * max(abs(known[-1]), 1e-9)
    if any(later < earlier - slack for earlier, later in pairwise(known)):
        yield "the meterset weights fall"
    if abs(known[0]) > slack:
        yield f"the first meterset weight is {known[0]:g}, not 0"
    if beam.final_weight is not None and abs(known[-1] - beam.final_weight) > slack:
        yield f"the last meterset weight is {known[-1]:g}, the final one {beam.final_weight:g}"


def spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The largest turn of the gantry between two control points of an arc. [deg]"""
    largest: dict[str, float] = {}
    if unclear := [beam.label for beam in subject.treating if turns_unclearly(beam)]:
        raise Unknown(f"the plan does not state how the gantry turns in {listed(unclear)}")
    for beam in subject.treating:
        turns = [turn_deg(one, other) for one, other in pairwise(beam.points)]
        if any(turn > 0 for turn in turns):
            largest[beam.label] = max(turns)
    if not largest:
        yield Answer(found="no arcs", outcome="not_applicable")
        return
    off = [label for label, turn in largest.items() if not rule.value.contains(round(turn, 3))]
    worst_deg = worst_of(rule.value, [round(turn, 3) for turn in largest.values()])
    yield in_range(rule.value, worst_deg, "deg", place=listed(off))


def turns_unclearly(beam: BeamFacts) -> bool:
    """Whether the plan does not show how the gantry turns: an angle is missing, or the direction of a turn."""
    is_told = all(
        one.gantry_deg == other.gantry_deg or one.gantry_direction in ("CW", "CC")
        for one, other in pairwise(beam.points)
    )
    angles = [point.gantry_deg for point in beam.points]
    return not angles or None in angles or not is_told or may_be_full_turn(beam)


def may_be_full_turn(beam: BeamFacts) -> bool:
    """Whether a beam of two control points at one angle has a direction to turn."""
    angles = [point.gantry_deg for point in beam.points]
    return len(angles) == 2 and angles[0] == angles[1] and beam.points[0].gantry_direction in ("CW", "CC")


def turn_deg(one: ControlPoint, other: ControlPoint) -> float:
    """How far the gantry turns, the way that it is told to. [deg]"""
    if one.gantry_deg is None or other.gantry_deg is None:
        return 0.0
    clockwise = (other.gantry_deg - one.gantry_deg) % 360.0
    if one.gantry_direction == "CC":
        return (360.0 - clockwise) % 360.0
    return clockwise if one.gantry_direction == "CW" else min(clockwise, 360.0 - clockwise)


# --- a machine's limits -------------------------------------------------------------------------------------------


def gantry(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every gantry angle lies in the range."""
    yield _angles(subject, rule.value, "gantry_deg")


def collimator(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every collimator angle lies in the range."""
    yield _angles(subject, rule.value, "collimator_deg")


def couch(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every couch angle lies in the range."""
    yield _angles(subject, rule.value, "couch_deg")


def _angles(subject: Subject, allowed: tuple[float, float], name: str) -> Answer:
    """The angles of all control points against an arc (from, to), clockwise; it may pass 0."""
    values: dict[str, set[float]] = {}
    absent = []
    for beam in subject.treating:
        own = {getattr(point, name) for point in beam.points}
        is_unknown = not own or None in own or (name == "gantry_deg" and turns_unclearly(beam))
        absent += [beam.label] if is_unknown else []
        values[beam.label] = (own - {None}) | (set() if is_unknown else _passed(beam, allowed, name))
    off = [label for label, own in values.items() if not all(is_in_arc(angle, allowed) for angle in own)]
    every = sorted(round(angle, 2) for own in values.values() for angle in own)
    shown = {f"{angle:g}" for angle in every}
    found = ", ".join(sorted(shown, key=float)) if len(shown) <= 8 else f"{every[0]:g} to {every[-1]:g}"
    expected = f"{allowed[0]:g} to {allowed[1]:g} deg"
    if absent and not off:
        raise Unknown(f"the plan does not state all angles or turns of {listed(absent)}")
    return answer(not off, f"{found} deg", place=listed(off), expected=expected)


def _passed(beam: BeamFacts, allowed: tuple[float, float], name: str) -> set[float]:
    """The end of the allowed arc that the gantry passes, between two control points that are both within it."""
    if name != "gantry_deg" or allowed[1] - allowed[0] >= 360.0:
        return set()
    middle = (allowed[1] + ((allowed[0] - allowed[1]) % 360.0) / 2) % 360.0  # of what is not allowed
    for one, other in pairwise(beam.points):
        if one.gantry_deg is None or other.gantry_deg is None:
            continue
        turn = turn_deg(one, other)
        is_clockwise = abs((one.gantry_deg + turn - other.gantry_deg + 180.0) % 360.0 - 180.0) < 1e-6
        begin = one.gantry_deg if is_clockwise else other.gantry_deg
        if 0.0 < (middle - begin) % 360.0 < turn:
            return {middle}
    return set()


def is_in_arc(angle: float, allowed: tuple[float, float]) -> bool:
    """Whether an angle lies on the way clockwise from the first to the second; both ends do.

    >>> is_in_arc(350.0, (270.0, 90.0)), is_in_arc(180.0, (270.0, 90.0))
    (True, False)
    """
    first, last = allowed
    if last - first >= 360.0:
        return True
    return (angle - first) % 360.0 <= (last - first) % 360.0 + 1e-6 or abs((angle - first) % 360.0 - 360.0) < 1e-6


def dose_rate(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every dose rate lies in the range. [MU/min]"""
    yield _numbers(subject, rule.value, lambda point: point.dose_rate, "MU/min", "the dose rate")


def surface_distance(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every distance from the source to the surface (SSD) lies in the range. [mm]"""
    yield _numbers(subject, rule.value, lambda point: point.ssd_mm, "mm", "the distance from source to surface")


def positions(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """No jaw or leaf stands further from the axis than the range allows. [mm]"""
    far: dict[str, float] = {}
    absent: list[str] = []
    for beam in subject.treating:
        all_mm = [abs(value) for point in beam.points for own in point.positions_mm.values() for value in own]
        absent += [] if all_mm and has_positions(beam) else [beam.label]
        far |= {beam.label: max(all_mm)} if all_mm else {}
    off = [label for label, value_mm in far.items() if not rule.value.contains(value_mm)]
    if absent and not off:
        raise Unknown(f"the plan does not state all jaws and leaves of {listed(absent)}")
    yield in_range(rule.value, worst_of(rule.value, far.values()), "mm", place=listed(off))


def _numbers(
    subject: Subject, allowed: Range, of: Callable[[ControlPoint], float | None], unit: str, what: str
) -> Answer:
    stated = {beam.label: {of(point) for point in beam.points} for beam in subject.treating}
    values = {label: {value for value in own if value is not None} for label, own in stated.items()}
    off = [label for label, own in values.items() if not all(allowed.contains(value) for value in own)]
    absent = [label for label, own in stated.items() if not own or None in own]
    every = [value for own in values.values() for value in own]
    if absent and not off:
        raise Unknown(f"the plan does not state {what} of {listed(absent)}")
    return in_range(allowed, round(worst_of(allowed, every), 4), unit, place=listed(off))
