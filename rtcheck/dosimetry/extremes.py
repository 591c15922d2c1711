"""The lowest and the highest dose in a solid, and where they are: exact for trilinear dose.

Along z a trilinear dose is linear between dose planes, so its extremes lie on slab faces and on the dose planes between
them. On such a level the dose is bilinear in every cell and has no extreme inside one: the extremes lie at grid nodes
inside the outline, or on the outline, where the dose is a parabola along each piece. Pieces whose cell corners cannot
beat the best so far are passed over.
"""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_around import DoseBox
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.dosimetry.node_runs import OutlineInNodes, node_runs, outline_in_nodes
from rtcheck.dosimetry.z_weights import locate
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.arrays import count_up
from rtcheck.geometry.coverage import Pieces
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
FloatImage = NDArray[np.float32]

NODES_AT_ONCE = 200_000
PIECES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The lowest and highest dose, and their places. [Gy, mm]"""

    min_gy: float
    max_gy: float
    min_position_mm: tuple[float, float, float]
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
    """The highest dose found so far, and where; `sign` -1 searches the lowest as the highest of the negated dose."""

    dose_gy: float
    position_mm: tuple[float, float, float]


def find_extremes(
    pieces: Pieces, low_mm: FloatArray, high_mm: FloatArray, box: DoseBox, subdivision: int
) -> Extremes | None:
    """Minimum and maximum dose over slabs within a box of the dose grid; None if the solid only touches the box.

    `pieces` are the outline cut at the grid lines; `low_mm` and `high_mm` (slabs,) the faces of the slabs [mm];
    `subdivision` is the number of parts per dose cell in x and y with which the outline was cut.
    """
    p = pieces
    found = calls.extremes(
        (p.slab, p.row, p.column), (p.u0, p.v0, p.u1, p.v1), p.is_clamped, (low_mm, high_mm), box.in_grid, subdivision
    )
    if found is None:
        return extremes_in_numpy(pieces, levels_of(low_mm, high_mm, box.z_mm), box, subdivision)
    return extremes_in(found) if len(found) else None


def extremes_in(numbers: FloatArray) -> Extremes:
    """The extremes in the kernel's numbers (8,): the highest dose and its place, the lowest dose and its place."""
    max_gy, max_x, max_y, max_z, min_gy, min_x, min_y, min_z = numbers.tolist()
    return Extremes(
        min_gy=min_gy, max_gy=max_gy, min_position_mm=(min_x, min_y, min_z), max_position_mm=(max_x, max_y, max_z)
    )


def extremes_in_numpy(pieces: Pieces, levels: Levels, box: DoseBox, subdivision: int) -> Extremes | None:
    """The reference of `find_extremes`."""
    outline = outline_in_nodes(pieces, subdivision)
    found = []
    for sign, (peak, bound) in zip((1, -1), _node_peaks(outline, levels, box), strict=True):
        found.append(_highest_on_outline(sign, peak, bound, outline, levels, box))
    highest, lowest = found
    if highest is None or lowest is None:
        return None
    return Extremes(
        min_gy=-lowest.dose_gy,
        max_gy=highest.dose_gy,
        min_position_mm=lowest.position_mm,
        max_position_mm=highest.position_mm,
    )


def levels_of(low_mm: FloatArray, high_mm: FloatArray, nodes_mm: FloatArray) -> Levels:
    """The levels of slabs between `low_mm` and `high_mm` (slabs,) among dose planes at `nodes_mm` (planes,)."""
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


