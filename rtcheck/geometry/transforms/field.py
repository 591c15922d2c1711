"""A grid of displacements -> the points that it moves others to, and back."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import DicomError
from rtcheck.geometry.transforms.affine import Affine, FloatArray
from rtcheck.values import dataclass

CONVERGED_MM = 1e-4
"""How near the displaced point must come to the one that is asked for."""

_PASSES = ((1.0, 40), (0.4, 160))
"""Share of the residual taken at each step, and steps: the short steps also reach where lengths more than double."""

_EDGE = 1e-6  # of a voxel: where a point on the outermost nodes may come to lie by rounding

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """Points p [mm] -> pre(p) + d(p), with d trilinear between the nodes of a grid, and not known beyond them.

    `vectors_mm` (k, j, i, 3), float32, NaN where not known; `to_nodes` gives the place (i, j, k) of a point in the
    grid. `is_back`: the map from the displaced points to the first ones, by a fixed point.
    """

    vectors_mm: NDArray[np.float32]
    to_nodes: Affine
    pre: Affine
    is_back: bool = False

    @property
    def inverse(self) -> "Field":
        """The map the other way."""
        return replace(self, is_back=not self.is_back)

    @property
    def counts(self) -> FloatArray:
        """How many nodes the grid has along i, j and k. (3,)"""
        return np.array(self.vectors_mm.shape[2::-1], dtype=np.float64)

    def at(self, points_mm: FloatArray) -> FloatArray:
        """The points on the other side; NaN where they are not known. (..., 3)

        Raises DicomError where no point is found that is displaced to the one that is asked for.
        """
        flat = np.asarray(points_mm, dtype=np.float64).reshape(-1, 3)
        moved = self._before(flat) if self.is_back else self.pre.at(flat) + self.displacement_mm(flat)
        return moved.reshape(np.shape(points_mm))

    def displacement_mm(self, points_mm: FloatArray, *, clamped: bool = False) -> FloatArray:
        """Trilinear displacements; beyond the outermost nodes NaN, or `clamped` those of the outermost. (n, 3)"""
        place, last = self.to_nodes.at(points_mm), self.counts - 1
        is_known = _all((place >= -_EDGE) & (place <= last + _EDGE))  # False for NaN
        place = np.clip(np.where(np.isnan(place), 0.0, place), 0.0, last)
        low = np.minimum(place.astype(np.int64), (last - 1).astype(np.int64))
        share = place - low
        rows = self.vectors_mm.reshape(-1, 3)
        _, across, along = self.vectors_mm.shape[:3]
        first = (low[:, 2] * across + low[:, 1]) * along + low[:, 0]
        right, back, up = share.T
        found = np.zeros((len(place), 3))
        for above, weight_z in enumerate((1 - up, up)):
            for behind, weight_y in enumerate((1 - back, back)):
                for beside, weight_x in enumerate((1 - right, right)):
                    weight = weight_z * weight_y * weight_x
                    vectors = rows.take(first + (above * across + behind) * along + beside, axis=0)
                    if not np.isfinite(vectors).all():  # a node without weight counts for nothing, known or not
                        vectors = np.where(weight[:, None] > 0, vectors, 0.0)
                    found += weight[:, None] * vectors
        return found if clamped else np.where(is_known[:, None], found, np.nan)

    def _before(self, wanted_mm: FloatArray) -> FloatArray:
        """The points that are displaced to those wanted; NaN for those that come from beyond the grid. (n, 3)"""
        back = self.pre.inverse
        found = back.at(wanted_mm)
        open_ = np.flatnonzero(_all(np.isfinite(found)))
        for share, steps in _PASSES:
            found[open_] = back.at(wanted_mm[open_])
            for _ in range(steps):
                if not len(open_):
                    break
                here = found[open_]
                nearer = back.at(wanted_mm[open_] - self.displacement_mm(here, clamped=True))
                off_mm = np.linalg.norm(nearer - here, axis=1)
                found[open_] = here + share * (nearer - here)
                open_ = open_[off_mm > CONVERGED_MM]  # not NaN: that is not known, and will not be
        is_known = _all(np.isfinite(self.displacement_mm(found)))
        if is_known[open_].any():
            raise cannot_be_inverted()
        found[~is_known] = np.nan
        return found

    def folds(self, is_asked: Callable[[FloatArray], BoolArray]) -> bool:
        """Whether the field turns space inside out in a cell with a node that is asked about.

        `is_asked` is given the points that the map makes of the nodes of one plane, (j, i, 3). The determinant of the
        derivative is looked at in the eight corners of each cell.
        """
        linear = self.to_nodes.linear  # places of a node apart by mm
        asked = [is_asked(self._of_nodes(k)) for k in range(self.vectors_mm.shape[0])]
        for k in range(len(asked) - 1):
            cells = _cells_at(asked[k], asked[k + 1])
            if not cells.any():
                continue
            two = self.vectors_mm[k : k + 2].astype(np.float64)
            up = two[1] - two[0]
            for layer in two:
                along, across = np.diff(layer, axis=1), np.diff(layer, axis=0)
                for row in (0, 1):
                    for column in (0, 1):
                        rows, columns = _part(row), _part(column)
                        by_place = np.stack([along[rows], across[:, columns], up[rows, columns]], axis=-1)
                        derivative = self.pre.linear + by_place @ linear
                        if (_determinants(derivative[cells]) <= 0).any():
                            return True
        return False

    def _of_nodes(self, k: int) -> FloatArray:
        """What the map makes of the nodes of a plane, or the nodes themselves where it is the way back. (j, i, 3)"""
        j, i = np.indices(self.vectors_mm.shape[1:3])
        nodes = self.to_nodes.inverse.at(np.stack([i, j, np.full_like(i, k)], axis=-1).astype(np.float64))
        return nodes if self.is_back else self.pre.at(nodes) + self.vectors_mm[k]


def _all(marked: BoolArray) -> BoolArray:
    """Whether all three coordinates of a point are marked. (..., 3) -> (...)"""
    return np.asarray(marked.all(axis=-1), dtype=np.bool_)


def _determinants(matrices: FloatArray) -> FloatArray:
    """Of 3 x 3 matrices; NaN where an element is. (n,)"""
    one, two, three = np.moveaxis(matrices, -2, 0)
    found: FloatArray = (one * np.cross(two, three)).sum(axis=-1)
    return found


def _part(end: int) -> slice:
    """All nodes but the last, or but the first."""
    return slice(None, -1) if end == 0 else slice(1, None)


def _cells_at(one: BoolArray, next_one: BoolArray) -> BoolArray:
    """The cells between two planes of nodes of which one of the eight corners is marked. (j - 1, i - 1)"""
    both = one | next_one
    cells: BoolArray = both[:-1, :-1] | both[1:, :-1] | both[:-1, 1:] | both[1:, 1:]
    return cells


def cannot_be_inverted() -> DicomError:
    """The refusal of a field that is not one to one."""
    return DicomError(
        "the deformable registration cannot be used: where the dose lies it folds, or cannot be inverted there.",
        code="registration.faulty",
    )
