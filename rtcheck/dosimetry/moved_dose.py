"""A dose in another frame of reference -> its values at the nodes of a grid here, and where they are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray
from rtcheck.geometry.transforms.affine import Affine, corners_mm

ROUNDING_MM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovedDose:
    """A dose on its own grid, and the map `to_own` from points here to that grid's frame of reference."""

    dose: DoseGrid
    to_own: Affine

    def moved(self, x: float, y: float, z: float) -> "MovedDose":
        """The same dose, shifted here. [mm]"""
        back = Affine(linear=np.eye(3), shift_mm=-np.array((x, y, z)))
        return MovedDose(dose=self.dose, to_own=self.to_own.after(back))

    @property
    def low_mm(self) -> tuple[float, float, float]:
        """The lowest x, y and z here that the turned grid reaches."""
        x, y, z = (float(value) for value in self._corners_here_mm.min(axis=0))
        return x, y, z

    @property
    def high_mm(self) -> tuple[float, float, float]:
        """The highest x, y and z here that the turned grid reaches."""
        x, y, z = (float(value) for value in self._corners_here_mm.max(axis=0))
        return x, y, z

    @property
    def step_mm(self) -> tuple[float, float, float]:
        """Steps along x, y and z here that pass a cell of the own grid at most: its spacing if it is isotropic."""
        own_mm = np.array([np.diff(nodes).min() if len(nodes) > 1 else 1.0 for nodes in self.dose.axes_mm])
        x, y, z = (float(value) for value in 1 / np.linalg.norm(self.to_own.linear / own_mm[:, None], axis=0))
        return x, y, z

    @property
    def _corners_here_mm(self) -> FloatArray:
        return self.to_own.inverse.at(corners_mm(self.dose.low_mm, self.dose.high_mm))

    def lies_within(self, points_mm: FloatArray) -> BoolArray:
        """Which points (..., 3) here lie in the own grid's box. (...)"""
        own = self.to_own.at(points_mm)
        low, high = np.array(self.dose.low_mm) - ROUNDING_MM, np.array(self.dose.high_mm) + ROUNDING_MM
        inside = np.asarray(((own >= low) & (own <= high)).all(axis=-1), dtype=np.bool_)
        return inside

    def sampled(self, axes_mm: Sequence[FloatArray], values: NDArray[Any] | None = None) -> FloatArray:
        """Trilinear values at the nodes of axes here (x, y, z); outside the own grid those of its faces. (z, y, x)

        `values` stand on the nodes of the own grid; by default they are its dose.
        """
        stored = self.dose.dose_gy if values is None else values
        flat = np.ascontiguousarray(stored, dtype=np.float32).reshape(-1)
        _, rows, columns = stored.shape
        x_mm, y_mm, z_mm = axes_mm
        sampled = np.empty((len(z_mm), len(y_mm), len(x_mm)))
        for plane, at_mm in enumerate(z_mm):
            own = self.to_own.at(_plane_points(x_mm, y_mm, float(at_mm)))
            i, j, k = (
                _place(own[..., axis], nodes) if len(nodes) > 1 else (0, np.zeros(own.shape[:2]))
                for axis, nodes in enumerate(self.dose.axes_mm)
            )
            corner = (k[0] * rows + j[0]) * columns + i[0]
            steps = (rows * columns, columns, 1)
            total = np.zeros(own.shape[:2])
            for up, share_z in enumerate((1 - k[1], k[1])):
                for back, share_y in enumerate((1 - j[1], j[1])):
                    for right, share_x in enumerate((1 - i[1], i[1])):
                        node = np.minimum(corner + up * steps[0] + back * steps[1] + right * steps[2], flat.size - 1)
                        total += share_z * share_y * share_x * flat[node]
            sampled[plane] = total
        return sampled

    def is_known(self, axes_mm: Sequence[FloatArray]) -> BoolArray:
        """Which nodes of axes here (x, y, z) lie in the own grid's box. (z, y, x)"""
        x_mm, y_mm, z_mm = axes_mm
        return np.stack([self.lies_within(_plane_points(x_mm, y_mm, float(at_mm))) for at_mm in z_mm])

    def added_at(self, axes_mm: Sequence[FloatArray]) -> FloatArray:
        """What it adds at nodes here: its dose, one node beyond its faces still theirs, and 0 farther off. (z, y, x)

        So the cells that its faces cut keep its dose on the inner side.
        """
        known = self.is_known(axes_mm)
        added: FloatArray = np.where(_with_neighbours(known), self.sampled(axes_mm), 0.0)
        return added

    def is_doubtful(self, axes_mm: Sequence[FloatArray]) -> BoolArray:
        """Which nodes here belong to a cell that is not wholly inside the own grid's box. (z, y, x)"""
        return _with_neighbours(~self.is_known(axes_mm))


def along_axes(moved: MovedDose) -> DoseGrid | None:
    """The same dose on its own nodes, if the map leaves them on lines along x, y and z; else None.

    >>> shift = Affine(linear=np.eye(3), shift_mm=np.array([-10.0, 0.0, 0.0]))
    >>> along_axes(MovedDose(dose=slope, to_own=shift)).at(13.0, 0.0, 0.0) == slope.at(3.0, 0.0, 0.0)
    True
    """
    if not moved.to_own.is_along_axes:
        return None
    here = moved.to_own.inverse
    signs = np.rint(here.linear)  # axis here x own axis
    own_axis = [int(np.flatnonzero(row)[0]) for row in signs]
    axes = [signs[axis, own] * moved.dose.axes_mm[own] + here.shift_mm[axis] for axis, own in enumerate(own_axis)]
    order = [2 - own_axis[2 - place] for place in range(3)]
    flips = tuple(slice(None, None, -1 if signs[2 - place, own_axis[2 - place]] < 0 else 1) for place in range(3))

    def turned(values: NDArray[Any]) -> NDArray[Any]:
        made = np.ascontiguousarray(values.transpose(order)[flips])
        made.flags.writeable = False
        return made

    x_mm, y_mm, z_mm = (axis[::-1] if axis[0] > axis[-1] else axis for axis in axes)
    marks = moved.dose.is_cut_off
    return replace(
        moved.dose, dose_gy=turned(moved.dose.dose_gy), x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
        is_cut_off=None if marks is None else turned(marks),
    )  # fmt: skip


def _plane_points(x_mm: FloatArray, y_mm: FloatArray, z_mm: float) -> FloatArray:
    """The nodes of one plane. (y, x, 3)"""
    points = np.empty((len(y_mm), len(x_mm), 3))
    points[..., 0], points[..., 1], points[..., 2] = x_mm, y_mm[:, None], z_mm
    return points


def _place(at_mm: FloatArray, nodes_mm: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """The cell and the share of its upper node, of positions held within the nodes."""
    cells = np.interp(at_mm, nodes_mm, np.arange(len(nodes_mm)))
    low = np.minimum(cells.astype(np.int64), len(nodes_mm) - 2)
    return low, cells - low


def _with_neighbours(marked: BoolArray) -> BoolArray:
    """The marked nodes and all that share a cell with one. (z, y, x)"""
    for axis in range(3):
        before, after = np.roll(marked, 1, axis), np.roll(marked, -1, axis)
        ends = [slice(None)] * 3
        ends[axis] = slice(0, 1)
        before[tuple(ends)] = False
        ends[axis] = slice(-1, None)
        after[tuple(ends)] = False
        marked = marked | before | after
    return marked
