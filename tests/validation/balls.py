"""Balls of 3 to 20 mm diameter at random places between planes and nodes, in a dose that falls off steeply around them.

The truth is a closed form: the dose depends on the distance from the centre alone.
"""

from collections.abc import Iterator

import numpy as np
from support import shapes
from validation.phantom import Phantom
from validation.truth import FallOff, FloatArray, of_ball

DIAMETERS_MM = (3.0, 5.0, 7.0, 10.0, 15.0, 20.0)
SPACINGS_MM = ((1.0, 1.0), (2.0, 2.0))  # contours, dose
NARROWEST_SIGMA_MM = 4.0
LEAST_PLANES = 3  # balls of a smaller diameter in contour spacings are left out


def phantoms(*, places: int = 4, seed: int = 2015) -> Iterator[Phantom]:
    """Every diameter and spacing at `places` random places."""
    random = np.random.default_rng(seed)
    for diameter_mm in DIAMETERS_MM:
        for contour_mm, dose_mm in SPACINGS_MM:
            if diameter_mm >= LEAST_PLANES * contour_mm:
                for _ in range(places):
                    yield _ball(diameter_mm / 2, contour_mm, dose_mm, random.uniform(-1.0, 1.0, 3))


def _ball(radius_mm: float, contour_mm: float, dose_mm: float, centre: FloatArray) -> Phantom:
    fall_off = FallOff(maximum_gy=24.0, sigma_mm=float(np.hypot(radius_mm, NARROWEST_SIGMA_MM)))

    def dose(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return fall_off(np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2))

    planes_mm = contour_mm * np.arange(-20, 21)
    rise_mm = planes_mm[np.abs(planes_mm - centre[2]) < radius_mm - 1e-6] - centre[2]
    structure = shapes.stack(lambda z: float(np.sqrt(radius_mm**2 - z**2)), rise_mm.tolist(), centre=tuple(centre))
    reach_mm = radius_mm + 4 * dose_mm
    return Phantom(
        name=f"ball of {2 * radius_mm:g} mm, contours {contour_mm:g} mm, dose {dose_mm:g} mm",
        structure=structure,
        dose=shapes.dose_over(-reach_mm, reach_mm, dose_mm, dose, shift=0.31),
        truth=of_ball(radius_mm, fall_off),
    )
