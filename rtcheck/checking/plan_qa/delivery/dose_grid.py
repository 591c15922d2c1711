"""The dose: how fine its grid is, what it covers, and whether its targets receive what is prescribed."""

from collections.abc import Iterator

import numpy as np

from rtcheck.checking.plan_qa.answers import Answer, Unknown, in_range, place_mm, unknown, worst_of
from rtcheck.checking.plan_qa.contoured.body import at_least
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.range_text import range_words
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.metric_terms import Metric, Quantity
from rtcheck.dosimetry.metrics import measure
from rtcheck.geometry.boolean import sections_box_mm
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.file.model import CheckRule

MEDIAN = Metric(text="D50%", kind="D", unit="Gy", at=Quantity(amount=50, unit="%"))


def spacing(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The largest distance of neighbouring nodes along any axis."""
    axes_mm = _dose(subject).axes_mm
    each_mm = [round(float(np.diff(nodes_mm).max()), 4) for nodes_mm in axes_mm if len(nodes_mm) > 1]
    if len(each_mm) < len(axes_mm) and all(map(rule.value.contains, each_mm)):
        raise Unknown("along one axis the dose grid is a single plane")
    along = " x ".join(f"{value:.4g}" for value in each_mm)
    yield in_range(rule.value, worst_of(rule.value, each_mm), "mm", note=f"{along} mm along x, y, z")


def _dose(subject: Subject) -> DoseGrid:
    if subject.case.dose is None:
        raise Unknown("there is no dose")
    return subject.case.dose


def covers(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The grid's box holds each structure with the margin, on every side."""
    dose = _dose(subject)
    for name, allowed in rule.value:
        item, expected = f"Dose grid around {name}", range_words(at_least(allowed), "mm")
        if subject.is_of_none(name):
            yield Answer(found=f"no {name[4:]}", outcome="not_applicable", item=item, expected=expected)
            continue
        try:
            low_mm, high_mm = box_mm(subject.solid_of(name).at_most)
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=expected)
            continue
        sides = {
            f"{sign}{axis}": float(distance)
            for axis, below, above in zip("xyz", low_mm - dose.low_mm, dose.high_mm - high_mm, strict=True)
            for sign, distance in (("-", below), ("+", above))
        }
        nearest = min(sides, key=lambda side: sides[side])
        yield in_range(at_least(allowed), round(sides[nearest], 2), "mm", item=item, place=f"toward {nearest}")


def box_mm(solid: Solid) -> tuple[FloatArray, FloatArray]:
    """The lower and the upper corner (x, y, z) of a solid's box. Raises Unknown for one that is empty or unbounded."""
    if solid.is_empty:
        raise Unknown("its extent is unknown")
    box_mm = sections_box_mm(solid)
    low_mm = np.append(box_mm[:, :2].min(axis=0), solid.slabs[0].z_low_mm)
    return low_mm, np.append(box_mm[:, 2:].max(axis=0), solid.slabs[-1].z_high_mm)


def reference_points(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """How far the dose at the plan's reference points is off what the plan states there, the largest of all. [%]"""
    dose, plan = _dose(subject), subject.case.plan
    points = plan.dose_points if plan else ()
    if not points:
        raise Unknown("the plan states no dose at a point with coordinates")
    received_gy = [dose.at(*point.position_mm) for point in points]
    off = {
        round(100 * abs(gy / point.dose_gy - 1), 4): point
        for gy, point in zip(received_gy, points, strict=True)
        if gy is not None
    }
    if None in received_gy and all(map(rule.value.contains, off)):
        raise Unknown("a reference point lies outside the dose grid")
    largest = max(off)
    point = off[largest]
    note = f"{dose.at(*point.position_mm):.2f} Gy, the plan states {point.dose_gy:g} Gy"
    yield in_range(rule.value, largest, "%", place=place_mm(point.position_mm), note=note)


def target_dose(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """The median dose of each target, in percent of what is prescribed to it: how the plan is normalised."""
    for name, allowed in rule.value:
        item, expected = f"Median dose of {name}", range_words(allowed, "%")
        if subject.is_of_none(name):
            yield Answer(found=f"no {name[4:]}", outcome="not_applicable", item=item, expected=expected)
            continue
        try:
            found = subject.found(name)
            reference = subject.evidence.levels.reference(found.match)
            dvh = subject.evidence.dvh(found) if reference.dose_gy is not None else None
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=expected)
            continue
        if reference.dose_gy is None or dvh is None:
            yield unknown(reference.reason or "there is no dose", item=item, expected=expected)
            continue
        measured = measure(MEDIAN, dvh)
        if measured.value is None or measured.bounds:
            yield unknown(measured.undefined or "; ".join(measured.reasons), item=item, expected=expected)
            continue
        note = f"{measured.value:.2f} Gy of {reference.dose_gy:g} Gy"
        yield in_range(allowed, 100 * measured.value / reference.dose_gy, "%", item=item, note=note)
