"""How a telling is worded: whether what identifies the patient is left out."""

from collections.abc import Callable

from rtcheck.case import Case
from rtcheck.report.telling.anonymous import scrubber
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """`clean` takes what identifies the patient out of a free text where the telling is anonymous."""

    is_anonymous: bool
    clean: Callable[[str], str]


def manner_of(case: Case, *, anonymous: bool) -> Manner:
    """The manner in which this case is told."""
    return Manner(is_anonymous=anonymous, clean=scrubber(case) if anonymous else str)
