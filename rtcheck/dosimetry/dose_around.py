"""A dose grid around a solid -> DoseBox: the dose cells that hold the solid, and the solid's outline in their units.

The dose grid is the box of its voxels: it ends half a step beyond its outermost nodes, whose dose goes on to there.
What of a solid lies outside that box is counted as volume outside, never guessed. A grid of a single plane (or row, or
column) has no extent in that direction and so holds no volume.
"""

from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.arrays import count_up, steps_between
from rtcheck.geometry.coverage import EvenLines
from rtcheck.geometry.loops import Loops
from rtcheck.geometry.solid import LoopSlabs, Solid
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
FloatImage = NDArray[np.float32]

ENDS_TOLERANCE_MM = 1e-6  # beyond a node or a face; less is rounding
UNIFORM_TOLERANCE_MM = 1e-6  # of a node's position; nodes off by more make the axis non-uniform


EDGES_AT_ONCE = 4096  # the system has to provide the memory of more, page by page, each time
_NO_POINTS, _NO_NUMBERS = np.empty((0, 2)), np.empty(0, dtype=np.int64)
KEPT_OUTLINES = 16  # many doses are integrated over the same solids by turns


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class DoseBox:
    """The part of a dose grid around a solid.

    `grid_gy` (z, y, x) are the doses of the grid, and `first` are the plane, row and column of the box's first node in
    it; a node one before the grid or one beyond it has the dose of the outermost one. `cut_off`, of the shape of
    `dose_gy`, is 1 at nodes whose dose may be higher than stored; None where there are none.
    """

    grid_gy: FloatImage
    first: tuple[int, int, int]
    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray
    cut_off: FloatImage | None = None

    @cached_property
    def dose_gy(self) -> FloatImage:
        """The dose at the nodes (planes, rows + 1, columns + 1)."""
        return np.ascontiguousarray(_taken(self.grid_gy, self.first, (self.z_mm, self.y_mm, self.x_mm)))

    @property
    def in_grid(self) -> calls.Box:
        """The same for the kernel, which copies nothing."""
        place = np.array((*self.grid_gy.shape, *self.first), dtype=np.int64)
        return self.grid_gy, place, self.x_mm, self.y_mm, self.z_mm

    def of_marks(self) -> "DoseBox":
        """The same box with `cut_off` for its doses."""
        assert self.cut_off is not None, "the caller has made sure"
        return replace(self, grid_gy=self.cut_off, first=(0, 0, 0), cut_off=None)

    @property
    def rows(self) -> int:
        return len(self.y_mm) - 1

    @property
    def columns(self) -> int:
        return len(self.x_mm) - 1

    @property
    def plane_spacing_mm(self) -> float:
        """How far dose planes are apart on the mean. [mm]"""
        return float(steps_between(self.z_mm).mean())

    @property
    def is_uniform(self) -> bool:
        """Whether all its cells have one and the same area."""
        return _is_uniform(self.x_mm) and _is_uniform(self.y_mm)

    @property
    def cell_area_mm2(self) -> FloatArray:
        """Area of each cell (rows, columns)."""
        area: FloatArray = np.outer(np.diff(self.y_mm), np.diff(self.x_mm))
        return area


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlabEdges:
    """The edges x0, y0, x1, y1 (edges, 4) of slabs `slab` (edges,), which ascend. [mm]"""

    edges_mm: FloatArray
    slab: IntArray

    @property
    def in_kernel(self) -> calls.OutlineForm:
        return self.edges_mm, self.slab, _NO_POINTS, _NO_NUMBERS, _NO_NUMBERS

    def some(self, first: int, end: int) -> "SlabEdges":
        """Those of slabs `first` to `end` - 1."""
        begin, stop = np.searchsorted(self.slab, (first, end)).tolist()
        return SlabEdges(edges_mm=self.edges_mm[begin:stop], slab=self.slab[begin:stop] - first)


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class SlabLoops:
    """Loops, and where those of each slab begin (slabs + 1,): the kernel takes them as they are.

    Their edges are made when they are looked at.
    """

    loops: Loops
    first_loop: IntArray

    @property
    def in_kernel(self) -> calls.OutlineForm:
        return _NO_POINTS, _NO_NUMBERS, self.loops.points_mm, self.loops.bounds, self.first_loop

    def some(self, first: int, end: int) -> "SlabLoops":
        """Those of slabs `first` to `end` - 1."""
        return SlabLoops(loops=self.loops, first_loop=self.first_loop[first : end + 1])

    @property
    def _bounds(self) -> IntArray:
        """Where the edges of each slab begin (slabs + 1,)."""
        return self.loops.bounds[self.first_loop]

    @property
    def edges_mm(self) -> FloatArray:
        begin, *_, end = self._bounds.tolist()
        return self.loops.edges_mm[begin:end]

    @cached_property
    def slab(self) -> IntArray:
        counts = steps_between(self._bounds)
        return np.repeat(np.arange(len(counts)), counts)


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Outline:
    """A solid as flat arrays: what its slabs are drawn with, and their faces (slabs,). [mm]"""

    drawn: SlabEdges | SlabLoops
    low_mm: FloatArray
    high_mm: FloatArray

    @property
    def edges_mm(self) -> FloatArray:
        """Edges x0, y0, x1, y1 (edges, 4), slab by slab."""
        return self.drawn.edges_mm

    @property
    def slab(self) -> IntArray:
        """The slab of each edge (edges,)."""
        return self.drawn.slab

    @cached_property
    def _measures(self) -> tuple[float, ...]:
        """The lowest x and y, the highest, and the volume. [mm, mm3]"""
        found = calls.outline_measures(self.drawn.in_kernel, self.high_mm - self.low_mm)
        return measures_in_numpy(self) if found is None else found

    @property
    def spans_mm(self) -> tuple[tuple[float, float], ...]:
        """The lowest and the highest x, y and z."""
        low_x, low_y, high_x, high_y, _ = self._measures
        return (low_x, high_x), (low_y, high_y), (float(self.low_mm.min()), float(self.high_mm.max()))

    @property
    def volume_mm3(self) -> float:
        """Volume of the solid, from the areas of its cross-sections."""
        return self._measures[4]


