"""The doses of several plans -> their sum on one grid, which knows how far each plan's own grid reaches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray, GridPart, with_faces
from rtcheck.dosimetry.moved_dose import MovedDose
from rtcheck.dosimetry.outside import part_of
from rtcheck.errors import UsageError

SAME_POSITION_MM = 1e-3
"""Nodes and faces nearer than this are one. Where a grid ends the sum has two nodes so far apart."""


Addend = DoseGrid | MovedDose
"""A dose here, or one in another frame of reference with the map to it."""


def added(doses: Sequence[Addend], negligible_gy: Sequence[float | None]) -> DoseGrid:
    """The doses added on the finest of their grids, over the box that holds them all.

    Where a plan's grid does not reach, its dose counts as 0; `parts` say what it can be there. `negligible_gy` are the
    doses on each grid's faces below which it may be taken to end there. Moved doses are taken at the nodes of the sum.

    Raises UsageError where two grids have nothing in common.
    """
    _require_overlap(doses)
    finest = _finest(doses)
    here = [dose for dose in doses if isinstance(dose, DoseGrid)]
    if len(here) == len(doses) and all(_has_same_nodes(dose, _axes_mm(finest)) for dose in here):
        total = np.add.reduce([dose.dose_gy.astype(np.float64) for dose in here])
        return _grid(total, _axes_mm(finest), doses, _marks(here), ends_at_nodes=here[0].ends_at_nodes)
    axes_mm = [_nodes_mm(axis, finest, doses) for axis in range(3)]
    added_gy, parts = zip(*(_at_nodes(*each, axes_mm) for each in zip(doses, negligible_gy, strict=True)), strict=True)
    total = np.add.reduce(added_gy)
    whole = _grid(total, axes_mm, doses, _cut_off_at(doses, axes_mm), ends_at_nodes=True)
    is_shared = all(_reaches_over(dose, whole) for dose in doses)
    return whole if is_shared else replace(whole, parts=parts)


def _finest(doses: Sequence[Addend]) -> Addend:
    """The dose with the smallest cells; of equals one that is not moved."""
    return min(doses, key=lambda dose: (round(_cell_mm3(dose), 3), isinstance(dose, MovedDose)))


def _axes_mm(dose: Addend) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A dose's nodes along x, y and z; of a moved one those of a grid as fine along the axes here. [mm]"""
    if isinstance(dose, DoseGrid):
        return dose.axes_mm
    x, y, z = (
        low + step * (np.arange(max(round((high - low) / step), 2), dtype=np.float64) + 0.5)
        for low, high, step in zip(dose.low_mm, dose.high_mm, dose.step_mm, strict=True)
    )
    return x, y, z


