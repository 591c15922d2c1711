"""The planes of all structures of a set, and its images' positions -> the slices that each structure is drawn on.

Slices are a property of the set, not of one structure: on a CT of 2 and 5 mm slices a structure that is drawn on every
slice skips none. Mostly all structures share one slice grid, that of the images. Where some were drawn on other images
or resampled, the set has several grids, and each structure is measured on its own.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import is_among, median, steps_between
from rtcheck.geometry.contours import FloatArray
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SAME_SLICE = 0.1  # of the spacing: planes of one slice, written by different programs, differ by less
SAME_SLICE_LIMITS_MM = (0.05, 0.5)
EQUAL_GAPS = 0.1  # relative; spacings of one scan differ by less
FITS = 0.9  # of a structure's planes that must lie on a grid's slices; the others are slips of single planes
SKIPS = 0.8  # of a structure's steps that pass over slices of a grid: it is drawn on a coarser one ...
LEAST_STEPS = 3  # ... where it has so many; of fewer nobody can tell
INTERLEAVED = 0.5  # a grid with fewer of its planes on another's slices than this lies between them
WHOLE_MM = 1.0  # by which gaps differ where positions are written in whole millimetres
WIDE_GAP = 1.5  # spacings; between two slices there is no room for another up to here
NO_ROOM = 1.25  # usual gaps; two gaps that are no wider together are one, divided by a plane that is no slice
AROUND = 4  # gaps on each side that say what is usual
MOST_STRAYS = 5  # in one gap
MOST_FILLED_IN = 2_000  # slices that are filled into one gap: two metres of 1 mm slices

LARGEST_SPACING_MM = 15.0
"""CT slices for planning have up to 10 mm; planes further apart than this are not neighbouring slices."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceGrid:
    """The slices that some structures of a set share: `slices_mm` ascending; `roi_numbers` are drawn on them."""

    slices_mm: FloatArray
    roi_numbers: tuple[int, ...] = ()


def slice_grids(planes_mm: Mapping[int, FloatArray], images_mm: Sequence[FloatArray] = ()) -> tuple[SliceGrid, ...]:
    """The slice grids of a structure set, those of the images first.

    `planes_mm` gives the z (planes,) of each structure by its ROI number, `images_mm` the positions (slices,) of each
    image series. [mm] A structure belongs to the coarsest grid that nearly all its planes lie on; if there is none, it
    makes a new one.

    >>> (grid,) = slice_grids({1: np.array([0.0, 3.0, 6.0]), 2: np.array([3.0, 6.0, 9.0])})
    >>> grid.slices_mm.tolist(), grid.roi_numbers
    ([0.0, 3.0, 6.0, 9.0], (1, 2))
    """
    slices = [_distinct_mm(series_mm) for series_mm in images_mm if len(series_mm)]
    members: list[list[int]] = [[] for _ in slices]
    for number in sorted(planes_mm, key=lambda each: (-len(planes_mm[each]), each)):
        own_mm = _distinct_mm(planes_mm[number])
        if not len(own_mm):
            continue
        fitting = [
            grid
            for grid, slices_mm in enumerate(slices)
            if _fits(own_mm, slices_mm) and not _is_coarser(own_mm, slices_mm)
        ]
        if fitting:
            chosen = fitting[0]
            if len(fitting) > 1:
                chosen = min(fitting, key=lambda grid: _slices_within(slices[grid], own_mm))
            slices[chosen] = merged_mm(slices[chosen], own_mm)
            members[chosen].append(number)
        else:
            slices.append(own_mm)
            members.append([number])
    return tuple(
        SliceGrid(slices_mm=slices_mm, roi_numbers=tuple(numbers))
        for slices_mm, numbers in zip(slices, members, strict=True)
    )


