"""Units: the core computes in Gy, cc, mm and fractions; text is read and written in the units of the clinic."""

from typing import Final, Literal

DoseUnit = Literal["Gy", "cGy"]
PER_GY: Final[dict[DoseUnit, int]] = {"Gy": 1, "cGy": 100}

CC_PER_MM3 = 1e-3
CC_PER_LITRE = 1e3
GY_PER_CGY = 1e-2
DAYS_PER_YEAR = 365.2425

MOST_DECIMALS = 7

EQUAL_WITHIN = 1e-6
"""A value this close to a limit (relative) counts as equal to it: 24.0 read from a float32 grid is 24.0.

It is far below any dose's uncertainty and far above rounding.
"""


def is_equal(value: float, limit: float) -> bool:
    """Whether the two count as the same number.

    >>> is_equal(24.000001, 24.0)
    True
    """
    return abs(value - limit) <= EQUAL_WITHIN * abs(limit)


def amount_text(value: float, unit: str, *, beside: float | None = None) -> str:
    """A number with its unit as people read it: "23.41 Gy", "1287.3 cc", "29.6 %".

    With `beside` (a limit) it shows as many decimals as it takes to tell the two apart, so that 53.998 Gy never reads
    as the 54.00 Gy that it is under. Equal numbers stay short.
    """
    decimals = _decimals(value, unit)
    if beside is not None and not is_equal(value, beside):
        while decimals < MOST_DECIMALS and f"{value:.{decimals}f}" == f"{beside:.{decimals}f}":
            decimals += 1
    number = f"{value:.{decimals}f}"
    number = number.removeprefix("-") if float(number) == 0.0 else number
    return f"{number} {unit}".rstrip()


def size_text(size: float, value: float, unit: str) -> str:
    """The size of a value's uncertainty, without its unit: never "0.00", and as fine as the value is printed.

    >>> size_text(0.0012, 0.93, "")
    '0.001'
    """
    decimals = max(2, _decimals(value, unit))
    return f"{size:.0f}" if size >= 10.0 else f"{max(size, 10.0**-decimals):.{decimals}f}"


def _decimals(value: float, unit: str) -> int:
    size = abs(value)
    match unit:
        case "Gy":
            return 2
        case "cGy":
            return 0
        case "cc":
            return 3 if size < 1.0 else 2 if size < 100.0 else 1
        case "mm":
            return 1
        case "%":
            return 2 if size < 10.0 else 1
        case _:
            return 3
