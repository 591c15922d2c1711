"""Planar contours and structures: what a structure set draws, in patient millimetres (DICOM LPS)."""

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from rtcheck.geometry._kernel import calls
from rtcheck.notices import Notice
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contour:
    """One closed loop of a structure: `vertices_mm` (n, 3), read-only, all in one plane of constant z.

    `is_xor` marks CLOSEDPLANAR_XOR loops (even-odd); other loops of a plane are united, nested ones are holes.
    """

    vertices_mm: FloatArray
    is_xor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mark:
    """What is drawn of a structure at `z_mm` without enclosing an area there: `points_mm` (n, 2), read-only.

    `is_open` marks three or more points of a contour that is open or has no type: it may be a cross-section's outline.
    """

    z_mm: float
    points_mm: FloatArray
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """A region of interest as drawn.

    `type` is the RT ROI Interpreted Type ("ORGAN", "GTV", "EXTERNAL", "" where it is not given).
    `slices_mm` are the positions of the slices that it is drawn on, ascending, also those that it skips; None where
    the set is not known. `slab_thickness_mm` is what the file states (ContourSlabThickness): it serves a single plane,
    and planes that nothing else puts on slices. `marks` are what is left of contours that cannot be used. `notices` say
    what was dropped or mended on reading.
    """

    name: str
    number: int
    type: str = ""
    contours: tuple[Contour, ...] = ()
    frame_of_reference_uid: str = ""
    slab_thickness_mm: float | None = None
    slices_mm: FloatArray | None = None
    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = field(default=())


def centre_x_mm(contours: tuple[Contour, ...]) -> float:
    """x of the centre of area of all contours, holes counted as areas; of their points if they have no area. [mm]

    It distinguishes left from right: the spacing of points along a contour does not matter, and holes hardly do.

    >>> square = np.array([[0.0, 0, 0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    >>> centre_x_mm((Contour(vertices_mm=square),))
    5.0
    """
    counts = np.array([len(contour.vertices_mm) for contour in contours])
    starts = np.cumsum(counts) - counts
    x, y = np.concatenate([contour.vertices_mm[:, :2] for contour in contours]).T
    after = np.arange(1, len(x) + 1)
    after[starts + counts - 1] = starts  # the last point of a loop is followed by its first
    cross = x * y[after] - x[after] * y
    loop_mm2 = np.add.reduceat(cross, starts) / 2
    moment = np.add.reduceat((x + x[after]) * cross, starts) / 6 * np.where(loop_mm2 >= 0, 1.0, -1.0)
    area_mm2 = float(np.abs(loop_mm2).sum())
    return float(moment.sum()) / area_mm2 if area_mm2 > 0.0 else float(x.mean())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The points of contours as drawn, one contour after another, without those that repeat the one before or close it.

    `points_mm` (points, 2); `counts`, `low_z_mm` and `high_z_mm` (contours,). `is_finite`: every number is.
    """

    points_mm: FloatArray
    counts: IntArray
    low_z_mm: FloatArray
    high_z_mm: FloatArray
    is_finite: bool = True


def drawn(points_mm: FloatArray, counts: IntArray) -> Drawn:
    """The contours whose points (points, 3) [mm] follow one another, `counts` (contours,) of each, at least one.

    >>> square = np.array([[0.0, 0, 7], [10, 0, 7], [10, 10, 7], [0, 10, 7], [0, 0, 7]])
    >>> found = drawn(square, np.array([5]))
    >>> found.counts.tolist(), found.low_z_mm.tolist()
    ([4], [7.0])
    """
    found = calls.drawn(points_mm, counts)
    if found is None:
        return drawn_in_numpy(points_mm, counts)
    kept_mm, kept, z_mm = found
    return Drawn(points_mm=kept_mm, counts=kept, low_z_mm=z_mm[:, 0], high_z_mm=z_mm[:, 1])


def drawn_in_numpy(points_mm: FloatArray, counts: IntArray) -> Drawn:
    """The reference of `drawn`, of points (n, 3) of contours with so many each, `counts` (contours,).

    >>> points_mm = np.array([[0.0, 0, 5], [0, 0, 5], [3, 0, 5], [0, 4, 6]])  # the first is there twice
    >>> found = drawn_in_numpy(points_mm, np.array([4]))
    >>> found.points_mm.tolist(), found.low_z_mm.tolist(), found.high_z_mm.tolist()
    ([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]], [5.0], [6.0])
    """
    ends = np.cumsum(counts)
    starts = ends - counts
    differs = np.ones(len(points_mm), dtype=np.bool_)
    x, y, z_mm = points_mm.T
    differs[:-1] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    differs[ends - 1] = (x[starts] != x[ends - 1]) | (y[starts] != y[ends - 1])
    return Drawn(
        points_mm=points_mm[differs, :2], counts=np.add.reduceat(differs.astype(np.int64), starts),
        low_z_mm=np.minimum.reduceat(z_mm, starts), high_z_mm=np.maximum.reduceat(z_mm, starts),
        is_finite=bool(np.isfinite(points_mm).all()),
    )  # fmt: skip
