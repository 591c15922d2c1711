"""DICOM registrations for tests, made of a matrix and two frames of reference."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from rtcheck.conformance.phantom import PhantomSet

SPATIAL = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.3"


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


def in_frame(uid: str, number: str) -> Callable[[PhantomSet], None]:
    """A second plan of the patient on other images, as a change of the first."""

    def change(files: PhantomSet) -> None:
        for each in (files.plan, files.dose):
            each.SOPInstanceUID += number
        files.structures.SOPInstanceUID += number
        files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
        files.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = files.structures.SOPInstanceUID
        files.plan.FrameOfReferenceUID = files.dose.FrameOfReferenceUID = uid
        files.structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = uid
        for roi in files.structures.StructureSetROISequence:
            roi.ReferencedFrameOfReferenceUID = uid

    return change


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
    file = _empty(path, target_uid, like, sop_class)
    file.RegistrationSequence = [item_of(target_uid, [np.eye(4)]), item_of(source_uid, matrices, kind)]
    return _written(file, path)


def write_deformable(
    path: Path,
    source_uid: str,
    target_uid: str,
    displacement_mm: Callable[[Any], Any],
    *,
    low_mm: Any = (-140.0, -120.0, -100.0),
    step_mm: Any = (10.0, 12.0, 8.0),
    counts: Any = (29, 21, 26),
    cosines: Any = (1, 0, 0, 0, 1, 0),
    pre: Any = None,
    post: Any = None,
    like: Dataset | None = None,
) -> Path:
    """Points (n, 3) of `target_uid` -> post(pre(p) + displacement(p)) of `source_uid`, on a grid of displacements."""
    axes = np.array([cosines[:3], cosines[3:], np.cross(cosines[:3], cosines[3:])])
    k, j, i = np.meshgrid(*(np.arange(count) for count in reversed(counts)), indexing="ij")
    points = np.array(low_mm) + (np.stack([i, j, k], axis=-1) * np.array(step_mm)) @ axes
    grid = Dataset()
    grid.ImagePositionPatient, grid.ImageOrientationPatient = list(low_mm), [f"{c:.10g}"[:16] for c in cosines]
    grid.GridDimensions, grid.GridResolution = list(counts), list(step_mm)
    grid.VectorGridData = displacement_mm(points.reshape(-1, 3)).astype("<f4").tobytes()
    item = Dataset()
    item.SourceFrameOfReferenceUID, item.DeformableRegistrationGridSequence = source_uid, [grid]
    for keyword, matrix in (("Pre", pre), ("Post", post)):
        if matrix is not None:
            step = item_of("", [matrix], "AFFINE").MatrixRegistrationSequence[0].MatrixSequence[0]
            setattr(item, f"{keyword}DeformationMatrixRegistrationSequence", [step])
    own = Dataset()
    own.SourceFrameOfReferenceUID = target_uid
    file = _empty(path, target_uid, like, DEFORMABLE)
    file.DeformableRegistrationSequence = [own, item]
    return _written(file, path)


def _empty(path: Path, target_uid: str, like: Dataset | None, sop_class: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = UID(sop_class), ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.77{abs(hash(path.name)) % 10**9}")
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Modality, file.FrameOfReferenceUID = "REG", target_uid
    file.PatientID, file.PatientName = (like.PatientID, like.PatientName) if like else ("", "")
    file.StudyInstanceUID = file.SeriesInstanceUID = "2.25.78"
    return file


def _written(file: FileDataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save_as(path, enforce_file_format=True)
    return path
