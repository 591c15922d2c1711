"""Edges of several regions -> non-crossing fragments that know which regions lie on their left and right.

All planes are worked at once; `plane` tells them apart. The steps: put every point on a fine grid; split edges where
they cross or touch; lay equal fragments together; count each region's winding number on both sides of each fragment.
Coincident and overlapping edges need no special case: they become equal fragments.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry.arrays import distinct, group_rows, is_among, tangled
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.sweep import crossings_to_the_left, pairs_side_by_side
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Predicate = Callable[[IntArray], BoolArray]
"""Winding numbers (n, regions) -> whether such a place is inside (n,)."""

GRIDS_MM = (2.0**-17, 2.0**-13, 2.0**-10)  # 0.01 um first; coarser where rounding left a knot untied
MOST_WINDINGS = 2**24  # fragments times regions: beyond it (128 MB an array) it is a tangle
MOST_SPLITS, MOST_SPLITS_AN_EDGE = 2**20, 64  # of one round: edges that cross so many others outline nothing
MAX_ROUNDS = 6  # of splitting: rounding a crossing to the grid can bend an edge across another


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fragments:
    """Edges (n, 4), upward or toward +x; their plane (n,); each region's winding on either side (n, regions)."""

    edges: FloatArray
    plane: IntArray
    left: IntArray
    right: IntArray


def boundary(edges: FloatArray, plane: IntArray, region: IntArray, predicate: Predicate) -> tuple[FloatArray, IntArray]:
    """The boundary of the region in which `predicate` holds: directed edges (n, 4), interior on the left, and planes
    (n,).

    `edges` (edges, 4) x0, y0, x1, y1 [mm]; `plane` (edges,) numbers their planes, `region` (edges,) the region that
    each bounds. The edges of every region must form closed loops. `predicate` maps winding numbers (m, regions) to
    (m,).

    >>> edges, none = cube.slabs[0].edges_mm, np.zeros(4, dtype=np.int64)
    >>> outline, _ = boundary(edges, none, none, lambda winding: winding[:, 0] > 0)
    >>> len(outline)
    4
    """
    if not len(edges):
        return edges.reshape(0, 4), plane
    done_edges, done_planes = [], []
    for grid_mm in GRIDS_MM:
        fragments = arrange(edges, plane, region, grid_mm)
        kept, kept_plane = _directed(fragments, predicate)
        knots = _unbalanced_planes(kept, kept_plane)
        is_knotted = is_among(kept_plane, knots)
        done_edges.append(kept[~is_knotted])
        done_planes.append(kept_plane[~is_knotted])
        if not len(knots):
            break
        again = is_among(plane, knots)
        edges, plane, region = edges[again], plane[again], region[again]
    else:
        raise GeometryError("two contours touch in a way that could not be resolved")
    return np.concatenate(done_edges), np.concatenate(done_planes)


def arrange(edges: FloatArray, plane: IntArray, region: IntArray, grid_mm: float) -> Fragments:
    """All edges cut where they meet, equal fragments merged, with the winding numbers on either side.

    `edges` (n, 4) x0, y0, x1, y1 [mm] are rounded to `grid_mm`; `plane` and `region` (n,) number the plane and the
    region of each. Planes do not interact. Raises GeometryError if edges cannot be resolved.
    """
    edges = on_grid(edges, grid_mm)
    net = np.zeros((len(edges), int(region.max()) + 1), dtype=np.int64)
    net[np.arange(len(edges)), region] = 1  # winding on the left less winding on the right (edges, regions)
    edges, plane, net = _laid_together(edges, plane, net)
    for _ in range(MAX_ROUNDS):
        edge, points = _splitting_points(edges, plane, grid_mm)
        if not len(edge):
            break
        if len(edge) > max(MOST_SPLITS, MOST_SPLITS_AN_EDGE * len(edges)):
            raise tangled()
        pieces, owner = _split(edges, edge, points)
        edges, plane, net = _laid_together(pieces, plane[owner], net[owner])
    left = _winding_on_the_left(edges, plane, net)
    return Fragments(edges=edges, plane=plane, left=left, right=left - net)


def on_grid(edges: FloatArray, grid_mm: float = GRIDS_MM[0]) -> FloatArray:
    """Coordinates (n, 4) rounded to the grid on which edges are cut. [mm]

    >>> on_grid(np.array([[0.1, 0.0, 1.0, 2.0]]), 0.25).tolist()
    [[0.0, 0.0, 1.0, 2.0]]
    """
    return np.round(edges / grid_mm) * grid_mm + 0.0


