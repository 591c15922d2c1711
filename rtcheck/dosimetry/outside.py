"""A solid that leaves a dose grid -> the most that the dose can be there, by the rule of the settings.

Outside its grid a dose is not known. That of external beams falls off beyond the grid, which planning systems let end
where nothing of interest is left: it is then at most the highest on the faces through which a structure leaves. That is
an assumption, and it is stated wherever it is made.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rtcheck.dosimetry.dose_around import Outline
from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray, GridPart
from rtcheck.dosimetry.settings import Outside
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.dosimetry.moved_dose import AtNodes, MovedDose

ROUNDING_MM = 1e-6
BETWEEN_NODES_MM = 5e-4  # a sum has a node on each face of a plan's grid and one 1e-3 mm outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """What is taken of the dose outside a grid: at most `gy`, by the rule `rule`, where the solid leaves it at all.

    `faces_gy` is the highest dose on the faces that the solid leaves through, whatever the rule.
    """

    gy: float
    rule: Outside
    faces_gy: float


def part_of(dose: "DoseGrid | MovedDose", negligible_gy: float | None) -> GridPart:
    """The grid of one plan as a part of a sum, or as all there is."""
    grid, own = (dose, None) if isinstance(dose, DoseGrid) else (dose.dose, dose)
    gy = grid.dose_gy
    faces = (gy[:, :, 0], gy[:, :, -1], gy[:, 0], gy[:, -1], gy[0], gy[-1])
    return GridPart(
        low_mm=dose.low_mm,
        high_mm=dose.high_mm,
        faces_gy=tuple(float(face.max()) for face in faces),
        max_gy=grid.max_gy,
        negligible_gy=negligible_gy,
        own=own,
    )


def parts_of(dose: DoseGrid, negligible_gy: float | None) -> tuple[GridPart, ...]:
    """The plans' grids that a dose is made of."""
    return dose.parts or (part_of(dose, negligible_gy),)


def beyond(outline: Outline, part: GridPart, rule: Outside) -> Beyond:
    """The most that one plan's dose can be where the outline leaves its grid.

    Its maximum, whatever the rule, where a field of displacements does not say where the outline lies in that grid.
    """
    if part.own is not None and not np.isfinite(part.own.to_own.at(_points_mm(outline))).all():
        return _anything(part)
    faces_gy = max(
        (gy for gy, left in zip(part.faces_gy, _left_through(outline, part), strict=True) if left), default=0.0
    )
    return _beyond_faces(faces_gy, part, rule)


def _anything(part: GridPart) -> Beyond:
    return Beyond(gy=part.max_gy, rule="maximum", faces_gy=max(part.faces_gy))


def beyond_any_side_gy(dose: DoseGrid, rule: Outside, *, negligible_gy: float | None) -> float:
    """The most that a dose can be outside its grid, on whichever side. [Gy]"""
    return sum(_beyond_faces(max(part.faces_gy), part, rule).gy for part in parts_of(dose, negligible_gy))


def _beyond_faces(faces_gy: float, part: GridPart, rule: Outside) -> Beyond:
    if rule == "auto":
        is_negligible = part.negligible_gy is not None and faces_gy < part.negligible_gy
        rule = "face" if is_negligible else "maximum"
    return Beyond(gy={"zero": 0.0, "face": faces_gy, "maximum": part.max_gy}[rule], rule=rule, faces_gy=faces_gy)


def extreme_grids(dose: DoseGrid, outline: Outline, rule: Outside) -> tuple[DoseGrid, DoseGrid]:
    """A sum with the least and the most that each plan can add where the outline leaves that plan's grid.

    Other doses come back as they are, twice.
    """
    least, most = dose.dose_gy, dose.dose_gy
    for part in dose.parts:
        if part.own is None:
            if any(_left_through(outline, part)) and (outside_gy := beyond(outline, part, rule).gy) > 0:
                unknown = ~is_within(dose, part) if part.unknown is None else part.unknown
                most = most + np.float32(outside_gy) * unknown
            continue
        if part.at_nodes is None and not any(_left_through(outline, part)):
            continue
        place, nodes = _nodes_around(dose, outline, part)
        if not nodes.is_doubtful.any():
            continue
        outside_gy = (_anything(part) if nodes.is_nowhere.any() else beyond(outline, part, rule)).gy
        least, most = least.copy(), most.copy()
        least[place] = np.maximum(least[place] - np.where(nodes.is_doubtful, nodes.added_gy, 0.0), 0.0)
        there_gy = outside_gy if part.unknown is None else outside_gy * part.unknown[place]
        most[place] += np.where(nodes.is_doubtful, np.maximum(there_gy - nodes.added_gy, 0.0), 0.0)
    lowest = dose if least is dose.dose_gy else replace(dose, dose_gy=least)
    return lowest, dose if most is dose.dose_gy else replace(dose, dose_gy=most)


def _nodes_around(dose: DoseGrid, outline: Outline, part: GridPart) -> "tuple[tuple[slice, ...], AtNodes]":
    """The nodes around the outline as slices (z, y, x), and what a moved dose adds at them."""
    around = [
        slice(max(int(np.searchsorted(nodes, low)) - 2, 0), int(np.searchsorted(nodes, high)) + 2)
        for nodes, (low, high) in zip(dose.axes_mm, outline.spans_mm, strict=True)
    ]
    place = tuple(around[::-1])
    if part.at_nodes is not None:
        return place, part.at_nodes.within(place)
    assert part.own is not None
    wider = [slice(max(part.start - 2, 0), part.stop + 2) for part in around]  # neighbours decide what is in doubt
    inner = tuple(
        slice(part.start - wide.start, part.stop - wide.start) for part, wide in zip(around, wider, strict=True)
    )[::-1]
    axes_mm = [nodes[part] for nodes, part in zip(dose.axes_mm, wider, strict=True)]
    return place, part.own.at_nodes(axes_mm).within(inner)


def _left_through(outline: Outline, part: GridPart) -> tuple[bool, ...]:
    """Through which faces of a grid the outline leaves it: low x, high x, low y, high y, low z, high z."""
    if part.own is None:
        spans, low_mm, high_mm = outline.spans_mm, part.low_mm, part.high_mm
    else:
        own_mm = part.own.to_own.at(_points_mm(outline))
        spans = tuple(zip(own_mm.min(axis=0), own_mm.max(axis=0), strict=True))
        low_mm, high_mm = part.own.dose.low_mm, part.own.dose.high_mm
    left: list[bool] = []
    for (lowest, highest), low, high in zip(spans, low_mm, high_mm, strict=True):
        left += [bool(lowest < low - ROUNDING_MM), bool(highest > high + ROUNDING_MM)]
    return tuple(left)


def _points_mm(outline: Outline) -> FloatArray:
    """The corners of an outline's slabs, at the lower and at the upper face of each. (n, 3)"""
    points = outline.edges_mm[:, :2]
    heights = (outline.low_mm[outline.slab], outline.high_mm[outline.slab])
    return np.concatenate([np.column_stack([points, height]) for height in heights])


def is_within(dose: DoseGrid, part: GridPart) -> BoolArray:
    """The nodes of a sum that lie in one plan's grid. (z, y, x)"""
    x, y, z = (
        (nodes > low - BETWEEN_NODES_MM) & (nodes < high + BETWEEN_NODES_MM)
        for nodes, low, high in zip(dose.axes_mm, part.low_mm, part.high_mm, strict=True)
    )
    return z[:, None, None] & y[:, None] & x
