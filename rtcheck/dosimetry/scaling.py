"""The scale of the whole dose at which a metric reaches a limit: how far a plan can go, or must.

Scaling the monitor units by s scales the dose of every voxel and every prescription by s; the number of fractions
stays. A metric in percent of the prescription, an index and a volume do not change at all.
"""

import math
from dataclasses import replace

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import DOSES, INDICES, PROBABILITIES, Metric, dose_at_volume_gy, measure

MAX_SCALE = 1e3  # beyond it no limit is worth speaking of
BISECTIONS = 60

INDEPENDENT_OF_SCALE = INDICES | {"Volume"}


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
    if the metric does not depend on the scale, is undefined, or cannot reach the limit, and for a structure partly
    outside the dose grid, about which nothing is certain.

    >>> scale_at_limit(Metric(text="Dmax", kind="Dmax", unit="Gy"), 50.0, dvh)
    1.25
    """
    if (
        not depends_on_scale(metric)
        or dvh.volume_outside_cc > 0.0
        or measure(metric, dvh, fractions=fractions).value is None
    ):
        return None
    if metric.biology != "physical" or metric.kind in PROBABILITIES:
        return _bisected(metric, limit, dvh, fractions)
    if metric.kind in DOSES:
        value = measure(metric, dvh, fractions=fractions).value
        return limit / value if value else None
    return _scale_of_volume(metric, limit, dvh)


def depends_on_scale(metric: Metric) -> bool:
    """Whether the metric changes if dose and prescription are scaled together: not a volume, an index or a relative
    dose.

    >>> depends_on_scale(Metric(text="Dmax", kind="Dmax", unit="%"))
    False
    """
    if metric.kind in INDEPENDENT_OF_SCALE:
        return False
    is_relative_dose = metric.kind in DOSES and metric.unit == "%"
    is_at_relative_dose = metric.kind in ("V", "CV") and metric.at is not None and metric.at.unit == "%"
    return not (is_relative_dose or is_at_relative_dose)


def _scale_of_volume(metric: Metric, limit: float, dvh: Dvh) -> float | None:
    """V_x = v holds at the scale x / D_v; CV_x = v at x / DC_v, the dose below which the coldest v lie."""
    assert metric.at is not None
    limit_cc = limit / 100 * dvh.volume_cc if metric.unit == "%" else limit
    hot_cc = limit_cc if metric.kind == "V" else dvh.volume_cc - limit_cc
    if not 0.0 <= hot_cc < dvh.volume_cc:
        return None
    dose_gy = dose_at_volume_gy(dvh, hot_cc) if hot_cc > 0.0 else dvh.max_gy
    return metric.at.amount / dose_gy if dose_gy > 0.0 else None


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
