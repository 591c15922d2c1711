"""The contour items of one ROI -> Contours: ContourData parsed from its raw bytes, oddities mended or refused."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.contour_items import ContourItems, ContourTable, are_rounded
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.encoding.decimals import plain_decimals
from rtcheck.dicom.findings import Findings
from rtcheck.errors import DicomError
from rtcheck.geometry._kernel.calls import decimals
from rtcheck.geometry.arrays import median
from rtcheck.geometry.contours import Contour, FloatArray, Mark

FLAT_MM = 0.1
"""Points that leave their contour's plane by less are projected onto it; beyond it the ROI is refused."""

LARGEST_COORDINATE_MM = 10_000.0
"""Coordinates beyond this, of points or of dose nodes, are damage: no patient is ten metres from the origin."""

_XOR = ("CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
_CLOSED = ("CLOSED_PLANAR", *_XOR)
_NUMBER_CHARACTERS = b"0123456789+-.eE \\\0"
_PARSED_AT_ONCE = 256  # contours: a body of millions of points would need gigabytes, and an odd one slows its run only


class _ClosedItem(NamedTuple):
    """The item of a closed contour, its geometric type, and where it stands."""

    item: DataSet
    kind: str
    place: str


class DrawnContours(NamedTuple):
    """The closed contours of an ROI, the slab thickness that they state [mm], and what is left of all others."""

    contours: tuple[Contour, ...]
    slab_thickness_mm: float | None
    marks: tuple[Mark, ...]


def read_lists(lists: Sequence[ContourItems], name: str, findings: Findings) -> DrawnContours:
    """What is drawn of an ROI by its lists of contours (one, mostly). Raises DicomError as `read_contours` does."""
    if len(lists) == 1 and (table := lists[0].table) is not None and (drawn := _drawn_plainly(table)) is not None:
        return drawn
    return read_contours(chain.from_iterable(lists), name, findings)


def _drawn_plainly(table: ContourTable) -> DrawnContours | None:
    """What contours draw of which nothing has to be said; None where any needs a closer look."""
    is_xor = table.is_xor
    if not table.is_plain or any(is_xor) != all(is_xor):
        return None
    found = table.points(largest_mm=LARGEST_COORDINATE_MM)
    if found is None:
        return None
    points_mm, ends, (first_mm, lowest_mm, highest_mm) = found
    if np.any(highest_mm - lowest_mm > FLAT_MM):
        return None
    spans = list(pairwise([0, *ends.tolist()]))
    is_rounded = (lowest_mm == highest_mm) & are_rounded(first_mm) & (first_mm != 0)  # 0 or -0
    for number in np.flatnonzero(~is_rounded).tolist():
        z_mm = points_mm[slice(*spans[number]), 2]
        z_mm[:] = _plane_mm(z_mm)
    points_mm.flags.writeable = False
    contours = tuple(
        Contour(vertices_mm=points_mm[start:end], is_xor=xor) for (start, end), xor in zip(spans, is_xor, strict=True)
    )
    thickness_mm = Counter(table.thickness_mm[table.thickness_mm > 0].tolist()).most_common(1)
    return DrawnContours(contours, thickness_mm[0][0] if thickness_mm else None, ())


def read_contours(items: Iterable[DataSet], name: str, findings: Findings) -> DrawnContours:
    """What is drawn of an ROI. Raises DicomError for closed contours that cannot be read."""
    contours: list[Contour] = []
    marks: list[Mark] = []
    thicknesses: Counter[float] = Counter()
    kinds: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    closed: list[_ClosedItem] = []
    for number, item in enumerate(items, start=1):
        kind = item.code(tags.CONTOUR_GEOMETRIC_TYPE)
        if kind in _CLOSED:
            closed.append(_ClosedItem(item, kind, f"{name}: contour {number}"))
        else:
            left_out[kind or "no geometric type"] += 1
            marks += _marks_of(item, kind, f"{name}: contour {number}", name, findings)
    for (item, kind, place), numbers in zip(closed, _numbers_of(closed, name, findings), strict=True):
        vertices_mm = _vertices(numbers, item, place, name, findings)
        if len(vertices_mm) < 3:
            left_out["fewer than three points"] += 1
            marks += _marks_at(vertices_mm)
            continue
        _refuse_offset(item, place)
        kinds[kind] += 1
        contours.append(Contour(vertices_mm=vertices_mm, is_xor=kind in _XOR))
        thickness_mm = item.number(tags.CONTOUR_SLAB_THICKNESS)
        if thickness_mm and thickness_mm > 0:
            thicknesses[thickness_mm] += 1
    if left_out:
        listed = ", ".join(f"{count} with {kind}" for kind, count in sorted(left_out.items()))
        findings.warn("contour.left-out", f"{name}: contours without area were omitted ({listed}).", structure=name)
    if len({kind in _XOR for kind in kinds}) > 1:
        findings.warn("contour.mixed-types", f"{name}: CLOSED_PLANAR and XOR contours are mixed.", structure=name)
    thickness = thicknesses.most_common(1)[0][0] if thicknesses else None
    return DrawnContours(tuple(contours), thickness, tuple(marks))


def _marks_of(item: DataSet, kind: str, place: str, name: str, findings: Findings) -> Iterator[Mark]:
    """What a contour that is not closed leaves: an open outline where it lies in a plane, else its points.

    Raises DicomError for coordinates that cannot be read: what was drawn there may be anywhere.
    """
    points_mm = _points(_parse(item.raw(tags.CONTOUR_DATA).strip(b"\0 "), place, name, findings), place)
    _compare_count(item, len(points_mm), name, findings)
    if not len(points_mm):
        return
    z_mm = points_mm[:, 2]
    if kind == "POINT" or len(points_mm) < 3 or np.ptp(z_mm) > FLAT_MM:
        yield from _marks_at(points_mm)
    else:
        yield Mark(z_mm=round(median(z_mm), 3), points_mm=points_mm[:, :2], is_open=True)


def _marks_at(points_mm: FloatArray) -> Iterator[Mark]:
    """Points (n, 3), those of each z together."""
    z_mm = np.round(points_mm[:, 2], 3)
    for at_mm in sorted(set(z_mm.tolist())):
        yield Mark(z_mm=at_mm, points_mm=points_mm[z_mm == at_mm, :2])


def _refuse_offset(item: DataSet, place: str) -> None:
    """Refuses a contour that lies elsewhere than its points say (an element retired from PS3.3 C.8.8.6)."""
    if any(item.numbers(tags.CONTOUR_OFFSET_VECTOR)):
        text = f"{place} has a ContourOffsetVector, so its position is uncertain. Export it without one."
        raise DicomError(text, code="contour.offset")


def first_z_mm(contours: ContourItems) -> Iterator[float | None]:
    """The z of each closed contour's first point, None of others and where there is none. [mm]"""
    if contours.table is None:
        yield from map(_first_z_mm, contours)
        return
    for number, z_mm in enumerate(contours.table.first_z_mm):
        yield _first_z_mm(contours.item(number)) if math.isnan(z_mm) else z_mm


def _first_z_mm(item: DataSet) -> float | None:
    if item.code(tags.CONTOUR_GEOMETRIC_TYPE) not in _CLOSED:
        return None
    parts = item.raw(tags.CONTOUR_DATA)[:80].split(b"\\", 3)
    try:
        z_mm = round(float(parts[2]), 3)
    except (IndexError, ValueError):
        return None
    return z_mm if math.isfinite(z_mm) else None


def _numbers_of(closed: Sequence[_ClosedItem], name: str, findings: Findings) -> Iterator[FloatArray]:
    """The coordinates of each contour; many at once where they are plain decimals, as they nearly always are."""
    for start in range(0, len(closed), _PARSED_AT_ONCE):
        run = closed[start : start + _PARSED_AT_ONCE]
        for each, numbers in zip(run, _plain_numbers([each.item for each in run]), strict=True):
            if numbers is None:
                text = each.item.raw(tags.CONTOUR_DATA).strip(b"\0 ")
                yield _parse(text, each.place, name, findings)
            else:
                yield numbers


def _plain_numbers(items: Sequence[DataSet]) -> Sequence[FloatArray | None]:
    """The numbers of each contour whose coordinates are plain decimals, None of the others."""
    buffer = items[0].buffer
    spans = [item.span(tags.CONTOUR_DATA) for item in items]
    starts, ends = np.array(spans, dtype=np.int64).T.copy()
    found = decimals(buffer, starts, ends) if all(item.buffer is buffer for item in items) else None
    if found is None:
        plain = plain_decimals([item.raw(tags.CONTOUR_DATA).strip(b"\0 ") for item in items])
        return plain or [None] * len(items)
    numbers, counts = found
    lasts = np.cumsum(np.maximum(counts, 0)).tolist()
    return [
        numbers[last - count : last] if count >= 0 else None for last, count in zip(lasts, counts.tolist(), strict=True)
    ]


def _points(numbers: FloatArray, place: str) -> FloatArray:
    """The points (n, 3) of one contour. [mm]"""
    if len(numbers) % 3:
        raise DicomError(
            f"{place} has {len(numbers)} coordinates, which is not a multiple of 3.", code="contour.bad-data"
        )
    points = numbers.reshape(-1, 3)
    if len(points) and np.abs(points).max() > LARGEST_COORDINATE_MM:
        raise DicomError(f"{place} has points more than 10 m from the origin.", code="contour.bad-data")
    return points


def _compare_count(item: DataSet, found: int, name: str, findings: Findings) -> None:
    """Tells of points that are fewer or more than stated; some programs count the first point twice."""
    stated = item.whole_number(tags.NUMBER_OF_CONTOUR_POINTS)
    if stated is not None and stated != found:
        findings.warn(
            "contour.point-count",
            f"{name}: NumberOfContourPoints does not match; the actual points are used.",
            structure=name,
        )
    if (found == 0 and stated != 0) or (stated or 0) > found + 1:
        findings.warn("contour.points-missing", f"{name}: contours have fewer points than they state.", structure=name)


def _vertices(numbers: FloatArray, item: DataSet, place: str, name: str, findings: Findings) -> FloatArray:
    """The points of one contour (n, 3), all with the same z, rounded to 1e-3 mm. [mm]"""
    points = _points(numbers, place)
    _compare_count(item, len(points), name, findings)
    if len(points) == 0:
        return points
    z_mm = points[:, 2]
    spread_mm = float(np.ptp(z_mm))
    if spread_mm > FLAT_MM:
        raise DicomError(
            f"{place} deviates from its plane by {spread_mm:.2f} mm: only contours in axial planes can be evaluated.",
            code="contour.not-axial",
        )
    points[:, 2] = _plane_mm(z_mm)
    points.flags.writeable = False
    return points


def _plane_mm(z_mm: FloatArray) -> float:
    """Where the plane of points lies that are nearly in one. [mm]"""
    return round(float(z_mm[0]) if z_mm.min() == z_mm.max() else median(z_mm), 3)


def _parse(raw: bytes, place: str, name: str, findings: Findings) -> FloatArray:
    """The numbers of a ContourData value, or what is wrong with it."""
    if not raw:
        return np.empty(0)
    foreign = raw.translate(None, _NUMBER_CHARACTERS)
    if foreign and not foreign.strip(b","):
        findings.warn(
            "contour.decimal-comma", f"{name}: coordinates have a decimal comma, which was read as a point.",
            structure=name,
        )  # fmt: skip
        raw, foreign = raw.replace(b",", b"."), b""
    parts = raw.split(b"\\")
    try:
        if foreign:  # float() would take "nan" and "1_0"
            raise ValueError
        values = np.fromiter(map(float, parts), dtype=np.float64, count=len(parts))
    except ValueError:
        raise DicomError(f"{place} contains something other than numbers.", code="contour.bad-data") from None
    if not np.isfinite(values).all():
        raise DicomError(f"{place} contains a number that is too large.", code="contour.bad-data")
    return values
