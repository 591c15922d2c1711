"""The scale of the whole dose at which a metric reaches a limit: how far a plan can go, or must.

Scaling the monitor units by s scales the dose of every voxel and every prescription by s; the number of fractions
stays. A metric in percent of the prescription, an index and a volume do not change at all.
"""

import math
from dataclasses import replace

import numpy as np

from rtcheck.dosimetry.biology import total_dose_of_bed
from rtcheck.dosimetry.curve import dose_at_volume_gy, volume_in_range_cc, volumes_at_doses_cc
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import DOSES, INDICES, INTEGRALS, LENGTHS, PROBABILITIES, VOLUMES, Metric
from rtcheck.dosimetry.metrics import dose_range_gy, measure

MAX_SCALE = 1e3  # beyond it no limit is worth speaking of
BISECTIONS = 60

INDEPENDENT_OF_SCALE = INDICES | LENGTHS | {"Volume"}


def scaled(dvh: Dvh, scale: float) -> Dvh:
    """The DVH after multiplying the whole dose by `scale`.

    >>> scaled(dvh, 0.5).max_gy
    20.0
    """
    return replace(
        dvh,
        dose_gy=dvh.dose_gy * scale,
        mean_gy=dvh.mean_gy * scale,
        min_gy=dvh.min_gy * scale,
        max_gy=dvh.max_gy * scale,
        grid_max_gy=dvh.grid_max_gy * scale,
        outside_max_gy=dvh.outside_max_gy * scale,
        possible=None if dvh.possible is None else dvh.possible.mapped(lambda each: scaled(each, scale)),
    )


def scale_at_limit(metric: Metric, limit: float, dvh: Dvh, *, fractions: float | None = None) -> float | None:
    """The scale of dose and prescription at which the metric equals `limit` (in the unit of the metric).

    Closed forms for doses and for volumes at a dose; bisection where the effect is not linear in dose (EQD2, BED). None
    if the metric does not depend on the scale, is undefined or of a plug-in, or cannot reach the limit, and for a
    structure partly outside the dose grid, about which nothing is certain. The volume in a dose range rises and falls
    again: its scale is the lowest, below which it is less than the limit.

    >>> scale_at_limit(Metric(text="Dmax", kind="Dmax", unit="Gy"), 50.0, dvh)
    1.25
    """
    if (
        not depends_on_scale(metric)
        or metric.plugin
        or dvh.volume_outside_cc > 0.0
        or measure(metric, dvh, fractions=fractions).value is None
    ):
        return None
    if metric.kind == "Vrange":
        return _lowest_of_range(metric, limit, dvh, fractions)
    if metric.biology != "physical" or metric.kind in PROBABILITIES:
        return _bisected(metric, limit, dvh, fractions)
    if metric.kind in DOSES | INTEGRALS:
        value = measure(metric, dvh, fractions=fractions).value
        return limit / value if value else None
    return _scale_of_volume(metric, limit, dvh, fractions if metric.per_fraction and fractions else 1.0)


def depends_on_scale(metric: Metric) -> bool:
    """Whether the metric changes if dose and prescription are scaled together: not a volume, an index or a relative
    dose.

    >>> depends_on_scale(Metric(text="Dmax", kind="Dmax", unit="%"))
    False
    """
    if metric.kind in INDEPENDENT_OF_SCALE:
        return False
    is_relative_dose = metric.kind in DOSES and metric.unit == "%"
    is_at_relative_dose = metric.kind in VOLUMES and metric.at is not None and metric.at.unit == "%"
    return not (is_relative_dose or is_at_relative_dose)


def _scale_of_volume(metric: Metric, limit: float, dvh: Dvh, fractions: float) -> float | None:
    """V_x = v holds at the scale x / D_v; CV_x = v at x / DC_v, the dose below which the coldest v lie.

    `fractions` are those by which x is to be multiplied: 1 where it is not per fraction.
    """
    assert metric.at is not None
    limit_cc = limit / 100 * dvh.volume_cc if metric.unit == "%" else limit
    hot_cc = limit_cc if metric.kind == "V" else dvh.volume_cc - limit_cc
    if not 0.0 <= hot_cc < dvh.volume_cc:
        return None
    dose_gy = dose_at_volume_gy(dvh, hot_cc) if hot_cc > 0.0 else dvh.max_gy
    return fractions * metric.at.amount / dose_gy if dose_gy > 0.0 else None


def _lowest_of_range(metric: Metric, limit: float, dvh: Dvh, fractions: float | None) -> float | None:
    """The lowest scale at which the volume in a dose range reaches the limit.

    At a scale s the range a..b holds V(a/s) - V(b/s). V is linear between the edges of the histogram's bins, so that
    between the scales that bring a or b to an edge the volume only rises or only falls.
    """
    low_gy, high_gy = (_physical_gy(metric, dose_gy, fractions) for dose_gy in dose_range_gy(metric, None, fractions))
    limit_cc = limit / 100 * dvh.volume_cc if metric.unit == "%" else limit
    edges_gy = np.union1d(dvh.dose_gy, [dvh.min_gy, dvh.max_gy])
    edges_gy = edges_gy[edges_gy > 0.0]
    scales = np.union1d(low_gy / edges_gy, high_gy / edges_gy)
    scales = scales[scales > 0.0]
    in_range_cc = volumes_at_doses_cc(dvh, low_gy / scales) - volumes_at_doses_cc(dvh, high_gy / scales)
    reached = np.flatnonzero(in_range_cc >= limit_cc)
    if not len(reached):
        return None
    low, high = (float(scales[reached[0] - 1]) if reached[0] else 0.0), float(scales[reached[0]])
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        is_reached = middle > 0.0 and volume_in_range_cc(dvh, low_gy / middle, high_gy / middle) >= limit_cc
        low, high = (low, middle) if is_reached else (middle, high)
    return high


def _physical_gy(metric: Metric, dose_gy: float, fractions: float | None) -> float:
    """The total dose that has this EQD2 or BED; a physical dose as it is. [Gy]"""
    if metric.biology == "physical" or not fractions or not metric.alpha_beta_gy:
        return dose_gy
    per_bed = 1.0 + 2.0 / metric.alpha_beta_gy if metric.biology == "EQD2" else 1.0
    return total_dose_of_bed(dose_gy * per_bed, fractions=fractions, alpha_beta_gy=metric.alpha_beta_gy)


def _bisected(metric: Metric, limit: float, dvh: Dvh, fractions: float | None) -> float | None:
    """The scale at which a metric that rises or falls throughout equals the limit."""

    def excess(scale: float) -> float:
        value = measure(metric, scaled(dvh, scale), fractions=fractions).value
        return math.nan if value is None else value - limit

    low, high = 0.0, 1.0
    at_rest = excess(low)
    while high < MAX_SCALE and at_rest * excess(high) > 0.0:
        low, high = high, 2.0 * high
    if not at_rest * excess(high) <= 0.0:
        return None
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at_rest * excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)
