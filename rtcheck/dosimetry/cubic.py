"""A dose grid -> a finer one around solids, cubic between the nodes (Catmull-Rom), for --dose-interpolation cubic.

Between the finer nodes the dose is linear again, so that the same engine integrates it: with four parts a cell, what is
left of the linear interpolation's error is a sixteenth.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray, with_faces
from rtcheck.geometry.solid import Solid

Float32Array = NDArray[np.float32]

MOST_PARTS = 4  # a cell is cut into at most so many along each axis
FINE_ENOUGH_MM = 0.5  # smaller cells are not cut
MOST_NODES = 20_000_000  # of the finer grid (80 MB); beyond, the finest axis is cut less
NODES_BEYOND = 2  # kept around the solids: the slope at a node needs its neighbours


def cubic_dose(dose: DoseGrid, solids: Sequence[Solid]) -> DoseGrid:
    """The dose around `solids` on a finer grid, cubic between the nodes of `dose` and never negative.

    The nodes of `dose` keep their values, and the finer grid ends where `dose` ends. A grid with a single plane, row or
    column stays unchanged along that axis.

    >>> fine = cubic_dose(slope, [cube])
    >>> float(fine.x_mm[1] - fine.x_mm[0]), round(fine.at(1.25, 0.0, 0.0), 3)
    (0.5, 51.25)
    """
    dose = with_faces(dose)
    axes_mm = (dose.z_mm, dose.y_mm, dose.x_mm)
    kept = [_kept(axis_mm, *reach) for axis_mm, reach in zip(axes_mm, _reaches_mm(solids), strict=True)]
    coarse_mm = [axis_mm[part] for axis_mm, part in zip(axes_mm, kept, strict=True)]
    fine_mm = [_cut(axis_mm, parts) for axis_mm, parts in zip(coarse_mm, _parts(coarse_mm), strict=True)]
    dose_gy = dose.dose_gy[tuple(kept)]
    cut_off = None if dose.is_cut_off is None else dose.is_cut_off[tuple(kept)].astype(np.float32)
    for axis, (coarse, fine) in enumerate(zip(coarse_mm, fine_mm, strict=True)):
        if len(fine) > len(coarse):
            weights = catmull_rom(coarse, np.eye(len(coarse)), fine).astype(np.float32)  # (fine, coarse)
            dose_gy = _along(axis, weights, dose_gy)
            if cut_off is not None:
                cut_off = _along(axis, np.abs(weights), cut_off)
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


def catmull_rom(nodes: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """Values (m, ...) at the positions `at` (m,), interpolated from `values` (n, ...) at `nodes` (n,), n >= 2.

    Cubic Hermite spline: the slope at a node is that of the straight line through its neighbours; at an end node, that
    of the parabola with the slope of the next node. Catmull & Rom 1974.

    >>> catmull_rom(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 4.0, 9.0]), np.array([0.5, 1.5])).tolist()
    [0.25, 2.25]
    """
    step = np.diff(nodes)
    column = (-1,) + (1,) * (values.ndim - 1)
    rise = np.diff(values, axis=0) / step.reshape(column)
    slope = np.empty_like(values)
    slope[1:-1] = (values[2:] - values[:-2]) / (nodes[2:] - nodes[:-2]).reshape(column)
    slope[0] = 2 * rise[0] - slope[1] if len(nodes) > 2 else rise[0]
    slope[-1] = 2 * rise[-1] - slope[-2] if len(nodes) > 2 else rise[-1]

    cell = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(step) - 1)
    t = ((at - nodes[cell]) / step[cell]).reshape(column)
    height = step[cell].reshape(column)
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * values[cell]
        + t * (1 - t) ** 2 * height * slope[cell]
        + t**2 * (3 - 2 * t) * values[cell + 1]
        - t**2 * (1 - t) * height * slope[cell + 1]
    )


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


def _parts(axes_mm: Sequence[FloatArray]) -> list[int]:
    """Into how many parts each axis' cells are cut."""
    step_mm = [float(np.diff(axis_mm).mean()) if len(axis_mm) > 1 else 0.0 for axis_mm in axes_mm]
    parts = [int(np.clip(np.ceil(step / FINE_ENOUGH_MM), 1, MOST_PARTS)) if step else 1 for step in step_mm]
    while max(parts) > 1 and np.prod([len(axis) * n for axis, n in zip(axes_mm, parts, strict=True)]) > MOST_NODES:
        finest = min((axis for axis in range(3) if parts[axis] > 1), key=lambda axis: step_mm[axis] / parts[axis])
        parts[finest] -= 1
    return parts


def _cut(nodes_mm: FloatArray, parts: int) -> FloatArray:
    """The nodes with `parts - 1` more between every two."""
    numbers = np.arange((len(nodes_mm) - 1) * parts + 1) / parts
    return np.interp(numbers, np.arange(len(nodes_mm)), nodes_mm)
