"""Numbers as every report prints them: one place decides decimals, units, signs and what stands where there is none."""

import math

from rtcheck.dosimetry.metric_terms import Measurement, Metric
from rtcheck.protocol.file.model import Goal
from rtcheck.results import Result
from rtcheck.units import amount_text, size_text

NOTHING = "-"


def value_text(measurement: Measurement, *, limit: float | None = None) -> str:
    """ "23.41 Gy", "97.0 % of 60 Gy", with `limit` always told apart from it; "-" where the value is undefined."""
    if measurement.value is None:
        return NOTHING
    return amount_text(measurement.value, measurement.unit, beside=limit) + _of_reference(measurement)


def other_unit_text(measurement: Measurement) -> str:
    """A part of a structure's volume in its other unit: "412.3 cc" for 29.6 %, and the reverse; "" for all else."""
    if measurement.value is None or not measurement.of_cc or measurement.bounds:
        return ""
    if measurement.unit == "%":
        return amount_text(measurement.value / 100 * measurement.of_cc, "cc")
    return amount_text(100 * measurement.value / measurement.of_cc, "%") if measurement.unit == "cc" else ""


def uncertainty_text(measurement: Measurement) -> str:
    """ "± 0.05 Gy", "± 0.05 % of 60 Gy" (numerical); "" where none was computed."""
    if measurement.value is None or measurement.uncertainty is None:
        return ""
    size = size_text(measurement.uncertainty, measurement.value, measurement.unit)
    return f"± {size} {measurement.unit}".rstrip() + _of_reference(measurement)


def value_with_uncertainty(measurement: Measurement, *, limit: float | None = None) -> str:
    """ "23.41 ± 0.05 Gy"."""
    text = value_text(measurement, limit=limit)
    if measurement.value is None or measurement.uncertainty is None:
        return text
    return f"{text.partition(' ')[0]} {uncertainty_text(measurement)}"


def band_text(measurement: Measurement) -> str:
    """The convention band, "23.1 to 23.9 Gy"; "" where none was computed."""
    if measurement.low is None or measurement.high is None:
        return ""
    return range_text(measurement.low, measurement.high, measurement.unit) + _of_reference(measurement)


def bounds_text(measurement: Measurement) -> str:
    """The least and the most that the value can be, "18.20 to 31.70 Gy"; "" where no missing evidence changes it."""
    if not measurement.bounds or not measurement.is_uncertain:
        return ""
    return range_text(*measurement.bounds, measurement.unit) + _of_reference(measurement)


def _of_reference(measurement: Measurement) -> str:
    """What a dose in percent is of: " of 60 Gy"; "" for other values."""
    return reference_text(measurement) if measurement.is_share_of_reference else ""


def reference_text(measurement: Measurement) -> str:
    """ " of 60 Gy": the prescribed dose that a value is relative to; "" where it is to none."""
    return f" of {measurement.reference_gy:.6g} Gy" if measurement.reference_gy is not None else ""


def metric_text(metric: Metric, measurement: Measurement) -> str:
    """ "V95% of 60 Gy": the metric with the dose that its own percent, or an index, is of; else as it is."""
    is_said_by_value = measurement.is_share_of_reference and measurement.value is not None
    return metric.text + ("" if is_said_by_value else reference_text(measurement))


def range_text(low: float, high: float, unit: str) -> str:
    """ "18.20 to 31.70 Gy", or "at least 18.20 Gy" without an upper end."""
    if math.isinf(high):
        return f"at least {amount_text(low, unit)}"
    return f"{amount_text(low, unit).partition(' ')[0]} to {amount_text(high, unit)}"


def margin_text(margin: float | None, goal: Goal) -> str:
    """ "1.59 Gy to spare" or "0.30 Gy over" ("short" for lower limits); "" without a value."""
    if margin is None:
        return ""
    if abs(margin) <= 1e-6 * abs(goal.limit):
        return "at the limit"
    missing = "over" if goal.is_upper_limit else "short"
    return f"{amount_text(abs(margin), goal.unit, beside=0.0)} {'to spare' if margin > 0 else missing}"


def signed_margin_text(margin: float | None, goal: Goal) -> str:
    """ "+1.59" or "-0.30": for narrow columns whose heading says what the sign means; "" without a value."""
    if margin is None:
        return ""
    number = amount_text(abs(margin), goal.unit, beside=0.0).partition(" ")[0]
    return ("+" if margin > 0 else "-" if margin < 0 else "") + number


def share_of_limit(result: Result) -> str:
    """The margin as a share of the limit, "7 % of the limit"; "" without a margin or for a limit of zero."""
    if result.margin is None or result.goal.limit == 0:
        return ""
    percent = 100 * abs(result.margin / result.goal.limit)
    return f"{percent:.0f} % of the limit" if percent >= 3 else f"{percent:.1f} % of the limit"


def position_text(position_mm: tuple[float, float, float]) -> str:
    """ "x +34, y −30, z +22 mm" in patient axes (LPS)."""
    axes = ", ".join(f"{axis} {round(at):+d}" for axis, at in zip("xyz", position_mm, strict=True))
    return axes.replace("-", "−") + " mm"
