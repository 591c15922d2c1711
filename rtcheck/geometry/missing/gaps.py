"""Planes -> the gaps where a structure seems to go on though nothing is drawn, and what may lie in them.

Not every gap is one of missing slices. Lungs, lesions and lymph nodes of one structure begin and end where they do: an
end whose outline has shrunk to a tip, or that has nothing opposite, is an end. But where an outline stops at its full
width, and another begins opposite it some slices on, slices were left out. So they were where contours go on that
enclose no area: open ones, points, lines and dots. What lies there is evidence that is missing.

What is missing changes from slice to slice at most as much as the slices around do, an organ's middle is no more alike
than that: the outlines at a gap's ends, grown by so much for every slice, hold it. Where more slices are missing in a
row than are drawn around them, and those change at all, nothing is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray, Mark
from rtcheck.geometry.mending import common_area_mm2
from rtcheck.geometry.missing.stack import SLIVER, Stack
from rtcheck.geometry.outlines import Outline, boxes_overlap, outlines_of, overlap
from rtcheck.geometry.overlay import boundary
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ASIDE_MM = 5.0  # an oblique structure may have moved aside so far, and by at most ...
ASIDE_FOR_GAP = 2.0  # ... this many times the gap: optic nerves lie as flat as that
FORGOTTEN_SLICES = 2  # in a row, of one outline among several; over more of them without a mark it may be another part
FORGOTTEN_OVERLAP = 0.5  # of the larger of both outlines that the two share there ...
FORGOTTEN_ALIKE = 0.8  # ... and that they share over more slices: bowel loops over one another are not so much alike
MOST_FORGOTTEN_SLICES = 20
DOT_MM2 = 1.0  # a loop that encloses less than a pixel of a planning CT is as good as a point
LEAST_STEPS = 2  # around a gap, from which it is known how much outlines change from slice to slice; of fewer ...
STEEPEST = 1.0  # ... they are taken to change by so much of the slices' spacing
LEAST_MARGIN_MM = 0.1  # by which outlines differ that are drawn alike
MOST_MARGIN_MM = 50.0  # what may be wider than that can be anything
WIDEST_MM = 5_000.0  # outlines that are grown; no patient is so wide, and their lattice would fill the memory
MARKED_SLICES = 3  # with points, lines or dots where a structure would go on: it does; fewer mark its tip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gap:
    """Above plane `low` (a number) outlines stop, and others begin opposite them on plane `high`.

    Where a structure goes on beyond an end, one of the two is None, and `low_mm` or `high_mm` is as far as it goes.
    `margin_mm` is how much wider than these outlines the structure may be in between; inf where nothing is known.
    """

    low: int | None
    high: int | None
    low_mm: float
    high_mm: float
    ends: tuple[Outline, ...] = ()
    begins: tuple[Outline, ...] = ()
    margin_mm: float = 0.0


def gaps_of(stack: Stack) -> tuple[Gap, ...]:
    """The gaps of missing slices, ascending: of whole planes, of one outline among several, and beyond the ends.

    Planes between full outlines on which there are slivers only are missing too.
    """
    planes = stack.planes
    if not len(planes):
        return ()
    runs = tuple(_sliver_runs(planes))
    stops = [k for k in np.flatnonzero(~planes.is_bridged).tolist() if not any(low <= k < high for low, high in runs)]
    whole = (_gap_between(stack, low, high) for low, high in (*runs, *((k, k + 1) for k in stops)))
    found: dict[tuple[float, float], list[Gap]] = {}
    for gap in (*filter(None, whole), *_forgotten(stack), *_beyond_ends(stack)):
        found.setdefault((gap.low_mm, gap.high_mm), []).append(gap)
    merged = (_merged(found[place]) for place in sorted(found))
    if stack.has_islands:
        return tuple(merged)
    return tuple(replace(gap, margin_mm=_margin_mm(stack, gap)) for gap in merged)


def _margin_mm(stack: Stack, gap: Gap) -> float:
    """How much wider than the outlines at its ends a structure may be in a gap; inf where nothing is known. [mm]"""
    sides = [(gap.low, gap.ends, -1), (gap.high, gap.begins, +1)]
    behind = [
        stack.behind([outline for outline in outlines if outline in stack[k]], k, inward)
        for k, outlines, inward in sides
        if k is not None
    ]
    missing = round(abs(gap.high_mm - gap.low_mm) / stack.planes.spacing_mm) - (len(behind) - 1)
    changes_mm = [change_mm for side in behind for change_mm in side.changes_mm]
    if len(changes_mm) < LEAST_STEPS:
        changes_mm.append(STEEPEST * stack.planes.spacing_mm)
    if missing > sum(side.planes for side in behind) and max(changes_mm) > LEAST_MARGIN_MM:
        return inf
    margin_mm = ceil(missing / len(behind)) * max(changes_mm)
    is_known = margin_mm <= MOST_MARGIN_MM and _width_mm((*gap.ends, *gap.begins)) <= WIDEST_MM
    return margin_mm if is_known else inf


def _width_mm(outlines: Sequence[Outline]) -> float:
    """The longer side of the box around outlines. [mm]"""
    low_mm = np.min([outline.low_mm for outline in outlines], axis=0)
    high_mm = np.max([outline.high_mm for outline in outlines], axis=0)
    return float((high_mm - low_mm).max())


def slabs_in(gap: Gap, planes: Planes, *, end_cap: float = 0.5) -> tuple[Slab, ...]:
    """The most that can lie in a gap of finite margin: both sides' outlines, grown and drawn out over all of it."""
    drawn_out = slab_of((*gap.ends, *gap.begins), *_faces_mm(gap, planes, end_cap))
    if gap.margin_mm < LEAST_MARGIN_MM:
        return (drawn_out,)
    from rtcheck.geometry.margins.margin import QUICK, grow

    sheet = Solid(slabs=(replace(drawn_out, z_low_mm=0.0, z_high_mm=1.0),))
    wider = grow(sheet, (*(gap.margin_mm,) * 4, 0.0, 0.0), fineness=QUICK)
    return (drawn_out, *(replace(drawn_out, edges_mm=slab.edges_mm) for slab in wider.slabs))


