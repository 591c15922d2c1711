"""How much of an earlier dose an organ forgets: "after: 6 months" and "by: 25 %" -> what they say."""

import re

from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import TimeUnit
from rtcheck.protocol.language.scanner import Scanner

SPAN_PATTERN = r"^\s*[0-9]+\s+(day|week|month|year)s?\s*$"
SHARE_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"
_SPAN = pattern(r"\s*(?P<count>[0-9]{1,4})\s+(?P<unit>day|week|month|year)s?\s*", re.IGNORECASE | re.ASCII)
_SHARE = pattern(r"\s*(?P<number>[0-9]{1,3}(\.[0-9]+)?)\s*%\s*", re.ASCII)
_UNITS: dict[str, TimeUnit] = {"day": "days", "week": "weeks", "month": "months", "year": "years"}


def parse_span(text: str) -> tuple[TimeUnit, int]:
    """span = number ("days" | "weeks" | "months" | "years")

    >>> parse_span("6 months")
    ('months', 6)

    Raises:
        GoalSyntaxError: it is not a time span.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        Scanner(text).fail('expected a time, as in "6 months"', 0, len(text))
    return _UNITS[found["unit"].lower()], int(found["count"])


def parse_share(text: str) -> float:
    """share = number "%", above 0 and below 100; as a fraction from 0 to 1.

    >>> parse_share("25 %")
    0.25

    Raises:
        GoalSyntaxError: it is not such a share.
    """
    found = _SHARE.fullmatch(text)
    if found is None or not 0 < float(found["number"]) < 100:
        Scanner(text).fail('expected a share above 0 % and below 100 %, as in "25 %"', 0, len(text))
    return float(found["number"]) / 100
