"""Planes -> what open contours leave uncertain on slices that are drawn: each may outline a part, or a hole."""

import numpy as np

from rtcheck.geometry.mending import common_area_mm2
from rtcheck.geometry.missing.gaps import slab_of
from rtcheck.geometry.outlines import Outline, boxes_overlap, outlines_of
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.sections import Plane
from rtcheck.geometry.solid import Slab

COPY = 0.98  # of both areas, that an open contour shares with a loop of which it is a copy


def open_slabs(planes: Planes, *, end_cap: float = 0.5) -> tuple[Slab, ...]:
    """What open contours would enclose, closed: on drawn slices, and on slices skipped between bridged planes.

    Copies of loops are left out.
    """
    marks = [mark for mark in planes.marks if mark.is_open]
    lower_mm, upper_mm = planes.faces_mm(end_cap) if marks and len(planes) else (np.empty(0), np.empty(0))
    slabs = []
    for mark in marks:
        (outline,) = outlines_of([mark.points_mm])
        k = planes.number_at(mark.z_mm)
        if k is None:
            half_mm = _half_step_mm(mark.z_mm, planes)
            low_mm, high_mm = mark.z_mm - half_mm, mark.z_mm + half_mm
        elif _is_copy(outline, planes.planes[k]):
            continue
        else:
            low_mm, high_mm = float(lower_mm[k]), float(upper_mm[k])
        slab = slab_of([outline], low_mm, high_mm)
        if high_mm > low_mm and len(slab.edges_mm):
            slabs.append(slab)
    return tuple(slabs)


def _half_step_mm(z_mm: float, planes: Planes) -> float:
    """Half the distance of slices at a z between two bridged planes; 0 elsewhere: there gaps say what is missing."""
    above = int(np.searchsorted(planes.z_mm, z_mm))
    if not 0 < above < len(planes) or not planes.is_bridged[above - 1]:
        return 0.0
    step_mm = float(planes.z_mm[above] - planes.z_mm[above - 1])
    return step_mm / float(planes.skipped[above - 1] + 1) / 2


def _is_copy(outline: Outline, plane: Plane) -> bool:
    return any(_shares_most(outline, other) for other in outlines_of([loop.vertices_mm for loop in plane.loops]))


def _shares_most(outline: Outline, other: Outline) -> bool:
    if not boxes_overlap(outline, other):
        return False
    return common_area_mm2(outline.edges_mm, other.edges_mm) >= COPY * max(outline.area_mm2, other.area_mm2)
