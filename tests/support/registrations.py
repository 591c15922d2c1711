"""DICOM registrations for tests, made of a matrix and two frames of reference."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

SPATIAL = "1.2.840.10008.5.1.4.1.1.66.1"


def turn(axis: str, degrees: float) -> Any:
    """Rotation about x, y or z, counter-clockwise seen from the axis' end. (3, 3)"""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return {
        "x": np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]),
        "y": np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]]),
        "z": np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]),
    }[axis]


def matrix_of(linear: Any = None, shift_mm: Any = (0.0, 0.0, 0.0)) -> Any:
    """The 4 x 4 matrix of a linear map and a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3) if linear is None else linear
    matrix[:3, 3] = shift_mm
    return matrix


def item_of(source_uid: str, matrices: Any, kind: str = "RIGID") -> Dataset:
    """One item of the Registration Sequence."""
    steps = []
    for matrix in matrices:
        step = Dataset()
        step.FrameOfReferenceTransformationMatrix = [f"{value:.10g}"[:16] for value in np.ravel(matrix)]
        step.FrameOfReferenceTransformationMatrixType = kind
        steps.append(step)
    registration = Dataset()
    registration.MatrixSequence = steps
    item = Dataset()
    if source_uid:
        item.FrameOfReferenceUID = source_uid
    item.MatrixRegistrationSequence = [registration]
    return item


def write_registration(
    path: Path,
    source_uid: str,
    target_uid: str,
    *matrices: Any,
    kind: str = "RIGID",
    like: Dataset | None = None,
    sop_class: str = SPATIAL,
) -> Path:
    """A registration of `source_uid` to `target_uid`, of the patient of the data set `like`."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = UID(sop_class), ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.77{abs(hash(path.name)) % 10**9}")
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Modality, file.FrameOfReferenceUID = "REG", target_uid
    file.PatientID, file.PatientName = (like.PatientID, like.PatientName) if like else ("", "")
    file.StudyInstanceUID = file.SeriesInstanceUID = "2.25.78"
    own = item_of(target_uid, [np.eye(4)])
    file.RegistrationSequence = [own, item_of(source_uid, matrices, kind)]
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save_as(path, enforce_file_format=True)
    return path
