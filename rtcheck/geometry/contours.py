"""Planar contours and structures: what a structure set draws, in patient millimetres (DICOM LPS)."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtcheck.notices import Notice

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contour:
    """One closed loop of a structure: `vertices_mm` (n, 3), read-only, all in one plane of constant z.

    `is_xor` marks CLOSEDPLANAR_XOR loops (even-odd); other loops of a plane are united, nested ones are holes.
    """

    vertices_mm: FloatArray
    is_xor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """A region of interest as drawn.

    `type` is the RT ROI Interpreted Type ("ORGAN", "GTV", "EXTERNAL", "" where it is not given).
    `slab_thickness_mm` is what the file states (ContourSlabThickness) or the structure set's commonest plane
    spacing; it serves single-plane structures only. `notices` say what was dropped or mended on reading.
    """

    name: str
    number: int
    type: str = ""
    contours: tuple[Contour, ...] = ()
    frame_of_reference_uid: str = ""
    slab_thickness_mm: float | None = None
    notices: tuple[Notice, ...] = field(default=())
