"""A solid's outline -> the same, cut at the lines of a dose grid: what stays while the dose moves along z."""

from functools import cached_property

import numpy as np

from rtcheck.dosimetry.dose_around import DoseBox, Outline, edges_in_cells, even_lines
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.geometry.coverage import Coverage, IntArray, Pieces, cover, cover_outline, cut_at_grid_lines
from rtcheck.geometry.solid import Solid
from rtcheck.values import dataclass


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Cut:
    """Edges (n, 4) of slabs (n,) among the grid lines `x_mm` and `y_mm`, every cell in `subdivision` parts each way."""

    edges_mm: FloatArray
    slab: IntArray
    x_mm: FloatArray
    y_mm: FloatArray
    subdivision: int

    @property
    def rows(self) -> int:
        return (len(self.y_mm) - 1) * self.subdivision

    @property
    def columns(self) -> int:
        return (len(self.x_mm) - 1) * self.subdivision

    @cached_property
    def pieces(self) -> Pieces:
        """The edges in pieces, each within one part of a cell."""
        lines = even_lines(self.x_mm, self.y_mm, self.subdivision)
        if lines is not None:
            return cut_at_grid_lines(self.edges_mm, self.slab, self.rows, self.columns, lines)
        edges, slab = edges_in_cells(self.edges_mm, self.slab, self.x_mm, self.y_mm)
        return cut_at_grid_lines(edges * self.subdivision, slab, self.rows, self.columns)

    @cached_property
    def coverage(self) -> Coverage:
        """How much of every part of a cell is covered."""
        lines = even_lines(self.x_mm, self.y_mm, self.subdivision)
        if "pieces" in self.__dict__ or lines is None:
            return cover(self.pieces, self.rows, self.columns)
        return cover_outline(self.edges_mm, self.slab, self.rows, self.columns, lines)

    def __eq__(self, other: object) -> bool:
        """Whether both cut the same edges at the same lines."""
        return (
            isinstance(other, Cut)
            and self.subdivision == other.subdivision
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _WHAT_IS_CUT)
        )

    __hash__ = None  # type: ignore[assignment]


_WHAT_IS_CUT = ("edges_mm", "slab", "x_mm", "y_mm")

# The latest cut of each solid. Who asks for many DVHs under a dose that moves hands one in.
Cuts = dict[Solid, Cut]


def cut_of(solid: Solid, outline: Outline, box: DoseBox, subdivision: int, cuts: Cuts | None) -> Cut:
    """The outline of a solid, cut at the lines of `box` with `subdivision` parts per cell.

    Taken from `cuts` if the latest cut of this solid is the same; `cuts` is updated.
    """
    cut = Cut(edges_mm=outline.edges_mm, slab=outline.slab, x_mm=box.x_mm, y_mm=box.y_mm, subdivision=subdivision)
    latest = None if cuts is None else cuts.get(solid)
    if latest is not None and cut == latest:
        return latest
    if cuts is not None:
        cuts[solid] = cut
    return cut
