"""Texts and measurements in Gy -> the same in cGy, digit by digit, so that no rounding comes in."""

import re
from dataclasses import replace
from typing import cast

from rtcheck.dosimetry.metric_terms import Measurement, Unit
from rtcheck.patterns import pattern
from rtcheck.units import DoseUnit

CGY = cast("Unit", "cGy")
_NUMBER = r"[+−-]?\d+(?:,\d{3})*(?:\.\d+)?"
_DOSES = pattern(rf"(?<![\w.])({_NUMBER}(?:\s*(?:±|–|\+|to)\s*{_NUMBER})*)\s?Gy\b(?!·)")
_METRIC = pattern(rf"\b(C?V|DC?)((?:{_NUMBER}-)?{_NUMBER})Gy\b")
_ALPHA_BETA = pattern(r"(alpha/beta|α/β)\W*(?:of|is)?\s*$")


def number_in(text: str, unit: DoseUnit) -> str:
    """The text of a number in Gy, in this unit: "57.35" is "5735" in cGy."""
    return text if unit == "Gy" else re.sub(_NUMBER, lambda found: _hundredfold(found[0]), text)


def text_in(text: str, unit: DoseUnit) -> str:
    """The text with every dose in this unit.

    >>> text_in("V20Gy of Lung is 12.5 %, Dmax 57.35 ± 0.01 Gy", "cGy")
    'V2000cGy of Lung is 12.5 %, Dmax 5735 ± 1 cGy'
    """
    if unit == "Gy":
        return text
    text = _METRIC.sub(lambda found: f"{found[1]}{number_in(found[2], unit)}cGy", text)

    def converted(found: re.Match[str]) -> str:
        if _ALPHA_BETA.search(text[: found.start()]):
            return found[0]
        return f"{number_in(found[1], unit)} cGy"

    return _DOSES.sub(converted, text)


def measurement_in_cgy(measured: Measurement) -> Measurement:
    """A dose in cGy; other measurements as they are."""
    if measured.unit != "Gy":
        return measured
    value, uncertainty, low, high = (
        None if each is None else 100 * each
        for each in (measured.value, measured.uncertainty, measured.low, measured.high)
    )
    bounds = measured.bounds and (100 * measured.bounds[0], 100 * measured.bounds[1])
    return replace(
        measured, unit=CGY, value=value, uncertainty=uncertainty, low=low, high=high, bounds=bounds
    )  # fmt: skip


def _hundredfold(number: str) -> str:
    """ "57.35" -> "5735", "0.005" -> "0.5": the point moves, no digit changes."""
    sign = number[0] if number[0] in "+−-" else ""
    from decimal import Decimal

    moved = f"{Decimal(number.removeprefix(sign).replace(',', '')).scaleb(2):f}"
    return sign + (moved.rstrip("0").rstrip(".") if "." in moved else moved)
