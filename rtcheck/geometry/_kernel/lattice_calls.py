"""Fields on a lattice -> the compiled kernel -> arrays: types and room, nothing else. None where numpy has to do it.

`lattice` is x0, y0, spacing, node_rows and node_columns; tiles have 5 x 5 nodes.
"""

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry import _kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
DepthArray = NDArray[np.int32]
LatticeNumbers = tuple[float, float, float, int, int]

EDGES_OF_TILE = 32  # of one layer at most: two in each of its 4 x 4 cells


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


def interpolated(
    first_loop: IntArray, starts: IntArray, depth: DepthArray, edges: FloatArray, radius: FloatArray,
    planes: FloatArray, is_bridged: BoolArray, layering: tuple[float, float, float, float, bool],
    lattice: LatticeNumbers,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Edges (n, 4) of the layers between planes, and of each layer its low and high z and how many edges it has.

    Of each plane its `first_loop` (planes + 1,) and, in `planes` (4, planes), z, low and high face, and length of
    outline; of each loop its first edge (`starts`), nesting depth and equivalent radius. `layering`: the thickest
    layer, where the surface is steep, level, leftover, and whether ends are closed (see the kernel, which must be
    there).
    Raises GeometryError where the surface runs off the lattice.
    """
    arrays = map(np.ascontiguousarray, (first_loop, starts, depth, edges, radius, planes, is_bridged))
    found = _kernel.native.interpolated(*arrays, int(depth.max()) + 1, *layering, lattice)
    if found is None:
        raise GeometryError("The surface between two planes runs off its lattice.")
    made, layers = (np.frombuffer(each, dtype=np.float64) for each in found)
    return made.reshape(-1, 4), layers.reshape(-1, 3)
