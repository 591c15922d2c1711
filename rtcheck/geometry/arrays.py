"""Numbers in arrays: counting up many runs at once (the array form of nested loops), each number once, equal
rows, the median.

np.unique, np.isin and np.median import numpy's masked arrays first, which is a tenth of a short run: some of these are
their plain forms.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry.contours import FloatArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float32, np.float64)

RUN_PAIRS = 2**21
"""Pairs that are worked on at once: some arrays of 16 MB."""

MOST_PAIRS = 2**26
MOST_PAIRS_OF_AN_OWNER = 2**7
"""On average. Contours that need more than both are a tangle; the most jagged outline of a body needs a tenth of it."""


def steps_between(numbers: NDArray[Number]) -> NDArray[Number]:
    """From each number to the next one (n - 1,): np.diff, which takes five times as long for short arrays.

    >>> steps_between(np.array([1.0, 4.0, 4.5])).tolist()
    [3.0, 0.5]
    """
    return numbers[1:] - numbers[:-1]


def count_up(first: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (k, first[k]), (k, first[k] + 1), ...: for each k, `count[k]` pairs of owner and number.

    `first` and `count` are (owners,); the two results (pairs,) with as many pairs as `count` adds up to.

    >>> owner, number = count_up(np.array([7, 3]), np.array([2, 1]))
    >>> owner.tolist(), number.tolist()
    ([0, 0, 1], [7, 8, 3])
    """
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) + np.repeat(first - (np.cumsum(count) - count), count)


def distinct(numbers: "NDArray[Number]") -> "NDArray[Number]":
    """The different numbers of an array, ascending (n,); empty for none.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(numbers, axis=None)
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def is_among(numbers: "NDArray[Number]", chosen: "NDArray[Number]") -> BoolArray:
    """Whether each number (n,) is one of those chosen.

    >>> is_among(np.array([3, 1, 2]), np.array([2, 3])).tolist(), is_among(np.array([3]), np.array([], int)).tolist()
    ([True, False, True], [False])
    """
    if not len(chosen):
        return np.zeros(len(numbers), dtype=np.bool_)
    ordered = np.sort(chosen)
    near: BoolArray = ordered[np.searchsorted(ordered, numbers).clip(max=len(ordered) - 1)] == numbers
    return near


def group_rows(keys: "NDArray[Number]") -> tuple["NDArray[Number]", IntArray]:
    """The distinct rows (groups, columns), and for each row the index of its equal among them (rows,).

    >>> rows, group = group_rows(np.array([[2.0, 1.0], [1.0, 1.0], [2.0, 1.0]]))
    >>> rows.tolist(), group.tolist()
    ([[1.0, 1.0], [2.0, 1.0]], [1, 0, 1])
    """
    order = np.lexsort(keys.T)
    in_order = keys[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (in_order[1:] != in_order[:-1]).any(axis=1)
    group = np.empty(len(keys), dtype=np.int64)
    group[order] = np.cumsum(is_new) - 1
    return in_order[is_new], group


def median(numbers: FloatArray) -> float:
    """The middle of some numbers (n,), or the mean of the two in the middle.

    >>> median(np.array([1.0, 9.0, 2.0]))
    2.0
    """
    ordered = np.sort(numbers)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def tangled() -> GeometryError:
    """The error for contours that cannot come from a structure, raised before they fill the memory."""
    return GeometryError("contours cross each other too often to outline a structure")


def count_up_in_runs(first: IntArray, count: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """The pairs (owner, number), each (pairs,), of `count_up` in runs that fit into memory; none if there are none.

    The pairs of one owner are not divided. Raises GeometryError if there are more pairs than contours of a structure
    can have.

    >>> [(owner.tolist(), number.tolist()) for owner, number in count_up_in_runs(np.array([7]), np.array([2]))]
    [([0, 0], [7, 8])]
    """
    total = np.cumsum(count)
    if len(total) and total[-1] > max(MOST_PAIRS, MOST_PAIRS_OF_AN_OWNER * len(count)):
        raise tangled()
    starts = np.flatnonzero(np.diff(total // RUN_PAIRS, prepend=-1))
    for start, end in pairwise([*starts.tolist(), len(count)]):
        owner, number = count_up(first[start:end], count[start:end])
        yield owner + start, number
