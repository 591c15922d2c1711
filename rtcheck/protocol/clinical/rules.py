"""Rules for clinical facts: "is: 0-1", "is: [A, B]", "is: '< 1.5 x ULN'", "is: more than 6 months ago" -> FactRule."""

import re
from collections.abc import Sequence

from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import FactRule, TimeUnit
from rtcheck.protocol.language.ranges import read_range
from rtcheck.protocol.language.scanner import Scanner

_RANGE_START = pattern(r"\s*(?:[<>≤≥]|\.?[0-9])")
_TIMES_ULN = pattern(r"(?:x|×|\*)\s*ULN(?![A-Za-z])", re.IGNORECASE)
_AGO = pattern(r"more\s+than\s+(?P<count>[0-9]+)\s+(?P<unit>day|week|month|year)s?\s+ago$", re.IGNORECASE)
_TIME_UNITS: dict[str, TimeUnit] = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def parse_fact_rule(fact: str, rule: str | bool | Sequence[str]) -> FactRule:
    """What the fact named `fact` must be, from the value of `is:` in the protocol file.

    Raises:
        GoalSyntaxError: the rule cannot be read; the message underlines the place.
    """
    if isinstance(rule, bool):
        return FactRule(fact=fact, text="yes" if rule else "no", flag=rule)
    if not isinstance(rule, str):
        return FactRule(fact=fact, text=" or ".join(rule), choices=tuple(rule))
    text = " ".join(rule.split())
    if text.lower() in _FLAGS:
        return parse_fact_rule(fact, _FLAGS[text.lower()])
    ago = _AGO.match(text)
    if ago is not None:
        return FactRule(fact=fact, text=text, longer_ago_than=(_TIME_UNITS[ago["unit"].lower()], int(ago["count"])))
    if _RANGE_START.match(text):
        return _range_rule(fact, text)
    if text.lower().startswith("more than"):
        scanner = Scanner(text)
        scanner.fail('expected a time, as in "more than 6 months ago"', 0, len(text))
    return FactRule(fact=fact, text=text, choices=(text,))


def _range_rule(fact: str, text: str) -> FactRule:
    """rule = range ["x" "ULN"]"""
    scanner = Scanner(text)
    limits = read_range(scanner, "")
    times_uln = scanner.accept(_TIMES_ULN) is not None
    scanner.end()
    return FactRule(fact=fact, text=scanner.text, range=limits, times_uln=times_uln)
