"""Maps one after another -> one map from one frame of reference to another: affine, or with a field that bends."""

from collections.abc import Sequence

import numpy as np

from rtcheck.geometry.transforms.affine import IDENTITY, Affine, FloatArray
from rtcheck.geometry.transforms.field import BoolArray, Field, cannot_be_inverted
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Warp:
    """Points (..., 3) [mm] of one frame -> those of another through maps of which at least one is a field.

    A point that a field does not know becomes NaN.
    """

    steps: tuple[Affine | Field, ...]
    is_rigid = False
    is_along_axes = False

    def at(self, points_mm: FloatArray) -> FloatArray:
        """The points in the other frame. (..., 3)"""
        for step in self.steps:
            points_mm = step.at(points_mm)
        return points_mm

    @property
    def inverse(self) -> "Warp":
        """The map back."""
        return Warp(steps=tuple(step.inverse for step in reversed(self.steps)))

    def after(self, first: "Map") -> "Map":
        """This map of what `first` gives."""
        return composed([first, self])


Map = Affine | Warp


def composed(maps: Sequence[Map]) -> Map:
    """The maps one after another, the first one first; affine ones that follow each other become one.

    >>> aside = Affine(linear=np.eye(3), shift_mm=np.array([3.0, 0.0, 0.0]))
    >>> composed([aside, aside]).at(np.zeros(3)).tolist()
    [6.0, 0.0, 0.0]
    """
    steps: list[Affine | Field] = []
    for step in (step for each in maps for step in (each.steps if isinstance(each, Warp) else (each,))):
        if steps and isinstance(step, Affine) and isinstance(steps[-1], Affine):
            steps[-1] = step.after(steps[-1])
        else:
            steps.append(step)
    if all(isinstance(step, Affine) for step in steps):
        return next((step for step in steps if isinstance(step, Affine)), IDENTITY)
    return Warp(steps=tuple(steps))


def most_apart_mm(one: Map, other: Map, points_mm: FloatArray) -> float:
    """The largest distance between what two maps make of the same points, of those that both know. [mm]

    Infinite where they know none in common.

    >>> most_apart_mm(IDENTITY, Affine(linear=np.eye(3), shift_mm=np.array([3.0, 4.0, 0.0])), np.zeros((1, 3)))
    5.0
    """
    apart_mm = np.linalg.norm(one.at(points_mm) - other.at(points_mm), axis=-1)
    known = apart_mm[np.isfinite(apart_mm)]
    return float(known.max()) if known.size else float("inf")


def linear_at(found: Map, point_mm: FloatArray) -> FloatArray:
    """The derivative of a map at a point, through a field over a millimetre; NaN where it is not known. (3, 3)

    >>> bool((linear_at(IDENTITY, np.zeros(3)) == np.eye(3)).all())
    True
    """
    if isinstance(found, Affine):
        return found.linear
    ends = found.at(point_mm + np.concatenate([np.eye(3), -np.eye(3)]) / 2)
    derivative: FloatArray = (ends[:3] - ends[3:]).T
    return derivative


def lattice_mm(low_mm: tuple[float, ...], high_mm: tuple[float, ...], count: int = 9) -> FloatArray:
    """Points spread over a box, its faces and corners included. (count ** 3, 3)

    >>> lattice_mm((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), count=2).shape
    (8, 3)
    """
    sides = np.meshgrid(*(np.linspace(*ends, count) for ends in zip(low_mm, high_mm, strict=True)), indexing="ij")
    return np.stack([side.reshape(-1) for side in sides], axis=-1).astype(np.float64)


def require_no_folds(to_own: Map, low_mm: tuple[float, ...], high_mm: tuple[float, ...]) -> None:
    """Raise DicomError for a map to a frame that folds where it leads into the box (x, y, z) there."""
    low, high = np.array(low_mm), np.array(high_mm)
    steps = to_own.steps if isinstance(to_own, Warp) else ()
    for place, step in enumerate(steps, start=1):
        rest = Warp(steps=steps[place:])

        def leads_in(points_mm: FloatArray, rest: Warp = rest) -> BoolArray:
            there = rest.at(points_mm)
            return np.asarray(((there >= low) & (there <= high)).all(axis=-1), dtype=np.bool_)

        if isinstance(step, Field) and step.folds(leads_in):
            raise cannot_be_inverted()