def finest_lattice_mm(
    doses: Sequence[Addend],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """The first node and the least spacing (x, y, z) of the finest grid; a single plane counts as 1 mm. [mm]"""
    axes_mm = _axes_mm(_finest(doses))
    x, y, z = (float(nodes[0]) for nodes in axes_mm)
    dx, dy, dz = (float(np.diff(nodes).min()) if len(nodes) > 1 else 1.0 for nodes in axes_mm)
    return (x, y, z), (dx, dy, dz)


def _grid(
    total: NDArray[Any],
    axes_mm: Sequence[FloatArray],
    doses: Sequence[Addend],
    marks: Sequence[BoolArray],
    *,
    ends_at_nodes: bool,
) -> DoseGrid:
    """The summed dose, in the frame of reference of the doses that are not moved."""
    x_mm, y_mm, z_mm = axes_mm
    frames = [dose.frame_of_reference_uid for dose in doses if isinstance(dose, DoseGrid)]
    return DoseGrid(
        dose_gy=np.asarray(total, dtype=np.float32), x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
        frame_of_reference_uid=next(filter(None, frames), ""),
        step_gy=sum(_own(dose).step_gy for dose in doses),
        ends_at_nodes=ends_at_nodes,
        is_cut_off=np.asarray(np.logical_or.reduce(marks), dtype=np.bool_) if marks else None,
    )  # fmt: skip


def _own(dose: Addend) -> DoseGrid:
    """The dose on its own grid."""
    return dose.dose if isinstance(dose, MovedDose) else dose


def _at_nodes(dose: Addend, negligible_gy: float | None, axes_mm: Sequence[FloatArray]) -> tuple[FloatArray, GridPart]:
    """What a dose adds at nodes here (z, y, x), and what is known of its grid."""
    part = part_of(dose, negligible_gy)
    if isinstance(dose, DoseGrid):
        return resampled(dose, dose.dose_gy, axes_mm), part
    nodes = dose.at_nodes(axes_mm)
    return nodes.added_gy, replace(part, at_nodes=nodes) if dose.may_be_anywhere else part


def _cut_off_at(doses: Sequence[Addend], axes_mm: Sequence[FloatArray]) -> list[BoolArray]:
    """The nodes here whose dose is cut off, of every dose that is."""
    marks = []
    for dose in doses:
        cut_off = _own(dose).is_cut_off
        if cut_off is None:
            continue
        if isinstance(dose, MovedDose):
            marks.append(dose.sampled(axes_mm, cut_off) > 0)
        else:
            marks.append(resampled(dose, cut_off, axes_mm) > 0)
    return marks


def _marks(doses: Sequence[DoseGrid]) -> list[BoolArray]:
    """Where the doses are cut off, of those that are."""
    return [dose.is_cut_off for dose in doses if dose.is_cut_off is not None]


def _require_overlap(doses: Sequence[Addend]) -> None:
    low, high = np.max([dose.low_mm for dose in doses], axis=0), np.min([dose.high_mm for dose in doses], axis=0)
    if (low >= high).any():
        raise UsageError("The plans' dose grids do not overlap: there is nothing to add.")


def _has_same_nodes(dose: DoseGrid, axes_mm: Sequence[FloatArray]) -> bool:
    return not dose.parts and all(
        len(one) == len(two) and np.abs(one - two).max() < SAME_POSITION_MM
        for one, two in zip(dose.axes_mm, axes_mm, strict=True)
    )


def _reaches_over(dose: Addend, whole: DoseGrid) -> bool:
    if isinstance(dose, MovedDose):
        return False
    reaches_mm = np.concatenate([np.subtract(whole.low_mm, dose.low_mm), np.subtract(dose.high_mm, whole.high_mm)])
    return bool((reaches_mm > -SAME_POSITION_MM).all())


def _nodes_mm(axis: int, finest: Addend, doses: Sequence[Addend]) -> FloatArray:
    """The finest grid's nodes along an axis, beyond its ends those of the others, and two at every grid's faces.

    A moved dose has nodes at the ends of the box around it, and its faces none: they are turned.
    """
    begins, ends = np.array([(dose.low_mm[axis], dose.high_mm[axis]) for dose in doses]).T
    low, high = finest.low_mm[axis], finest.high_mm[axis]
    faces = np.unique(np.round([begins - SAME_POSITION_MM, begins, ends, ends + SAME_POSITION_MM], 4))
    beyond = [nodes[(nodes < low) | (nodes > high)] for nodes in (_axes_mm(dose)[axis] for dose in doses)]
    nodes = np.unique(np.concatenate([_axes_mm(finest)[axis], *beyond]))
    nodes = nodes[np.abs(nodes[:, None] - faces).min(axis=1) > SAME_POSITION_MM]
    nodes = np.sort(np.concatenate([nodes[np.diff(nodes, prepend=-np.inf) > SAME_POSITION_MM], faces]))
    kept: FloatArray = nodes[
        (nodes > begins.min() - SAME_POSITION_MM / 2) & (nodes < ends.max() + SAME_POSITION_MM / 2)
    ]
    return kept


def resampled(dose: DoseGrid, values: NDArray[Any], axes_mm: Sequence[FloatArray]) -> FloatArray:
    """Trilinear values of a grid's nodes at the nodes of other axes (x, y, z); 0 outside its box. (z, y, x)"""
    faced = with_faces(replace(dose, dose_gy=np.asarray(values, dtype=np.float32), is_cut_off=None))
    sampled: FloatArray = faced.dose_gy.astype(np.float64)
    for axis, (nodes, wanted) in enumerate(zip(faced.axes_mm, axes_mm, strict=True)):
        place = 2 - axis
        low = np.clip(np.searchsorted(nodes, wanted, side="right") - 1, 0, len(nodes) - 2)
        share = np.clip((wanted - nodes[low]) / (nodes[low + 1] - nodes[low]), 0.0, 1.0)
        is_within = (wanted >= nodes[0] - SAME_POSITION_MM / 2) & (wanted <= nodes[-1] + SAME_POSITION_MM / 2)
        shape = [1, 1, 1]
        shape[place] = len(wanted)
        upper: FloatArray = (is_within * share).reshape(shape)
        lower: FloatArray = (is_within * (1.0 - share)).reshape(shape)
        below, above = sampled.take(low, axis=place), sampled.take(low + 1, axis=place)
        sampled = below * lower + above * upper
    return sampled


def _cell_mm3(dose: Addend) -> float:
    return float(np.prod([np.diff(nodes).min() for nodes in _own(dose).axes_mm]))
