"""A solid and margins -> the solid grown or shrunk by them, in three dimensions.

A margin is an oval of eight octants of ellipsoids, as planning systems take six unequal margins: the solid grown by it
is every point that the oval, put on some point of the solid, reaches. At a height dz from a slab the oval's
cross-section is smaller by sqrt(1 - (dz / margin)^2); the grown solid at that height is the union over the slabs of
their cross-sections, each grown in its plane by that share of the margin. Shrinking is growing the outside.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, ceil, inf, sqrt
from typing import Self

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.level_set import zero_level
from rtcheck.geometry.oval import Oval, OvalDistances, oval_distances
from rtcheck.geometry.solid import Slab, Solid

Margins = tuple[float, float, float, float, float, float]

SPACING_LIMITS_MM = (0.15, 1.0)  # of the lattice: a sixth of the largest margin within these
LAYER_LIMITS_MM = (0.2, 1.0)  # of the layers: a quarter of the larger margin along z within these
NO_MARGIN_MM = 1e-3  # stands for none in an oval that has others
FACE_TOLERANCE_MM = 1e-6  # faces nearer than this are one


def grow(solid: Solid, margins_mm: Margins) -> Solid:
    """`solid` grown by `margins_mm` toward +x, -x, +y, -y, +z, -z of DICOM LPS, shrunk where they are negative.

    Where some margins are positive and others negative it is grown first and shrunk then. An empty solid, and one
    of which shrinking leaves nothing, is empty.
    """
    outward = [max(margin, 0.0) for margin in margins_mm]
    inward = [max(-margin, 0.0) for margin in margins_mm]
    slabs = solid.slabs
    if any(outward) and slabs:
        slabs = tuple(_grown(slabs, _Margin.of(outward)))
    if any(inward) and slabs:
        slabs = tuple(_shrunk(slabs, _Margin.of(inward)))
    return Solid(slabs=slabs, notices=solid.notices)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Margin:
    """A margin: its cross-section through the middle, and its reach up and down."""

    oval: Oval
    up_mm: float
    down_mm: float

    @classmethod
    def of(cls, margins_mm: Sequence[float]) -> Self:
        plus_x, minus_x, plus_y, minus_y = (max(margin, NO_MARGIN_MM) for margin in margins_mm[:4])
        oval = Oval(plus_x_mm=plus_x, minus_x_mm=minus_x, plus_y_mm=plus_y, minus_y_mm=minus_y)
        return cls(oval=oval, up_mm=margins_mm[4], down_mm=margins_mm[5])

    @property
    def reflected(self) -> "_Margin":
        return _Margin(oval=self.oval.reflected, up_mm=self.down_mm, down_mm=self.up_mm)

    @property
    def layer_mm(self) -> float:
        return min(max(max(self.up_mm, self.down_mm) / 4, LAYER_LIMITS_MM[0]), LAYER_LIMITS_MM[1])

    def share(self, layer: "_Range", of: "_Range") -> float:
        """The mean share of the margins, 0 to 1, by which what fills `of` grows in `layer`; 0 beyond its reach.

        The layer lies within `of`, above it or below it.
        """
        if layer.low_mm >= of.high_mm - FACE_TOLERANCE_MM:
            near_mm, far_mm, reach_mm = layer.low_mm - of.high_mm, layer.high_mm - of.high_mm, self.up_mm
        elif layer.high_mm <= of.low_mm + FACE_TOLERANCE_MM:
            near_mm, far_mm, reach_mm = of.low_mm - layer.high_mm, of.low_mm - layer.low_mm, self.down_mm
        else:
            return 1.0
        if (near_mm + far_mm) / 2 >= reach_mm:
            return 0.0
        near, far = max(near_mm / reach_mm, 0.0), min(far_mm / reach_mm, 1.0)
        return (_area_under_circle(far) - _area_under_circle(near)) / (far - near)


def _area_under_circle(u: float) -> float:
    """The integral of sqrt(1 - u^2) from 0 to u."""
    return 0.5 * (u * sqrt(1 - u * u) + asin(u))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """A range of z."""

    low_mm: float
    high_mm: float


def _range_of(slab: Slab) -> _Range:
    return _Range(low_mm=slab.z_low_mm, high_mm=slab.z_high_mm)


def _grown(slabs: Sequence[Slab], margin: _Margin) -> Iterator[Slab]:
    """Layer by layer the union of the slabs' sections, each grown by its share of the oval."""
    lattice = _lattice_around(slabs, margin.oval)
    sections = _Sections(slabs, lattice, margin, outside=False)
    faces_mm = [face for slab in slabs for face in (slab.z_low_mm, slab.z_high_mm)]
    for void in _voids(slabs):
        faces_mm += [void.low_mm + margin.up_mm, void.high_mm - margin.down_mm]
    for layer in _layers(faces_mm, margin.layer_mm):
        yield from _slab(lattice, layer, sections.reached(layer))


