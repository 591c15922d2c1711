"""The isocentres of the treatment beams: whether they are one, and where they lie."""

from collections.abc import Iterator

import numpy as np

from rtcheck.checking.isocentre_distance import SAME_POINT_MM, distance_to_isocentre_mm
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, counted, in_range, listed, place_mm, unknown
from rtcheck.checking.plan_qa.contoured.shapes import contains
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.range_text import range_words
from rtcheck.plan_facts import Millimetres
from rtcheck.protocol.file.model import CheckRule


def one(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """All treatment beams have the same isocentre."""
    points = isocentres(subject)
    groups = _groups(points)
    if len(groups) == 1:
        yield answer(True, "one", place=place_mm(next(iter(points.values()))[0]), expected="one isocentre")
        return
    places = [f"{place_mm(point)} ({listed(labels, 3)})" for point, labels in groups]
    apart_mm = max(_apart(a, b) for a, _ in groups for b, _ in groups)
    found = f"{counted(len(groups), 'isocentre')}, up to {apart_mm:.0f} mm apart"
    yield answer(False, found, value=float(len(groups)), place="; ".join(places[:4]), expected="one isocentre")


def number(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How many isocentres the treatment beams have."""
    groups = _groups(isocentres(subject))
    places = "; ".join(place_mm(point) for point, _ in groups[:4])
    yield in_range(rule.value, len(groups), "", place=places)


def inside(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Every isocentre lies in the structure."""
    solid = subject.solid_of(rule.value)
    points = isocentres(subject)
    expected = f"inside {rule.value}"
    off = {label: own[0] for label, own in points.items() if not all(contains(solid.at_most, p) for p in own)}
    if off:
        label, point = next(iter(off.items()))
        yield answer(
            False, f"outside {rule.value}: {listed(off)}", place=f"{label}: {place_mm(point)}", expected=expected
        )
    elif all(contains(solid.at_least, point) for own in points.values() for point in own):
        yield answer(True, f"inside {rule.value}", expected=expected)
    else:
        raise Unknown(f"slices of {rule.value} are missing where the isocentre lies")


def distance(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How far the isocentre is from the centre of each structure's volume. [mm]"""
    for name, allowed in rule.value:
        item, expected = f"Isocentre to the centre of {name}", range_words(allowed, "mm")
        try:
            found = distance_to_isocentre_mm(subject.solid_of(name), subject.case)
        except Unknown as why:
            found = why.reason
        if isinstance(found, str):
            yield unknown(found, item=item, expected=expected)
        else:
            yield in_range(allowed, round(found, 2), "mm", item=item)


def isocentres(subject: Subject) -> dict[str, tuple[Millimetres, ...]]:
    """The different isocentres of each treatment beam by its label. Raises Unknown where a beam has none."""
    found, absent = {}, []
    for beam in subject.treating:
        own = [point.isocentre_mm for point in beam.points]
        found[beam.label] = tuple(dict.fromkeys(point for point in own if point is not None))
        absent += [beam.label] if not own or None in own else []
    if absent:
        raise Unknown(f"the plan does not state the isocentre of {listed(absent)}")
    return found


def _groups(points: dict[str, tuple[Millimetres, ...]]) -> list[tuple[Millimetres, list[str]]]:
    """The isocentres that are apart, each with the beams that have it."""
    groups: list[tuple[Millimetres, list[str]]] = []
    for label, own in points.items():
        for point in own:
            same = next((labels for known, labels in groups if _apart(known, point) <= SAME_POINT_MM), None)
            if same is None:
                groups.append((point, [label]))
            elif label not in same:
                same.append(label)
    return groups


def _apart(one_mm: Millimetres, other_mm: Millimetres) -> float:
    return float(np.linalg.norm(np.subtract(one_mm, other_mm)))
