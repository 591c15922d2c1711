"""Edges in a plane -> exact distances from the nodes of a lattice's tiles, and which nodes they enclose."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import BoolArray, IntArray, Lattice

MATRIX_SIZE = 400_000  # tiles x segments examined at once: a few megabytes, so that they stay in the cache
PAIRS_AT_ONCE = 12_000


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


def node_distances(
    lattice: Lattice, tiles: IntArray, segments: Segments, *, radius_mm: FloatArray | None = None
) -> Iterator[NodeDistances]:
    """Exact squared distances, tile by tile and group by group, in handfuls that together cover `tiles`.

    Only segments that can be the nearest to some node of a tile are measured. With `radius_mm` (groups,) groups are
    left out of a tile where s (s + 2 R) of another group is surely smaller.
    """
    step = max(1, MATRIX_SIZE // len(segments.group))
    for first in range(0, len(tiles), step):
        some = tiles[first : first + step]
        is_near = _can_be_nearest(lattice, some, segments, radius_mm)
        tile, segment = np.nonzero(is_near)
        for start, stop in _handfuls(tile):
            pairs = slice(start, stop)
            found = _pair_distances(lattice, some, tile[pairs], segment[pairs], segments)
            yield NodeDistances(tile=found.tile + first, group=found.group, squared_mm2=found.squared_mm2)


def _can_be_nearest(lattice: Lattice, tiles: IntArray, segments: Segments, radius_mm: FloatArray | None) -> BoolArray:
    """(tiles, segments) by the triangle inequality from the tiles' centres to the segments' middles."""
    centres, middles = lattice.centres_mm(tiles), segments.middles_mm
    squared = (centres**2).sum(axis=1)[:, None] + (middles**2).sum(axis=1) - 2 * centres @ middles.T
    reach_mm = np.sqrt(np.maximum(squared, 0.0))
    nearest_mm = np.minimum.reduceat(reach_mm, segments.first_of_group, axis=1)  # (tiles, groups)
    bound_mm = nearest_mm + (2 * lattice.tile_radius_mm + 1e-6)
    if radius_mm is not None and len(radius_mm) > 1:
        longest_mm = np.maximum.reduceat(segments.lengths_mm, segments.first_of_group)
        least_mm = np.maximum(nearest_mm - longest_mm / 2 - lattice.tile_radius_mm, 0.0)
        most_mm = nearest_mm + lattice.tile_radius_mm
        least_g, most_g = (s * (s + 2 * radius_mm) for s in (least_mm, most_mm))
        is_wanted = least_g <= most_g.min(axis=1, keepdims=True) + 1e-6
        is_wanted |= _may_enclose(lattice, centres, segments)
        bound_mm = np.where(is_wanted, bound_mm, -np.inf)
    is_near: BoolArray = reach_mm <= bound_mm[:, segments.group] + segments.lengths_mm / 2
    return is_near


def _may_enclose(lattice: Lattice, centres_mm: FloatArray, segments: Segments) -> BoolArray:
    """(tiles, groups): the tile touches the group's bounding box."""
    first = segments.first_of_group
    low = np.minimum.reduceat(segments.starts_mm, first) - lattice.tile_radius_mm
    high = np.maximum.reduceat(segments.starts_mm, first) + lattice.tile_radius_mm
    centres = centres_mm[:, None, :]
    touches: BoolArray = np.all((centres >= low) & (centres <= high), axis=2)
    return touches


def _handfuls(tile: IntArray) -> Iterator[tuple[int, int]]:
    """Ranges of pairs, each of about PAIRS_AT_ONCE, none of which parts a tile."""
    start = 0
    while start < len(tile):
        stop = min(start + PAIRS_AT_ONCE, len(tile))
        if stop < len(tile):
            stop = int(np.searchsorted(tile, tile[stop], side="left"))
            if stop <= start:
                stop = int(np.searchsorted(tile, tile[start], side="right"))
        yield start, stop
        start = stop