def lie_between(own_mm: FloatArray, others_mm: FloatArray) -> bool:
    """Whether planes (n,) lie between the slices (m,) of a grid and not on them, over their common range of z. [mm]

    >>> lie_between(np.array([1.5, 4.5]), np.array([0.0, 3.0, 6.0]))
    True
    """
    return _are_apart(own_mm, others_mm) and _are_apart(others_mm, own_mm)


def _are_apart(some_mm: FloatArray, others_mm: FloatArray) -> bool:
    """Whether few of some planes lie on others, of those within the others' reach; false where none is."""
    shared_mm = some_mm[(some_mm > others_mm[0]) & (some_mm < others_mm[-1])] if len(others_mm) else some_mm[:0]
    return bool(len(shared_mm)) and float(is_on(shared_mm, others_mm).mean()) < INTERLEAVED


def planes_between(own_mm: FloatArray, others_mm: FloatArray) -> int:
    """How many of some planes (n,) lie between the slices (m,) of a grid; 0 where that are slips of a few planes. [mm]

    Two contour sets in one structure look so, each on a grid of its own, and a structure on finer slices than others.

    >>> planes_between(np.array([0.0, 1.0, 3.0, 4.0, 6.0, 7.0, 9.0]), np.array([0.0, 3.0, 6.0, 9.0]))
    3
    """
    if not len(others_mm):
        return 0
    shared_mm = own_mm[(own_mm > others_mm[0]) & (own_mm < others_mm[-1])]
    between = int(np.count_nonzero(~is_on(shared_mm, others_mm)))
    return between if between >= max(LEAST_STEPS, (1 - FITS) * len(own_mm)) else 0


def merged_mm(slices_mm: FloatArray, own_mm: FloatArray) -> FloatArray:
    """The slices (n,) together with the planes (m,) that lie on none of them, ascending. [mm]

    >>> merged_mm(np.array([0.0, 3.0]), np.array([3.0, 6.0])).tolist()
    [0.0, 3.0, 6.0]
    """
    others_mm = own_mm[~is_on(own_mm, slices_mm)]
    return np.sort(np.concatenate([slices_mm, others_mm])) if len(others_mm) else slices_mm


def is_on(planes_mm: FloatArray, slices_mm: FloatArray) -> BoolArray:
    """Whether each plane (n,) lies on one of the slices (m,), ascending, apart from rounding.

    >>> is_on(np.array([0.01, 1.5]), np.array([0.0, 3.0])).tolist()
    [True, False]
    """
    if not len(slices_mm):
        return np.zeros(len(planes_mm), dtype=np.bool_)
    above = np.minimum(slices_mm.searchsorted(planes_mm), len(slices_mm) - 1)
    apart_mm = np.abs(slices_mm[above] - planes_mm)
    if not apart_mm.any():  # planes mostly lie on slices exactly
        return np.ones(len(planes_mm), dtype=np.bool_)
    apart_mm = np.minimum(apart_mm, np.abs(slices_mm[np.maximum(above - 1, 0)] - planes_mm))
    on: BoolArray = apart_mm.round(3) <= _tolerance_mm(slices_mm)
    return on


def without_strays_mm(positions_mm: FloatArray, own_mm: FloatArray) -> FloatArray:
    """The positions (n,) without those that divide an ordinary gap of slices, except those in `own_mm` (m,). [mm]

    Strays are planes contoured between two slices, not slices.

    >>> without_strays_mm(np.array([0.0, 3, 6, 7.5, 9, 12, 15]), np.array([0.0, 15.0])).tolist()
    [0.0, 3.0, 6.0, 9.0, 12.0, 15.0]
    """
    for _ in range(MOST_STRAYS):
        gaps_mm = steps_between(positions_mm)
        if len(gaps_mm) < 2:
            break
        both_mm = gaps_mm[:-1] + gaps_mm[1:]
        if both_mm.min() > NO_ROOM * gaps_mm.max():  # wider than any median
            break
        usual_mm = _medians_around(gaps_mm)
        is_stray = both_mm <= NO_ROOM * np.minimum(usual_mm[:-1], usual_mm[1:])
        is_stray &= ~is_among(positions_mm[1:-1], own_mm)
        is_stray[1:] &= ~is_stray[:-1]  # of neighbours one at a time: the other may be a slice
        if not is_stray.any():
            break
        positions_mm = np.concatenate([positions_mm[:1], positions_mm[1:-1][~is_stray], positions_mm[-1:]])
    return positions_mm


