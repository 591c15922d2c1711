"""A field on the tiles of a lattice -> the directed edges of its zero level (marching squares)."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry._kernel import lattice_calls
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.lattice import CELLS, BoolArray, IntArray, Lattice

T = TypeVar("T", bound=np.generic)


def zero_level(lattice: Lattice, tiles: IntArray, field: FloatArray) -> FloatArray:
    """Edges (n, 4) x0, y0, x1, y1 [mm] around where `field` (tiles, 5, 5) is negative, that part on their left.

    Crossings are linear along the cells' sides and computed alike from both sides, so the edges close exactly,
    provided that the zero level does not leave the tiles (`tiles_it_spreads_to`).
    """
    edges_mm = lattice_calls.zero_level(field, tiles, lattice.numbers)
    return zero_level_in_numpy(lattice, tiles, field) if edges_mm is None else edges_mm


def zero_level_in_numpy(lattice: Lattice, tiles: IntArray, field: FloatArray) -> FloatArray:
    """The reference of `zero_level`: edges (n, 4) of a field (tiles, 5, 5)."""
    a, b, c, d = _corners(field < 0)
    tile, row, column = np.nonzero((a | b | c | d) & ~(a & b & c & d))
    if not len(tile):
        return np.empty((0, 4))
    value = np.stack([corner[tile, row, column] for corner in _corners(field)])  # (4, cells)
    inside = value < 0

    # Walking around a cell, a side either enters the inside or leaves it; an edge runs from a leaving side to an
    # entering one, which keeps the inside on its left.
    following = np.roll(inside, -1, axis=0)
    leaves, enters = inside > following, following > inside
    points_mm = _crossings_mm(lattice, tiles, tile, row, column, value)

    is_saddle = leaves.sum(axis=0) == 2
    cells = np.flatnonzero(~is_saddle)
    starts = [points_mm[leaves[:, cells].argmax(axis=0), cells]]
    ends = [points_mm[enters[:, cells].argmax(axis=0), cells]]
    saddles = np.flatnonzero(is_saddle)
    turn = np.where(value[:, saddles].mean(axis=0) < 0, 1, -1)  # the middle is inside: cut off the outside corners
    first = leaves[:, saddles].argmax(axis=0)
    for side in (first, first + 2):
        starts.append(points_mm[side % 4, saddles])
        ends.append(points_mm[(side + turn) % 4, saddles])
    edges_mm = np.hstack([np.concatenate(starts), np.concatenate(ends)])
    has_length = (edges_mm[:, :2] != edges_mm[:, 2:]).any(axis=1)
    return np.asarray(edges_mm[has_length])


def tiles_it_spreads_to(lattice: Lattice, tiles: IntArray, field: FloatArray, is_inside: BoolArray) -> IntArray:
    """The missing tiles beside `tiles` (ascending) into which the zero level of `field` runs on.

    Outside `tiles` the inside is taken to be `is_inside` at the nodes (tiles, 5, 5), uniform in each missing tile: a
    common node where `field` says otherwise tells that the missing tile is needed.
    """
    differs = (field < 0) != is_inside
    sides = (
        (differs[:, 0, :], -lattice.tile_columns),
        (differs[:, -1, :], lattice.tile_columns),
        (differs[:, :, 0], -1),
        (differs[:, :, -1], 1),
    )
    reached = [tiles[side.any(axis=1)] + step for side, step in sides]
    return np.setdiff1d(np.concatenate(reached), tiles)


def _corners(nodes: NDArray[T]) -> tuple[NDArray[T], NDArray[T], NDArray[T], NDArray[T]]:
    """The four corners of every cell, counter-clockwise from low x, low y: (tiles, 4, 4) each."""
    return nodes[:, :-1, :-1], nodes[:, :-1, 1:], nodes[:, 1:, 1:], nodes[:, 1:, :-1]


def _crossings_mm(
    lattice: Lattice, tiles: IntArray, tile: IntArray, row: IntArray, column: IntArray, value: FloatArray
) -> FloatArray:
    """Where the field is zero on the low-y, high-x, high-y and low-x side of each cell: (4, cells, 2).

    Always reckoned from the lower index to the higher. Sides without a crossing hold numbers without meaning.
    """
    node_row = (tiles // lattice.tile_columns)[tile] * CELLS + row
    node_column = (tiles % lattice.tile_columns)[tile] * CELLS + column
    x_low, y_low = lattice.x_mm(node_column), lattice.y_mm(node_row)
    x_high, y_high = lattice.x_mm(node_column + 1), lattice.y_mm(node_row + 1)
    a, b, c, d = value
    with np.errstate(divide="ignore", invalid="ignore"):
        step = lattice.spacing_mm
        x_on_low_y, x_on_high_y = x_low + step * (a / (a - b)), x_low + step * (d / (d - c))
        y_on_high_x, y_on_low_x = y_low + step * (b / (b - c)), y_low + step * (a / (a - d))
    points = ((x_on_low_y, y_low), (x_high, y_on_high_x), (x_on_high_y, y_high), (x_low, y_on_low_x))
    return np.stack([np.column_stack(point) for point in points])
