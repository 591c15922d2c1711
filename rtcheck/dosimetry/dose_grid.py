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
