"""Coverage x dose -> the volume, the integral of the dose, and the histogram of what is covered."""

from collections.abc import Iterable

import numpy as np

from rtcheck.dosimetry.dose_around import DoseBox
from rtcheck.dosimetry.dose_in_cells import CellDoses, Layers, cell_doses
from rtcheck.dosimetry.histogram import Bins, Tally, empty_tally, tally_boxes
from rtcheck.geometry._kernel import calls
from rtcheck.geometry.coverage import Coverage
from rtcheck.values import dataclass


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
