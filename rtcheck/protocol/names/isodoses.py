"""Isodoses as structures: "Isodose(50 %)" -> the level that the name states."""

import re
from typing import Literal

from rtcheck.patterns import pattern
from rtcheck.values import dataclass

_ISODOSE = pattern(r"isodose\s*\(\s*(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>%|Gy|cGy)\s*\)", re.IGNORECASE | re.ASCII)


_CALLED_ISODOSE = pattern(r"isodose\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What an isodose is of: Gy, or a fraction of the prescription."""

    amount: float
    unit: Literal["Gy", "of prescription"]


def isodose_level(name: str) -> Level | None:
    """The level that a name states, if it is that of an isodose.

    >>> isodose_level("Isodose(20 Gy)"), isodose_level("Isodose(50 %)").amount, isodose_level("Isodose")
    (Level(amount=20.0, unit='Gy'), 0.5, None)
    """
    found = _ISODOSE.fullmatch(name.strip())
    if found is None or float(found["amount"]) == 0:
        return None
    unit, amount = found["unit"].lower(), float(found["amount"])
    if unit == "%":
        return Level(amount=amount / 100, unit="of prescription")
    return Level(amount=amount / 100 if unit == "cgy" else amount, unit="Gy")


def fault_of_isodose(name: str) -> str:
    """What is wrong with the level of an isodose; "" where nothing is, and for other names.

    >>> fault_of_isodose("Isodose(50)")
    'Isodose(50) has no level; write Isodose(50 %) or Isodose(20 Gy)'
    """
    if _CALLED_ISODOSE.match(name.strip()) is None or isodose_level(name) is not None:
        return ""
    return f"{name} has no level; write Isodose(50 %) or Isodose(20 Gy)"
