"""Solids as fields (arrays that are negative inside, in mm, about the distance to the surface), and their contours."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Point = tuple[float, float, float]
Places = tuple[FloatArray, FloatArray, FloatArray]
"""x, y, z in mm: three arrays of one shape, or that broadcast to one."""

# The corners of a grid cell count 1, 2, 4, 8 from (row, column) round to (row + 1, column); the sum over the corners
# inside tells through which sides (0 low row, 1 high column, 2 high row, 3 low column) a contour enters and leaves.
SIDES_OF_CASE: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)), 6: ((0, 2),), 7: ((3, 2),),
    8: ((2, 3),), 9: ((2, 0),), 10: ((0, 1), (2, 3)), 11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip
SMALLEST_LOOP_MM2 = 25.0


def ellipsoid(at: Places, centre: Point, radii: Point) -> FloatArray:
    """An ellipsoid's field."""
    size_mm = float(np.prod(radii)) ** (1 / 3)
    squares = sum(((p - c) / r) ** 2 for p, c, r in zip(at, centre, radii, strict=True))
    return (np.sqrt(squares) - 1) * size_mm


def tube(at: Places, path: Sequence[Point], radius_mm: float) -> FloatArray:
    """The field of all that is nearer than `radius_mm` to a polyline."""
    nearest = np.asarray(np.inf)
    for start, end in pairwise(path):
        along = np.subtract(end, start)
        offset = [p - s for p, s in zip(at, start, strict=True)]
        share = np.clip(sum(o * a for o, a in zip(offset, along, strict=True)) / (along @ along), 0, 1)
        nearest = np.minimum(nearest, sum((o - share * a) ** 2 for o, a in zip(offset, along, strict=True)))
    return np.sqrt(nearest) - radius_mm


def blended(a: FloatArray, b: FloatArray, *, blend_mm: float) -> FloatArray:
    """The union of two fields, its inner edge filled over about `blend_mm` (polynomial smooth minimum)."""
    overlap = np.maximum(blend_mm - np.abs(a - b), 0) / blend_mm
    return np.minimum(a, b) - overlap**2 * blend_mm / 4


def without(solid: FloatArray, *others: FloatArray, gap_mm: float = 3.0) -> FloatArray:
    """The part of a solid that keeps `gap_mm` away from each of the others."""
    for other in others:
        solid = np.maximum(solid, gap_mm - other)
    return solid


def wavy(solid: FloatArray, at: Places, *, height_mm: float, length_mm: float, phase: float = 0.0) -> FloatArray:
    """The solid with gentle bumps, as nobody's organs are ellipsoids."""
    x, y, z = (p / length_mm for p in at)
    return solid + height_mm / 2 * (np.sin(x + phase) * np.cos(y - phase) + np.sin(z + 2 * phase))


def contours_in_plane(field: FloatArray, x_mm: FloatArray, y_mm: FloatArray, *, spacing_mm: float) -> list[FloatArray]:
    """The zero lines of a field on a grid (rows along y) as closed loops of (n, 2) points about `spacing_mm` apart.

    Marching squares with linear interpolation; loops smaller than `SMALLEST_LOOP_MM2` are dropped, as a planner would.
    """
    inside = field < 0
    cases = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    next_edge: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    for row, column in np.argwhere((cases > 0) & (cases < 15)).tolist():
        edges = ((row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1))
        for enters, leaves in SIDES_OF_CASE[int(cases[row, column])]:
            next_edge[edges[enters]] = edges[leaves]
    loops = []
    while next_edge:
        edge = next(iter(next_edge))
        chain = []
        while edge in next_edge:
            chain.append(edge)
            edge = next_edge.pop(edge)
        points = _crossings(np.array(chain), field, x_mm, y_mm)
        if abs(polygon_area(points)) >= SMALLEST_LOOP_MM2:
            loops.append(_evenly_spaced(points, spacing_mm))
    return loops


def polygon_area(points: FloatArray) -> float:
    """Signed area of a closed polygon (n, 2). [mm2]"""
    x, y = points.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


def _crossings(edges: NDArray[np.int64], field: FloatArray, x_mm: FloatArray, y_mm: FloatArray) -> FloatArray:
    """Where the field is zero on grid edges (row, column, 1 if it runs along y), as (n, 2)."""
    row, column, along_y = edges.T
    start = field[row, column]
    end = field[row + along_y, column + 1 - along_y]
    share = start / (start - end)
    x = x_mm[column] + share * (1 - along_y) * (x_mm[1] - x_mm[0])
    y = y_mm[row] + share * along_y * (y_mm[1] - y_mm[0])
    return np.column_stack([x, y])


def _evenly_spaced(points: FloatArray, spacing_mm: float) -> FloatArray:
    """The closed loop walked in equal steps."""
    closed = np.vstack([points, points[:1]])
    walked_mm = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    steps = max(8, round(walked_mm[-1] / spacing_mm))
    at_mm = walked_mm[-1] * np.arange(steps) / steps
    return np.column_stack([np.interp(at_mm, walked_mm, closed[:, axis]) for axis in (0, 1)])
