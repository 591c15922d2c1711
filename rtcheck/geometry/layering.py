"""Fields between two planes -> the cross-sections of thin layers, from the lowest face up, on the tiles they need."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rtcheck.errors import GeometryError
from rtcheck.geometry.between_planes import Form, Profile
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.geometry.level_set import tiles_it_spreads_to, zero_level_in_numpy
from rtcheck.values import dataclass

Profiles = Sequence[Sequence[Profile]]
"""For each nesting depth the profiles whose least is its field."""

Forms = Sequence[Sequence[Form]]
"""What they are made of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layering:
    """How the fields of planes become layers: their `level_mm2` is that of the surface.

    `inside` (node_rows, node_columns) are the nodes inside on either plane: where no field is computed, what is inside
    on both stays so.
    """

    lattice: Lattice
    inside: tuple[BoolArray, BoolArray]
    level_mm2: float

    def lowest_mm2(self, forms: Forms, tiles: IntArray, z_mm: float) -> float:
        """The lowest of the field at one z, on `tiles`; infinite without any."""
        field = combined(sampled(forms, tiles), z_mm, z_mm, self.level_mm2, len(tiles))
        return float(field.min(initial=np.inf))

    def layers(self, forms: Forms, tiles: IntArray, faces_mm: FloatArray) -> list[FloatArray]:
        """The edges (n, 4) of the layers between faces (layers + 1,), on `tiles` (ascending) and those to which the
        surface runs on."""
        made: list[FloatArray] = []
        spreads_to = tiles[:0]
        while len(made) < len(faces_mm) - 1:
            tiles = np.union1d(tiles, spreads_to)
            if len(tiles) and not 0 <= tiles[0] <= tiles[-1] < len(self.lattice.all_tiles):
                raise GeometryError("The surface between two planes runs off its lattice.")
            profiles = sampled(forms, tiles)
            of_these, spreads_to = self._layers_on(profiles, tiles, faces_mm[len(made) :])
            made += of_these
        return made

    def _layers_on(
        self, profiles: Profiles, tiles: IntArray, faces_mm: FloatArray
    ) -> tuple[list[FloatArray], IntArray]:
        """The edges of the layers below the first that runs off `tiles`, and the tiles that this one needs."""
        rows, columns = self.lattice.node_indices(tiles)
        low, high = self.inside
        is_inside, is_rim = low[rows, columns] & high[rows, columns], self.lattice.rim(tiles)
        made: list[FloatArray] = []
        for z_low_mm, z_high_mm in pairwise(faces_mm.tolist()):
            field = combined(profiles, z_low_mm, z_high_mm, self.level_mm2, len(tiles))
            if is_rim is not None:
                field = np.where(is_rim, np.maximum(field, 0.0), field)
            more = tiles_it_spreads_to(self.lattice, tiles, field, is_inside)
            if len(more):
                return made, more
            made.append(zero_level_in_numpy(self.lattice, tiles, field))
        return made, tiles[:0]


def sampled(forms: Forms, tiles: IntArray) -> Profiles:
    """The forms on some tiles (tiles,)."""
    return [[form.on(tiles) for form in of_depth] for of_depth in forms]


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
