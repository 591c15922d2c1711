"""What each dose plane contributes along z: to a slab's mean, and to one level."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
FloatImage = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BandedWeights:
    """Weights of neighbouring dose planes for each layer (layers, band), the first of them being plane `first`.

    `mean` gives the mean over the layer, `rise` the dose at its high face less that at its low one.
    """

    first: IntArray
    mean: FloatImage
    rise: FloatImage

    def each(self, chosen: slice) -> Iterator[tuple[IntArray, FloatImage, FloatImage]]:
        """Plane, weight in the mean and weight in the rise of the chosen layers, plane by plane. (layers, 1, 1)"""
        first, mean, rise = self.first[chosen], self.mean[chosen], self.rise[chosen]
        for step in np.flatnonzero((mean != 0).any(axis=0)).tolist():
            yield first + step, mean[:, step, None, None], rise[:, step, None, None]


def layer_weights(low_mm: FloatArray, high_mm: FloatArray, nodes_mm: FloatArray) -> BandedWeights:
    """The weights of the dose planes in the layers `low_mm` to `high_mm` (layers,) [mm].

    `nodes_mm` (nodes,) are the z of the dose planes. Layers must lie within them and have a thickness.
    """
    gaps = len(nodes_mm) - 1
    lowest = np.clip(np.searchsorted(nodes_mm, low_mm, side="right") - 1, 0, gaps - 1)
    highest = np.clip(np.searchsorted(nodes_mm, high_mm, side="left") - 1, lowest, gaps - 1)
    band = int((highest - lowest).max()) + 2
    first = np.maximum(np.minimum(lowest, len(nodes_mm) - band), 0)
    near_mm = nodes_mm[first[:, None] + np.arange(band)]  # (layers, band)
    rise = level_weights(high_mm, near_mm) - level_weights(low_mm, near_mm)
    return BandedWeights(
        first=first,
        mean=mean_weights(low_mm, high_mm, near_mm).astype(np.float32),
        rise=rise.astype(np.float32),
    )


def mean_weights(low_mm: FloatArray, high_mm: FloatArray, nodes_mm: FloatArray) -> FloatArray:
    """Weights (layers, nodes) of dose planes in the mean of the linearly interpolated dose over each layer.

    The exact means of the linear hat functions over `low_mm` to `high_mm` (layers,) [mm], which must have a thickness
    and lie within the layer's nodes `nodes_mm` (layers, nodes). Each row adds up to 1.

    >>> mean_weights(np.array([0.0]), np.array([2.0]), np.array([[0.0, 1.0, 2.0]])).tolist()
    [[0.25, 0.5, 0.25]]
    """
    below_mm, gap_mm = nodes_mm[:, :-1], np.diff(nodes_mm, axis=1)
    enters = np.clip((low_mm[:, None] - below_mm) / gap_mm, 0, 1)  # where the slab begins in each gap, 0 to 1
    leaves = np.clip((high_mm[:, None] - below_mm) / gap_mm, 0, 1)
    of_upper_mm = (leaves**2 - enters**2) / 2 * gap_mm
    of_lower_mm = (leaves - enters) * gap_mm - of_upper_mm
    weights = np.zeros(nodes_mm.shape)
    weights[:, :-1] += of_lower_mm
    weights[:, 1:] += of_upper_mm
    return weights / (high_mm - low_mm)[:, None]


def level_weights(z_mm: FloatArray, nodes_mm: FloatArray) -> FloatArray:
    """Weights (levels, nodes) of dose planes in the linearly interpolated dose at `z_mm` (levels,) within the level's
    nodes `nodes_mm` (levels, nodes).

    >>> level_weights(np.array([0.25]), np.array([[0.0, 1.0, 2.0]])).tolist()
    [[0.75, 0.25, 0.0]]
    """
    levels, last = np.arange(len(z_mm)), nodes_mm.shape[1] - 2
    plane = np.clip((nodes_mm <= z_mm[:, None]).sum(axis=1) - 1, 0, last)
    share = (z_mm - nodes_mm[levels, plane]) / (nodes_mm[levels, plane + 1] - nodes_mm[levels, plane])
    weights = np.zeros(nodes_mm.shape)
    weights[levels, plane] = 1 - share
    weights[levels, plane + 1] = share
    return weights


def locate(z_mm: FloatArray, nodes_mm: FloatArray) -> tuple[IntArray, FloatArray]:
    """The node below each z (levels,), and the share, 0 to 1, of the way to the next node; the last node belongs to the
    last gap.

    >>> plane, share = locate(np.array([0.25, 2.0]), np.array([0.0, 1.0, 2.0]))
    >>> plane.tolist(), share.tolist()
    ([0, 1], [0.25, 1.0])
    """
    plane = np.clip(np.searchsorted(nodes_mm, z_mm, side="right") - 1, 0, len(nodes_mm) - 2)
    share = (z_mm - nodes_mm[plane]) / (nodes_mm[plane + 1] - nodes_mm[plane])
    return plane, share
