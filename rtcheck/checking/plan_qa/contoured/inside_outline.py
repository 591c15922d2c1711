"""A quick answer for most structures: they lie well inside an outline, with every vertex, in every plane."""

import numpy as np

from rtcheck.checking.plan_qa.contoured.drawn import BoolArray, Drawn, are_inside, between_ends, slab_of
from rtcheck.geometry.boolean import sections_box_mm
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Solid


def lies_well_inside(drawn: Drawn, outline: Solid, clear: FloatArray) -> bool:
    """Whether every plane of the structure lies inside the outline; False where only an exact overlay can say.

    `clear` are the outline's clear boxes: a contour within that of its slab needs no closer look.
    """
    slabs = outline.slabs
    if not slabs or _reaches_beyond(drawn.planes_mm, slabs[0].z_low_mm, slabs[-1].z_high_mm):
        return False
    slab = slab_of(outline, drawn.z_mm)
    box = clear[np.maximum(slab, 0)]
    is_clear = (slab >= 0) & (drawn.low_mm >= box[:, :2]).all(axis=1) & (drawn.high_mm <= box[:, 2:]).all(axis=1)
    if is_clear.all():
        return True
    points_mm, contour = _points(drawn, ~is_clear)
    return bool(are_inside(points_mm, slab[contour], outline).all())


def clear_boxes_mm(outline: Solid) -> FloatArray:
    """In each slab a box (x0, y0, x1, y1) around its middle that no edge enters and that lies inside (slabs, 4).

    Empty (low above high) where the middle is outside.

    >>> clear_boxes_mm(cube).tolist()  # edges as long as the box itself leave nothing clear
    [[0.0, 0.0, 0.0, 0.0]]
    """
    edges = [slab.edges_mm for slab in outline.slabs]
    if not edges:
        return np.empty((0, 4))
    counts = np.array([len(each) for each in edges])
    box_mm = sections_box_mm(outline)
    half_mm = np.maximum((box_mm[:, 2:] - box_mm[:, :2]) / 2, 1e-9)
    middle_mm = box_mm[:, :2] + half_mm
    # In units of half the slab's box. An edge comes no nearer to the middle than its nearer end less half its length.
    of_edge = (np.repeat(np.hstack([middle_mm, half_mm]), counts, axis=0)).T
    x0, y0, x1, y1 = ((np.concatenate(edges).T.reshape(2, 2, -1) - of_edge[:2]) / of_edge[2:]).reshape(4, -1)
    nearer = np.minimum(np.maximum(np.abs(x0), np.abs(y0)), np.maximum(np.abs(x1), np.abs(y1)))
    length = np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))
    scale = np.minimum.reduceat(nearer - length / 2, np.cumsum(counts) - counts)
    scale[~are_inside(middle_mm, np.arange(len(edges)), outline)] = -1.0
    return np.hstack([middle_mm - scale[:, None] * half_mm, middle_mm + scale[:, None] * half_mm])


def _reaches_beyond(planes_mm: FloatArray, low_mm: float, high_mm: float) -> bool:
    """Whether the structure's own slabs may stand out of the outline's at its ends."""
    half_mm = float(np.diff(planes_mm).max()) / 2 if len(planes_mm) > 1 else 1.5
    return float(planes_mm[0]) - half_mm < low_mm - 0.01 or float(planes_mm[-1]) + half_mm > high_mm + 0.01


def _points(drawn: Drawn, is_asked: BoolArray) -> tuple[FloatArray, np.ndarray]:
    """Points of these contours and the contour of each: vertices, and points between those that are far apart."""
    counts = np.diff(np.append(drawn.starts, len(drawn.points_mm)))
    contour = np.repeat(np.arange(len(counts)), counts)
    following = np.arange(1, len(contour) + 1)
    following[drawn.starts + counts - 1] = drawn.starts
    asked = np.flatnonzero(is_asked[contour])
    start_mm = drawn.points_mm[asked]
    points_mm, edge = between_ends(start_mm, drawn.points_mm[following[asked]] - start_mm)
    return points_mm, contour[asked[edge]]
