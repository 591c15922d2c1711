"""A cell of a truth table -> the values that it accepts, per protocol and as an acceptable variation.

cell     = one {"or" one} ["/" (one {"or" one} | tolerance)]     per protocol / acceptable variation
one      = number [tolerance] | number "-" number | comparison number | word
tolerance = "±" number ["%"]                                      also "+-" and "+/-"
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Final, Literal

from rtcheck.units import is_equal
from rtcheck.values import dataclass

Grade = Literal["unacceptable", "not evaluated", "acceptable variation", "per protocol"]
WORST_FIRST: Final[tuple[Grade, ...]] = ("unacceptable", "not evaluated", "acceptable variation", "per protocol")

_UNSIGNED = r"\d+(?:\.\d+|,\d\d?(?!\d))?"  # a decimal comma, but not 5,400: that may be thousands
_NUMBER = rf"-?{_UNSIGNED}"
_TOLERANCE = re.compile(rf"±\s*(?P<size>{_UNSIGNED})\s*(?P<percent>%)?")
_ONE = re.compile(rf"(?P<centre>{_NUMBER})\s*(?P<tolerance>±.*)?")
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})")
_COMPARED = re.compile(rf"(<=|>=|<|>|≤|≥)\s*({_NUMBER})")
_OR = re.compile(r"\s+or(?:\s+|$)|\s*\|\s*", re.IGNORECASE)
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit and not is_equal(value, limit),
    ">": lambda value, limit: value > limit and not is_equal(value, limit),
    "<=": lambda value, limit: value <= limit or is_equal(value, limit),
    ">=": lambda value, limit: value >= limit or is_equal(value, limit),
}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A deviation to either side: in the unit of the value, or in percent of it."""

    size: float
    is_percent: bool = False

    def around(self, centre: float) -> float:
        return self.size / 100 * abs(centre) if self.is_percent else self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """One accepted value: a word, or the numbers from `low` to `high`, around `centre` where one was given."""

    word: str = ""
    centre: float | None = None
    tolerance: Tolerance | None = None
    operator: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def needs_tolerance(self) -> bool:
        return self.centre is not None and self.tolerance is None and not self.operator

    def accepts(self, value: float | str) -> bool:
        """Whether the value is this one; the ends of a range are part of it."""
        if self.word:
            return isinstance(value, str) and value.strip().casefold() == self.word.casefold()
        number = _number(value)
        if number is None:
            return False
        if self.operator:
            return _HOLDS[self.operator](number, self.centre or 0.0)
        low, high = self.span
        return _HOLDS[">="](number, low) and _HOLDS["<="](number, high)

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest number that is accepted; of a word none."""
        if self.word:
            return inf, -inf
        if self.operator:
            return (-inf, self.centre or 0.0) if "<" in self.operator else (self.centre or 0.0, inf)
        if self.centre is not None:
            apart = self.tolerance.around(self.centre) if self.tolerance else 0.0
            return self.centre - apart, self.centre + apart
        return self.low or 0.0, self.high or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a cell accepts; `text` is the cell with the tolerances of its column."""

    text: str
    per_protocol: tuple[One, ...]
    variation: tuple[One, ...] = ()

    @property
    def is_of_numbers(self) -> bool:
        return not any(one.word for one in (*self.per_protocol, *self.variation))

    @property
    def needs_tolerance(self) -> bool:
        return any(one.needs_tolerance for one in (*self.per_protocol, *self.variation))

    @property
    def has_percent_tolerance(self) -> bool:
        return any(one.tolerance and one.tolerance.is_percent for one in (*self.per_protocol, *self.variation))

    def grade(self, value: float | str) -> Grade:
        """The grade of one value.

        >>> [accepted("20 ± 1 / ± 2").grade(value) for value in (21.0, 22.0, 22.1)]
        ['per protocol', 'acceptable variation', 'unacceptable']
        """
        if any(one.accepts(value) for one in self.per_protocol):
            return "per protocol"
        return "acceptable variation" if any(one.accepts(value) for one in self.variation) else "unacceptable"

    def grade_between(self, low: float, high: float) -> Grade:
        """The grade of a number of which only the bounds are known: one that holds for all numbers between them."""
        if any(one.accepts(low) and one.accepts(high) for one in self.per_protocol):
            return "per protocol"
        spans = [one.span for one in (*self.per_protocol, *self.variation)]
        return "not evaluated" if any(first <= high and low <= last for first, last in spans) else "unacceptable"


