"""A dose grid -> a finer one around solids, cubic between the nodes, for --dose-interpolation cubic.

Between the finer nodes the dose is linear again, so that the same engine integrates it: with four parts a cell, what is
left of the linear interpolation's error is a sixteenth. Around small solids, where that counts, there are up to eight.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import cbrt, ceil, prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rtcheck.dosimetry.dose_around import outline_of
from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.solid import Solid
from rtcheck.values import dataclass

Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]

PARTS, FINE_ENOUGH_MM = 4, 0.5  # a cell is cut into at most so many along each axis, and not finer than this ...
MOST_PARTS, FINE_SHARE = 8, 1 / 24  # ... but around small solids, to this share of their width
MANY_CELLS, HALVES = 20_000, 2  # around solids of so many cells, where curvature counts little, fewer parts are enough
MOST_NODES = 20_000_000  # of the finer grid (80 MB); beyond, the finest axis is cut less
NODES_BEYOND = 2  # kept around the solids: the slope at a node needs two neighbours on either side
EVEN = 0.01  # steps that differ by less count as equal
STEEPEST = 3.0  # the slope that keeps a cell monotone, in slopes of the straight line through its nodes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Axis:
    """The nodes of an axis, cut into `parts`: of the finer nodes `count` are wanted, from number `first` on. [mm]"""

    coarse_mm: FloatArray
    fine_mm: FloatArray
    parts: int
    first: int
    count: int

    @classmethod
    def around(cls, coarse_mm: FloatArray, parts: int, low_mm: float, high_mm: float) -> "_Axis":
        """The finer nodes of the cells that `low_mm` to `high_mm` touches."""
        fine_mm = _cut(coarse_mm, parts)
        last_node = len(fine_mm) - 1
        first = min(max(int(np.searchsorted(fine_mm, low_mm, side="right")) - 1, 0), max(last_node - 1, 0))
        last = min(max(int(np.searchsorted(fine_mm, high_mm, side="left")), first + 1), last_node)
        return cls(coarse_mm=coarse_mm, fine_mm=fine_mm, parts=parts, first=first, count=last - first + 1)

    @property
    def wanted_mm(self) -> FloatArray:
        return self.fine_mm[self.first : self.first + self.count]


def cubic_dose(dose: DoseGrid, solids: Sequence[Solid]) -> DoseGrid:
    """The dose in the box of `solids` on a finer grid, cubic between the nodes of `dose` and never negative.

    The nodes of `dose` keep their values, and the finer grid ends where `dose` ends, or one finer cell beyond the
    solids. A grid with a single plane, row or column stays unchanged along that axis.

    >>> fine = cubic_dose(slope, [cube])
    >>> round(float(fine.x_mm[1] - fine.x_mm[0]), 3), round(fine.at(1.25, 0.0, 0.0), 3)
    (0.4, 51.25)
    """
    reaches_mm = _reaches_mm(solids)
    box = _box_with_faces(dose, reaches_mm)
    coarse_mm = (box.z_mm, box.y_mm, box.x_mm)
    parts = _parts(coarse_mm, cbrt(prod(high - low for low, high in reaches_mm)))
    axes = [_Axis.around(*each) for each in zip(coarse_mm, parts, *zip(*reaches_mm, strict=True), strict=True)]
    dose_gy = refined(box.dose_gy, axes)
    dose_gy.setflags(write=False)
    is_cut_off = box.is_cut_off
    if is_cut_off is not None:
        cut_off = is_cut_off.astype(np.float32)
        for number, axis in enumerate(axes):
            cut_off = _along(number, _reached(axis.coarse_mm, axis.wanted_mm), cut_off)
        is_cut_off = cut_off > 0
    z_mm, y_mm, x_mm = (axis.wanted_mm for axis in axes)
    return replace(
        dose, dose_gy=dose_gy, x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, ends_at_nodes=True, is_cut_off=is_cut_off
    )  # fmt: skip


def _box_with_faces(dose: DoseGrid, reaches_mm: Sequence[tuple[float, float]]) -> DoseGrid:
    """The nodes around some reaches (z, y, x), with those on the faces of the grid where it ends there. [mm]"""
    axes = [
        _nodes_of(*each, has_faces=not dose.ends_at_nodes and len(each[0]) > 1)
        for each in zip(reversed(dose.axes_mm), reversed(dose.low_mm), reversed(dose.high_mm), reaches_mm, strict=True)
    ]
    kept, pads = tuple(axis.kept for axis in axes), [axis.faces for axis in axes]
    dose_gy, is_cut_off = dose.dose_gy[kept], None if dose.is_cut_off is None else dose.is_cut_off[kept]
    if any(map(any, pads)):
        dose_gy = np.pad(dose_gy, pads, mode="edge")
        is_cut_off = None if is_cut_off is None else np.pad(is_cut_off, pads, mode="edge")
    z_mm, y_mm, x_mm = (axis.at_mm for axis in axes)
    return replace(
        dose, dose_gy=dose_gy, x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, ends_at_nodes=True, is_cut_off=is_cut_off
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Nodes:
    """Some nodes of an axis: which are kept, how many faces come before and after them, and where all of these are."""

    kept: slice
    faces: tuple[int, int]
    at_mm: FloatArray


def _nodes_of(
    nodes_mm: FloatArray, low_mm: float, high_mm: float, reach_mm: tuple[float, float], *, has_faces: bool
) -> _Nodes:
    """The nodes around a reach, and the faces of the grid, `low_mm` and `high_mm`, where it comes near them."""
    faced_mm = np.concatenate([[low_mm], nodes_mm, [high_mm]]) if has_faces else nodes_mm
    start, stop, _ = _kept(faced_mm, *reach_mm).indices(len(faced_mm))
    if not has_faces:
        return _Nodes(kept=slice(start, stop), faces=(0, 0), at_mm=faced_mm[start:stop])
    faces = int(start == 0), int(stop == len(faced_mm))
    return _Nodes(kept=slice(start - 1 + faces[0], stop - 1 - faces[1]), faces=faces, at_mm=faced_mm[start:stop])


def refined(dose_gy: Float32Array, axes: Sequence[_Axis]) -> Float32Array:
    """The dose (z, y, x) on the wanted nodes of finer axes, never negative. [Gy]"""
    if min(dose_gy.shape) < 2:
        return refined_in_numpy(dose_gy, axes)
    ranges = np.array([[axis.parts, axis.first, axis.count] for axis in axes])
    tables = [(_table(axis.coarse_mm), _weights(axis.coarse_mm, axis.fine_mm)[1]) for axis in axes]
    found = calls.refine(dose_gy, tables, ranges)
    return refined_in_numpy(dose_gy, axes) if found is None else found


def refined_in_numpy(dose_gy: Float32Array, axes: Sequence[_Axis]) -> Float32Array:
    """The reference of `refined`: the dose (z, y, x) on finer axes."""
    for number, axis in enumerate(axes):
        if len(axis.fine_mm) > len(axis.coarse_mm):
            along = np.moveaxis(dose_gy, number, 0)
            dose_gy = np.moveaxis(between_nodes(axis.coarse_mm, along, axis.wanted_mm), 0, number)
        elif axis.count < len(axis.coarse_mm):
            dose_gy = dose_gy.take(np.arange(axis.first, axis.first + axis.count), axis=number)
    return np.ascontiguousarray(np.maximum(dose_gy, np.float32(0.0)), dtype=np.float32)


def between_nodes(nodes: FloatArray, values: NDArray[Any], at: FloatArray) -> NDArray[Any]:
    """`values` (n, ...) at `nodes` (n,), n >= 2, cubic at the positions `at` (m,) between them: (m, ...)."""
    slopes = slopes_at_nodes(nodes, values)
    cell, weights = _weights(nodes, at, values.dtype)
    of_rise, of_low, of_high = weights.reshape(3, -1, *(1,) * (values.ndim - 1))
    low, bent = values[cell], of_low * slopes[cell] + of_high * slopes[cell + 1]
    found = low + (of_rise * (values[cell + 1] - low) + bent)  # from `low`: a dose that does not change stays as it is
    found[at == nodes[-1]] = values[-1]
    return np.asarray(found)


def _weights(nodes: FloatArray, at: FloatArray, dtype: DTypeLike = np.float32) -> tuple[IntArray, NDArray[Any]]:
    """The cell (m,) of each position `at` (m,), and the Hermite weights (3, m) of its rise and its ends' slopes."""
    step = np.diff(nodes)
    cell = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(step) - 1)
    h, t = step[cell], (at - nodes[cell]) / step[cell]
    return cell, np.array([t**2 * (3 - 2 * t), t * (1 - t) ** 2 * h, -(t**2) * (1 - t) * h], dtype=dtype)


