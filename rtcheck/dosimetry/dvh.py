"""Solid x dose -> the dose-volume histogram of one structure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtcheck import presentation
from rtcheck.dosimetry.cuts import Cuts, cut_of
from rtcheck.dosimetry.dose_around import DoseBox, Outline, box_around, outline_of, outline_within
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.dose_in_cells import CellDoses, Layers, cell_doses
from rtcheck.dosimetry.extremes import Extremes, find_extremes
from rtcheck.dosimetry.histogram import bins_over, cumulative, empty_tally, tally_boxes
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.geometry.arrays import count_up
from rtcheck.geometry.coverage import Pieces
from rtcheck.geometry.solid import Solid
from rtcheck.units import CC_PER_MM3

FINE_BELOW_CELLS, MEDIUM_BELOW_CELLS = 1_500, 40_000  # dose cells in a structure: cut in 4, in 2, or left whole
OUTSIDE_ROUNDING = 1e-9  # of the volume; a smaller part outside the grid is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dvh:
    """Cumulative DVH.

    `dose_gy` (n,) ascending bin edges; `volume_at_least_cc` (n,) the volume with dose >= that edge, from
    `volume_cc - volume_outside_cc` at the first to 0 at the last; between edges it is linear.
    `mean_gy`, `min_gy`, `max_gy` are computed by themselves, not from the histogram; they and the histogram
    speak of the part inside the dose grid. `volume_outside_cc` lies outside the grid: every metric of such a
    structure has bounds (dose outside 0 .. `grid_max_gy`). Where nothing lies inside, the arrays are empty and the
    doses NaN.
    """

    dose_gy: FloatArray
    volume_at_least_cc: FloatArray
    volume_cc: float
    mean_gy: float
    min_gy: float
    max_gy: float
    volume_outside_cc: float = 0.0
    grid_max_gy: float = 0.0
    min_position_mm: tuple[float, float, float] | None = None
    max_position_mm: tuple[float, float, float] | None = None

    @property
    def bin_gy(self) -> float:
        """Width of the histogram's bins, 0 where there are none. [Gy]"""
        return float(np.diff(self.dose_gy).max()) if len(self.dose_gy) > 1 else 0.0

    @property
    def volume_inside_cc(self) -> float:
        """The volume inside the dose grid. [cc]"""
        return self.volume_cc - self.volume_outside_cc

    def to_dicompyler(self, *, name: str | None = None) -> Any:
        """The same as a `dicompylercore.dvh.DVH`, for code that takes those: cumulative, Gy, cm3, bins of 0.01 Gy."""
        # Imported when asked for: this room knows no dicompyler-core, the bridge module does.
        from rtcheck.dicompyler import to_dicompyler

        return to_dicompyler(self, name=name)

    def _repr_html_(self) -> str:
        """What a notebook shows: the curve and its main numbers."""
        return presentation.dvh_fragment(self)


def compute_dvh(
    solid: Solid,
    dose: DoseGrid,
    *,
    settings: EngineSettings = DEFAULT_SETTINGS,
    drawn: Solid | None = None,
    refinement: int = 1,
    cuts: Cuts | None = None,
) -> Dvh:
    """The DVH of a solid; volume and mean dose are exact for trilinear dose.

    `drawn` is the solid of the drawn contours where `solid` was interpolated: minimum and maximum come from it.
    `refinement` 2 halves the cells and the slabs, to see how much the histogram depends on them. Of `settings` only
    the dose interpolation matters here: shape and end caps are already in the solid. `cuts` saves work from one call
    to the next where the dose has moved along z only.
    """
    if solid.is_empty:
        return _without_dose(0.0, dose)
    whole = dose
    if settings.dose_interpolation == "cubic":
        dose = cubic_around(dose, solid, drawn)
    outline = outline_of(solid)
    volume_mm3 = outline.volume_mm3
    box = box_around(outline, dose)
    if box is None:
        return _without_dose(volume_mm3, whole)
    subdivision = _subdivision(volume_mm3, box) * refinement
    outline = outline_within(outline, box)
    cut = cut_of(solid, outline, box, subdivision, cuts)
    extremes = _extremes(cut.pieces, outline, box, subdivision)
    if drawn is not None:
        extremes = extremes_of(drawn, dose) or extremes
    if extremes is None:
        return _without_dose(volume_mm3, whole)
    layers = layers_of(outline, box, refinement)
    return _summed(cell_doses(cut.coverage, layers, box, subdivision), extremes, volume_mm3, whole)


