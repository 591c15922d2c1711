"""The matrix of one item of a registration, if it can be one patient's."""

import numpy as np

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.errors import DicomError
from rtcheck.geometry.transforms.affine import Affine

TYPES = ("RIGID", "RIGID_SCALE", "AFFINE")

LARGEST_SCALE = 1.1
"""Of one patient's length in another scan, or its inverse: beyond it the matrix is in other units, or damaged."""


def registered_frame(dataset: DataSet) -> str:
    """The frame of reference that a file registers others to."""
    uid = dataset.uid(tags.FRAME_OF_REFERENCE_UID)
    if not uid:
        raise faulty_registration("it has no Frame of Reference UID, so the frame that it registers to is unknown")
    return uid


def read_matrix(item: DataSet, where: str) -> Affine:
    """The map of one matrix; `where` names its place. Raises DicomError for one that cannot be a patient's."""
    values = item.numbers(tags.TRANSFORMATION_MATRIX)
    kind = item.code(tags.MATRIX_TYPE)
    if len(values) != 16:
        raise faulty_registration(f"{where}: the matrix has {len(values)} values; 16 expected")
    matrix = np.array(values).reshape(4, 4)
    if np.abs(matrix[3] - (0, 0, 0, 1)).max() > 1e-6:
        raise faulty_registration(f"{where}: the last row of the matrix is not 0, 0, 0, 1")
    step = Affine(linear=matrix[:3, :3], shift_mm=matrix[:3, 3])
    largest, _, least = step.scales
    if least < 1e-3 * max(largest, 1e-3):
        raise faulty_registration(f"{where}: the matrix cannot be inverted")
    if step.is_mirror:
        raise faulty_registration(f"{where}: the matrix mirrors the patient")
    if kind not in TYPES:
        raise faulty_registration(f"{where}: the matrix type is {kind or 'missing'}; expected {', '.join(TYPES)}")
    if kind == "RIGID" and not step.is_rigid:
        raise faulty_registration(f"{where}: the matrix is called RIGID but scales by {least:.4g} to {largest:.4g}")
    if largest > LARGEST_SCALE or least < 1 / LARGEST_SCALE:
        raise faulty_registration(
            f"{where}: the matrix scales by {least:.4g} to {largest:.4g}, more than one patient's size can"
        )
    return step


def faulty_registration(text: str) -> DicomError:
    """The refusal of a registration."""
    return DicomError(f"the registration cannot be used: {text}.", code="registration.faulty")
