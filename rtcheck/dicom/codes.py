"""The codes of all notices and refusals of the reader, each with its meaning: stable names for --ignore and --error."""

from collections.abc import Iterable


def check_codes(codes: Iterable[str]) -> frozenset[str]:
    """The codes as a set."""
    return frozenset(codes)
