"""Two solids -> their union, intersection or difference: exact, slab by slab; and the solid of an expression.

Both solids are cut at each other's slab faces; on every common interval of z the two cross-sections are laid over one
another (`overlay.py`) and the boundary of the result is kept.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.arrays import distinct
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.expression import AllOf, Expression, Intersection, Margin, Name, Union
from rtcheck.geometry.overlay import Predicate, boundary, on_grid
from rtcheck.geometry.solid import ANYTHING, Slab, Solid
from rtcheck.timing import timed

Operation = Literal["union", "intersection", "difference"]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

AROUND_MM = 1.0  # around what two cross-sections may have in common: much more than edges are moved by rounding
FACE_TOLERANCE_MM = 1e-3  # faces nearer than this to one another are one face


def evaluate(expression: Expression, solid_of: Callable[[Name | AllOf], Solid]) -> Solid:
    """The solid of an expression; `solid_of` gives the solid of each name.

    >>> from rtcheck.geometry.expression import parse_expression
    >>> evaluate(parse_expression("A - A"), lambda name: cube).is_empty
    True
    """
    if isinstance(expression, Name | AllOf):
        return solid_of(expression)
    if isinstance(expression, Margin):
        from rtcheck.geometry.margins.margin import grow

        return grow(evaluate(expression.of, solid_of), expression.margins_mm)
    operation: Operation = "difference"
    if isinstance(expression, Union | Intersection):
        operation = "union" if isinstance(expression, Union) else "intersection"
    return combine(evaluate(expression.left, solid_of), evaluate(expression.right, solid_of), operation)


@timed("geometry")
def combine(a: Solid, b: Solid, operation: Operation) -> Solid:
    """The union, intersection or difference (a without b) of two solids; empty if nothing is left.

    Exact: both solids are cut at each other's slab faces, and the cross-sections are overlaid.

    >>> combine(cube, cube, "difference").is_empty
    True
    """
    combined = _combined(a, b, operation)
    if a.is_certain and b.is_certain:
        return combined
    least_b, most_b = (b.at_most, b.at_least) if operation == "difference" else (b.at_least, b.at_most)
    return combined.between(
        _combined(a.at_least, least_b, operation),
        _combined(a.at_most, most_b, operation),
        tuple(dict.fromkeys(a.reasons + b.reasons)),
    )


def _combined(a: Solid, b: Solid, operation: Operation) -> Solid:
    notices = a.notices + b.notices
    is_smooth = all(each.is_smooth for each in (a, b) if not each.is_empty)
    if a.is_anything or b.is_anything:
        return replace(_combined_with_anything(a, b, operation), notices=notices)
    if a.is_empty or b.is_empty:
        slabs = {"union": (*a.slabs, *b.slabs), "intersection": (), "difference": a.slabs}[operation]
        return Solid(slabs=slabs, notices=notices, is_smooth=is_smooth)
    faces_mm = common_faces_mm(a, b)
    in_a, in_b = slab_at_intervals(a, faces_mm), slab_at_intervals(b, faces_mm)
    outlines = _overlaid(a, b, in_a, in_b, operation)
    slabs_of_result = []
    for interval in range(len(faces_mm) - 1):
        edges_mm = _outline(interval, a, b, int(in_a[interval]), int(in_b[interval]), operation, outlines)
        if edges_mm is not None and len(edges_mm):
            low_mm, high_mm = float(faces_mm[interval]), float(faces_mm[interval + 1])
            slabs_of_result.append(Slab(z_low_mm=low_mm, z_high_mm=high_mm, edges_mm=edges_mm))
    return Solid(slabs=tuple(slabs_of_result), notices=notices, is_smooth=is_smooth)


def _combined_with_anything(a: Solid, b: Solid, operation: Operation) -> Solid:
    """Of solids of which one can be anything: a union can be, and so can what is left of it; an intersection not."""
    if operation == "union":
        return ANYTHING
    if operation == "intersection":
        return b if a.is_anything else a
    return Solid() if b.is_anything else ANYTHING


def common_faces_mm(a: Solid, b: Solid) -> FloatArray:
    """All slab faces of both solids, ascending; of faces that are nearly equal the lowest (faces,). [mm]"""
    faces_mm = np.array(sorted({face for slab in (*a.slabs, *b.slabs) for face in (slab.z_low_mm, slab.z_high_mm)}))
    distinct: FloatArray = faces_mm[np.diff(faces_mm, prepend=-np.inf) > FACE_TOLERANCE_MM]
    return distinct


def slab_at_intervals(solid: Solid, faces_mm: FloatArray) -> IntArray:
    """The slab of `solid` that fills each interval between faces, or -1 (intervals,)."""
    middle_mm = (faces_mm[:-1] + faces_mm[1:]) / 2
    low_mm = np.array([slab.z_low_mm for slab in solid.slabs])
    high_mm = np.array([slab.z_high_mm for slab in solid.slabs])
    below = np.searchsorted(low_mm, middle_mm, side="right") - 1
    return np.where((below >= 0) & (middle_mm < high_mm[below]), below, -1)


def _overlaid(a: Solid, b: Solid, in_a: IntArray, in_b: IntArray, operation: Operation) -> dict[int, FloatArray]:
    """The result's outline on every interval that both solids fill; an interval without an outline is left out.

    Cross-sections whose boxes are apart share nothing, and are not overlaid.
    """
    both = np.flatnonzero((in_a >= 0) & (in_b >= 0))
    if not len(both):
        return {}
    box_a, box_b = sections_box_mm(a)[in_a[both]], sections_box_mm(b)[in_b[both]]
    is_near = _do_boxes_meet(box_a, box_b)
    apart, shared = both[~is_near].tolist(), both[is_near].tolist()
    outlines = _of_apart(a, b, {i: (in_a[i], in_b[i]) for i in apart}, operation)
    parts = [(i, a.slabs[in_a[i]].edges_mm, b.slabs[in_b[i]].edges_mm) for i in shared]
    if not parts:
        return outlines
    edges_mm = np.concatenate([edges for _, *both in parts for edges in both])
    counts = [len(edges) for _, *both in parts for edges in both]
    interval = np.repeat(np.repeat(shared, 2), counts)
    operand = np.repeat(np.tile([0, 1], len(parts)), counts)
    if operation == "intersection":
        pair = np.repeat(np.repeat(np.arange(len(parts)), 2), counts)
        chosen = _needed_in_common(edges_mm, pair, operand, box_a[is_near], box_b[is_near])
        edges_mm, interval, operand = edges_mm[chosen], interval[chosen], operand[chosen]
    outline, outline_interval = boundary(edges_mm, interval, operand, _inside(operation))
    order = np.argsort(outline_interval, kind="stable")
    outline, outline_interval = outline[order], outline_interval[order]
    present = distinct(outline_interval)
    starts = np.searchsorted(outline_interval, present)
    ends = np.append(starts[1:], len(outline))
    overlaid = {int(i): outline[start:end] for i, start, end in zip(present, starts, ends, strict=False)}
    return {**outlines, **overlaid}


def _needed_in_common(
    edges_mm: FloatArray, pair: IntArray, operand: IntArray, box_a: FloatArray, box_b: FloatArray
) -> IntArray:
    """The edges that can bound what two cross-sections have in common, or lie to the left of it (n,).

    What they have in common lies in both of their boxes (pairs, 4), and windings are counted toward low x: edges below,
    above and to the right change nothing there, and beyond the boxes one of both cross-sections has no edge at all.
    `pair` and `operand` (edges,) number the pair, and which of the two, that each edge is of.
    """
    low_mm, high_mm = np.maximum(box_a, box_b)[:, :2], np.minimum(box_a, box_b)[:, 2:]
    lowest_y_mm, highest_mm = (low_mm[:, 1] - AROUND_MM)[pair], (high_mm + AROUND_MM)[pair]
    x_mm, y_mm = edges_mm[:, 0::2], edges_mm[:, 1::2]
    is_needed = (x_mm.min(axis=1) <= highest_mm[:, 0]) & (y_mm.min(axis=1) <= highest_mm[:, 1])
    is_needed &= y_mm.max(axis=1) >= lowest_y_mm
    has_edges = np.zeros((len(box_a), 2), dtype=np.bool_)
    has_edges[pair[is_needed], operand[is_needed]] = True
    has_both = has_edges[:, 0] & has_edges[:, 1]
    return np.flatnonzero(is_needed & has_both[pair])


def sections_box_mm(solid: Solid) -> FloatArray:
    """The box of each slab's cross-section: low x and y, high x and y (slabs, 4); without edges inf to -inf. [mm]

    >>> sections_box_mm(cube).tolist()
    [[-5.0, -5.0, 5.0, 5.0]]
    """
    counts = np.array([len(slab.edges_mm) for slab in solid.slabs], dtype=np.int64)
    box_mm = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(counts), 1))
    has_edges = counts > 0
    if has_edges.any():
        points_mm = np.concatenate([slab.edges_mm[:, :2] for slab in solid.slabs])
        starts = (np.cumsum(counts) - counts)[has_edges]
        box_mm[has_edges, :2] = np.minimum.reduceat(points_mm, starts)
        box_mm[has_edges, 2:] = np.maximum.reduceat(points_mm, starts)
    return box_mm


def _do_boxes_meet(one_mm: FloatArray, other_mm: FloatArray) -> BoolArray:
    """Whether boxes (n, 4) overlap, or come within the tolerance of faces (n,)."""
    low_mm, high_mm = np.maximum(one_mm[:, :2], other_mm[:, :2]), np.minimum(one_mm[:, 2:], other_mm[:, 2:])
    do_meet: BoolArray = low_mm <= high_mm + FACE_TOLERANCE_MM
    return do_meet[:, 0] & do_meet[:, 1]


def _of_apart(a: Solid, b: Solid, slabs: dict[int, tuple[int, int]], operation: Operation) -> dict[int, FloatArray]:
    """The result's outline on intervals whose two cross-sections share nothing, on the grid of those overlaid."""
    if operation == "intersection":
        return {}
    own = {i: (on_grid(a.slabs[in_a].edges_mm), on_grid(b.slabs[in_b].edges_mm)) for i, (in_a, in_b) in slabs.items()}
    return {i: np.concatenate(edges) if operation == "union" else edges[0] for i, edges in own.items()}


def _inside(operation: Operation) -> Predicate:
    """Whether a place with the two winding numbers (n, 2) lies in the result (n,)."""

    def inside(winding: IntArray) -> BoolArray:
        in_a, in_b = winding[:, 0] > 0, winding[:, 1] > 0
        if operation == "union":
            return in_a | in_b
        return in_a & in_b if operation == "intersection" else in_a & ~in_b

    return inside


def _outline(
    interval: int, a: Solid, b: Solid, in_a: int, in_b: int, operation: Operation, outlines: dict[int, FloatArray]
) -> FloatArray | None:
    """The result's outline on one interval, or None where it is empty there."""
    if in_a >= 0 and in_b >= 0:
        return outlines.get(interval)
    if in_a >= 0 and operation != "intersection":
        return a.slabs[in_a].edges_mm
    if in_b >= 0 and operation == "union":
        return b.slabs[in_b].edges_mm
    return None
