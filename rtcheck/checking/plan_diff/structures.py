"""Two structure sets -> what differs: structures, volumes, contours point by point, types and densities."""

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Case, Roi, StructureSet
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_diff.elements import Tolerances, number_entries, text_entries
from rtcheck.checking.plan_diff.values import Entry, Kind, kind_of
from rtcheck.errors import RtcheckError
from rtcheck.geometry.boolean import combine
from rtcheck.geometry.contours import Contour, FloatArray, Structure

SAME_PLANE_MM = 0.05
"""Contours that are nearer in z are in one plane: positions are decimal strings."""


def structure_entries(a: StructureSet, b: StructureSet, tolerances: Tolerances) -> Iterator[Entry]:
    """Structures of one name: their types, their volumes, what they do not share, and how far outlines are apart."""
    if a.sop_instance_uid and a.sop_instance_uid == b.sop_instance_uid:
        if _have_same_contours(a, b):
            yield Entry(where="structures", element="structure set", a="the same", b="the same", kind="same")
            return
        yield Entry(where="structures", element="structure set", a="one UID", b="other contours", kind="remark")
    pairs, only_b = _paired(a, b)
    for roi, other in pairs:
        if other is None or bool(roi.contours) != bool(other.contours):
            there = "contoured" if roi.contours else "not contoured"
            kind: Kind = "missing" if roi.contours or (other and other.contours) else "remark"
            told = "missing" if other is None else "contoured" if other.contours else "not contoured"
            yield Entry(where=roi.name, element="structure", a=there, b=told, kind=kind)
        elif roi.contours:
            yield from _contour_entries(roi.name, (a, roi), (b, other), tolerances)
        if other is not None and roi.type != other.type:
            yield Entry(where=roi.name, element="type", a=roi.type or "not stated", b=other.type or "not stated",
                        kind="remark")  # fmt: skip
    for roi in only_b:
        if roi.contours:
            yield Entry(where=roi.name, element="structure", a="missing", b="contoured", kind="missing")


def density_entries(a: Case, b: Case) -> Iterator[Entry]:
    """Densities and the like that are set for a whole structure: the dose was calculated with them."""
    one, two = _densities(a), _densities(b)
    for name, what in dict.fromkeys((*one, *two)):
        yield from text_entries(name, f"density override {what}", one.get((name, what), ""), two.get((name, what), ""))


def _densities(case: Case) -> dict[tuple[str, str], str]:
    if case.structures is None or case.stated.load_structures is None:
        return {}
    names = {roi.number: roi.name for roi in case.structures}
    return {
        (names.get(each.roi_number, f"ROI {each.roi_number}"), each.property): (
            "without a value" if each.value is None else f"{each.value:.6g}"
        )
        for each in case.stated.load_structures().densities
    }


def _paired(a: StructureSet, b: StructureSet) -> tuple[list[tuple[Roi, Roi | None]], list[Roi]]:
    """Each structure of A with that of its name in B, which of several has its number or comes first; the rest of B."""
    left = list(b.rois)
    pairs: list[tuple[Roi, Roi | None]] = []
    for roi in a.rois:
        named = [other for other in left if other.name == roi.name]
        found = next((other for other in named if other.number == roi.number), named[0] if named else None)
        if found is not None:
            left.remove(found)
        pairs.append((roi, found))
    return pairs, left


def _have_same_contours(a: StructureSet, b: StructureSet) -> bool:
    """Whether both list the same structures, with the same points: one UID does not show that a file is unchanged."""
    listed = [[(roi.name, roi.number, roi.contours, roi.type) for roi in each.rois] for each in (a, b)]
    if listed[0] != listed[1]:
        return False
    try:
        pairs = [(a.drawn(roi.number), b.drawn(roi.number)) for roi in a.rois if roi.contours]
    except RtcheckError:
        return False
    return all(_is_same_drawing(one, other) for one, other in pairs)


def _is_same_drawing(a: Structure, b: Structure) -> bool:
    if len(a.contours) != len(b.contours) or len(a.marks) != len(b.marks):
        return False
    contours, marks = zip(a.contours, b.contours, strict=True), zip(a.marks, b.marks, strict=True)
    return all(np.array_equal(c.vertices_mm, d.vertices_mm) and c.is_xor == d.is_xor for c, d in contours) and all(
        c.z_mm == d.z_mm and np.array_equal(c.points_mm, d.points_mm) for c, d in marks
    )


def _contour_entries(
    name: str, a: tuple[StructureSet, Roi], b: tuple[StructureSet, Roi], tolerances: Tolerances
) -> Iterator[Entry]:
    try:
        one, two = a[0].drawn(a[1].number), b[0].drawn(b[1].number)
        if not one.contours and not two.contours:
            yield from _mark_entries(name, one, two, tolerances)
            return
        yield from _overlap_entries(name, a, b, tolerances)
    except RtcheckError as error:
        yield Entry(where=name, element="contours", a="", b="", kind="missing", place=str(error))
        return
    yield from _outline_entries(name, one.contours, two.contours, tolerances)


