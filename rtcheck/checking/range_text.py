"""Ranges in words, the same wherever a report or a list names one."""

from rtcheck.protocol.file.model import Range


def range_words(allowed: Range, unit: str = "") -> str:
    """ "50 to 60 Gy", "at most 21 days", "above 3", "15"."""
    low, high = allowed.low, allowed.high
    if low is not None and high is not None:
        text = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    elif low is not None:
        text = f"{'above' if allowed.low_strict else 'at least'} {low:g}"
    elif high is not None:
        text = f"{'below' if allowed.high_strict else 'at most'} {high:g}"
    else:
        text = "any"
    return f"{text} {unit}".rstrip()
