"""How the names of a protocol were met by the ROIs that are drawn."""

from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The ROIs that a selection by kind (`of`: "all GTV") stands for, and those left out although named alike."""

    of: str
    rois: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        left_out = f"; omitted: {', '.join(self.left_out)}" if self.left_out else ""
        return f"{self.of} is {', '.join(self.rois)}{left_out}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a protocol's structure name was met: `rois` are names as drawn, `how` says by what rule ("exact match",
    "derived: Liver - all GTV", "surrogate SpinalCanal"). `reason` says why there is none; `suggestions`: near misses.
    `members` are what each selection by kind stands for; `alias_lines` are lines of an alias file of which one settles
    an ambiguous selection.
    """

    asked: str
    rois: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    how: str = ""
    is_surrogate: bool = False
    is_ambiguous: bool = False
    reason: str = ""
    suggestions: tuple[str, ...] = ()
    members: tuple[Members, ...] = ()
    alias_lines: tuple[str, ...] = ()
