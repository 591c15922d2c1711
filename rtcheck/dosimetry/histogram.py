"""Doses with their spread -> a cumulative histogram.

Every cell is a box as wide as the dose varies in it, not a point; so the histogram is smooth where the dose is.
Bins begin at round doses: a plateau of exactly 20 Gy lies on an edge, and V20Gy counts it.
"""

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import FloatArray
from rtcheck.geometry._kernel import calls
from rtcheck.values import dataclass

Floating = np.float32 | np.float64

LEAST_BINS = 8192  # over the structure's own dose range


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """`count` bins of `width_gy` from `first_gy`; every edge is a whole multiple of the width."""

    first_gy: float
    width_gy: float
    count: int

    @property
    def first(self) -> int:
        """The first edge, in widths."""
        return round(self.first_gy / self.width_gy)

    @property
    def edges_gy(self) -> FloatArray:
        edges: FloatArray = np.arange(self.first, self.first + self.count + 1, dtype=np.float64) * self.width_gy
        return edges


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """Volumes by bin edge (count + 1,): `density_change` per bin at each edge, and `step` lying exactly on it."""

    density_change: FloatArray
    step: FloatArray

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(density_change=self.density_change + other.density_change, step=self.step + other.step)


def bins_over(min_gy: float, max_gy: float) -> Bins:
    """Bins of a round width (1, 2 or 5 times a power of ten) that contain `min_gy` to `max_gy`, at least 8192 of them.

    >>> bins = bins_over(45.0, 55.0)
    >>> bins.width_gy, bins.first_gy, bins.count
    (0.001, 45.0, 10000)
    """
    finest_gy = max((max_gy - min_gy) / LEAST_BINS, 1e-6)
    power = 10.0 ** np.floor(np.log10(finest_gy))
    width_gy = float(max(step * power for step in (1, 2, 5) if step * power <= finest_gy * (1 + 1e-9)))
    first = int(np.floor(min_gy / width_gy))
    last = int(np.ceil(max_gy / width_gy))
    return Bins(first_gy=first * width_gy, width_gy=width_gy, count=max(last - first, 1))


def empty_tally(bins: Bins) -> Tally:
    """A tally without volume, for the given bins."""
    return Tally(density_change=np.zeros(bins.count + 1), step=np.zeros(bins.count + 1))


def tally_boxes(
    dose_gy: NDArray[Floating], spread_gy: NDArray[Floating], volume: NDArray[Floating], bins: Bins
) -> Tally:
    """The volume per bin of cells whose dose is spread evenly over `dose_gy` +- half of `spread_gy`.

    `dose_gy`, `spread_gy` [Gy] and `volume` (any unit) have the shape (cells,). Both ends of a cell's range are rounded
    to bin edges; a cell narrower than a bin becomes a step at the nearest edge.

    >>> bins = Bins(first_gy=0.0, width_gy=1.0, count=4)
    >>> tally = tally_boxes(np.array([2.0]), np.array([2.0]), np.array([6.0]), bins)
    >>> tally.density_change.tolist()  # 3 per bin from 1 to 3 Gy
    [0.0, 3.0, 0.0, -3.0, 0.0]
    """
    scale = np.float32(1 / bins.width_gy)
    middle = (dose_gy - np.asarray(bins.first_gy, dtype=dose_gy.dtype)) * scale
    half = spread_gy * (scale / 2)
    low = np.rint(middle - half).astype(np.int32)
    high = np.rint(middle + half).astype(np.int32)
    np.clip(low, 0, bins.count, out=low)
    np.clip(high, 0, bins.count, out=high)
    width = high - low
    on_edge = np.flatnonzero(width == 0)
    density = volume / np.maximum(width, 1)
    step: FloatArray = np.zeros(bins.count + 1)
    if len(on_edge):
        step = np.bincount(low[on_edge], density[on_edge], bins.count + 1).astype(np.float64)
        density[on_edge] = 0
    change: FloatArray = np.bincount(low, density, bins.count + 1).astype(np.float64)
    change -= np.bincount(high, density, bins.count + 1)
    return Tally(density_change=change, step=step)


def cumulative(tally: Tally, bins: Bins) -> tuple[FloatArray, FloatArray]:
    """Doses (n,), ascending [Gy], and the volume (n,) that receives at least each dose; linear in between.

    An edge with a step occurs twice: with the volume at or above it, and with the volume above it.

    >>> bins = Bins(first_gy=0.0, width_gy=1.0, count=4)
    >>> dose_gy, volume = cumulative(tally_boxes(np.array([2.0]), np.array([2.0]), np.array([6.0]), bins), bins)
    >>> volume.tolist()
    [6.0, 6.0, 3.0, 0.0, 0.0]
    """
    found = calls.cumulated(tally.density_change, tally.step, float(bins.first), bins.width_gy)
    return cumulative_in_numpy(tally, bins) if found is None else found


def cumulative_in_numpy(tally: Tally, bins: Bins) -> tuple[FloatArray, FloatArray]:
    """Doses and volumes (n,), as `cumulative` gives them; its reference."""
    step = tally.step
    below = np.zeros(bins.count + 1)
    np.cumsum(np.cumsum(tally.density_change)[:-1], out=below[1:])
    below += np.cumsum(step)
    below -= step
    at_least = np.maximum(below[-1] + step[-1] - below, 0.0)
    stepped = np.flatnonzero(step > 0)
    second = stepped + np.arange(1, len(stepped) + 1)  # where each edge with a step occurs again
    is_first = np.ones(len(at_least) + len(stepped), dtype=np.bool_)
    is_first[second] = False
    doses, volumes, edges_gy = np.empty(len(is_first)), np.empty(len(is_first)), bins.edges_gy
    doses[is_first], volumes[is_first] = edges_gy, at_least
    doses[second] = np.nextafter(edges_gy[stepped], np.inf)
    volumes[second] = np.maximum(at_least[stepped] - step[stepped], 0.0)
    return doses, np.minimum.accumulate(volumes)
