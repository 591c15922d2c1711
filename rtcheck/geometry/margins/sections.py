"""The sections of a stack of slabs, grown by a margin -> how far a layer's nodes lie outside all of them.

A slab's section lies half-way up. Between the sections of touching slabs the signed distance changes linearly; at the
ends of a run of slabs the section reaches to the face. A section at a distance dz reaches the layer with the share
sqrt(1 - u^2) of the margin, u = dz / (its reach along z).
"""

from collections.abc import Iterator, Sequence
from math import asin, sqrt

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.geometry.margins.oval import Oval, OvalDistances, oval_distances
from rtcheck.geometry.solid import Slab
from rtcheck.values import dataclass

FACE_TOLERANCE_MM = 1e-6  # faces nearer than this are one


@dataclass(frozen=True, slots=True, kw_only=True)
class ZRange:
    """A range of z."""

    low_mm: float
    high_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """A margin: its oval through the middle, and its reach up and down."""

    oval: Oval
    up_mm: float
    down_mm: float

    @property
    def reflected(self) -> "Margin":
        return Margin(oval=self.oval.reflected, up_mm=self.down_mm, down_mm=self.up_mm)

    def share(self, layer: ZRange, of: ZRange) -> float:
        """The mean share of the margin, 0 to 1, with which what fills `of` reaches `layer`."""
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
class _Stretch:
    """Sections that change from number `low` to number `high` over a range of z; a steady one where they are equal."""

    low: int
    high: int
    z: ZRange


