"""A dose grid -> a finer one around solids, cubic between the nodes, for --dose-interpolation cubic.

Between the finer nodes the dose is linear again, so that the same engine integrates it: with four parts a cell, what is
left of the linear interpolation's error is a sixteenth. Around small solids, where that counts, there are up to eight.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import cbrt, ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray, with_faces
from rtcheck.geometry.solid import Solid

Float32Array = NDArray[np.float32]

PARTS, FINE_ENOUGH_MM = 4, 0.5  # a cell is cut into at most so many along each axis, and not finer than this ...
MOST_PARTS, FINE_SHARE = 8, 1 / 24  # ... but around small solids, to this share of their width
MANY_CELLS, HALVES = 20_000, 2  # around solids of so many cells, where curvature counts little, fewer parts are enough
MOST_NODES = 20_000_000  # of the finer grid (80 MB); beyond, the finest axis is cut less
NODES_BEYOND = 2  # kept around the solids: the slope at a node needs two neighbours on either side
EVEN = 0.01  # steps that differ by less count as equal
STEEPEST = 3.0  # the slope that keeps a cell monotone, in slopes of the straight line through its nodes


def cubic_dose(dose: DoseGrid, solids: Sequence[Solid]) -> DoseGrid:
    """The dose around `solids` on a finer grid, cubic between the nodes of `dose` and never negative.

    The nodes of `dose` keep their values, and the finer grid ends where `dose` ends. A grid with a single plane, row or
    column stays unchanged along that axis.

    >>> fine = cubic_dose(slope, [cube])
    >>> round(float(fine.x_mm[1] - fine.x_mm[0]), 3), round(fine.at(1.25, 0.0, 0.0), 3)
    (0.4, 51.25)
    """
    dose = with_faces(dose)
    axes_mm = (dose.z_mm, dose.y_mm, dose.x_mm)
    reaches_mm = _reaches_mm(solids)
    kept = [_kept(axis_mm, *reach) for axis_mm, reach in zip(axes_mm, reaches_mm, strict=True)]
    coarse_mm = [axis_mm[part] for axis_mm, part in zip(axes_mm, kept, strict=True)]
    parts = _parts(coarse_mm, cbrt(prod(high - low for low, high in reaches_mm)))
    fine_mm = [_cut(axis_mm, count) for axis_mm, count in zip(coarse_mm, parts, strict=True)]
    dose_gy = dose.dose_gy[tuple(kept)]
    cut_off = None if dose.is_cut_off is None else dose.is_cut_off[tuple(kept)].astype(np.float32)
    for axis, (coarse, fine) in enumerate(zip(coarse_mm, fine_mm, strict=True)):
        if len(fine) > len(coarse):
            of_value, of_slope = (weights.astype(np.float32) for weights in hermite_weights(coarse, fine))
            slope = np.moveaxis(slopes_at_nodes(coarse, np.moveaxis(dose_gy, axis, 0)), 0, axis)
            dose_gy = np.add(_along(axis, of_value, dose_gy), _along(axis, of_slope, slope), dtype=np.float32)
            if cut_off is not None:
                cut_off = _along(axis, _reached(coarse, fine), cut_off)
    dose_gy = np.maximum(dose_gy, np.float32(0.0), dtype=np.float32)
    dose_gy.setflags(write=False)
    z_mm, y_mm, x_mm = fine_mm
    return replace(
        dose, dose_gy=dose_gy, x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, is_cut_off=None if cut_off is None else cut_off > 0
    )


def _along(axis: int, weights: Float32Array, values: Float32Array) -> Float32Array:
    """`values` (z, y, x) weighted along one axis; every product leaves the result in the order of memory."""
    if axis == 0:
        flat = weights @ values.reshape(len(values), -1)
        return flat.reshape(-1, *values.shape[1:])
    return weights @ values if axis == 1 else values @ weights.T


def hermite_weights(nodes: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The weights (m, n) of the values and of the slopes at `nodes` (n,) for the positions `at` (m,)."""
    step = np.diff(nodes)
    cell = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(step) - 1)
    h, t = step[cell], (at - nodes[cell]) / step[cell]
    of_value, of_slope = np.zeros((len(at), len(nodes))), np.zeros((len(at), len(nodes)))
    own = np.arange(len(at))
    of_value[own, cell], of_value[own, cell + 1] = (1 + 2 * t) * (1 - t) ** 2, t**2 * (3 - 2 * t)
    of_slope[own, cell], of_slope[own, cell + 1] = t * (1 - t) ** 2 * h, -(t**2) * (1 - t) * h
    return of_value, of_slope


def _reached(nodes: FloatArray, at: FloatArray) -> Float32Array:
    """1 where a value at `nodes` (n,) counts for a position `at` (m,), else 0: (m, n)."""
    place = np.interp(at, nodes, np.arange(len(nodes)))[:, None]
    away = np.abs(place - np.arange(len(nodes)))
    return np.where(place % 1 > 0, away < 1 + NODES_BEYOND, away == 0).astype(np.float32)


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
    around = np.lib.stride_tricks.sliding_window_view(step, 4)
    is_even = (np.ptp(around, axis=1) < EVEN * around.min(axis=1)).reshape((-1,) + (1,) * (slope.ndim - 1))
    return np.where(is_even, np.diff(slope, 2, axis=0) / 6, 0)


def _limited(slope: NDArray[Any], rise: NDArray[Any]) -> NDArray[Any]:
    """The slopes (n - 4, ...) of all but two nodes at either end, limited; `rise` (n - 1, ...) between all nodes."""
    bend = np.sign(np.diff(rise, axis=0))
    is_smooth = np.abs(bend[:-2] + bend[1:-1] + bend[2:]) == 3
    below, above = rise[1:-2], rise[2:-1]
    most = STEEPEST * np.where(below * above > 0, np.minimum(np.abs(below), np.abs(above)), 0)
    return np.where(is_smooth, slope, np.clip(slope, -most, most))


def _reaches_mm(solids: Sequence[Solid]) -> tuple[tuple[float, float], ...]:
    """Lowest and highest z, y and x of the solids. [mm]"""
    slabs = [slab for solid in solids for slab in solid.slabs]
    points_mm = np.concatenate([slab.edges_mm[:, :2] for slab in slabs])
    (x_low, y_low), (x_high, y_high) = points_mm.min(axis=0), points_mm.max(axis=0)
    z_low, z_high = min(slab.z_low_mm for slab in slabs), max(slab.z_high_mm for slab in slabs)
    return (z_low, z_high), (float(y_low), float(y_high)), (float(x_low), float(x_high))


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
