"""Ranges and conditions: "50-60 Gy" -> Range, "prescription >= 54 Gy" -> Condition.

range     = number [unit] [("-" | "to" | "..") number [unit]]
          | operator number [unit] ["and" operator number [unit]]
condition = ("prescription" | "fractions") range
          | "structure" name ("exists" | "missing")
          | "fact" name ["is" rule]
"""

import re
from typing import Literal

from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Condition, Range
from rtcheck.protocol.language.scanner import OPERATOR, OPERATORS, Scanner, number_text
from rtcheck.protocol.language.units import move_point

RangeUnit = Literal[
    "Gy",
    "Gy/fx",
    "MV",
    "days",
    "fractions",
    "mm",
    "cc",
    "deg",
    "MU",
    "MU/cGy",
    "MU/min",
    "mm/s",
    "mm/deg",
    "%",
    "HU",
    "",
]

_TO = pattern(r"-|–|\.\.\.?|to(?![A-Za-z])", re.IGNORECASE)
_TO_WORD = pattern(r"to(?![A-Za-z])", re.IGNORECASE)
_MINUS = pattern(r"-|−")
_AND = pattern(r"and(?![A-Za-z])", re.IGNORECASE)
_AT = pattern(r"at(?![A-Za-z])", re.IGNORECASE)
_DEG_PER_SECOND = pattern(r"(?:deg(?:rees?)?|°)\s*(?:/|per\s)\s*s(?:ec(?:onds?)?)?(?![A-Za-z])")
_CENTI = pattern(r"c(?=Gy)", re.IGNORECASE)
_UNITS: dict[RangeUnit, re.Pattern[str]] = {
    "Gy": pattern(r"Gy(?![A-Za-z])", re.IGNORECASE),
    "Gy/fx": pattern(r"Gy(?:\s*(?:/|per\s)\s*(?:fx|fraction))?(?![A-Za-z])", re.IGNORECASE),
    "MV": pattern(r"MV(?![A-Za-z])", re.IGNORECASE),
    "days": pattern(r"days?(?![A-Za-z])", re.IGNORECASE),
    "fractions": pattern(r"(?:fx|fractions?)(?![A-Za-z])", re.IGNORECASE),
    "mm": pattern(r"mm(?![A-Za-z])"),
    "cc": pattern(r"(?:cc|cm\^?3|cm³|ml)(?![A-Za-z0-9])", re.IGNORECASE),
    "deg": pattern(r"deg(?:rees?)?(?![A-Za-z])|°", re.IGNORECASE),
    "MU": pattern(r"MU(?![A-Za-z/])"),
    "MU/cGy": pattern(r"MU\s*(?:/|per\s)\s*cGy(?![A-Za-z])"),
    "MU/min": pattern(r"MU\s*(?:/|per\s)\s*min(?![A-Za-z])"),
    "mm/s": pattern(r"mm\s*(?:/|per\s)\s*s(?:ec(?:onds?)?)?(?![A-Za-z])"),
    "mm/deg": pattern(r"mm\s*(?:/|per\s)\s*(?:deg(?:rees?)?(?![A-Za-z])|°)"),
    "%": pattern(r"%"),
    "HU": pattern(r"HU(?![A-Za-z])"),
    "": pattern(r"(?!)"),
}
NEEDS_UNIT = frozenset[RangeUnit](_UNITS) - {"fractions", ""}

_MILLIMETRES = pattern(r"mm(?![A-Za-z])", re.IGNORECASE)
_PRESCRIPTION = pattern(r"prescription(?![A-Za-z])", re.IGNORECASE)
_FRACTIONS = pattern(r"fractions(?![A-Za-z])", re.IGNORECASE)
_STRUCTURE = pattern(r'structure\s+(?:"(?P<quoted>[^"]+)"|(?P<name>\S+))\s+(?P<what>exists|missing)$', re.IGNORECASE)
_FACT = pattern(r"fact\s+(?P<name>\w+)(?:\s+is\s+(?P<rule>.+))?$", re.IGNORECASE)


def parse_range(text: str, unit: RangeUnit = "") -> Range:
    """The range that `text` states, in `unit`: "50-60 Gy", "15", "<= 21 days", ">= 2 and < 5 Gy". [unit]

    A range with a dimension needs its unit (once is enough); cGy is turned into Gy.

    Raises:
        GoalSyntaxError: the text is no range; the message underlines the place.
    """
    scanner = Scanner(text)
    found = read_range(scanner, unit)
    scanner.end()
    return found


