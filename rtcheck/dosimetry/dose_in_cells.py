"""Coverage x dose -> the mean dose, the spread and the volume of every covered cell, some slabs at a time."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_around import DoseBox
from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.dosimetry.z_weights import BandedWeights, layer_weights
from rtcheck.geometry.arrays import count_up
from rtcheck.geometry.coverage import Coverage
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
FloatImage = NDArray[np.float32]
Floating = np.float32 | np.float64

VARIANCE_OF_BOX = 12  # a box of width w has the variance w^2 / 12
SPARSE = 8  # fewer full cells than one in so many of the box are looked up one by one
CELLS_AT_ONCE = 100_000  # what fits the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layers:
    """Slabs, or parts of them, along z: each with the cross-section of slab `slab`. (layers,)"""

    slab: IntArray
    low_mm: FloatArray
    high_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellDoses:
    """Cells, or their covered parts: mean dose, spread (the width of a box of equal variance), volume. (cells,)"""

    mean_gy: NDArray[Floating]
    spread_gy: NDArray[Floating]
    volume_mm3: NDArray[Floating]

    @property
    def totals(self) -> tuple[float, float]:
        """The volume [mm3] and the integral of the dose [Gy mm3], summed in double precision."""
        volume_mm3 = np.asarray(self.volume_mm3, dtype=np.float64)
        return float(volume_mm3.sum()), float(np.dot(volume_mm3, self.mean_gy.astype(np.float64)))


def cell_doses(coverage: Coverage, layers: Layers, box: DoseBox, subdivision: int) -> Iterator[CellDoses]:
    """Mean dose, spread and volume of all covered cells of all layers, in portions that fit into memory.

    The mean dose of each cell is exact for trilinear dose. `subdivision` is the number of parts per dose cell in x and
    y.
    """
    portion = max(1, CELLS_AT_ONCE // (box.rows * box.columns * subdivision**2))
    tables = _Tables.of(coverage, layers, box, subdivision)
    for first in range(0, len(layers.slab), portion):
        chosen = slice(first, min(first + portion, len(layers.slab)))
        doses = tables.layer_doses(chosen)
        full = tables.full_cells(chosen, doses)
        if full is not None:
            yield full
        partly = tables.partly_covered_cells(chosen, doses)
        if partly is not None:
            yield partly


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _LayerDoses:
    """The mean over each layer's z at the nodes (layers, rows + 1, columns + 1), and the rise from its low to its high
    face in the middle of the cells (layers, rows, columns).
    """

    node_gy: FloatImage
    rise_gy: FloatImage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """Parts of dose cells (row, column): how much of a subdivided cell is covered, and the moments in the dose cell."""

    row: IntArray
    column: IntArray
    area: FloatArray
    u: FloatArray
    v: FloatArray
    variance_u: FloatArray
    variance_v: FloatArray
    covariance: FloatArray

    def take(self, chosen: IntArray) -> "_Parts":
        return _Parts(**{name: getattr(self, name).take(chosen) for name in _Parts.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tables:
    """What stays the same for all portions."""

    coverage: Coverage
    layers: Layers
    box: DoseBox
    subdivision: int
    planes: BandedWeights
    cell_area_mm2: FloatArray
    parts: _Parts
    cells_of_slab: IntArray
    runs_of_slab: IntArray

    @staticmethod
    def of(coverage: Coverage, layers: Layers, box: DoseBox, subdivision: int) -> "_Tables":
        slabs = np.arange(int(layers.slab.max()) + 2)
        area_mm2 = box.cell_area_mm2 / subdivision**2
        return _Tables(
            coverage=coverage, layers=layers, box=box, subdivision=subdivision,
            planes=layer_weights(layers.low_mm, layers.high_mm, box.z_mm),
            cell_area_mm2=area_mm2,
            parts=_parts_of(coverage, subdivision),
            cells_of_slab=np.searchsorted(coverage.slab, slabs),
            runs_of_slab=np.searchsorted(coverage.run_slab, slabs),
        )  # fmt: skip

    def layer_doses(self, chosen: slice) -> _LayerDoses:
        """Mean and rise of the dose over each of the chosen layers.

        Sums over the few planes that count: a matrix product would start the threads of numpy's linear algebra, which
        on a busy machine wait for one another longer than they work.
        """
        node_gy: FloatImage | None = None
        rise_gy: FloatImage | None = None
        for plane, weight, rise_weight in self.planes.each(chosen):
            dose_gy = self.box.dose_gy[plane]
            rise = dose_gy * rise_weight
            rise_gy = rise if rise_gy is None else np.add(rise_gy, rise, out=rise_gy)
            dose_gy *= weight
            node_gy = dose_gy if node_gy is None else np.add(node_gy, dose_gy, out=node_gy)
        assert node_gy is not None
        assert rise_gy is not None
        rise_gy = rise_gy[:, :-1] + rise_gy[:, 1:]
        return _LayerDoses(node_gy=node_gy, rise_gy=(rise_gy[:, :, :-1] + rise_gy[:, :, 1:]) * np.float32(0.25))

    def full_cells(self, chosen: slice, doses: _LayerDoses) -> CellDoses | None:
        """The wholly covered cells: the dose at their centre, which is the mean of a bilinear function."""
        c = self.coverage
        layer, run = _members(self.layers.slab[chosen], self.runs_of_slab)
        if not len(run):
            return None
        rows, columns = self.box.rows * self.subdivision, self.box.columns * self.subdivision
        start = (layer * rows + c.run_row[run]) * columns + c.run_column[run]
        length = c.run_length[run]
        of_run, cell = count_up(start, length)
        if len(cell) * SPARSE < doses.rise_gy.size * self.subdivision**2:
            line, column = np.divmod(cell, columns)
            return self._of_parts(layer[of_run], _whole(line % rows, column, self.subdivision), chosen, doses)
        centre_gy, spread_squared = _centres(doses, self.subdivision)
        height_mm = (self.layers.high_mm - self.layers.low_mm)[chosen]
        per_layer = np.bincount(layer, length, len(height_mm)).astype(np.int64)
        return CellDoses(
            mean_gy=centre_gy.reshape(-1).take(cell),
            spread_gy=np.sqrt(spread_squared.reshape(-1).take(cell)),
            volume_mm3=np.repeat(height_mm, per_layer) * self._areas_mm2(cell),
        )

    def _areas_mm2(self, cell: IntArray) -> FloatArray | float:
        """Area of each cell, by its flat index; one number where all are equal."""
        if self.box.is_uniform:
            return float(self.cell_area_mm2[0, 0])
        s = self.subdivision
        areas = np.repeat(np.repeat(self.cell_area_mm2, s, axis=0), s, axis=1).reshape(-1)
        return areas.take(cell % len(areas))

    def partly_covered_cells(self, chosen: slice, doses: _LayerDoses) -> CellDoses | None:
        """The partly covered cells of the chosen layers."""
        layer, cell = _members(self.layers.slab[chosen], self.cells_of_slab)
        return self._of_parts(layer, self.parts.take(cell), chosen, doses) if len(cell) else None

    def _of_parts(self, layer: IntArray, parts: _Parts, chosen: slice, doses: _LayerDoses) -> CellDoses:
        """Parts of cells, each in a layer: the bilinear dose integrated with the moments of the part."""
        width = self.box.columns + 1
        node = (layer * (self.box.rows + 1) + parts.row) * width + parts.column
        flat = doses.node_gy.reshape(-1)
        corner = flat.take(node).astype(np.float64)
        along_u = flat.take(node + 1) - corner
        along_v = flat.take(node + width) - corner
        twist = flat.take(node + width + 1) - corner - along_u - along_v
        rise = doses.rise_gy.reshape(-1).take((layer * self.box.rows + parts.row) * self.box.columns + parts.column)
        slope_u, slope_v = along_u + twist * parts.v, along_v + twist * parts.u
        variance = slope_u**2 * parts.variance_u + slope_v**2 * parts.variance_v
        variance += 2 * slope_u * slope_v * parts.covariance
        mean_gy = corner + along_u * parts.u + along_v * parts.v + twist * (parts.u * parts.v + parts.covariance)
        height_mm = (self.layers.high_mm - self.layers.low_mm)[chosen]
        return CellDoses(
            mean_gy=mean_gy,
            spread_gy=np.sqrt(np.maximum(VARIANCE_OF_BOX * variance, 0) + rise * rise),
            volume_mm3=parts.area * height_mm[layer] * self.cell_area_mm2[parts.row, parts.column],
        )


def _parts_of(coverage: Coverage, s: int) -> _Parts:
    """The partly covered cells of a grid of `s` x `s` parts a dose cell."""
    c = coverage
    row, row_part = np.divmod(c.row, s)
    column, column_part = np.divmod(c.column, s)
    return _Parts(
        row=row, column=column, area=c.area,
        u=(column_part + c.mean_u) / s, v=(row_part + c.mean_v) / s,
        variance_u=(c.mean_uu - c.mean_u**2) / s**2, variance_v=(c.mean_vv - c.mean_v**2) / s**2,
        covariance=(c.mean_uv - c.mean_u * c.mean_v) / s**2,
    )  # fmt: skip


def _whole(row: IntArray, column: IntArray, s: int) -> _Parts:
    """Whole cells of a grid of `s` x `s` parts a dose cell, as parts."""
    row, row_part = np.divmod(row, s)
    column, column_part = np.divmod(column, s)
    one = np.ones(len(row))
    return _Parts(
        row=row, column=column, area=one, u=(column_part + 0.5) / s, v=(row_part + 0.5) / s,
        variance_u=one / VARIANCE_OF_BOX / s**2, variance_v=one / VARIANCE_OF_BOX / s**2, covariance=0 * one,
    )  # fmt: skip


def _members(slab_of_layer: IntArray, bounds: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (layer, entry): all entries bounds[slab] .. bounds[slab + 1] of each layer's slab."""
    begin, end = bounds[slab_of_layer], bounds[slab_of_layer + 1]
    return count_up(begin, end - begin)


