"""Many closed loops at once, as flat arrays: areas, duplicates, nesting, and which planes have loops that touch."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry._kernel import calls
from rtcheck.geometry.arrays import distinct, group_rows
from rtcheck.geometry.contours import Drawn, FloatArray
from rtcheck.geometry.sweep import crossings_to_the_left, pairs_side_by_side
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

TOUCH_TOLERANCE_MM = 1e-4  # loops nearer than this to one another count as touching
OUTLINE_ROUNDING_MM = 0.05  # an outline that leaves another by no more than this all round does not leave it
PIXEL_MM = 1.0  # of a planning CT; outlines nearer than this to one another are not drawn apart
POINT_DECIMALS = 3  # mm; points that agree to these are the same point
MOST_PAIRS_OF_A_LOOP = 64  # on average: room for so many is reserved; tangles that have more are left to numpy
NO_AREA_MM2 = 1e-9  # a loop that encloses less is a line


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measures:
    """What loops measure, a row each (loops, MEASURES): signed area, area of triangles that do not cancel one another
    (twice), length, low x and y, high x and y, and the sums of x and of y.
    """

    rows: FloatArray

    @property
    def signed_area_mm2(self) -> FloatArray:
        """Area of each loop, positive for counter-clockwise (loops,)."""
        return self.rows[:, 0]

    @property
    def has_area(self) -> BoolArray:
        """False where a loop's points all lie on one line (loops,). Lobes of a figure of eight do not cancel."""
        return self.rows[:, 1] > NO_AREA_MM2

    @property
    def perimeter_mm(self) -> FloatArray:
        """Length of each loop (loops,)."""
        return self.rows[:, 2]

    @property
    def low_mm(self) -> FloatArray:
        """The corner of each loop's box toward low x and y (loops, 2)."""
        return self.rows[:, 3:5]

    @property
    def high_mm(self) -> FloatArray:
        """The corner of each loop's box toward high x and y (loops, 2)."""
        return self.rows[:, 5:7]

    @property
    def sums_mm(self) -> FloatArray:
        """The sums of x and of y over the points of each loop (loops, 2)."""
        return self.rows[:, 7:9]

    def of(self, chosen: IntArray, turned: BoolArray) -> "Measures":
        """Those of the chosen loops, some of them turned around."""
        rows = self.rows[chosen]
        rows[turned, 0] *= -1
        return Measures(rows=rows)


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Loops:
    """Loops of one structure, one after another: `points_mm` (points, 2); `counts`, `z_mm`, `is_xor` (loops,)."""

    points_mm: FloatArray
    counts: IntArray
    z_mm: FloatArray
    is_xor: BoolArray

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def bounds(self) -> IntArray:
        """Where each loop's points begin, and where the last one's end (loops + 1,)."""
        bounds = np.zeros(len(self.counts) + 1, dtype=np.int64)
        np.cumsum(self.counts, out=bounds[1:])
        return bounds

    @property
    def starts(self) -> IntArray:
        """Where each loop's points begin (loops,)."""
        return self.bounds[:-1]

    @property
    def loop_of_point(self) -> IntArray:
        return np.repeat(np.arange(len(self)), self.counts)

    @property
    def next_point(self) -> IntArray:
        """The index of the point after each point, around its loop (points,)."""
        following = np.arange(1, len(self.points_mm) + 1)
        following[self.bounds[1:] - 1] = self.starts
        return following

    @cached_property
    def plane_index(self) -> IntArray:
        """The plane of each loop, 0 for the lowest; loops must be in ascending z (loops,)."""
        plane = np.zeros(len(self), dtype=np.int64)
        np.cumsum(self.z_mm[1:] > self.z_mm[:-1], out=plane[1:])
        return plane

    @cached_property
    def measures(self) -> Measures:
        """What each loop measures."""
        rows = calls.measured(self.points_mm, self.bounds)
        return Measures(rows=measured_in_numpy(self) if rows is None else rows)

    @property
    def signed_area_mm2(self) -> FloatArray:
        """Area of each loop, positive for counter-clockwise (loops,)."""
        return self.measures.signed_area_mm2

    @property
    def perimeter_mm(self) -> FloatArray:
        """Length of each loop (loops,)."""
        return self.measures.perimeter_mm

    @cached_property
    def edges_mm(self) -> FloatArray:
        """The edge from every point to the next one, x0, y0, x1, y1 (points, 4)."""
        points = self.points_mm
        edges = np.empty((len(points), 4))
        if len(points):
            edges[:, :2] = points
            edges[:-1, 2:] = points[1:]
            edges[self.bounds[1:] - 1, 2:] = points[self.starts]
        return edges

    def each(self) -> list[FloatArray]:
        """The points of each loop (n, 2)."""
        bounds = self.bounds.tolist()
        return [self.points_mm[start:end] for start, end in pairwise(bounds)]

    def select(self, chosen: IntArray) -> "Loops":
        """The chosen loops, in the order asked for."""
        if len(chosen) == len(self) and np.array_equal(chosen, np.arange(len(self))):
            return self
        return self._gathered(chosen, np.zeros(len(chosen), dtype=np.bool_))

    def first_of_duplicates(self) -> IntArray:
        """The loops, without those that repeat an earlier one's points, in any direction and from any start."""
        if len(distinct(self.z_mm)) == len(self):  # one loop a plane
            return np.arange(len(self))
        sums = np.round(self.measures.sums_mm, POINT_DECIMALS)
        alike, group = group_rows(np.column_stack([self.z_mm, self.counts, sums]))
        if len(alike) == len(self):
            return np.arange(len(self))
        first: dict[tuple[int, bytes], int] = {}
        for loop, vertices in enumerate(self.each()):
            rounded = np.round(vertices, POINT_DECIMALS) + 0.0
            in_any_order = rounded[np.lexsort(rounded.T)].tobytes()
            first.setdefault((int(group[loop]), in_any_order), loop)
        return np.array(list(first.values()))

    def oriented(self, depth: IntArray) -> "Loops":
        """The same loops, counter-clockwise where their depth is even, clockwise where odd."""
        turned = (self.signed_area_mm2 > 0) != (depth % 2 == 0)
        return self._gathered(np.arange(len(self)), turned) if turned.any() else self

    def _gathered(self, chosen: IntArray, turned: BoolArray) -> "Loops":
        """The chosen loops, those that are `turned` from their last point to their first."""
        points_mm = calls.gathered(self.points_mm, self.bounds, chosen, turned)
        if points_mm is None:
            points_mm = gathered_in_numpy(self, chosen, turned)
        loops = Loops(
            points_mm=points_mm, counts=self.counts[chosen], z_mm=self.z_mm[chosen], is_xor=self.is_xor[chosen]
        )
        if "measures" in self.__dict__:  # they go along
            loops.__dict__["measures"] = self.measures.of(chosen, turned)
        return loops


