"""Contours that nobody meant: a few pixels far from the rest of their structure, and holes of a few pixels."""

from collections.abc import Iterator, Sequence

import numpy as np

from rtcheck.checking.plan_qa.answers import Answer, answer, listed, place_mm
from rtcheck.checking.plan_qa.contoured.drawn import Drawn
from rtcheck.checking.plan_qa.contoured.slices import anatomy_of
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.geometry.arrays import median
from rtcheck.geometry.contours import FloatArray
from rtcheck.protocol.file.model import CheckRule
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass

STRAY_CC = 0.03
"""A piece of less is a stray: three pixels of 1 mm on three slices of 3 mm, the volume that limits call a point."""

FAR_MM = 5.0
"""A piece nearer to its structure, in its own plane or the next ones, is part of its edge."""

HOLE_MM2 = 10.0
"""A hole of less on a slice is a slip of the brush."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """One contour: its height, its area, and its vertices (n, 2)."""

    z_mm: float
    area_mm2: float
    vertices_mm: FloatArray

    @property
    def centre_mm(self) -> tuple[float, float, float]:
        x, y = self.vertices_mm.mean(axis=0).tolist()
        return x, y, self.z_mm


def none(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No target or organ has a piece of a few pixels far from the rest."""
    found: dict[str, list[Piece]] = {}
    for roi, drawn in anatomy_of(subject):
        if strays := strays_of(drawn):
            found[roi.name] = strays
    count = sum(map(len, found.values()))
    where = [f"{name} at {place_mm(piece.centre_mm)}" for name, pieces in found.items() for piece in pieces]
    text = f"{count} in {listed(found)}" if found else "none"
    yield answer(not found, text, value=float(count), place="; ".join(where[:4]), expected="no stray contours")


