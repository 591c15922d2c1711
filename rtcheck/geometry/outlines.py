"""Single loops as outlines: their boxes and areas, and whether two of them overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.loops import loops_in_plane

FEW_POINTS = 12  # of an outline, tried first
POINTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """One simple loop: vertices (n, 2), its box and its area."""

    vertices_mm: FloatArray
    low_mm: FloatArray
    high_mm: FloatArray
    area_mm2: float

    @property
    def edges_mm(self) -> FloatArray:
        return np.hstack([self.vertices_mm, np.roll(self.vertices_mm, -1, axis=0)])

    @property
    def points_mm(self) -> FloatArray:
        """The vertices, and the middles of the edges."""
        return np.concatenate([self.vertices_mm, (self.vertices_mm + np.roll(self.vertices_mm, -1, axis=0)) / 2])

    @property
    def few_points_mm(self) -> FloatArray:
        """Some of the vertices."""
        return self.vertices_mm[:: max(len(self.vertices_mm) // FEW_POINTS, 1)]


def outlines_of(loops: Sequence[FloatArray]) -> tuple[Outline, ...]:
    """The outlines of loops (n, 2) of one plane."""
    areas_mm2 = np.abs(loops_in_plane(loops).signed_area_mm2).tolist() if loops else []
    return tuple(
        Outline(vertices_mm=loop, low_mm=loop.min(axis=0), high_mm=loop.max(axis=0), area_mm2=area)
        for loop, area in zip(loops, areas_mm2, strict=True)
    )


def overlap(one: Outline, other: Outline) -> bool:
    """Whether two outlines overlap: a vertex or the middle of an edge of either lies in the other."""
    if not boxes_overlap(one, other):
        return False
    few, few_too = one.few_points_mm, other.few_points_mm
    if is_any_inside(few, other) or is_any_inside(few_too, one):  # nearly always where they do overlap
        return True
    return is_any_inside(one.points_mm, other) or is_any_inside(other.points_mm, one)


def boxes_overlap(one: Outline, other: Outline, *, aside_mm: float = 0.0) -> bool:
    """Whether the boxes of two outlines overlap, or come as near as `aside_mm`."""
    return bool((one.low_mm <= other.high_mm + aside_mm).all() and (other.low_mm <= one.high_mm + aside_mm).all())


def is_any_inside(points_mm: FloatArray, outline: Outline) -> bool:
    """Whether a ray toward -x from any of the points (n, 2) crosses the outline an odd number of times."""
    x, y = points_mm[:, :1], points_mm[:, 1:]
    x0, y0, x1, y1 = outline.edges_mm.T
    for first in range(0, len(points_mm), POINTS_AT_ONCE):
        chosen = slice(first, first + POINTS_AT_ONCE)
        edge_spans = (y0 <= y[chosen]) != (y1 <= y[chosen])  # (points, edges)
        rise = np.where(y1 == y0, np.inf, y1 - y0)
        is_left = x0 + (y[chosen] - y0) / rise * (x1 - x0) < x[chosen]
        if (np.count_nonzero(edge_spans & is_left, axis=1) % 2).any():
            return True
    return False
