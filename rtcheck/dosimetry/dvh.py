"""The dose-volume histogram of one structure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dvh:
    """Cumulative DVH.

    `dose_gy` (n,) ascending bin edges; `volume_at_least_cc` (n,) the volume with dose >= that edge, from
    `volume_cc - volume_outside_cc` at the first to 0 at the last; between edges it is linear.
    `mean_gy`, `min_gy`, `max_gy` are computed by themselves, not from the histogram; they and the histogram
    speak of the part inside the dose grid. `volume_outside_cc` lies outside the grid: every metric of such a structure has bounds
    (dose outside 0 .. `grid_max_gy`).
    """

    dose_gy: FloatArray
    volume_at_least_cc: FloatArray
    volume_cc: float
    mean_gy: float
    min_gy: float
    max_gy: float
    volume_outside_cc: float = 0.0
    grid_max_gy: float = 0.0
    max_position_mm: tuple[float, float, float] | None = None
