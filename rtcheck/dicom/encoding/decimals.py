"""Decimal strings by the thousand -> numbers, one digit of all of them at a time.

Only of plain decimals, such as -12.34: what else DICOM or damage writes is left to a parser that says what is wrong.
Up to 15 digits are an integer below 2**53 over a power of ten below 10**22: both are exact in double precision, so
their quotient is rounded once, and the number is the one that float() gives.
"""

from collections.abc import Sequence

import numpy as np

from rtcheck.geometry.contours import FloatArray

MOST_DIGITS = 15
MOST_CHARACTERS = 16  # of a DICOM decimal string (PS3.5 table 6.2-1)

_BACKSLASH, _PLUS, _MINUS, _POINT, _ZERO = b"\\+-.0"
# Of whole numbers: pow() with vector instructions may be off by the last bit.
_POWERS_OF_TEN = np.array([10**power for power in range(MOST_DIGITS + 1)], dtype=np.float64)


def plain_decimals(values: Sequence[bytes]) -> list[FloatArray] | None:
    """The numbers of each value ("1.5\\2\\-3"), or None where not all of them are plain decimals."""
    if not all(values):
        return None
    numbers = _numbers(b"\\".join(values))
    if numbers is None:
        return None
    counts = [value.count(b"\\") + 1 for value in values]
    return np.split(numbers, np.cumsum(counts)[:-1])


def _numbers(joined: bytes) -> FloatArray | None:
    """The numbers (n,) of one backslash-separated text."""
    text = np.frombuffer(joined + b"\\" * MOST_CHARACTERS, dtype=np.uint8)  # reading on behind the last is harmless
    ends = np.append(np.flatnonzero(text[: len(joined)] == _BACKSLASH), len(joined))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (ends - starts).min() < 1 or (ends - starts).max() > MOST_CHARACTERS:
        return None
    is_negative = text[starts] == _MINUS
    has_sign = is_negative | (text[starts] == _PLUS)
    starts += has_sign
    magnitude = np.zeros(len(starts), dtype=np.int64)
    digits, points, decimals = (np.zeros(len(starts), dtype=np.int8) for _ in range(3))
    is_within = np.ones(len(starts), dtype=np.bool_)
    for place in range(int((ends - starts).max())):
        character = text.take(starts + place)
        is_within &= character != _BACKSLASH
        digit = character - np.uint8(_ZERO)
        is_digit = (digit < 10) & is_within
        magnitude = np.where(is_digit, magnitude * 10 + digit, magnitude)
        decimals += is_digit & (points > 0)
        digits += is_digit
        points += (character == _POINT) & is_within
    is_plain = (digits > 0) & (digits <= MOST_DIGITS) & (points <= 1) & (digits + points == ends - starts)
    if not is_plain.all():
        return None
    numbers = magnitude / _POWERS_OF_TEN.take(decimals)
    return np.where(is_negative, -numbers, numbers)