def _along(axis: int, weights: Float32Array, values: Float32Array) -> Float32Array:
    """`values` (z, y, x) weighted along one axis; every product leaves the result in the order of memory."""
    if axis == 0:
        flat = weights @ values.reshape(len(values), -1)
        return flat.reshape(-1, *values.shape[1:])
    return weights @ values if axis == 1 else values @ weights.T


def _reached(nodes: FloatArray, at: FloatArray) -> Float32Array:
    """1 where a value at `nodes` (n,) counts for a position `at` (m,), else 0: (m, n)."""
    place = np.interp(at, nodes, np.arange(len(nodes)))[:, None]
    away = np.abs(place - np.arange(len(nodes)))
    return np.where(place % 1 > 0, away < 1 + NODES_BEYOND, away == 0).astype(np.float32)


def _table(nodes: FloatArray) -> Float32Array:
    """What the slopes at `nodes` (n,) depend on, (3, n), each from its beginning on: the steps, the share of the step
    above a node between two others, and whether the steps around a node with two neighbours on either side are even.
    """
    step = np.diff(nodes).astype(np.float32)
    table = np.zeros((3, len(nodes)), dtype=np.float32)
    table[0, : len(step)] = step
    table[1, : len(step) - 1] = step[1:] / (step[:-1] + step[1:])
    if len(nodes) > 4:
        table[2, : len(step) - 3] = _is_even(step)
    return table


