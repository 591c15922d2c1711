"""The statistics packages, imported when they are needed."""

from typing import Any

from rtcheck.extras import needed


def statistics(module: str) -> Any:
    """A module of scipy, lifelines or statsmodels; MissingExtraError where it is not installed."""
    return needed(module, extra="outcomes", what="Outcomes need")
