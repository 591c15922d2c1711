"""How hard a plan is to deliver: modulation complexity, aperture and leaf travel. Information, never a verdict."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.checking.plan_qa.answers import Answer, Unknown
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.geometry.contours import FloatArray
from rtcheck.plan_facts import BeamFacts, ControlPoint, LimitingDevice
from rtcheck.protocol.file.model import CheckRule

BoolArray = NDArray[np.bool_]

EXPECTED = "information"

OPEN_MM = 0.5
"""A leaf pair that is open by less counts as closed."""


def shown(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """The figures of each treatment beam."""
    try:
        beams = subject.treating
    except Unknown:
        beams = ()
    figures = {beam.label: found for beam in beams if (found := figures_of(beam)) is not None}
    if not figures:
        yield Answer(found="no treatment beam has leaves", outcome="not_applicable", expected=EXPECTED)
    for label, (mcs, area_cm2, travel_mm) in figures.items():
        text = f"MCS {mcs:.3f}, mean aperture {area_cm2:.1f} cm², mean leaf travel {travel_mm:.0f} mm"
        item = f"Complexity of {label}"
        yield Answer(found=text, outcome="not_applicable", item=item, expected=EXPECTED, value=round(mcs, 6))


def figures_of(beam: BeamFacts) -> tuple[float, float, float] | None:
    """(modulation complexity score, mean aperture [cm2], mean travel of the leaves that move [mm]) of one beam.

    MCS: McNiven et al., Med Phys 2010; 37: 505-515; between control points as Masi et al., Med Phys 2013; 40: 071718.
    1 is an open field. None for a beam without leaves.
    """
    device = next((each for each in beam.devices if each.type.startswith("MLC")), None)
    if device is None or len(device.boundaries_mm) != device.pairs + 1 or len(beam.points) < 2:
        return None
    banks = [_banks(point, device) for point in beam.points]
    if any(bank is None for bank in banks):
        return None
    left = np.array([bank[0] for bank in banks if bank])  # (points, pairs) [mm]
    right = np.array([bank[1] for bank in banks if bank])
    is_open = (right - left > OPEN_MM) & _within_jaws(beam.points, device)
    weights = [point.meterset_weight or 0.0 for point in beam.points]
    share = np.maximum(np.diff(weights), 0.0)
    if not is_open.any() or not share.sum() > 0:
        return None
    share = share / share.sum()  # of the monitor units between neighbouring control points
    opening_mm = np.where(is_open, right - left, 0.0)
    area_mm2 = _area_mm2(left, right, beam.points, device)
    largest_mm = np.where(is_open, right, -np.inf).max(axis=0) - np.where(is_open, left, np.inf).min(axis=0)
    whole_mm = np.where(np.isfinite(largest_mm), largest_mm, 0.0).sum()
    aav = opening_mm.sum(axis=1) / whole_mm
    lsv = _lsv(left, is_open) * _lsv(right, is_open)
    mcs = float((share * (aav[1:] + aav[:-1]) / 2 * (lsv[1:] + lsv[:-1]) / 2).sum())
    mean_area = float((share * (area_mm2[1:] + area_mm2[:-1]) / 2).sum()) / 100
    moves_mm = np.abs(np.diff(np.concatenate([left, right], axis=1), axis=0)).sum(axis=0)
    travel = float(moves_mm[moves_mm > 0].mean()) if (moves_mm > 0).any() else 0.0
    return mcs, mean_area, travel


def _banks(point: ControlPoint, device: LimitingDevice) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    positions = point.positions_mm.get(device.type, ())
    return (positions[: device.pairs], positions[device.pairs :]) if len(positions) == 2 * device.pairs else None


def _within_jaws(points: Sequence[ControlPoint], device: LimitingDevice) -> BoolArray:
    """Whether each leaf pair lies between the jaws across the leaves' way (points, pairs); all do without such jaws."""
    low_mm, high_mm = _jaws_mm(points, "Y" if device.type.endswith("X") else "X")
    is_within: BoolArray = (np.array(device.boundaries_mm[1:]) > low_mm) & (device.boundaries_mm[:-1] < high_mm)
    return is_within


def _area_mm2(
    left_mm: FloatArray, right_mm: FloatArray, points: Sequence[ControlPoint], device: LimitingDevice
) -> FloatArray:
    """The area between leaves (points, pairs) and jaws at each control point (points,)."""
    along, across = ("X", "Y") if device.type.endswith("X") else ("Y", "X")
    (low_mm, high_mm), (least_mm, most_mm) = _jaws_mm(points, along), _jaws_mm(points, across)
    opening_mm = np.minimum(right_mm, high_mm) - np.maximum(left_mm, low_mm)
    begin_mm, end_mm = np.array(device.boundaries_mm[:-1]), np.array(device.boundaries_mm[1:])
    widths_mm = np.minimum(end_mm, most_mm) - np.maximum(begin_mm, least_mm)
    is_open = (right_mm - left_mm > OPEN_MM) & (opening_mm > 0) & (widths_mm > 0)
    area_mm2: FloatArray = np.where(is_open, opening_mm * widths_mm, 0.0).sum(axis=1)
    return area_mm2


def _jaws_mm(points: Sequence[ControlPoint], axis: str) -> tuple[FloatArray, FloatArray]:
    """The jaws' positions at each control point, (points, 1) twice; infinite without jaws."""
    names = (axis, f"ASYM{axis}")
    own = [next((p.positions_mm[n] for n in names if len(p.positions_mm.get(n, ())) == 2), None) for p in points]
    jaws_mm = np.array([(-np.inf, np.inf) if each is None else each for each in own])
    return jaws_mm[:, :1], jaws_mm[:, 1:]


def _lsv(positions_mm: FloatArray, is_open: BoolArray) -> FloatArray:
    """How little neighbouring open leaves of a bank (points, pairs) differ: leaf sequence variability (points,).

    1 for a straight edge.
    """
    point, pair = np.nonzero(is_open)
    own_mm, steps = positions_mm[point, pair], np.maximum(is_open.sum(axis=1) - 1, 0)
    is_same = point[1:] == point[:-1]
    moved_mm = np.bincount(point[1:][is_same], np.abs(np.diff(own_mm))[is_same], len(is_open))
    high_mm, low_mm = np.where(is_open, positions_mm, -np.inf), np.where(is_open, positions_mm, np.inf)
    reach_mm = high_mm.max(axis=1) - low_mm.min(axis=1)
    whole_mm = np.where(reach_mm > 0, steps * reach_mm, 0.0)
    lsv: FloatArray = np.divide(whole_mm - moved_mm, whole_mm, out=np.ones(len(is_open)), where=whole_mm > 0)
    return lsv
