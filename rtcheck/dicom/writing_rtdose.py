"""A dose grid and the files that it was made from -> the bytes of an RTDOSE (PS3.3 A.18.3)."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import DicomError, UsageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
SERIES_NUMBER = 9002  # far from those that planning systems count up
LEAST_STEP_GY = 1e-6  # far below every rounding of planning systems; 32 bits hold 4,000 Gy of it
LARGEST_NUMBER = 2**32 - 2

_TAKEN_OVER = (
    *("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    *("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName"),
    "StudyDescription",
)
_MUST_BE_THERE = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime"),
    *("AccessionNumber", "ReferringPhysicianName", "OperatorsName", "PositionReferenceIndicator"),
)


def rtdose_bytes(
    grid: DoseGrid,
    *,
    dose_files: Sequence[Path | None],
    plan_files: Sequence[Path | None],
    plan_count: int,
    version: str,
    eqd2_alpha_beta_gy: float | None = None,
    registration_files: Sequence[Path | None] = (),
    is_rigid: bool = True,
) -> bytes:
    """The file of a sum of plans: MULTI_PLAN, in the patient and study of the first dose, with references to the plans.

    The axes of `grid` must be uniform along x and y. A dose in EQD2, or of doses that are themselves weighted, has the
    DoseType EFFECTIVE. `registration_files` are those that doses of other frames of reference were moved by.

    Raises UsageError where the plan of a dose is missing, DicomError for a file that cannot be read.
    """
    doses, plans = ([_header(path) for path in paths] for paths in (dose_files, plan_files))
    if len(plans) < plan_count or not doses:
        raise UsageError(
            f"{plan_count} plans were added, but {len(plans)} RTPLAN files are there; the RTDOSE of a sum refers to "
            "every plan of it (type 1C), so it cannot be written."
        )
    made = _identified(doses[0], version)
    made.FrameOfReferenceUID = grid.frame_of_reference_uid or made.get("FrameOfReferenceUID", "")
    _describe(made, doses, eqd2_alpha_beta_gy)
    if registration_files:
        made.SpatialTransformOfDose = "RIGID" if is_rigid else "NON_RIGID"
        made.ReferencedSpatialRegistrationSequence = [_reference(_header(path)) for path in registration_files]
    made.ReferencedRTPlanSequence = [
        _reference(plan) for plan in {plan.SOPInstanceUID: plan for plan in plans}.values()
    ]
    _place(made, grid)
    return _encoded(made)


def _header(path: Path | None) -> "Dataset":
    from pydicom import dcmread

    try:
        if path is None:
            raise ValueError("no file")
        header = dcmread(path, stop_before_pixels=True, force=True)
        _ = (header.SOPClassUID, header.SOPInstanceUID, header.StudyInstanceUID)
    except Exception as error:
        name = path.name if path else "a file"
        raise DicomError(f"{name}: cannot be referred to by an RTDOSE ({type(error).__name__}).") from None
    return header


def _identified(first: "Dataset", version: str) -> "Dataset":
    """A new object and series in the patient, study and frame of reference of the first dose."""
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    made = Dataset()
    for keyword in (*_TAKEN_OVER, "FrameOfReferenceUID", "PositionReferenceIndicator"):
        if keyword in first:
            made[keyword] = first[keyword]
    for keyword in _MUST_BE_THERE:
        if keyword not in made:
            setattr(made, keyword, "")
    now = datetime.now()
    made.InstanceCreationDate, made.InstanceCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    made.SeriesDate, made.SeriesTime = made.InstanceCreationDate, made.InstanceCreationTime
    made.SOPClassUID, made.SOPInstanceUID, made.SeriesInstanceUID = RT_DOSE, generate_uid(), generate_uid()
    made.Modality, made.SeriesNumber, made.InstanceNumber = "RTDOSE", SERIES_NUMBER, 1
    made.Manufacturer, made.ManufacturerModelName = "rtcheck", "rtcheck"
    made.DeviceSerialNumber, made.SoftwareVersions = "1", version
    return made


def _describe(made: "Dataset", doses: Sequence["Dataset"], eqd2_alpha_beta_gy: float | None) -> None:
    is_weighted = any(dose.get("DoseType") == "EFFECTIVE" for dose in doses)
    what = "physical dose" if eqd2_alpha_beta_gy is None else f"EQD2, alpha/beta {eqd2_alpha_beta_gy:g} Gy"
    made.SeriesDescription = f"rtcheck sum: {what}"
    made.DoseComment = f"Sum of plans by rtcheck: {what}; trilinear"
    made.DoseUnits, made.DoseSummationType = "GY", "MULTI_PLAN"
    made.DoseType = "EFFECTIVE" if is_weighted or eqd2_alpha_beta_gy is not None else "PHYSICAL"
    moved = next((dose for dose in doses if dose.get("SpatialTransformOfDose", "NONE") not in ("", "NONE")), None)
    if moved is not None:
        made.SpatialTransformOfDose = moved.SpatialTransformOfDose
        made.ReferencedSpatialRegistrationSequence = moved.get("ReferencedSpatialRegistrationSequence", [])


def _reference(plan: "Dataset") -> "Dataset":
    from pydicom.dataset import Dataset

    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = plan.SOPClassUID, plan.SOPInstanceUID
    return reference


def _place(made: "Dataset", grid: DoseGrid) -> None:
    """The pixels and where they lie."""
    from pydicom.valuerep import format_number_as_ds

    step_gy = LEAST_STEP_GY
    while grid.max_gy > LARGEST_NUMBER * step_gy:
        step_gy *= 10
    stored = np.rint(np.maximum(grid.dose_gy.astype(np.float64), 0.0) / step_gy).astype("<u4")

    def decimals(values_mm: "np.ndarray[tuple[int], np.dtype[np.float64]] | list[float]") -> list[str]:
        return [format_number_as_ds(float(np.round(value, 6))) for value in values_mm]

    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated = made.BitsStored = 32
    made.HighBit = 31
    made.NumberOfFrames, made.Rows, made.Columns = stored.shape
    made.FrameIncrementPointer = 0x3004000C
    made.SliceThickness = format_number_as_ds(float(np.round(np.diff(grid.z_mm).min(), 6)))
    made.ImagePositionPatient = decimals([float(axis[0]) for axis in grid.axes_mm])
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    made.PixelSpacing = decimals([float(np.diff(grid.y_mm).mean()), float(np.diff(grid.x_mm).mean())])
    made.GridFrameOffsetVector = decimals(list(grid.z_mm - grid.z_mm[0]))
    made.DoseGridScaling = format_number_as_ds(step_gy)
    made.PixelData = stored.tobytes()


def _encoded(made: "Dataset") -> bytes:
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta = meta
    buffer = BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()
