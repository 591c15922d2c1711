"""What each dose plane contributes along z: to a slab's mean, and to one level."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import FloatArray

IntArray = NDArray[np.int64]


def mean_weights(low_mm: FloatArray, high_mm: FloatArray, nodes_mm: FloatArray) -> FloatArray:
    """Weights (slabs, nodes) of the dose planes in the mean of the linearly interpolated dose over low..high.

    They are the exact means of the linear hat functions. The slabs must lie within the nodes and have a thickness.
    """
    gap_mm = np.diff(nodes_mm)
    enters = np.clip((low_mm[:, None] - nodes_mm[:-1]) / gap_mm, 0, 1)  # where the slab begins in each gap, 0 to 1
    leaves = np.clip((high_mm[:, None] - nodes_mm[:-1]) / gap_mm, 0, 1)
    of_upper_mm = (leaves**2 - enters**2) / 2 * gap_mm
    of_lower_mm = (leaves - enters) * gap_mm - of_upper_mm
    weights = np.zeros((len(low_mm), len(nodes_mm)))
    weights[:, :-1] += of_lower_mm
    weights[:, 1:] += of_upper_mm
    return weights / (high_mm - low_mm)[:, None]


def level_weights(z_mm: FloatArray, nodes_mm: FloatArray) -> FloatArray:
    """Weights (levels, nodes) of the dose planes at given z within the nodes."""
    plane, share = locate(z_mm, nodes_mm)
    weights = np.zeros((len(z_mm), len(nodes_mm)))
    level = np.arange(len(z_mm))
    weights[level, plane] = 1 - share
    weights[level, plane + 1] = share
    return weights


def locate(z_mm: FloatArray, nodes_mm: FloatArray) -> tuple[IntArray, FloatArray]:
    """The node below each z, and how far z lies toward the next one, 0 to 1; the last node belongs to the last gap."""
    plane = np.clip(np.searchsorted(nodes_mm, z_mm, side="right") - 1, 0, len(nodes_mm) - 2)
    share = (z_mm - nodes_mm[plane]) / (nodes_mm[plane + 1] - nodes_mm[plane])
    return plane, share
