"""Exact area of polygons in the cells of a grid, with moments: edges -> the cells they touch and fill.

The method of scan converters that anti-alias exactly ("cover and area"): every edge is split at the grid lines; each
piece adds a closed-form area to its own cell and a constant to all cells to its right. Beside the area, the integrals
of u, v, uv, uu and vv are kept: they give the exact mean of a bilinear function over the covered part of a cell, and
the variance of a linear one.

Coordinates are in cells: u to the right along columns i, v along rows j; cell (j, i) is [i, i+1) x [j, j+1).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry._kernel import calls
from rtcheck.geometry.arrays import count_up
from rtcheck.geometry.contours import FloatArray
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NO_COVER = 1e-12  # cells; less is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """Edges cut at every grid line: each lies in one cell (slab, row, column), with ends local to it, 0 to 1.

    `sign` is +1 where the interior lies to the right of the piece (toward +u), walking it from end 0 to end 1.
    `is_clamped` marks pieces that stand for an edge left or right of the grid; they are no part of the outline.
    """

    slab: IntArray
    row: IntArray
    column: IntArray
    sign: FloatArray
    u0: FloatArray
    v0: FloatArray
    u1: FloatArray
    v1: FloatArray
    is_clamped: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """Partly covered cells, and runs of wholly covered ones, ascending by (slab, row, column).

    For partly covered cells: `area` in cells, and the means of u, v, uv, uu and vv over the covered part, local to the
    cell.
    A run is `length` cells of one row, beginning at `run_column`.
    """

    slab: IntArray
    row: IntArray
    column: IntArray
    area: FloatArray
    mean_u: FloatArray
    mean_v: FloatArray
    mean_uv: FloatArray
    mean_uu: FloatArray
    mean_vv: FloatArray
    run_slab: IntArray
    run_row: IntArray
    run_column: IntArray
    run_length: IntArray


class EvenLines(NamedTuple):
    """Evenly spaced grid lines: x lies at (x - x0) * per_x * parts in cells, y likewise."""

    x0: float = 0.0
    per_x: float = 1.0
    y0: float = 0.0
    per_y: float = 1.0
    parts: int = 1

    def in_cells(self, edges: FloatArray) -> FloatArray:
        """Edges (n, 4) in units of cells."""
        cells = np.empty_like(edges)
        cells[:, 0::2] = (edges[:, 0::2] - self.x0) * self.per_x * self.parts
        cells[:, 1::2] = (edges[:, 1::2] - self.y0) * self.per_y * self.parts
        return cells


IN_CELLS = EvenLines()


def cut_at_grid_lines(
    edges: FloatArray, slab: IntArray, rows: int, columns: int, lines: EvenLines = IN_CELLS
) -> Pieces:
    """Directed edges x0, y0, x1, y1 (n, 4), cut at all grid lines and clipped to the grid of rows x columns.

    The interior is on the left of each edge; `slab` (n,) numbers the slab of each. Without `lines` edges are in cells.
    What lies above or below the grid is cut off. What lies left of it is moved to its left border (there it still shows
    that the row begins inside), what lies right of it to the right border.

    >>> edges = np.array([[0.0, 0, 2, 0], [2, 0, 2, 1], [2, 1, 0, 1], [0, 1, 0, 0]])  # a rectangle of 2 x 1 cells
    >>> len(cut_at_grid_lines(edges, np.zeros(4, dtype=np.int64), 1, 2).slab)  # two long edges in two pieces each
    6
    """
    cut = calls.cut(edges, slab, rows, columns, lines)
    if cut is None:
        return cut_in_numpy(lines.in_cells(edges), slab, rows, columns)
    (slab, row, column), (sign, u0, v0, u1, v1), is_clamped = cut
    return Pieces(
        slab=slab, row=row, column=column, sign=sign, u0=u0, v0=v0, u1=u1, v1=v1, is_clamped=is_clamped
    )  # fmt: skip


def cut_in_numpy(edges: FloatArray, slab: IntArray, rows: int, columns: int) -> Pieces:
    """The reference of `cut_at_grid_lines`: the pieces of edges u0, v0, u1, v1 (n, 4) of slabs (n,)."""
    u0, v0, u1, v1 = edges.T
    down = v1 < v0
    sign = np.where(down, 1.0, -1.0)  # interior on the left of a downward edge: toward +u
    u0, u1 = np.where(down, u1, u0), np.where(down, u0, u1)
    v0, v1 = np.where(down, v1, v0), np.where(down, v0, v1)
    if len(v0) and (v0.min() < 0 or v1.max() > rows):
        u0, v0, u1, v1, kept = _clip_rows(u0, v0, u1, v1, rows)
        sign, slab = sign[kept], slab[kept]
    edge, row, u0, v0, u1, v1 = _cut_at_rows(u0, v0, u1, v1, rows)
    sign, slab = sign[edge], slab[edge]
    leftward = u1 < u0
    sign = np.where(leftward, -sign, sign)
    u0, u1 = np.where(leftward, u1, u0), np.where(leftward, u0, u1)
    v0, v1 = np.where(leftward, v1, v0), np.where(leftward, v0, v1)
    piece, column, u0, v0, u1, v1 = _cut_at_columns(u0, v0, u1, v1)
    sign, slab, row = sign[piece], slab[piece], row[piece]
    is_left, is_right = column < 0, u0 >= columns
    is_clamped = is_left | (is_right & (u1 > columns))
    if is_left.any() or is_right.any():
        column = np.clip(column, 0, columns)
        u0 = np.clip(u0, 0, columns)
        u1 = np.clip(u1, 0, columns)
    return Pieces(
        slab=slab, row=row, column=column, sign=sign,
        u0=u0 - column, v0=v0 - row, u1=u1 - column, v1=v1 - row, is_clamped=is_clamped,
    )  # fmt: skip


def cover(pieces: Pieces, rows: int, columns: int) -> Coverage:
    """The cells that the outline touches, with covered area and moments, and the runs of full cells between them.

    >>> edges = np.array([[0.5, 0.5, 3.5, 0.5], [3.5, 0.5, 3.5, 2.5], [3.5, 2.5, 0.5, 2.5], [0.5, 2.5, 0.5, 0.5]])
    >>> found = cover(cut_at_grid_lines(edges, np.zeros(4, dtype=np.int64), 3, 4), 3, 4)
    >>> float(found.area.sum()), found.run_length.tolist()  # 3 x 2 cells: two of them are full
    (4.0, [2])
    """
    p = pieces
    covered = calls.cover((p.slab, p.row, p.column), (p.sign, p.u0, p.v0, p.u1, p.v1), rows, columns)
    return cover_in_numpy(pieces, rows, columns) if covered is None else _coverage(covered)


def cover_outline(edges: FloatArray, slab: IntArray, rows: int, columns: int, lines: EvenLines) -> Coverage:
    """What `cover` finds of edges (n, 4) of slabs (n,), ascending, cut at grid lines; their pieces are not kept."""
    covered = calls.cover_outline(edges, slab, rows, columns, lines)
    if covered is None:
        return cover(cut_at_grid_lines(edges, slab, rows, columns, lines), rows, columns)
    return _coverage(covered)


def _coverage(covered: tuple[IntArray, FloatArray, IntArray]) -> Coverage:
    (slab, row, column), (area, *means), (run_slab, run_row, run_column, run_length) = covered
    mean_u, mean_v, mean_uv, mean_uu, mean_vv = means
    return Coverage(
        slab=slab, row=row, column=column, area=area,
        mean_u=mean_u, mean_v=mean_v, mean_uv=mean_uv, mean_uu=mean_uu, mean_vv=mean_vv,
        run_slab=run_slab, run_row=run_row, run_column=run_column, run_length=run_length,
    )  # fmt: skip


def cover_in_numpy(pieces: Pieces, rows: int, columns: int) -> Coverage:
    """The reference of `cover`."""
    # One column more than the grid has collects what lies right of it.
    key = (pieces.slab * rows + pieces.row) * (columns + 1) + pieces.column
    order = np.argsort(key, kind="stable")  # outlines run from cell to cell: nearly sorted already
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    cell = key[first]
    added = _contributions(pieces, order)
    own = np.add.reduceat(added, first, axis=1) if len(first) else np.zeros((len(added), 0))
    # Each row's pieces sum to zero, so one running sum over all rows is the sum over the cells to the left.
    through = np.cumsum(own[:3], axis=1)
    winding_right = through[0]
    winding, of_v, of_vv = through - own[:3]
    area = winding + own[3]
    gap = np.diff(cell, append=cell[-1:]) - 1
    is_run = (gap > 0) & (np.rint(winding_right) > 0.5)
    slab, row, column = _unravel(cell, rows, columns + 1)
    run_slab, run_row, run_column = slab[is_run], row[is_run], column[is_run] + 1
    kept = (area > NO_COVER) & (column < columns)
    area = area[kept]

    def mean(integral: FloatArray) -> FloatArray:
        of_cells: FloatArray = integral[kept] / area
        return of_cells

    return Coverage(
        slab=slab[kept], row=row[kept], column=column[kept], area=area,
        mean_u=mean(winding / 2 + own[4]), mean_v=mean(of_v + own[5]), mean_uv=mean(of_v / 2 + own[6]),
        mean_uu=mean(winding / 3 + own[7]), mean_vv=mean(of_vv + own[8]),
        run_slab=run_slab, run_row=run_row, run_column=run_column, run_length=gap[is_run],
    )  # fmt: skip


def _contributions(pieces: Pieces, order: IntArray) -> FloatArray:
    """What each piece adds (9, pieces), in this order: to every cell on its right, and to its own cell.

    To the cells on its right integrals of 1, v, vv over its height; to its own those of 1, u, v, uv, uu, vv over the
    area to the right of the piece. (Along a straight piece, the means of products of u and v are polynomials.)
    """
    u0, v0, u1, v1 = (end[order] for end in (pieces.u0, pieces.v0, pieces.u1, pieces.v1))
    height = (v1 - v0) * pieces.sign[order]
    uu, vv = u0 * u0 + u0 * u1 + u1 * u1, v0 * v0 + v0 * v1 + v1 * v1
    mean_u, mean_v, mean_vv = (u0 + u1) / 2, (v0 + v1) / 2, vv / 3
    mean_uv = (2 * (u0 * v0 + u1 * v1) + u0 * v1 + u1 * v0) / 6
    mean_uuu = (u0 + u1) * (u0 * u0 + u1 * u1) / 4
    mean_uuv = (v0 * (uu + u0 * (2 * u0 + u1)) + v1 * (uu + u1 * (2 * u1 + u0))) / 12
    mean_uvv = (u0 * (vv + v0 * (2 * v0 + v1)) + u1 * (vv + v1 * (2 * v1 + v0))) / 12
    to_the_right = [np.ones_like(height), mean_v, mean_vv]
    own_cell = [
        1 - mean_u, (1 - uu / 3) / 2, mean_v - mean_uv, (mean_v - mean_uuv) / 2,
        (1 - mean_uuu) / 3, mean_vv - mean_uvv,
    ]  # fmt: skip
    added = np.stack(to_the_right + own_cell)
    added *= height
    return added


def _unravel(key: IntArray, rows: int, columns: int) -> tuple[IntArray, IntArray, IntArray]:
    line, column = np.divmod(key, columns)
    slab, row = np.divmod(line, rows)
    return slab, row, column


def _rate(rise: FloatArray, run: FloatArray) -> FloatArray:
    """Rise by run; 0 where it is not finite: an edge of less than 1e-308 cells is level."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        rate = rise / run
    return np.where(np.isfinite(rate), rate, 0.0)


