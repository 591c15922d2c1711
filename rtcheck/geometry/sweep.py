"""Which edges lie side by side, and which lie to the left of a point: sorted sweeps over all planes at once.

Edges are rows x0, y0, x1, y1. Planes do not see one another: every plane gets its own stretch of one long y axis.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import count_up_in_runs, tangled
from rtcheck.geometry.contours import FloatArray

IntArray = NDArray[np.int64]
MOST_MEETINGS = 2**23  # pairs of edges that come near: some 64 MB an array
MOST_MEETINGS_OF_AN_EDGE = 2**3  # on average, where there are more in all; drawn outlines have up to 4
PLANE_STRIDE_MM = 2.0**20  # longer than any patient; a power of two, so that adding it loses no equality


def pairs_side_by_side(edges: FloatArray, plane: IntArray, tolerance_mm: float) -> tuple[IntArray, IntArray]:
    """All pairs of edges of the same plane whose bounding boxes come within `tolerance_mm`, each pair once: (pairs,)
    twice.

    `edges` (n, 4) are x0, y0, x1, y1 [mm], `plane` (n,) the number of the plane of each. Raises GeometryError if there
    are more pairs than contours of a structure can have.

    >>> edges = np.array([[0.0, 0, 1, 0], [0, 0.1, 1, 0.1], [0, 5, 1, 5]])
    >>> first, second = pairs_side_by_side(edges, np.array([0, 0, 0]), 0.5)
    >>> sorted(zip(first.tolist(), second.tolist()))
    [(0, 1)]
    """
    y_low = np.minimum(edges[:, 1], edges[:, 3])
    y_high = np.maximum(edges[:, 1], edges[:, 3])
    low = plane * PLANE_STRIDE_MM + y_low
    order = np.argsort(low)
    begin = low[order]
    end = (plane * PLANE_STRIDE_MM + y_high)[order] + tolerance_mm
    later = np.searchsorted(begin, end, side="right") - np.arange(1, len(order) + 1)
    x_low = np.minimum(edges[:, 0], edges[:, 2])
    x_high = np.maximum(edges[:, 0], edges[:, 2]) + tolerance_mm

    def near_ones() -> Iterator[tuple[IntArray, IntArray]]:
        for first, second in count_up_in_runs(np.arange(1, len(order) + 1), later):
            first, second = order[first], order[second]
            near = (x_low[first] <= x_high[second]) & (x_low[second] <= x_high[first])
            yield first[near], second[near]

    return _gathered(near_ones(), len(edges))


def crossings_to_the_left(
    points: FloatArray, point_plane: IntArray, edges: FloatArray, edge_plane: IntArray
) -> tuple[IntArray, IntArray]:
    """Pairs (point, edge) for which the ray from the point toward -x crosses the edge: (pairs,) twice.

    `points` (p, 2) and `edges` (n, 4) in mm; `point_plane` (p,) and `edge_plane` (n,) number their planes. An edge
    contains its lower end but not its upper one, so the ray of a point on a horizontal edge runs just above it.

    >>> points, edges = np.array([[5.0, 0.5]]), np.array([[1.0, 0, 1, 1], [9, 0, 9, 1]])
    >>> point, edge = crossings_to_the_left(points, np.array([0]), edges, np.array([0, 0]))
    >>> point.tolist(), edge.tolist()
    ([0], [0])
    """
    order = np.lexsort((points[:, 1], point_plane))
    height = (point_plane * PLANE_STRIDE_MM + points[:, 1])[order]
    low = edge_plane * PLANE_STRIDE_MM + np.minimum(edges[:, 1], edges[:, 3])
    high = edge_plane * PLANE_STRIDE_MM + np.maximum(edges[:, 1], edges[:, 3])
    begin = np.searchsorted(height, low, side="left")
    count = np.searchsorted(height, high, side="left") - begin

    def left_ones() -> Iterator[tuple[IntArray, IntArray]]:
        for edge, place in count_up_in_runs(begin, count):
            point = order[place]
            x0, y0, x1, y1 = edges[edge].T
            crossing_x = x0 + (points[point, 1] - y0) * ((x1 - x0) / (y1 - y0))
            is_left = crossing_x < points[point, 0]
            yield point[is_left], edge[is_left]

    return _gathered(left_ones(), len(edges))


def _gathered(runs: Iterable[tuple[IntArray, IntArray]], edges: int) -> tuple[IntArray, IntArray]:
    """Pairs found in several runs as one pair of arrays. Raises GeometryError where so many edges cannot have them."""
    most = max(MOST_MEETINGS, MOST_MEETINGS_OF_AN_EDGE * edges)
    none = np.empty(0, dtype=np.int64)
    firsts, seconds, meetings = [none], [none], 0
    for first, second in runs:
        meetings += len(first)
        if meetings > most:
            raise tangled()
        firsts.append(first)
        seconds.append(second)
    return np.concatenate(firsts), np.concatenate(seconds)