def _summed(cells: Iterable[CellDoses], extremes: Extremes, volume_mm3: float, dose: DoseGrid) -> Dvh:
    """All cells gathered into one DVH; what the cells do not hold of the whole volume lies outside the grid."""
    bins = bins_over(extremes.min_gy, extremes.max_gy)
    tally = empty_tally(bins)
    inside_mm3 = dose_sum = 0.0
    for portion in cells:
        portion_mm3, portion_dose = portion.totals
        inside_mm3 += portion_mm3
        dose_sum += portion_dose
        volumes = np.asarray(portion.volume_mm3, dtype=np.float64)
        tally = tally + tally_boxes(portion.mean_gy, portion.spread_gy, volumes, bins)
    if not inside_mm3 > 0:
        return _without_dose(volume_mm3, dose)
    dose_gy, volume_at_least_mm3 = cumulative(tally, bins)
    outside_mm3 = volume_mm3 - inside_mm3
    if outside_mm3 < OUTSIDE_ROUNDING * volume_mm3:
        outside_mm3 = 0.0
    return Dvh(
        dose_gy=dose_gy,
        volume_at_least_cc=volume_at_least_mm3 * CC_PER_MM3,
        volume_cc=volume_mm3 * CC_PER_MM3,
        mean_gy=min(max(dose_sum / inside_mm3, extremes.min_gy), extremes.max_gy),
        min_gy=extremes.min_gy,
        max_gy=extremes.max_gy,
        volume_outside_cc=outside_mm3 * CC_PER_MM3,
        grid_max_gy=dose.max_gy,
        min_position_mm=extremes.min_position_mm,
        max_position_mm=extremes.max_position_mm,
    )


def _without_dose(volume_mm3: float, dose: DoseGrid) -> Dvh:
    """The DVH of a solid of which nothing lies in the dose grid."""
    volume_cc = volume_mm3 * CC_PER_MM3
    return Dvh(
        dose_gy=np.empty(0), volume_at_least_cc=np.empty(0), volume_cc=volume_cc,
        mean_gy=np.nan, min_gy=np.nan, max_gy=np.nan,
        volume_outside_cc=volume_cc, grid_max_gy=dose.max_gy,
    )  # fmt: skip


def _subdivision(volume_mm3: float, box: DoseBox) -> int:
    """Into how many parts a dose cell is cut along x and y: small structures need finer cells for their histogram."""
    cell_mm3 = box.cell_area_mm2.mean() * np.diff(box.z_mm).mean()
    cells = volume_mm3 / cell_mm3
    if cells < FINE_BELOW_CELLS:
        return 4
    return 2 if cells < MEDIUM_BELOW_CELLS else 1


def _extremes(pieces: Pieces, outline: Outline, box: DoseBox, subdivision: int) -> Extremes | None:
    return find_extremes(pieces, outline.low_mm, outline.high_mm, box, subdivision)


def extremes_of(solid: Solid, dose: DoseGrid) -> Extremes | None:
    """Minimum and maximum over a solid's slabs; of a drawn one each goes no further than its plane reaches."""
    if solid.is_empty:
        return None
    outline = outline_of(solid)
    box = box_around(outline, dose)
    if box is None:
        return None
    outline = outline_within(outline, box)
    return _extremes(cut_of(solid, outline, box, 1, None).pieces, outline, box, 1)


def layers_of(outline: Outline, box: DoseBox, refinement: int) -> Layers:
    """The slabs; those much thicker than the dose planes' spacing are cut into equal parts, each as thick as it."""
    thickness_mm = outline.high_mm - outline.low_mm
    spacing_mm = np.diff(box.z_mm).mean()
    parts = np.maximum(np.rint(thickness_mm / spacing_mm), 1).astype(np.int64) * refinement
    slab, part = count_up(np.zeros_like(parts), parts)
    step_mm = (thickness_mm / parts)[slab]
    low_mm = outline.low_mm[slab] + part * step_mm
    return Layers(slab=slab, low_mm=low_mm, high_mm=np.minimum(low_mm + step_mm, outline.high_mm[slab]))


def cubic_around(dose: DoseGrid, solid: Solid, drawn: Solid | None) -> DoseGrid:
    from rtcheck.dosimetry.cubic import cubic_dose

    return cubic_dose(dose, (solid,) if drawn is None else (solid, drawn))
