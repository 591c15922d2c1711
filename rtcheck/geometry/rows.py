"""Equal rows of an array."""

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.contours import FloatArray


def group_rows(keys: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
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
