"""A structure that is drawn as one point (point A, an ICRU point) -> the dose there; no other structure has one."""

from dataclasses import replace

import numpy as np

from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.curve import Dvh
from rtcheck.dosimetry.dose_around import outline_of
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.outside import extreme_grids
from rtcheck.errors import RtcheckError
from rtcheck.geometry.solid import Slab, Solid

NEAR_MM = 1e-4
POINT_CC = 1e-3  # a volume is needed where a point is asked as a structure with one dose; nothing depends on it

Point = tuple[float, float, float]


def dvh_of_point(found: Found, anatomy: Anatomy, dose: DoseGrid | None) -> Dvh | str:
    """The DVH of a point, all of it at its dose; or why there is none."""
    point = _point_mm(found, anatomy)
    if isinstance(point, str):
        return point
    if dose is None:
        return "there is no dose"
    dose_gy = _dose_gy(dose, point)
    if isinstance(dose_gy, str):
        return dose_gy
    return Dvh(
        dose_gy=np.array([0.0, dose_gy, np.nextafter(dose_gy, np.inf)]),
        volume_at_least_cc=np.array([POINT_CC, POINT_CC, 0.0]),
        volume_cc=POINT_CC,
        mean_gy=dose_gy,
        min_gy=dose_gy,
        max_gy=dose_gy,
        volume_outside_cc=0.0,
        grid_max_gy=dose.max_gy,
        min_position_mm=point,
        max_position_mm=point,
    )


def _point_mm(found: Found, anatomy: Anatomy) -> Point | str:
    """The position of the one point that is drawn; or why there is none. [mm]"""
    name = found.match.asked
    if len(found.match.numbers) != 1:
        return found.match.reason or f"{name} is not one point"
    try:
        drawn = anatomy.contours_of(found.match.numbers[0])
    except RtcheckError as error:
        return f"{name} cannot be read: {error}"
    points = [(float(x), float(y), mark.z_mm) for mark in drawn.marks for x, y in mark.points_mm]
    if drawn.contours or any(mark.is_open for mark in drawn.marks):
        return f"{name} is contoured as an area, not as a point; use Dmax or D0.03cc"
    if len(points) != 1:
        return f"{name} has {len(points)} points; Dpoint needs one"
    return points[0]


def _dose_gy(dose: DoseGrid, point: Point) -> float | str:
    dose_gy = dose.at(*point)
    if dose_gy is None:
        return "the point lies outside the dose grid"
    if dose.parts:
        least, most = (grid.at(*point) for grid in extreme_grids(dose, outline_of(_around(point)), "maximum"))
        if least != most:
            return "the point lies outside the dose grid of one of the plans, or at its edge"
    if dose.is_cut_off is not None:
        marks = replace(dose, dose_gy=dose.is_cut_off.astype(np.float32), is_cut_off=None)
        if marks.at(*point):  # a node that the dose here comes from may be higher than stored
            return f"at the point, {dose.why_cut_off}"
    return dose_gy


def _around(point: Point) -> Solid:
    """A small box around a point."""
    x, y, z = point
    corners = np.array([[x - NEAR_MM, y - NEAR_MM], [x + NEAR_MM, y - NEAR_MM], [x + NEAR_MM, y + NEAR_MM]])
    edges_mm = np.hstack([corners, np.roll(corners, -1, axis=0)])
    return Solid(slabs=(Slab(z_low_mm=z - NEAR_MM, z_high_mm=z + NEAR_MM, edges_mm=edges_mm),))
