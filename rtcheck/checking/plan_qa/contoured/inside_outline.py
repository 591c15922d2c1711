"""A quick answer for most structures: they lie well inside an outline, with every vertex, in every plane."""

import numpy as np

from rtcheck.checking.plan_qa.contoured.drawn import BoolArray, Drawn, are_inside, between_ends, slab_of
from rtcheck.geometry.boolean import sections_box_mm
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Solid
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clear:
    """Around the middle of each slab a box and an oval, in units of half the slab's own box, that no edge enters.

    `middle_mm`, `half_mm` (slabs, 2); `box`, `oval` (slabs,): their sizes, negative where the middle is outside.
    """

    middle_mm: FloatArray
    half_mm: FloatArray
    box: FloatArray
    oval: FloatArray


def lies_well_inside(drawn: Drawn, outline: Solid, clear: Clear) -> bool:
    """Whether every plane of the structure lies inside the outline; False where only an exact overlay can say.

    What lies within the clear box or oval of its slab needs no closer look: both are convex.
    """
    slabs = outline.slabs
    if not slabs or _reaches_beyond(drawn.planes_mm, slabs[0].z_low_mm, slabs[-1].z_high_mm):
        return False
    slab = slab_of(outline, drawn.z_mm)
    at = np.maximum(slab, 0)
    farthest_mm = np.maximum(clear.middle_mm[at] - drawn.low_mm, drawn.high_mm - clear.middle_mm[at])
    is_clear = (slab >= 0) & (farthest_mm <= clear.box[at, None] * clear.half_mm[at]).all(axis=1)
    if not is_clear.all():
        counts = np.diff(np.append(drawn.starts, len(drawn.points_mm)))
        of_point = np.repeat(np.hstack([clear.middle_mm, clear.half_mm])[at], counts, axis=0)
        x, y = ((drawn.points_mm - of_point[:, :2]) / of_point[:, 2:]).T
        is_clear |= (slab >= 0) & (np.sqrt(np.maximum.reduceat(x * x + y * y, drawn.starts)) <= clear.oval[at])
    if is_clear.all():
        return True
    points_mm, contour = _points(drawn, ~is_clear)
    return bool(are_inside(points_mm, slab[contour], outline).all())


def clear_within(outline: Solid) -> Clear:
    """The clear box and oval of each slab.

    >>> clear_within(cube).box.tolist()  # edges as long as the box itself leave nothing clear
    [0.0]
    """
    edges = [slab.edges_mm for slab in outline.slabs]
    if not edges:
        return Clear(middle_mm=np.empty((0, 2)), half_mm=np.empty((0, 2)), box=np.empty(0), oval=np.empty(0))
    counts = np.array([len(each) for each in edges])
    starts = np.cumsum(counts) - counts
    box_mm = sections_box_mm(outline)
    half_mm = np.maximum((box_mm[:, 2:] - box_mm[:, :2]) / 2, 1e-9)
    middle_mm = box_mm[:, :2] + half_mm
    of_edge = (np.repeat(np.hstack([middle_mm, half_mm]), counts, axis=0)).T
    x0, y0, x1, y1 = ((np.concatenate(edges).T.reshape(2, 2, -1) - of_edge[:2]) / of_edge[2:]).reshape(4, -1)
    # An edge comes no nearer to the middle than its nearer end less half its length.
    nearer = np.minimum(np.maximum(np.abs(x0), np.abs(y0)), np.maximum(np.abs(x1), np.abs(y1)))
    length = np.maximum(np.abs(x1 - x0), np.abs(y1 - y0))
    box = np.minimum.reduceat(nearer - length / 2, starts)
    nearer, length = np.sqrt(np.minimum(x0 * x0 + y0 * y0, x1 * x1 + y1 * y1)), np.hypot(x1 - x0, y1 - y0)
    oval = np.minimum.reduceat(nearer - length / 2, starts)
    is_outside = ~are_inside(middle_mm, np.arange(len(edges)), outline)
    box[is_outside] = oval[is_outside] = -1.0
    return Clear(middle_mm=middle_mm, half_mm=half_mm, box=box, oval=oval)


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
