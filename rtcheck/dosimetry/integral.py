"""Coverage x dose -> the volume, the integral of the dose, and the histogram of what is covered.

The usual DVH is made by the kernel in one call, during which other threads have the interpreter to themselves.
"""

from collections.abc import Iterable
from typing import Literal

import numpy as np

from rtcheck.dosimetry.dose_around import DoseBox, Outline, even_lines
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.dosimetry.dose_in_cells import CellDoses, Layers, cell_doses
from rtcheck.dosimetry.extremes import Extremes, extremes_in
from rtcheck.dosimetry.histogram import Bins, Tally, cumulative, empty_tally, tally_boxes
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.coverage import Coverage
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass

Wanted = Literal["everything", "extremes", "mean"]
_WANTED = {"everything": calls.EXTREMES | calls.SUMS | calls.CURVE, "extremes": calls.EXTREMES, "mean": calls.SUMS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Integral:
    """Volume inside the dose grid [mm3], integral of the dose [Gy mm3], and volumes by bin (None if not requested)."""

    volume_mm3: float
    dose_gy_mm3: float
    tally: Tally | None


def integral(coverage: Coverage, layers: Layers, box: DoseBox, subdivision: int, bins: Bins | None) -> Integral:
    """The integral over all covered cells of all layers; `subdivision` is the number of parts per dose cell in x and y.

    Volume and integral are exact for trilinear dose.
    """
    c = coverage
    empty = np.empty(0)
    tally = empty_tally(bins) if bins is not None else Tally(density_change=empty, step=empty)
    totals = calls.integrate(
        (layers.slab, layers.low_mm, layers.high_mm), box.in_grid,
        (c.slab, c.row, c.column, c.area, c.mean_u, c.mean_v, c.mean_uv, c.mean_uu, c.mean_vv,
         c.run_slab, c.run_row, c.run_column, c.run_length),
        (tally.density_change, tally.step), (bins.first_gy, bins.width_gy) if bins is not None else (0.0, 1.0),
        subdivision,
    )  # fmt: skip
    if totals is None:
        return integral_of(cell_doses(coverage, layers, box, subdivision), bins)
    return Integral(volume_mm3=totals[0], dose_gy_mm3=totals[1], tally=None if bins is None else tally)


def integral_of(cells: Iterable[CellDoses], bins: Bins | None) -> Integral:
    """The same of cells with their doses: the reference of `integral`."""
    tally = None if bins is None else empty_tally(bins)
    volume_mm3 = dose_gy_mm3 = 0.0
    for portion in cells:
        portion_mm3, portion_dose = portion.totals
        volume_mm3 += portion_mm3
        dose_gy_mm3 += portion_dose
        if tally is not None and bins is not None:
            volumes = np.asarray(portion.volume_mm3, dtype=np.float64)
            tally = tally + tally_boxes(portion.mean_gy, portion.spread_gy, volumes, bins)
    return Integral(volume_mm3=volume_mm3, dose_gy_mm3=dose_gy_mm3, tally=tally)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """All that a DVH says of the part inside the dose grid; without extremes where nothing lies inside.

    `dose_gy` and `volume_at_least_cc` (n,) are its cumulative curve.
    """

    extremes: Extremes | None
    volume_mm3: float
    dose_gy_mm3: float
    dose_gy: FloatArray
    volume_at_least_cc: FloatArray


def sums_of(inside: Integral, bins: Bins, extremes: Extremes) -> Sums:
    """The sums of an integral with its histogram."""
    assert inside.tally is not None, "the caller has requested it"
    dose_gy, volume_at_least_mm3 = cumulative(inside.tally, bins)
    return Sums(
        extremes=extremes, volume_mm3=inside.volume_mm3, dose_gy_mm3=inside.dose_gy_mm3,
        dose_gy=dose_gy, volume_at_least_cc=volume_at_least_mm3 * CC_PER_MM3,
    )  # fmt: skip


def sums_at_once(
    outline: Outline,
    box: DoseBox,
    subdivision: int,
    refinement: int,
    *,
    wanted: Wanted,
    extremes: Extremes | None = None,
) -> Sums | None:
    """What is wanted of an outline within a box, by one call of the kernel; None where it is to be made step by step.

    What is not wanted is left empty. `extremes` are given where those of another solid count, the one that this solid
    is made of.
    """
    lines = even_lines(box.x_mm, box.y_mm, subdivision)
    found = lines and calls.dvh(
        outline.drawn.in_kernel, (outline.low_mm, outline.high_mm), box.in_grid, lines,
        spacing=box.plane_spacing_mm, refinement=refinement, per_volume=CC_PER_MM3,
        wanted=_WANTED[wanted] if extremes is None else _WANTED[wanted] & ~calls.EXTREMES,
        extremes_gy=None if extremes is None else (extremes.min_gy, extremes.max_gy),
    )  # fmt: skip
    if found is None:
        return None
    numbers, dose_gy, volume_cc = found
    if extremes is None and wanted != "mean" and not np.isnan(numbers[0]):
        extremes = extremes_in(numbers[:8])
    return Sums(
        extremes=extremes, volume_mm3=float(numbers[8]), dose_gy_mm3=float(numbers[9]),
        dose_gy=dose_gy, volume_at_least_cc=volume_cc,
    )  # fmt: skip