def measures_in_numpy(outline: Outline) -> tuple[float, ...]:
    """The lowest x and y of an outline, the highest, and its volume: the reference of what the kernel computes."""
    edges_mm, height_mm, twice_mm3 = outline.edges_mm, outline.high_mm - outline.low_mm, 0.0
    x, y = edges_mm[:, 0::2], edges_mm[:, 1::2]
    ranges = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    for first in range(0, len(edges_mm), EDGES_AT_ONCE):
        chosen = slice(first, first + EDGES_AT_ONCE)
        x, y = edges_mm[chosen, 0::2] - edges_mm[0, 0], edges_mm[chosen, 1::2] - edges_mm[0, 1]  # against cancellation
        twice_mm3 += float(np.dot(x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0], height_mm[outline.slab[chosen]]))
    return *ranges, twice_mm3 / 2


@lru_cache(maxsize=KEPT_OUTLINES)
def outline_of(solid: Solid) -> Outline:
    """The slabs of a solid (not empty) as flat arrays, one after another; kept of the last few.

    >>> outline_of(cube).volume_mm3
    1000.0
    """
    slabs = solid.slabs
    if isinstance(slabs, LoopSlabs):
        drawn = SlabLoops(loops=slabs.loops, first_loop=slabs.first_loop)
        return Outline(drawn=drawn, low_mm=slabs.low_mm, high_mm=slabs.high_mm)
    counts = [len(slab.edges_mm) for slab in slabs]
    edges_mm = np.concatenate([slab.edges_mm for slab in slabs])
    return Outline(
        drawn=SlabEdges(edges_mm=edges_mm, slab=np.repeat(np.arange(len(counts)), counts)),
        low_mm=np.array([slab.z_low_mm for slab in slabs]),
        high_mm=np.array([slab.z_high_mm for slab in slabs]),
    )


def outline_within(outline: Outline, box: DoseBox) -> Outline:
    """The slabs within the z range of the box, cut off at its ends; x and y are not cut."""
    low_mm = np.maximum(outline.low_mm, box.z_mm[0])
    high_mm = np.minimum(outline.high_mm, box.z_mm[-1])
    is_inside = high_mm > low_mm
    if is_inside.all():
        return Outline(drawn=outline.drawn, low_mm=low_mm, high_mm=high_mm)
    inside = np.flatnonzero(is_inside)
    drawn: SlabEdges | SlabLoops
    if len(inside) and inside[-1] - inside[0] == len(inside) - 1:  # as nearly always: the ends are cut off
        drawn = outline.drawn.some(int(inside[0]), int(inside[-1]) + 1)
    else:
        chosen, renumbered = is_inside[outline.slab], np.cumsum(is_inside) - 1
        drawn = SlabEdges(edges_mm=outline.edges_mm[chosen], slab=renumbered[outline.slab[chosen]])
    return Outline(drawn=drawn, low_mm=low_mm[is_inside], high_mm=high_mm[is_inside])