def holes(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No target or organ has a hole of a few pixels."""
    found = {roi.name: place for roi, drawn in anatomy_of(subject) if (place := _small_hole(drawn))}
    where = [f"{name} at {place}" for name, place in found.items()]
    yield answer(not found, listed(found) or "none", value=float(len(found)), place="; ".join(where[:4]),
                 expected=f"no holes below {HOLE_MM2:g} mm²")  # fmt: skip


def strays_of(drawn: Drawn) -> list[Piece]:
    """The pieces of a structure that are small and far from all that is large; of small ones only, not the largest."""
    own_mm = drawn.planes_mm
    spacing_mm = median(np.diff(own_mm)) if len(own_mm) > 1 else 3.0
    is_small = drawn.area_mm2 * spacing_mm * CC_PER_MM3 < STRAY_CC
    if not is_small.any():
        return []
    small = [_piece(drawn, index) for index in np.flatnonzero(is_small).tolist()]
    clusters = _clusters(small, spacing_mm)
    if is_small.all():
        clusters.sort(key=lambda cluster: sum(piece.area_mm2 for piece in cluster))
        return [cluster[0] for cluster in clusters[:-1]]
    return [
        max(cluster, key=lambda piece: piece.area_mm2)
        for cluster in clusters
        if sum(piece.area_mm2 for piece in cluster) * spacing_mm * CC_PER_MM3 < STRAY_CC
        and not any(_is_near_large(piece, drawn, is_small, spacing_mm) for piece in cluster)
    ]


def _is_near_large(piece: Piece, drawn: Drawn, is_small: np.ndarray, spacing_mm: float) -> bool:
    low, high = piece.vertices_mm.min(axis=0) - FAR_MM, piece.vertices_mm.max(axis=0) + FAR_MM
    is_near = ~is_small & (np.abs(drawn.z_mm - piece.z_mm) <= 1.5 * spacing_mm)
    is_near &= (drawn.high_mm >= low).all(axis=1) & (drawn.low_mm <= high).all(axis=1)
    return any(_near(piece, _piece(drawn, index), spacing_mm) for index in np.flatnonzero(is_near).tolist())


def _piece(drawn: Drawn, index: int) -> Piece:
    return Piece(
        z_mm=float(drawn.z_mm[index]), area_mm2=float(drawn.area_mm2[index]), vertices_mm=drawn.vertices_mm(index)
    )


def _clusters(pieces: Sequence[Piece], spacing_mm: float) -> list[list[Piece]]:
    """Small pieces that lie near one another, together."""
    clusters: list[list[Piece]] = []
    for piece in pieces:
        merged: list[Piece] = [piece]
        apart: list[list[Piece]] = []
        for cluster in clusters:
            is_near = any(_near(piece, other, spacing_mm) for other in cluster)
            merged, apart = ([*merged, *cluster], apart) if is_near else (merged, [*apart, cluster])
        clusters = [*apart, merged]
    return clusters


def _near(one: Piece, other: Piece, spacing_mm: float) -> bool:
    """Whether two pieces lie within FAR_MM in one plane or in neighbouring ones."""
    if abs(one.z_mm - other.z_mm) > 1.5 * spacing_mm:
        return False
    low, high = other.vertices_mm.min(axis=0) - FAR_MM, other.vertices_mm.max(axis=0) + FAR_MM
    if (one.vertices_mm.max(axis=0) < low).any() or (one.vertices_mm.min(axis=0) > high).any():
        return False
    return distance_mm(one.vertices_mm, other.vertices_mm) <= FAR_MM


def distance_mm(points_mm: FloatArray, loop_mm: FloatArray) -> float:
    """The least distance of points (n, 2) from a closed loop (m, 2); 0 where one lies inside. [mm]

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> distance_mm(np.array([[13.0, 5.0]]), square), distance_mm(np.array([[5.0, 5.0]]), square)
    (3.0, 0.0)
    """
    start, end = loop_mm, np.roll(loop_mm, -1, axis=0)
    along = end - start
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    offset = points_mm[:, None, :] - start  # (n, m, 2)
    share = np.clip((offset * along).sum(axis=2) / length2, 0.0, 1.0)
    nearest = np.hypot(*np.moveaxis(offset - share[:, :, None] * along, 2, 0))
    x, y = points_mm[:, :1], points_mm[:, 1:]
    spans = (start[:, 1] <= y) != (end[:, 1] <= y)
    rise = np.where(along[:, 1] == 0, np.inf, along[:, 1])
    is_left = start[:, 0] + (y - start[:, 1]) / rise * along[:, 0] < x
    is_inside = np.count_nonzero(spans & is_left, axis=1) % 2 == 1
    return 0.0 if is_inside.any() else float(nearest.min())


def _small_hole(drawn: Drawn) -> str:
    """Where the structure has a hole of a few pixels; "" where it has none."""
    for index in np.flatnonzero(drawn.area_mm2 < HOLE_MM2).tolist():
        beside = (drawn.z_mm == drawn.z_mm[index]) & (drawn.area_mm2 > drawn.area_mm2[index])
        beside &= (drawn.low_mm <= drawn.low_mm[index]).all(axis=1) & (drawn.high_mm >= drawn.high_mm[index]).all(
            axis=1
        )
        hole = _piece(drawn, index)
        around = (_piece(drawn, other) for other in np.flatnonzero(beside).tolist())
        if any(distance_mm(hole.vertices_mm[:1], other.vertices_mm) == 0.0 for other in around):
            return place_mm(hole.centre_mm)
    return next((place_mm(hole.centre_mm) for hole in _keyholes(drawn) if hole.area_mm2 < HOLE_MM2), "")


def _keyholes(drawn: Drawn) -> Iterator[Piece]:
    """Holes that a contour runs into and back out of by the same way: the part between two visits of one point."""
    contour = np.repeat(np.arange(len(drawn.starts)), np.diff(np.append(drawn.starts, len(drawn.points_mm))))
    x_mm, y_mm = drawn.points_mm.T
    keys = np.sort(1e5 * contour + 1.2345 * x_mm + 0.5432 * y_mm)  # equal for equal points: most structures have none
    if not (np.diff(keys) == 0).any():
        return
    order = np.lexsort((np.arange(len(contour)), *drawn.points_mm.T, contour))
    is_same = (np.diff(drawn.points_mm[order], axis=0) == 0).all(axis=1) & (np.diff(contour[order]) == 0)
    for first, last in zip(order[:-1][is_same].tolist(), order[1:][is_same].tolist(), strict=True):
        own = int(contour[first])
        part_mm, whole_mm = drawn.points_mm[first:last], drawn.vertices_mm(own)
        area_mm2, whole_mm2 = _signed_mm2(part_mm), _signed_mm2(whole_mm)
        if 0 < abs(area_mm2) < abs(whole_mm2) and area_mm2 * whole_mm2 < 0:
            yield Piece(z_mm=float(drawn.z_mm[own]), area_mm2=abs(area_mm2), vertices_mm=part_mm)


def _signed_mm2(loop_mm: FloatArray) -> float:
    x, y = (loop_mm - loop_mm[0]).T
    return float(x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2
