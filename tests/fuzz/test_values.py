"""Any grid, any offsets, any contours, by hypothesis: what is read is what was written, or a refusal."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmwrite
from pydicom.dataset import Dataset

from rtcheck.conformance.phantom import ORIENTATIONS, dose_dataset, item
from rtcheck.dicom.contour_data import read_contours
from rtcheck.dicom.dose_axes import read_axes
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.sources import parse_dataset
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.pixels import read_pixel_format
from rtcheck.errors import DicomError

COORDINATES = st.floats(min_value=-900, max_value=900, allow_nan=False, allow_infinity=False)


def _parsed(dataset: Dataset) -> DataSet:
    stream = io.BytesIO()
    dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    return parse_dataset(stream.getvalue())[0]


@st.composite
def _grids(draw: st.DrawFn) -> tuple[Dataset, NDArray[np.uint16]]:
    """A dose of random shape, place and orientation whose stored numbers are all different."""
    shape = tuple(draw(st.tuples(*[st.integers(2, 6)] * 3)))
    dose = dose_dataset()
    dose.NumberOfFrames, dose.Rows, dose.Columns = shape
    dose.PixelSpacing = [round(draw(st.floats(0.1, 20)), 3) for _ in range(2)]
    dose.ImagePositionPatient = [round(draw(COORDINATES), 3) for _ in range(3)]
    dose.ImageOrientationPatient = list(ORIENTATIONS[draw(st.sampled_from(sorted(ORIENTATIONS)))])
    steps = [round(draw(st.floats(0.1, 20)), 3) for _ in range(shape[0] - 1)]
    sign = draw(st.sampled_from((1, -1)))
    dose.GridFrameOffsetVector = [0.0, *(sign * np.round(np.cumsum(steps), 3)).tolist()]
    stored = np.arange(1, np.prod(shape) + 1, dtype="<u2").reshape(shape)
    dose.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
    return dose, stored


@given(_grids())
@settings(max_examples=150)
def test_every_node_of_any_grid_is_where_dicom_puts_it(grid: tuple[Dataset, NDArray[np.uint16]]) -> None:
    """PS3.3 C.7.6.2.1.1: position + column index * spacing along the row + row index * spacing along the column."""
    dose, stored = grid
    parsed = _parsed(dose)
    pixel_format = read_pixel_format(parsed)
    axes = read_axes(parsed, pixel_format, Findings())
    placed = axes.to_patient(stored)
    row, column = np.array(dose.ImageOrientationPatient[:3]), np.array(dose.ImageOrientationPatient[3:])
    for frame, i, j in np.ndindex(stored.shape):
        x, y, z = (
            np.array(dose.ImagePositionPatient, dtype=float)
            + row * float(dose.PixelSpacing[1]) * j
            + column * float(dose.PixelSpacing[0]) * i
            + np.cross(row, column) * float(dose.GridFrameOffsetVector[frame])
        )
        place = tuple(int(np.abs(axis - at).argmin()) for axis, at in ((axes.z_mm, z), (axes.y_mm, y), (axes.x_mm, x)))
        node_mm = (axes.z_mm[place[0]], axes.y_mm[place[1]], axes.x_mm[place[2]])
        assert np.allclose(node_mm, (z, y, x), atol=1e-6)
        assert placed[place] == stored[frame, i, j]


@given(st.lists(st.floats(-1e6, 1e6), max_size=8), st.integers(0, 8))
@settings(max_examples=200)
def test_any_offsets_make_ascending_axes_or_a_refusal(offsets: list[float], frames: int) -> None:
    dose = dose_dataset()
    dose.NumberOfFrames = frames
    dose.GridFrameOffsetVector = [round(offset, 3) for offset in offsets]
    parsed = _parsed(dose)
    try:
        axes = read_axes(parsed, read_pixel_format(parsed), Findings())
    except DicomError:
        return
    assert len(axes.z_mm) == frames
    assert (np.diff(axes.z_mm) > 0).all()


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1), st.integers(-5, 2**31 - 1), st.sampled_from((8, 16, 32)))
@settings(max_examples=200)
def test_any_claimed_shape_is_the_stored_one_or_a_refusal(rows: int, columns: int, frames: int, bits: int) -> None:
    dose = dose_dataset()
    dose.Rows, dose.Columns, dose.NumberOfFrames = rows, columns, frames
    dose.BitsAllocated = dose.BitsStored = bits
    dose.HighBit = bits - 1
    dose.PixelData = bytes(64)
    parsed = _parsed(dose)
    try:
        read_pixel_format(parsed)
    except DicomError:
        return
    assert rows * columns * frames <= 256 * 1024**2


@given(st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=40), COORDINATES, st.booleans())
@settings(max_examples=150)
def test_any_contour_is_read_as_it_was_written(points: list[tuple[float, float]], z_mm: float, is_padded: bool) -> None:
    pad = " " if is_padded else ""
    numbers = [f"{pad}{value:.4f}" for x, y in points for value in (x, y, round(z_mm, 3))]
    contour = item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=len(points), ContourData=numbers)
    parsed = _parsed(item(Modality="RTSTRUCT", ContourSequence=[contour]))
    findings = Findings()
    (found,), thickness_mm, _ = read_contours(parsed.items(0x30060040), "any", findings)
    assert np.allclose(found.vertices_mm[:, :2], points, atol=1e-4)
    assert set(found.vertices_mm[:, 2]) == {round(z_mm, 3)}
    assert (thickness_mm, findings.notices) == (None, [])


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on writing such values
@given(st.binary(max_size=120))
@settings(max_examples=300)
def test_any_bytes_for_coordinates_are_numbers_or_a_refusal(raw: bytes) -> None:
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    contour = item(ContourGeometricType="CLOSED_PLANAR")
    tag = Tag("ContourData")
    value = raw + b" " * (len(raw) % 2)
    contour[tag] = RawDataElement(tag, "UN", len(value), value, 0, False, True)
    parsed = _parsed(item(Modality="RTSTRUCT", ContourSequence=[contour]))
    try:
        contours, *_ = read_contours(parsed.items(0x30060040), "any", Findings())
    except DicomError as error:
        found = error.code
    else:
        found = "read"
        assert all(np.isfinite(c.vertices_mm).all() for c in contours)
    assert found in ("read", "contour.bad-data", "contour.not-axial")


def test_contours_by_the_hundred_with_an_odd_one_keep_their_order() -> None:
    """Contours are parsed by the hundred; one in exponents, which only the slow way reads, stands in the second run."""
    first_x = ["3e2" if k == 300 else f"{k}" for k in range(600)]
    contours = [
        item(ContourGeometricType="CLOSED_PLANAR", ContourData=[x, "0", "5", "9", "0", "5", "9", "9", "5"])
        for x in first_x
    ]
    parsed = _parsed(item(Modality="RTSTRUCT", ContourSequence=contours))
    found, *_ = read_contours(parsed.items(0x30060040), "any", Findings())
    assert [contour.vertices_mm[0, 0] for contour in found] == list(range(600))
