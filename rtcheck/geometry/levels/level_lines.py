"""A field on a rectilinear grid -> the closed lines around where it is positive (marching squares); simpler lines."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# For each pattern of positive corners (1 low u low v, 2 high u low v, 4 high u high v, 8 low u high v): which sides a
# line runs between. Sides: 0 low v, 1 high u, 2 high v, 3 low u; the positive part lies on the left.
_SHARES = (0.15, 0.3, 0.55)  # of the tolerance, for each pass
_Runs = tuple[tuple[int, int], ...]
_RUNS: dict[int, _Runs] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 6: ((0, 2),), 7: ((3, 2),), 8: ((2, 3),), 9: ((2, 0),),
    11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip
# The two saddles, by whether the middle is positive.
_SADDLES: dict[tuple[int, bool], _Runs] = {
    (5, False): ((3, 0), (1, 2)),
    (5, True): ((3, 2), (1, 0)),
    (10, False): ((0, 1), (2, 3)),
    (10, True): ((0, 3), (2, 1)),
}


def level_lines(field: FloatArray, u: FloatArray, v: FloatArray) -> list[FloatArray]:
    """Closed lines (n, 2) of (u, v) around where `field` (v, u) is positive; beyond the grid it counts as negative."""
    if not (field > 0).any():
        return []
    padded = np.pad(field, 1, constant_values=-float(np.abs(field).max()))
    wide_u, wide_v = _widened(u), _widened(v)
    starts, ends = _segments(padded)
    following = dict(zip(starts.tolist(), ends.tolist(), strict=True))
    lines = []
    while following:
        first, at = following.popitem()
        ids = [first]
        while at != first:
            ids.append(at)
            at = following.pop(at)
        lines.append(_positions(np.array(ids), padded, wide_u, wide_v))
    return lines


def _widened(axis: FloatArray) -> FloatArray:
    """The axis with one tiny step more at either end, for the rim."""
    return np.concatenate([[axis[0] - 1e-3], axis, [axis[-1] + 1e-3]])


def _segments(field: FloatArray) -> tuple[IntArray, IntArray]:
    """Where each piece of line starts and ends, as numbers of grid sides: those along u first, then those along v."""
    rows, columns = field.shape
    is_in = field > 0
    pattern = is_in[:-1, :-1] + 2 * is_in[:-1, 1:] + 4 * is_in[1:, 1:] + 8 * is_in[1:, :-1]
    row_of, column_of = np.nonzero((pattern > 0) & (pattern < 15))
    pattern = pattern[row_of, column_of]
    low, high = field[row_of, column_of] + field[row_of, column_of + 1], field[row_of + 1, column_of + 1]
    middle = low + high + field[row_of + 1, column_of] > 0
    starts, ends = [], []

    def add(where: NDArray[np.bool_], runs: _Runs) -> None:
        row, column = row_of[where], column_of[where]
        along_u, along_v = row * columns + column, rows * columns + row * columns + column
        sides = (along_u, along_v + 1, along_u + columns, along_v)
        for start, end in runs:
            starts.append(sides[start])
            ends.append(sides[end])

    for number, runs in _RUNS.items():
        add(pattern == number, runs)
    for (number, is_joined), runs in _SADDLES.items():
        add((pattern == number) & (middle == is_joined), runs)
    return np.concatenate(starts), np.concatenate(ends)


def _positions(sides: IntArray, field: FloatArray, u: FloatArray, v: FloatArray) -> FloatArray:
    """Where the field is zero on these grid sides, linear along each."""
    rows, columns = field.shape
    is_along_v, place = np.divmod(sides, rows * columns)
    row, column = np.divmod(place, columns)
    next_row, next_column = row + is_along_v, column + 1 - is_along_v
    here, there = field[row, column], field[next_row, next_column]
    share = here / (here - there)
    return np.column_stack([u[column] + share * (u[next_column] - u[column]), v[row] + share * (v[next_row] - v[row])])


def thinned(line: FloatArray, tolerance: float) -> FloatArray:
    """A closed line (n, 2) with fewer points, no dropped one further than `tolerance` from it; for lines that are many.

    Each pass drops at most every other point. What the passes allow adds up to `tolerance`.

    >>> len(thinned(np.array([[0.0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]]), 0.1))
    4
    """
    for share in _SHARES:
        count = len(line) // 2
        if count < 2:
            break
        before, at = line[: 2 * count : 2], line[1 : 2 * count : 2]
        after = np.roll(line, -2, axis=0)[: 2 * count : 2] if len(line) == 2 * count else line[2 : 2 * count + 1 : 2]
        chord, offset = after - before, at - before
        length = np.hypot(chord[:, 0], chord[:, 1])
        along = (offset * chord).sum(axis=1)
        is_between = (along >= 0) & (along <= length**2)
        off = np.abs(chord[:, 0] * offset[:, 1] - chord[:, 1] * offset[:, 0])
        keep = np.ones(len(line), dtype=bool)
        keep[1 : 2 * count : 2] = ~(is_between & (off <= share * tolerance * length))
        if keep.sum() < 3:
            break
        line = line[keep]
    return line


def simplified(line: FloatArray, tolerance: float) -> FloatArray:
    """A closed line (n, 2) with fewer points, no dropped one further than `tolerance` from it (Douglas and Peucker).

    >>> simplified(np.array([[0.0, 0], [1, 0], [2, 0], [2, 2], [0, 2]]), 0.1).tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]
    """
    if len(line) < 5:
        return line
    far = int(np.argmax(((line - line[0]) ** 2).sum(axis=1)))
    closed = np.vstack([line, line[:1]])
    keep = np.zeros(len(closed), dtype=bool)
    keep[[0, far, -1]] = True
    stack = [(0, far), (far, len(closed) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        off = _distance_to_chord(closed[first + 1 : last], closed[first], closed[last])
        worst = int(off.argmax())
        if off[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return closed[:-1][keep[:-1]]


def _distance_to_chord(points: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    chord = end - start
    length = float(np.hypot(*chord))
    offset = points - start
    if length == 0:
        return np.hypot(offset[:, 0], offset[:, 1])
    return np.asarray(np.abs(chord[0] * offset[:, 1] - chord[1] * offset[:, 0]) / length)
