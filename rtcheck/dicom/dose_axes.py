"""Position, orientation, spacing and frame offsets of an RTDOSE -> ascending patient axes (PS3.3 C.8.8.3.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.contour_data import LARGEST_COORDINATE_MM
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.pixels import PixelFormat
from rtcheck.geometry.slices import filled_in_mm
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]

AXIS_TOLERANCE = 1e-4
"""Direction cosines this far from 0 or 1 move a node by 0.05 mm over 500 mm: the grid still counts as axis-aligned."""

SAME_PLACE_MM = 1e-3
"""Offsets and positions are decimal strings: closer than this they are equal."""

UNEVEN_MM = 0.01
"""Frame distances that differ by more are uneven."""

_HEAD_FIRST_SUPINE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridAxes:
    """Node positions along the patient's axes, ascending, and how the stored array is turned onto them.

    `order` are the stored axes (0 frames, 1 rows, 2 columns) that run along z, y, x; `is_descending` marks those to
    flip; `frame_order` sorts the frames first, where they are not stored in order.
    """

    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray
    order: tuple[int, int, int]
    is_descending: tuple[bool, bool, bool]
    frame_order: NDArray[np.intp] | None = None

    def patient_array(self, stored_shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """An empty array (z, y, x), ascending, and a view of it in the order of the file: frames, rows, columns.

        Frame k of the view is frame `frame_order[k]` of the file, where that is given.
        """
        patient = np.empty([stored_shape[axis] for axis in self.order], dtype=np.float32)
        flips = tuple(slice(None, None, -1 if flip else 1) for flip in self.is_descending)
        return patient, patient[flips].transpose(np.argsort(self.order))

    def to_patient(self, stored: NDArray[Any]) -> NDArray[Any]:
        """An array (frames, rows, columns) as (z, y, x) ascending, in one block of memory."""
        if self.frame_order is not None:
            stored = stored[self.frame_order]
        flips = tuple(slice(None, None, -1 if flip else 1) for flip in self.is_descending)
        return np.ascontiguousarray(stored.transpose(self.order)[flips])


def read_axes(dataset: DataSet, pixel_format: PixelFormat, findings: Findings) -> GridAxes:
    """The axes of a dose grid in any orientation along the patient's axes. Refuses oblique grids."""
    position_mm = _numbers(dataset, tags.IMAGE_POSITION, "ImagePositionPatient", 3, findings)
    spacing_mm = _numbers(dataset, tags.PIXEL_SPACING, "PixelSpacing", 2, findings)
    if min(spacing_mm) <= 0:
        findings.refuse("dose.geometry", f"PixelSpacing is {spacing_mm}; expected numbers above 0.")
    cosines = _numbers(dataset, tags.IMAGE_ORIENTATION, "ImageOrientationPatient", 6, findings)
    directions = _directions(np.array(cosines), findings)
    offsets_mm, frame_order = _frame_offsets(dataset, pixel_format, position_mm, cosines, findings)
    along_mm = (
        offsets_mm,
        np.arange(pixel_format.rows, dtype=np.float64) * spacing_mm[0],  # the distance of rows comes first (10.7.1.3)
        np.arange(pixel_format.columns, dtype=np.float64) * spacing_mm[1],
    )
    stored_along = [int(np.argmax(np.abs(direction))) for direction in directions]
    order = (stored_along.index(2), stored_along.index(1), stored_along.index(0))
    signs = [float(np.sign(directions[stored][stored_along[stored]])) for stored in order]
    z_mm, y_mm, x_mm = (
        _ascending(position_mm[stored_along[stored]] + sign * along_mm[stored])
        for stored, sign in zip(order, signs, strict=True)
    )
    for axis_mm in (x_mm, y_mm, z_mm):
        if np.abs(axis_mm[[0, -1]]).max() > LARGEST_COORDINATE_MM or np.diff(axis_mm).min() < SAME_PLACE_MM:
            reach = f"{axis_mm[0]:g} to {axis_mm[-1]:g} mm"
            findings.refuse(
                "dose.geometry", f"The dose grid reaches from {reach} in {len(axis_mm)} points, which is impossible."
            )
    return GridAxes(
        x_mm=x_mm,
        y_mm=y_mm,
        z_mm=z_mm,
        order=order,
        is_descending=(signs[0] < 0, signs[1] < 0, signs[2] < 0),
        frame_order=frame_order,
    )