def slabs_filling(gap: Gap, planes: Planes, *, end_cap: float = 0.5) -> tuple[Slab, ...]:
    """The gap filled as between neighbouring planes: either side's outlines up to the middle."""
    low_mm, high_mm = _faces_mm(gap, planes, end_cap)
    if gap.low is None or gap.high is None:
        return (slab_of((*gap.ends, *gap.begins), low_mm, high_mm),)
    middle_mm = (gap.low_mm + gap.high_mm) / 2
    return (slab_of(gap.ends, low_mm, middle_mm), slab_of(gap.begins, middle_mm, high_mm))


def slab_of(outlines: Sequence[Outline], low_mm: float, high_mm: float) -> Slab:
    """The union of outlines, extruded."""
    edges_mm = np.concatenate([outline.edges_mm for outline in outlines])
    region = np.repeat(np.arange(len(outlines)), [len(outline.vertices_mm) for outline in outlines])
    united, _ = boundary(edges_mm, np.zeros_like(region), region, _is_in_any)
    return Slab(z_low_mm=low_mm, z_high_mm=high_mm, edges_mm=united)


def _is_in_any(winding: IntArray) -> BoolArray:
    return np.asarray((winding != 0).any(axis=1), dtype=np.bool_)


def _faces_mm(gap: Gap, planes: Planes, end_cap: float) -> tuple[float, float]:
    """Where the slabs of the planes below and above a gap end; beyond an end, the far face of its last slice. [mm]"""
    lower_mm, upper_mm = planes.faces_mm(end_cap)
    below_mm, above_mm = 2 * end_cap * planes.reach_mm[0, 0], 2 * end_cap * planes.reach_mm[-1, 1]
    low_mm = upper_mm[gap.low] if gap.low is not None else _face_at(gap.low_mm, planes, lower_mm, -below_mm)
    high_mm = lower_mm[gap.high] if gap.high is not None else _face_at(gap.high_mm, planes, upper_mm, above_mm)
    return float(low_mm), float(high_mm)


