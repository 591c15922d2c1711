"""Edges in a plane -> exact distances from the nodes of a lattice's tiles."""

from collections.abc import Iterator
from typing import Self

import numpy as np

from rtcheck.geometry._kernel import lattice_calls
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice
from rtcheck.values import dataclass

MATRIX_SIZE = 400_000  # tiles x segments examined at once: a few megabytes, so that they stay in the cache
PAIRS_AT_ONCE = 12_000
ROUNDING_MM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """Straight pieces of edges, `starts_mm` (n, 2) along unit `directions` (n, 2) for `lengths_mm` (n,).

    The pieces of one group (a loop, or a whole cross-section) follow one another; `first_of_group` (groups,).
    """

    starts_mm: FloatArray
    directions: FloatArray
    lengths_mm: FloatArray
    group: IntArray
    first_of_group: IntArray

    @property
    def middles_mm(self) -> FloatArray:
        return self.starts_mm + self.directions * (self.lengths_mm[:, None] / 2)


def segments_of(groups: tuple[FloatArray, ...], *, longest_mm: float) -> Segments:
    """The edges (n, 4) of each group, cut to pieces no longer than `longest_mm`. Every group has an edge."""
    edges_mm = np.concatenate(groups)
    group = np.repeat(np.arange(len(groups)), [len(edges) for edges in groups])
    span_mm = edges_mm[:, 2:] - edges_mm[:, :2]
    length_mm = np.hypot(span_mm[:, 0], span_mm[:, 1])
    pieces = np.maximum(np.ceil(length_mm / longest_mm).astype(np.int64), 1)
    edge = np.repeat(np.arange(len(edges_mm)), pieces)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece_mm = (length_mm / pieces)[edge]
    unit = span_mm / np.where(length_mm > 0, length_mm, 1.0)[:, None]
    group = group[edge]
    return Segments(
        starts_mm=edges_mm[edge, :2] + unit[edge] * (nth * piece_mm)[:, None],
        directions=unit[edge],
        lengths_mm=piece_mm,
        group=group,
        first_of_group=np.searchsorted(group, np.arange(len(groups))),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeDistances:
    """`squared_mm2` (m, 5, 5): from the nodes of tile number `tile` (m,) of those asked to `group` (m,)."""

    tile: IntArray
    group: IntArray
    squared_mm2: FloatArray


def squared_distances(lattice: Lattice, tiles: IntArray, edges_mm: FloatArray) -> FloatArray:
    """Squared distances (tiles, 5, 5) from the nodes of `tiles` to the nearest of some edges (n, 4), n > 0. [mm2]"""
    found = lattice_calls.squared_distances(edges_mm, tiles, lattice.numbers)
    return squared_distances_in_numpy(lattice, tiles, edges_mm) if found is None else found


def squared_distances_in_numpy(lattice: Lattice, tiles: IntArray, edges_mm: FloatArray) -> FloatArray:
    """The reference of `squared_distances`, of tiles (tiles,) and edges (n, 4)."""
    segments = segments_of((edges_mm,), longest_mm=CELLS * lattice.spacing_mm)
    squared_mm2 = np.empty((len(tiles), CELLS + 1, CELLS + 1))
    for found in node_distances(lattice, tiles, segments, radius_mm=np.zeros(1)):
        squared_mm2[found.tile] = found.squared_mm2
    return squared_mm2


def node_distances(
    lattice: Lattice, tiles: IntArray, segments: Segments, *, radius_mm: FloatArray
) -> Iterator[NodeDistances]:
    """Exact squared distances, tile by tile and group by group, in handfuls that together cover `tiles`.

    Only segments that can be the nearest to some node of a tile are measured. Groups are left out of a tile where
    s (s + 2 R) of another group is surely smaller, with R from `radius_mm` (groups,).
    """
    for first, some in portions(tiles, segments):
        is_near = _can_be_nearest(lattice, some, segments, radius_mm)
        for tile, segment in handfuls(is_near):
            off_x, off_y = Pairs.of(lattice, some, tile, segments, segment).offsets()
            squared_mm2 = off_x * off_x + off_y * off_y
            group = segments.group[segment]
            is_first = np.ones(len(tile), dtype=bool)
            is_first[1:] = (tile[1:] != tile[:-1]) | (group[1:] != group[:-1])
            firsts = np.flatnonzero(is_first)
            least_mm2 = np.minimum.reduceat(squared_mm2, firsts, axis=0)
            yield NodeDistances(tile=first + tile[firsts], group=group[firsts], squared_mm2=least_mm2)


def portions(tiles: IntArray, segments: Segments) -> Iterator[tuple[int, IntArray]]:
    """`tiles` (tiles,) in portions that are examined against all segments at once, each with the number of its first
    tile.
    """
    step = max(1, MATRIX_SIZE // len(segments.group))
    for first in range(0, len(tiles), step):
        yield first, tiles[first : first + step]


def handfuls(is_near: BoolArray) -> Iterator[tuple[IntArray, IntArray]]:
    """The (tile, segment) pairs of `is_near` (tiles, segments), by tile; no handful parts a tile."""
    tile, segment = np.nonzero(is_near)
    start = 0
    while start < len(tile):
        stop = min(start + PAIRS_AT_ONCE, len(tile))
        if stop < len(tile):
            before = int(np.searchsorted(tile, tile[stop], side="left"))
            stop = before if before > start else int(np.searchsorted(tile, tile[start], side="right"))
        yield tile[start:stop], segment[start:stop]
        start = stop


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Tiles paired with segments: nodes relative to the segments' starts, and the segments' directions and lengths."""

    from_x: FloatArray  # (pairs, 1, 5)
    from_y: FloatArray  # (pairs, 5, 1)
    along_x: FloatArray  # (pairs, 1, 1)
    along_y: FloatArray
    length: FloatArray

    @classmethod
    def of(cls, lattice: Lattice, tiles: IntArray, tile: IntArray, segments: Segments, segment: IntArray) -> Self:
        """`tile` (pairs,) numbers `tiles`, `segment` (pairs,) the segments."""
        rows, columns = lattice.node_indices(tiles[tile])
        start, along = segments.starts_mm[segment], segments.directions[segment]
        return cls(
            from_x=lattice.x_mm(columns) - start[:, 0, None, None],
            from_y=lattice.y_mm(rows) - start[:, 1, None, None],
            along_x=along[:, 0, None, None],
            along_y=along[:, 1, None, None],
            length=segments.lengths_mm[segment, None, None],
        )

    def offsets(self, half_x: float = 1.0, half_y: float = 1.0) -> tuple[FloatArray, FloatArray]:
        """x and y (pairs, 5, 5) from the nearest point of the segment to the node.

        Nearest by the ellipse with half axes `half_x` and `half_y`; by default by the circle.
        """
        weight_x, weight_y = self.along_x / half_x**2, self.along_y / half_y**2
        norm = weight_x * self.along_x + weight_y * self.along_y
        norm = np.where(norm > 0, norm, 1.0)  # a segment without length has no direction
        foot = self.from_x * (weight_x / norm) + self.from_y * (weight_y / norm)
        np.clip(foot, 0.0, self.length, out=foot)
        return self.from_x - foot * self.along_x, self.from_y - foot * self.along_y


def _can_be_nearest(lattice: Lattice, tiles: IntArray, segments: Segments, radius_mm: FloatArray) -> BoolArray:
    """(tiles, segments) by the triangle inequality from the tiles' centres to the segments' middles."""
    centres, middles = lattice.centres_mm(tiles), segments.middles_mm
    squared = (centres**2).sum(axis=1)[:, None] + (middles**2).sum(axis=1) - 2 * centres @ middles.T
    away_mm = np.sqrt(np.maximum(squared, 0.0))
    nearest_mm = np.minimum.reduceat(away_mm, segments.first_of_group, axis=1)  # (tiles, groups)
    bound_mm = nearest_mm + (2 * lattice.tile_radius_mm + ROUNDING_MM)
    if len(radius_mm) > 1:
        longest_mm = np.maximum.reduceat(segments.lengths_mm, segments.first_of_group)
        least_mm = np.maximum(nearest_mm - longest_mm / 2 - lattice.tile_radius_mm, 0.0)
        most_mm = nearest_mm + lattice.tile_radius_mm
        least_g, most_g = (s * (s + 2 * radius_mm) for s in (least_mm, most_mm))
        is_wanted = least_g <= most_g.min(axis=1, keepdims=True) + ROUNDING_MM
        is_wanted |= _may_enclose(lattice, centres, segments)
        bound_mm = np.where(is_wanted, bound_mm, -np.inf)
    is_near: BoolArray = away_mm <= bound_mm[:, segments.group] + segments.lengths_mm / 2
    return is_near


def _may_enclose(lattice: Lattice, centres_mm: FloatArray, segments: Segments) -> BoolArray:
    """(tiles, groups): the tile touches the group's bounding box."""
    first = segments.first_of_group
    low = np.minimum.reduceat(segments.starts_mm, first) - lattice.tile_radius_mm
    high = np.maximum.reduceat(segments.starts_mm, first) + lattice.tile_radius_mm
    centres = centres_mm[:, None, :]
    touches: BoolArray = np.all((centres >= low) & (centres <= high), axis=2)
    return touches