def _centres(doses: _LayerDoses, s: int) -> tuple[FloatImage, FloatImage]:
    """Dose at the centre of every cell (layers, rows * s, columns * s), and the square of its spread there.

    A linear dose in a cuboid has the variance of three boxes as wide as it changes along x, y and z.
    """
    mean = doses.node_gy
    layers, rows, columns = mean.shape[0], mean.shape[1] - 1, mean.shape[2] - 1
    at = ((np.arange(s) + 0.5) / s).astype(np.float32)  # the centres of the parts of a cell
    along_y = mean[:, 1:] - mean[:, :-1]
    rows_gy = (mean[:, :-1, None] + at[:, None] * along_y[:, :, None]).reshape(layers, rows * s, columns + 1)
    along_x = rows_gy[:, :, 1:] - rows_gy[:, :, :-1]
    centre_gy = (rows_gy[:, :, :-1, None] + at * along_x[..., None]).reshape(layers, rows * s, columns * s)
    half = np.float32(0.5)
    change_y = (along_y[:, :, 1:] + along_y[:, :, :-1]) * (half / s)
    spread_squared = (along_x * np.float32(1 / s)) ** 2
    per_cell = change_y**2 + doses.rise_gy**2
    spread_squared += np.repeat(per_cell, s, axis=1) if s > 1 else per_cell
    return centre_gy, np.repeat(spread_squared, s, axis=2) if s > 1 else spread_squared
