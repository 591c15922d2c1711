"""Questions of shape that the checks ask of solids: is a point inside, and how much of one solid is outside another."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np

from rtcheck.checking.kept import Kept
from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_qa.contoured.on_lines import about_shared_cc
from rtcheck.geometry.boolean import common_faces_mm, sections_box_mm, slab_at_intervals
from rtcheck.geometry.solid import Solid
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass


def contains(solid: Solid, point_mm: Sequence[float]) -> bool:
    """Whether a point (x, y, z) lies in the solid; on its outline it may be either.

    >>> contains(cube, (0.0, 0.0, 0.0)), contains(cube, (0.0, 0.0, 9.0))
    (True, False)
    """
    if solid.is_anything:
        return True
    x, y, z = point_mm
    for slab in solid.slabs:
        if slab.z_low_mm <= z < slab.z_high_mm:
            x0, y0, x1, y1 = slab.edges_mm.T
            upward, downward = (y0 <= y) & (y1 > y), (y1 <= y) & (y0 > y)
            rise = np.where(y1 == y0, 1.0, y1 - y0)
            is_right = x0 + (y - y0) / rise * (x1 - x0) > x
            return bool(np.count_nonzero(upward & is_right) != np.count_nonzero(downward & is_right))
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How much of a solid lies outside another: between `least_cc` and `most_cc` of `volume_cc`, and where most."""

    least_cc: float
    most_cc: float
    volume_cc: float
    z_mm: float | None

    @property
    def place(self) -> str:
        return "" if self.z_mm is None else f"most at z {self.z_mm:.4g} mm"


def outside(inner: Solid, outer: Solid, kept: Kept) -> Outside:
    """How much of `inner` lies outside `outer`, exactly, slab by slab."""
    left = kept.combined(inner, outer, "difference")
    return Outside(
        least_cc=volume_cc(left.at_least),
        most_cc=most_cc(left),
        volume_cc=volume_cc(inner),
        z_mm=_most_at_mm(left),
    )


def between(solid: Solid, low_mm: float, high_mm: float) -> Solid:
    """The part of a solid between two heights, as it is drawn. [mm]"""
    slabs = tuple(
        replace(slab, z_low_mm=max(slab.z_low_mm, low_mm), z_high_mm=min(slab.z_high_mm, high_mm))
        for slab in solid.slabs
        if slab.z_low_mm < high_mm and slab.z_high_mm > low_mm
    )
    return solid if slabs == tuple(solid.slabs) else Solid(slabs=slabs)


def shared_cc(one: Solid, other: Solid, kept: Kept, limit_cc: float) -> tuple[float, float]:
    """The least and the most that two solids have in common: exact near the limit, else right to 1 %. [cc]

    Where already their boxes have no more than the limit in common, that is the most.
    """
    if (of_boxes_cc := _boxes_shared_cc(one.at_most, other.at_most)) <= limit_cc:
        return 0.0, of_boxes_cc
    if one.is_certain and other.is_certain:
        about_cc = about_shared_cc(one, other)
        if abs(about_cc - limit_cc) > ABOUT * limit_cc:
            return about_cc, about_cc
    both = kept.combined(one, other, "intersection")
    return volume_cc(both.at_least), most_cc(both)


def _boxes_shared_cc(one: Solid, other: Solid) -> float:
    """What the boxes of two solids' cross-sections have in common: no less than the solids do. [cc]"""
    if one.is_anything or other.is_anything:
        return inf
    if one.is_empty or other.is_empty:
        return 0.0
    faces_mm = common_faces_mm(one, other)
    in_one, in_other = slab_at_intervals(one, faces_mm), slab_at_intervals(other, faces_mm)
    both = np.flatnonzero((in_one >= 0) & (in_other >= 0))
    box_mm, other_mm = sections_box_mm(one)[in_one[both]], sections_box_mm(other)[in_other[both]]
    sides_mm = np.minimum(box_mm[:, 2:], other_mm[:, 2:]) - np.maximum(box_mm[:, :2], other_mm[:, :2])
    sides_mm = np.maximum(sides_mm, 0.0)
    return float((sides_mm[:, 0] * sides_mm[:, 1]) @ np.diff(faces_mm)[both]) * CC_PER_MM3


ABOUT = 0.1
"""Relative: nearer to its limit a volume is computed exactly."""


def most_cc(solid: Solid) -> float:
    """The largest volume that the solid can have. [cc]"""
    return inf if solid.at_most.is_anything else volume_cc(solid.at_most)


def _most_at_mm(solid: Solid) -> float | None:
    """The height at which the solid has the largest cross-section. [mm]"""
    if solid.is_empty:
        return None
    largest = max(solid.slabs, key=lambda slab: area_mm2(slab.edges_mm))
    return (largest.z_low_mm + largest.z_high_mm) / 2


def area_mm2(edges_mm: np.ndarray) -> float:
    """The area that directed edges (n, 4) enclose."""
    x0, y0, x1, y1 = (edges_mm - np.tile(edges_mm[0, :2], 2)).T
    return float(0.5 * (x0 * y1 - x1 * y0).sum())
