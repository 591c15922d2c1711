"""A solid and a plane -> the outline of the cut: axial from the slab's edges, sagittal and coronal across the slabs."""

from collections import defaultdict
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry.levels.level_lines import level_lines
from rtcheck.geometry.solid import Slab, Solid

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Plane = Literal["axial", "coronal", "sagittal"]

_NODE_MM = 0.8  # between the points of a sagittal or coronal row
_SAME_MM = 1e-6


def outline(solid: Solid, plane: Plane, at_mm: float) -> list[FloatArray]:
    """Lines (n, 2) in mm: (x, y) for an axial cut, (x, z) for a coronal, (y, z) for a sagittal one."""
    if plane == "axial":
        slab = next((slab for slab in solid.slabs if slab.z_low_mm <= at_mm < slab.z_high_mm), None)
        return _loops(slab.edges_mm) if slab is not None else []
    return _upright_outline(solid, plane, at_mm)


def _loops(edges_mm: FloatArray) -> list[FloatArray]:
    """Edges in any order, joined end to start."""
    keys = np.round(edges_mm / _SAME_MM).astype(np.int64)
    if (runs := _closed_runs(keys)) is not None:
        return [edges_mm[first:last, :2] for first, last in runs if last - first > 2]
    leaving: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, (x, y) in enumerate(keys[:, :2].tolist()):
        leaving[x, y].append(index)
    ends = [tuple(end) for end in keys[:, 2:].tolist()]
    is_used = np.zeros(len(edges_mm), dtype=bool)
    loops = []
    for first in range(len(edges_mm)):
        chain, at = [], first
        while not is_used[at]:
            is_used[at] = True
            chain.append(at)
            candidates = [index for index in leaving[ends[at]] if not is_used[index]]
            if not candidates:
                break
            at = candidates[0]
        if len(chain) > 2:
            loops.append(edges_mm[chain, :2])
    return loops


def _closed_runs(keys: NDArray[np.int64]) -> list[tuple[int, int]] | None:
    """Where each edge begins at the end of the one before, the loops as slices; None where it is not so throughout."""
    breaks = np.flatnonzero((keys[1:, :2] != keys[:-1, 2:]).any(axis=1)) + 1
    firsts, lasts = [0, *breaks.tolist()], [*breaks.tolist(), len(keys)]
    if len(keys) == 0 or (keys[firsts, :2] != keys[np.array(lasts) - 1, 2:]).any():
        return None
    return list(zip(firsts, lasts, strict=True))


def _upright_outline(solid: Solid, plane: Plane, at_mm: float) -> list[FloatArray]:
    """Each slab is cut to spans; between the slabs' middles the outline runs straight, at the ends it closes flat."""
    across = 1 if plane == "coronal" else 0
    spans = _spans(solid, across, at_mm)
    if not spans:
        return []
    reach = np.concatenate([ends for _, ends in spans])
    u = np.arange(reach.min() - 2 * _NODE_MM, reach.max() + 3 * _NODE_MM, _NODE_MM)
    rows, z = _rows(spans, u)
    return level_lines(rows, u, z)


def _spans(solid: Solid, across: int, at_mm: float) -> list[tuple[Slab, FloatArray]]:
    """Where the plane enters and leaves each slab that it meets, ascending, in pairs."""
    along = 1 - across
    if not solid.slabs:
        return []
    edges = np.concatenate([slab.edges_mm for slab in solid.slabs])
    slab_of_edge = np.repeat(np.arange(len(solid.slabs)), [len(slab.edges_mm) for slab in solid.slabs])
    crosses = (edges[:, across] <= at_mm) != (edges[:, 2 + across] <= at_mm)
    edges, slab_of_edge = edges[crosses], slab_of_edge[crosses]
    share = (at_mm - edges[:, across]) / (edges[:, 2 + across] - edges[:, across])
    ends = edges[:, along] + share * (edges[:, 2 + along] - edges[:, along])
    ends = ends[np.lexsort((ends, slab_of_edge))]
    firsts = np.searchsorted(slab_of_edge, np.arange(len(solid.slabs) + 1)).tolist()
    found = zip(solid.slabs, firsts, firsts[1:], strict=False)
    return [(slab, ends[first : first + (last - first) // 2 * 2]) for slab, first, last in found if last - first > 1]


def _rows(spans: list[tuple[Slab, FloatArray]], u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Signed distances to the spans' ends (positive inside) at each slab's middle, mirrored beyond every free end."""
    rows, z = [], []
    for index, (slab, ends) in enumerate(spans):
        row, half = _signed_distance(ends, u), (slab.z_high_mm - slab.z_low_mm) / 2
        middle = slab.z_low_mm + half
        if index == 0 or slab.z_low_mm - spans[index - 1][0].z_high_mm > _SAME_MM:
            rows.append(-np.abs(row))
            z.append(slab.z_low_mm - half)
        rows.append(row)
        z.append(middle)
        if index == len(spans) - 1 or spans[index + 1][0].z_low_mm - slab.z_high_mm > _SAME_MM:
            rows.append(-np.abs(row))
            z.append(slab.z_high_mm + half)
    order = np.argsort(z, kind="stable")
    return np.array(rows)[order], _ascending(np.array(z)[order])


def _ascending(z: FloatArray) -> FloatArray:
    """Strictly ascending: where the mirrors of two ends meet in a narrow gap, the later row gives way."""
    return np.maximum.accumulate(z + np.arange(len(z)) * 1e-9)


def _signed_distance(ends: FloatArray, u: FloatArray) -> FloatArray:
    distance: FloatArray = np.abs(ends[:, None] - u[None, :]).min(axis=0)
    is_inside = np.searchsorted(ends, u) % 2 == 1
    return np.where(is_inside, distance, -distance)


def inside(lines: list[FloatArray], u: FloatArray, v: FloatArray) -> BoolArray:
    """Which nodes (v, u) lie inside the closed lines, by counting crossings to their left (even-odd)."""
    counts = np.zeros((len(v), len(u) + 1), dtype=np.int64)
    for line in lines:
        following = np.roll(line, -1, axis=0)
        crosses = (line[:, 1][None, :] <= v[:, None]) != (following[:, 1][None, :] <= v[:, None])
        row, edge = np.nonzero(crosses)
        start, end = line[edge], following[edge]
        at = start[:, 0] + (v[row] - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
        np.add.at(counts, (row, np.searchsorted(u, at)), 1)
    return np.asarray(counts.cumsum(axis=1)[:, : len(u)] % 2 == 1)