def _stretches(slabs: Sequence[Slab]) -> Iterator[_Stretch]:
    """From middle to middle of touching slabs, and from the middle to the face where a run of slabs ends."""
    for number, slab in enumerate(slabs):
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        if number == 0 or slabs[number - 1].z_high_mm < slab.z_low_mm - FACE_TOLERANCE_MM:
            yield _Stretch(low=number, high=number, z=ZRange(low_mm=slab.z_low_mm, high_mm=middle_mm))
        if number == len(slabs) - 1 or slabs[number + 1].z_low_mm > slab.z_high_mm + FACE_TOLERANCE_MM:
            yield _Stretch(low=number, high=number, z=ZRange(low_mm=middle_mm, high_mm=slab.z_high_mm))
        else:
            above = slabs[number + 1]
            reach = ZRange(low_mm=middle_mm, high_mm=(above.z_low_mm + above.z_high_mm) / 2)
            yield _Stretch(low=number, high=number + 1, z=reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a layer sees a stretch: from its nearest section, at height `t` (0 low, 1 high), to its `far` end (0, 1).

    `u_near` and `u_far` are the distances along z in reaches; a steady way has the section at `t` alone, and its share.
    """

    stretch: _Stretch
    t: float
    far: int | None = None
    u_near: float = 0.0
    u_far: float = 0.0
    share: float = 1.0


def _ways(stretch: _Stretch, layer: ZRange, margin: Margin) -> Iterator[_Way]:
    """The ways from a layer to what it can see of a stretch; none where the stretch is out of reach."""
    z, low_mm, high_mm = (layer.low_mm + layer.high_mm) / 2, stretch.z.low_mm, stretch.z.high_mm
    if stretch.low == stretch.high:
        share = margin.share(layer, stretch.z)
        if share:
            yield _Way(stretch=stretch, t=0.0, share=share)
        return
    t = min(max((z - low_mm) / (high_mm - low_mm), 0.0), 1.0)
    if low_mm <= z <= high_mm:
        yield _Way(stretch=stretch, t=t)
    if margin.up_mm > 0 and z > low_mm and z - high_mm < margin.up_mm:
        u_near = max(z - high_mm, 0.0) / margin.up_mm
        yield _Way(stretch=stretch, t=t, far=0, u_near=u_near, u_far=(z - low_mm) / margin.up_mm, share=_share(u_near))
    if margin.down_mm > 0 and z < high_mm and low_mm - z < margin.down_mm:
        u_near = max(low_mm - z, 0.0) / margin.down_mm
        yield _Way(
            stretch=stretch, t=t, far=1, u_near=u_near, u_far=(high_mm - z) / margin.down_mm, share=_share(u_near)
        )


def _share(u: float) -> float:
    return sqrt(1 - u * u)


def _least_beyond(near: FloatArray, far: FloatArray, way: _Way) -> FloatArray:
    """The least of D(s) - sqrt(1 - u(s)^2), D and u both going linearly from near (s = 0) to far (s = 1).

    It is convex in s: least where dD/ds = -du/ds u / sqrt(1 - u^2), or at an end.
    """
    per_s = way.u_far - way.u_near
    slope = np.maximum(near - far, 0.0) / per_s
    u = slope / np.sqrt(1 + slope * slope)
    np.clip(u, way.u_near, min(way.u_far, 1.0), out=u)
    return near + (far - near) * ((u - way.u_near) / per_s) - np.sqrt(1 - u * u)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Section:
    """A section's distances (tiles, 5, 5), and the least and the greatest of each tile."""

    ovals: OvalDistances
    least: FloatArray
    greatest: FloatArray


class Sections:
    """The slabs' sections, or all that lies outside each of them, with distances as far as they are in use."""

    def __init__(self, slabs: Sequence[Slab], lattice: Lattice, margin: Margin, *, outside: bool) -> None:
        self._slabs = slabs
        self._lattice = lattice
        self._margin = margin
        self._outside = outside
        self._stretches = tuple(_stretches(slabs))
        self._known: dict[int, _Section] = {}

    def beyond(self, layer: ZRange) -> tuple[IntArray, FloatArray]:
        """The tiles in which the grown sections' surface may lie, and how far their nodes lie outside it (m, 5, 5).

        In millimetres near the surface; negative inside.
        """
        ways = [way for stretch in self._stretches for way in _ways(stretch, layer, self._margin)]
        self._recall({number for way in ways for number in (way.stretch.low, way.stretch.high)})
        tiles = np.flatnonzero(self._may_hold_surface(ways))
        least: FloatArray | None = None
        for way in ways:
            low, high = (self._known[n].ovals.distance[tiles] for n in (way.stretch.low, way.stretch.high))
            near = low if way.t <= 0 else high if way.t >= 1 else (1 - way.t) * low + way.t * high
            seen = near - way.share if way.far is None else _least_beyond(near, high if way.far else low, way)
            least = seen if least is None else np.minimum(least, seen, out=least)
        if least is None:
            return tiles, np.empty((0, CELLS + 1, CELLS + 1))
        nearest = min(ways, key=lambda way: way.u_near).stretch.low
        return tiles, least * self._known[nearest].ovals.reach_of(tiles)

    def _may_hold_surface(self, ways: Sequence[_Way]) -> BoolArray:
        """The tiles that are neither wholly inside a grown section nor wholly outside them all."""
        is_outside = np.ones(len(self._lattice.all_tiles), dtype=bool)
        is_inside = np.zeros(len(self._lattice.all_tiles), dtype=bool)
        for way in ways:
            low, high = self._known[way.stretch.low], self._known[way.stretch.high]
            is_outside &= np.minimum(low.least, high.least) > way.share
            is_inside |= (1 - way.t) * low.greatest + way.t * high.greatest < way.share
        return ~is_outside & ~is_inside

    def _recall(self, numbers: set[int]) -> None:
        """Measures the sections that are needed and forgets the others."""
        self._known = {number: section for number, section in self._known.items() if number in numbers}
        for number in numbers - self._known.keys():
            edges_mm = self._slabs[number].edges_mm
            ovals = oval_distances(self._lattice, edges_mm, self._margin.oval, outside=self._outside)
            least, greatest = ovals.distance.min(axis=(1, 2)), ovals.distance.max(axis=(1, 2))
            self._known[number] = _Section(ovals=ovals, least=least, greatest=greatest)
