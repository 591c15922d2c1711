"""Units as people write them: "cGy", "mL", "%", "Gy/fx" -> what they are, and how far from Gy, cc or %."""

import re
from typing import Literal

from rtcheck.dosimetry.metric_terms import Unit
from rtcheck.patterns import pattern
from rtcheck.protocol.language.scanner import Scanner, number_text
from rtcheck.values import dataclass

Dimension = Literal["dose", "volume", "percent", "length", "dose-volume"]

_PLAIN: dict[Dimension, Unit] = {"dose": "Gy", "volume": "cc", "percent": "%", "length": "mm", "dose-volume": "Gy·L"}
_DOSE_VOLUME = pattern(r"Gy\s*[·.*⋅]?\s*(?:L|litres?|cc|cm\^?3|cm³|mL)(?![A-Za-z0-9])", re.IGNORECASE)
_DOSE = pattern(r"c?Gy(?![A-Za-z0-9])", re.IGNORECASE)
_VOLUME = pattern(r"(?:cc|cm\^?3|cm³|ml)(?![A-Za-z0-9])", re.IGNORECASE)
_LENGTH = pattern(r"[cm]m(?![A-Za-z0-9])", re.IGNORECASE)
_PERCENT = pattern(r"%(?:\s*(?:Rx|of\s+(?:the\s+)?prescription)(?![A-Za-z0-9]))?", re.IGNORECASE)
_PER_FRACTION = pattern(r"(?:/|per\s+)\s*(?:fx|fractions?)(?![A-Za-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenUnit:
    """A unit as written: `exponent` is the power of ten that leads to the plain unit, Gy, cc, mm, Gy·L or %."""

    dimension: Dimension
    exponent: int = 0
    per_fraction: bool = False
    of_prescription: bool = False

    @property
    def plain(self) -> Unit:
        return _PLAIN[self.dimension]

    def convert(self, amount: float) -> float:
        """`amount` in the plain unit."""
        return move_point(amount, self.exponent)


def read_unit(scanner: Scanner) -> WrittenUnit | None:
    """unit = ("Gy" | "cGy") ["/fx"] | "cc" | "mm" | "cm" | "%" ["Rx"] | "Gy L" | "Gy cc"; None where no unit stands."""
    product = scanner.accept(_DOSE_VOLUME)
    if product is not None:
        is_of_cc = product.lower().endswith(("cc", "ml", "3", "³"))
        return WrittenUnit("dose-volume", -3 if is_of_cc else 0)
    word = scanner.accept(_DOSE)
    if word is not None:
        exponent = -2 if word.lower() == "cgy" else 0
        return WrittenUnit("dose", exponent, per_fraction=scanner.accept(_PER_FRACTION) is not None)
    if scanner.accept(_VOLUME):
        return WrittenUnit("volume")
    length = scanner.accept(_LENGTH)
    if length is not None:
        return WrittenUnit("length", 1 if length.lower() == "cm" else 0)
    percent = scanner.accept(_PERCENT)
    return WrittenUnit("percent", of_prescription=len(percent) > 1) if percent else None


def move_point(amount: float, exponent: int) -> float:
    """`amount` times a power of ten. The decimal point is moved: 1543.7 cGy is 15.437 Gy, exact to the last digit."""
    return float(f"{number_text(amount)}e{exponent}") if exponent else amount
