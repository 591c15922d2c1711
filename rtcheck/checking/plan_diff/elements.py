"""Two matched beams -> an entry for each element: the beam's own, and the largest difference over control points."""

from collections.abc import Iterator, Mapping, Sequence

from rtcheck.checking.plan_diff.values import Entry, Kind, Tolerance, kind_of
from rtcheck.plan_facts import BeamFacts, ControlPoint

Tolerances = Mapping[str, Tolerance]
Number = float | None

NOT_STATED = "not stated"


def beam_entries(a: BeamFacts, b: BeamFacts, tolerances: Tolerances) -> Iterator[Entry]:
    """All elements of a pair of beams."""
    where = a.label
    if a.name != b.name:
        yield Entry(where=where, element="name", a=a.name or NOT_STATED, b=b.name or NOT_STATED, kind="remark")
    for element, one, other in (
        ("radiation", a.radiation, b.radiation),
        ("delivery", a.type, b.type),
        ("machine", a.machine, b.machine),
        ("fluence mode", " ".join(a.fluence_modes), " ".join(b.fluence_modes)),
        ("wedges", " ".join(a.wedges), " ".join(b.wedges)),
        ("blocks", str(a.blocks), str(b.blocks)),
        ("compensators", str(a.compensators), str(b.compensators)),
        ("applicator", a.applicator, b.applicator),
        ("range shifters", " ".join(a.range_shifters), " ".join(b.range_shifters)),
        ("meterset unit", a.meterset_unit, b.meterset_unit),
    ):
        yield from text_entries(where, element, one, other)
    yield from number_entries(where, "meterset", "meterset", a.meterset, b.meterset, tolerances=tolerances)
    yield from number_entries(where, "beam dose", "dose", a.dose_gy, b.dose_gy, tolerances=tolerances)
    distances_mm = a.source_distance_mm, b.source_distance_mm
    yield from number_entries(where, "source-axis distance", "sad", *distances_mm, tolerances=tolerances)
    yield from _point_entries(a, b, tolerances)


def text_entries(where: str, element: str, a: str, b: str) -> Iterator[Entry]:
    """Words, which must be the same; nothing where neither states any."""
    if a or b:
        kind: Kind = "same" if a == b else "missing" if not (a and b) else "beyond"
        yield Entry(where=where, element=element, a=a or NOT_STATED, b=b or NOT_STATED, kind=kind)


def number_entries(
    where: str, element: str, key: str, a: Number, b: Number, *, tolerances: Tolerances, place: str = ""
) -> Iterator[Entry]:
    """A number, within its tolerance; nothing where neither states one."""
    if a is None and b is None:
        return
    tolerance = tolerances[key]
    if a is None or b is None:
        yield Entry(
            where=where, element=element, a=_shown(a, tolerance), b=_shown(b, tolerance), kind="missing", place=place
        )
        return
    apart = abs(a - b)
    if tolerance.unit == "deg":
        apart = min(apart % 360.0, 360.0 - apart % 360.0)
    kind = kind_of(apart, tolerance)
    yield Entry(
        where=where, element=element, a=_shown(a, tolerance), b=_shown(b, tolerance), kind=kind, apart=apart,
        tolerance=tolerance, place=place,
    )  # fmt: skip


def _shown(value: Number, tolerance: Tolerance) -> str:
    return NOT_STATED if value is None else f"{value:.6g} {tolerance.unit}".rstrip()


def _point_entries(a: BeamFacts, b: BeamFacts, tolerances: Tolerances) -> Iterator[Entry]:
    """The worst control point of every element; as many of them as both have, where the numbers agree."""
    if len(a.points) != len(b.points):
        yield Entry(
            where=a.label, element="control points", a=str(len(a.points)), b=str(len(b.points)), kind="beyond",
            place="not compared one by one",
        )  # fmt: skip
        points = [(0, a.points[0], b.points[0]), (-1, a.points[-1], b.points[-1])] if a.points and b.points else []
    else:
        points = [(number, one, other) for number, (one, other) in enumerate(zip(a.points, b.points, strict=True))]
    weights_a, weights_b = _normalised(a), _normalised(b)
    series: dict[tuple[str, str], list[tuple[int, Number, Number]]] = {}
    for number, one, other in points:
        numbers = dict(_numbers(one, other))
        numbers["cumulative weight", "weight"] = (weights_a[number], weights_b[number])
        for name, pair in numbers.items():
            series.setdefault(name, []).append((number, *pair))
    for (element, key), found in series.items():
        yield from _worst(a.label, element, key, found, tolerances)
    yield from text_entries(a.label, "gantry direction", _directions(a.points), _directions(b.points))


def _worst(
    where: str, element: str, key: str, values: Sequence[tuple[int, Number, Number]], tolerances: Tolerances
) -> Iterator[Entry]:
    """The entry of the control point at which the two are farthest apart; what one of them lacks comes first."""
    entries: list[Entry] = []
    for number, one, other in values:
        place = f"control point {number % len(values)}"
        entries += number_entries(where, element, key, one, other, tolerances=tolerances, place=place)
    if entries:
        yield max(entries, key=lambda entry: (entry.kind == "missing", entry.apart or 0.0))


def _normalised(beam: BeamFacts) -> list[Number]:
    """The cumulative weights as shares of the final one, to which the meterset belongs (PS3.3 C.8.8.14.1)."""
    last = beam.final_weight or (beam.points[-1].meterset_weight if beam.points else None)
    return [
        point.meterset_weight / last if last and point.meterset_weight is not None else point.meterset_weight
        for point in beam.points
    ]


def _numbers(one: ControlPoint, other: ControlPoint) -> Iterator[tuple[tuple[str, str], tuple[Number, Number]]]:
    for element, key, name in (
        ("gantry", "gantry", "gantry_deg"), ("collimator", "collimator", "collimator_deg"),
        ("couch", "couch", "couch_deg"),
        ("couch pitch", "couch", "pitch_deg"), ("couch roll", "couch", "roll_deg"), ("energy", "energy", "energy"),
        ("dose rate", "dose_rate", "dose_rate"), ("SSD", "ssd", "ssd_mm"), ("snout", "couch_top", "snout_mm"),
    ):  # fmt: skip
        yield (element, key), (getattr(one, name), getattr(other, name))
    for axis, a, b in zip("xyz", one.isocentre_mm or (None,) * 3, other.isocentre_mm or (None,) * 3, strict=True):
        yield (f"isocentre {axis}", "isocentre"), (a, b)
    names = ("vertical", "longitudinal", "lateral")
    for name, a, b in zip(names, one.couch_top_mm, other.couch_top_mm, strict=True):
        yield (f"couch {name}", "couch_top"), (a, b)
    for device in dict.fromkeys((*one.positions_mm, *other.positions_mm)):
        first, second = one.positions_mm.get(device, ()), other.positions_mm.get(device, ())
        key = "leaves" if device.startswith("MLC") else "jaws"
        yield (f"{device} positions", key), _farthest(first, second)


def _farthest(first: Sequence[float], second: Sequence[float]) -> tuple[Number, Number]:
    """The pair of positions that are farthest apart; None for a device that one of them has not, or has otherwise."""
    if len(first) != len(second):
        return (first[0] if first else None, None) if len(first) > len(second) else (None, second[0])
    return max(zip(first, second, strict=True), key=lambda pair: abs(pair[0] - pair[1])) if first else (None, None)


def _directions(points: Sequence[ControlPoint]) -> str:
    return " ".join(
        dict.fromkeys(point.gantry_direction for point in points if point.gantry_direction not in ("", "NONE"))
    )