def slopes_at_nodes(nodes: FloatArray, values: NDArray[Any]) -> NDArray[Any]:
    """The slopes (n, ...) of `values` (n, ...) at `nodes` (n,), n >= 2.

    That of the straight line through the neighbours (Catmull & Rom 1974), made exact for polynomials of the fourth
    degree where two steps on either side are equal; at an end node, that of the parabola with the slope of the next.
    Where the curvature does not keep its sign around a node, as at an edge, the slope is limited so that the cells
    around it do not leave the range of their nodes (Fritsch & Carlson 1980); a smooth peak between nodes remains one.
    """
    step = np.diff(nodes).astype(values.dtype)
    column = (-1,) + (1,) * (values.ndim - 1)
    rise = np.diff(values, axis=0) / step.reshape(column)
    if len(nodes) == 2:
        return np.concatenate([rise, rise])
    slope = np.empty_like(values)
    share = (step[1:] / (step[:-1] + step[1:])).reshape(column)
    slope[1:-1] = rise[1:] * share + rise[:-1] * (1 - share)
    if len(nodes) > 4:
        slope[2:-2] = _limited(slope[2:-2] - _third(step, slope[1:-1]), rise)
    slope[0] = 2 * rise[0] - slope[1]
    slope[-1] = 2 * rise[-1] - slope[-2]
    return slope


def _third(step: NDArray[Any], slope: NDArray[Any]) -> NDArray[Any]:
    """What the third derivative adds to the slopes `slope` (n - 2, ...) of nodes with two neighbours on either side."""
    is_even = _is_even(step).reshape((-1,) + (1,) * (slope.ndim - 1))
    return np.where(is_even, np.diff(slope, 2, axis=0) / 6, 0)


def _is_even(step: NDArray[Any]) -> BoolArray:
    """Whether the steps around a node are equal, of all nodes with two neighbours on either side (steps - 3,)."""
    around = np.lib.stride_tricks.sliding_window_view(step, 4)
    return np.asarray(np.ptp(around, axis=1) < EVEN * around.min(axis=1))


def _limited(slope: NDArray[Any], rise: NDArray[Any]) -> NDArray[Any]:
    """The slopes (n - 4, ...) of all but two nodes at either end, limited; `rise` (n - 1, ...) between all nodes."""
    bend = np.sign(np.diff(rise, axis=0))
    is_smooth = np.abs(bend[:-2] + bend[1:-1] + bend[2:]) == 3
    below, above = rise[1:-2], rise[2:-1]
    most = STEEPEST * np.where(below * above > 0, np.minimum(np.abs(below), np.abs(above)), 0)
    return np.where(is_smooth, slope, np.clip(slope, -most, most))


def _reaches_mm(solids: Sequence[Solid]) -> tuple[tuple[float, float], ...]:
    """Lowest and highest z, y and x of the solids. [mm]"""
    spans = [outline_of(solid).spans_mm for solid in solids if not solid.is_empty]
    x, y, z = ((min(low for low, _ in axis), max(high for _, high in axis)) for axis in zip(*spans, strict=True))
    return z, y, x


def _kept(nodes_mm: FloatArray, low_mm: float, high_mm: float) -> slice:
    """The nodes from some below `low_mm` to some above `high_mm`."""
    first = int(np.searchsorted(nodes_mm, low_mm)) - 1 - NODES_BEYOND
    last = int(np.searchsorted(nodes_mm, high_mm)) + 1 + NODES_BEYOND
    return slice(min(max(first, 0), len(nodes_mm) - 1), max(last, 1))


def _parts(axes_mm: Sequence[FloatArray], width_mm: float) -> list[int]:
    """Into how many parts each axis' cells are cut, for solids that are so wide on the mean."""
    step_mm = [float(np.diff(axis_mm).mean()) if len(axis_mm) > 1 else 0.0 for axis_mm in axes_mm]
    most = HALVES if prod(map(len, axes_mm)) > MANY_CELLS else MOST_PARTS
    parts = [min(_cuts(step, width_mm), most) if step else 1 for step in step_mm]
    while max(parts) > 1 and np.prod([len(axis) * n for axis, n in zip(axes_mm, parts, strict=True)]) > MOST_NODES:
        finest = min((axis for axis in range(3) if parts[axis] > 1), key=lambda axis: step_mm[axis] / parts[axis])
        parts[finest] -= 1
    return parts


def _cuts(step_mm: float, width_mm: float) -> int:
    usual = min(ceil(step_mm / FINE_ENOUGH_MM), PARTS)
    return max(usual, min(ceil(step_mm / (FINE_SHARE * width_mm)), MOST_PARTS)) if width_mm > 0 else usual


def _cut(nodes_mm: FloatArray, parts: int) -> FloatArray:
    """The nodes with `parts - 1` more between every two."""
    numbers = np.arange((len(nodes_mm) - 1) * parts + 1) / parts
    return np.interp(numbers, np.arange(len(nodes_mm)), nodes_mm)
