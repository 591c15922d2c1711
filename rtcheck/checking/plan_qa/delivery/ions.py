"""Ion beams: the relative biological effectiveness that a dose includes, and what stands in the beams' way."""

from collections.abc import Iterator

import numpy as np

from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, unknown, worst_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.protocol.file.model import CheckRule

RBE_WORDS = ("rbe", "cobalt", "gye", "cge")
EXPECTED = "EFFECTIVE (weighted by the RBE)"


def rbe_stated(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """DoseType says whether the dose is weighted (EFFECTIVE): physical dose of protons is 10 % lower than weighted."""
    types = {dose.type for dose in subject.doses}
    words = [dose.comment for dose in subject.doses if any(word in dose.comment.casefold() for word in RBE_WORDS)]
    found = ", ".join(filter(None, (*sorted(types), *words))) or "not stated"
    if types == {"EFFECTIVE"} or not (types <= {"", "EFFECTIVE"} or words):
        yield answer(types == {"EFFECTIVE"}, found, value=found, expected=EXPECTED)
    elif words:
        yield unknown(f"DoseType does not state EFFECTIVE; the comment reads: {words[0]}", expected=EXPECTED)
    else:
        raise Unknown("the dose does not state whether it is weighted by an RBE (DoseType)")


def range_shifters(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Whether beams have range shifters, and which."""
    beams = subject.treating
    used = {b.label: b.range_shifters or ("",) for b in beams if b.range_shifters or b.stated_range_shifters}
    unstated = [b.label for b in beams if b.stated_range_shifters is None and not b.range_shifters]
    if unstated and not used:
        raise Unknown(f"the plan does not state the number of range shifters of {listed(unstated)}")
    names = sorted({name or "unnamed" for own in used.values() for name in own})
    yield answer(bool(used) == (rule.value == "present"), listed(names) or "none", value=bool(used), place=listed(used))


def snout(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The snout's distance from the isocentre, of every beam. [mm]"""
    values = {b.label: {p.snout_mm for p in b.points} for b in subject.treating}
    if absent := [label for label, own in values.items() if not own or None in own]:
        raise Unknown(f"the plan does not state the snout position of {listed(absent)}")
    off = [label for label, own in values.items() if not all(rule.value.contains(v) for v in own if v is not None)]
    worst_mm = worst_of(rule.value, (v for own in values.values() for v in own if v is not None))
    yield in_range(rule.value, worst_mm, "mm", place=listed(off))


def spot_spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The usual distance from a spot to its nearest neighbour, the largest of all layers. [mm]"""
    if absent := [beam.label for beam in subject.treating if not any(point.spots_mm for point in beam.points)]:
        raise Unknown(f"the plan states no spots of {listed(absent)}")
    layers = [
        (beam.label, usual)
        for beam in subject.treating
        for point in beam.points
        if (usual := _usual_mm(point.spots_mm)) is not None
    ]
    if not layers:
        raise Unknown("no layer has four spots")
    off = dict.fromkeys(label for label, usual in layers if not rule.value.contains(round(usual, 3)))
    worst_mm = worst_of(rule.value, [round(usual, 3) for _, usual in layers])
    yield in_range(rule.value, worst_mm, "mm", place=listed(off))


def _usual_mm(spots_mm: tuple[tuple[float, float], ...]) -> float | None:
    """The median distance of a spot to its nearest one; None for fewer than four spots. [mm]"""
    spots = np.unique(np.array(spots_mm).reshape(-1, 2), axis=0)
    if len(spots) < 4:
        return None
    spots = spots[:3000]
    apart = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return float(np.median(apart.min(axis=1)))
