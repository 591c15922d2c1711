"""Loops of one plane that touch or cross -> simple loops that do not: keyholes, overlaps, figures of eight, XOR.

A loop by itself is filled even-odd (so a keyhole is a hole, whichever way its inner part runs). Loops inside one
another are holes and islands by turns; loops that overlap partly are united. XOR loops are even-odd all together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import group_rows, tangled
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.loops import (
    OUTLINE_ROUNDING_MM,
    PIXEL_MM,
    Loops,
    containment,
    loops_in_plane,
    nesting_depth,
    touching_loops,
)
from rtcheck.geometry.overlay import boundary
from rtcheck.geometry.tracing import loops_of_edges
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
CommonAreas = dict[tuple[int, int], float]
"""What loops i < j have in common, of those that have anything. [mm2]"""

MOST_TOUCHING_PAIRS = 3_000  # of loops on a plane: each takes some milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Simple oriented loops of one plane and their nesting depths (loops,).

    `overlaps`: partly overlapping loops were united. `is_wound_twice`: a loop runs twice around an area, in one
    direction, which even-odd leaves out as a hole.
    """

    loops: Loops
    depth: IntArray
    overlaps: bool
    is_wound_twice: bool


def mend_plane(vertices: Sequence[FloatArray], is_xor: bool) -> Mended:
    """The loops of one plane, each (n, 2) [mm], made simple; with `is_xor` they are filled even-odd.

    Raises GeometryError if loops touch in a way that cannot be resolved.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> mended = mend_plane([square, square + [5, 0]], False)  # two squares that overlap by half
    >>> mended.loops.signed_area_mm2.tolist(), mended.overlaps, mended.is_wound_twice
    ([150.0], True, False)
    """
    drawn = loops_in_plane(vertices)
    edges, loop = drawn.edges_mm, drawn.loop_of_point
    if is_xor or len(vertices) == 1:
        region, overlap = loop, False
        area_mm2 = None

        def is_inside(winding: IntArray) -> BoolArray:
            odd: BoolArray = winding.sum(axis=1) % 2 != 0
            return odd
    else:
        area_mm2, common_mm2 = _areas(drawn)
        level, overlap = _levels(drawn, area_mm2, common_mm2)
        region_of_loop, level_of_region = _regions(level, common_mm2)
        region = region_of_loop[loop]

        def is_inside(winding: IntArray) -> BoolArray:
            deepest = np.where(winding % 2 != 0, level_of_region, -1).max(axis=1)
            even: BoolArray = (deepest >= 0) & (deepest % 2 == 0)
            return even

    mended, _ = boundary(edges, np.zeros(len(edges), dtype=np.int64), region, is_inside)
    loops = loops_in_plane(loops_of_edges(mended))
    if area_mm2 is None:
        area_mm2 = loops.signed_area_mm2.sum(keepdims=True)
    is_wound_twice = not is_xor and bool((np.abs(drawn.signed_area_mm2) > area_mm2 + PIXEL_MM**2).any())
    return Mended(loops=loops, depth=nesting_depth(loops), overlaps=overlap, is_wound_twice=is_wound_twice)


def _areas(drawn: Loops) -> tuple[FloatArray, CommonAreas]:
    """The area that each loop fills even-odd (loops,), and what they have in common. [mm2]

    Only loops that touch need an arrangement. Of two others one lies inside the other, or they are apart: there may
    be hundreds of them, as in vessels or in what a threshold drew.
    """
    first, second = touching_loops(drawn)
    if len(first) > MOST_TOUCHING_PAIRS:
        raise tangled()
    edges = np.split(drawn.edges_mm, drawn.starts[1:])
    area_mm2 = np.abs(drawn.signed_area_mm2)
    for loop in first[first == second]:
        area_mm2[loop] = _filled_area_mm2(edges[loop])
    inner, outer = containment(drawn)
    pairs = zip(np.minimum(inner, outer).tolist(), np.maximum(inner, outer).tolist(), strict=True)
    common_mm2 = dict(zip(pairs, area_mm2[inner].tolist(), strict=True))
    apart = first != second
    for i, j in zip(first[apart].tolist(), second[apart].tolist(), strict=True):
        common_mm2[i, j] = common_area_mm2(edges[i], edges[j])
    return area_mm2, {pair: area for pair, area in common_mm2.items() if area > 0}