def _face_at(z_mm: float, planes: Planes, faces_mm: FloatArray, reach_mm: float) -> float:
    k = planes.number_at(z_mm)
    return z_mm + reach_mm if k is None else float(faces_mm[k])


def _merged(gaps: Sequence[Gap]) -> Gap:
    """Gaps between the same planes as one, each outline once."""
    ends = tuple({id(outline): outline for gap in gaps for outline in gap.ends}.values())
    begins = tuple({id(outline): outline for gap in gaps for outline in gap.begins}.values())
    return replace(gaps[0], ends=ends, begins=begins)


def _sliver_runs(planes: Planes) -> Iterator[tuple[int, int]]:
    """The planes (numbers) below and above each run of planes whose area is a sliver of both of theirs."""
    net_mm2 = planes.sections.net_area_mm2
    if not (net_mm2[1:] < SLIVER * net_mm2[:-1]).any():
        return
    areas_mm2: list[float] = net_mm2.tolist()
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


def _gap_between(stack: Stack, low: int, high: int) -> Gap | None:
    """The gap between two planes, with the outlines that face one another over it; None where none do.

    Where marks between them show that the structure goes on, it does, whatever faces one another.
    """
    aside_mm = min(ASIDE_MM, ASIDE_FOR_GAP * float(stack.z_mm[high] - stack.z_mm[low]))
    marks = [mark for mark in stack.planes.marks if stack.z_mm[low] < mark.z_mm < stack.z_mm[high]]
    goes_on = _go_on(marks)
    pairs = [
        (end, begin)
        for end in stack[low]
        for begin in stack[high]
        if goes_on or (boxes_overlap(end, begin, aside_mm=aside_mm) and not are_tips(stack, end, low, begin, high))
    ]
    gap, opened = _gap(stack, low, high, pairs), outlines_of([mark.points_mm for mark in marks if mark.is_open])
    return gap and replace(gap, ends=(*gap.ends, *opened), begins=(*gap.begins, *opened))


def _gap(stack: Stack, low: int, high: int, pairs: Sequence[tuple[Outline, Outline]]) -> Gap | None:
    if not pairs:
        return None
    ends, begins = (tuple({id(each): each for each in side}.values()) for side in zip(*pairs, strict=True))
    return Gap(
        low=low, high=high, low_mm=float(stack.z_mm[low]), high_mm=float(stack.z_mm[high]), ends=ends, begins=begins
    )


def _go_on(marks: Sequence[Mark]) -> bool:
    return any(mark.is_open for mark in marks) or len({mark.z_mm for mark in marks}) >= MARKED_SLICES


def are_tips(stack: Stack, end: Outline, low: int, begin: Outline, high: int) -> bool:
    """Whether two outlines are the tips of two parts that close before they meet; one slice has no room for both."""
    if stack.slices[high] - stack.slices[low] <= 2:
        return False
    end_mm, begin_mm = stack.closes_within_mm(end, low, -1), stack.closes_within_mm(begin, high, +1)
    return end_mm is not None and begin_mm is not None and end_mm + begin_mm <= stack.z_mm[high] - stack.z_mm[low]


def _forgotten(stack: Stack) -> Iterator[Gap]:
    """The gaps of one outline in planes on which others are drawn, or beyond its end."""
    in_question = np.flatnonzero(stack.planes.is_bridged & ~stack.sections.goes_straight_on).tolist()
    for k, to in sorted(pair for low in in_question for pair in ((low, low + 1), (low + 1, low))):
        gaps = (_gap_of_one(stack, outline, k, to - k) for outline in stack.stopping(k, to))
        yield from filter(None, gaps)


