"""A structure as it was met: its solid, or the reason why there is none."""

from rtcheck.geometry.solid import Solid
from rtcheck.results import Match
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A structure as it was met. Without a `solid`, `match.reason` says why.

    `drawn` is the same structure in slabs where `solid` is interpolated: extremes of dose come from what was drawn.
    `derived` is what the protocol's derivation makes of it where it is drawn as well, for comparison. `is_undrawn` says
    that there is no solid because it is listed without contours.
    """

    match: Match
    solid: Solid | None = None
    drawn: Solid | None = None
    derived: Solid | None = None
    is_undrawn: bool = False
