"""The loops of one plane -> the field g = s (s + 2 R) whose interpolation between planes is exact for round quadrics.

s is the signed distance to a loop (negative inside) and R = sqrt(area / pi) its equivalent radius: for a circle of
radius r, g = rho^2 - r^2, which along the axis of a sphere, cone, paraboloid, ellipsoid or hyperboloid of revolution
is a polynomial of degree two in z. Interpolating the plain signed distance instead flattens every such solid.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.geometry.margins.distance import node_distances, segments_of
from rtcheck.geometry.outlines import outlines_of, overlap
from rtcheck.geometry.winding import winding
from rtcheck.values import dataclass


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class FilledLoops:
    """The loops of one depth in one plane, each filled: outer loops (depth 0), or the holes in them (1), and so on.

    `owner` (node_rows, node_columns) numbers the loop around each node from 1, 0 where there is none (of several, which
    should not overlap, the last); `radius_mm` (loops,) are the equivalent radii.
    """

    loops_mm: tuple[FloatArray, ...]
    radius_mm: FloatArray
    owner: NDArray[np.int32]

    @cached_property
    def is_inside(self) -> BoolArray:
        """The nodes inside any of the loops (node_rows, node_columns)."""
        return self.owner > 0

    @cached_property
    def everything(self) -> tuple[int, ...]:
        return tuple(range(len(self.loops_mm)))


def filled_loops(lattice: Lattice, loops_mm: tuple[FloatArray, ...], radius_mm: FloatArray) -> FilledLoops:
    """`loops_mm`, (n, 2) vertices each, of these equivalent radii (loops,), marked on the lattice's nodes."""
    owner = np.zeros((lattice.node_rows, lattice.node_columns), dtype=np.int32)
    for number, vertices in enumerate(loops_mm, start=1):
        around = winding(lattice, edges_around(vertices))
        rows, columns = around.number.shape
        window = owner[around.first_row : around.first_row + rows, around.first_column : around.first_column + columns]
        window[around.number != 0] = number
    return FilledLoops(loops_mm=loops_mm, radius_mm=radius_mm, owner=owner)


def overlapping(some: FilledLoops, others: FilledLoops) -> tuple[int, ...]:
    """The loops of `some` that overlap one of `others`, by the nodes that both own.

    A loop that is too thin to own a node, as at the end of a lying cylinder, is looked at by itself.
    """
    is_shared, has_nodes = nodes_shared(some, others)
    found = set(np.flatnonzero(is_shared).tolist())
    if len(found) == len(some.loops_mm):
        return some.everything
    thin_others = np.flatnonzero(~nodes_shared(others, some)[1]).tolist()
    for loop in some.everything:
        against = thin_others if has_nodes[loop] else others.everything
        if loop not in found and against:
            outline, *facing = outlines_of([some.loops_mm[loop], *(others.loops_mm[other] for other in against)])
            if any(overlap(outline, other) for other in facing):
                found.add(loop)
    return tuple(sorted(found))


def nodes_shared(some: FilledLoops, others: FilledLoops) -> tuple[BoolArray, BoolArray]:
    """Which loops of `some` share nodes with `others` (loops,), and which have any node: not the thin or small."""
    room = len(some.loops_mm) + 1
    shared = np.bincount(some.owner[others.is_inside], minlength=room)[1:]
    return shared > 0, np.bincount(some.owner.reshape(-1), minlength=room)[1:] > 0


def boundary_tiles(
    lattice: Lattice, low: BoolArray, high: BoolArray, low_edges_mm: FloatArray, high_edges_mm: FloatArray
) -> IntArray:
    """The tiles, ascending, with cells that are not wholly inside, or wholly outside, on both planes, or vertices.

    `low` and `high` (node_rows, node_columns) are the nodes inside on each plane. The edges (n, 4) of both planes begin
    at their vertices: so a loop too small to hold a node is not overlooked.
    """
    some, every = low | high, low & high
    touched = some[:-1, :-1] | some[:-1, 1:] | some[1:, :-1] | some[1:, 1:]
    filled = every[:-1, :-1] & every[:-1, 1:] & every[1:, :-1] & every[1:, 1:]
    is_crossed = np.zeros(len(lattice.all_tiles), dtype=np.bool_)
    is_crossed[lattice.tiles_where_cells(touched & ~filled)] = True
    is_crossed[lattice.tiles_at(np.concatenate([low_edges_mm[:, :2], high_edges_mm[:, :2]]))] = True
    return np.flatnonzero(is_crossed)


def edges_around(vertices: FloatArray) -> FloatArray:
    """The edges of one loop, x0, y0, x1, y1 (n, 4)."""
    edges = np.empty((len(vertices), 4))
    edges[:, :2], edges[:-1, 2:], edges[-1, 2:] = vertices, vertices[1:], vertices[0]
    return edges


class PlaneField:
    """g at the nodes of tiles, the least over the loops chosen; what was computed once is remembered."""

    def __init__(self, lattice: Lattice, filled: FilledLoops, chosen: tuple[int, ...]) -> None:
        self._lattice = lattice
        self._owner = filled.owner
        self._number = np.array(chosen) + 1
        self._radius_mm = filled.radius_mm[list(chosen)]
        self._edges_mm = tuple(edges_around(filled.loops_mm[loop]) for loop in chosen)
        self._place: IntArray = np.full(len(lattice.all_tiles), -1)  # of each tile among the values
        self._values: FloatArray = np.empty((0, CELLS + 1, CELLS + 1))

    def at(self, tiles: IntArray) -> FloatArray:
        """g [mm2], (tiles, 5, 5)."""
        missing = tiles[self._place[tiles] < 0]
        if len(missing):
            self._place[missing] = np.arange(len(self._values), len(self._values) + len(missing))
            self._values = np.concatenate([self._values, self._compute(missing)])
        return self._values[self._place[tiles]]

    def _compute(self, tiles: IntArray) -> FloatArray:
        segments = segments_of(self._edges_mm, longest_mm=CELLS * self._lattice.spacing_mm)
        least_g = np.full((len(tiles), CELLS + 1, CELLS + 1), np.inf)
        for found in node_distances(self._lattice, tiles, segments, radius_mm=self._radius_mm):
            rows, columns = self._lattice.node_indices(tiles[found.tile])
            is_inside = self._owner[rows, columns] == self._number[found.group][:, None, None]
            radius_mm = self._radius_mm[found.group][:, None, None]
            distance_mm = np.sqrt(found.squared_mm2)
            s_mm = np.where(is_inside, -np.minimum(distance_mm, radius_mm), distance_mm)
            g = s_mm * (s_mm + 2 * radius_mm)
            first = np.flatnonzero(np.diff(found.tile, prepend=-1))
            least_g[found.tile[first]] = np.minimum.reduceat(g, first, axis=0)
        return least_g
