"""Body and organs x dose -> the nodes whose dose of exactly 0 may stand for no dose at all.

Scattered dose reaches everywhere: where an export clips, crops or masks the dose, it leaves zeros next to doses that do
not fall so fast. Some planning systems have zeros in air as well, outside the body and in ear canals, so that in the
body only those count that are more than such air makes.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import product, repeat
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import BoolArray, DoseGrid, FloatArray
from rtcheck.dosimetry.moved_dose import with_neighbours
from rtcheck.geometry.arrays import count_up, distinct
from rtcheck.geometry.solid import Solid
from rtcheck.units import CC_PER_MM3
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
Nodes = tuple[NDArray[np.intp], ...]

NEAR_NODES = 2  # from a dose of photons to an exact 0; no penumbra ends so soon
NOTABLE_PART = 0.05
"""Of the highest dose: photons scatter more than nothing next to so much."""

STEEP_PART, SHOULDER = 0.2, 0.9
"""Charged particles stop: their dose may fall from high to 0 between two nodes, but from a shoulder it falls slower."""

BELOW_SKIN_MM = 10.0
"""Body outlines are drawn around masks, boluses and folds with air in them."""

FRONT_MM2 = 1500.0
"""Of zeros next to dose, in one plane of the grid: more than a cavity has that is open to the air outside."""

CAVITIES_CC = 150.0
"""Zeros in the body; more than the airways hold."""

FEWEST_VALUES = 16
"""A dose of fewer values is a phantom's, made of steps: nobody calculated it, and its zeros are meant."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Uncalculated:
    """The nodes (z, y, x) where no dose may have been calculated; of those next to a dose the place of the highest."""

    nodes: BoolArray
    beside_gy: float
    place_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patient:
    """The body, where it is outlined, and the structures with zeros: organs without air, with air, and all others."""

    body: Solid | None
    organs: Sequence[Solid] = ()
    with_air: Sequence[Solid] = ()
    others: Sequence[Solid] = ()


def uncalculated(dose: DoseGrid, of: Patient, *, is_photon: bool) -> Uncalculated | None:
    """The nodes in the patient where no dose may have been calculated; None where nothing shows that.

    Zeros next to a dose that nature does not let end there show it: some within an organ, or more than air makes well
    within the body. Without a body the organs with air are looked at in its place.

    >>> uncalculated(slope, Patient(body=None, organs=[cube]), is_photon=True) is None
    True
    """
    is_zero = dose.dose_gy == 0 if dose.is_cut_off is None else (dose.dose_gy == 0) & ~dose.is_cut_off
    edges = _edges(dose, _places(is_zero & _is_near(dose, is_photon=is_photon)), is_photon=is_photon)
    found: list[_Edge] = []
    for region in map(NodesInside, of.with_air if of.body is None else [of.body], repeat(dose)):
        own = [edge.within(region, BELOW_SKIN_MM) for edge in edges]
        if _is_more_than_air(own, is_zero, region, dose):
            found += own
    doubtful = [of.body] if found and of.body is not None else [*of.organs, *of.with_air, *of.others]
    found += [edge.within(NodesInside(organ, dose)) for organ in of.organs for edge in edges]
    if not any(len(edge.beside_gy) for edge in found) or len(distinct(dose.dose_gy)) < FEWEST_VALUES:
        return None
    inside = np.logical_or.reduce([NodesInside(solid, dose).marked for solid in doubtful])
    return _highest(is_zero & with_neighbours(inside), found, dose)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Edge:
    """Zeros that have a dose beside them in one direction along an axis (0: z), and the highest dose near each."""

    axis: int
    nodes: Nodes
    beside_gy: FloatArray

    def within(self, inside: "NodesInside", depth_mm: float = 0.0) -> "_Edge":
        """What of it lies inside, with such nodes on all six sides, the next ones or at least `depth_mm` away."""
        chosen = inside.surround(self.nodes, depth_mm)
        return _Edge(axis=self.axis, nodes=_chosen(self.nodes, chosen), beside_gy=self.beside_gy[chosen])

    def area_mm2(self, dose: DoseGrid, *, in_one_plane: bool) -> float:
        """The area across the axis of all of them, or of the most in one plane of the grid."""
        count = np.bincount(self.nodes[self.axis], minlength=1).max() if in_one_plane else len(self.beside_gy)
        return float(count) * prod(step for axis, step in enumerate(_steps_mm(dose)) if axis != self.axis)


def _is_near(dose: DoseGrid, *, is_photon: bool) -> BoolArray:
    """The nodes that have a notable dose near them along an axis."""
    is_high = dose.dose_gy >= (NOTABLE_PART if is_photon else STEEP_PART) * dose.max_gy
    is_near = np.zeros_like(is_high)
    for axis, steps in product(range(3), range(1, (NEAR_NODES if is_photon else 1) + 1)):
        before, after = (slice(None),) * axis + (slice(None, -steps),), (slice(None),) * axis + (slice(steps, None),)
        is_near[before] |= is_high[after]
        is_near[after] |= is_high[before]
    return is_near


def _edges(dose: DoseGrid, zeros: Nodes, *, is_photon: bool) -> list[_Edge]:
    """Of these nodes those with a dose beside them that does not end there by itself, in each of six directions."""
    edges = []
    for axis, way in product(range(3), (-1, 1)):
        next_gy, after_gy = (dose.dose_gy[_moved(zeros, axis, way * n, dose.dose_gy.shape)] for n in (1, NEAR_NODES))
        if is_photon:
            beside_gy = np.maximum(next_gy, after_gy)
            found = beside_gy >= NOTABLE_PART * dose.max_gy
        else:
            beside_gy = next_gy
            found = (next_gy >= STEEP_PART * dose.max_gy) & (next_gy >= SHOULDER * after_gy)
        edges.append(_Edge(axis=axis, nodes=_chosen(zeros, found), beside_gy=beside_gy[found].astype(np.float64)))
    return edges