def _clip_rows(
    u0: FloatArray, v0: FloatArray, u1: FloatArray, v1: FloatArray, rows: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, BoolArray]:
    """Upward edges cut off below row 0 and above the last row, and which of them are left."""
    kept = (v1 >= 0) & (v0 <= rows)
    u0, v0, u1, v1 = u0[kept], v0[kept], u1[kept], v1[kept]
    height = v1 - v0
    slope = _rate(u1 - u0, height)
    low, high = np.clip(v0, 0, rows), np.clip(v1, 0, rows)
    return u0 + (low - v0) * slope, low, u1 + (high - v1) * slope, high, kept


def _cut_at_rows(
    u0: FloatArray, v0: FloatArray, u1: FloatArray, v1: FloatArray, rows: int
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Upward edges cut at whole v: the edge and the row of each piece, and its ends.

    A horizontal edge stays one piece: it has no area but marks the cells that it touches.
    """
    first_row = np.minimum(np.floor(v0), rows - 1).astype(np.int64)
    count = np.maximum(np.ceil(v1).astype(np.int64) - first_row, 1)
    edge, row = count_up(first_row, count)
    height = v1 - v0
    slope = _rate(u1 - u0, height)
    low, high = np.maximum(v0[edge], row), np.minimum(v1[edge], row + 1)
    is_last = high == v1[edge]
    start = u0[edge] + (low - v0[edge]) * slope[edge]
    end = np.where(is_last, u1[edge], u0[edge] + (high - v0[edge]) * slope[edge])
    return edge, row, start, low, end, high


def _cut_at_columns(
    u0: FloatArray, v0: FloatArray, u1: FloatArray, v1: FloatArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Pieces running toward +u cut at whole u: the parent and the column of each part, and its ends."""
    first_column = np.floor(u0).astype(np.int64)
    count = np.maximum(np.ceil(u1).astype(np.int64) - first_column, 1)
    parent, column = count_up(first_column, count)
    width = u1 - u0
    slope = np.where(count > 1, _rate(v1 - v0, width), 0.0)
    start, end = np.maximum(u0[parent], column), np.minimum(u1[parent], column + 1)
    is_first, is_last = column == first_column[parent], end == u1[parent]
    low = np.where(is_first, v0[parent], v0[parent] + (start - u0[parent]) * slope[parent])
    high = np.where(is_last, v1[parent], v0[parent] + (end - u0[parent]) * slope[parent])
    return parent, column, start, low, end, high