def _ascending(places_mm: FloatArray) -> FloatArray:
    """The places along one axis in ascending order, read-only. [mm]"""
    places_mm = places_mm if places_mm[0] < places_mm[-1] else places_mm[::-1].copy()
    places_mm.flags.writeable = False
    return places_mm


def _numbers(dataset: DataSet, tag: int, keyword: str, count: int, findings: Findings) -> tuple[float, ...]:
    values = dataset.numbers(tag)
    if len(values) != count:
        findings.refuse("dose.geometry", f"{keyword} has {len(values)} values; {count} expected.")
    return values


def _directions(cosines: FloatArray, findings: Findings) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors along which frames, rows and columns are counted."""
    along_row, along_column = cosines[:3], cosines[3:]  # the first triple points to the next column
    normal = np.cross(along_row, along_column)
    for direction in (along_row, along_column, normal):
        sizes = np.sort(np.abs(direction))
        if abs(sizes[2] - 1) > AXIS_TOLERANCE or sizes[1] > AXIS_TOLERANCE:
            found = ", ".join(f"{cosine:g}" for cosine in cosines)
            findings.refuse(
                "dose.oblique",
                f"ImageOrientationPatient is ({found}): the dose grid is tilted against the patient axes. Export "
                "the dose on a grid along the axes of the image.",
            )
    return normal, along_column, along_row


def _frame_offsets(
    dataset: DataSet,
    pixel_format: PixelFormat,
    position_mm: tuple[float, ...],
    cosines: tuple[float, ...],
    findings: Findings,
) -> tuple[FloatArray, NDArray[np.intp] | None]:
    """Ascending distances of the frames from the first along the normal, and the order that sorts the frames. [mm]

    PS3.3 C.8.8.3.2: offsets that begin with 0 are relative; else they are z positions, which only an image with
    orientation (1,0,0,0,1,0) may have, and then the first equals the image position's z.
    """
    offsets_mm = np.array(dataset.numbers(tags.GRID_FRAME_OFFSET_VECTOR))
    if min(pixel_format.frames, pixel_format.rows, pixel_format.columns) < 2:
        findings.refuse("dose.single-plane", "The dose has a single plane; expected a three-dimensional dose.")
    if len(offsets_mm) != pixel_format.frames:
        findings.refuse(
            "dose.offsets",
            f"GridFrameOffsetVector has {len(offsets_mm)} values for {pixel_format.frames} frames.",
        )
    if abs(offsets_mm[0]) > SAME_PLACE_MM:
        _refuse_unless_positions(offsets_mm, position_mm, cosines, findings)
        offsets_mm = offsets_mm - position_mm[2]
    steps_mm = np.diff(offsets_mm)
    frame_order = None
    if not (steps_mm > 0).all():
        frame_order = np.argsort(offsets_mm)
        if not (steps_mm < 0).all():
            findings.warn("dose.frames-unsorted", "The frames of the dose are not stored in order; they were sorted.")
        offsets_mm = offsets_mm[frame_order]
        steps_mm = np.diff(offsets_mm)
    if steps_mm.min() < SAME_PLACE_MM:
        findings.refuse("dose.offsets", "Two frames of the dose are at the same position.")
    if np.ptp(steps_mm) > UNEVEN_MM:
        findings.warn(
            "dose.offsets-uneven",
            f"The frames of the dose are {steps_mm.min():g} to {steps_mm.max():g} mm apart; the stated positions "
            f"are used.",
        )
        if missing := len(filled_in_mm(offsets_mm, float(np.median(steps_mm)))) - len(offsets_mm):
            findings.warn(
                "dose.frames-missing",
                f"Between two frames of the dose {steps_mm.max():g} mm lie where others are {np.median(steps_mm):g} mm "
                f"apart: {missing} frame(s) seem to be missing, and the dose between is not known.",
            )
    return offsets_mm, frame_order


def _refuse_unless_positions(
    offsets_mm: FloatArray, position_mm: tuple[float, ...], cosines: tuple[float, ...], findings: Findings
) -> None:
    """Refuses frame offsets that begin neither with 0 nor, on an axial grid, with the z of the image position."""
    is_axial = np.allclose(cosines, _HEAD_FIRST_SUPINE, rtol=0, atol=AXIS_TOLERANCE)
    if not is_axial or abs(offsets_mm[0] - position_mm[2]) > SAME_PLACE_MM:
        findings.refuse(
            "dose.offsets",
            f"GridFrameOffsetVector begins with {offsets_mm[0]:g}: neither 0 (relative offsets) nor the z of "
            f"ImagePositionPatient ({position_mm[2]:g}) of an axial grid.",
        )
