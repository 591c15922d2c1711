"""A structure's contours in numbers, all at once: heights, areas and boxes; and which of its points lie in a solid."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray, Structure
from rtcheck.geometry.solid import Solid
from rtcheck.geometry.sweep import crossings_to_the_left
from rtcheck.values import dataclass

BoolArray = NDArray[np.bool_]

APART_MM = 4.0
"""Points looked at are as near to one another; what bulges out between them has less than a pixel's area."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """`points_mm` (points, 2) of all contours, one after another, from `starts` (contours,) on.

    `z_mm`, `area_mm2` (contours,), `low_mm` and `high_mm` (contours, 2): height, area and box of each.
    """

    points_mm: FloatArray
    starts: NDArray[np.int64]
    z_mm: FloatArray
    area_mm2: FloatArray
    low_mm: FloatArray
    high_mm: FloatArray

    @property
    def planes_mm(self) -> FloatArray:
        """The heights of the planes, ascending, each once."""
        return np.array(sorted(set(self.z_mm.tolist())))

    @property
    def box_mm(self) -> tuple[float, ...]:
        """Lower and upper corner (x, y, z) of all of it."""
        low, high = self.low_mm.min(axis=0).tolist(), self.high_mm.max(axis=0).tolist()
        return (*low, float(self.z_mm.min()), *high, float(self.z_mm.max()))

    def vertices_mm(self, contour: int) -> FloatArray:
        """The points of one contour (n, 2)."""
        ends = [*self.starts[1:].tolist(), len(self.points_mm)]
        return self.points_mm[self.starts[contour] : ends[contour]]


def drawn_of(structure: Structure) -> Drawn:
    """The contours of a structure that has some."""
    loops = [contour.vertices_mm for contour in structure.contours]
    counts = np.array([len(loop) for loop in loops])
    starts = np.cumsum(counts) - counts
    points_mm = np.concatenate(loops)
    local = points_mm[:, :2] - np.repeat(points_mm[starts, :2], counts, axis=0)
    following = np.arange(1, len(local) + 1)
    following[starts + counts - 1] = starts
    x, y = local.T
    area_mm2 = np.abs(np.add.reduceat(x * y[following] - x[following] * y, starts)) / 2
    return Drawn(
        points_mm=points_mm[:, :2],
        starts=starts,
        z_mm=points_mm[starts, 2],
        area_mm2=area_mm2,
        low_mm=np.minimum.reduceat(points_mm[:, :2], starts),
        high_mm=np.maximum.reduceat(points_mm[:, :2], starts),
    )


def between_ends(start_mm: FloatArray, step_mm: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Points along edges (n, 2), their starts among them, at most APART_MM apart, and the edge of each."""
    parts = np.maximum(np.ceil(np.hypot(*step_mm.T) / APART_MM).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(parts)), parts)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[edge]
    return start_mm[edge] + share[:, None] * step_mm[edge], edge


def slab_of(solid: Solid, z_mm: FloatArray) -> NDArray[np.int64]:
    """The number of the slab at each height, -1 where there is none."""
    low_mm = np.array([slab.z_low_mm for slab in solid.slabs])
    high_mm = np.array([slab.z_high_mm for slab in solid.slabs])
    if not len(low_mm):
        return np.full(len(z_mm), -1)
    at = np.searchsorted(low_mm, z_mm, side="right") - 1
    return np.where((at >= 0) & (z_mm < high_mm[np.maximum(at, 0)]), at, -1)


def are_inside(points_mm: FloatArray, slab: NDArray[np.int64], solid: Solid) -> BoolArray:
    """Whether each point (n, 2) lies in the cross-section of the slab with its number; False for -1."""
    asked = np.flatnonzero(slab >= 0)
    numbers = np.flatnonzero(np.bincount(slab[asked], minlength=len(solid.slabs)))
    if not len(numbers):
        return np.zeros(len(points_mm), dtype=np.bool_)
    edges = [solid.slabs[number].edges_mm for number in numbers.tolist()]
    edges_mm, plane = np.concatenate(edges), np.repeat(numbers, [len(each) for each in edges])
    point, _ = crossings_to_the_left(points_mm[asked], slab[asked], edges_mm, plane)
    inside = np.zeros(len(points_mm), dtype=np.bool_)
    inside[asked] = np.bincount(point, minlength=len(asked)) % 2 == 1
    return inside