def _overlap_entries(
    name: str, a: tuple[StructureSet, Roi], b: tuple[StructureSet, Roi], tolerances: Tolerances
) -> Iterator[Entry]:
    one, two = a[0].slabs(a[1].number), b[0].slabs(b[1].number)
    first, second = volume_cc(one), volume_cc(two)
    larger = max(first, second)
    off = 100 * abs(first - second) / larger if larger else 0.0
    tolerance = tolerances["volume"]
    kind = kind_of(off, tolerance)
    yield Entry(where=name, element="volume", a=f"{first:.5g} cc", b=f"{second:.5g} cc", kind=kind, apart=off,
                tolerance=tolerance)  # fmt: skip
    shared = volume_cc(combine(one, two, "intersection"))
    apart = 100 * (1 - 2 * shared / (first + second)) if first + second else 0.0
    apart = 0.0 if abs(apart) < 1e-6 else apart
    tolerance = tolerances["overlap"]
    kind = kind_of(apart, tolerance)
    yield Entry(where=name, element="contours", a="", b=f"{apart:.3g} % not shared", kind=kind, apart=apart,
                tolerance=tolerance)  # fmt: skip


def _mark_entries(name: str, a: Structure, b: Structure, tolerances: Tolerances) -> Iterator[Entry]:
    """Points and lines, corner by corner."""
    one, two = (np.array([(x, y, mark.z_mm) for mark in each.marks for x, y in mark.points_mm]) for each in (a, b))
    if one.shape != two.shape:
        yield Entry(where=name, element="points", a=str(len(one)), b=str(len(two)), kind="beyond")
    elif len(one):
        apart_mm = float(np.sqrt(((one - two) ** 2).sum(axis=1)).max())
        yield from number_entries(name, "points", "outline", 0.0, apart_mm, tolerances=tolerances)


def _outline_entries(
    name: str, a: tuple[Contour, ...], b: tuple[Contour, ...], tolerances: Tolerances
) -> Iterator[Entry]:
    """How far a corner of one outline is from the other outline of its plane, and planes that one of them lacks."""
    one, two = _planes(a), _planes(b)
    partners = [(z, near) for z in one if (near := _nearest(z, two)) is not None]
    lacking = len(one) - len(partners), len(two) - len({near for _, near in partners})
    if any(lacking):
        yield Entry(where=name, element="slices", a=str(len(one)), b=str(len(two)), kind="beyond",
                    place=f"{lacking[0]} are only in A, {lacking[1]} only in B")  # fmt: skip
    farthest = [(max(_farthest_mm(one[z], two[near]), _farthest_mm(two[near], one[z])), z) for z, near in partners]
    if farthest:
        apart_mm, z = max(farthest)
        kind = kind_of(0.0 if apart_mm < 1e-6 else apart_mm, tolerances["outline"])
        yield Entry(where=name, element="outline", a="", b=f"up to {apart_mm:.3g} mm away", kind=kind, apart=apart_mm,
                    tolerance=tolerances["outline"], place=f"z = {z:g} mm")  # fmt: skip


def _planes(contours: tuple[Contour, ...]) -> dict[float, list[FloatArray]]:
    planes: dict[float, list[FloatArray]] = {}
    for contour in contours:
        z_mm = float(contour.vertices_mm[0, 2])
        near = _nearest(z_mm, planes)
        planes.setdefault(z_mm if near is None else near, []).append(contour.vertices_mm[:, :2])
    return planes


def _nearest(z_mm: float, planes: dict[float, list[FloatArray]]) -> float | None:
    if z_mm in planes:
        return z_mm
    near = min(planes, key=lambda other: abs(other - z_mm), default=None)
    return near if near is not None and abs(near - z_mm) <= SAME_PLANE_MM else None


def _farthest_mm(corners: list[FloatArray], outline: list[FloatArray]) -> float:
    """The largest distance of a corner from the nearest edge of an outline in its plane. [mm]"""
    starts = np.concatenate(outline)
    points = _only_in(np.concatenate(corners), starts)
    if not len(points):
        return 0.0
    along = np.concatenate([np.roll(loop, -1, axis=0) for loop in outline]) - starts
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    farthest = 0.0
    for some in np.array_split(points, max(len(points) * len(starts) // 1_000_000, 1)):
        away = some[:, np.newaxis] - starts
        share = np.clip((away * along).sum(axis=2) / length2, 0.0, 1.0)
        rest = away - share[..., np.newaxis] * along
        farthest = max(farthest, float((rest**2).sum(axis=2).min(axis=1).max(initial=0.0)))
    return float(np.sqrt(farthest))


def _only_in(points: FloatArray, others: FloatArray) -> FloatArray:
    """The points that are not among the others: in most exports all are."""
    known = set(map(tuple, others.tolist()))
    return points[[point not in known for point in map(tuple, points.tolist())]]
