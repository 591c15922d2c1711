"""A solid's outline -> the same, cut at the lines of a dose grid, for those DVHs that are made step by step."""

from functools import cached_property

from rtcheck.dosimetry.dose_around import DoseBox, Outline, edges_in_cells, even_lines
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.geometry.coverage import Coverage, IntArray, Pieces, cover, cover_outline, cut_at_grid_lines
from rtcheck.values import dataclass


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Cut:
    """Edges (n, 4) of slabs (n,) among the grid lines `x_mm` and `y_mm`, every cell in `subdivision` parts each way."""

    edges_mm: FloatArray
    slab: IntArray
    x_mm: FloatArray
    y_mm: FloatArray
    subdivision: int

    @classmethod
    def of(cls, outline: Outline, box: DoseBox, subdivision: int) -> "Cut":
        """An outline at the lines of a box."""
        return cls(edges_mm=outline.edges_mm, slab=outline.slab, x_mm=box.x_mm, y_mm=box.y_mm, subdivision=subdivision)

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
