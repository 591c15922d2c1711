"""Planes -> the gaps where a structure seems to go on though nothing is drawn, and what may lie in them.

Not every gap is one of missing slices. Lungs, lesions and lymph nodes of one structure begin and end where they do: an
end whose outline shrinks, or that has nothing opposite, is an end. But where an outline stops at its full width, and
another begins opposite it some slices on, slices were left out. What lies between is evidence that is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import median
from rtcheck.geometry.mending import area_mm2, common_area_mm2
from rtcheck.geometry.outlines import Outline, boxes_overlap, outlines_of, overlap, overlap_any
from rtcheck.geometry.overlay import boundary
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.solid import Slab

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ASIDE_MM = 5.0  # an oblique structure may have moved aside so far, and by at most ...
ASIDE_FOR_GAP = 2.0  # ... this many times the gap: optic nerves lie as flat as that
FORGOTTEN_SLICES = 2  # of one outline among several that go on; over more slices it is another part
FORGOTTEN_OVERLAP = 0.5  # of the larger of both outlines that the two share there
SLIVER = 0.02  # of the areas on both sides; dots and lines between full outlines are no cross-section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gap:
    """Between planes `low` and `high` (numbers) outlines stop, and others begin opposite them."""

    low: int
    high: int
    ends: tuple[Outline, ...]
    begins: tuple[Outline, ...]


def gaps_of(planes: Planes) -> tuple[Gap, ...]:
    """The gaps of missing slices, ascending; those of whole planes, and those of one outline among several.

    Planes between full outlines on which there are slivers only are missing too.
    """
    stack = _Outlines(planes)
    runs = tuple(_sliver_runs(planes))
    ends = [k for k in np.flatnonzero(~planes.is_bridged).tolist() if not any(low <= k < high for low, high in runs)]
    whole = (_facing_gap(stack, low, high) for low, high in (*runs, *((k, k + 1) for k in ends)))
    return tuple(sorted((*filter(None, whole), *_forgotten(stack)), key=lambda gap: (gap.low, gap.high)))


def slabs_in(gap: Gap, planes: Planes, *, end_cap: float = 0.5) -> tuple[Slab, ...]:
    """The most that can lie in a gap: both its sides' outlines, drawn out over all of it."""
    low_mm, high_mm = _faces_mm(gap, planes, end_cap)
    return (_slab(low_mm, high_mm, (*gap.ends, *gap.begins)),)


def slabs_filling(gap: Gap, planes: Planes, *, end_cap: float = 0.5) -> tuple[Slab, ...]:
    """The gap filled as between neighbouring planes: either side's outlines up to the middle."""
    low_mm, high_mm = _faces_mm(gap, planes, end_cap)
    middle_mm = (planes.planes[gap.low].z_mm + planes.planes[gap.high].z_mm) / 2
    return (_slab(low_mm, middle_mm, gap.ends), _slab(middle_mm, high_mm, gap.begins))


def _faces_mm(gap: Gap, planes: Planes, end_cap: float) -> tuple[float, float]:
    low_mm, high_mm = planes.faces_mm(end_cap)
    return float(high_mm[gap.low]), float(low_mm[gap.high])


def _slab(low_mm: float, high_mm: float, outlines: tuple[Outline, ...]) -> Slab:
    edges_mm = np.concatenate([outline.edges_mm for outline in outlines])
    region = np.repeat(np.arange(len(outlines)), [len(outline.vertices_mm) for outline in outlines])
    united, _ = boundary(edges_mm, np.zeros_like(region), region, _is_in_any)
    return Slab(z_low_mm=low_mm, z_high_mm=high_mm, edges_mm=united)


def _is_in_any(winding: IntArray) -> BoolArray:
    return np.asarray((winding > 0).any(axis=1), dtype=np.bool_)


