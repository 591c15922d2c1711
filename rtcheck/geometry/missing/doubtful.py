"""Planes -> where slices may be missing and need not be: parts that stop and begin like one, points beyond an end.

Two parts of a structure look like one part whose middle was lost on many slices. What is drawn is taken as it is, and
the places are named.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from rtcheck.geometry.missing.gaps import ASIDE_FOR_GAP, Gap, are_tips, common_share
from rtcheck.geometry.missing.stack import Stack
from rtcheck.geometry.outlines import Outline, boxes_overlap

FACING = 0.2  # of the larger of two outlines that both share; those of other parts hardly lie over one another
FRAGMENT_MM2 = 50.0  # of smaller outlines, as thresholds leave them, many stop and begin
MOST_ASIDE_MM = 15.0  # between the ends of one part; lesions on neighbouring slices are further apart
MOST_SLICES = 100  # between two outlines of one part
REMNANT = 0.1  # of an outline on both sides of it: what is left of a slice that was cut, but no waist
TIP = 0.1  # of the largest cross-section; what ends so thin may end in points


def doubtful_parts(stack: Stack, gaps: Iterable[Gap]) -> tuple[tuple[float, float], ...]:
    """The z from where to where a structure may go on although nothing is drawn, except in gaps. [mm]

    Whole planes: its outlines stop, and others begin near enough for one oblique part. One outline among several:
    it stops at its full width, and another begins over it. Of many islands: nothing is drawn, or next to nothing.
    """
    known = {(gap.low_mm, gap.high_mm) for gap in gaps}
    found = _parts_of_islands(stack) if stack.has_islands else {*_parts_of_planes(stack), *_parts_of_outlines(stack)}
    return tuple(sorted(found - known))


def _parts_of_islands(stack: Stack) -> set[tuple[float, float]]:
    areas_mm2 = stack.sections.outer_area_mm2
    stops = np.flatnonzero(~stack.planes.is_bridged)
    thin = np.flatnonzero(areas_mm2[1:-1] < REMNANT * np.minimum(areas_mm2[:-2], areas_mm2[2:]))
    between = [(int(k), int(k) + 1) for k in stops] + [(int(k), int(k) + 2) for k in thin]
    return {(float(stack.z_mm[low]), float(stack.z_mm[high])) for low, high in between}


def _parts_of_planes(stack: Stack) -> Iterator[tuple[float, float]]:
    for low in np.flatnonzero(~stack.planes.is_bridged).tolist():
        low_mm, high_mm = float(stack.z_mm[low]), float(stack.z_mm[low + 1])
        aside_mm = min(MOST_ASIDE_MM, ASIDE_FOR_GAP * (high_mm - low_mm))
        if any(
            boxes_overlap(end, begin, aside_mm=aside_mm) and not are_tips(stack, end, low, begin, low + 1)
            for end in stack[low]
            for begin in stack[low + 1]
        ):
            yield low_mm, high_mm


def _parts_of_outlines(stack: Stack) -> Iterator[tuple[float, float]]:
    area_mm2 = stack.sections.outer_area_mm2
    goes_on = stack.sections.are_alone & (area_mm2[1:] >= REMNANT * area_mm2[:-1])
    for k in np.flatnonzero(stack.planes.is_bridged & ~goes_on).tolist():
        for outline in stack.stopping(k, k + 1, sliver=REMNANT):
            if outline.area_mm2 >= FRAGMENT_MM2 and stack.closes_within_mm(outline, k, -1) is None:
                above = _begins_again(stack, outline, k)
                if above is not None:
                    yield float(stack.z_mm[k]), float(stack.z_mm[above])


def _begins_again(stack: Stack, outline: Outline, k: int) -> int | None:
    """The plane on which an outline begins over one that stops on plane `k`."""
    for at in range(k + 2, min(len(stack), k + MOST_SLICES)):
        near = [each for each in stack.near(outline, at) if each.area_mm2 >= FRAGMENT_MM2]
        if not near:
            continue
        stopping = stack.stopping(at, at - 1, sliver=REMNANT)
        begins = [each for each in near if each in stopping and stack.closes_within_mm(each, at, +1) is None]
        if any(common_share(outline, each) >= FACING for each in begins):
            return at
    return None


def pointed_ends(stack: Stack) -> tuple[float, ...]:
    """The z of points on the slices next to an end that is not thin: an outline there may have been lost. [mm]"""
    points_mm = sorted({mark.z_mm for mark in stack.planes.marks if not mark.is_open and len(mark.points_mm) < 3})
    ends_mm: list[float] = []
    for k, step in ((0, -1), (len(stack) - 1, +1)) if points_mm and len(stack) else ():
        beyond_mm = [z_mm for z_mm in points_mm if 0 < (z_mm - stack.z_mm[k]) * step <= 1.5 * stack.planes.spacing_mm]
        if beyond_mm and stack.area_mm2(k) > TIP * stack.largest_mm2 and not _closes(stack, k, step):
            ends_mm += beyond_mm
    return tuple(ends_mm)


def _closes(stack: Stack, k: int, step: int) -> bool:
    return all(stack.closes_within_mm(outline, k, -step) is not None for outline in stack[k])
