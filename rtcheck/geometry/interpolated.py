"""Planes -> the solid between them with a smooth surface, instead of steps.

The cross-section between two planes is where an interpolated field is negative. The loops of each nesting depth
are interpolated by themselves (filled outer loops, filled holes, islands) and then put together: inside an outer loop
and not inside a hole. A loop that overlaps none on the next plane ends there in a cap; that settles branching.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Self

import numpy as np

from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel import lattice_calls
from rtcheck.geometry.between_planes import Bridge, Ending, Form, Plane
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import BoolArray, IntArray, Lattice
from rtcheck.geometry.layering import Layering
from rtcheck.geometry.plane_field import FilledLoops, PlaneField, boundary_tiles, filled_loops, overlapping
from rtcheck.geometry.planes import Planes
from rtcheck.geometry.sections import Sections
from rtcheck.geometry.solid import EndCaps, Slab, Solid
from rtcheck.values import dataclass

LAYER_MM = 0.75  # thickest layer ...
LAYERS = 4  # ... and how many a slice has at least
LARGE_MM = 40.0  # from this mean radius on a structure has half as many layers between two planes ...
STEEP = 1 / 3  # ... if the outline moves, on the mean, by no more than this part of their distance
NODES_PER_RADIUS = 8  # of the structure's mean loop; sets the lattice's spacing ...
SPACING_LIMITS_MM = (0.08, 1.0)  # ... within these
CLOSED_NODES = 2  # an end narrower than this many nodes is closed
CAP_SLICES: dict[EndCaps, float] = {"none": 0.0, "half": 0.5, "full": 1.0}

Chosen = tuple[int, ...]  # loops of one depth in one plane, by number


def interpolated_solid(planes: Planes, *, end_caps: EndCaps = "half") -> Solid:
    """The solid of `planes` with a surface interpolated between them; end caps reach none, half or a full slice out.

    An end whose surface, followed outward, closes within one slice is followed until it closes, be the cap half.
    Raises GeometryError where a surface runs off its lattice, which no drawn structure does.
    """
    if not len(planes):
        return Solid(notices=planes.notices)
    slabs = slabs_in_numpy if _kernel.native is None else _slabs
    return Solid(slabs=tuple(slabs(planes, end_caps)), notices=planes.notices)


def _slabs(planes: Planes, end_caps: EndCaps) -> Iterator[Slab]:
    """The layers that the kernel makes."""
    layering, sections = _Layering.of(planes), planes.sections
    edges_mm, layers = lattice_calls.interpolated(
        sections.first_loop, sections.loops.bounds, sections.depth.astype(np.int32), sections.loops.edges_mm,
        radii_mm(sections), np.stack([planes.z_mm, *planes.faces_mm(CAP_SLICES[end_caps]), outlines_mm(sections)]),
        planes.is_bridged, (*layering.numbers, end_caps == "half"), layering.lattice.numbers,
    )  # fmt: skip
    begin = 0
    for z_low_mm, z_high_mm, count in layers.tolist():
        end = begin + int(count)
        if count:
            yield Slab(z_low_mm=z_low_mm, z_high_mm=z_high_mm, edges_mm=edges_mm[begin:end])
        begin = end


def slabs_in_numpy(planes: Planes, end_caps: EndCaps) -> Iterator[Slab]:
    """The reference of what the kernel makes."""
    stack = _Stack(planes)
    for zone in _zones(planes, cap=CAP_SLICES[end_caps]):
        if zone.z_high_mm > zone.z_low_mm:
            is_outermost = (zone.low, zone.high) in ((None, 0), (len(planes) - 1, None))
            yield from stack.slabs(stack.closed(zone) if is_outermost and end_caps == "half" else zone)


def radii_mm(sections: Sections) -> FloatArray:
    """The equivalent radius of each loop (loops,)."""
    return np.sqrt(np.abs(sections.loops.signed_area_mm2) / np.pi)


def outlines_mm(sections: Sections) -> FloatArray:
    """The length of each plane's loops (planes,)."""
    return np.add.reduceat(sections.loops.perimeter_mm, sections.first_loop[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layering:
    """How a structure is cut: the thickest layer, twice that where the surface is steeper than `steep` (0: nowhere)."""

    lattice: Lattice
    layer_mm: float
    steep: float

    @classmethod
    def of(cls, planes: Planes) -> Self:
        """For the structure's mean loop."""
        measures = planes.sections.loops.measures
        radius_mm = float(np.sqrt(np.mean(np.abs(measures.signed_area_mm2)) / np.pi))
        low_mm, high_mm = measures.low_mm.min(axis=0), measures.high_mm.max(axis=0)
        spacing_mm = float(np.clip(radius_mm / NODES_PER_RADIUS, *SPACING_LIMITS_MM))
        return cls(
            lattice=Lattice.around(low_mm - planes.spacing_mm, high_mm + planes.spacing_mm, spacing_mm=spacing_mm),
            layer_mm=min(LAYER_MM, planes.spacing_mm / LAYERS),
            steep=STEEP if radius_mm >= LARGE_MM else 0.0,
        )

    @property
    def level_mm2(self) -> float:
        """Linear interpolation along cell sides and straight edges cut h^2 / 3 off g = rho^2 - r^2, on the mean."""
        return self.lattice.spacing_mm**2 / 3

    @property
    def leftover_mm2(self) -> float:
        """-g at the centre of a circle of `CLOSED_NODES` nodes' radius."""
        return (CLOSED_NODES * self.lattice.spacing_mm) ** 2

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """As the kernel takes them."""
        return self.layer_mm, self.steep, self.level_mm2, self.leftover_mm2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Zone:
    """A range of z between planes `low` and `high` (numbers); one of them is None beyond an end of the stack."""

    low: int | None
    high: int | None
    z_low_mm: float
    z_high_mm: float

    @property
    def twice(self) -> "_Zone":
        """An end zone that reaches out twice as far."""
        thickness_mm = self.z_high_mm - self.z_low_mm
        if self.low is None:
            return replace(self, z_low_mm=self.z_low_mm - thickness_mm)
        return replace(self, z_high_mm=self.z_high_mm + thickness_mm)

    def layer_faces_mm(self, layer_mm: float) -> FloatArray:
        """z from the lowest face to the highest, of layers of at most `layer_mm`; an even number of layers, so that one
        face halves the zone."""
        thickness_mm = self.z_high_mm - self.z_low_mm
        pairs = max(int(np.ceil(thickness_mm / layer_mm / 2 - 1e-6)), 1)
        return np.linspace(self.z_low_mm, self.z_high_mm, 2 * pairs + 1)


def _zones(planes: Planes, *, cap: float) -> Iterator[_Zone]:
    """From the lowest up: an end cap, the gaps between planes, half a slice on both sides of a missing one."""
    low_mm, high_mm = planes.faces_mm(cap)
    z_mm, is_bridged = planes.z_mm, planes.is_bridged
    last = len(z_mm) - 1
    for k in range(last + 1):
        if k == 0 or not is_bridged[k - 1]:
            yield _Zone(low=None, high=k, z_low_mm=low_mm[k], z_high_mm=z_mm[k])
        if k < last and is_bridged[k]:
            yield _Zone(low=k, high=k + 1, z_low_mm=z_mm[k], z_high_mm=z_mm[k + 1])
        else:
            yield _Zone(low=k, high=None, z_low_mm=z_mm[k], z_high_mm=high_mm[k])


class _Stack:
    """The planes of a structure on one lattice. What is computed of a plane is kept while zones near it are traced."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes
        self._z_mm = planes.z_mm
        self._is_bridged = planes.is_bridged
        self._depths = 1 + int(planes.sections.depth.max())
        self._loops_mm, self._radius_mm = planes.sections.loops.each(), radii_mm(planes.sections)
        self._outline_mm = outlines_mm(planes.sections)
        self._how = _Layering.of(planes)
        self._lattice = self._how.lattice
        self._filled: dict[tuple[int, int], FilledLoops] = {}
        self._fields: dict[tuple[int, int, Chosen], Plane] = {}
        self._overlaps: dict[tuple[int, int, int], Chosen] = {}
        self._inside: dict[int | None, BoolArray] = {}
        self._no_edges: FloatArray = np.empty((0, 4))

    def slabs(self, zone: _Zone) -> Iterator[Slab]:
        """The solid within `zone`, layer by layer."""
        self._forget_planes_below(zone)
        faces_mm = zone.layer_faces_mm(self._layer_mm(zone))
        made = self._layering(zone).layers(self._forms(zone), self._tiles(zone), faces_mm)
        for edges_mm, (z_low_mm, z_high_mm) in zip(made, pairwise(faces_mm.tolist()), strict=True):
            if len(edges_mm):
                yield Slab(z_low_mm=z_low_mm, z_high_mm=z_high_mm, edges_mm=edges_mm)

    def _layer_mm(self, zone: _Zone) -> float:
        """The thickest layer of a zone."""
        return 2 * self._how.layer_mm if self._how.steep and self._is_steep(zone) else self._how.layer_mm

    def _is_steep(self, zone: _Zone) -> bool:
        """Whether the surface between two planes is steep: what lies inside on one of them only, spread along the
        outline, is narrow."""
        if zone.low is None or zone.high is None:
            return False
        length_mm = (self._outline_mm[zone.low] + self._outline_mm[zone.high]) / 2
        moved = np.count_nonzero(self._is_inside(zone.low) != self._is_inside(zone.high))
        narrow_mm2 = self._how.steep * (zone.z_high_mm - zone.z_low_mm) * length_mm
        return bool(moved * self._lattice.spacing_mm**2 <= narrow_mm2)

    def closed(self, zone: _Zone) -> _Zone:
        """An end zone, or the zone twice as far out where the surface closes within it."""
        twice = zone.twice
        tip_mm = twice.z_low_mm if zone.low is None else twice.z_high_mm
        tiles = self._tiles(zone)
        lowest_mm2 = self._layering(zone).lowest_mm2(self._forms(twice), tiles, tip_mm)
        return zone if lowest_mm2 < -self._how.leftover_mm2 else twice

    def _layering(self, zone: _Zone) -> Layering:
        inside = self._is_inside(zone.low), self._is_inside(zone.high)
        return Layering(lattice=self._lattice, inside=inside, level_mm2=self._how.level_mm2)

    def _tiles(self, zone: _Zone) -> IntArray:
        """The tiles that the boundary of either plane crosses, or that are inside on one plane only."""
        low, high = (self._no_edges if k is None else self._planes.sections.edges_mm[k] for k in (zone.low, zone.high))
        return boundary_tiles(self._lattice, self._is_inside(zone.low), self._is_inside(zone.high), low, high)

    def _forms(self, zone: _Zone) -> list[list[Form]]:
        """For each depth what the profiles are made of whose least is its field."""
        return [self._forms_of_depth(depth, zone) for depth in range(self._depths)]

    def _forms_of_depth(self, depth: int, zone: _Zone) -> list[Form]:
        low, high = zone.low, zone.high
        forms: list[Form] = []
        if low is not None and high is not None:
            from_low, from_high = self._matched(depth, low, high), self._matched(depth, high, low)
            if from_low and from_high:
                forms.append(
                    Bridge(
                        below=self._neighbour(depth, low, -1),
                        low=self._plane(depth, low, from_low),
                        high=self._plane(depth, high, from_high),
                        above=self._neighbour(depth, high, +1),
                    )
                )
        middle_mm = (zone.z_low_mm + zone.z_high_mm) / 2
        for end, other, outward in ((low, high, +1), (high, low, -1)):
            if end is not None:
                reach_mm = middle_mm if other is not None else zone.z_high_mm if outward > 0 else zone.z_low_mm
                forms += self._caps(depth, end, outward, reach_mm)
        return forms

    def _caps(self, depth: int, end: int, outward: int, reach_mm: float) -> Iterator[Form]:
        """Caps, up to z `reach_mm`, on the loops of plane `end` that do not go on to the next plane `outward`."""
        goes_on = self._matched(depth, end, end + outward)
        everything = self._loops(depth, end).everything
        if len(goes_on) == len(everything):
            return
        comes_from = self._matched(depth, end, end - outward)
        for loop in everything:
            if loop not in goes_on:
                inner = innermost = None
                if loop in comes_from:
                    inner = self._neighbour(depth, end, -outward)
                    innermost = self._neighbour(depth, end - outward, -outward)
                yield Ending(end=self._plane(depth, end, (loop,)), inner=inner, innermost=innermost, reach_mm=reach_mm)

    def _plane(self, depth: int, k: int, chosen: Chosen) -> Plane:
        key = (k, depth, chosen)
        if key not in self._fields:
            field = PlaneField(self._lattice, self._loops(depth, k), chosen)
            self._fields[key] = Plane(z_mm=float(self._z_mm[k]), field=field)
        return self._fields[key]

    def _neighbour(self, depth: int, k: int, step: int) -> Plane | None:
        """All loops of the plane next to `k`, where there are any and the gap is bridged."""
        if not self._is_joined(k, k + step) or not self._loops(depth, k + step).everything:
            return None
        return self._plane(depth, k + step, self._loops(depth, k + step).everything)

    def _matched(self, depth: int, k: int, other: int) -> Chosen:
        """The loops of plane `k` that overlap loops of its neighbour `other`."""
        if not self._is_joined(k, other):
            return ()
        key = (k, depth, other)
        if key not in self._overlaps:
            self._overlaps[key] = overlapping(self._loops(depth, k), self._loops(depth, other))
        return self._overlaps[key]

    def _is_joined(self, k: int, other: int) -> bool:
        below = min(k, other)
        return 0 <= below < len(self._is_bridged) and bool(self._is_bridged[below])

    def _loops(self, depth: int, k: int) -> FilledLoops:
        if (k, depth) not in self._filled:
            sections = self._planes.sections
            first, last = sections.first_loop[k : k + 2].tolist()
            chosen = first + np.flatnonzero(sections.depth[first:last] == depth)
            loops_mm = tuple(self._loops_mm[loop] for loop in chosen.tolist())
            self._filled[k, depth] = filled_loops(self._lattice, loops_mm, self._radius_mm[chosen])
        return self._filled[k, depth]

    def _is_inside(self, k: int | None) -> BoolArray:
        """The nodes inside the structure in plane `k`, (node_rows, node_columns); none without a plane."""
        if k not in self._inside:
            self._inside[k] = self._found_inside(k)
        return self._inside[k]

    def _found_inside(self, k: int | None) -> BoolArray:
        if k is not None and self._depths == 1:
            return self._loops(0, k).is_inside
        is_inside = np.zeros((self._lattice.node_rows, self._lattice.node_columns), dtype=bool)
        if k is not None:
            for depth in range(self._depths):
                np.copyto(is_inside, depth % 2 == 0, where=self._loops(depth, k).is_inside)
        return is_inside

    def _forget_planes_below(self, zone: _Zone) -> None:
        lowest = (zone.low if zone.low is not None else zone.high or 0) - 2
        self._filled = {key: value for key, value in self._filled.items() if key[0] >= lowest}
        self._fields = {key: value for key, value in self._fields.items() if key[0] >= lowest}
        self._overlaps = {key: value for key, value in self._overlaps.items() if key[0] >= lowest}
        self._inside = {k: value for k, value in self._inside.items() if k is None or k >= lowest}
