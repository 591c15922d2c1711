"""A square lattice of nodes cut into small tiles, so that fields are computed only where a boundary can be."""

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import distinct
from rtcheck.geometry.contours import FloatArray
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

CELLS = 4  # per side of a tile: a tile has 5 x 5 nodes and shares its outer ones with its neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """Nodes at `x0_mm + i * spacing_mm`, `y0_mm + j * spacing_mm`; tile `tile_row * tile_columns + tile_column`.

    Neighbouring tiles compute their common nodes from the same indices, hence bit for bit alike: what is traced
    in one tile joins what is traced in the next.
    """

    x0_mm: float
    y0_mm: float
    spacing_mm: float
    tile_rows: int
    tile_columns: int

    @classmethod
    def around(cls, low_mm: FloatArray, high_mm: FloatArray, *, spacing_mm: float) -> Self:
        """The lattice over the box `low_mm`..`high_mm` (x, y) with a spare tile on each side."""
        tile_mm = CELLS * spacing_mm
        columns, rows = np.ceil((high_mm - low_mm) / tile_mm).astype(int) + 2
        # Off the round numbers that drawn contours like: a node on an edge is neither inside nor outside.
        x0_mm, y0_mm = low_mm - tile_mm + 0.0137 * spacing_mm
        return cls(
            x0_mm=float(x0_mm),
            y0_mm=float(y0_mm),
            spacing_mm=spacing_mm,
            tile_rows=int(rows),
            tile_columns=int(columns),
        )

    @property
    def tile_radius_mm(self) -> float:
        """From a tile's centre to its corners."""
        return CELLS * self.spacing_mm * math.sqrt(0.5)

    @property
    def node_rows(self) -> int:
        return self.tile_rows * CELLS + 1

    @property
    def node_columns(self) -> int:
        return self.tile_columns * CELLS + 1

    @property
    def numbers(self) -> tuple[float, float, float, int, int]:
        """The lattice as the kernel takes it."""
        return self.x0_mm, self.y0_mm, self.spacing_mm, self.node_rows, self.node_columns

    def node_indices(self, tiles: IntArray) -> tuple[IntArray, IntArray]:
        """Row j (tiles, 5, 1) and column i (tiles, 1, 5) of every node of `tiles`."""
        steps = np.arange(CELLS + 1)
        rows = (tiles // self.tile_columns)[:, None] * CELLS + steps
        columns = (tiles % self.tile_columns)[:, None] * CELLS + steps
        return rows[:, :, None], columns[:, None, :]

    def x_mm(self, columns: IntArray) -> FloatArray:
        return np.asarray(self.x0_mm + self.spacing_mm * columns, dtype=np.float64)

    def y_mm(self, rows: IntArray) -> FloatArray:
        return np.asarray(self.y0_mm + self.spacing_mm * rows, dtype=np.float64)

    def centres_mm(self, tiles: IntArray) -> FloatArray:
        """(tiles, 2) x and y of the tiles' centres."""
        half = CELLS / 2
        x_mm = self.x0_mm + self.spacing_mm * ((tiles % self.tile_columns) * CELLS + half)
        y_mm = self.y0_mm + self.spacing_mm * ((tiles // self.tile_columns) * CELLS + half)
        return np.column_stack([x_mm, y_mm])

    def tiles_at(self, points_mm: FloatArray) -> IntArray:
        """The tiles that hold `points_mm` (n, 2), ascending, each once."""
        tile_mm = CELLS * self.spacing_mm
        column = np.floor((points_mm[:, 0] - self.x0_mm) / tile_mm).astype(np.int64)
        row = np.floor((points_mm[:, 1] - self.y0_mm) / tile_mm).astype(np.int64)
        return distinct(row * self.tile_columns + column)

    def rim(self, tiles: IntArray) -> BoolArray | None:
        """Which nodes of `tiles` are the lattice's outermost, (tiles, 5, 5); None where none is."""
        rows, columns = self.node_indices(tiles)
        is_rim = (rows <= 0) | (rows >= self.node_rows - 1) | (columns <= 0) | (columns >= self.node_columns - 1)
        return is_rim if is_rim.any() else None

    @property
    def all_tiles(self) -> IntArray:
        return np.arange(self.tile_rows * self.tile_columns)

    def tiles_around(self, points_mm: FloatArray, *, reach_mm: float) -> IntArray:
        """The tiles within `reach_mm`, and one tile more, of `points_mm` (n, 2) along x and along y."""
        is_near = np.zeros((self.tile_rows, self.tile_columns), dtype=bool)
        is_near.reshape(-1)[self.tiles_at(points_mm)] = True
        for _ in range(math.ceil(reach_mm / (CELLS * self.spacing_mm)) + 1):
            is_near[1:] |= is_near[:-1].copy()
            is_near[:-1] |= is_near[1:].copy()
            is_near[:, 1:] |= is_near[:, :-1].copy()
            is_near[:, :-1] |= is_near[:, 1:].copy()
        return np.flatnonzero(is_near)

    def tiles_where_cells(self, is_marked: BoolArray) -> IntArray:
        """The tiles that hold a marked cell; `is_marked` is (node_rows - 1, node_columns - 1)."""
        by_tile = is_marked.reshape(self.tile_rows, CELLS, self.tile_columns, CELLS)
        return np.flatnonzero(by_tile.any(axis=(1, 3)))