def measured_in_numpy(loops: Loops) -> FloatArray:
    """The reference of `Loops.measures`: their rows (loops, MEASURES)."""
    rows = np.zeros((len(loops), calls.MEASURES))
    if not len(loops):
        return rows
    points, starts, following = loops.points_mm, loops.starts, loops.next_point
    x, y = (points - np.repeat(points[starts], loops.counts, axis=0)).T  # against cancellation far from zero
    step = points[following] - points
    twice_triangles = x * y[following] - x[following] * y
    rows[:, 0] = np.add.reduceat(twice_triangles, starts) / 2
    rows[:, 1] = np.add.reduceat(np.abs(twice_triangles), starts)
    rows[:, 2] = np.add.reduceat(np.hypot(step[:, 0], step[:, 1]), starts)
    rows[:, 3:5], rows[:, 5:7] = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    rows[:, 7:9] = np.add.reduceat(points, starts)
    return rows


def gathered_in_numpy(loops: Loops, chosen: IntArray, turned: BoolArray) -> FloatArray:
    """The points (p, 2) of the chosen loops, those that are `turned` in reverse: the reference of the kernel."""
    counts = loops.counts[chosen]
    ends = np.cumsum(counts)
    first, loop = loops.starts[chosen], np.repeat(np.arange(len(chosen)), counts)
    place = np.arange(len(loop)) - (ends - counts)[loop]
    place = np.where(turned[loop], counts[loop] - 1 - place, place)
    points_mm: FloatArray = loops.points_mm[first[loop] + place]
    return points_mm


