"""What the command that starts the server chose for every page."""

from pathlib import Path

from rtcheck.units import DoseUnit
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a page begins with, and may change: protocol, unit, colours, `drawn_only`; and the letterhead of reports."""

    protocol: str = ""
    unit: DoseUnit = "Gy"
    own_colours: bool = False
    drawn_only: bool = False
    letterhead: Path | None = None
