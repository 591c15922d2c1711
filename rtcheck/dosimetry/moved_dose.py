"""A dose in another frame of reference -> its values at the nodes of a grid here, and where they are known."""

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray
from rtcheck.errors import DicomError
from rtcheck.geometry.transforms.affine import Affine, corners_mm
from rtcheck.geometry.transforms.maps import Map, Warp, composed, lattice_mm, linear_at
from rtcheck.values import dataclass

ROUNDING_MM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtNodes:
    """What a moved dose adds at nodes, which of them belong to a cell that is not wholly inside its own grid's box.

    `is_nowhere`: those whose place in the own frame of reference is not known. All (z, y, x).
    """

    added_gy: FloatArray
    is_doubtful: BoolArray
    is_nowhere: BoolArray

    def within(self, place: tuple[slice, ...]) -> "AtNodes":
        """The same of some nodes."""
        return AtNodes(
            added_gy=self.added_gy[place], is_doubtful=self.is_doubtful[place], is_nowhere=self.is_nowhere[place]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovedDose:
    """A dose on its own grid, and the map `to_own` from points here to that grid's frame of reference."""

    dose: DoseGrid
    to_own: Map
    box_here_mm: FloatArray = field(init=False, repr=False)
    """The lowest and the highest x, y and z here of points of the own grid's box. (2, 3)

    Through a field of displacements these are those of some points spread over the box.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "box_here_mm", self._box_here_mm())

    def moved(self, x: float, y: float, z: float) -> "MovedDose":
        """The same dose, shifted here. [mm]"""
        back = Affine(linear=np.eye(3), shift_mm=-np.array((x, y, z)))
        return MovedDose(dose=self.dose, to_own=composed([back, self.to_own]))

    @property
    def low_mm(self) -> tuple[float, float, float]:
        """The lowest x, y and z here that the turned grid reaches."""
        x, y, z = (float(value) for value in self.box_here_mm[0])
        return x, y, z

    @property
    def high_mm(self) -> tuple[float, float, float]:
        """The highest x, y and z here that the turned grid reaches."""
        x, y, z = (float(value) for value in self.box_here_mm[1])
        return x, y, z

    @property
    def step_mm(self) -> tuple[float, float, float]:
        """Steps along x, y and z here that pass a cell of the own grid at most: its spacing if it is isotropic."""
        own_mm = np.array([np.diff(nodes).min() if len(nodes) > 1 else 1.0 for nodes in self.dose.axes_mm])
        linear = linear_at(self.to_own, np.mean(self.box_here_mm, axis=0))
        if not np.isfinite(linear).all():  # in a hole of a field
            linear = np.eye(3)
        x, y, z = (float(value) for value in 1 / np.linalg.norm(linear / own_mm[:, None], axis=0))
        return x, y, z

    @property
    def may_be_anywhere(self) -> bool:
        """Whether points here may have no known place in the own frame: a field of displacements ends, or has holes."""
        return isinstance(self.to_own, Warp)

    def _box_here_mm(self) -> FloatArray:
        spread = lattice_mm if self.may_be_anywhere else corners_mm
        here = self.to_own.inverse.at(spread(self.dose.low_mm, self.dose.high_mm))
        here = here[np.isfinite(here).all(axis=1)]
        if not len(here):
            raise DicomError(
                "the deformable registration cannot be used: its grid does not reach the dose.",
                code="registration.faulty",
            )
        return np.array([here.min(axis=0), here.max(axis=0)])

    def sampled(self, axes_mm: Sequence[FloatArray], values: NDArray[Any] | None = None) -> FloatArray:
        """Trilinear values at the nodes of axes here (x, y, z); outside the own grid those of its faces. (z, y, x)

        `values` stand on the nodes of the own grid; by default they are its dose. They are 0 where a field of
        displacements does not say which point of the own grid it is.
        """
        return np.stack([self._sampled_at(own, values) for own in self._own_planes_mm(axes_mm)])

    def is_known(self, axes_mm: Sequence[FloatArray]) -> BoolArray:
        """Which nodes of axes here (x, y, z) lie in the own grid's box. (z, y, x)"""
        return np.stack([self._holds(own) for own in self._own_planes_mm(axes_mm)])

    def at_nodes(self, axes_mm: Sequence[FloatArray]) -> AtNodes:
        """What it adds at nodes here (x, y, z): its dose, one node beyond its faces still theirs, and 0 farther off.

        So the cells that its faces cut keep its dose on the inner side.
        """
        planes = [
            (self._sampled_at(own), self._holds(own), ~np.isfinite(own).all(axis=-1))
            for own in self._own_planes_mm(axes_mm)
        ]
        sampled, known, nowhere = (np.stack(each) for each in zip(*planes, strict=True))
        return AtNodes(
            added_gy=np.where(with_neighbours(known), sampled, 0.0),
            is_doubtful=with_neighbours(~known),
            is_nowhere=nowhere,
        )

    def _own_planes_mm(self, axes_mm: Sequence[FloatArray]) -> Iterator[FloatArray]:
        """Where the nodes of each plane here lie in the own frame of reference. (y, x, 3)"""
        x_mm, y_mm, z_mm = axes_mm
        return (self.to_own.at(_plane_points(x_mm, y_mm, float(at_mm))) for at_mm in z_mm)

    def _holds(self, own_mm: FloatArray) -> BoolArray:
        """Which points of the own frame lie in the own grid's box. (...)"""
        low, high = np.array(self.dose.low_mm) - ROUNDING_MM, np.array(self.dose.high_mm) + ROUNDING_MM
        return np.asarray(((own_mm >= low) & (own_mm <= high)).all(axis=-1), dtype=np.bool_)

    def _sampled_at(self, own_mm: FloatArray, values: NDArray[Any] | None = None) -> FloatArray:
        """Trilinear values at points of the own frame (y, x, 3), as `sampled` has them. (y, x)"""
        stored = self.dose.dose_gy if values is None else values
        flat = np.ascontiguousarray(stored, dtype=np.float32).reshape(-1)
        _, rows, columns = stored.shape
        is_somewhere = np.asarray(np.isfinite(own_mm).all(axis=-1), dtype=np.bool_)
        own = np.where(is_somewhere[..., None], own_mm, 0.0)
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
        return np.where(is_somewhere, total, 0.0)


def along_axes(moved: MovedDose) -> DoseGrid | None:
    """The same dose on its own nodes, if the map leaves them on lines along x, y and z; else None.

    >>> shift = Affine(linear=np.eye(3), shift_mm=np.array([-10.0, 0.0, 0.0]))
    >>> along_axes(MovedDose(dose=slope, to_own=shift)).at(13.0, 0.0, 0.0) == slope.at(3.0, 0.0, 0.0)
    True
    """
    if not isinstance(moved.to_own, Affine) or not moved.to_own.is_along_axes:
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


def with_neighbours(marked: BoolArray) -> BoolArray:
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