def loops_of(contours: Drawn, z_mm: FloatArray, is_xor: BoolArray) -> Loops:
    """The loops of contours in planes at `z_mm` (contours,), without those of a single point."""
    counts, filled = contours.counts, contours.counts > 0
    if not filled.all():
        counts, z_mm, is_xor = counts[filled], z_mm[filled], is_xor[filled]
    return Loops(points_mm=contours.points_mm, counts=counts, z_mm=z_mm, is_xor=is_xor)


def loops_in_plane(vertices: Sequence[FloatArray]) -> Loops:
    """Loops (n, 2) of one plane as `Loops`, none of them XOR. [mm]

    >>> loops_in_plane([np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])]).perimeter_mm.tolist()
    [40.0]
    """
    counts = np.array([len(v) for v in vertices], dtype=np.int64)
    points_mm = np.concatenate(vertices) if vertices else np.empty((0, 2))
    return Loops(
        points_mm=points_mm, counts=counts, z_mm=np.zeros(len(counts)), is_xor=np.zeros(len(counts), dtype=bool)
    )


def joined(parts: Sequence[Loops]) -> Loops:
    """The loops of all parts, one part after another."""
    return Loops(
        points_mm=np.concatenate([part.points_mm for part in parts]),
        counts=np.concatenate([part.counts for part in parts]),
        z_mm=np.concatenate([part.z_mm for part in parts]),
        is_xor=np.concatenate([part.is_xor for part in parts]),
    )


def containment(loops: Loops) -> tuple[IntArray, IntArray]:
    """Pairs (inner, outer) of loops of one plane; right for loops that neither overlap nor share an edge.

    Both are indices of loops (pairs,).

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> inner, outer = containment(loops_in_plane([square, square / 2 + 2.5]))
    >>> inner.tolist(), outer.tolist()
    ([1], [0])
    """
    plane = loops.plane_index
    chosen = np.flatnonzero(np.bincount(plane)[plane] > 1) if len(loops) else np.empty(0, dtype=np.int64)
    if not len(chosen):
        return chosen, chosen
    pairs = calls.contained(loops.points_mm, loops.bounds, plane, most=MOST_PAIRS_OF_A_LOOP * len(loops))
    if pairs is not None:
        inner, outer = pairs[np.lexsort(pairs.T[::-1])].T
        return inner, outer
    return containment_in_numpy(loops, plane, chosen)