def _is_more_than_air(edges: Sequence[_Edge], is_zero: BoolArray, inside: "NodesInside", dose: DoseGrid) -> bool:
    if any(edge.area_mm2(dose, in_one_plane=True) >= FRONT_MM2 for edge in edges):
        return True
    if sum(edge.area_mm2(dose, in_one_plane=False) for edge in edges) < FRONT_MM2:
        return False
    zeros = _places(is_zero & inside.marked)
    deep = np.count_nonzero(inside.surround(zeros, BELOW_SKIN_MM))
    return float(deep) * prod(_steps_mm(dose)) * CC_PER_MM3 >= CAVITIES_CC


def _highest(nodes: BoolArray, edges: Sequence[_Edge], dose: DoseGrid) -> Uncalculated:
    worst = max(edges, key=lambda edge: edge.beside_gy.max(initial=0.0))
    at = int(worst.beside_gy.argmax())
    k, j, i = (int(place[at]) for place in worst.nodes)
    place_mm = (float(dose.x_mm[i]), float(dose.y_mm[j]), float(dose.z_mm[k]))
    return Uncalculated(nodes=nodes, beside_gy=float(worst.beside_gy[at]), place_mm=place_mm)


class NodesInside:
    """The nodes of a dose grid that lie in a solid, by where its outline crosses the rows of nodes.

    >>> int(NodesInside(cube, slope).marked.sum())  # nodes 2 mm apart, from -4 to 4 mm along each axis
    125
    """

    def __init__(self, solid: Solid, dose: DoseGrid) -> None:
        self._dose = dose
        self._crossed = _crossed(solid, dose)

    def hold(self, nodes: Nodes) -> BoolArray:
        """Which nodes lie inside: they have an odd number of crossings before them, for every row is left again."""
        _, rows, columns = self._dose.dose_gy.shape
        k, j, i = nodes
        place = (k * rows + j) * (columns + 1) + i
        return np.asarray(np.searchsorted(self._crossed, place, side="right") % 2 == 1)

    def surround(self, nodes: Nodes, depth_mm: float = 0.0) -> BoolArray:
        """Which nodes lie inside, with such nodes on all six sides, the next ones or at least `depth_mm` away."""
        found = self.hold(nodes)
        for axis, step_mm in enumerate(_steps_mm(self._dose)):
            steps = max(1, ceil(depth_mm / step_mm)) if step_mm else 1
            for way in (-steps, steps):
                found[found] = self.hold(_moved(_chosen(nodes, found), axis, way, self._dose.dose_gy.shape))
        return found

    @cached_property
    def marked(self) -> BoolArray:
        """All nodes inside. (z, y, x)"""
        planes, rows, columns = self._dose.dose_gy.shape
        crossings = np.bincount(self._crossed, minlength=planes * rows * (columns + 1))
        return np.asarray(crossings.cumsum().reshape(planes, rows, columns + 1)[:, :, :-1] % 2 == 1)


def _crossed(solid: Solid, dose: DoseGrid) -> IntArray:
    """The nodes right after each crossing of the outline with a row of nodes, counted through all rows; ascending.

    Rows have one place more than nodes, for crossings behind their last node.
    """
    planes = [
        (k, slab) for slab in solid.slabs for k in range(*np.searchsorted(dose.z_mm, (slab.z_low_mm, slab.z_high_mm)))
    ]
    if not planes:
        return np.empty(0, dtype=np.int64)
    x0, y0, x1, y1 = np.concatenate([slab.edges_mm for _, slab in planes]).T
    plane = np.repeat([k for k, _ in planes], [len(slab.edges_mm) for _, slab in planes])
    first = np.searchsorted(dose.y_mm, np.minimum(y0, y1))
    edge, row = count_up(first, np.searchsorted(dose.y_mm, np.maximum(y0, y1)) - first)
    x_mm = x0[edge] + (dose.y_mm[row] - y0[edge]) / (y1 - y0)[edge] * (x1 - x0)[edge]
    column = np.searchsorted(dose.x_mm, x_mm)
    return np.sort((plane[edge] * len(dose.y_mm) + row) * (len(dose.x_mm) + 1) + column)


def _places(marked: BoolArray) -> Nodes:
    """The marked nodes; twenty times as fast as np.nonzero where they are few."""
    return np.unravel_index(np.flatnonzero(marked), marked.shape)


def _chosen(nodes: Nodes, chosen: BoolArray) -> Nodes:
    return tuple(at[chosen] for at in nodes)


def _moved(nodes: Nodes, axis: int, steps: int, shape: tuple[int, ...]) -> Nodes:
    """The nodes so many steps further, or the last of the grid."""
    there = np.clip(nodes[axis] + steps, 0, shape[axis] - 1)
    return (*nodes[:axis], there, *nodes[axis + 1 :])


def _steps_mm(dose: DoseGrid) -> tuple[float, ...]:
    """The mean distance of nodes along z, y and x; of a single plane 0."""
    return tuple(float(at[-1] - at[0]) / max(len(at) - 1, 1) for at in (dose.z_mm, dose.y_mm, dose.x_mm))
