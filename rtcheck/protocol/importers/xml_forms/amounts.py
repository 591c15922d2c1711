"""Numbers in the text of an XML element."""

import re

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+")


def positive(text: str) -> float | None:
    """A number above 0 with a decimal point; None for anything else, also for a decimal comma.

    >>> positive("45.50"), positive("-1"), positive("1,5"), positive("INF")
    (45.5, None, None, None)
    """
    stripped = text.strip()
    if len(stripped) > 30 or not _NUMBER.fullmatch(stripped):
        return None
    value = float(stripped)
    return value if 0 < value < float("inf") else None