def _levels(drawn: Loops, area_mm2: FloatArray, common_mm2: CommonAreas) -> tuple[IntArray, bool]:
    """The nesting level of each loop, and whether any two overlap partly."""
    number = len(drawn)
    slack_mm2 = OUTLINE_ROUNDING_MM * drawn.perimeter_mm
    lies_in = np.zeros((number, number), dtype=bool)
    overlap = False
    for (i, j), shared_mm2 in common_mm2.items():
        i_in_j = shared_mm2 >= area_mm2[i] - slack_mm2[i]
        j_in_i = shared_mm2 >= area_mm2[j] - slack_mm2[j]
        lies_in[i, j] = i_in_j and not j_in_i
        lies_in[j, i] = j_in_i and not i_in_j
        overlap |= not (i_in_j or j_in_i) and shared_mm2 > min(slack_mm2[i], slack_mm2[j])
    level = np.zeros(number, dtype=np.int64)
    for i in np.argsort(-area_mm2):  # a loop's container is larger than the loop
        around = np.flatnonzero(lies_in[i])
        if len(around):
            level[i] = level[around].max() + 1
    return level, bool(overlap)


def _regions(level: IntArray, common_mm2: CommonAreas) -> tuple[IntArray, IntArray]:
    """The region of each loop (loops,) and the level of each region (regions,).

    Loops of one level that have nothing in common share a region: every region more is a column to be counted.
    """
    rivals: dict[int, list[int]] = {}
    for i, j in common_mm2:
        if level[i] == level[j]:
            rivals.setdefault(j, []).append(i)
    layer = np.zeros(len(level), dtype=np.int64)
    for loop in sorted(rivals):  # their rivals have lower numbers: they are done
        taken = set(layer[rivals[loop]].tolist())
        layer[loop] = next(free for free in range(len(level)) if free not in taken)
    kinds, region = group_rows(np.column_stack([layer, level]))
    return region, kinds[:, 1]


def _filled_area_mm2(edges: FloatArray) -> float:
    """The area that one loop fills even-odd. [mm2]"""
    zero = np.zeros(len(edges), dtype=np.int64)
    outline, _ = boundary(edges, zero, zero, lambda winding: winding[:, 0] % 2 != 0)
    return area_mm2(outline)


def common_area_mm2(first: FloatArray, second: FloatArray) -> float:
    """The area that two loops, each filled even-odd, have in common. [mm2]

    `first` and `second` are edges x0, y0, x1, y1 (n, 4) [mm].

    >>> common_area_mm2(cube.slabs[0].edges_mm, cube.slabs[0].edges_mm + 5.0)  # shifted by 5 mm in x and y
    25.0
    """
    edges = np.concatenate([first, second])
    region = np.repeat([0, 1], [len(first), len(second)])
    outline, _ = boundary(
        edges, np.zeros(len(edges), dtype=np.int64), region, lambda winding: (winding % 2 != 0).all(axis=1)
    )
    return area_mm2(outline)


def area_mm2(edges: FloatArray) -> float:
    """The area within closed edges x0, y0, x1, y1 (n, 4), positive where they run counter-clockwise. [mm2]

    >>> area_mm2(np.array([[0.0, 0, 4, 0], [4, 0, 0, 3], [0, 3, 0, 0]]))
    6.0
    """
    if not len(edges):
        return 0.0
    x0, y0, x1, y1 = (edges - np.tile(edges[0, :2], 2)).T
    return float(np.sum(x0 * y1 - x1 * y0) / 2)
