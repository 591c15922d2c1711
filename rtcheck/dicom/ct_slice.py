"""One CT slice by its path -> its Hounsfield units and the places of its pixels."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.contour_data import LARGEST_COORDINATE_MM
from rtcheck.dicom.finding.sources import locate, parse_dataset

FloatArray = NDArray[np.float64]

_MOST_PIXELS = 4096 * 4096
_MOST_BYTES = 4 * _MOST_PIXELS


def hounsfield(path: Path) -> tuple[FloatArray, FloatArray, float, FloatArray]:
    """x, y, z and the values (rows, columns) of an axial slice; ValueError and much else where it is none."""
    from io import BytesIO

    from pydicom import dcmread
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    content = locate(path).read(_MOST_BYTES)  # in an archive too, and no more than a slice has
    _, syntax, has_meta = parse_dataset(content)  # refuses what pydicom would unpack without a bound
    dataset = dcmread(BytesIO(content), force=True)
    if not has_meta:  # PS3.10 7.1 demands the meta group, but some exports lack it
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
    if dataset.Modality != "CT" or int(dataset.Rows) * int(dataset.Columns) > _MOST_PIXELS:
        raise ValueError("no CT slice of a usual size")
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    return *_axes(dataset), dataset.pixel_array * slope + intercept


def _axes(dataset: Any) -> tuple[FloatArray, FloatArray, float]:
    """Pixel centres along x and y, and z; ValueError where the slice is not axial."""
    row_cosine, column_cosine = np.reshape(np.array(dataset.ImageOrientationPatient, dtype=float), (2, 3)).round(3)
    if abs(row_cosine[0]) != 1 or abs(column_cosine[1]) != 1:
        raise ValueError("not an axial slice along the patient's axes")
    x0, y0, z = map(float, dataset.ImagePositionPatient)
    between_rows, between_columns = map(float, dataset.PixelSpacing)
    x = x0 + row_cosine[0] * between_columns * np.arange(int(dataset.Columns))
    y = y0 + column_cosine[1] * between_rows * np.arange(int(dataset.Rows))
    if not max(abs(z), np.abs(x).max(), np.abs(y).max()) < LARGEST_COORDINATE_MM:
        raise ValueError("a slice that is nowhere near a patient")
    return x, y, z
