"""Solid x dose -> its highest, lowest or mean dose alone: the same as in its DVH, for a third of the work.

Only of solids that lie wholly in the dose grid; of others None, for only a DVH says how much lies outside.
"""

from rtcheck.dosimetry.cuts import Cut
from rtcheck.dosimetry.dose_around import Outline, box_around, lies_within, outline_of
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import cubic_around, extremes_of, is_cubic, layers_of
from rtcheck.dosimetry.extremes import Extremes
from rtcheck.dosimetry.integral import integral, sums_at_once
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.geometry.solid import Solid
from rtcheck.timing import timed


@timed("dose")
def extremes_within(
    solid: Solid,
    dose: DoseGrid,
    *,
    settings: EngineSettings = DEFAULT_SETTINGS,
    drawn: Solid | None = None,
) -> Extremes | None:
    """Minimum and maximum dose of a solid; None unless all of it lies inside the dose grid. [Gy]

    `drawn` is the solid of the contours as drawn if `solid` was interpolated.

    >>> extremes_within(cube, slope).min_gy
    45.0
    """
    if _outline_within(solid, dose) is None:
        return None
    if is_cubic(solid, settings):
        dose = cubic_around(dose, solid, drawn)
    return (extremes_of(drawn, dose) if drawn is not None else None) or extremes_of(solid, dose)


@timed("dose")
def mean_gy_within(solid: Solid, dose: DoseGrid, *, settings: EngineSettings = DEFAULT_SETTINGS) -> float | None:
    """Mean dose of a solid; None unless all of it lies inside the dose grid. [Gy]

    >>> round(mean_gy_within(cube, slope), 4)
    50.0
    """
    outline = _outline_within(solid, dose)
    if outline is None:
        return None
    if is_cubic(solid, settings):
        dose = cubic_around(dose, solid, None)
    box = box_around(outline, dose)
    if box is None:
        return None
    inside = sums_at_once(outline, box, 1, 1, wanted="mean") or integral(
        Cut.of(outline, box, 1).coverage, layers_of(outline, box, 1), box, 1, None
    )
    return inside.dose_gy_mm3 / inside.volume_mm3 if inside.volume_mm3 > 0 else None


def _outline_within(solid: Solid, dose: DoseGrid) -> Outline | None:
    """The solid's outline; None unless all of it lies in the dose grid, where the dose is known."""
    is_known = dose.is_cut_off is None and not dose.parts
    outline = None if solid.is_empty or not is_known else outline_of(solid)
    return outline if outline is not None and lies_within(outline, dose) else None
