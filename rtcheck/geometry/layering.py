"""Fields between two planes -> the cross-sections of thin layers, from the lowest face up, on the tiles they need."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel import lattice_calls
from rtcheck.geometry.between_planes import Between, Profile
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.geometry.level_set import tiles_it_spreads_to, zero_level
from rtcheck.values import dataclass

Profiles = Sequence[Sequence[Profile]]
"""For each nesting depth the profiles whose least is its field."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layers:
    """The edges (n, 4) of as many layers as could be made, and the missing tiles that the next of them needs."""

    edges_mm: tuple[FloatArray, ...]
    spreads_to: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layering:
    """How the fields of planes become layers: their `level_mm2` is that of the surface.

    `is_inside` (node_rows, node_columns) is what is inside on both planes: where no field is computed it stays.
    """

    lattice: Lattice
    is_inside: BoolArray
    level_mm2: float

    def layers(self, profiles: Profiles, tiles: IntArray, faces_mm: FloatArray) -> Layers:
        """The layers between faces (layers + 1,) on `tiles` (ascending): all, or those below the first that runs off
        the tiles. (The kernel may stop earlier, and goes on when called again.)
        """
        if _kernel.native is None:
            return self.layers_in_numpy(profiles, tiles, faces_mm)
        edges_mm, counts, spreads_to = lattice_calls.layers(
            _as_arrays(profiles, len(tiles)), tiles, self.is_inside, faces_mm, self.level_mm2, self.lattice.numbers
        )
        ends = [0, *np.cumsum(counts).tolist()]
        return Layers(edges_mm=tuple(edges_mm[begin:end] for begin, end in pairwise(ends)), spreads_to=spreads_to)

    def layers_in_numpy(self, profiles: Profiles, tiles: IntArray, faces_mm: FloatArray) -> Layers:
        """The reference of `layers`."""
        rows, columns = self.lattice.node_indices(tiles)
        is_inside, is_rim = self.is_inside[rows, columns], self.lattice.rim(tiles)
        made: list[FloatArray] = []
        for z_low_mm, z_high_mm in pairwise(faces_mm.tolist()):
            field = combined(profiles, z_low_mm, z_high_mm, self.level_mm2, len(tiles))
            if is_rim is not None:
                field = np.where(is_rim, np.maximum(field, 0.0), field)
            more = tiles_it_spreads_to(self.lattice, tiles, field, is_inside)
            if len(more):
                return Layers(edges_mm=tuple(made), spreads_to=more)
            made.append(zero_level(self.lattice, tiles, field))
        return Layers(edges_mm=tuple(made), spreads_to=np.empty(0, dtype=np.int64))


def combined(profiles: Profiles, z_low_mm: float, z_high_mm: float, level_mm2: float, tiles: int) -> FloatArray:
    """The field (tiles, 5, 5) of all depths over a layer: negative inside an outer loop, outside its holes, in an
    island ... [mm2]
    """
    field = None
    for depth, of_depth in enumerate(profiles):
        means = [profile.mean(z_low_mm, z_high_mm) for profile in of_depth if profile.covers(z_low_mm, z_high_mm)]
        if not means:
            break
        own = means[0] if len(means) == 1 else np.minimum.reduce(means)
        own = own - level_mm2
        if field is None:
            field = own
        else:
            field = np.maximum(field, -own) if depth % 2 else np.minimum(field, own)
    return np.full((tiles, CELLS + 1, CELLS + 1), np.inf) if field is None else field


def _as_arrays(profiles: Profiles, tiles: int) -> tuple[IntArray, FloatArray, FloatArray]:
    """The profiles as the kernel takes them: kind and depth (n, 2), z and gap (n, 3), fields (n, 3, tiles, 5, 5)."""
    each = [(depth, profile) for depth, of_depth in enumerate(profiles) for profile in of_depth]
    kinds, numbers = np.empty((len(each), 2), dtype=np.int64), np.empty((len(each), 3))
    values = np.empty((len(each), 3, tiles, CELLS + 1, CELLS + 1))
    fields: tuple[FloatArray | float, ...]
    for row, (depth, profile) in enumerate(each):
        if isinstance(profile, Between):
            kinds[row] = 0, depth
            numbers[row] = profile.low.z_mm, profile.high.z_mm, 0.0
            fields = (profile.low.g, profile.high.g, profile.curvature)
        else:
            kinds[row] = 1, depth
            numbers[row] = profile.end.z_mm, profile.reach_mm, profile.inner_gap_mm
            fields = (profile.end.g, profile.slope, profile.bend)
        for place, field in zip(values[row], fields, strict=True):
            place[...] = field
    return kinds, numbers, values
