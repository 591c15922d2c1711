"""The lowest and the highest dose in a solid, and where the highest is: exact for trilinear dose.

Along z a trilinear dose is linear between dose planes, so its extremes lie on slab faces and on the dose planes between
them. On such a level the dose is bilinear in every cell and has no extreme inside one: the extremes lie at grid nodes
inside the outline, or on the outline, where the dose is a parabola along each piece. Pieces whose cell corners cannot
beat the best so far are passed over.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_box import DoseBox
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.dosimetry.z_weights import locate
from rtcheck.geometry.coverage import Pieces

IntArray = NDArray[np.int64]
FloatImage = NDArray[np.float32]

NODES_AT_ONCE = 60_000
PIECES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The lowest and highest dose, and the place of the highest. [Gy, mm]"""

    min_gy: float
    max_gy: float
    max_position_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """The z levels of every slab: its two faces and the dose planes between. `starts` (slabs + 1,) into the others."""

    starts: IntArray
    z_mm: FloatArray
    plane: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True)
class _Peak:
    """The highest dose found so far; `sign` -1 searches the lowest as the highest of the negated dose."""

    dose_gy: float
    position_mm: tuple[float, float, float]


def find_extremes(
    pieces: Pieces, low_mm: FloatArray, high_mm: FloatArray, box: DoseBox, subdivision: int
) -> Extremes | None:
    """The extremes over a solid's slabs low..high (slabs,) within the box; None where the solid only touches it."""
    levels = _levels(low_mm, high_mm, box.z_mm)
    outline = _OutlineInNodes.of(pieces, subdivision)
    highest, upper = _highest_node(1, outline, levels, box)
    lowest, lower = _highest_node(-1, outline, levels, box)
    highest = _highest_on_outline(1, highest, upper, outline, levels, box)
    lowest = _highest_on_outline(-1, lowest, lower, outline, levels, box)
    if highest is None or lowest is None:
        return None
    return Extremes(min_gy=-lowest.dose_gy, max_gy=highest.dose_gy, max_position_mm=highest.position_mm)


def _levels(low_mm: FloatArray, high_mm: FloatArray, nodes_mm: FloatArray) -> Levels:
    first = np.searchsorted(nodes_mm, low_mm, side="right")
    between = np.maximum(np.searchsorted(nodes_mm, high_mm, side="left") - first, 0)
    count = between + 2
    starts = np.concatenate([[0], np.cumsum(count)])
    slab = np.repeat(np.arange(len(low_mm)), count)
    step = np.arange(len(slab)) - starts[slab]
    node = np.clip(first[slab] + step - 1, 0, len(nodes_mm) - 1)
    z_mm = np.where(step == 0, low_mm[slab], np.where(step == count[slab] - 1, high_mm[slab], nodes_mm[node]))
    plane, share = locate(z_mm, nodes_mm)
    return Levels(starts=starts, z_mm=z_mm, plane=plane, share=share)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _OutlineInNodes:
    """Pieces of the outline, ascending in slab, in dose cells: cell (row, column), ends x0, y0, x1, y1 local to it."""

    slab: IntArray
    row: IntArray
    column: IntArray
    ends: FloatArray
    is_clamped: NDArray[np.bool_]
    crosses_below: NDArray[np.bool_]
    crosses_above: NDArray[np.bool_]

    @staticmethod
    def of(pieces: Pieces, s: int) -> "_OutlineInNodes":
        order = np.argsort(pieces.slab, kind="stable")
        row, row_part = np.divmod(pieces.row[order], s)
        column, column_part = np.divmod(pieces.column[order], s)
        u0, v0, u1, v1 = (p[order] for p in (pieces.u0, pieces.v0, pieces.u1, pieces.v1))
        ends = np.stack([column_part + u0, row_part + v0, column_part + u1, row_part + v1], axis=1) / s
        is_level = v0 == v1
        return _OutlineInNodes(
            slab=pieces.slab[order], row=row, column=column, ends=ends,
            is_clamped=pieces.is_clamped[order],
            crosses_below=~is_level & (row_part == 0) & (np.minimum(v0, v1) == 0),
            crosses_above=~is_level & (row_part == s - 1) & (np.maximum(v0, v1) == 1),
        )  # fmt: skip

    def nodes_inside(self, first_slab: int, last_slab: int, rows: int, columns: int) -> NDArray[np.bool_]:
        """Which nodes lie in the outline (slabs, rows + 1, columns + 1), by crossings along each row of nodes."""
        a, b = np.searchsorted(self.slab, [first_slab, last_slab])
        ends, slab, row, column = self.ends[a:b], self.slab[a:b] - first_slab, self.row[a:b], self.column[a:b]
        below = self.crosses_below[a:b]
        above = self.crosses_above[a:b] & (row == rows - 1)  # the uppermost nodes have no row above them
        shape = (last_slab - first_slab, rows + 1, columns + 2)
        crossings = np.zeros(shape[0] * shape[1] * shape[2], dtype=np.int64)
        for is_crossing, step, lower in ((below, 0, True), (above, 1, False)):
            e = ends[is_crossing]
            takes_first = (e[:, 1] <= e[:, 3]) == lower
            x = column[is_crossing] + np.where(takes_first, e[:, 0], e[:, 2])
            x[self.is_clamped[a:b][is_crossing] & (x >= columns)] = np.inf  # leaves the solid beyond the last node
            line = slab[is_crossing] * shape[1] + row[is_crossing] + step
            node = np.clip(np.ceil(x), 0, columns + 1).astype(np.int64)
            crossings += np.bincount(line * shape[2] + node, minlength=len(crossings))
        inside: NDArray[np.bool_] = np.cumsum(crossings.reshape(shape), axis=2)[:, :, :-1] % 2 == 1
        return inside


