"""In how many of the planning system's scenarios a limit must hold: "worst" and "hold: 95 %" -> a share, and back."""

import re

from rtcheck.patterns import pattern
from rtcheck.protocol.language.scanner import Scanner

WORST_PATTERN = r"^\s*worst\s*$"
HOLD_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"
_HOLD = pattern(r"\s*(?P<number>[0-9]{1,3}(\.[0-9]+)?)\s*%\s*", re.ASCII)


def parse_worst(text: str) -> float:
    """robust = "worst": it must hold in all scenarios.

    >>> parse_worst("worst")
    1.0

    Raises:
        GoalSyntaxError: it is another word.
    """
    if text.strip().casefold() != "worst":
        Scanner(text).fail("expected worst, or a share as in {hold: 95 %}", 0, len(text))
    return 1.0


def parse_hold(text: str) -> float:
    """share = number "%", above 0 and up to 100; as a fraction from 0 to 1.

    >>> parse_hold("95 %")
    0.95

    Raises:
        GoalSyntaxError: it is not such a share.
    """
    found = _HOLD.fullmatch(text)
    if found is None or not 0 < float(found["number"]) <= 100:
        Scanner(text).fail('expected a share above 0 % and up to 100 %, as in "95 %"', 0, len(text))
    return float(found["number"]) / 100


def hold_text(hold: float) -> str:
    """The share in words.

    >>> hold_text(0.95), hold_text(1.0)
    ('95 % of the scenarios', 'all scenarios')
    """
    return "all scenarios" if hold == 1 else f"{100 * hold:g} % of the scenarios"
