"""Fields on neighbouring planes -> the mean field of a thin layer between them, or beyond the last of them.

All values are g = s (s + 2 R) of `plane_field.py` at the same nodes, plane by plane. Means over a layer's thickness,
not values at its middle: with g quadratic in z a layer's area is then exact however thick it is.
"""

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import IntArray
from rtcheck.geometry.plane_field import PlaneField
from rtcheck.values import dataclass

Z_TOLERANCE_MM = 1e-6  # rounding in the layers' faces


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """The field of one plane: `z_mm` and `g` (tiles, 5, 5)."""

    z_mm: float
    g: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Between:
    """The field between two planes: linear, less the milder of the two neighbouring curvatures (minmod).

    g(z) = linear - curvature (z - z_low) (z_high - z), exact for g quadratic in z; where the curvatures on both sides
    disagree in sign, or nothing lies beyond, it is linear.
    """

    low: Section
    high: Section
    curvature: FloatArray | float

    def covers(self, z_low_mm: float, z_high_mm: float) -> bool:
        return self.low.z_mm - Z_TOLERANCE_MM <= z_low_mm and z_high_mm <= self.high.z_mm + Z_TOLERANCE_MM

    def mean(self, z_low_mm: float, z_high_mm: float) -> FloatArray:
        """The mean field over a layer between the planes. [mm2]"""
        gap_mm = self.high.z_mm - self.low.z_mm
        middle = ((z_low_mm + z_high_mm) / 2 - self.low.z_mm) / gap_mm  # 0 at the low plane, 1 at the high one
        part = (z_high_mm - z_low_mm) / gap_mm
        bow = (middle * (1 - middle) - part**2 / 12) * gap_mm**2
        return (1 - middle) * self.low.g + middle * self.high.g - self.curvature * bow


def between(below: Section | None, low: Section, high: Section, above: Section | None) -> Between:
    """The field between `low` and `high`, bent as their outer neighbours suggest."""
    sides = []
    if below is not None:
        sides.append(_second_divided_difference(below, low, high))
    if above is not None:
        sides.append(_second_divided_difference(low, high, above))
    return Between(low=low, high=high, curvature=_minmod(sides))


def _minmod(curvatures: list[FloatArray]) -> FloatArray | float:
    if not curvatures:
        return 0.0
    if len(curvatures) == 1:
        return curvatures[0]
    one, other = curvatures
    milder = np.where(np.abs(one) < np.abs(other), one, other)
    return np.where(one * other > 0, milder, 0.0)


def _second_divided_difference(a: Section, b: Section, c: Section) -> FloatArray:
    first, second, whole = 1 / (b.z_mm - a.z_mm), 1 / (c.z_mm - b.z_mm), 1 / (c.z_mm - a.z_mm)
    return ((c.g - b.g) * second - (b.g - a.g) * first) * whole


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cap:
    """The field from the plane in which loops end to `reach_mm`: the parabola through it and the next two inward.

    Nowhere does a cap reach beyond the outline of its end: what widens inward may be extrapolated, not what narrows.
    """

    end: Section
    reach_mm: float
    slope: FloatArray | float  # per mm outward, between the end plane and the next
    bend: FloatArray | float
    inner_gap_mm: float

    def covers(self, z_low_mm: float, z_high_mm: float) -> bool:
        low_mm, high_mm = sorted((self.end.z_mm, self.reach_mm))
        return low_mm - Z_TOLERANCE_MM <= z_low_mm and z_high_mm <= high_mm + Z_TOLERANCE_MM

    def mean(self, z_low_mm: float, z_high_mm: float) -> FloatArray:
        """The mean field over a layer beyond the end plane. [mm2]"""
        near, far = sorted((abs(z_low_mm - self.end.z_mm), abs(z_high_mm - self.end.z_mm)))
        outward_mm = (near + far) / 2
        squared_mm2 = outward_mm**2 + (far - near) ** 2 / 12
        change = outward_mm * self.slope + (squared_mm2 + outward_mm * self.inner_gap_mm) * self.bend
        return self.end.g + np.maximum(change, 0.0)


def cap(end: Section, inner: Section | None, innermost: Section | None, *, reach_mm: float) -> Cap:
    """The cap on `end`: flat without `inner`, a cone's without `innermost`."""
    if inner is None:
        return Cap(end=end, reach_mm=reach_mm, slope=0.0, bend=0.0, inner_gap_mm=0.0)
    gap_mm = abs(end.z_mm - inner.z_mm)
    slope = (end.g - inner.g) / gap_mm
    bend = 0.0 if innermost is None else _second_divided_difference(end, inner, innermost)
    return Cap(end=end, reach_mm=reach_mm, slope=slope, bend=bend, inner_gap_mm=gap_mm)


Profile = Between | Cap


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """A plane whose field is known wherever it is needed."""

    z_mm: float
    field: PlaneField

    def on(self, tiles: IntArray) -> Section:
        return Section(z_mm=self.z_mm, g=self.field.at(tiles))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bridge:
    """The planes of a `Between`; of the outer ones None where nothing lies there."""

    below: Plane | None
    low: Plane
    high: Plane
    above: Plane | None

    def on(self, tiles: IntArray) -> Profile:
        below, above = (None if plane is None else plane.on(tiles) for plane in (self.below, self.above))
        return between(below, self.low.on(tiles), self.high.on(tiles), above)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ending:
    """The planes of a `Cap`: the end, and the next two inward, which may be missing."""

    end: Plane
    inner: Plane | None
    innermost: Plane | None
    reach_mm: float

    def on(self, tiles: IntArray) -> Profile:
        inner, innermost = (None if plane is None else plane.on(tiles) for plane in (self.inner, self.innermost))
        return cap(self.end.on(tiles), inner, innermost, reach_mm=self.reach_mm)


Form = Bridge | Ending
"""What a profile is made of, before it is known on which tiles."""