def _gap_of_one(stack: Stack, outline: Outline, k: int, step: int) -> Gap | None:
    """The gap of one outline from plane `k` up (`step` 1) or down (-1), as far as there are marks, dots or slivers."""
    last, dotted = k, []
    for at in range(k + step, len(stack) if step > 0 else -1, step):
        steps = abs(stack.slices[at] - stack.slices[last]) / stack.usual_step
        if steps > MOST_FORGOTTEN_SLICES + 1:
            break
        least = FORGOTTEN_OVERLAP if steps <= FORGOTTEN_SLICES + 1 else FORGOTTEN_ALIKE
        near = stack.near(outline, at)
        stopping = stack.stopping(at, at - step) if near else ()
        others = [other for other in near if other in stopping and common_share(outline, other) >= least]
        (low, ends), (high, begins) = sorted([(k, [outline]), (at, others)], key=lambda side: side[0])
        pairs = [(end, begin) for end in ends for begin in begins if not are_tips(stack, end, low, begin, high)]
        if pairs:
            return _gap(stack, low, high, pairs)
        sliver_mm2 = SLIVER * outline.area_mm2
        if stack.is_dotted(outline, at, most_mm2=sliver_mm2):
            last = at
        if stack.is_dotted(outline, at, most_mm2=min(sliver_mm2, DOT_MM2)):
            dotted.append(at)
    if len(dotted) < MARKED_SLICES or SLIVER * outline.area_mm2 < DOT_MM2:  # a small one may well end in points
        return None
    return _gap_beyond(stack, k, step, float(stack.z_mm[dotted[-1]]), (outline,))


def common_share(end: Outline, begin: Outline) -> float:
    """How much of the larger of two outlines both cover, from 0 to 1."""
    if not overlap(end, begin):
        return 0.0
    return common_area_mm2(end.edges_mm, begin.edges_mm) / max(end.area_mm2, begin.area_mm2)


def _beyond_ends(stack: Stack) -> Iterator[Gap]:
    """The gaps beyond the lowest and the highest outline, as far as marks and dots show that the structure goes on."""
    areas_mm2: list[float] = stack.sections.net_area_mm2.tolist()
    for step, order in ((-1, range(len(stack))), (+1, range(len(stack) - 1, -1, -1))):
        end = next((k for k in order if areas_mm2[k] >= DOT_MM2), order[0])
        dots = list(order[: order.index(end)])
        if not dots and not stack.planes.marks:
            continue
        if any(areas_mm2[k] >= SLIVER * areas_mm2[end] for k in dots):
            end, dots = order[0], []
        marks = [mark for mark in stack.planes.marks if _is_beyond(mark.z_mm, end, step, stack)]
        open_marks = [mark for mark in marks if mark.is_open]
        places_mm = {mark.z_mm for mark in marks} | {float(stack.z_mm[k]) for k in dots}
        run_mm = _run_mm(float(stack.z_mm[end]), places_mm, stack)
        far_mm = [mark.z_mm for mark in open_marks] + (run_mm if len(run_mm) >= MARKED_SLICES else [])
        if far_mm:
            outlines = (*stack[end], *outlines_of([mark.points_mm for mark in open_marks]))
            yield _gap_beyond(stack, end, step, max(far_mm, key=lambda z_mm: z_mm * step), outlines)


def _is_beyond(z_mm: float, end: int, step: int, stack: Stack) -> bool:
    return stack.planes.number_at(z_mm) != end and (z_mm - stack.z_mm[end]) * step > 0


def _run_mm(end_mm: float, places_mm: Iterable[float], stack: Stack) -> list[float]:
    """The places (z) that follow one another from an end on without more slices between than can be forgotten. [mm]"""
    run_mm = [end_mm]
    for place_mm in sorted(places_mm, key=lambda z_mm: abs(z_mm - end_mm)):
        if abs(place_mm - run_mm[-1]) > (FORGOTTEN_SLICES + 1.5) * stack.planes.spacing_mm:
            break
        run_mm.append(place_mm)
    return run_mm[1:]


def _gap_beyond(stack: Stack, k: int, step: int, far_mm: float, outlines: tuple[Outline, ...]) -> Gap:
    here_mm = float(stack.z_mm[k])
    if step > 0:
        return Gap(low=k, high=None, low_mm=here_mm, high_mm=far_mm, ends=outlines)
    return Gap(low=None, high=k, low_mm=far_mm, high_mm=here_mm, begins=outlines)
