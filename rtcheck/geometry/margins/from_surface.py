"""A solid -> how far the nodes of a lattice are from it."""

from collections.abc import Sequence

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.margins.distance import squared_distances
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.geometry.winding import winding


def distances_mm(solid: Solid, lattice: Lattice, z_mm: FloatArray) -> FloatArray:
    """Distance (planes, rows, columns) from the nodes of the lattice in the planes `z_mm` to the solid; 0 inside. [mm]

    Exact: a solid is a stack of prisms, of which each is as far as its cross-section in the plane and its z apart.
    """
    slabs = [slab for slab in solid.slabs if len(slab.edges_mm)]
    in_plane_mm2 = _in_plane_mm2(slabs, lattice)
    low_mm, high_mm = (np.array(each) for each in zip(*((s.z_low_mm, s.z_high_mm) for s in slabs), strict=True))
    apart_mm = np.maximum(np.maximum(low_mm - z_mm[:, None], z_mm[:, None] - high_mm), 0.0)  # (planes, slabs)
    squared_mm2 = np.full((len(z_mm), *in_plane_mm2.shape[1:]), np.inf)
    for plane, apart in zip(squared_mm2, apart_mm, strict=True):
        np.min(in_plane_mm2 + apart[:, None, None] ** 2, axis=0, out=plane)
    return np.sqrt(squared_mm2)


def _in_plane_mm2(slabs: Sequence[Slab], lattice: Lattice) -> FloatArray:
    """Squared distance (slabs, rows, columns) from the nodes to each cross-section; equal ones are measured once."""
    known: dict[bytes, FloatArray] = {}
    for slab in slabs:
        key = slab.edges_mm.tobytes()
        if key not in known:
            known[key] = _to_section_mm2(slab.edges_mm, lattice)
    return np.stack([known[slab.edges_mm.tobytes()] for slab in slabs])


def _to_section_mm2(edges_mm: FloatArray, lattice: Lattice) -> FloatArray:
    tiles = lattice.all_tiles
    rows, columns = lattice.node_indices(tiles)
    squared_mm2 = np.empty((lattice.node_rows, lattice.node_columns))
    squared_mm2[rows, columns] = squared_distances(lattice, tiles, edges_mm)
    inside = winding(lattice, edges_mm)
    row, column = np.nonzero(inside.number > 0)
    row, column = row + inside.first_row, column + inside.first_column
    is_on = (row >= 0) & (row < lattice.node_rows) & (column >= 0) & (column < lattice.node_columns)
    squared_mm2[row[is_on], column[is_on]] = 0.0
    return squared_mm2
