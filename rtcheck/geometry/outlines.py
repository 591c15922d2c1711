"""Single loops as outlines: their boxes and areas, and whether two of them overlap."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry._kernel import calls
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.loops import Loops, loops_in_plane
from rtcheck.values import dataclass

FEW_POINTS = 12  # of an outline, tried first
MEASURED_POINTS = 300  # of outlines, from which distances are measured
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
    return outlines_among(loops_in_plane(loops), range(len(loops)))


def outlines_among(loops: Loops, numbers: Sequence[int]) -> tuple[Outline, ...]:
    """Some of many loops as outlines."""
    low_mm, high_mm, area_mm2 = loops.measures.low_mm, loops.measures.high_mm, loops.signed_area_mm2
    return tuple(
        Outline(
            vertices_mm=loops.points_mm[loops.bounds[k] : loops.bounds[k + 1]],
            low_mm=low_mm[k], high_mm=high_mm[k], area_mm2=abs(float(area_mm2[k])),
        ) for k in numbers
    )  # fmt: skip


def overlap(one: Outline, other: Outline) -> bool:
    """Whether two outlines overlap: a vertex or the middle of an edge of either lies in the other."""
    if not boxes_overlap(one, other):
        return False
    few, few_too = one.few_points_mm, other.few_points_mm
    if is_any_inside(few, other) or is_any_inside(few_too, one):  # nearly always where they do overlap
        return True
    return is_any_inside(one.points_mm, other) or is_any_inside(other.points_mm, one)


def overlap_any(outlines: Sequence[Outline], others: Sequence[Outline]) -> list[bool]:
    """Whether each outline overlaps any of others (outlines,)."""
    if not outlines or not others:
        return [False] * len(outlines)
    found = calls.overlapping(*_points_and_starts(outlines), *_points_and_starts(others))
    if found is None:
        return [any(overlap(outline, other) for other in others) for outline in outlines]
    overlaps: list[bool] = found.tolist()
    return overlaps


def _points_and_starts(outlines: Sequence[Outline]) -> tuple[FloatArray, NDArray[np.int64]]:
    points_mm = [outline.vertices_mm for outline in outlines]
    return np.concatenate(points_mm), np.cumsum([0, *map(len, points_mm)])


def boxes_overlap(one: Outline, other: Outline, *, aside_mm: float = 0.0) -> bool:
    """Whether the boxes of two outlines overlap, or come as near as `aside_mm`.

    >>> square = np.array([[0.0, 0], [2, 0], [2, 2], [0, 2]])
    >>> one, other = (
    ...     Outline(vertices_mm=at, low_mm=at[0], high_mm=at[2], area_mm2=4.0) for at in (square, square + 3.0)
    ... )
    >>> boxes_overlap(one, other), boxes_overlap(one, other, aside_mm=1.0)
    (False, True)
    """
    return bool((one.low_mm <= other.high_mm + aside_mm).all() and (other.low_mm <= one.high_mm + aside_mm).all())


def is_any_inside(points_mm: FloatArray, outline: Outline) -> bool:
    """Whether a ray toward -x from any of the points (n, 2) crosses the outline an odd number of times."""
    x, y = points_mm[:, :1], points_mm[:, 1:]
    x0, y0, x1, y1 = outline.edges_mm.T
    for first in range(0, len(points_mm), POINTS_AT_ONCE):
        chosen = slice(first, first + POINTS_AT_ONCE)
        edge_spans = (y0 <= y[chosen]) != (y1 <= y[chosen])  # (points, edges)
        rise = np.where(y1 == y0, np.inf, y1 - y0)
        with np.errstate(over="ignore", invalid="ignore"):  # an edge of no height spans no point
            is_left = x0 + (y[chosen] - y0) / rise * (x1 - x0) < x[chosen]
        if (np.count_nonzero(edge_spans & is_left, axis=1) % 2).any():
            return True
    return False


def apart_mm(outlines: Sequence[Outline], others: Sequence[Outline]) -> float:
    """How far points of either outlines are at most from the nearest edge of the others. [mm]

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> apart_mm(outlines_of([square]), outlines_of([square + (0, 3)]))
    3.0
    """
    sides = [np.concatenate([outline.edges_mm for outline in each]) for each in (outlines, others)]
    return max(_farthest_mm(one, other) for one, other in (sides, sides[::-1]))


def _farthest_mm(edges_mm: FloatArray, others_mm: FloatArray) -> float:
    """The distance of the edges' starts from the nearest of other edges, at most."""
    points = edges_mm[:: len(edges_mm) // MEASURED_POINTS + 1, None, :2]
    along = others_mm[:, 2:] - others_mm[:, :2]
    squared = np.maximum((along * along).sum(axis=1), np.finfo(np.float64).tiny)
    share = np.clip(((points - others_mm[:, :2]) * along).sum(axis=2) / squared, 0.0, 1.0)
    away = points - others_mm[:, :2] - share[..., None] * along
    return float(np.hypot(away[..., 0], away[..., 1]).min(axis=1).max())