def lies_within(outline: Outline, dose: DoseGrid) -> bool:
    """Whether the whole outline lies in the dose grid, that is, within its outermost nodes.

    >>> lies_within(outline_of(cube), slope)
    True
    """
    return all(
        lowest >= low - ENDS_TOLERANCE_MM and highest <= high + ENDS_TOLERANCE_MM
        for (lowest, highest), low, high in zip(outline.spans_mm, dose.low_mm, dose.high_mm, strict=True)
    )


def box_around(outline: Outline, dose: DoseGrid) -> DoseBox | None:
    """The dose cells around an outline; None if no part of it can lie in the grid.

    >>> box_around(outline_of(cube), slope).x_mm.tolist()
    [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0]
    """
    axes = [
        _nodes_around(*span, nodes_mm, low, high)
        for span, nodes_mm, low, high in zip(outline.spans_mm, dose.axes_mm, dose.low_mm, dose.high_mm, strict=True)
    ]
    columns, rows, planes = axes
    if columns is None or rows is None or planes is None:
        return None
    first, axes_mm = (planes.first, rows.first, columns.first), (planes.at_mm, rows.at_mm, columns.at_mm)
    cut_off = None
    if dose.is_cut_off is not None:
        found = _taken(dose.is_cut_off, first, axes_mm)
        cut_off = found.astype(np.float32) if found.any() else None
    grid_gy = dose.dose_gy
    if grid_gy.dtype != np.float32 or not grid_gy.flags.c_contiguous:
        grid_gy, first = np.ascontiguousarray(_taken(grid_gy, first, axes_mm), dtype=np.float32), (0, 0, 0)
    return DoseBox(
        grid_gy=grid_gy, first=first, x_mm=columns.at_mm, y_mm=rows.at_mm, z_mm=planes.at_mm, cut_off=cut_off
    )


def even_lines(x_mm: FloatArray, y_mm: FloatArray, parts: int) -> EvenLines | None:
    """The grid lines of cells in `parts` each way where they are evenly spaced, else None.

    >>> even_lines(np.arange(0.0, 9.0, 2.0), np.arange(5.0), 1)
    EvenLines(x0=0.0, per_x=0.5, y0=0.0, per_y=1.0, parts=1)
    """
    if not _is_uniform(x_mm) or not _is_uniform(y_mm):
        return None
    (x0, per_x), (y0, per_y) = _even(x_mm), _even(y_mm)
    return EvenLines(x0=x0, per_x=per_x, y0=y0, per_y=per_y, parts=parts)


