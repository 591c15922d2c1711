"""A quick answer for most structures: they lie well inside an outline, with every vertex, in every plane."""

import numpy as np

from rtcheck.geometry.contours import FloatArray, Structure
from rtcheck.geometry.solid import Solid

APART_MM = 4.0
"""Points looked at are as near to one another; what bulges out between them has less than a pixel's area."""


def lies_well_inside(drawn: Structure, outline: Solid) -> bool:
    """Whether every plane of the structure lies inside the outline; False where only an exact overlay can say."""
    low_mm = np.array([slab.z_low_mm for slab in outline.slabs])
    high_mm = np.array([slab.z_high_mm for slab in outline.slabs])
    heights_mm = [float(contour.vertices_mm[0, 2]) for contour in drawn.contours]
    if not len(low_mm) or not heights_mm:
        return False
    at = np.searchsorted(low_mm, heights_mm, side="right") - 1
    if (at < 0).any() or (np.array(heights_mm) >= high_mm[np.maximum(at, 0)]).any():
        return False
    if _reaches_beyond(sorted(heights_mm), low_mm, high_mm):
        return False
    return all(
        _all_inside(_points(contour.vertices_mm[:, :2]), outline.slabs[index].edges_mm)
        for contour, index in zip(drawn.contours, at.tolist(), strict=True)
    )


def _reaches_beyond(heights_mm: list[float], low_mm: FloatArray, high_mm: FloatArray) -> bool:
    """Whether the structure's own slabs may stand out of the outline's at its ends."""
    gaps_mm = np.diff(sorted(set(heights_mm)))
    half_mm = float(gaps_mm.max()) / 2 if len(gaps_mm) else 1.5
    is_below = heights_mm[0] - half_mm < float(low_mm[0]) - 0.01
    return is_below or heights_mm[-1] + half_mm > float(high_mm[-1]) + 0.01


def _points(loop_mm: FloatArray) -> FloatArray:
    """Vertices, with points between those that are far apart, and without most of those that are near."""
    step_mm = np.hypot(*(np.roll(loop_mm, -1, axis=0) - loop_mm).T)
    if step_mm.max() > APART_MM:
        parts = np.maximum(np.ceil(step_mm / APART_MM).astype(int), 1)
        edge = np.repeat(np.arange(len(loop_mm)), parts)
        share = (np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[edge]
        between: FloatArray = loop_mm[edge] + share[:, None] * (np.roll(loop_mm, -1, axis=0) - loop_mm)[edge]
        return between
    return loop_mm[:: max(int(APART_MM / max(float(step_mm.max()), 1e-6)), 1)]


def _all_inside(points_mm: FloatArray, edges_mm: FloatArray) -> bool:
    """Whether all points (n, 2) lie inside closed edges (m, 4), by the crossings to their left."""
    low, high = points_mm[:, 1].min(), points_mm[:, 1].max()
    y0, y1 = edges_mm[:, 1], edges_mm[:, 3]
    edges_mm = edges_mm[(np.maximum(y0, y1) >= low) & (np.minimum(y0, y1) <= high)]
    x0, y0, x1, y1 = edges_mm.T
    x, y = points_mm[:, :1], points_mm[:, 1:]
    spans = (y0 <= y) != (y1 <= y)
    rise = np.where(y1 == y0, np.inf, y1 - y0)
    is_left = x0 + (y - y0) / rise * (x1 - x0) < x
    return bool((np.count_nonzero(spans & is_left, axis=1) % 2 == 1).all())
