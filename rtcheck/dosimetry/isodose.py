"""A dose -> the solid that receives at least a level: slabs outlined by the lines of the level in their middles."""

import math

import numpy as np

from rtcheck.dosimetry.dose_around import outline_of
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray, with_faces
from rtcheck.dosimetry.indices import whole_grid
from rtcheck.dosimetry.outside import extreme_grids
from rtcheck.dosimetry.settings import Outside
from rtcheck.geometry.levels.level_lines import level_lines
from rtcheck.geometry.plane_field import edges_around
from rtcheck.geometry.solid import ANYTHING, Slab, Solid, unknown

THICKEST_MM = 1.0
"""Of the slabs: within each, the outline is that in its middle."""

FINER = 2  # lines are straight within a cell of the grid cut so often along x and y; the dose there is bilinear
AT_LEAST = 1e-6  # relative: a dose that was stored as the level itself is part of it

OF_PARTS = "the isodose may continue where the dose grid of one of the plans has ended"
AT_THE_FACES = "the isodose reaches the edge of the dose grid and may continue beyond it"


def isodose_solid(dose: DoseGrid, level_gy: float, *, rule: Outside = "auto") -> Solid:
    """The solid with at least `level_gy`, of the dose that is trilinear between its nodes.

    Empty where no dose is so high. Where it reaches a face of the grid it is not known to end there, elsewhere the dose
    beyond is taken as no higher than on the faces. Where the grid of one plan of a sum has ended, that dose is 0 or,
    unless another `rule` is chosen, at most the highest on its faces.

    >>> isodose_solid(slope, 1000.0).is_empty
    True
    """
    known = _isodose(dose, level_gy)
    if not dose.parts or known.most is ANYTHING:
        return known
    grids = extreme_grids(dose, outline_of(whole_grid(dose)), "face" if rule == "auto" else rule)
    least, most = (known if _is_same(dose, grid, level_gy) else _isodose(grid, level_gy) for grid in grids)
    if least is known and most is known:
        return known
    return known.between(least.at_least, most.at_most, (*most.reasons, OF_PARTS))


def _is_same(dose: DoseGrid, other: DoseGrid, level_gy: float) -> bool:
    """Whether both have the same isodose: no cell with a node of another dose has one of the level."""
    from rtcheck.dosimetry.moved_dose import with_neighbours

    highest_gy = np.maximum(dose.dose_gy, other.dose_gy)
    is_other = with_neighbours(dose.dose_gy != other.dose_gy)
    return not (is_other & (highest_gy >= level_gy * (1 - AT_LEAST))).any()


def _is_cut_off(dose: DoseGrid, level_gy: float) -> bool:
    """Whether the isodose runs through a cell with a node whose dose is cut off, or within the cut-off dose."""
    if dose.is_cut_off is None or not dose.is_cut_off.any():
        return False
    from rtcheck.dosimetry.moved_dose import with_neighbours

    return bool((with_neighbours(dose.is_cut_off) & (dose.dose_gy < level_gy)).any())


def _isodose(dose: DoseGrid, level_gy: float) -> Solid:
    """The isodose of the dose as it stands on the nodes."""
    if _is_cut_off(dose, level_gy):
        return unknown(f"the isodose lies where {dose.why_cut_off}")
    faced = with_faces(dose)
    level_gy = level_gy * (1 - AT_LEAST)
    is_in = faced.dose_gy >= level_gy
    if not is_in.any():
        return Solid()
    x_mm, y_mm, z_mm, field = _cropped(faced, level_gy)
    slabs = tuple(
        Slab(z_low_mm=low, z_high_mm=high, edges_mm=edges_mm)
        for low, high, plane in _middles(z_mm, field)
        if (edges_mm := _outline(plane, x_mm, y_mm)) is not None
    )
    solid = Solid(slabs=slabs)
    faces = (is_in[0], is_in[-1], is_in[:, 0], is_in[:, -1], is_in[:, :, 0], is_in[:, :, -1])
    return solid.between(solid, ANYTHING, (AT_THE_FACES,)) if any(face.any() for face in faces) else solid


def _cropped(dose: DoseGrid, level_gy: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The nodes along x, y and z around all dose of the level, and the dose there less the level (z, y, x)."""
    is_in = dose.dose_gy >= level_gy
    kept = []
    for axis in range(3):
        places = np.flatnonzero(is_in.any(axis=tuple(other for other in range(3) if other != axis)))
        kept.append(slice(max(int(places[0]) - 1, 0), int(places[-1]) + 2))
    field = dose.dose_gy[tuple(kept)].astype(np.float64) - level_gy
    return dose.x_mm[kept[2]], dose.y_mm[kept[1]], dose.z_mm[kept[0]], field


def _middles(z_mm: FloatArray, field: FloatArray) -> list[tuple[float, float, FloatArray]]:
    """Slabs no thicker than THICKEST_MM between the nodes along z: (low, high, the field in the middle)."""
    slabs = []
    for k in range(len(z_mm) - 1):
        if not (field[k : k + 2] > 0).any():
            continue
        count = max(1, math.ceil((z_mm[k + 1] - z_mm[k]) / THICKEST_MM - 1e-9))
        ends = np.linspace(z_mm[k], z_mm[k + 1], count + 1)
        for low, high, share in zip(ends[:-1], ends[1:], (np.arange(count) + 0.5) / count, strict=True):
            slabs.append((float(low), float(high), field[k] * (1 - share) + field[k + 1] * share))
    return slabs


def _outline(field: FloatArray, x_mm: FloatArray, y_mm: FloatArray) -> FloatArray | None:
    """The edges (n, 4) around where a bilinear field (y, x) is positive; None where it is nowhere."""
    x_fine, y_fine = _finer(x_mm), _finer(y_mm)
    rows = np.apply_along_axis(lambda row: np.interp(x_fine, x_mm, row), 1, field)
    fine = np.apply_along_axis(lambda column: np.interp(y_fine, y_mm, column), 0, rows)
    lines = level_lines(fine, x_fine, y_fine)
    # level_lines has the positive part on the left of someone who looks along +z, slabs have it seen from above
    return np.concatenate([edges_around(line[::-1]) for line in lines]) if lines else None


def _finer(nodes_mm: FloatArray) -> FloatArray:
    """The nodes and FINER - 1 more between each two. [mm]"""
    places = np.arange((len(nodes_mm) - 1) * FINER + 1) / FINER
    return np.interp(places, np.arange(len(nodes_mm)), nodes_mm).astype(np.float64)
