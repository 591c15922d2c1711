"""True DVHs, from closed forms or one-dimensional integrals; nothing of the engine is used here."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

METRICS = ("Volume", "Dmin", "Dmax", "Dmean", "D99%", "D95%", "D5%", "D1%", "D0.03cc")  # those of Nelms et al. 2015


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The volume that receives at least each of many ascending doses.

    The first and the last are minimum and maximum, unless `extremes_gy` says otherwise.
    """

    dose_gy: FloatArray
    volume_at_least_cc: FloatArray
    extremes_gy: tuple[float, float] | None = None

    @property
    def volume_cc(self) -> float:
        return float(self.volume_at_least_cc[0])

    def values(self) -> dict[str, float]:
        """Every metric that is defined."""
        asked_cc = {"D99%": 0.99, "D95%": 0.95, "D5%": 0.05, "D1%": 0.01, "D0.03cc": 0.03 / self.volume_cc}
        found = {name: self._dose_at_gy(share * self.volume_cc) for name, share in asked_cc.items() if share <= 1}
        area = float(np.trapezoid(self.volume_at_least_cc, self.dose_gy))
        found["Volume"] = self.volume_cc
        found["Dmin"], found["Dmax"] = self.extremes_gy or (float(self.dose_gy[0]), float(self.dose_gy[-1]))
        found["Dmean"] = float(self.dose_gy[0]) + area / self.volume_cc
        return found

    def volume_at_cc(self, dose_gy: float) -> float:
        return float(np.interp(dose_gy, self.dose_gy, self.volume_at_least_cc))

    def _dose_at_gy(self, volume_cc: float) -> float:
        return float(np.interp(volume_cc, self.volume_at_least_cc[::-1], self.dose_gy[::-1]))


def of_ball(radius_mm: float, dose_at: "FallOff") -> Truth:
    """A ball in a dose that falls with the distance from its centre."""
    r_mm = np.linspace(radius_mm, 0.0, 20_001)
    return Truth(dose_gy=dose_at(r_mm), volume_at_least_cc=4 / 3 * np.pi * r_mm**3 / 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallOff:
    """Dose against the distance from a point: a Gaussian, as that of a small field of radiosurgery nearly is."""

    maximum_gy: float
    sigma_mm: float

    def __call__(self, r_mm: FloatArray) -> FloatArray:
        return self.maximum_gy * np.exp(-0.5 * (r_mm / self.sigma_mm) ** 2)


def segment_area(radius: FloatArray, s: float) -> FloatArray:
    """Area of the part of discs of these radii that lies beyond a distance `s` from their centres."""
    radius = np.maximum(radius, 1e-12)
    s = np.clip(s, -radius, radius)
    return radius**2 * np.arccos(s / radius) - s * np.sqrt(np.maximum(radius**2 - s**2, 0.0))
