"""Margins in a plane: ovals of four quarter ellipses, and how far nodes lie from a cross-section measured by them."""

from collections.abc import Callable

import numpy as np

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.geometry.margins.distance import ROUNDING_MM, Pairs, Segments, handfuls, portions, segments_of
from rtcheck.geometry.winding import winding_everywhere
from rtcheck.values import dataclass

TO_SPARE = 5  # cells: how far beyond the oval's reach distances are still exact
FAR = 1e9  # ovals; more than any distance that matters


@dataclass(frozen=True, slots=True, kw_only=True)
class Oval:
    """Reaches toward +x, -x, +y and -y, all positive. [mm]

    The distance from p to x is 1 where x lies on the oval around p; each component of x - p is divided by the reach
    toward its own side.
    """

    plus_x_mm: float
    minus_x_mm: float
    plus_y_mm: float
    minus_y_mm: float

    @property
    def reflected(self) -> "Oval":
        """Measures from x to p what this one measures from p to x."""
        return Oval(
            plus_x_mm=self.minus_x_mm, minus_x_mm=self.plus_x_mm, plus_y_mm=self.minus_y_mm, minus_y_mm=self.plus_y_mm
        )

    @property
    def longest_mm(self) -> float:
        return max(self.plus_x_mm, self.minus_x_mm, self.plus_y_mm, self.minus_y_mm)

    @property
    def is_circle(self) -> bool:
        return len({self.plus_x_mm, self.minus_x_mm, self.plus_y_mm, self.minus_y_mm}) == 1

    @property
    def quarters(self) -> frozenset[tuple[float, float]]:
        """The half axes along x and y of its quarters, equal ones once."""
        return frozenset((x, y) for x in (self.plus_x_mm, self.minus_x_mm) for y in (self.plus_y_mm, self.minus_y_mm))

    def squared(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Squared distances of vectors."""
        x = x / np.where(x > 0, self.plus_x_mm, self.minus_x_mm)
        y = y / np.where(y > 0, self.plus_y_mm, self.minus_y_mm)
        return np.asarray(x * x + y * y)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OvalDistances:
    """Of all tiles' nodes (tiles, 5, 5): `distance` is 0 on the boundary, 1 where the section grown by the oval ends.

    It is negative inside. `reach_mm` is the oval's reach in the direction in which the distance was measured: ovals to
    millimetres.
    """

    distance: FloatArray
    reach_mm: FloatArray | float

    def reach_of(self, tiles: IntArray) -> FloatArray | float:
        return self.reach_mm if isinstance(self.reach_mm, float) else self.reach_mm[tiles]


def oval_distances(lattice: Lattice, edges_mm: FloatArray, oval: Oval, *, outside: bool) -> OvalDistances:
    """Distances from a cross-section, or from everything `outside` it: exact where they matter, else large.

    `edges_mm` (n, 4) are the closed edges of the cross-section [mm]; distances are in units of the oval.
    """
    segments = segments_of((edges_mm,), longest_mm=CELLS * lattice.spacing_mm)
    near = lattice.tiles_around(segments.middles_mm, reach_mm=oval.longest_mm + lattice.spacing_mm * TO_SPARE)
    rows, columns = lattice.node_indices(lattice.all_tiles)
    is_inside = (winding_everywhere(lattice, edges_mm) > 0)[rows, columns] != outside
    to_nodes = _measured(lattice, near, segments, oval, _from_boundary_to_node)
    if oval.is_circle:
        # Beyond what is exact no farther than that: between sections distances change linearly, and FAR would win.
        np.minimum(to_nodes.distance, 1 + TO_SPARE * lattice.spacing_mm / oval.longest_mm, out=to_nodes.distance)
        return OvalDistances(
            distance=np.where(is_inside, -to_nodes.distance, to_nodes.distance), reach_mm=oval.longest_mm
        )
    to_boundary = _measured(lattice, near, segments, oval, _from_node_to_boundary)
    return OvalDistances(
        distance=np.where(is_inside, -to_boundary.distance / to_boundary.reach_mm, to_nodes.distance),
        reach_mm=np.where(is_inside, to_boundary.reach_mm, to_nodes.reach_mm),
    )


Measure = Callable[[Pairs, Oval, float], tuple[FloatArray, FloatArray]]


def _measured(lattice: Lattice, near: IntArray, segments: Segments, oval: Oval, measure: Measure) -> OvalDistances:
    """Distances by `measure` of the nodes of `near` tiles from the segments that come near enough; FAR elsewhere."""
    distance = np.full((len(lattice.all_tiles), CELLS + 1, CELLS + 1), FAR)
    reach_mm = np.full(distance.shape, oval.longest_mm)
    spare_mm = TO_SPARE * lattice.spacing_mm
    for first, some in portions(near, segments):
        for tile, segment in handfuls(_is_within_reach(lattice, some, segments, oval, spare_mm)):
            each, reach_each_mm = measure(Pairs.of(lattice, some, tile, segments, segment), oval, spare_mm)
            firsts = np.flatnonzero(np.diff(tile, prepend=-1))
            least = np.minimum.reduceat(each, firsts, axis=0)
            is_least = (each == np.repeat(least, np.diff(firsts, append=len(tile)), axis=0)) & (each < np.inf)
            which = near[first + tile[firsts]]
            distance[which] = np.minimum(least, FAR)
            reach_mm[which] = np.minimum.reduceat(np.where(is_least, reach_each_mm, oval.longest_mm), firsts, axis=0)
    return OvalDistances(distance=distance, reach_mm=reach_mm)


def _from_boundary_to_node(pairs: Pairs, oval: Oval, spare_mm: float) -> tuple[FloatArray, FloatArray]:
    """Distance by the oval around the boundary's points, and its reach that way. [mm]

    The squared distance along a segment is convex, and smooth where the way changes its quarter: it is least at the
    foot that one of the quarters' ellipses gives.
    """
    least: tuple[FloatArray, FloatArray] | None = None
    for half_x, half_y in oval.quarters:
        x, y = pairs.offsets(half_x, half_y)
        squared = oval.squared(x, y)
        reach_mm = _reach_mm(x * x + y * y, squared, oval)
        # Left out by the node's own position, not the tile's: neighbouring tiles must agree about common nodes.
        is_near = (x <= oval.plus_x_mm + spare_mm) & (x >= -oval.minus_x_mm - spare_mm)
        is_near &= (y <= oval.plus_y_mm + spare_mm) & (y >= -oval.minus_y_mm - spare_mm)
        distance = np.where(is_near, np.sqrt(squared), np.inf)
        if least is not None:
            reach_mm = np.where(distance < least[0], reach_mm, least[1])
            distance = np.minimum(distance, least[0])
        least = distance, reach_mm
    assert least is not None
    return least


def _from_node_to_boundary(pairs: Pairs, oval: Oval, spare_mm: float) -> tuple[FloatArray, FloatArray]:
    """Plain distance to the boundary and the oval's reach that way. [mm]"""
    x, y = pairs.offsets()
    squared_mm2 = x * x + y * y
    reach_mm = _reach_mm(squared_mm2, oval.squared(-x, -y), oval)
    return np.where(squared_mm2 <= spare_mm**2, np.sqrt(squared_mm2), np.inf), reach_mm


def _reach_mm(squared_mm2: FloatArray, squared: FloatArray, oval: Oval) -> FloatArray:
    """How far the oval reaches along ways of these squared lengths and squared distances."""
    has_length = squared > 0
    return np.where(has_length, np.sqrt(squared_mm2 / np.where(has_length, squared, 1.0)), oval.longest_mm)


def _is_within_reach(lattice: Lattice, tiles: IntArray, segments: Segments, oval: Oval, spare_mm: float) -> BoolArray:
    """(tiles, segments): some point of the segment may be the nearest to some node of the tile, and within reach."""
    centres, middles = lattice.centres_mm(tiles), segments.middles_mm
    x = centres[:, 0, None] - middles[:, 0]
    y = centres[:, 1, None] - middles[:, 1]
    pad_mm = spare_mm + CELLS * lattice.spacing_mm / 2 + segments.lengths_mm / 2
    is_near: BoolArray = (x <= oval.plus_x_mm + pad_mm) & (x >= -oval.minus_x_mm - pad_mm)
    is_near &= (y <= oval.plus_y_mm + pad_mm) & (y >= -oval.minus_y_mm - pad_mm)
    if oval.is_circle:
        away_mm = np.sqrt(x * x + y * y)
        bound_mm = away_mm.min(axis=1, keepdims=True) + 2 * lattice.tile_radius_mm + ROUNDING_MM
        is_near &= away_mm <= bound_mm + segments.lengths_mm / 2
    return is_near
