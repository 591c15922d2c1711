"""The centre of volume of a solid."""

import numpy as np

from rtcheck.geometry.solid import Solid


def centre_mm(solid: Solid) -> tuple[float, float, float] | None:
    """x, y and z of the centre of volume; None of an empty solid. [mm]

    Green's theorem turns the area of a cross-section and its first moments into sums over its directed edges.

    >>> centre_mm(cube)
    (0.0, 0.0, 0.0)
    >>> centre_mm(Solid()) is None
    True
    """
    volume_mm3, moments = 0.0, np.zeros(3)
    for slab in solid.slabs:
        x0, y0, x1, y1 = slab.edges_mm.T
        cross = x0 * y1 - x1 * y0
        height_mm = slab.z_high_mm - slab.z_low_mm
        part_mm3 = height_mm * float(cross.sum()) / 2
        volume_mm3 += part_mm3
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        in_plane = height_mm / 6 * np.array([((x0 + x1) * cross).sum(), ((y0 + y1) * cross).sum()])
        moments += [*in_plane, part_mm3 * middle_mm]
    if not volume_mm3 > 0.0:
        return None
    x, y, z = (moments / volume_mm3).tolist()
    return x, y, z