class _Outlines:
    """The outer loops of every plane, and which of them overlap those of other planes."""

    def __init__(self, planes: Planes) -> None:
        self.planes = planes
        self.z_mm = planes.z_mm
        self._of_plane: dict[int, tuple[Outline, ...]] = {}

    def __getitem__(self, k: int) -> tuple[Outline, ...]:
        if k not in self._of_plane:
            loops = [loop.vertices_mm for loop in self.planes.planes[k].loops if loop.depth == 0]
            self._of_plane[k] = outlines_of(loops)
        return self._of_plane[k]

    def goes_on(self, outline: Outline, to: int) -> bool:
        """Whether an outline overlaps one of plane `to`."""
        return any(overlap(outline, other) for other in self[to])

    def closes_within_mm(self, outline: Outline, k: int, inward: int) -> float:
        """How far beyond plane `k` nothing is left of the outline if its area goes on shrinking as it does. [mm]

        The area of an ellipsoid falls faster toward its end. Infinite where it does not shrink, or where it has no
        neighbour that tells.
        """
        behind = k + inward
        if not 0 <= behind < len(self.planes.planes) or not self.planes.is_bridged[min(k, behind)]:
            return inf
        behind_mm2 = sum(other.area_mm2 for other in self[behind] if overlap(outline, other))
        shrinks_mm2 = behind_mm2 - outline.area_mm2
        spacing_mm = abs(float(self.z_mm[k] - self.z_mm[behind]))
        return outline.area_mm2 / shrinks_mm2 * spacing_mm if shrinks_mm2 > 0 else inf


def _sliver_runs(planes: Planes) -> Iterator[tuple[int, int]]:
    """The planes (numbers) below and above each run of planes whose area is a sliver of both of theirs."""
    areas_mm2 = [area_mm2(plane.edges_mm) for plane in planes.planes]
    low = 0
    while low < len(areas_mm2) - 2:
        high = low + 1
        while high < len(areas_mm2) and areas_mm2[high] < SLIVER * areas_mm2[low]:
            high += 1
        if low + 1 < high < len(areas_mm2) and max(areas_mm2[low + 1 : high]) < SLIVER * areas_mm2[high]:
            yield low, high
            low = high
        else:
            low += 1


def _facing_gap(stack: _Outlines, low: int, high: int) -> Gap | None:
    """The gap between two planes, with the outlines that face one another over it; None where none do."""
    gap_mm = float(stack.z_mm[high] - stack.z_mm[low])
    pairs = [
        (end, begin)
        for end in stack[low]
        for begin in stack[high]
        if boxes_overlap(end, begin, aside_mm=min(ASIDE_MM, ASIDE_FOR_GAP * gap_mm))
        and not _both_close(stack, end, low, begin, high)
    ]
    return _gap(low, high, pairs)


def _gap(low: int, high: int, pairs: list[tuple[Outline, Outline]]) -> Gap | None:
    if not pairs:
        return None
    ends, begins = (tuple({id(each): each for each in side}.values()) for side in zip(*pairs, strict=True))
    return Gap(low=low, high=high, ends=ends, begins=begins)


def _both_close(stack: _Outlines, end: Outline, low: int, begin: Outline, high: int) -> bool:
    """Whether both outlines shrink so that they come to their points before they meet; one slice has no room for it."""
    if int((stack.planes.skipped[low:high] + 1).sum()) <= 2:
        return False
    together_mm = stack.closes_within_mm(end, low, -1) + stack.closes_within_mm(begin, high, +1)
    return together_mm <= float(stack.z_mm[high] - stack.z_mm[low])


def _forgotten(stack: _Outlines) -> Iterator[Gap]:
    """The gaps of one outline in planes on which others are drawn."""
    planes = stack.planes
    slices = np.concatenate([[0], np.cumsum(planes.skipped + 1)])
    usual = median((planes.skipped + 1).astype(np.float64)) if len(planes.skipped) else 1.0
    for low in range(len(planes.planes) - 2):
        if not planes.is_bridged[low]:
            continue
        if len(stack[low]) == 1 == len(stack[low + 1]) and boxes_overlap(stack[low][0], stack[low + 1][0]):
            continue
        goes_on = overlap_any(stack[low], stack[low + 1])
        stopping = [outline for outline, goes in zip(stack[low], goes_on, strict=True) if not goes]
        high = low + 2
        while stopping and high < len(planes.planes) and slices[high] - slices[low] <= (FORGOTTEN_SLICES + 1) * usual:
            pairs = [
                (end, begin)
                for end in stopping
                for begin in stack[high]
                if _is_the_same(end, begin)
                and not stack.goes_on(begin, high - 1)
                and not _both_close(stack, end, low, begin, high)
            ]
            if (gap := _gap(low, high, pairs)) is not None:
                yield gap
                stopping = [outline for outline in stopping if all(outline is not end for end, _ in pairs)]
            high += 1


def _is_the_same(end: Outline, begin: Outline) -> bool:
    """Whether two outlines cover each other so far that they are one part's."""
    if not overlap(end, begin):
        return False
    shared_mm2 = common_area_mm2(end.edges_mm, begin.edges_mm)
    return shared_mm2 >= FORGOTTEN_OVERLAP * max(end.area_mm2, begin.area_mm2)