def _highest_node(sign: int, outline: _OutlineInNodes, levels: Levels, box: DoseBox) -> tuple[_Peak | None, FloatImage]:
    """The highest dose among the nodes inside, and for each piece of the outline a dose that it cannot exceed."""
    slabs = len(levels.starts) - 1
    rows, columns = box.rows, box.columns
    bound = np.empty(len(outline.slab), dtype=np.float32)
    peak: _Peak | None = None
    portion = max(1, NODES_AT_ONCE // ((rows + 1) * (columns + 1)))
    for first in range(0, slabs, portion):
        last = min(first + portion, slabs)
        highest = _over_levels(sign, first, last, levels, box)
        inside = outline.nodes_inside(first, last, rows, columns)
        candidates = np.where(inside, highest, -np.inf)
        best = int(candidates.argmax())
        if inside.reshape(-1)[best] and (peak is None or candidates.reshape(-1)[best] > peak.dose_gy):
            slab, row, column = np.unravel_index(best, inside.shape)
            peak = _node_peak(sign, first + int(slab), int(row), int(column), levels, box)
        a, b = np.searchsorted(outline.slab, [first, last])
        of_cell = np.maximum(highest[:, 1:], highest[:, :-1])
        of_cell = np.maximum(of_cell[:, :, 1:], of_cell[:, :, :-1])
        last_column = np.minimum(outline.column[a:b], columns - 1)
        bound[a:b] = of_cell[outline.slab[a:b] - first, outline.row[a:b], last_column]
    return peak, bound


def _over_levels(sign: int, first: int, last: int, levels: Levels, box: DoseBox) -> FloatImage:
    """The highest dose of each node over the levels of its slab (slabs, rows + 1, columns + 1)."""
    highest = None
    depth = int((levels.starts[first + 1 : last + 1] - levels.starts[first:last]).max())
    for step in range(depth):
        level = np.minimum(levels.starts[first:last] + step, levels.starts[first + 1 : last + 1] - 1)
        lower = box.dose_gy[levels.plane[level]]
        share = levels.share[level].astype(np.float32)[:, None, None]
        dose = (lower + share * (box.dose_gy[levels.plane[level] + 1] - lower)) * np.float32(sign)
        highest = dose if highest is None else np.maximum(highest, dose, out=highest)
    assert highest is not None
    return highest


def _node_peak(sign: int, slab: int, row: int, column: int, levels: Levels, box: DoseBox) -> _Peak:
    """The highest level of one node, computed without single-precision rounding."""
    level = slice(levels.starts[slab], levels.starts[slab + 1])
    along_z = box.dose_gy[:, row, column].astype(np.float64)
    lower = along_z[levels.plane[level]]
    doses = sign * (lower + levels.share[level] * (along_z[levels.plane[level] + 1] - lower))
    best = int(doses.argmax())
    z_mm = float(levels.z_mm[level][best])
    return _Peak(float(doses[best]), (float(box.x_mm[column]), float(box.y_mm[row]), z_mm))


def _highest_on_outline(
    sign: int, peak: _Peak | None, bound: FloatImage, outline: _OutlineInNodes, levels: Levels, box: DoseBox
) -> _Peak | None:
    """The higher of `peak` and the highest dose on the outline; most promising pieces first."""
    floor = np.float32(-np.inf if peak is None else peak.dose_gy)
    promising = np.flatnonzero((bound > floor) & ~outline.is_clamped)
    promising = promising[np.argsort(-bound[promising], kind="stable")]
    for first in range(0, len(promising), PIECES_AT_ONCE):
        portion = promising[first : first + PIECES_AT_ONCE]
        if peak is not None and bound[portion[0]] <= np.float32(peak.dose_gy):
            break
        found = _highest_of_pieces(sign, portion, outline, levels, box)
        if peak is None or found.dose_gy > peak.dose_gy:
            peak = found
    return peak


def _highest_of_pieces(sign: int, chosen: IntArray, outline: _OutlineInNodes, levels: Levels, box: DoseBox) -> _Peak:
    """The highest dose on some pieces of the outline, at all levels of their slabs."""
    slab = outline.slab[chosen]
    count = levels.starts[slab + 1] - levels.starts[slab]
    piece = np.repeat(chosen, count)
    level = np.arange(len(piece)) + np.repeat(levels.starts[slab] - (np.cumsum(count) - count), count)
    row, column = outline.row[piece], np.minimum(outline.column[piece], box.columns - 1)
    x0, y0, x1, y1 = outline.ends[piece].T
    beyond = outline.column[piece] - column  # pieces on the right border lie at 1 of the last cell
    x0, x1 = x0 + beyond, x1 + beyond
    plane, share = levels.plane[level], levels.share[level]

    def corner(down: int, right: int) -> FloatArray:
        lower = box.dose_gy[plane, row + down, column + right].astype(np.float64)
        upper = box.dose_gy[plane + 1, row + down, column + right].astype(np.float64)
        dose_gy: FloatArray = sign * (lower + share * (upper - lower))
        return dose_gy

    origin = corner(0, 0)
    along_x, along_y = corner(0, 1) - origin, corner(1, 0) - origin
    twist = corner(1, 1) - origin - along_x - along_y
    dx, dy = x1 - x0, y1 - y0
    curvature = twist * dx * dy
    slope = (along_x + twist * y0) * dx + (along_y + twist * x0) * dy
    # dose = start + slope t + curvature t^2 along the piece: highest at an end, or at the top of the parabola
    top = np.divide(-slope, 2 * curvature, out=np.zeros_like(slope), where=curvature < 0)
    t = np.stack([np.zeros_like(top), np.ones_like(top), np.clip(top, 0, 1)])
    start = origin + along_x * x0 + along_y * y0 + twist * x0 * y0
    doses = start + slope * t + curvature * t * t
    which, best = np.unravel_index(int(doses.argmax()), doses.shape)
    x = float(np.interp(column[best] + x0[best] + t[which, best] * dx[best], np.arange(len(box.x_mm)), box.x_mm))
    y = float(np.interp(row[best] + y0[best] + t[which, best] * dy[best], np.arange(len(box.y_mm)), box.y_mm))
    return _Peak(float(doses[which, best]), (x, y, float(levels.z_mm[level[best]])))
