"""Fields on a lattice -> the compiled kernel -> arrays: types and room, nothing else. None where numpy has to do it.

`lattice` is x0, y0, spacing, node_rows and node_columns; tiles have 5 x 5 nodes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry import _kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
OwnerArray = NDArray[np.int32]
LatticeNumbers = tuple[float, float, float, int, int]

EDGES_OF_TILE = 32  # of one layer at most: two in each of its 4 x 4 cells


def fill(
    points: FloatArray, starts: IntArray, lattice: LatticeNumbers
) -> tuple[FloatArray, FloatArray, OwnerArray] | None:
    """The points (p, 2) of loops turned counter-clockwise, the loops' areas, and the number around each node.

    Each loop begins at `starts` (loops + 1,).
    """
    if _kernel.native is None:
        return None
    points = np.ascontiguousarray(points)
    turned, areas = np.empty_like(points), np.empty(len(starts) - 1)
    owner = np.empty(lattice[3:], dtype=np.int32)
    return None if _kernel.native.fill(points, starts, turned, areas, owner, lattice) < 0 else (turned, areas, owner)


def shared_nodes(owner: OwnerArray, other: OwnerArray, loops: int) -> tuple[BoolArray, BoolArray] | None:
    """Which loops (loops,) share nodes with any other loop, and which have any node."""
    if _kernel.native is None:
        return None
    shared, own = np.zeros((2, loops), dtype=np.bool_)
    _kernel.native.shared_nodes(owner, other, shared, own)
    return shared, own


def boundary_tiles(
    low: BoolArray, high: BoolArray, low_edges: FloatArray, high_edges: FloatArray, lattice: LatticeNumbers
) -> BoolArray | None:
    """Which tiles (tile_rows * tile_columns,) have a cell not wholly inside, or outside, on both planes (nodes), or the
    beginning of an edge of either (n, 4).
    """
    if _kernel.native is None:
        return None
    found = np.zeros((lattice[3] - 1) // 4 * ((lattice[4] - 1) // 4), dtype=np.bool_)
    arrays = map(np.ascontiguousarray, (low, high, low_edges, high_edges))
    _kernel.native.boundary_tiles(*arrays, found, lattice)
    return found


def field(
    edges: FloatArray, first_edge: IntArray, radius: FloatArray, number: IntArray, owner: OwnerArray,
    lattice: LatticeNumbers,
) -> Any:  # fmt: skip
    """The field of groups of edges (n, 4), which begin at `first_edge` (groups + 1,), for `field_at` and `zone`."""
    if _kernel.native is None:
        return None
    return _kernel.native.field(*map(np.ascontiguousarray, (edges, first_edge, radius, number, owner)), lattice)


def field_at(field: Any, tiles: IntArray) -> FloatArray:
    """g (tiles, 5, 5) of a field of the kernel."""
    g = np.empty((len(tiles), 5, 5))
    _kernel.native.field_at(field, np.ascontiguousarray(tiles), g)
    return g


def squared_distances(edges: FloatArray, tiles: IntArray, lattice: LatticeNumbers) -> FloatArray | None:
    """The squared distances (tiles, 5, 5) of the nodes from edges (n, 4)."""
    if _kernel.native is None:
        return None
    squared = np.empty((len(tiles), 5, 5))
    _kernel.native.squared_distances(np.ascontiguousarray(edges), np.ascontiguousarray(tiles), squared, lattice)
    return squared


def zero_level(field: FloatArray, tiles: IntArray, lattice: LatticeNumbers) -> FloatArray | None:
    """The edges (n, 4) around where the field (tiles, 5, 5) is negative."""
    if _kernel.native is None:
        return None
    edges = np.empty((EDGES_OF_TILE * len(tiles), 4))
    n = _kernel.native.zero_level(np.ascontiguousarray(field), np.ascontiguousarray(tiles), edges, lattice)
    return edges[:n].copy()


def lowest(
    fields: tuple[Any, ...], forms: tuple[IntArray, FloatArray], tiles: IntArray, z: tuple[float, float], level: float,
    lattice: LatticeNumbers,
) -> float:  # fmt: skip
    """The lowest of the field on tiles (tiles,) over a layer, of forms as in `zone`. The kernel must be there."""
    arrays = map(np.ascontiguousarray, (*forms, tiles))
    found: float = _kernel.native.lowest(fields, *arrays, *z, level, lattice)
    return found


def zone(
    fields: tuple[Any, ...], forms: tuple[IntArray, FloatArray], tiles: IntArray, inside: tuple[BoolArray, BoolArray],
    faces: FloatArray, level: float, lattice: LatticeNumbers,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    """Edges (n, 4) of the layers between `faces`, and how many each has.

    `forms` are kinds and numbers as in the kernel, of which the kinds name `fields`; `inside` are the nodes inside on
    either plane.
    The kernel must be there. Raises GeometryError where the surface runs off the lattice.
    """
    counts = np.zeros(max(len(faces) - 1, 0), dtype=np.int64)
    arrays = map(np.ascontiguousarray, (*forms, tiles, *inside, faces))
    edges = _kernel.native.zone(fields, *arrays, counts, level, lattice)
    if not isinstance(edges, bytes):
        raise GeometryError("The surface between two planes runs off its lattice.")
    return np.frombuffer(edges, dtype=np.float64).reshape(-1, 4), counts
