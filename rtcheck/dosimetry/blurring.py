"""A dose -> the same blurred by random setup errors, and where the blurred dose is known."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray, GridPart
from rtcheck.dosimetry.moved_dose import AtNodes, MovedDose
from rtcheck.dosimetry.outside import is_within
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

SPREAD = 3.0  # standard deviations; so near to the end of the grid the blurred dose is not known
BEYOND_SPREAD = math.erfc(SPREAD / math.sqrt(2)) / 2  # the share of the errors that are larger, to one side
ROUNDING = 1e-6
FACE_MM = 1e-3  # beyond the outermost face of a sum its dose falls to 0


def blurred(dose: DoseGrid, deviations_mm: Sequence[float]) -> DoseGrid:
    """The dose, trilinear between its nodes, blurred by normal errors along x, y and z; smaller where it is not known.

    A sum whose grids end in different places becomes larger instead: what is known of it is blurred, and 3 deviations
    within the end of a plan's grid the unknown dose of that plan begins (`parts`).

    >>> axis_mm = np.arange(-20.0, 21.0, 2.0)
    >>> linear_gy = np.broadcast_to(50 + axis_mm, (21, 21, 21)).astype(np.float32)
    >>> slope = DoseGrid(dose_gy=linear_gy, x_mm=axis_mm, y_mm=axis_mm, z_mm=axis_mm)
    >>> round(float(blurred(slope, (3.0, 0.0, 0.0)).at(0.0, 0.0, 0.0)), 3)
    50.0

    Raises UsageError for a grid that is smaller than 6 deviations.
    """
    if dose.parts:
        return _blurred_sum(dose, deviations_mm)
    blur = _Blur.of(dose.axes_mm, deviations_mm)
    x, y, z = (_known(nodes, each) for nodes, each in zip(dose.axes_mm, deviations_mm, strict=True))
    return replace(
        dose, dose_gy=np.ascontiguousarray(blur(dose.dose_gy)[z, y, x], dtype=np.float32),
        x_mm=dose.x_mm[x], y_mm=dose.y_mm[y], z_mm=dose.z_mm[z],
        is_cut_off=None if dose.is_cut_off is None else np.ascontiguousarray(blur(dose.is_cut_off)[z, y, x] > ROUNDING),
    )  # fmt: skip


def _known(nodes_mm: FloatArray, deviation_mm: float) -> slice:
    """The nodes that are at least 3 deviations away from the ends."""
    reach_mm = SPREAD * deviation_mm
    inside = np.flatnonzero((nodes_mm - nodes_mm[0] >= reach_mm) & (nodes_mm[-1] - nodes_mm >= reach_mm))
    if len(inside) < 2:
        raise UsageError(f"Random errors of {deviation_mm:.3g} mm: the dose grid is too small for them.")
    return slice(int(inside[0]), int(inside[-1]) + 1)


def _blurred_sum(dose: DoseGrid, deviations_mm: Sequence[float]) -> DoseGrid:
    """A sum with room around it for what errors carry out of its grids."""
    around = [_around(nodes, each) for nodes, each in zip(dose.axes_mm, deviations_mm, strict=True)]
    axes_mm = [
        np.concatenate([below, nodes, above]) for nodes, (below, above) in zip(dose.axes_mm, around, strict=True)
    ]
    blur = _Blur.of(axes_mm, deviations_mm, room=[(len(below), len(above)) for below, above in around])
    x_mm, y_mm, z_mm = axes_mm
    return replace(
        dose, dose_gy=blur(dose.dose_gy).astype(np.float32), x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, ends_at_nodes=True,
        is_cut_off=None if dose.is_cut_off is None else blur(dose.is_cut_off) > ROUNDING,
        parts=tuple(_blurred_part(part, dose, deviations_mm, blur) for part in dose.parts),
    )  # fmt: skip


def _around(nodes_mm: FloatArray, deviation_mm: float) -> tuple[FloatArray, FloatArray]:
    """Nodes below and above those of an axis: at its ends, and as far as errors reach."""
    if not deviation_mm:
        return nodes_mm[:0], nodes_mm[:0]
    step_mm = float(np.median(np.diff(nodes_mm))) if len(nodes_mm) > 1 else deviation_mm
    beyond_mm = FACE_MM + step_mm * np.arange(math.ceil(SPREAD * deviation_mm / step_mm) + 1)
    return nodes_mm[0] - beyond_mm[::-1], nodes_mm[-1] + beyond_mm


def _blurred_part(part: GridPart, dose: DoseGrid, deviations_mm: Sequence[float], blur: "_Blur") -> GridPart:
    """What is known of one plan's dose in the blurred sum: the same, from 3 deviations within its grid."""
    own = part.own
    if own is None:
        reach_mm = [SPREAD * each for each in deviations_mm]
        low_x, low_y, low_z = (low + each for low, each in zip(part.low_mm, reach_mm, strict=True))
        high_x, high_y, high_z = (high - each for high, each in zip(part.high_mm, reach_mm, strict=True))
        unknown = blur(~is_within(dose, part), beyond=1.0).astype(np.float32)
        return replace(part, low_mm=(low_x, low_y, low_z), high_mm=(high_x, high_y, high_z), unknown=unknown)
    nodes = part.at_nodes or own.at_nodes(dose.axes_mm)
    unknown = blur(nodes.is_doubtful, beyond=1.0).astype(np.float32)
    return replace(
        part,
        own=MovedDose(dose=_inner(own.dose, max(deviations_mm)), to_own=own.to_own),
        unknown=unknown,
        at_nodes=AtNodes(
            added_gy=blur(np.where(nodes.is_doubtful, nodes.added_gy, 0.0)),
            is_doubtful=unknown > BEYOND_SPREAD,
            is_nowhere=blur(nodes.is_nowhere, beyond=float(own.may_be_anywhere)) > BEYOND_SPREAD,
        ),
    )