def _pair_distances(
    lattice: Lattice, tiles: IntArray, tile: IntArray, segment: IntArray, segments: Segments
) -> NodeDistances:
    """Distances of (tile, segment) pairs, reduced to the least of each (tile, group)."""
    rows, columns = lattice.node_indices(tiles[tile])
    start = segments.starts_mm[segment]
    along_x, along_y = (segments.directions[segment, axis][:, None, None] for axis in (0, 1))
    from_x = lattice.x_mm(columns) - start[:, 0][:, None, None]  # (pairs, 1, 5)
    from_y = lattice.y_mm(rows) - start[:, 1][:, None, None]  # (pairs, 5, 1)
    along_mm = from_x * along_x + from_y * along_y  # (pairs, 5, 5)
    np.clip(along_mm, 0.0, segments.lengths_mm[segment][:, None, None], out=along_mm)
    off_x = from_x - along_mm * along_x
    off_y = from_y - along_mm * along_y
    off_x *= off_x
    off_y *= off_y
    off_x += off_y
    group = segments.group[segment]
    is_first = np.ones(len(tile), dtype=bool)
    is_first[1:] = (tile[1:] != tile[:-1]) | (group[1:] != group[:-1])
    firsts = np.flatnonzero(is_first)
    return NodeDistances(tile=tile[firsts], group=group[firsts], squared_mm2=np.minimum.reduceat(off_x, firsts, axis=0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Winding:
    """Winding `number` (rows, columns) of the nodes from (`first_row`, `first_column`) on; it is 0 elsewhere."""

    first_row: int
    first_column: int
    number: NDArray[np.int32]


def winding(lattice: Lattice, edges_mm: FloatArray) -> Winding:
    """How often closed `edges_mm` (n, 4) go counter-clockwise around each node of their bounding box."""
    x0, y0, x1, y1 = edges_mm.T
    h = lattice.spacing_mm
    first_column = int(np.floor((min(x0.min(), x1.min()) - lattice.x0_mm) / h))
    columns = int(np.ceil((max(x0.max(), x1.max()) - lattice.x0_mm) / h)) - first_column + 1
    first_row = int(np.floor((min(y0.min(), y1.min()) - lattice.y0_mm) / h))
    rows = int(np.ceil((max(y0.max(), y1.max()) - lattice.y0_mm) / h)) - first_row + 1

    # An edge crosses the rows j with low <= y_j < high; every node to the right of the crossing is wound around.
    v0 = (y0 - lattice.y0_mm) / h - first_row
    v1 = (y1 - lattice.y0_mm) / h - first_row
    low_row = np.ceil(np.minimum(v0, v1)).astype(np.int64)
    count = np.ceil(np.maximum(v0, v1)).astype(np.int64) - low_row
    edge = np.repeat(np.arange(len(count)), count)
    row = low_row[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    fraction = (row - v0[edge]) / (v1 - v0)[edge]
    u = (x0[edge] + fraction * (x1 - x0)[edge] - lattice.x0_mm) / h - first_column
    column = np.clip(np.ceil(u).astype(np.int64), 0, columns)
    sign = np.where(v1[edge] > v0[edge], -1, 1)  # downward edges have the inside of a counter-clockwise loop right
    crossings = np.bincount(row * (columns + 1) + column, weights=sign, minlength=rows * (columns + 1))
    number = np.cumsum(crossings.reshape(rows, columns + 1), axis=1)[:, :columns]
    return Winding(first_row=first_row, first_column=first_column, number=np.rint(number).astype(np.int32))


def winding_everywhere(lattice: Lattice, edges_mm: FloatArray) -> NDArray[np.int32]:
    """Winding numbers of all nodes of `lattice`, (node_rows, node_columns)."""
    number = np.zeros((lattice.node_rows, lattice.node_columns), dtype=np.int32)
    if len(edges_mm):
        part = winding(lattice, edges_mm)
        rows, columns = part.number.shape
        number[part.first_row : part.first_row + rows, part.first_column : part.first_column + columns] = part.number
    return number