def _laid_together(edges: FloatArray, plane: IntArray, net: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Edges turned upward (horizontal ones toward +x), equal ones as one; those left out that separate nothing.

    Were equal edges split one by one, their number would grow from round to round.
    """
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    turned = ((dy < 0) | ((dy == 0) & (dx < 0)))[:, None]
    edges = np.where(turned, edges[:, [2, 3, 0, 1]], edges)
    distinct, group = group_rows(np.column_stack([plane.astype(np.float64), edges]))
    if len(distinct) * net.shape[1] > MOST_WINDINGS:
        raise tangled()
    together = np.zeros((len(distinct), net.shape[1]), dtype=np.int64)
    np.add.at(together, group, np.where(turned, -net, net))
    has_length = (distinct[:, 1:3] != distinct[:, 3:5]).any(axis=1)
    kept = together.any(axis=1) & has_length
    return distinct[kept, 1:], distinct[kept, 0].astype(np.int64), together[kept]


def _winding_on_the_left(edges: FloatArray, plane: IntArray, net: IntArray) -> IntArray:
    """Winding numbers just left of each fragment's middle (above it where it is horizontal) (n, regions)."""
    middle = (edges[:, :2] + edges[:, 2:]) / 2
    point, crossed = crossings_to_the_left(middle, plane, edges, plane)
    other = point != crossed
    point, crossed = point[other], crossed[other]
    winding = np.zeros_like(net)
    run = max(1, MOST_WINDINGS // net.shape[1] // 4)
    for start in range(0, len(point), run):
        # An upward edge has its interior on the side of -x: passing it toward +x leaves the region.
        np.subtract.at(winding, point[start : start + run], net[crossed[start : start + run]])
    return winding


def _directed(fragments: Fragments, predicate: Predicate) -> tuple[FloatArray, IntArray]:
    """The fragments between inside and outside, turned so that the inside is on their left."""
    inside_left, inside_right = predicate(fragments.left), predicate(fragments.right)
    kept = inside_left != inside_right
    edges = fragments.edges[kept]
    edges = np.where(inside_left[kept][:, None], edges, edges[:, [2, 3, 0, 1]])
    return edges, fragments.plane[kept]


def _unbalanced_planes(edges: FloatArray, plane: IntArray) -> IntArray:
    """The planes where some point has more edges coming in than going out: the loops are not closed there."""
    ends = np.concatenate([edges[:, :2], edges[:, 2:]])
    keys = np.column_stack([np.concatenate([plane, plane]).astype(np.float64), ends])
    unique, group = group_rows(keys)
    balance = np.bincount(group, np.repeat([1.0, -1.0], len(edges)), len(unique))
    return distinct(unique[balance != 0, 0].astype(np.int64))


def _split(edges: FloatArray, edge: IntArray, points: FloatArray) -> tuple[FloatArray, IntArray]:
    """The pieces of all edges (n, 4), each split at its points (edge, point), and the edge that each is a piece of."""
    everything = np.arange(len(edges))
    owner = np.concatenate([everything, edge, everything])
    corners = np.concatenate([edges[:, :2], points, edges[:, 2:]])
    along = np.einsum("ij,ij->i", corners - edges[owner, :2], edges[owner, 2:] - edges[owner, :2])
    along[: len(edges)] = -np.inf
    along[-len(edges) :] = np.inf
    order = np.lexsort((along, owner))
    owner, corners = owner[order], corners[order]
    joined = owner[1:] == owner[:-1]
    return np.hstack([corners[:-1], corners[1:]])[joined], owner[:-1][joined]


def _splitting_points(edges: FloatArray, plane: IntArray, grid_mm: float) -> tuple[IntArray, FloatArray]:
    """(edge, point) pairs: where edges must be split, points on the grid and not at the edge's own ends."""
    first, second = pairs_side_by_side(edges, plane, grid_mm)
    a, b = edges[first], edges[second]
    b_start, b_end = _distance_from(a, b[:, :2]), _distance_from(a, b[:, 2:])
    a_start, a_end = _distance_from(b, a[:, :2]), _distance_from(b, a[:, 2:])
    crosses = _opposite(b_start, b_end, grid_mm) & _opposite(a_start, a_end, grid_mm)
    share = (b_start[crosses] / (b_start[crosses] - b_end[crosses]))[:, None]
    crossing = b[crosses, :2] + share * (b[crosses, 2:] - b[crosses, :2])
    crossing = np.round(crossing / grid_mm) * grid_mm + 0.0
    split_edges, split_points = [first[crosses], second[crosses]], [crossing, crossing]
    for edge, at, distance in (
        (first, b[:, :2], b_start),
        (first, b[:, 2:], b_end),
        (second, a[:, :2], a_start),
        (second, a[:, 2:], a_end),
    ):
        on = np.flatnonzero(np.abs(distance) <= grid_mm)
        on = on[_is_between_ends(edges[edge[on]], at[on])]
        split_edges.append(edge[on])
        split_points.append(at[on])
    edge, point = np.concatenate(split_edges), np.concatenate(split_points)
    own_end = (point == edges[edge, :2]).all(axis=1) | (point == edges[edge, 2:]).all(axis=1)
    return edge[~own_end], point[~own_end]


def _distance_from(edges: FloatArray, points: FloatArray) -> FloatArray:
    """Signed distance of each point from the line through its edge, positive on the left. [mm]"""
    dx, dy = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    length = np.hypot(dx, dy)
    length[length == 0] = np.inf  # a line of no length divides nothing
    return (dx * (points[:, 1] - edges[:, 1]) - dy * (points[:, 0] - edges[:, 0])) / length


def _opposite(first: FloatArray, second: FloatArray, tolerance: float) -> BoolArray:
    """Whether two signed distances lie clearly on different sides."""
    return (np.minimum(first, second) < -tolerance) & (np.maximum(first, second) > tolerance)


def _is_between_ends(edges: FloatArray, points: FloatArray) -> BoolArray:
    """Whether the foot of each point on its edge's line lies strictly inside the edge."""
    direction = edges[:, 2:] - edges[:, :2]
    along = np.einsum("ij,ij->i", points - edges[:, :2], direction)
    between: BoolArray = (along > 0) & (along < np.einsum("ij,ij->i", direction, direction))
    return between
