"""What a reader may choose of a report's looks."""

from dataclasses import dataclass
from typing import Final

from rtcheck.report.telling.letterhead import Letterhead


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStyle:
    """`own_colours`: structures in the colours of the structure set. `letterhead`: the clinic's own head and foot."""

    own_colours: bool = False
    letterhead: Letterhead | None = None


PLAIN: Final = ReportStyle()