def _medians_around(gaps_mm: FloatArray) -> FloatArray:
    """The median of the gaps around each one, itself included."""
    padded = np.pad(gaps_mm, AROUND, mode="reflect") if len(gaps_mm) > AROUND else np.pad(gaps_mm, AROUND, mode="edge")
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1), axis=1)
    medians: FloatArray = ordered[:, AROUND]
    return medians


def filled_in_mm(slices_mm: FloatArray, spacing_mm: float) -> FloatArray:
    """The slices (n,) together with those that must lie in their wide gaps. [mm]

    A gap wider than its surroundings is one of slices without contours, or of images that are not available. A run of
    equal gaps is not one: some scans change their spacing. `spacing_mm` is used if no gap can be that of neighbouring
    slices.

    >>> filled_in_mm(np.array([0.0, 3.0, 6.0, 12.0, 15.0, 18.0]), 3.0).tolist()
    [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0]
    """
    gaps_mm = steps_between(slices_mm)
    if len(gaps_mm) and gaps_mm.max() <= min(WIDE_GAP * gaps_mm.min(), LARGEST_SPACING_MM):
        return slices_mm  # what is usual is then at least the narrowest gap
    usual_mm = _usual_gaps_mm(gaps_mm, spacing_mm)
    parts, done = [], 0
    for gap in np.flatnonzero(gaps_mm > WIDE_GAP * usual_mm * (1 + 1e-9)).tolist():
        number = min(round(gaps_mm[gap] / usual_mm[gap]), MOST_FILLED_IN)
        parts += [slices_mm[done : gap + 1], np.linspace(slices_mm[gap], slices_mm[gap + 1], number + 1)[1:-1]]
        done = gap + 1
    return np.concatenate([*parts, slices_mm[done:]])


def _usual_gaps_mm(gaps_mm: FloatArray, spacing_mm: float) -> FloatArray:
    """What neighbouring slices are apart around each gap: the wider of the nearest runs of equal gaps on its two sides.

    A gap that is itself one of three or more equal ones, or of two at an end of the set or beside wider ones, is usual.
    Without such runs it is the median of the gaps around.
    """
    usual_mm = np.empty(len(gaps_mm))
    runs = _runs_of_equal(gaps_mm)
    lengths = [last - first for first, last in runs]
    size_mm = [float(gaps_mm[first:last].mean()) for first, last in runs]
    is_regular = [length >= 2 and size <= LARGEST_SPACING_MM for length, size in zip(lengths, size_mm, strict=True)]
    credible = [size for size in gaps_mm.tolist() if size <= LARGEST_SPACING_MM]
    for run, (first, last) in enumerate(runs):
        below = next((size_mm[other] for other in range(run - 1, -1, -1) if is_regular[other]), None)
        above = next((size_mm[other] for other in range(run + 1, len(runs)) if is_regular[other]), None)
        beside = [size for size in (below, above) if size is not None]
        is_enclosed = len(beside) == 2 and size_mm[run] > WIDE_GAP * max(beside)
        if is_regular[run] and (lengths[run] > 2 or not is_enclosed):
            usual_mm[first:last] = size_mm[run]
        elif beside:
            usual_mm[first:last] = max(beside)
        elif credible and max(credible) - min(credible) <= WHOLE_MM:
            usual_mm[first:last] = max(credible)  # positions rounded to whole millimetres: 0, 2, 3, 5, 6
        else:
            usual_mm[first:last] = median(np.array(credible)) if credible else spacing_mm
    return np.maximum(usual_mm, SAME_SLICE_LIMITS_MM[0])


