"""The dose-volume histogram as a value, and what it can be where evidence is missing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rtcheck import presentation
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.geometry.arrays import distinct
from rtcheck.values import dataclass

UNBOUNDED_GY = 1e9
"""Stands for a dose of which no upper limit is known; every dose beyond `ENDLESS_GY` comes from it."""

ENDLESS_GY = 1e6
UNBOUNDED_CC = 1e9
"""Stands for a volume of which no upper limit is known; every volume beyond `ENDLESS_CC` comes from it."""

ENDLESS_CC = 1e7

DOSE_ROUNDING = 1e-6  # relative; doses are stored in single precision, 20 Gy may be 19.999999


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dvh:
    """Cumulative DVH.

    `dose_gy` (n,) ascending bin edges; `volume_at_least_cc` (n,) the volume with dose >= that edge, from
    `volume_cc - volume_outside_cc` at the first to 0 at the last; between edges it is linear.
    `mean_gy`, `min_gy`, `max_gy` are computed by themselves, not from the histogram; they and the histogram
    are of the part inside the dose grid. `volume_outside_cc` lies outside the grid, where the dose is taken to be at
    most `outside_max_gy` by the rule `outside_rule` ("zero", "face" or "maximum"); `outside_faces_gy` is the highest on
    the faces of the grid that the structure leaves through. Where nothing lies inside, the arrays are empty and the
    doses NaN.
    `possible` says what the DVH can be where evidence is missing; None where nothing is.
    """

    dose_gy: FloatArray
    volume_at_least_cc: FloatArray
    volume_cc: float
    mean_gy: float
    min_gy: float
    max_gy: float
    volume_outside_cc: float = 0.0
    grid_max_gy: float = 0.0
    outside_max_gy: float = 0.0
    outside_faces_gy: float = 0.0
    outside_rule: str = ""
    min_position_mm: tuple[float, float, float] | None = None
    max_position_mm: tuple[float, float, float] | None = None
    possible: "Possible | None" = None

    @property
    def bin_gy(self) -> float:
        """Width of the histogram's bins, 0 where there are none. [Gy]"""
        finite = self.dose_gy[self.dose_gy < ENDLESS_GY]
        return float(np.diff(finite).max()) if len(finite) > 1 else 0.0

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """One solid's complete DVHs with every doubtful dose as low, and as high, as it can be."""

    low: Dvh
    high: Dvh


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Possible:
    """What a DVH can be: that of any solid between the least and the most, at any dose between low and high.

    `reasons` say why, each as a clause ("slices of Liver are missing (z 6 to 12 mm)").
    """

    least: Span
    most: Span
    reasons: tuple[str, ...]

    @property
    def is_one_solid(self) -> bool:
        """Whether only doses are in doubt, not the structure."""
        return self.least is self.most

    def mapped(self, function: Callable[[Dvh], Dvh]) -> "Possible":
        """The same with every DVH replaced by a function of it."""
        least = Span(low=function(self.least.low), high=function(self.least.high))
        most = least if self.is_one_solid else Span(low=function(self.most.low), high=function(self.most.high))
        return replace(self, least=least, most=most)

    def candidates(self, at_gy: tuple[float, ...] = ()) -> Iterator[Dvh]:
        """DVHs among which those of the lowest and the highest value of any metric lie, but for a fine grid of doses.

        A metric that rises with dose is lowest in a solid that adds to the least one only what is colder than some
        dose, and highest in one that adds only what is hotter. `at_gy` are doses to be tried besides quantiles.
        """
        yield from (self.least.low, self.least.high)
        if self.is_one_solid:
            return
        yield from (self.most.low, self.most.high)
        for least, most, is_hot in ((self.least.low, self.most.low, False), (self.least.high, self.most.high, True)):
            added = _Added(least, most)
            yield from (added.part(threshold_gy, is_hot=is_hot) for threshold_gy in (*added.quantiles_gy(), *at_gy))


QUANTILES = 16


class _Added:
    """What the most that a solid can be has beyond the least, by dose."""

    def __init__(self, least: Dvh, most: Dvh) -> None:
        self._least, self._most = least, most
        self._dose_gy = distinct(np.concatenate([least.dose_gy, most.dose_gy]))
        self._least_cc = _volumes_at(least, self._dose_gy)
        self._added_cc = np.maximum(_volumes_at(most, self._dose_gy) - self._least_cc, 0.0)
        self._added_cc = np.maximum.accumulate(self._added_cc[::-1])[::-1]  # rounding must not let it rise with dose

    def quantiles_gy(self) -> FloatArray:
        shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
        at = np.searchsorted(-self._added_cc, -shares * self._added_cc[0])
        return np.asarray(self._dose_gy[np.minimum(at, len(self._dose_gy) - 1)])

    def part(self, threshold_gy: float, *, is_hot: bool) -> Dvh:
        """The least solid with what was added at or above a dose, or below it."""
        at_threshold = float(np.interp(threshold_gy, self._dose_gy, self._added_cc))
        above = np.where(self._dose_gy < threshold_gy, at_threshold, self._added_cc)
        added_cc = above if is_hot else self._added_cc - above
        volume_cc = self._least_cc + added_cc
        added_total = float(added_cc[0])
        middle_gy = (self._dose_gy[:-1] + self._dose_gy[1:]) / 2
        added_gy_cc = float((middle_gy * -np.diff(added_cc)).sum())
        least, most = self._least, self._most
        has_least = least.volume_cc > 0
        total_cc = least.volume_cc + added_total
        mean_gy = (
            ((least.mean_gy * least.volume_cc if has_least else 0.0) + added_gy_cc) / total_cc if total_cc else np.nan
        )
        lows = [least.min_gy] if has_least else []
        highs = [least.max_gy] if has_least else []
        if added_total > 0:
            lows.append(max(threshold_gy, most.min_gy) if is_hot else most.min_gy)
            highs.append(most.max_gy if is_hot else min(threshold_gy, most.max_gy))
        return Dvh(
            dose_gy=self._dose_gy, volume_at_least_cc=volume_cc, volume_cc=total_cc, mean_gy=mean_gy,
            min_gy=min(lows, default=np.nan), max_gy=max(highs, default=np.nan),
        )  # fmt: skip


