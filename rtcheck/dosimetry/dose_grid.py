"""Dose on a rectilinear grid, in patient axes."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseGrid:
    """Dose at the nodes of a grid whose axes are the patient's (DICOM LPS).

    `dose_gy` is (z, y, x), float32, read-only, whatever the order and direction in which the file stored it;
    `x_mm`, `y_mm`, `z_mm` are the node positions, strictly ascending, not necessarily uniform.
    Between nodes the dose is trilinear; the grid ends at its outermost nodes' centres plus half a cell for the
    question "is this inside the grid?" only where the caller says so; there is no dose outside.
    `step_gy` is the step in which the dose was stored: every stored dose may be off by half of it.
    """

    dose_gy: NDArray[np.float32]
    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray
    frame_of_reference_uid: str = ""
    step_gy: float = 0.0
    max_gy: float = field(init=False)
    """The highest dose of the grid."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "max_gy", float(self.dose_gy.max()))

    def at(self, x_mm: float, y_mm: float, z_mm: float) -> float | None:
        """The trilinear dose at a point, None outside the outermost nodes. [Gy]"""
        corner, share = [], []
        for nodes_mm, at_mm in ((self.z_mm, z_mm), (self.y_mm, y_mm), (self.x_mm, x_mm)):
            if len(nodes_mm) < 2 or not nodes_mm[0] <= at_mm <= nodes_mm[-1]:
                return None
            low = min(int(np.searchsorted(nodes_mm, at_mm, side="right")) - 1, len(nodes_mm) - 2)
            corner.append(low)
            share.append((at_mm - nodes_mm[low]) / (nodes_mm[low + 1] - nodes_mm[low]))
        k, j, i = corner
        block = self.dose_gy[k : k + 2, j : j + 2, i : i + 2].astype(np.float64)
        for along in share:
            block = block[0] * (1 - along) + block[1] * along
        return float(block)
