"""The cross-sections of a structure: the loops of all its planes, cleaned, in a few arrays."""

from functools import cached_property
from itertools import pairwise

import numpy as np

from rtcheck.geometry.arrays import steps_between
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.loops import BoolArray, IntArray, Loops
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """One simple closed loop: `vertices_mm` (n, 2), counter-clockwise where `depth` is even, clockwise where odd.

    `depth` counts the loops around it: 0 is an outer loop, 1 a hole, 2 an island in a hole.
    """

    vertices_mm: FloatArray
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """The loops of one z. `edges_mm` (n, 4) are the same loops as directed edges, interior on the left."""

    z_mm: float
    loops: tuple[Loop, ...]
    edges_mm: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Sections:
    """The cross-sections of planes, ascending in z: simple and oriented `loops`, and how deeply each is nested.

    `depth` (loops,) counts the loops around each. `first_loop` (planes + 1,) is where the loops of each plane begin.
    """

    loops: Loops
    depth: IntArray

    def __len__(self) -> int:
        return len(self.z_mm)

    @cached_property
    def first_loop(self) -> IntArray:
        z_mm = self.loops.z_mm
        return np.concatenate([[0], np.flatnonzero(z_mm[1:] > z_mm[:-1]) + 1, [len(z_mm)]]) if len(z_mm) else _NO_PLANES

    @cached_property
    def z_mm(self) -> FloatArray:
        """The z of each plane (planes,)."""
        return self.loops.z_mm[self.first_loop[:-1]]

    @cached_property
    def edges_mm(self) -> list[FloatArray]:
        """The edges (n, 4) of each plane: views of one array."""
        edges_mm, first = self.loops.edges_mm, self.loops.bounds[self.first_loop].tolist()
        return [edges_mm[begin:end] for begin, end in pairwise(first)]

    @cached_property
    def net_area_mm2(self) -> FloatArray:
        """The area of each plane without its holes (planes,)."""
        return np.add.reduceat(self.loops.signed_area_mm2, self.first_loop[:-1])

    @cached_property
    def outer(self) -> IntArray:
        """The numbers of the outer loops (outer loops,)."""
        return np.flatnonzero(self.depth == 0)

    @cached_property
    def first_outer(self) -> IntArray:
        """Where the outer loops of each plane begin among `outer` (planes + 1,)."""
        return np.searchsorted(self.outer, self.first_loop)

    @cached_property
    def outer_area_mm2(self) -> FloatArray:
        """The area of each plane, holes filled (planes,)."""
        return np.add.reduceat(np.abs(self.loops.signed_area_mm2[self.outer]), self.first_outer[:-1])

    @cached_property
    def are_alone(self) -> BoolArray:
        """Whether each plane and the next have a single outer loop (planes - 1,)."""
        is_single = steps_between(self.first_outer) == 1
        both: BoolArray = is_single[1:] & is_single[:-1]
        return both

    @cached_property
    def goes_straight_on(self) -> BoolArray:
        """Whether each plane and the next have a single outer loop, and the boxes of the two overlap (planes - 1,)."""
        first = self.outer[self.first_outer[:-1]]
        low_mm, high_mm = self.loops.measures.low_mm[first], self.loops.measures.high_mm[first]
        overlap = ((low_mm[1:] <= high_mm[:-1]) & (low_mm[:-1] <= high_mm[1:])).all(axis=1)
        both: BoolArray = self.are_alone & overlap
        return both

    def are_opposite(self, gap: int) -> bool:
        """Whether the box of an outer loop of plane `gap` overlaps that of one of the next plane."""
        below, between, above = self.first_outer[gap : gap + 3].tolist()
        low_mm, high_mm = self.loops.measures.low_mm[self.outer], self.loops.measures.high_mm[self.outer]
        low, high = (slice(below, between), None), slice(between, above)
        reaches_up = (low_mm[low] <= high_mm[high]) & (low_mm[high] <= high_mm[low])
        return bool(reaches_up.all(axis=2).any())

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        """The same, plane by plane, for those who look at single loops."""
        vertices, depth, first = self.loops.each(), self.depth.tolist(), self.first_loop.tolist()
        return tuple(
            Plane(
                z_mm=z_mm, edges_mm=edges_mm,
                loops=tuple(Loop(vertices_mm=vertices[k], depth=depth[k]) for k in range(begin, end)),
            ) for z_mm, edges_mm, (begin, end) in zip(self.z_mm.tolist(), self.edges_mm, pairwise(first), strict=True)
        )  # fmt: skip


_NO_PLANES = np.zeros(1, dtype=np.int64)
