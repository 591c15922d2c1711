"""A protocol and the same as it is read back from a file -> what the file does not hold, one sentence each."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rtcheck.protocol.clinical.scenarios import hold_text
from rtcheck.protocol.exporters.lines import Line, source_text
from rtcheck.protocol.file.model import Constraint, Goal, PrescriptionRule, Protocol, Range, ScorePoint
from rtcheck.protocol.file.score_curve import in_order
from rtcheck.protocol.importers.imported import as_volume_below
from rtcheck.protocol.importers.yaml_writer import score_point_text

_COUNTED = {
    "note": "notes of constraints",
    "sentence": "quoted sentences of constraints",
    "source": "sources of constraints",
    "points": "constraints without a score, which have one there (1 point where met, 0 where not)",
}


def differences(protocol: Protocol, lines: Sequence[Line], read: Protocol) -> list[str]:
    """What `read` lacks or has otherwise: line by line, then counts, then of the protocol as a whole."""
    losses: list[str] = []
    counts = dict.fromkeys(_COUNTED, 0)
    pool = list(read.constraints)
    for line in lines:
        found = _counterpart(line, pool)
        if found is None:
            is_there = any(one.structures == (line.structure,) for one in read.constraints)
            why = "the same as another constraint there" if is_there else "its structure is read under another name"
            losses.append(f"{line.place}: {why}")
            continue
        pool.remove(found)
        told = list(_of_one(protocol, line.constraint, found))
        if told:
            losses.append(f"{line.place}: {'; '.join(told)}")
        counts["note"] += found.note != line.constraint.note
        counts["sentence"] += found.sentence != line.constraint.sentence
        counts["source"] += bool(line.source) and source_text(read, found) != line.source
        counts["points"] += bool(found.score) and not line.constraint.score
    losses += [f"{_COUNTED[what]}: {count}" for what, count in counts.items() if count]
    return losses + list(_of_the_whole(protocol, lines, read))


def _counterpart(line: Line, pool: Sequence[Constraint]) -> Constraint | None:
    """The constraint that a line is read back as: with the same goal if there is one, else on the same metric."""
    goal = as_volume_below(line.constraint.goal)
    same = [one for one in pool if one.structures == (line.structure,)]
    exact = [one for one in same if as_volume_below(one.goal).text == goal.text]
    near = [one for one in same if as_volume_below(one.goal).metric.kind == goal.metric.kind]
    return next(iter(exact or near or same), None)


def _of_one(protocol: Protocol, stated: Constraint, found: Constraint) -> Iterator[str]:
    if as_volume_below(found.goal).text != as_volume_below(stated.goal).text:
        yield f'the goal is "{found.goal.text}" there'
    if _text(found.variation) != _text(stated.variation):
        there = f'"{found.variation.text}"' if found.variation else "none"
        yield f"the variation is {there} there, not {_text(stated.variation) or 'none'}"
    if _rank(found) != _rank(stated):
        yield f"priority {stated.priority}"
    if stated.score and _curve(found) != _curve(stated):
        yield f"score {', '.join(score_point_text(point, stated.goal) for point in stated.score)}"
    if found.fractions != stated.fractions and stated.fractions:
        yield f"for {stated.fractions.text} fractions only"
    if found.target != stated.target:
        yield f"percentages of the prescription of {stated.target}"
    if stated.if_drawn if stated.if_drawn is not None else protocol.if_drawn:
        yield "only where drawn"
    yield from (f"also {name} if drawn" for name in stated.also_where_drawn)
    yield from (f"when {condition.text}" for condition in stated.when)
    yield from (f"reading {reading.label}" for reading in stated.readings)
    yield from (f"surrogate {name}" for name in stated.surrogates)
    hold = stated.hold if stated.hold is not None else protocol.hold
    if hold is not None:
        yield f"in {hold_text(hold)}"
    if stated.region_mm:
        yield f"isodoses within {stated.region_mm:g} mm only"


def _of_the_whole(protocol: Protocol, lines: Sequence[Line], read: Protocol) -> Iterator[str]:
    """What the protocol has beside its constraints."""
    heads = ((name, getattr(protocol, name), getattr(read, name)) for name in ("title", "version", "site", "note"))
    yield from (f"{name}: {stated}" for name, stated, found in heads if stated and stated != found)
    if _span(protocol.fractions) != _span(read.fractions) and protocol.fractions:
        yield f"fractions: {protocol.fractions.text}"
    if protocol.prescription and not _is_same_prescription(protocol, read):
        yield "prescription"
    named = {line.structure for line in lines}
    for one in protocol.structures:
        there = next((each for each in read.structures if each.name == one.name), None)
        if one.derive_text and one.name in named and (there is None or there.derive_text != one.derive_text):
            yield f"{one.name}: derived by {one.derive_text}; it must be drawn there"
        if one.name in named and set(one.also_named) - set(there.also_named if there else ()):
            yield f"{one.name}: its other names"
        if one.alpha_beta_gy:
            yield f"{one.name}: alpha/beta {one.alpha_beta_gy:g} Gy"
        yield from (f"{one.name}: surrogate {name}" for name in one.surrogates)
    counts = {
        "eligibility items": len(protocol.volume_eligibility) + len(protocol.facts),
        "plan and structure checks": len(protocol.checks),
        "models": len(protocol.models),
        "required structures": len(protocol.required_structures),
    }
    yield from (f"{what}: {count}" for what, count in counts.items() if count)
    if protocol.applies_to:
        yield "applies_to"


def _is_same_prescription(protocol: Protocol, read: Protocol) -> bool:
    """Whether the dose is the same and nothing else was asked of the prescription."""
    stated, found = protocol.prescription, read.prescription
    if stated is None or found is None or _span(stated.dose_gy) != _span(found.dose_gy):
        return False
    return stated == PrescriptionRule(dose_gy=stated.dose_gy)


def _span(span: Range | None) -> Range | None:
    return (
        Range(low=span.low, high=span.high, low_strict=span.low_strict, high_strict=span.high_strict) if span else None
    )


def _text(goal: Goal | None) -> str:
    return goal.text if goal else ""


def _rank(constraint: Constraint) -> str:
    return "required" if constraint.is_required else constraint.priority


def _curve(constraint: Constraint) -> list[ScorePoint]:
    """The score by rising value, without points on the line between their neighbours: they change no score."""
    points = in_order(constraint.score) if constraint.score else []
    inner = [
        middle
        for before, (middle, after) in zip(points, pairwise(points[1:]), strict=False)
        if not _is_between(before, middle, after)
    ]
    return [*points[:1], *inner, *points[1:][-1:]]


def _is_between(before: ScorePoint, middle: ScorePoint, after: ScorePoint) -> bool:
    rise = (middle.points - before.points) * (after.value - before.value)
    run = (after.points - before.points) * (middle.value - before.value)
    return abs(rise - run) <= 1e-9 * max(abs(rise), abs(run)) and before.value < middle.value < after.value