def _shrunk(slabs: Sequence[Slab], margin: _Margin) -> Iterator[Slab]:
    """Layer by layer what the outside, grown by the reflected oval, leaves."""
    lattice = _lattice_around(slabs, margin.oval)
    sections = _Sections(slabs, lattice, margin.reflected, outside=True)
    voids = tuple(_voids(slabs))
    faces_mm = [face for slab in slabs for face in (slab.z_low_mm, slab.z_high_mm)]
    for void in voids:
        faces_mm += [void.low_mm - margin.up_mm, void.high_mm + margin.down_mm]
    for layer in _layers(faces_mm, margin.layer_mm):
        is_solid = not any(margin.reflected.share(layer, void) for void in voids)
        reached = sections.reached(layer) if is_solid else None
        yield from _slab(lattice, layer, None if reached is None else -reached)


class _Sections:
    """The slabs' cross-sections, or all that lies outside each, with their distances as far as they are in use."""

    def __init__(self, slabs: Sequence[Slab], lattice: Lattice, margin: _Margin, *, outside: bool) -> None:
        self._slabs = slabs
        self._lattice = lattice
        self._margin = margin
        self._outside = outside
        self._distances: dict[int, OvalDistances] = {}

    def reached(self, layer: _Range) -> FloatArray | None:
        """How far nodes (tiles, 5, 5) lie outside all sections in `layer`, each grown by its share. [mm]

        None where no section reaches the layer.
        """
        shares = {number: self._margin.share(layer, _range_of(slab)) for number, slab in enumerate(self._slabs)}
        shares = {number: share for number, share in shares.items() if share}
        for number in self._distances.keys() - shares.keys():
            del self._distances[number]
        least_mm: FloatArray | None = None
        for number, share in shares.items():
            if number not in self._distances:
                edges_mm = self._slabs[number].edges_mm
                self._distances[number] = oval_distances(
                    self._lattice, edges_mm, self._margin.oval, outside=self._outside
                )
            beyond_mm = self._distances[number].beyond_mm(share)
            least_mm = beyond_mm if least_mm is None else np.minimum(least_mm, beyond_mm, out=least_mm)
        return least_mm


def _slab(lattice: Lattice, layer: _Range, field: FloatArray | None) -> Iterator[Slab]:
    """The slab of a layer where `field` is negative; none where nothing is."""
    if field is None:
        return
    edges_mm = zero_level(lattice, lattice.all_tiles, field)
    if len(edges_mm):
        yield Slab(z_low_mm=layer.low_mm, z_high_mm=layer.high_mm, edges_mm=edges_mm)


def _voids(slabs: Sequence[Slab]) -> Iterator[_Range]:
    """The ranges of z without a slab, from the one below all slabs to the one above them."""
    low_mm = -inf
    for slab in slabs:
        if slab.z_low_mm > low_mm + FACE_TOLERANCE_MM:
            yield _Range(low_mm=low_mm, high_mm=slab.z_low_mm)
        low_mm = slab.z_high_mm
    yield _Range(low_mm=low_mm, high_mm=inf)


def _layers(faces_mm: Iterable[float], thickest_mm: float) -> Iterator[_Range]:
    """Layers between the finite faces, none thicker than `thickest_mm`."""
    finite_mm = sorted(face for face in faces_mm if abs(face) < inf)
    for low_mm, high_mm in pairwise(finite_mm):
        if high_mm - low_mm > FACE_TOLERANCE_MM:
            cuts_mm = np.linspace(low_mm, high_mm, ceil((high_mm - low_mm) / thickest_mm) + 1).tolist()
            yield from (_Range(low_mm=low, high_mm=high) for low, high in pairwise(cuts_mm))


def _lattice_around(slabs: Sequence[Slab], oval: Oval) -> Lattice:
    """With room for the margin on every side."""
    points_mm = np.concatenate([slab.edges_mm[:, :2] for slab in slabs])
    spacing_mm = min(max(oval.longest_mm / 6, SPACING_LIMITS_MM[0]), SPACING_LIMITS_MM[1])
    low_mm, high_mm = points_mm.min(axis=0) - oval.longest_mm, points_mm.max(axis=0) + oval.longest_mm
    return Lattice.around(low_mm, high_mm, spacing_mm=spacing_mm)