def _node_peaks(
    outline: OutlineInNodes, levels: Levels, box: DoseBox
) -> tuple[tuple[_Peak | None, FloatImage], tuple[_Peak | None, FloatImage]]:
    """For the highest and for the lowest dose: the best node inside, and what no piece of the outline can exceed."""
    slabs = len(levels.starts) - 1
    peaks: list[_Peak | None] = [None, None]
    bounds = [np.empty(len(outline.slab), dtype=np.float32) for _ in peaks]
    portion = max(1, NODES_AT_ONCE // box.dose_gy[0].size)
    for first in range(0, slabs, portion):
        last = min(first + portion, slabs)
        runs = node_runs(outline, first, last, box.rows, box.columns)
        chosen = slice(*np.searchsorted(outline.slab, [first, last]))
        for which, (sign, doses) in enumerate(zip((1, -1), _over_levels(first, last, levels, box), strict=True)):
            best = _highest_in_runs(doses.reshape(-1), runs)
            peak = peaks[which]
            if best is not None and (peak is None or doses.reshape(-1)[best] > peak.dose_gy):
                slab, row, column = (int(i) for i in np.unravel_index(best, doses.shape))
                peaks[which] = _node_peak(sign, first + slab, row, column, levels, box)
            bounds[which][chosen] = _cell_bounds(doses, outline, chosen, first)
    return (peaks[0], bounds[0]), (peaks[1], bounds[1])


def _over_levels(first: int, last: int, levels: Levels, box: DoseBox) -> tuple[FloatImage, FloatImage]:
    """The highest dose of each node over the levels of its slab, and the highest negated dose. (slabs, nodes y, x)"""
    begin, end = levels.starts[first:last], levels.starts[first + 1 : last + 1]
    highest = lowest = _level_doses(begin, levels, box)
    for step in range(1, int((end - begin).max())):
        doses = _level_doses(np.minimum(begin + step, end - 1), levels, box)
        highest, lowest = np.maximum(highest, doses), np.minimum(lowest, doses)
    return highest, -lowest


def _level_doses(level: IntArray, levels: Levels, box: DoseBox) -> FloatImage:
    """The dose at the nodes of some levels (levels, rows + 1, columns + 1)."""
    plane = levels.plane[level]
    doses: FloatImage = box.dose_gy[plane + 1]
    lower = box.dose_gy[plane]
    doses -= lower
    doses *= levels.share[level].astype(np.float32)[:, None, None]
    doses += lower
    return doses


def _highest_in_runs(doses: FloatImage, runs: IntArray) -> int | None:
    """The index of the highest dose within runs (2 n,) of beginnings and ends; None without runs."""
    if not len(runs):
        return None
    # reduceat also reduces what lies between two runs: every second result; an end may lie behind the last node
    of_runs = np.maximum.reduceat(np.append(doses, np.float32(-np.inf)), runs)[::2]
    best = int(of_runs.argmax())
    begin, end = runs[2 * best], runs[2 * best + 1]
    return int(begin + doses[begin:end].argmax())


def _cell_bounds(doses: FloatImage, outline: OutlineInNodes, chosen: slice, first_slab: int) -> FloatImage:
    """The highest corner dose of the cell of each chosen piece of the outline."""
    width = doses.shape[2]
    column = np.minimum(outline.column[chosen], width - 2)
    corner = ((outline.slab[chosen] - first_slab) * doses.shape[1] + outline.row[chosen]) * width + column
    flat = doses.reshape(-1)
    bound: FloatImage = np.maximum(flat.take(corner), flat.take(corner + 1))
    corner += width
    np.maximum(bound, flat.take(corner), out=bound)
    np.maximum(bound, flat.take(corner + 1), out=bound)
    return bound


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
    sign: int, peak: _Peak | None, bound: FloatImage, outline: OutlineInNodes, levels: Levels, box: DoseBox
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


def _highest_of_pieces(sign: int, chosen: IntArray, outline: OutlineInNodes, levels: Levels, box: DoseBox) -> _Peak:
    """The highest dose on some pieces of the outline, at all levels of their slabs."""
    slab = outline.slab[chosen]
    of_chosen, level = count_up(levels.starts[slab], levels.starts[slab + 1] - levels.starts[slab])
    piece = chosen[of_chosen]
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
