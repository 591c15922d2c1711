"""Dose at any places, for pictures: trilinear between the grid's nodes, 0 outside."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid

FloatArray = NDArray[np.float64]


def sampled(dose: DoseGrid, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """The dose at broadcastable places, trilinear; 0 outside the grid."""
    shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
    total = np.zeros(shape)
    parts = [_cell(axis, at) for axis, at in ((dose.z_mm, z), (dose.y_mm, y), (dose.x_mm, x))]
    (k, fz, in_z), (j, fy, in_y), (i, fx, in_x) = parts
    for dk, wz in ((0, 1 - fz), (1, fz)):
        for dj, wy in ((0, 1 - fy), (1, fy)):
            for di, wx in ((0, 1 - fx), (1, fx)):
                corner = dose.dose_gy[_in(k + dk, dose.z_mm), _in(j + dj, dose.y_mm), _in(i + di, dose.x_mm)]
                total += wz * wy * wx * corner
    return np.where(in_z & in_y & in_x, total, 0.0)


def _cell(axis: FloatArray, at: FloatArray) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
    if len(axis) == 1:
        return np.zeros(at.shape, dtype=np.int64), np.zeros(at.shape), np.ones(at.shape, dtype=bool)
    index = np.clip(np.searchsorted(axis, at, side="right") - 1, 0, len(axis) - 2)
    share = (at - axis[index]) / (axis[index + 1] - axis[index])
    return index, np.clip(share, 0, 1), (share >= 0) & (share <= 1)


def _in(index: NDArray[np.int64], axis: FloatArray) -> NDArray[np.int64]:
    return np.minimum(index, len(axis) - 1)