def _volumes_at(dvh: Dvh, dose_gy: FloatArray) -> FloatArray:
    """The volume at or above each dose. [cc]"""
    if not len(dvh.dose_gy):
        return np.zeros(len(dose_gy))
    return np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc, left=float(dvh.volume_at_least_cc[0]), right=0.0)


def completed(dvh: Dvh, outside_gy: float) -> Dvh:
    """The DVH with the volume outside the dose grid receiving one dose: 0, or the maximum of the grid.

    Without volume outside, or with nothing inside, the DVH is returned unchanged.

    >>> completed(dvh, 0.0) is dvh
    True
    """
    if not dvh.volume_outside_cc > 0:
        return dvh
    inside = replace(dvh, volume_cc=dvh.volume_inside_cc, volume_outside_cc=0.0)
    return with_volume_at(inside, dvh.volume_outside_cc, outside_gy)


def with_volume_at(dvh: Dvh, volume_cc: float, at_gy: float) -> Dvh:
    """A complete DVH with more volume that receives one dose."""
    total_cc = dvh.volume_cc + volume_cc
    step_gy = np.array([at_gy, np.nextafter(at_gy, np.inf)])
    if not dvh.volume_cc > 0:
        return replace(
            dvh, dose_gy=step_gy, volume_at_least_cc=np.array([volume_cc, 0.0]), volume_cc=total_cc,
            mean_gy=at_gy, min_gy=at_gy, max_gy=at_gy,
        )  # fmt: skip
    here_cc = _volumes_at(dvh, step_gy)
    below, above = dvh.dose_gy < step_gy[0], dvh.dose_gy > step_gy[1]
    return replace(
        dvh,
        dose_gy=np.concatenate([dvh.dose_gy[below], step_gy, dvh.dose_gy[above]]),
        volume_at_least_cc=np.concatenate(
            [
                dvh.volume_at_least_cc[below] + volume_cc,
                here_cc + np.array([volume_cc, 0.0]),
                dvh.volume_at_least_cc[above],
            ]
        ),
        volume_cc=total_cc,
        mean_gy=(dvh.mean_gy * dvh.volume_cc + at_gy * volume_cc) / total_cc,
        min_gy=min(dvh.min_gy, at_gy),
        max_gy=max(dvh.max_gy, at_gy),
    )


def dose_at_volume_gy(dvh: Dvh, volume_cc: float) -> float:
    """The highest dose that `volume_cc` of the structure receives: sup{D: v(D) >= volume}. [Gy]

    The DVH must have nothing outside the dose grid and at least `volume_cc`; `measure` checks this.

    >>> round(dose_at_volume_gy(dvh, 25.0), 6)
    30.0
    """
    doses_gy, volumes_cc = dvh.dose_gy, dvh.volume_at_least_cc
    reached = int(np.count_nonzero(volumes_cc >= min(volume_cc, volumes_cc[0]))) - 1
    dose_gy = float(doses_gy[reached])
    if reached + 1 < len(doses_gy):
        step_cc = volumes_cc[reached] - volumes_cc[reached + 1]
        share = (volumes_cc[reached] - min(volume_cc, volumes_cc[0])) / step_cc
        dose_gy += float(share * (doses_gy[reached + 1] - doses_gy[reached]))
    return min(max(dose_gy, dvh.min_gy), dvh.max_gy)


def volume_at_dose_cc(dvh: Dvh, dose_gy: float) -> float:
    """The volume inside the dose grid that receives at least `dose_gy`. [cc]

    >>> round(volume_at_dose_cc(dvh, 30.0), 3)
    25.0
    """
    if not dvh.volume_inside_cc > 0:
        return 0.0
    dose_gy *= 1 - DOSE_ROUNDING
    if dose_gy <= dvh.min_gy:
        return dvh.volume_inside_cc
    if dose_gy > dvh.max_gy:
        return 0.0
    return float(np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc))


def volumes_at_doses_cc(dvh: Dvh, dose_gy: FloatArray) -> FloatArray:
    """`volume_at_dose_cc` of many doses (n,) at once: volumes (n,). [cc] (Of one it takes five times as long.)

    >>> volumes_at_doses_cc(dvh, np.array([0.0, 30.0, 50.0])).round(3).tolist()
    [100.0, 25.0, 0.0]
    """
    if not dvh.volume_inside_cc > 0:
        return np.zeros(dose_gy.shape)
    dose_gy = dose_gy * (1 - DOSE_ROUNDING)
    between_cc = np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc)
    return np.where(dose_gy <= dvh.min_gy, dvh.volume_inside_cc, np.where(dose_gy > dvh.max_gy, 0.0, between_cc))


def volume_in_range_cc(dvh: Dvh, low_gy: float, high_gy: float) -> float:
    """The volume inside the dose grid that receives at least `low_gy` and less than `high_gy`. [cc]

    >>> round(volume_in_range_cc(dvh, 10.0, 30.0), 3)
    50.0
    """
    return max(volume_at_dose_cc(dvh, low_gy) - volume_at_dose_cc(dvh, high_gy), 0.0)