def parse_limit(text: str, unit: RangeUnit) -> Range:
    """The upper limit that `text` states: "<= 420 mm". [unit]

    Raises:
        GoalSyntaxError: the text is no upper limit; the message underlines the place.
    """
    scanner = Scanner(text)
    found = _read_limit(scanner, unit)
    scanner.end()
    return found


def parse_speed(text: str) -> tuple[Range, float | None]:
    """The limit of a speed, and at which speed the gantry turns, if that is stated: "<= 25 mm/s at 6 deg/s". [mm/s]

    Raises:
        GoalSyntaxError: the text is no such limit; the message underlines the place.
    """
    scanner = Scanner(text)
    limit = _read_limit(scanner, "mm/s")
    gantry_deg_s = None
    if scanner.accept(_AT) is not None:
        gantry_deg_s = scanner.number("the speed of the gantry, such as 6 deg/s")
        if scanner.accept(_DEG_PER_SECOND) is None:
            scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": deg/s')
        if gantry_deg_s <= 0:
            scanner.fail("the speed of the gantry must be more than 0 deg/s", 0, scanner.place)
    scanner.end()
    return limit, gantry_deg_s


def _read_limit(scanner: Scanner, unit: RangeUnit) -> Range:
    found = read_range(scanner, unit)
    if found.high is None or found.low is not None:
        scanner.fail(f"expected an upper limit, such as <= 25 {unit}", 0, scanner.place)
    return found


ARC_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*(deg|°)?\s*(-|–|to)\s*[0-9]+(\.[0-9]+)?\s*(deg|°)\s*$"


def parse_arc(text: str) -> tuple[float, float]:
    """The arc that `text` states, clockwise from the first angle to the second; it may pass 0: "270-90 deg". [deg]

    Raises:
        GoalSyntaxError: the text is no arc; the message underlines the place.
    """
    scanner = Scanner(text)
    first = scanner.number("an angle")
    scanner.accept(_UNITS["deg"])
    if scanner.accept(_TO) is None:
        scanner.fail_after_last('expected two angles, such as "270-90 deg"')
    last = scanner.number("the second angle")
    if scanner.accept(_UNITS["deg"]) is None:
        scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": deg')
    scanner.end()
    if max(first, last) > 360:
        scanner.fail("an angle is at most 360 deg", 0, scanner.place)
    return first, last


HU_PATTERN = r"^\s*-?[0-9]+(\.[0-9]+)?\s*(HU)?\s*to\s*-?[0-9]+(\.[0-9]+)?\s*HU\s*$"


def parse_hu(text: str) -> Range:
    """The range of Hounsfield units that `text` states, which may be negative: "-900 to -600 HU". [HU]

    Raises:
        GoalSyntaxError: the text is no such range; the message underlines the place.
    """
    scanner = Scanner(text)
    low = _signed(scanner)
    scanner.accept(_UNITS["HU"])
    if scanner.accept(_TO_WORD) is None:
        scanner.fail_after_last('expected two values, such as "30 to 90 HU"')
    high = _signed(scanner)
    if scanner.accept(_UNITS["HU"]) is None:
        scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": HU')
    scanner.end()
    if low > high:
        scanner.fail(f"the range is empty: {number_text(low)} is more than {number_text(high)}", 0, scanner.place)
    return Range(low=low, high=high, text=scanner.text)


def _signed(scanner: Scanner) -> float:
    sign = -1.0 if scanner.accept(_MINUS) else 1.0
    return sign * scanner.number("a number of HU")


def read_range(scanner: Scanner, unit: RangeUnit) -> Range:
    """The range at the scanner's place; whatever follows it is left there."""
    start = scanner.place
    if scanner.next_is(OPERATOR):
        low, high, low_strict, high_strict = _bounds(scanner, unit)
    else:
        low, high = _interval(scanner, unit)
        low_strict = high_strict = False
    if low is not None and high is not None and low > high:
        scanner.fail(f"the range is empty: {number_text(low)} is more than {number_text(high)}", start, scanner.place)
    return Range(low=low, high=high, low_strict=low_strict, high_strict=high_strict, text=scanner.taken(start))


def parse_dose_level(text: str) -> float:
    """The one dose that `text` states: "70 Gy", "5600 cGy". [Gy] Raises GoalSyntaxError where it is none above 0."""
    scanner = Scanner(text)
    number = scanner.number("a dose, such as 70 Gy")
    if number <= 0:
        scanner.fail_at_last("the dose must be more than 0 Gy")
    exponent = _unit_exponent(scanner, "Gy")
    if scanner.next_is(_TO):
        scanner.fail_at_next("expected one dose, such as 70 Gy, not a range")
    dose_gy = move_point(number, _required(scanner, "Gy", exponent))
    scanner.end()
    return dose_gy


