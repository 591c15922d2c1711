"""Solids: stacks of slabs that the coverage engine integrates over."""

from dataclasses import dataclass
from typing import Literal

from rtcheck.geometry.contours import FloatArray
from rtcheck.notices import Notice

Shape = Literal["slabs", "interpolated"]
EndCaps = Literal["none", "half", "full"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slab:
    """The part of a solid between two z: one cross-section, extruded.

    `edges_mm` (n, 4) holds directed edges x0, y0, x1, y1; the cross-section is where their winding number,
    counted with the interior on the left of each edge, is one. (Loops, holes and the results of boolean
    operations are all edges: nothing downstream needs to know which edge belonged to which loop.)
    """

    z_low_mm: float
    z_high_mm: float
    edges_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """Slabs, ascending in z, not overlapping. `is_empty` where nothing with an area was drawn.

    `notices`: what was dropped, mended or not bridged on the way (duplicates, missing slices, partial overlaps).
    """

    slabs: tuple[Slab, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.slabs
