"""Solid x dose -> the dose-volume histogram of one structure, with what it can be where evidence is missing."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.curve import UNBOUNDED_CC, UNBOUNDED_GY, Possible, Span, completed, with_volume_at
from rtcheck.dosimetry.curve import Dvh as Dvh
from rtcheck.dosimetry.cuts import Cut
from rtcheck.dosimetry.dose_around import DoseBox, Outline, box_around, outline_of, outline_within
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dose_in_cells import CellDoses, Layers, cell_doses
from rtcheck.dosimetry.extremes import Extremes, find_extremes
from rtcheck.dosimetry.histogram import bins_over, cumulative, empty_tally, tally_boxes
from rtcheck.dosimetry.integral import Sums, integral, integral_of, sums_at_once, sums_of
from rtcheck.dosimetry.outside import beyond, extreme_grids, parts_of
from rtcheck.dosimetry.settings import DEFAULT_SETTINGS, EngineSettings
from rtcheck.geometry.arrays import count_up
from rtcheck.geometry.coverage import Pieces
from rtcheck.geometry.solid import Solid
from rtcheck.timing import timed
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass

BoolArray = NDArray[np.bool_]

FINE_BELOW_CELLS, MEDIUM_BELOW_CELLS = 1_500, 40_000  # dose cells in a structure: cut in 4, in 2, or left whole
LOOSEST_LAST = ("zero", "face", "maximum")
OUTSIDE_ROUNDING = 1e-9  # of the volume; a smaller part outside the grid is rounding


@timed("dose")
def compute_dvh(
    solid: Solid,
    dose: DoseGrid,
    *,
    settings: EngineSettings = DEFAULT_SETTINGS,
    drawn: Solid | None = None,
    refinement: int = 1,
    negligible_gy: float | None = None,
) -> Dvh:
    """The DVH of a solid. Volume and mean dose are exact for trilinear dose.

    `drawn` is the solid of the contours as drawn if `solid` was interpolated: minimum and maximum come from it.
    `refinement=2` halves the cells and the slabs, to show how much the histogram depends on them. Of `settings` only
    the dose interpolation matters here; shape and end caps are already in the solid. A solid outside the dose grid has
    a volume but no dose (NaN).

    >>> found = compute_dvh(cube, slope)  # 10 mm in a gradient of 1 Gy/mm, 50 Gy at the centre
    >>> round(found.volume_cc, 6), round(found.mean_gy, 4), found.min_gy, found.max_gy
    (1.0, 50.0, 45.0, 55.0)
    """
    known, raised = _integrated(solid, dose, settings, drawn, refinement)
    question = _Question(dose=dose, settings=settings, negligible_gy=negligible_gy)
    known, span, reasons = question.span(solid, drawn, known, raised)
    if solid.is_certain:
        possible = None if span.low is span.high else Possible(least=span, most=span, reasons=reasons)
        return replace(known, possible=possible)
    least = span if solid.least is None else question.span_of(solid.least, drawn and drawn.least)
    if solid.most is not None and solid.most.is_anything:
        most = _with_anything(least)
    else:
        most = span if solid.most is None else question.span_of(solid.most, drawn and drawn.most)
    return replace(known, possible=Possible(least=least, most=most, reasons=(*solid.reasons, *reasons)))


@timed("dose")
def known_dvh(
    solid: Solid,
    dose: DoseGrid,
    *,
    settings: EngineSettings = DEFAULT_SETTINGS,
    drawn: Solid | None = None,
    refinement: int = 1,
) -> Dvh:
    """The same without what it can be: the solid as it is, at the doses of the grid."""
    return _integrated(solid, dose, settings, drawn, refinement)[0]


def _integrated(
    solid: Solid, dose: DoseGrid, settings: EngineSettings, drawn: Solid | None, refinement: int
) -> tuple[Dvh, Dvh]:
    """The DVH, and the one with every dose that is cut off as high as it can be (the same where none is)."""
    if solid.is_empty:
        return (_without_dose(0.0, dose),) * 2
    whole = dose
    if is_cubic(solid, settings):
        dose = cubic_around(dose, solid, drawn)
    outline = outline_of(solid)
    volume_mm3 = outline.volume_mm3
    box = box_around(outline, dose)
    if box is None:
        return (_without_dose(volume_mm3, whole),) * 2
    subdivision = _subdivision(volume_mm3, box) * refinement
    outline = outline_within(outline, box)
    given = None if drawn is None or drawn is solid else extremes_of(drawn, dose)
    if box.cut_off is None:
        sums = sums_at_once(outline, box, subdivision, refinement, wanted="everything", extremes=given)
        if sums is not None:
            return (_summed(sums, volume_mm3, whole),) * 2
    cut = Cut.of(outline, box, subdivision)
    extremes = given or _extremes(cut.pieces, outline, box, subdivision)
    if extremes is None:
        return (_without_dose(volume_mm3, whole),) * 2
    layers = layers_of(outline, box, refinement)
    bins = bins_over(extremes.min_gy, extremes.max_gy)
    if box.cut_off is None:
        inside = integral(cut.coverage, layers, box, subdivision, bins)
        return (_summed(sums_of(inside, bins, extremes), volume_mm3, whole),) * 2
    cells = list(cell_doses(cut.coverage, layers, box, subdivision))
    known = _summed(sums_of(integral_of(cells, bins), bins, extremes), volume_mm3, whole)
    if not known.volume_inside_cc > 0:
        return known, known
    marks = box.of_marks()
    cut_off = [mark.mean_gy > 0 for mark in cell_doses(cut.coverage, layers, marks, subdivision)]
    return known, _with_most(cells, cut_off, known, min(whole.cut_off_most_gy, UNBOUNDED_GY))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Question:
    """A dose and what is taken of it where it is not known; asked for the DVHs of solids that may be as they are."""

    dose: DoseGrid
    settings: EngineSettings
    negligible_gy: float | None

    def span_of(self, solid: Solid, drawn: Solid | None) -> Span:
        """The complete DVHs of a solid at the lowest and at the highest dose."""
        return self.span(solid, drawn, *_integrated(solid, self.dose, self.settings, drawn, 1))[1]

    def span(self, solid: Solid, drawn: Solid | None, known: Dvh, raised: Dvh) -> tuple[Dvh, Span, tuple[str, ...]]:
        """The known DVH with the most that the dose outside can be, the span, and why its ends differ.

        Both ends are one and the same where nothing is in doubt.
        """
        if solid.is_empty:
            return known, Span(low=known, high=known), ()
        outline, rule = outline_of(solid), self.settings.outside
        reasons = [self._why_cut_off] if raised is not known else []
        highest, lowest = raised, known
        least, most = extreme_grids(self.dose, outline, rule) if self.dose.parts else (self.dose, self.dose)
        if least is not self.dose:
            lowest = _integrated(solid, least, self.settings, drawn, 1)[0]
        if most is not self.dose:
            highest = _integrated(solid, most, self.settings, drawn, 1)[1]
            reasons.append("part of the structure lies outside the dose grid of one of the plans")
        outside_gy = 0.0
        if known.volume_outside_cc > 0:
            outside = [beyond(outline, part, rule) for part in parts_of(self.dose, self.negligible_gy)]
            outside_gy = sum(each.gy for each in outside)
            known = replace(
                known, outside_max_gy=outside_gy, outside_faces_gy=sum(each.faces_gy for each in outside),
                outside_rule=max((each.rule for each in outside), key=LOOSEST_LAST.index),
            )  # fmt: skip
            if outside_gy > 0:
                reasons.append("part of the structure lies outside the dose grid")
        low = completed(lowest, 0.0)
        return known, Span(low=low, high=completed(highest, outside_gy) if reasons else low), tuple(reasons)

    @property
    def _why_cut_off(self) -> str:
        """The reason, with the dose at which all higher ones are cut off."""
        dose, reason = self.dose, self.dose.why_cut_off
        if dose.is_cut_off is None or math.isfinite(dose.cut_off_most_gy):
            return reason
        return f"{reason} ({float(dose.dose_gy[dose.is_cut_off].max()):.4g} Gy)"


def _with_anything(least: Span) -> Span:
    """What the least becomes with a part of unknown size, anywhere: inside the dose grid or outside."""
    return Span(
        low=with_volume_at(least.low, UNBOUNDED_CC, 0.0), high=with_volume_at(least.high, UNBOUNDED_CC, UNBOUNDED_GY)
    )


def _summed(inside: Sums, volume_mm3: float, dose: DoseGrid) -> Dvh:
    """All cells gathered into one DVH; what the cells do not hold of the whole volume lies outside the grid."""
    extremes, inside_mm3 = inside.extremes, inside.volume_mm3
    if not inside_mm3 > 0 or extremes is None:
        return _without_dose(volume_mm3, dose)
    outside_mm3 = volume_mm3 - inside_mm3
    if outside_mm3 < OUTSIDE_ROUNDING * volume_mm3:
        outside_mm3 = 0.0
    return Dvh(
        dose_gy=inside.dose_gy,
        volume_at_least_cc=inside.volume_at_least_cc,
        volume_cc=volume_mm3 * CC_PER_MM3,
        mean_gy=min(max(inside.dose_gy_mm3 / inside_mm3, extremes.min_gy), extremes.max_gy),
        min_gy=extremes.min_gy,
        max_gy=extremes.max_gy,
        volume_outside_cc=outside_mm3 * CC_PER_MM3,
        grid_max_gy=dose.max_gy,
        min_position_mm=extremes.min_position_mm,
        max_position_mm=extremes.max_position_mm,
    )


def _with_most(cells: Sequence[CellDoses], cut_off: Sequence[BoolArray], known: Dvh, most_gy: float) -> Dvh:
    """The DVH with the cells that touch a node whose dose is cut off at `most_gy`; `known` where none does."""
    inside = replace(known, volume_cc=known.volume_inside_cc, volume_outside_cc=0.0)
    bins = bins_over(known.min_gy, known.max_gy)
    tally = empty_tally(bins)
    kept_mm3 = kept_dose = raised_mm3 = 0.0
    for portion, is_cut_off in zip(cells, cut_off, strict=True):
        volume_mm3 = np.asarray(portion.volume_mm3, dtype=np.float64)
        raised_mm3 += float(np.broadcast_to(volume_mm3, is_cut_off.shape)[is_cut_off].sum())
        volume_mm3 = np.where(is_cut_off, 0.0, volume_mm3)
        kept_mm3 += float(volume_mm3.sum())
        kept_dose += float(np.dot(volume_mm3, portion.mean_gy.astype(np.float64)))
        tally = tally + tally_boxes(portion.mean_gy, portion.spread_gy, volume_mm3, bins)
    if not raised_mm3 > 0:
        return known
    if not kept_mm3 > OUTSIDE_ROUNDING * raised_mm3:
        kept = replace(inside, volume_cc=0.0)
    else:
        dose_gy, volume_at_least_mm3 = cumulative(tally, bins)
        lowest = int(np.flatnonzero(volume_at_least_mm3 >= volume_at_least_mm3[0] * (1 - OUTSIDE_ROUNDING))[-1])
        kept = replace(
            inside, dose_gy=dose_gy, volume_at_least_cc=volume_at_least_mm3 * CC_PER_MM3,
            volume_cc=kept_mm3 * CC_PER_MM3, mean_gy=kept_dose / kept_mm3,
            min_gy=max(known.min_gy, float(dose_gy[lowest])),
        )  # fmt: skip
    raised = with_volume_at(kept, raised_mm3 * CC_PER_MM3, most_gy)
    return replace(raised, volume_cc=known.volume_cc, volume_outside_cc=known.volume_outside_cc)


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
    mean_cell_mm3 = math.prod(float(at[-1] - at[0]) / (len(at) - 1) for at in (box.x_mm, box.y_mm, box.z_mm))
    cells = volume_mm3 / mean_cell_mm3
    if cells < FINE_BELOW_CELLS:
        return 4
    return 2 if cells < MEDIUM_BELOW_CELLS else 1


def _extremes(pieces: Pieces, outline: Outline, box: DoseBox, subdivision: int) -> Extremes | None:
    return find_extremes(pieces, outline.low_mm, outline.high_mm, box, subdivision)


def extremes_of(solid: Solid, dose: DoseGrid) -> Extremes | None:
    """Minimum and maximum dose in the slabs of a solid, and their positions; None if it lies outside the dose grid.

    >>> extremes_of(cube, slope).max_gy
    55.0
    """
    if solid.is_empty:
        return None
    outline = outline_of(solid)
    box = box_around(outline, dose)
    if box is None:
        return None
    outline = outline_within(outline, box)
    sums = sums_at_once(outline, box, 1, 1, wanted="extremes")
    return _extremes(Cut.of(outline, box, 1).pieces, outline, box, 1) if sums is None else sums.extremes


def layers_of(outline: Outline, box: DoseBox, refinement: int) -> Layers:
    """The slabs as layers; slabs much thicker than the spacing of the dose planes are divided into equal parts.

    Each part is about as thick as the spacing; `refinement` multiplies the number of parts. (layers,)
    """
    thickness_mm = outline.high_mm - outline.low_mm
    parts = np.maximum(np.rint(thickness_mm / box.plane_spacing_mm), 1).astype(np.int64) * refinement
    slab, part = count_up(np.zeros_like(parts), parts)
    step_mm = (thickness_mm / parts)[slab]
    low_mm = outline.low_mm[slab] + part * step_mm
    return Layers(slab=slab, low_mm=low_mm, high_mm=np.minimum(low_mm + step_mm, outline.high_mm[slab]))


def is_cubic(solid: Solid, settings: EngineSettings) -> bool:
    """Whether the dose in a solid is interpolated cubic: by the settings, or in small targets by the shape "auto"."""
    return settings.dose_interpolation == "cubic" or (settings.shape == "auto" and solid.is_smooth)


def cubic_around(dose: DoseGrid, solid: Solid, drawn: Solid | None) -> DoseGrid:
    """The dose around the solids on a finer grid, cubic between the nodes of `dose`."""
    from rtcheck.dosimetry.cubic import cubic_dose

    return cubic_dose(dose, (solid,) if drawn is None else (solid, drawn))
