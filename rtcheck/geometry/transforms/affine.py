"""Affine maps between frames of reference, and what kind of map one is."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]

RIGID_TOLERANCE = 1e-3
"""Singular values this far from 1 change a length of 500 mm by half a millimetre; matrices are written with less."""

ALONG_AXES = 1e-6
"""Direction cosines below it move a node by less than a micrometre over a metre."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Affine:
    """Points (..., 3) [mm] of one frame -> `linear @ point + shift_mm` in another; `linear` (3, 3) can be inverted.

    >>> turn = Affine(linear=np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), shift_mm=np.array([10.0, 0, 0]))
    >>> turn.at(np.array([1.0, 2.0, 3.0])).tolist()
    [8.0, 1.0, 3.0]
    >>> turn.inverse.at(turn.at(np.array([1.0, 2.0, 3.0]))).tolist()
    [1.0, 2.0, 3.0]
    """

    linear: FloatArray
    shift_mm: FloatArray

    def at(self, points_mm: FloatArray) -> FloatArray:
        """The points in the other frame. (..., 3)"""
        moved: FloatArray = points_mm @ self.linear.T + self.shift_mm
        return moved

    @property
    def inverse(self) -> "Affine":
        """The map back."""
        back: FloatArray = np.linalg.inv(self.linear).astype(np.float64)
        return Affine(linear=back, shift_mm=-back @ self.shift_mm)

    def after(self, first: "Affine") -> "Affine":
        """This map of what `first` gives."""
        return Affine(linear=self.linear @ first.linear, shift_mm=self.at(first.shift_mm))

    @property
    def scales(self) -> FloatArray:
        """By how much lengths change along the three principal directions, largest first; 1 if rigid. (3,)"""
        found: FloatArray = np.linalg.svd(self.linear, compute_uv=False).astype(np.float64)
        return found

    @property
    def is_rigid(self) -> bool:
        """Whether it only turns and shifts."""
        return bool(np.abs(self.scales - 1).max() <= RIGID_TOLERANCE) and not self.is_mirror

    @property
    def is_mirror(self) -> bool:
        """Whether it makes a left hand a right one."""
        return bool(np.linalg.det(self.linear) < 0)

    @property
    def is_along_axes(self) -> bool:
        """Whether every axis becomes an axis, unscaled, so that a grid along the axes stays one."""
        nearest = np.rint(self.linear)
        is_permutation = (np.abs(nearest).sum(axis=0) == 1).all() and (np.abs(nearest).sum(axis=1) == 1).all()
        return bool(is_permutation and np.abs(self.linear - nearest).max() <= ALONG_AXES)

    @property
    def turn_degrees(self) -> float:
        """The angle by which a rigid map turns. [degrees]"""
        cosine = (np.trace(self.linear) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


IDENTITY = Affine(linear=np.eye(3), shift_mm=np.zeros(3))


def corners_mm(low_mm: tuple[float, ...], high_mm: tuple[float, ...]) -> FloatArray:
    """The eight corners of a box. (8, 3)

    >>> corners_mm((0, 0, 0), (1, 2, 3))[-1].tolist()
    [1.0, 2.0, 3.0]
    """
    sides = np.meshgrid(*zip(low_mm, high_mm, strict=True), indexing="ij")
    return np.stack([side.reshape(-1) for side in sides], axis=-1).astype(np.float64)
