"""Bytes of files -> the compiled kernel -> arrays; None where Python has to read them."""

from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry import _kernel
from rtcheck.geometry._kernel.calls import FloatArray, IntArray, SingleArray

SHORTEST_CONTOUR_BYTES = 40
"""Of a closed contour in a file: its headers alone take more. Shorter ones are left to Python."""

SHORTEST_POINT_BYTES = 6
"""Of three numbers with what separates them."""


def contours(
    buffer: bytes | mmap, start: int, end: int, *, is_explicit: bool, most: int
) -> tuple[IntArray, FloatArray] | None:
    """Where the values of the contours lie in the ContourSequence at buffer[start:end], and some of them.

    Columns of the first (contours, 9): start and end of the item, kind (1 closed, 2 XOR, 0 any other), points stated,
    start and end of ContourData and of the UID of its image (-1: more than that has to be read), and whether nothing
    about it is unusual. Of the second (contours, 2): z of the first point and slab thickness, NaN where they are not
    plain. None where the sequence itself is unusual, or has more than `most` contours.
    """
    if _kernel.native is None:
        return None
    room = min(most, (end - start) // SHORTEST_CONTOUR_BYTES + 1)
    table, numbers = np.empty((room, 9), dtype=np.int64), np.empty((room, 2))
    count = _kernel.native.contours(buffer, start, end, is_explicit, table, numbers)
    return (table[:count].copy(), numbers[:count].copy()) if count >= 0 else None


def points(buffer: bytes | mmap, table: IntArray, *, largest: float) -> tuple[FloatArray, FloatArray] | None:
    """The points of all contours of a table (points, 3), with first, lowest and highest z of each (contours, 3).

    None where a contour is not plain, has other than the stated points, or any farther than `largest` from the origin.
    """
    if _kernel.native is None:
        return None
    room = int(np.minimum(table[:, 3], (table[:, 5] - table[:, 4]) // SHORTEST_POINT_BYTES + 1).sum())
    found, z = np.empty((max(room, 0), 3)), np.empty((len(table), 3))
    total = _kernel.native.points(buffer, np.ascontiguousarray(table), largest, found, z)
    return (found[:total], z) if total >= 0 else None


def scaled(stored: NDArray[np.integer], scaling: float, out: SingleArray) -> tuple[int, int] | None:
    """The lowest and the highest of the stored numbers; their products with the scaling fill `out` (any shape)."""
    is_plain = stored.dtype.isnative and stored.dtype.itemsize in (2, 4)
    if _kernel.native is None or not is_plain or not stored.flags.c_contiguous or not out.flags.c_contiguous:
        return None
    extremes = np.empty(2, dtype=np.int64)
    is_signed = stored.dtype.kind == "i"
    if _kernel.native.scaled(stored, 8 * stored.dtype.itemsize, is_signed, scaling, out, extremes):
        return None
    lowest, highest = extremes.tolist()
    return lowest, highest
