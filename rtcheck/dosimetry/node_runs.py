"""A cut outline -> which nodes of the dose grid lie inside it: by its crossings with the rows of nodes."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.geometry.coverage import Pieces
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutlineInNodes:
    """Pieces of an outline, ascending in slab, in dose cells: cell (row, column), ends x0, y0, x1, y1 local to it.

    `crosses_below` and `crosses_above` tell whether a piece crosses the row of nodes below or above its cell.
    """

    slab: IntArray
    row: IntArray
    column: IntArray
    ends: FloatArray
    is_clamped: BoolArray
    crosses_below: BoolArray
    crosses_above: BoolArray


def outline_in_nodes(pieces: Pieces, s: int) -> OutlineInNodes:
    """The pieces of an outline in units of dose cells, ascending in slab.

    `pieces` were cut at the lines of a grid with `s` x `s` parts per dose cell.
    """
    order = np.argsort(pieces.slab, kind="stable")
    row, row_part = np.divmod(pieces.row[order], s)
    column, column_part = np.divmod(pieces.column[order], s)
    u0, v0, u1, v1 = (p[order] for p in (pieces.u0, pieces.v0, pieces.u1, pieces.v1))
    is_level = v0 == v1
    return OutlineInNodes(
        slab=pieces.slab[order],
        row=row,
        column=column,
        ends=np.stack([column_part + u0, row_part + v0, column_part + u1, row_part + v1], axis=1) / s,
        is_clamped=pieces.is_clamped[order],
        crosses_below=~is_level & (row_part == 0) & (np.minimum(v0, v1) == 0),
        crosses_above=~is_level & (row_part == s - 1) & (np.maximum(v0, v1) == 1),
    )


def node_runs(outline: OutlineInNodes, first_slab: int, last_slab: int, rows: int, columns: int) -> IntArray:
    """Runs of grid nodes inside the outline, as alternating beginnings and ends (2 n,), not empty and ascending.

    They index the flat array of nodes (slabs, rows + 1, columns + 1) of the slabs `first_slab` to `last_slab`. A node
    exactly on the outline may be missing: the ends of the outline's pieces lie there.
    """
    chosen = slice(*np.searchsorted(outline.slab, [first_slab, last_slab]))
    below = outline.crosses_below[chosen]
    above = outline.crosses_above[chosen] & (outline.row[chosen] == rows - 1)  # no row of cells lies above those nodes
    line_below, x_below = _crossings(outline, chosen, below, rows, columns, upper=False)
    line_above, x_above = _crossings(outline, chosen, above, rows, columns, upper=True)
    line = np.concatenate([line_below, line_above]) - first_slab * (rows + 1)
    node = np.clip(np.ceil(np.concatenate([x_below, x_above])), 0, columns + 1).astype(np.int64)
    crossing = np.sort(line * (columns + 1) + node)
    begin, end = crossing[0::2], crossing[1::2]  # every row of nodes is entered as often as it is left
    return np.stack([begin, end], axis=1)[end > begin].reshape(-1)


def _crossings(
    outline: OutlineInNodes, chosen: slice, crosses: BoolArray, rows: int, columns: int, *, upper: bool
) -> tuple[IntArray, FloatArray]:
    """The row of nodes (counted over all slabs) that each piece crosses with one of its ends, and that end's x."""
    ends, column = outline.ends[chosen][crosses], outline.column[chosen][crosses]
    is_first_end = (ends[:, 1] > ends[:, 3]) == upper
    x: FloatArray = np.where(is_first_end, ends[:, 0], ends[:, 2])
    x += column
    x[outline.is_clamped[chosen][crosses] & (x >= columns)] = np.inf  # leaves the solid beyond the last node
    line: IntArray = outline.slab[chosen][crosses] * (rows + 1) + outline.row[chosen][crosses] + int(upper)
    return line, x