def edges_in_cells(
    edges: FloatArray, slab: IntArray, x_mm: FloatArray, y_mm: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Edges (n, 4) in units of grid cells, and the slab (n,) of each.

    `edges` are x0, y0, x1, y1 [mm]; `x_mm` and `y_mm` the grid lines. On a non-uniform axis a straight edge would be
    bent by the change of unit, so it is cut at the grid lines first; there may be more edges afterwards.

    >>> edge, x_mm, y_mm = np.array([[0.0, 0.0, 4.0, 2.0]]), np.arange(0.0, 9.0, 2.0), np.arange(5.0)
    >>> edges, slab = edges_in_cells(edge, np.array([0]), x_mm, y_mm)
    >>> edges.tolist()
    [[0.0, 0.0, 2.0, 2.0]]
    """
    for axis, nodes_mm in enumerate((x_mm, y_mm)):
        if not _is_uniform(nodes_mm):
            edges, slab = _cut_at_nodes(edges, slab, axis, nodes_mm)
    cells = np.empty_like(edges)
    cells[:, 0::2] = _in_cells(edges[:, 0::2], x_mm)
    cells[:, 1::2] = _in_cells(edges[:, 1::2], y_mm)
    return cells, slab


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Nodes:
    """The nodes of some cells along one axis: their positions, and the number of the first in the grid."""

    at_mm: FloatArray
    first: int


def _nodes_around(
    lowest_mm: float, highest_mm: float, nodes_mm: FloatArray, low_mm: float, high_mm: float
) -> _Nodes | None:
    """The nodes of the cells that lowest..highest touches in a grid from `low_mm` to `high_mm`; None of none.

    Between the outermost node and the face of its voxel lies half a cell, of the node's dose throughout.
    """
    if len(nodes_mm) < 2 or highest_mm <= low_mm or lowest_mm >= high_mm:
        return None
    before = 0
    if lowest_mm < nodes_mm[0] - ENDS_TOLERANCE_MM and low_mm < nodes_mm[0]:
        nodes_mm, before = np.insert(nodes_mm, 0, low_mm), 1
    if highest_mm > nodes_mm[-1] + ENDS_TOLERANCE_MM and high_mm > nodes_mm[-1]:
        nodes_mm = np.append(nodes_mm, high_mm)
    first = min(max(int(np.searchsorted(nodes_mm, lowest_mm, side="right")) - 1, 0), len(nodes_mm) - 2)
    last = max(min(int(np.searchsorted(nodes_mm, highest_mm, side="left")), len(nodes_mm) - 1), first + 1)
    return _Nodes(at_mm=nodes_mm[first : last + 1], first=first - before)


def _taken(nodes: NDArray[Any], first: tuple[int, int, int], axes_mm: tuple[FloatArray, ...]) -> NDArray[Any]:
    """The values of the nodes of a box, a view where no face repeats its node."""
    for axis, (begin, at_mm) in enumerate(zip(first, axes_mm, strict=True)):
        end, stored = begin + len(at_mm), nodes.shape[axis]
        if begin >= 0 and end <= stored:
            nodes = nodes[(slice(None),) * axis + (slice(begin, end),)]
        else:
            nodes = nodes.take(np.clip(np.arange(begin, end), 0, stored - 1), axis=axis)
    return nodes


def _is_uniform(nodes_mm: FloatArray) -> bool:
    first_mm, last_mm, count = float(nodes_mm[0]), float(nodes_mm[-1]), len(nodes_mm)
    straight = first_mm + (last_mm - first_mm) / max(count - 1, 1) * np.arange(count)
    return bool(np.abs(nodes_mm - straight).max() <= UNIFORM_TOLERANCE_MM)


def _even(nodes_mm: FloatArray) -> tuple[float, float]:
    """The first node of evenly spaced ones, and how many cells are in a millimetre."""
    first_mm, last_mm = float(nodes_mm[0]), float(nodes_mm[-1])
    return first_mm, (len(nodes_mm) - 1) / (last_mm - first_mm)


def _in_cells(position_mm: FloatArray, nodes_mm: FloatArray) -> FloatArray:
    """Positions in units of cells, 0 at the first node; the outermost cells go on beyond the ends."""
    if _is_uniform(nodes_mm):
        first_mm, per_mm = _even(nodes_mm)
        return (position_mm - first_mm) * per_mm
    cell = np.clip(np.searchsorted(nodes_mm, position_mm, side="right") - 1, 0, len(nodes_mm) - 2)
    return cell + (position_mm - nodes_mm[cell]) / np.diff(nodes_mm)[cell]


def _cut_at_nodes(edges: FloatArray, slab: IntArray, axis: int, nodes_mm: FloatArray) -> tuple[FloatArray, IntArray]:
    """Edges cut where they cross a node position of one axis (0: x, 1: y)."""
    start, end = edges[:, axis], edges[:, axis + 2]
    first = np.searchsorted(nodes_mm, np.minimum(start, end), side="right")
    count = np.maximum(np.searchsorted(nodes_mm, np.maximum(start, end), side="left") - first, 0)
    owner, node = count_up(first, count)
    share = (nodes_mm[node] - start[owner]) / (end[owner] - start[owner])
    points = edges[owner, :2] + share[:, None] * (edges[owner, 2:] - edges[owner, :2])
    points[:, axis] = nodes_mm[node]
    everything = np.arange(len(edges))
    owners = np.concatenate([everything, owner, everything])
    along = np.concatenate([np.full(len(edges), -1.0), share, np.full(len(edges), 2.0)])
    order = np.lexsort((along, owners))
    owners, points = owners[order], np.concatenate([edges[:, :2], points, edges[:, 2:]])[order]
    joined = owners[1:] == owners[:-1]
    return np.hstack([points[:-1], points[1:]])[joined], slab[owners[:-1][joined]]
