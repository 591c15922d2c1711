"""The planes of a structure and the slices of its set -> how far each plane reaches, and which gaps are filled."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import median, steps_between
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.slices import LARGEST_SPACING_MM, filled_in_mm, merged_mm, without_strays_mm
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

USUAL_STEP = 1.5  # times the steps around; a longer one passes over slices that the drawing means to have
STEPS_AROUND = 2  # steps looked at on each side
SAME_PLANE_MM = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stacking:
    """Of planes ascending in z: `reach_mm` (planes, 2) is half the way to the neighbouring slice below and above;
    `skipped` (planes - 1,) counts the slices between neighbouring planes; `is_bridged` says which gaps are filled.
    """

    reach_mm: FloatArray
    skipped: IntArray
    is_bridged: BoolArray


def stacking(
    z_mm: FloatArray,
    slices_mm: FloatArray | None,
    thickness_mm: float,
    *,
    goes_on: Callable[[IntArray], BoolArray] = lambda skipped: skipped > 0,
) -> Stacking:
    """How planes at `z_mm` (planes,), at least one, are placed among the slices of the set (n,); None if these are
    unknown.

    `thickness_mm` is used if neither planes nor slices show how far slices are apart.

    >>> found = stacking(np.array([0.0, 3.0, 9.0]), np.array([0.0, 3.0, 6.0, 9.0]), 3.0)
    >>> found.skipped.tolist(), found.is_bridged.tolist()  # nothing is contoured at z = 6 mm
    ([0, 1], [True, False])
    """
    positions_mm = z_mm if slices_mm is None else without_strays_mm(merged_mm(z_mm, slices_mm), z_mm)
    positions_mm = filled_in_mm(positions_mm, thickness_mm)
    place = np.searchsorted(positions_mm, z_mm - SAME_PLANE_MM)
    gaps_mm = steps_between(positions_mm) if len(positions_mm) > 1 else np.array([thickness_mm])
    ended_mm = np.concatenate([gaps_mm[:1], gaps_mm, gaps_mm[-1:]])  # beyond the last slice the next is as far
    reach_mm = np.column_stack([ended_mm[place], ended_mm[place + 1]]) / 2
    steps = steps_between(place)
    is_bridged = steps == 1
    if not is_bridged.all():
        is_usual = (steps > 1) & _are_usual(steps) & (steps_between(z_mm) <= LARGEST_SPACING_MM)
        is_bridged |= is_usual & goes_on(steps - 1) if is_usual.any() else is_usual
    ends_mm = steps_between(z_mm)[[0, -1]] / 2 if len(steps) else reach_mm[0]
    for end, (plane, side) in enumerate(((0, 0), (-1, 1))):  # a drawing that passes over slices ends like its steps
        if len(steps) and is_bridged[plane] and steps[plane] > 1:
            reach_mm[plane, side] = ends_mm[end]
    return Stacking(reach_mm=reach_mm, skipped=steps - 1, is_bridged=is_bridged)


def _are_usual(steps: IntArray) -> BoolArray:
    """Whether each step, counted in slices, is like those around it: a drawing of every second slice is no gap."""
    usual = np.zeros(len(steps), dtype=np.bool_)
    for place, step in enumerate(steps.tolist()):
        others = np.concatenate([steps[max(place - STEPS_AROUND, 0) : place], steps[place + 1 :][:STEPS_AROUND]])
        usual[place] = len(others) > 0 and step <= USUAL_STEP * median(others.astype(np.float64))
    return usual
