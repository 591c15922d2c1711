"""Arrays -> the compiled kernel -> arrays: types and room, nothing else. None where numpy has to do it."""

from collections.abc import Sequence
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import _kernel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
SingleArray = NDArray[np.float32]
OutlineForm = tuple[FloatArray, IntArray, FloatArray, IntArray, IntArray]
"""Edges (n, 4) of slabs (n,), ascending, or the points (p, 2) of loops, where each loop's begin (loops + 1,), and the
loops where each slab's begin (slabs + 1,); what is not used is empty."""

Box = tuple[SingleArray, IntArray, FloatArray, FloatArray, FloatArray]
"""Stored doses; planes, rows, columns of these and the first of each in the box (6,); the nodes' x, y and z."""

MEASURES = 9
"""Of a loop; `kernel.h` has the same."""


def decimals(buffer: bytes | mmap, starts: IntArray, ends: IntArray) -> tuple[FloatArray, IntArray] | None:
    """The numbers of texts at buffer[start:end], one after another (numbers,), and how many each has (texts,).

    `starts` and `ends` are (texts,). A text that is not plain decimals has -1.
    """
    if _kernel.native is None:
        return None
    numbers = np.empty(int((ends - starts).sum()) // 2 + 2 * len(starts))
    counts = np.empty(len(starts), dtype=np.int64)
    total = _kernel.native.decimals(buffer, starts, ends, numbers, counts)
    return numbers[:total], counts


def outline_measures(outline: OutlineForm, height: FloatArray) -> tuple[float, ...] | None:
    """The lowest x and y of an outline of at least one edge, the highest, and the volume that it goes around.

    `height` (slabs,) is that of each slab.
    """
    if _kernel.native is None:
        return None
    found = np.empty(5)
    _kernel.native.outline_measures(*map(np.ascontiguousarray, (*outline, height)), found)
    return tuple(found.tolist())


def cover_outline(
    edges: FloatArray, slab: IntArray, rows: int, columns: int, lines: tuple[float, float, float, float, float]
) -> tuple[IntArray, FloatArray, IntArray] | None:
    """What `cover` finds of the pieces that `cut` would make of the edges (n, 4), which are not kept; `slab` (n,)
    ascending.
    """
    if _kernel.native is None:
        return None
    edges, slab = np.ascontiguousarray(edges, dtype=np.float64), np.ascontiguousarray(slab)
    room = _kernel.native.most_pieces(edges, rows, *lines)
    if room < 0:
        return None
    covered = _room_for_cells(room)
    if _kernel.native.cover_outline(edges, slab, rows, columns, *lines, room, *covered) < 0:
        return None
    return _cells_and_runs(*covered)


def cut(
    edges: FloatArray, slab: IntArray, rows: int, columns: int, lines: tuple[float, float, float, float, float]
) -> tuple[IntArray, FloatArray, BoolArray] | None:
    """Pieces: slab, row and column (3, n); sign, u0, v0, u1 and v1 (5, n); whether each is clamped (n,).

    `lines` are the first x and the cells per mm along x, the same along y, and the parts of each cell.
    """
    if _kernel.native is None:
        return None
    edges = np.ascontiguousarray(edges, dtype=np.float64)
    room = _kernel.native.most_pieces(edges, rows, *lines)
    if room < 0:
        return None
    both = np.empty((8, room))  # in one: the system provides large memory in large pages
    whole, numbers = both[:3].view(np.int64), both[3:]
    is_clamped = np.empty(room, dtype=np.bool_)
    slab = np.ascontiguousarray(slab)
    n = _kernel.native.cut(edges, slab, rows, columns, *lines, room, whole, numbers, is_clamped)
    return None if n < 0 else (whole[:, :n], numbers[:, :n], is_clamped[:n])


def cover(
    whole: Sequence[IntArray], numbers: Sequence[FloatArray], rows: int, columns: int
) -> tuple[IntArray, FloatArray, IntArray] | None:
    """Cells: slab, row and column (3, n); area and means (6, n). Runs: slab, row, column, length (4, m).

    `whole` are slab, row and column of pieces, `numbers` sign, u0, v0, u1 and v1.
    """
    if _kernel.native is None:
        return None
    slab, n = whole[0], len(whole[0])
    covered = _room_for_cells(n)
    slabs = int(slab.max()) + 1 if n else 0
    arrays = map(np.ascontiguousarray, (*whole, *numbers))
    _kernel.native.cover(*arrays, slabs, rows, columns, *covered)
    return _cells_and_runs(*covered)


def _room_for_cells(most: int) -> tuple[IntArray, FloatArray, IntArray]:
    """For numbers of cells and runs (7, most), means of cells (6, most), and how many of both there are (2,)."""
    return np.empty((7, most), dtype=np.int64), np.empty((6, most)), np.zeros(2, dtype=np.int64)


def _cells_and_runs(found: IntArray, means: FloatArray, counts: IntArray) -> tuple[IntArray, FloatArray, IntArray]:
    """What the kernel has filled of such room, as `cover` gives it."""
    cells, runs = counts.tolist()
    return found[:3, :cells], means[:, :cells], found[3:, :runs]


def drawn(points: FloatArray, counts: IntArray) -> tuple[FloatArray, IntArray, FloatArray] | None:
    """Points (p, 2), how many of each contour (contours,), and the lowest and highest z of each (contours, 2).

    Of contours whose points (p, 3) follow one another, `counts` (contours,) of each, at least one, those are left out
    that repeat the one before around the contour. None too where a number is not finite.
    """
    if _kernel.native is None:
        return None
    kept, counts, z = np.empty((len(points), 2)), counts.astype(np.int64), np.empty((len(counts), 2))
    total = _kernel.native.drawn(np.ascontiguousarray(points), counts, kept, z)
    return None if total < 0 else (kept[:total], counts, z)


def measured(points: FloatArray, starts: IntArray) -> FloatArray | None:
    """A row of measures for each loop (loops, MEASURES), see `geometry/loops.py`.

    The points (p, 2) of each loop begin at `starts` (loops + 1,).
    """
    if _kernel.native is None:
        return None
    rows = np.empty((len(starts) - 1, MEASURES))
    _kernel.native.measured(*map(np.ascontiguousarray, (points, starts)), rows)
    return rows


def gathered(points: FloatArray, starts: IntArray, chosen: IntArray, turned: BoolArray) -> FloatArray | None:
    """The points of the chosen loops (p, 2), one loop after another, those that are `turned` in reverse.

    `starts` (loops + 1,); `chosen` and `turned` (chosen loops,).
    """
    if _kernel.native is None:
        return None
    kept = np.empty((int((starts[chosen + 1] - starts[chosen]).sum()), 2))
    _kernel.native.gathered(*map(np.ascontiguousarray, (points, starts, chosen, turned)), kept)
    return kept


def touching(points: FloatArray, starts: IntArray, plane: IntArray, *, tolerance: float, most: int) -> IntArray | None:
    """Pairs of loops (n, 2) with edges that meet, some of them several times; None where there are more than `most`.

    The points (p, 2) of each loop begin at `starts` (loops + 1,); `plane` (loops,) ascending.
    """
    if _kernel.native is None:
        return None
    pairs = np.empty((most, 2), dtype=np.int64)
    n = _kernel.native.touching(*map(np.ascontiguousarray, (points, starts, plane)), pairs, tolerance)
    return pairs[:n] if n >= 0 else None


def contained(points: FloatArray, starts: IntArray, plane: IntArray, *, most: int) -> IntArray | None:
    """Pairs (inner, outer) of loops of one plane (n, 2); None where there are more than `most`.

    The points (p, 2) of each loop begin at `starts` (loops + 1,); `plane` (loops,).
    """
    if _kernel.native is None:
        return None
    pairs = np.empty((most, 2), dtype=np.int64)
    n = _kernel.native.contained(*map(np.ascontiguousarray, (points, starts, plane)), pairs)
    return pairs[:n] if n >= 0 else None


def overlapping(
    points: FloatArray, starts: IntArray, other_points: FloatArray, other_starts: IntArray
) -> BoolArray | None:
    """Whether each loop overlaps any of other loops (loops,); both by their points and where these begin."""
    if _kernel.native is None:
        return None
    overlaps = np.empty(len(starts) - 1, dtype=np.bool_)
    arrays = map(np.ascontiguousarray, (points, starts, other_points, other_starts))
    _kernel.native.overlapping(*arrays, overlaps)
    return overlaps


def extremes(
    whole: Sequence[IntArray], ends: Sequence[FloatArray], is_clamped: BoolArray, faces: tuple[FloatArray, FloatArray],
    box: Box, subdivision: int,
) -> FloatArray | None:  # fmt: skip
    """Highest dose and its x, y, z, lowest dose and its x, y, z (8,); empty where the outline only touches the box.

    `faces` are the low and the high faces of the slabs.
    """
    if _kernel.native is None:
        return None
    found = np.empty(8)
    arrays = map(np.ascontiguousarray, (*whole, *ends, is_clamped, *faces, *box))
    return found if _kernel.native.extremes(*arrays, found, subdivision) == 1 else found[:0]


def integrate(
    layers: tuple[IntArray, FloatArray, FloatArray], box: Box, coverage: Sequence[NDArray[np.generic]],
    tally: tuple[FloatArray, FloatArray], bins: tuple[float, float], subdivision: int,
) -> tuple[float, float] | None:  # fmt: skip
    """The volume and the integral of the dose; volumes are added to `tally` (density change and step per bin).

    `layers` are slab, low and high face, each (layers,); `coverage` the arrays of a Coverage in their order;
    `bins` first and width. Without bins (empty arrays) no histogram is made.
    """
    if _kernel.native is None:
        return None
    totals = np.zeros(2)
    arrays = map(np.ascontiguousarray, (*layers, *box, *coverage, *tally, totals))
    _kernel.native.integrate(*arrays, int(layers[0].max()) + 1, subdivision, *bins)
    return float(totals[0]), float(totals[1])


EXTREMES, SUMS, CURVE = 1, 2, 4
"""What `dvh` may find: SUMS are the volume and the integral of the dose, which a curve needs as well."""


def dvh(
    outline: OutlineForm, faces: tuple[FloatArray, FloatArray], box: Box,
    lines: tuple[float, float, float, float, float], *, spacing: float, refinement: int, per_volume: float,
    wanted: int, extremes_gy: tuple[float, float] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray] | None:  # fmt: skip
    """Numbers (10,): what `extremes` and `integrate` find; then doses and volumes (n,) of the curve, as `cumulated` has
    them, the volumes times `per_volume`. Where the outline only touches the box the volume is 0, and extremes are NaN.

    `wanted` is the sum of EXTREMES, SUMS and CURVE; a curve takes the minimum and the maximum that are found or given.
    `lines` with the parts of each cell as for `cut`; `faces` the low and the high ones. Slabs are divided as
    `layers_of` in `dosimetry/dvh.py` does, dose planes being `spacing` apart.
    """
    if _kernel.native is None:
        return None
    found = np.zeros(10)
    if extremes_gy is not None:
        found[4], found[0] = extremes_gy
    arrays = map(np.ascontiguousarray, (*outline, *faces, *box))
    curve = _kernel.native.dvh(*arrays, found, *lines, spacing, refinement, per_volume, wanted)
    if curve is None:
        return None
    both = np.frombuffer(curve)
    both.setflags(write=False)
    n = len(both) // 2
    return found, both[:n], both[n:]


def cumulated(
    change: FloatArray, step: FloatArray, first: float, width_gy: float
) -> tuple[FloatArray, FloatArray] | None:
    """Doses and volumes (n,) of a tally by edge (count + 1,), the first of them at `first` times the width."""
    if _kernel.native is None:
        return None
    room = len(change) + int(np.count_nonzero(step > 0)) + 1
    dose_gy, volume = np.empty(room), np.empty(room)
    n = _kernel.native.cumulated(
        np.ascontiguousarray(change), np.ascontiguousarray(step), dose_gy, volume, first, width_gy
    )
    return (dose_gy[:n], volume[:n]) if n >= 0 else None


def refine(dose: SingleArray, axes: Sequence[tuple[SingleArray, SingleArray]], ranges: IntArray) -> SingleArray | None:
    """The dose (z, y, x) on finer nodes of its axes, of each of which `ranges` (3, 3) are parts, first and count.

    For each axis, of two nodes or more, a table (3, nodes) and weights (3, fine nodes).
    """
    if _kernel.native is None:
        return None
    fine = np.empty(ranges[:, 2].tolist(), dtype=np.float32)
    tables = [np.ascontiguousarray(array) for axis in axes for array in axis]
    _kernel.native.refine(np.ascontiguousarray(dose), *tables, ranges, fine)
    return fine