def worst(grades: Sequence[Grade]) -> Grade:
    """The worst of the grades; of none "not evaluated"."""
    return min(grades, key=WORST_FIRST.index, default="not evaluated")


def tolerances(text: str) -> tuple[Tolerance, ...]:
    """The one or two tolerances of a column's heading. Raises ValueError where the text is something else.

    >>> tolerances("+-2 % / +-5 %")
    (Tolerance(size=2.0, is_percent=True), Tolerance(size=5.0, is_percent=True))
    """
    found = tuple(_tolerance(part) for part in _with_signs(text).split("/"))
    if len(found) > 2:
        raise ValueError("expected one tolerance, or one per protocol and one for acceptable variations")
    return found


def accepted(text: str, column: tuple[Tolerance, ...] = ()) -> Accepted:
    """What a cell accepts; `column` are the tolerances of its column, for numbers that have none of their own.

    Raises:
        ValueError: the text is not a cell of this form.
    """
    first, *rest = (part.strip() for part in _with_signs(text).split("/"))
    if len(rest) > 1:
        raise ValueError("expected at most one /: before it what is per protocol, after it acceptable variations")
    stated = [_one(part) for part in _OR.split(first)]
    if rest and _TOLERANCE.fullmatch(rest[0]):
        wider: tuple[One, ...] = tuple(replace(one, tolerance=_tolerance(rest[0])) for one in stated if _is_alone(one))
        if not wider:
            raise ValueError("a tolerance alone after / needs a number before it")
    elif rest:
        wider = tuple(_tolerated(_one(part), column[-1:]) for part in _OR.split(rest[0]))
    else:
        wider = tuple(_tolerated(one, column[1:]) for one in stated if one.needs_tolerance and len(column) > 1)
    is_of_column = bool(column) and any(one.needs_tolerance for one in stated)
    shown = first + (f" {_tolerance_text(column[0])}" if is_of_column else "")
    variation = rest or ([_tolerance_text(column[1])] if is_of_column and len(column) > 1 else [])
    return Accepted(
        text=" / ".join((shown, *variation)),
        per_protocol=tuple(_tolerated(one, column[:1]) for one in stated),
        variation=wider,
    )


def _is_alone(one: One) -> bool:
    return one.centre is not None and not one.operator


def _tolerated(one: One, column: tuple[Tolerance, ...]) -> One:
    return replace(one, tolerance=column[0]) if column and one.needs_tolerance else one


def _with_signs(text: str) -> str:
    return re.sub(r"\s*(?:\+/?-|±)\s*", " ± ", text)


def _tolerance_text(tolerance: Tolerance) -> str:
    return f"± {tolerance.size:g}{' %' if tolerance.is_percent else ''}"


def _tolerance(text: str) -> Tolerance:
    found = _TOLERANCE.fullmatch(text.strip())
    if not found:
        raise ValueError(f'"{text.strip()}"; expected a tolerance like ± 0.5 or ± 2 %')
    return Tolerance(_stated(found["size"]), bool(found["percent"]))


def _one(text: str) -> One:
    text = text.strip()
    if not text:
        raise ValueError("an accepted value is empty")
    if found := _RANGE.fullmatch(text):
        low, high = _stated(found[1]), _stated(found[2])
        if low > high:
            raise ValueError(f'"{text}"; the range ends below its start')
        return One(low=low, high=high)
    if found := _COMPARED.fullmatch(text):
        operator = found[1].replace("≤", "<=").replace("≥", ">=")
        return One(operator=operator, centre=_stated(found[2]))
    if found := _ONE.fullmatch(text):
        own = _tolerance(found["tolerance"]) if found["tolerance"] else None
        return One(centre=_stated(found["centre"]), tolerance=own)
    if "±" in text or _COMPARED.match(text):
        raise ValueError(f'"{text}"; expected a number with a tolerance, 20 ± 0.5')
    return One(word=text)


def _stated(number: str) -> float:
    return float(number.replace(",", "."))


def _number(value: float | str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
