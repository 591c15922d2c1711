"""Dose on a rectilinear grid, in patient axes, and what is known of the dose where the grid does not tell it."""

import math
from copy import copy
from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.dosimetry.moved_dose import AtNodes, MovedDose

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPart:
    """The grid of one plan whose dose a grid holds, alone or summed with others.

    `low_mm` and `high_mm` are its corners (x, y, z): its voxels reach half a step beyond the outermost nodes.
    `faces_gy` are the highest doses on its faces, low x, high x, low y, high y, low z, high z; `max_gy` is the highest
    of all. `negligible_gy` is the dose below which what leaves the grid may be taken to end there: a tenth of the
    prescription of an external-beam plan, None where that is not known. Of a plan in another frame of reference `own`
    is its dose on its own grid, whose faces are turned: the corners are then of the box around it, and `faces_gy` of
    its own faces. Where a field of displacements leads to that grid `at_nodes` is what the dose adds at the nodes of
    the sum: which nodes lie in the grid can then not be told from its faces. Of a dose that is blurred by random errors
    `unknown` is the share of them that leads out of the grid, at the nodes of the sum (z, y, x), and the corners are
    those of what next to none leads out of.
    """

    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]
    faces_gy: tuple[float, ...]
    max_gy: float
    negligible_gy: float | None = None
    own: "MovedDose | None" = None
    at_nodes: "AtNodes | None" = None
    unknown: NDArray[np.float32] | None = None

    def moved(self, shift_mm: tuple[float, float, float]) -> "GridPart":
        """The same grid, shifted. [mm]"""
        low, high = _plus(self.low_mm, shift_mm), _plus(self.high_mm, shift_mm)
        return replace(self, low_mm=low, high_mm=high, own=self.own and self.own.moved(*shift_mm))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseGrid:
    """Dose at the nodes of a grid whose axes are the patient's (DICOM LPS).

    `dose_gy` is (z, y, x), float32, read-only, whatever the order and direction in which the file stored it;
    `x_mm`, `y_mm`, `z_mm` are the node positions, strictly ascending, not necessarily uniform.
    Between nodes the dose is trilinear. A node stands for its voxel: beyond the outermost nodes their dose goes on for
    half a step, and there the grid ends (`ends_at_nodes`: at the nodes themselves).
    `step_gy` is the step in which the dose was stored: every stored dose may be off by half of it. `is_cut_off`, of
    the same shape, marks the nodes whose dose is at least the one stored: no higher number could be stored, or 0 stands
    for no dose at all. There it is at most `cut_off_most_gy`.
    `parts` are the grids of the plans of a sum, which need not cover all of this one; none where it is one plan's.
    """

    dose_gy: NDArray[np.float32]
    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray
    frame_of_reference_uid: str = ""
    step_gy: float = 0.0
    ends_at_nodes: bool = False
    is_cut_off: BoolArray | None = None
    cut_off_most_gy: float = math.inf
    parts: tuple[GridPart, ...] = ()
    max_gy: float = field(init=False)
    """The highest dose of the grid."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_gy", float(self.dose_gy.max()))

    def at(self, x_mm: float, y_mm: float, z_mm: float) -> float | None:
        """Trilinear dose at a point in patient coordinates (LPS); None outside the outermost nodes. [Gy]

        >>> slope.at(3.0, 0.0, 0.0)
        53.0
        """
        corner, share = [], []
        for axis, at_mm in ((2, z_mm), (1, y_mm), (0, x_mm)):
            nodes_mm = self.axes_mm[axis]
            if len(nodes_mm) < 2 or not self.low_mm[axis] <= at_mm <= self.high_mm[axis]:
                return None
            at_mm = min(max(at_mm, float(nodes_mm[0])), float(nodes_mm[-1]))  # half a voxel beyond its node at most
            low = min(int(np.searchsorted(nodes_mm, at_mm, side="right")) - 1, len(nodes_mm) - 2)
            corner.append(low)
            share.append((at_mm - nodes_mm[low]) / (nodes_mm[low + 1] - nodes_mm[low]))
        k, j, i = corner
        block = self.dose_gy[k : k + 2, j : j + 2, i : i + 2].astype(np.float64)
        for along in share:
            block = block[0] * (1 - along) + block[1] * along
        return float(block)

    @property
    def why_cut_off(self) -> str:
        """Why the dose at the marked nodes may be higher, as a clause."""
        if math.isfinite(self.cut_off_most_gy):
            return "the dose is exactly 0 where none may have been calculated"
        return "the dose is cut off at the highest number that the file can hold"

    @property
    def axes_mm(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The node positions along x, y and z."""
        return self.x_mm, self.y_mm, self.z_mm

    @property
    def low_mm(self) -> tuple[float, float, float]:
        """The corner of the grid's box toward low x, y and z."""
        x, y, z = (float(nodes[0]) - self._beyond_mm(nodes[:2]) for nodes in self.axes_mm)
        return x, y, z

    @property
    def high_mm(self) -> tuple[float, float, float]:
        """The corner of the grid's box toward high x, y and z."""
        x, y, z = (float(nodes[-1]) + self._beyond_mm(nodes[-2:]) for nodes in self.axes_mm)
        return x, y, z

    def moved(self, x: float, y: float, z: float) -> "DoseGrid":
        """The same dose, shifted as a whole. [mm]"""
        there = copy(self)  # `replace` would search the highest dose again
        axes_mm = (nodes + shift for nodes, shift in zip(self.axes_mm, (x, y, z), strict=True))
        for name, value in zip(("x_mm", "y_mm", "z_mm"), axes_mm, strict=True):
            object.__setattr__(there, name, value)
        object.__setattr__(there, "parts", tuple(part.moved((x, y, z)) for part in self.parts))
        return there

    def _beyond_mm(self, last_two_mm: FloatArray) -> float:
        """How far the outermost voxel reaches beyond its node; not at all of a single plane, row or column."""
        return 0.0 if self.ends_at_nodes or len(last_two_mm) < 2 else float(last_two_mm[1] - last_two_mm[0]) / 2


def with_faces(dose: DoseGrid) -> DoseGrid:
    """The same dose with nodes on the faces of its box, where the outermost voxels end."""
    if dose.ends_at_nodes:
        return dose
    axes_mm = [
        nodes if len(nodes) < 2 else np.concatenate([[low], nodes, [high]])
        for nodes, low, high in zip(dose.axes_mm, dose.low_mm, dose.high_mm, strict=True)
    ]
    pads = [(1, 1) if len(nodes) > 1 else (0, 0) for nodes in reversed(dose.axes_mm)]
    is_cut_off = None if dose.is_cut_off is None else np.pad(dose.is_cut_off, pads, mode="edge")
    x_mm, y_mm, z_mm = axes_mm
    return replace(
        dose, dose_gy=np.pad(dose.dose_gy, pads, mode="edge"), x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
        ends_at_nodes=True, is_cut_off=is_cut_off,
    )  # fmt: skip


def _plus(corner_mm: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (at + by for at, by in zip(corner_mm, shift_mm, strict=True))
    return x, y, z