def parse_millimetres(text: str) -> float:
    """The distance that `text` states: "20 mm". [mm] Raises GoalSyntaxError where it is none above 0."""
    scanner = Scanner(text)
    number = scanner.number("a distance, such as 20 mm")
    if number <= 0:
        scanner.fail_at_last("the distance must be more than 0 mm")
    if scanner.accept(_MILLIMETRES) is None:
        scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": mm')
    scanner.end()
    return number


def parse_condition(text: str) -> Condition:
    """The condition that `text` states: "prescription >= 54 Gy", "structure Stomach exists", "fact hbv_infected".

    Raises:
        GoalSyntaxError: the text is no condition; the message underlines the place.
    """
    scanner = Scanner(text)
    if scanner.accept(_PRESCRIPTION):
        limits = read_range(scanner, "Gy")
        scanner.end()
        return Condition(text=scanner.text, kind="prescription", range=limits)
    if scanner.accept(_FRACTIONS):
        limits = read_range(scanner, "fractions")
        scanner.end()
        return Condition(text=scanner.text, kind="fractions", range=limits)
    return _structure_condition(scanner) or _fact_condition(scanner) or _fail_condition(scanner)


def _structure_condition(scanner: Scanner) -> Condition | None:
    found = _STRUCTURE.match(scanner.text)
    if found is None:
        return None
    name = found["quoted"] or found["name"]
    if found["what"].lower() == "exists":
        return Condition(text=scanner.text, kind="structure_exists", name=name)
    return Condition(text=scanner.text, kind="structure_missing", name=name)


def _fact_condition(scanner: Scanner) -> Condition | None:
    from rtcheck.protocol.clinical.rules import parse_fact_rule  # a fact's range is read here: the two need each other

    found = _FACT.match(scanner.text)
    if found is None:
        return None
    rule = parse_fact_rule(found["name"], found["rule"] or True)
    return Condition(text=scanner.text, kind="fact", name=found["name"], rule=rule)


def _fail_condition(scanner: Scanner) -> Condition:
    scanner.fail_at_next(
        'expected a condition such as "prescription >= 54 Gy", "fractions 5-10", "structure Stomach exists" or'
        ' "fact hbv_infected"'
    )


def _bounds(scanner: Scanner, unit: RangeUnit) -> tuple[float | None, float | None, bool, bool]:
    """operator number ["and" operator number]"""
    low: float | None = None
    high: float | None = None
    low_strict = high_strict = False
    while True:
        operator = OPERATORS[scanner.accept(OPERATOR) or scanner.fail_at_next("expected <, <=, > or >=")]
        amount = _amount(scanner, unit)
        if operator in (">", ">="):
            low, low_strict = amount, operator == ">"
        else:
            high, high_strict = amount, operator == "<"
        if scanner.accept(_AND) is None:
            return low, high, low_strict, high_strict


def _interval(scanner: Scanner, unit: RangeUnit) -> tuple[float, float]:
    """number ["-" number]"""
    low = scanner.number("a number or a range, such as 25-30")
    low_exponent = _unit_exponent(scanner, unit)
    if scanner.accept(_TO) is None:
        amount = move_point(low, _required(scanner, unit, low_exponent))
        return amount, amount
    high = scanner.number("the upper end of the range")
    high_exponent = _unit_exponent(scanner, unit)
    exponent = _required(scanner, unit, low_exponent if high_exponent is None else high_exponent)
    return move_point(low, exponent if low_exponent is None else low_exponent), move_point(high, exponent)


def _amount(scanner: Scanner, unit: RangeUnit) -> float:
    number = scanner.number("a number")
    return move_point(number, _required(scanner, unit, _unit_exponent(scanner, unit)))


def _unit_exponent(scanner: Scanner, unit: RangeUnit) -> int | None:
    """The power of ten that the unit here stands for; None where no unit stands."""
    exponent = -2 if scanner.accept(_CENTI) else 0
    return exponent if scanner.accept(_UNITS[unit]) else None


def _required(scanner: Scanner, unit: RangeUnit, exponent: int | None) -> int:
    if exponent is None and unit in NEEDS_UNIT:
        scanner.fail_after_last(f'expected a unit after "{scanner.taken()}": {unit}')
    return exponent or 0
