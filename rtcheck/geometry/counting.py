"""Counting up many runs of whole numbers at once: the array form of nested loops."""

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def count_up(first: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """(k, first[k]), (k, first[k] + 1), ...: for each k `count[k]` pairs of owner and number.

    >>> owner, number = count_up(np.array([7, 3]), np.array([2, 1]))
    >>> owner.tolist(), number.tolist()
    ([0, 0, 1], [7, 8, 3])
    """
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) + np.repeat(first - (np.cumsum(count) - count), count)
