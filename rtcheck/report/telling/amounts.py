"""Numbers as every report prints them: one place decides decimals, units, signs and what stands where there is none."""

from rtcheck.dosimetry.metrics import Measurement
from rtcheck.protocol.file.model import Goal
from rtcheck.report.telling.doubts import is_in_doubt
from rtcheck.results import Outcome, Report, Result, Verdict
from rtcheck.units import amount_text

NOTHING = "-"

OUTCOME_WORDS: dict[Outcome, str] = {
    "met": "met",
    "variation": "variation",
    "violated": "VIOLATED",
    "not_evaluated": "not evaluated",
    "not_applicable": "not applicable",
    "waived": "waived",
}
OUTCOME_SHAPES: dict[Outcome, str] = {
    "met": "✓",
    "variation": "▲",
    "violated": "✗",
    "not_evaluated": "?",
    "not_applicable": "–",
    "waived": "◇",
}
BORDERLINE_SHAPE = "≈"
VERDICT_WORDS: dict[Verdict, str] = {
    "pass": "PASS",
    "variation": "PASS WITH VARIATION",
    "fail": "FAIL",
    "not_evaluated": "NOT EVALUATED",
}
VERDICT_SHAPES: dict[Verdict, str] = {"pass": "✓", "variation": "▲", "fail": "✗", "not_evaluated": "?"}


def verdict_text(report: Report) -> str:
    """ "✓ PASS", "≈ PASS, IN DOUBT": the verdict's shape and word for a terminal."""
    if is_in_doubt(report):
        return f"{BORDERLINE_SHAPE} {VERDICT_WORDS[report.verdict]}, IN DOUBT"
    return f"{VERDICT_SHAPES[report.verdict]} {VERDICT_WORDS[report.verdict]}"


def value_text(measurement: Measurement, *, limit: float | None = None) -> str:
    """ "23.41 Gy", with `limit` always told apart from it; "-" where the value is undefined."""
    if measurement.value is None:
        return NOTHING
    return amount_text(measurement.value, measurement.unit, beside=limit)


def uncertainty_text(measurement: Measurement) -> str:
    """ "± 0.05 Gy" (numerical); "" where none was computed."""
    if measurement.value is None or measurement.uncertainty is None:
        return ""
    return f"± {_two_digits(measurement.uncertainty)} {measurement.unit}".rstrip()


def value_with_uncertainty(measurement: Measurement, *, limit: float | None = None) -> str:
    """ "23.41 ± 0.05 Gy"."""
    text = value_text(measurement, limit=limit)
    if measurement.value is None or measurement.uncertainty is None:
        return text
    number, _, unit = text.partition(" ")
    return f"{number} ± {_two_digits(measurement.uncertainty)} {unit}".rstrip()


def band_text(measurement: Measurement) -> str:
    """The convention band, "23.1 to 23.9 Gy"; "" where none was computed."""
    if measurement.low is None or measurement.high is None:
        return ""
    return range_text(measurement.low, measurement.high, measurement.unit)


def bounds_text(measurement: Measurement) -> str:
    """The least and the most that the value can be, "18.20 to 31.70 Gy"; "" for structures inside the dose grid."""
    return range_text(*measurement.bounds, measurement.unit) if measurement.bounds else ""


def range_text(low: float, high: float, unit: str) -> str:
    """ "18.20 to 31.70 Gy"."""
    return f"{amount_text(low, unit).partition(' ')[0]} to {amount_text(high, unit)}"


def limit_text(goal: Goal) -> str:
    """ "< 24 Gy": the limit as the protocol writes it."""
    return f"{goal.operator} {goal.limit:.10g} {goal.unit}".rstrip()


def margin_text(result: Result) -> str:
    """ "1.59 Gy to spare" or "0.30 Gy over" ("short" for lower limits); "" without a value."""
    margin = result.margin
    if margin is None:
        return ""
    if abs(margin) <= 1e-6 * abs(result.goal.limit):
        return "at the limit"
    missing = "over" if result.goal.is_upper_limit else "short"
    return f"{amount_text(abs(margin), result.goal.unit, beside=0.0)} {'to spare' if margin > 0 else missing}"


def signed_margin_text(result: Result) -> str:
    """ "+1.59" or "-0.30": for narrow columns whose heading says what the sign means; "" without a value."""
    if result.margin is None:
        return ""
    number = amount_text(abs(result.margin), result.goal.unit, beside=0.0).partition(" ")[0]
    sign = "+" if result.margin > 0 else "-" if result.margin < 0 else ""
    return sign + number


def outcome_text(outcome: Outcome, *, is_borderline: bool = False) -> str:
    """ "met", "VIOLATED, borderline"."""
    return OUTCOME_WORDS[outcome] + (", borderline" if is_borderline else "")


def _two_digits(size: float) -> str:
    """The size of an uncertainty, never "0.00": a hundredth is as fine as the values beside it are printed."""
    return f"{size:.0f}" if size >= 10.0 else f"{max(size, 0.01):.2f}"