def _inner(dose: DoseGrid, deviation_mm: float) -> DoseGrid:
    """The nodes of a turned grid that are known whatever the axis of the errors."""
    x, y, z = (_known(nodes, deviation_mm) for nodes in dose.axes_mm)
    inner_gy, x_mm, y_mm, z_mm = dose.dose_gy[z, y, x], dose.x_mm[x], dose.y_mm[y], dose.z_mm[z]
    return replace(dose, dose_gy=inner_gy, x_mm=x_mm, y_mm=y_mm, z_mm=z_mm, is_cut_off=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blur:
    """Weights (nodes, nodes) along x, y and z, None where nothing is blurred; `room`: nodes added at the ends."""

    weights: tuple[FloatArray | None, ...]
    room: tuple[tuple[int, int], ...]

    @staticmethod
    def of(
        axes_mm: Sequence[FloatArray], deviations_mm: Sequence[float], room: Sequence[tuple[int, int]] = ((0, 0),) * 3
    ) -> "_Blur":
        """The blur of values on the nodes of these axes."""
        along = zip(axes_mm, deviations_mm, strict=True)
        return _Blur(weights=tuple(_weights(nodes, each) if each else None for nodes, each in along), room=tuple(room))

    def __call__(self, values: NDArray[Any], *, beyond: float = 0.0) -> FloatArray:
        """Values (z, y, x), with `beyond` in the room around them, blurred."""
        whole: FloatArray = np.pad(values.astype(np.float64), self.room[::-1], constant_values=beyond)
        for axis, weights in enumerate(self.weights):
            if weights is not None:
                whole = np.moveaxis(np.tensordot(weights, whole, axes=(1, 2 - axis)), 0, 2 - axis)
        return whole


def _weights(nodes_mm: FloatArray, deviation_mm: float) -> FloatArray:
    """How much each node gives to the blurred value at each: (nodes, nodes), rows that add up to 1.

    The integral of a normal distribution times what is linear between nodes, and constant beyond the outermost.
    """
    away = (nodes_mm - nodes_mm[:, None]) / deviation_mm
    below: FloatArray = (1 + np.vectorize(math.erf, otypes=[np.float64])(away / math.sqrt(2))) / 2
    density = np.exp(-(away**2) / 2) / math.sqrt(2 * math.pi)
    share = np.diff(below)  # of the errors that lead into each cell, (nodes, cells)
    upward = (-np.diff(density) - away[:, :-1] * share) * deviation_mm / np.diff(nodes_mm)  # what the upper node gets
    matrix = np.zeros_like(away)
    matrix[:, :-1] += share - upward
    matrix[:, 1:] += upward
    matrix[:, 0] += below[:, 0]
    matrix[:, -1] += 1 - below[:, -1]
    return matrix
