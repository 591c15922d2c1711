"""Solids: stacks of slabs that the coverage engine integrates over."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.loops import IntArray, Loops
from rtcheck.notices import Notice
from rtcheck.values import dataclass

Shape = Literal["slabs", "interpolated", "auto"]
EndCaps = Literal["none", "half", "full"]
Gaps = Literal["bounds", "open", "filled"]


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


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class LoopSlabs(Sequence[Slab]):
    """Slabs of loops, ascending: where the loops of each begin (slabs + 1,), and the faces (slabs,).

    A DVH needs no more; the slabs themselves are made when one of them is looked at.
    """

    loops: Loops
    first_loop: IntArray
    low_mm: FloatArray
    high_mm: FloatArray

    def __len__(self) -> int:
        return len(self.low_mm)

    def __getitem__(self, place: Any) -> Any:
        return self._each[place]

    def __iter__(self) -> Iterator[Slab]:
        return iter(self._each)

    @cached_property
    def _each(self) -> tuple[Slab, ...]:
        edges_mm, bounds = self.loops.edges_mm, self.loops.bounds[self.first_loop].tolist()
        spans = zip(self.low_mm.tolist(), self.high_mm.tolist(), pairwise(bounds), strict=True)
        return tuple(
            Slab(z_low_mm=low, z_high_mm=high, edges_mm=edges_mm[begin:end]) for low, high, (begin, end) in spans
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """Slabs, ascending in z, not overlapping. `is_empty` where nothing with an area was drawn.

    Where evidence is missing, the structure is some solid between `least` and `most` (None: this very solid), and
    `reasons` say why. `is_anything` marks the most of a structure of which nothing is known: any part of the patient.
    `is_smooth`: a small target that the shape "auto" interpolated (see `build.is_small`), or made of such alone; its
    dose is then interpolated cubically.
    `notices`: what was dropped, mended or not bridged on the way (duplicates, missing slices, partial overlaps).
    """

    slabs: Sequence[Slab] = ()
    notices: tuple[Notice, ...] = ()
    least: "Solid | None" = None
    most: "Solid | None" = None
    reasons: tuple[str, ...] = ()
    is_anything: bool = False
    is_smooth: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.slabs

    @property
    def is_certain(self) -> bool:
        """Whether this solid is all that the structure can be."""
        return self.least is None and self.most is None

    @property
    def at_least(self) -> "Solid":
        return self if self.least is None else self.least

    @property
    def at_most(self) -> "Solid":
        return self if self.most is None else self.most

    def between(self, least: "Solid | None", most: "Solid | None", reasons: tuple[str, ...]) -> "Solid":
        """This solid, known only to be no less than `least` and no more than `most`."""
        return replace(self, least=least, most=most, reasons=reasons)


ANYTHING = Solid(is_anything=True)


def unknown(why: str) -> Solid:
    """A structure that is listed and of which nothing is known.

    >>> unknown("Heart has no contours").is_certain
    False
    """
    return Solid().between(None, ANYTHING, (why,))
