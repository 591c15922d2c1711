"""Loops of one plane that touch or cross -> simple loops that do not: keyholes, overlaps, figures of eight, XOR.

A loop by itself is filled even-odd (so a keyhole is a hole, whichever way its inner part runs). Loops inside one
another are holes and islands by turns; loops that overlap partly are united. XOR loops are even-odd all together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrangement import boundary
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.counting import tangled
from rtcheck.geometry.loops import OUTLINE_ROUNDING_MM, Loops, loops_in_plane, nesting_depth
from rtcheck.geometry.tracing import loops_of_edges

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


MOST_PAIRS_OF_LOOPS = 3_000  # on a plane where loops cross: each takes some milliseconds


def mend_plane(vertices: Sequence[FloatArray], is_xor: bool) -> tuple[Loops, IntArray, bool]:
    """Simple oriented loops, their nesting depths, and whether partly overlapping loops were united."""
    drawn = loops_in_plane(vertices)
    edges, loop = drawn.edges_mm, drawn.loop_of_point
    if is_xor or len(vertices) == 1:
        level, overlap = np.zeros(len(vertices), dtype=np.int64), False

        def is_inside(winding: IntArray) -> BoolArray:
            odd: BoolArray = winding.sum(axis=1) % 2 != 0
            return odd
    else:
        level, overlap = _levels(drawn)

        def is_inside(winding: IntArray) -> BoolArray:
            deepest = np.where(winding % 2 != 0, level, -1).max(axis=1)
            even: BoolArray = (deepest >= 0) & (deepest % 2 == 0)
            return even

    mended, _ = boundary(edges, np.zeros(len(edges), dtype=np.int64), loop, is_inside)
    loops = loops_in_plane(loops_of_edges(mended))
    return loops, nesting_depth(loops), overlap


def _levels(drawn: Loops) -> tuple[IntArray, bool]:
    """The nesting level of each loop, and whether any two overlap partly."""
    edges, loop, number = drawn.edges_mm, drawn.loop_of_point, len(drawn)
    area_mm2 = np.array([_filled_area_mm2(edges[loop == i]) for i in range(number)])
    slack_mm2 = OUTLINE_ROUNDING_MM * drawn.perimeter_mm
    lies_in = np.zeros((number, number), dtype=bool)
    overlap = False
    pairs = _pairs_with_common_box(drawn.each())
    if len(pairs) > MOST_PAIRS_OF_LOOPS:
        raise tangled()
    for i, j in pairs:
        common_mm2 = _common_area_mm2(edges[loop == i], edges[loop == j])
        i_in_j = common_mm2 >= area_mm2[i] - slack_mm2[i]
        j_in_i = common_mm2 >= area_mm2[j] - slack_mm2[j]
        lies_in[i, j] = i_in_j and not j_in_i
        lies_in[j, i] = j_in_i and not i_in_j
        overlap |= not (i_in_j or j_in_i) and common_mm2 > min(slack_mm2[i], slack_mm2[j])
    level = np.zeros(number, dtype=np.int64)
    for i in np.argsort(-area_mm2):  # a loop's container is larger than the loop
        around = np.flatnonzero(lies_in[i])
        if len(around):
            level[i] = level[around].max() + 1
    return level, bool(overlap)


def _pairs_with_common_box(vertices: Sequence[FloatArray]) -> list[tuple[int, int]]:
    low = np.array([v.min(axis=0) for v in vertices])
    high = np.array([v.max(axis=0) for v in vertices])
    meet = ((low[:, None] <= high[None]) & (low[None] <= high[:, None])).all(axis=2)
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(meet, k=1)), strict=True)]


def _filled_area_mm2(edges: FloatArray) -> float:
    """The area that one loop fills even-odd. [mm2]"""
    zero = np.zeros(len(edges), dtype=np.int64)
    outline, _ = boundary(edges, zero, zero, lambda winding: winding[:, 0] % 2 != 0)
    return _area_mm2(outline)


def _common_area_mm2(first: FloatArray, second: FloatArray) -> float:
    """The area that two loops, each filled even-odd, have in common. [mm2]"""
    edges = np.concatenate([first, second])
    region = np.repeat([0, 1], [len(first), len(second)])
    outline, _ = boundary(
        edges, np.zeros(len(edges), dtype=np.int64), region, lambda winding: (winding % 2 != 0).all(axis=1)
    )
    return _area_mm2(outline)


def _area_mm2(edges: FloatArray) -> float:
    if not len(edges):
        return 0.0
    x0, y0, x1, y1 = (edges - np.tile(edges[0, :2], 2)).T
    return float(np.sum(x0 * y1 - x1 * y0) / 2)