def containment_in_numpy(loops: Loops, plane: IntArray, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """The reference of `containment`: pairs (pairs,) of the loops `chosen` (n,), which share their plane with others.

    `plane` (loops,) is the plane of each loop.
    """
    shared = loops.select(chosen)
    edges, owner = shared.edges_mm, shared.loop_of_point
    on_loop = (edges[shared.starts, :2] + edges[shared.starts, 2:]) / 2  # loops may meet in a point, not along an edge
    query, crossed = crossings_to_the_left(on_loop, plane[chosen], edges, plane[chosen][owner])
    pair = query * len(shared) + owner[crossed]
    pair, crossings = np.unique(pair[owner[crossed] != query], return_counts=True)
    inner, outer = np.divmod(pair[crossings % 2 == 1], len(shared))
    return chosen[inner], chosen[outer]


def nesting_depth(loops: Loops) -> IntArray:
    """How many loops of the same plane contain each loop (loops,): 0 an outer loop, 1 a hole, 2 an island in a hole.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> nesting_depth(loops_in_plane([square, square / 2 + 2.5])).tolist()
    [0, 1]
    """
    inner, _ = containment(loops)
    return np.bincount(inner, minlength=len(loops))


def are_rinds(loops: Loops, inner: IntArray, outer: IntArray) -> BoolArray:
    """Whether loops leave less than a pixel's width between them (pairs,).

    `inner` and `outer` (pairs,) are pairs of loops as `containment` gives them.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> loops = loops_in_plane([square, square * 0.9 + 0.5])
    >>> are_rinds(loops, *containment(loops)).tolist()  # half a millimetre all round
    [True]
    """
    depth = np.bincount(inner, minlength=len(loops))
    area_mm2, perimeter_mm = np.abs(loops.signed_area_mm2), loops.perimeter_mm
    width_mm = (area_mm2[outer] - area_mm2[inner]) / np.maximum((perimeter_mm[outer] + perimeter_mm[inner]) / 2, 1e-9)
    thin: BoolArray = (width_mm < PIXEL_MM) & (depth[inner] == depth[outer] + 1) & (depth[inner] % 2 == 1)
    return thin & (area_mm2[inner] > area_mm2[outer] / 2)


def untidy_planes(loops: Loops, inner: IntArray, outer: IntArray) -> frozenset[int]:
    """The planes that orienting each loop by its depth does not tidy.

    A loop touches or crosses itself or another, or fills another but for a rounding error, or is XOR. `inner` and
    `outer` (pairs,) are pairs of loops as `containment` gives them.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> loops = loops_in_plane([square, square + 5.0])
    >>> untidy_planes(loops, *containment(loops))
    frozenset({0})
    """
    plane = loops.plane_index
    found = [plane[touching_loops(loops)[0]], plane[loops.is_xor]]
    if len(inner):
        area_mm2 = np.abs(loops.signed_area_mm2)
        is_filled = area_mm2[inner] >= area_mm2[outer] - OUTLINE_ROUNDING_MM * loops.perimeter_mm[outer]
        found.append(plane[inner[is_filled]])
    return frozenset(np.concatenate(found).tolist())


def touching_loops(loops: Loops) -> tuple[IntArray, IntArray]:
    """Pairs of loops (n,) with first <= second that touch or cross, each pair once; (k, k) where loop k touches itself.

    Neighbouring edges of one loop do not count.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> first, second = touching_loops(loops_in_plane([square, square + 5.0, square + 50.0]))
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    found = calls.touching(
        loops.points_mm, loops.bounds, loops.plane_index,
        tolerance=TOUCH_TOLERANCE_MM, most=MOST_PAIRS_OF_A_LOOP * len(loops),
    )  # fmt: skip
    if found is None:
        return touching_loops_in_numpy(loops)
    pair = distinct(found[:, 0] * len(loops) + found[:, 1])
    return pair // max(len(loops), 1), pair % max(len(loops), 1)


def touching_loops_in_numpy(loops: Loops) -> tuple[IntArray, IntArray]:
    """The reference of `touching_loops`: pairs of loops (n,)."""
    owner, following, edges = loops.loop_of_point, loops.next_point, loops.edges_mm
    first, second = pairs_side_by_side(edges, loops.plane_index[owner], TOUCH_TOLERANCE_MM)
    are_neighbours = (following[first] == second) | (following[second] == first)
    first, second = first[~are_neighbours], second[~are_neighbours]
    meet = _edges_meet(edges[first], edges[second])
    one, other = owner[first[meet]], owner[second[meet]]
    pair = distinct(np.minimum(one, other) * len(loops) + np.maximum(one, other))
    return pair // max(len(loops), 1), pair % max(len(loops), 1)


def _edges_meet(first: FloatArray, second: FloatArray) -> BoolArray:
    """Whether edges (n, 4) pairwise touch or cross, to the tolerance (n,)."""

    def reaches_across(a: FloatArray, b: FloatArray) -> BoolArray:
        dx, dy = a[:, 2] - a[:, 0], a[:, 3] - a[:, 1]
        length = np.hypot(dx, dy)
        start = (dx * (b[:, 1] - a[:, 1]) - dy * (b[:, 0] - a[:, 0])) / length
        end = (dx * (b[:, 3] - a[:, 1]) - dy * (b[:, 2] - a[:, 0])) / length
        below = np.minimum(start, end) <= TOUCH_TOLERANCE_MM
        return below & (np.maximum(start, end) >= -TOUCH_TOLERANCE_MM)

    return reaches_across(first, second) & reaches_across(second, first)