def _runs_of_equal(gaps_mm: FloatArray) -> list[tuple[int, int]]:
    """Runs (first, beyond the last) of gaps that are equal but for rounding."""
    runs: list[tuple[int, int]] = []
    first, gaps = 0, gaps_mm.tolist()
    for place in range(1, len(gaps) + 1):
        if place == len(gaps) or abs(gaps[place] - gaps[first]) > EQUAL_GAPS * gaps[first]:
            runs.append((first, place))
            first = place
    return runs


def _fits(own_mm: FloatArray, slices_mm: FloatArray) -> bool:
    """Whether the planes lie on a grid's slices, as far as both reach over the same z."""
    if is_on(own_mm, slices_mm).all():
        return True
    low_mm, high_mm = max(own_mm[0], slices_mm[0]), min(own_mm[-1], slices_mm[-1])
    slack_mm = _tolerance_mm(slices_mm)
    shared_mm = own_mm[(own_mm >= low_mm - slack_mm) & (own_mm <= high_mm + slack_mm)]
    return not len(shared_mm) or float(is_on(shared_mm, slices_mm).mean()) >= FITS


def skips_regularly(own_mm: FloatArray, slices_mm: FloatArray) -> bool:
    """Whether planes (n,) lie on the slices (m,) of a grid and skip others of them at nearly every step. [mm]

    >>> skips_regularly(np.array([0.0, 6.0, 12.0, 18.0]), np.arange(0.0, 19.0, 3.0))
    True
    """
    return _fits(own_mm, slices_mm) and _is_coarser(own_mm, slices_mm)


def _is_coarser(own_mm: FloatArray, slices_mm: FloatArray) -> bool:
    """Whether planes pass over slices of a grid at nearly every step: every second or third slice is drawn."""
    steps_mm = steps_between(own_mm)
    if len(steps_mm) < LEAST_STEPS:
        return False
    first, last = slices_mm.searchsorted(own_mm[[0, -1]])
    within_mm = slices_mm[first:last]
    if np.array_equal(within_mm, own_mm[:-1]) or median(steps_mm) > LARGEST_SPACING_MM:  # the first as nearly always
        return False
    others_mm = within_mm[~is_on(within_mm, own_mm)]
    if not len(others_mm):
        return False
    passed_over = np.searchsorted(others_mm, own_mm[1:]) - np.searchsorted(others_mm, own_mm[:-1])
    is_shared = (own_mm[:-1] >= slices_mm[0] - 1e-6) & (own_mm[1:] <= slices_mm[-1] + 1e-6)
    return int(is_shared.sum()) >= LEAST_STEPS and float((passed_over[is_shared] > 0).mean()) >= SKIPS


def _slices_within(slices_mm: FloatArray, own_mm: FloatArray) -> int:
    return int(np.count_nonzero((slices_mm > own_mm[0]) & (slices_mm < own_mm[-1])))


def _tolerance_mm(slices_mm: FloatArray) -> float:
    spacing_mm = median(slices_mm[1:] - slices_mm[:-1]) if len(slices_mm) > 1 else 0.0
    low_mm, high_mm = SAME_SLICE_LIMITS_MM
    return min(max(SAME_SLICE * spacing_mm, low_mm), high_mm)


def _distinct_mm(planes_mm: FloatArray) -> FloatArray:
    """The positions, ascending, those of one slice once."""
    ordered_mm = np.sort(np.asarray(planes_mm, dtype=np.float64))
    if len(ordered_mm) < 2:
        return ordered_mm
    is_new = np.ones(len(ordered_mm), dtype=np.bool_)
    is_new[1:] = np.round(steps_between(ordered_mm), 3) >= SAME_SLICE_LIMITS_MM[0]
    return ordered_mm[is_new]
