"""Closed edges -> how often they wind around the nodes of a lattice."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import Lattice
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Winding:
    """Winding `number` (rows, columns) of the nodes from (`first_row`, `first_column`) on; it is 0 elsewhere."""

    first_row: int
    first_column: int
    number: NDArray[np.int32]


def winding(lattice: Lattice, edges_mm: FloatArray) -> Winding:
    """How often closed edges x0, y0, x1, y1 (n, 4) [mm] go counter-clockwise around each node of their bounding box.

    >>> lattice = Lattice.around(np.array([-8.0, -8.0]), np.array([8.0, 8.0]), spacing_mm=1.0)
    >>> int(winding(lattice, cube.slabs[0].edges_mm).number.sum())  # nodes in a square of 10 mm
    100
    """
    x0, y0, x1, y1 = edges_mm.T
    h = lattice.spacing_mm
    first_column = int(np.floor((min(x0.min(), x1.min()) - lattice.x0_mm) / h))
    columns = int(np.ceil((max(x0.max(), x1.max()) - lattice.x0_mm) / h)) - first_column + 1
    first_row = int(np.floor((min(y0.min(), y1.min()) - lattice.y0_mm) / h))
    rows = int(np.ceil((max(y0.max(), y1.max()) - lattice.y0_mm) / h)) - first_row + 1

    # An edge crosses the rows j with low <= y_j < high; every node to the right of the crossing is wound around.
    v0 = (y0 - lattice.y0_mm) / h - first_row
    v1 = (y1 - lattice.y0_mm) / h - first_row
    low_row = np.ceil(np.minimum(v0, v1)).astype(np.int64)
    count = np.ceil(np.maximum(v0, v1)).astype(np.int64) - low_row
    edge = np.repeat(np.arange(len(count)), count)
    row = low_row[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    fraction = (row - v0[edge]) / (v1 - v0)[edge]
    u = (x0[edge] + fraction * (x1 - x0)[edge] - lattice.x0_mm) / h - first_column
    column = np.clip(np.ceil(u).astype(np.int64), 0, columns)
    sign = np.where(v1[edge] > v0[edge], -1, 1)  # downward edges have the inside of a counter-clockwise loop right
    crossings = np.bincount(row * (columns + 1) + column, weights=sign, minlength=rows * (columns + 1))
    number = np.cumsum(crossings.reshape(rows, columns + 1), axis=1)[:, :columns]
    return Winding(first_row=first_row, first_column=first_column, number=np.rint(number).astype(np.int32))


def winding_everywhere(lattice: Lattice, edges_mm: FloatArray) -> NDArray[np.int32]:
    """Winding numbers of all nodes of the lattice (node_rows, node_columns) for closed edges (n, 4) [mm].

    >>> lattice = Lattice.around(np.array([-8.0, -8.0]), np.array([8.0, 8.0]), spacing_mm=1.0)
    >>> int(winding_everywhere(lattice, cube.slabs[0].edges_mm).max())
    1
    """
    number = np.zeros((lattice.node_rows, lattice.node_columns), dtype=np.int32)
    if len(edges_mm):
        part = winding(lattice, edges_mm)
        rows, columns = part.number.shape
        number[part.first_row : part.first_row + rows, part.first_column : part.first_column + columns] = part.number
    return number
