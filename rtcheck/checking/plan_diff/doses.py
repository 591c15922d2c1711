"""Two doses -> where they are farthest apart, and what of each lies beyond the other's grid."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rtcheck.checking.courses.added_doses import resampled
from rtcheck.checking.plan_diff.elements import Tolerances
from rtcheck.checking.plan_diff.values import Entry, kind_of
from rtcheck.dosimetry.dose_grid import DoseGrid

SAME_AXES_MM = 0.01
"""Nodes of two dose grids that are nearer are the same: positions are decimal strings."""

HIGH_PART = 0.1
"""Of the highest dose: a node with more may not lie beyond the other grid without a word."""


def dose_entries(a: DoseGrid, b: DoseGrid, tolerances: Tolerances) -> Iterator[Entry]:
    """The largest difference at the nodes of either grid that the other covers, in percent of the highest dose of A."""
    highest_gy = max(a.max_gy, b.max_gy)
    reference_gy = a.max_gy or highest_gy
    if _have_same_axes(a, b):
        off_gy = float(np.abs(a.dose_gy.astype(np.float64) - b.dose_gy).max())
        place = "at the same nodes"
    else:
        yield Entry(where="dose", element="grid", a=_grid_text(a), b=_grid_text(b), kind="remark")
        at_a, beyond_b = _compared(a, b, HIGH_PART * highest_gy)
        at_b, beyond_a = _compared(b, a, HIGH_PART * highest_gy)
        if at_a is None and at_b is None:
            yield Entry(where="dose", element="dose", a="", b="no common place", kind="missing")
            return
        if beyond_a or beyond_b:
            yield Entry(where="dose", element="extent", a=f"{beyond_b} nodes beyond B", b=f"{beyond_a} nodes beyond A",
                        kind="missing", place=f"with at least {HIGH_PART:.0%} of the highest dose")  # fmt: skip
        off_gy, place = max(at_a or 0.0, at_b or 0.0), "at the nodes of both, interpolated: the grids differ"
    share = 100 * off_gy / reference_gy if reference_gy else 0.0
    kind = kind_of(share, tolerances["dose_grid"])
    yield Entry(where="dose", element="dose", a=f"{a.max_gy:.5g} Gy at most", b=f"{b.max_gy:.5g} Gy at most", kind=kind,
                apart=share, tolerance=tolerances["dose_grid"], place=place)  # fmt: skip


def _have_same_axes(a: DoseGrid, b: DoseGrid) -> bool:
    return all(
        len(one) == len(other) and bool(np.abs(one - other).max() <= SAME_AXES_MM)
        for one, other in zip(a.axes_mm, b.axes_mm, strict=True)
    )


def _grid_text(grid: DoseGrid) -> str:
    """ "40 x 40 x 30 nodes from (-100, -80, -45) mm to (95, 115, 42) mm"."""
    low, high = ("(" + ", ".join(f"{nodes[end]:.6g}" for nodes in grid.axes_mm) + ") mm" for end in (0, -1))
    return " x ".join(str(len(nodes)) for nodes in grid.axes_mm) + f" nodes from {low} to {high}"


def _compared(grid: DoseGrid, other: DoseGrid, high_gy: float) -> tuple[float | None, int]:
    """(the largest difference at the nodes of `grid` between the nodes of the other, high nodes beyond its box)."""
    is_between = [
        (own >= nodes[0] - SAME_AXES_MM) & (own <= nodes[-1] + SAME_AXES_MM)
        for own, nodes in zip(grid.axes_mm, other.axes_mm, strict=True)
    ]
    is_within = [
        (own >= low - SAME_AXES_MM) & (own <= high + SAME_AXES_MM)
        for own, low, high in zip(grid.axes_mm, other.low_mm, other.high_mm, strict=True)
    ]
    beyond = int((grid.dose_gy >= high_gy).sum() - (_inner(grid.dose_gy, is_within) >= high_gy).sum()) if high_gy else 0
    if not all(bool(each.any()) for each in is_between) or any(len(nodes) < 2 for nodes in other.axes_mm):
        return None, beyond
    axes_mm = [own[each] for own, each in zip(grid.axes_mm, is_between, strict=True)]
    off = np.abs(_inner(grid.dose_gy, is_between).astype(np.float64) - resampled(other, other.dose_gy, axes_mm))
    return float(off.max()), beyond


def _inner(dose_gy: NDArray[np.float32], kept: list[NDArray[np.bool_]]) -> NDArray[np.float32]:
    x, y, z = kept
    return dose_gy[np.ix_(z, y, x)]
