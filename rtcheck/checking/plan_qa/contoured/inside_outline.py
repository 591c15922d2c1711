"""A quick answer for most structures: they lie well inside an outline, with every vertex, in every plane."""

import numpy as np

from rtcheck.checking.plan_qa.contoured.drawn import Drawn, are_inside, between_ends, slab_of
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Solid


def lies_well_inside(drawn: Drawn, outline: Solid) -> bool:
    """Whether every plane of the structure lies inside the outline; False where only an exact overlay can say."""
    slabs = outline.slabs
    if not slabs or _reaches_beyond(drawn.planes_mm, slabs[0].z_low_mm, slabs[-1].z_high_mm):
        return False
    points_mm, contour = _points(drawn)
    return bool(are_inside(points_mm, slab_of(outline, drawn.z_mm)[contour], outline).all())


def _reaches_beyond(planes_mm: FloatArray, low_mm: float, high_mm: float) -> bool:
    """Whether the structure's own slabs may stand out of the outline's at its ends."""
    half_mm = float(np.diff(planes_mm).max()) / 2 if len(planes_mm) > 1 else 1.5
    return float(planes_mm[0]) - half_mm < low_mm - 0.01 or float(planes_mm[-1]) + half_mm > high_mm + 0.01


def _points(drawn: Drawn) -> tuple[FloatArray, np.ndarray]:
    """Points of all contours and the contour of each: vertices, and points between those that are far apart."""
    counts = np.diff(np.append(drawn.starts, len(drawn.points_mm)))
    contour = np.repeat(np.arange(len(counts)), counts)
    following = np.arange(1, len(contour) + 1)
    following[drawn.starts + counts - 1] = drawn.starts
    points_mm, edge = between_ends(drawn.points_mm, drawn.points_mm[following] - drawn.points_mm)
    return points_mm, contour[edge]
