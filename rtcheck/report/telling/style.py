"""What a reader may choose of a report's looks."""

from typing import Final

from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.units import DoseUnit
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStyle:
    """`own_colours`: structures in the colours of the structure set. `unit`: that of every dose. `letterhead`:
    the clinic's own head and foot."""

    own_colours: bool = False
    unit: DoseUnit = "Gy"
    letterhead: Letterhead | None = None


PLAIN: Final = ReportStyle()
