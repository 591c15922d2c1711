"""Structure -> Solid: what the drawn planes say about the space between them."""

import numpy as np

from rtcheck.geometry.contours import Structure
from rtcheck.geometry.planes import Planes, planes_of
from rtcheck.geometry.solid import EndCaps, Shape, Slab, Solid

END_CAP_SPACINGS = {"none": 0.0, "half": 0.5, "full": 1.0}
"""How far the end planes reach outward, in nominal spacings. "half" gives every plane the same share."""


def build_solid(structure: Structure, *, shape: Shape = "slabs", end_caps: EndCaps = "half") -> Solid:
    """The solid of a structure; empty where nothing with an area was drawn, never one of zero volume.

    "slabs": each plane's cross-section reaches half-way to its neighbours. "interpolated": the cross-section changes
    between the planes (see `interpolated.py`). A single plane has the thickness that `planes_of` found for it.
    """
    planes = planes_of(structure)
    if shape == "interpolated" and len(planes.planes) > 1:
        from rtcheck.geometry.interpolated import interpolated_solid

        return interpolated_solid(planes, end_caps=end_caps)
    return slabs_solid(planes, end_caps=end_caps)


def slabs_solid(planes: Planes, *, end_caps: EndCaps = "half") -> Solid:
    """Each plane as a slab that reaches half-way to its neighbours; over a missing slice half a nominal spacing.

    The outermost planes reach outward by `end_caps`; a single plane always has its whole thickness.
    """
    if not planes.planes:
        return Solid(notices=planes.notices)
    z_mm = planes.z_mm
    reach_mm = np.where(planes.is_bridged, np.diff(z_mm), planes.spacing_mm) / 2
    cap_mm = (END_CAP_SPACINGS[end_caps] if len(z_mm) > 1 else 0.5) * planes.spacing_mm
    low_mm = z_mm - np.insert(reach_mm, 0, cap_mm)
    high_mm = z_mm + np.append(reach_mm, cap_mm)
    slabs = tuple(
        Slab(z_low_mm=float(low), z_high_mm=float(high), edges_mm=plane.edges_mm)
        for low, high, plane in zip(low_mm, high_mm, planes.planes, strict=True)
    )
    return Solid(slabs=slabs, notices=planes.notices)
