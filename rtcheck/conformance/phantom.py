"""The phantom as pydicom data sets: plan, dose, structure set and image slices, in any legal form asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from rtcheck.conformance.shapes import BOXES, FRACTIONS, PLANE_SPACING_MM, PRESCRIBED_GY, Box, dose_gy

ROOT = "2.25.3141592653"
"""Root of the phantom's UIDs."""

# Direction cosines of rows and columns as images of a patient lying so are stored (PS3.3 C.7.6.2.1.1).
ORIENTATIONS: dict[str, tuple[int, int, int, int, int, int]] = {
    "HFS": (1, 0, 0, 0, 1, 0),
    "HFP": (-1, 0, 0, 0, -1, 0),
    "FFS": (-1, 0, 0, 0, 1, 0),
    "FFP": (1, 0, 0, 0, -1, 0),
    "HFDL": (0, -1, 0, 1, 0, 0),
    "HFDR": (0, 1, 0, -1, 0, 0),
    "FFDL": (0, 1, 0, 1, 0, 0),
    "FFDR": (0, -1, 0, -1, 0, 0),
    "coronal": (1, 0, 0, 0, 0, -1),
    "sagittal": (0, 1, 0, 0, 0, -1),
}
Offsets = Literal["relative", "absolute", "descending"]
HoleForm = Literal["keyhole", "nested", "xor"]

# The dose grid's corner, node distance and number of nodes along x, y and z.
_CORNER_MM = (-100.0, -75.0, -60.0)
_STEP_MM = (5.0, 3.0, 4.0)
_NODES = (41, 51, 31)

_SOP_CLASSES = {
    "RTPLAN": "1.2.840.10008.5.1.4.1.1.481.5",
    "RTDOSE": "1.2.840.10008.5.1.4.1.1.481.2",
    "RTSTRUCT": "1.2.840.10008.5.1.4.1.1.481.3",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
}
_UIDS = {"RTPLAN": f"{ROOT}.1", "RTSTRUCT": f"{ROOT}.2", "RTDOSE": f"{ROOT}.3"}
FRAME_OF_REFERENCE = f"{ROOT}.9"


@dataclass(slots=True, kw_only=True)
class PhantomSet:
    """The data sets of one case, free to be changed before they are written."""

    plan: Dataset
    dose: Dataset
    structures: Dataset
    dose_syntax: str = ""
    """The dose's transfer syntax where it differs from the others'."""

    def write(self, folder: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> Path:
        """Writes plan.dcm, dose.dcm and struct.dcm into a folder, made where missing; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        write_file(self.plan, folder / "plan.dcm", transfer_syntax)
        write_file(self.dose, folder / "dose.dcm", self.dose_syntax or transfer_syntax)
        write_file(self.structures, folder / "struct.dcm", transfer_syntax)
        return folder


def phantom_set() -> PhantomSet:
    """The phantom in the plainest form."""
    return PhantomSet(plan=plan_dataset(), dose=dose_dataset(), structures=structures_dataset())


def write_file(dataset: Dataset, path: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> None:
    """Writes a data set with preamble and file meta group in the transfer syntax."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", _SOP_CLASSES["CT"])
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", ROOT)
    meta.TransferSyntaxUID = UID(transfer_syntax)
    is_implicit, is_little = meta.TransferSyntaxUID.is_implicit_VR, meta.TransferSyntaxUID.is_little_endian
    file = FileDataset(str(path), dataset, b"\0" * 128, meta, is_implicit, is_little)
    file.save_as(path, enforce_file_format=True)


def plan_dataset(*, beam_doses_gy: tuple[float, ...] = (1.2, 0.8), has_prescription: bool = True) -> Dataset:
    """An approved plan of two photon beams: 50 Gy in 25 fractions to the PTV."""
    plan = _common("RTPLAN")
    plan.RTPlanLabel = "Phantom"
    plan.RTPlanDate = "20260102"
    plan.RTPlanTime = "120000"
    plan.RTPlanGeometry = "PATIENT"
    plan.ApprovalStatus = "APPROVED"
    plan.FrameOfReferenceUID = FRAME_OF_REFERENCE
    plan.ReferencedStructureSetSequence = [reference("RTSTRUCT")]
    if has_prescription:
        plan.DoseReferenceSequence = [
            item(
                DoseReferenceNumber=1, DoseReferenceStructureType="VOLUME", DoseReferenceType="TARGET",
                ReferencedROINumber=1, TargetPrescriptionDose=PRESCRIBED_GY,
            )
        ]  # fmt: skip
    numbers = range(1, len(beam_doses_gy) + 1)
    referenced = [
        item(ReferencedBeamNumber=number, BeamDose=dose, BeamMeterset=100.0)
        for number, dose in zip(numbers, beam_doses_gy, strict=True)
    ]
    plan.FractionGroupSequence = [
        item(
            FractionGroupNumber=1, NumberOfFractionsPlanned=FRACTIONS, NumberOfBeams=len(referenced),
            NumberOfBrachyApplicationSetups=0, ReferencedBeamSequence=referenced,
        )
    ]  # fmt: skip
    plan.BeamSequence = [_beam(number) for number in numbers]
    plan.PatientSetupSequence = [item(PatientSetupNumber=1, PatientPosition="HFS")]
    return plan


def _beam(number: int) -> Dataset:
    points = [item(ControlPointIndex=0, NominalBeamEnergy=6, CumulativeMetersetWeight=0.0)]
    points.append(item(ControlPointIndex=1, CumulativeMetersetWeight=1.0))
    return item(
        BeamNumber=number, BeamName=f"Beam {number}", BeamType="STATIC", RadiationType="PHOTON",
        TreatmentDeliveryType="TREATMENT", FinalCumulativeMetersetWeight=1.0, NumberOfControlPoints=2,
        PrimaryDosimeterUnit="MU", NumberOfWedges=0, NumberOfBoli=0, ControlPointSequence=points,
    )  # fmt: skip


def dose_dataset(
    *,
    orientation: str = "HFS",
    offsets: Offsets = "relative",
    bits: int = 16,
    is_big_endian: bool = False,
    dose_at: Callable[[float, float, float], Any] = dose_gy,
    scaling: float | None = None,
    summation: str = "PLAN",
    uid: str = _UIDS["RTDOSE"],
    beam: int | None = None,
) -> Dataset:
    """The dose of the whole course on a grid with different steps along x, y and z, in the requested orientation."""
    dose = _common("RTDOSE")
    dose.SOPInstanceUID = uid
    dose.FrameOfReferenceUID = FRAME_OF_REFERENCE
    dose.update(_geometry(orientation, offsets))
    stored_gy = _stored_order(dose_at, orientation, is_descending=offsets == "descending")
    scaling = scaling or (2e-3 if bits == 16 else 1e-6)
    byte_order = ">" if is_big_endian else "<"
    pixels = np.clip(np.round(stored_gy / scaling), 0, 2**bits - 1).astype(f"{byte_order}u{bits // 8}")
    dose.NumberOfFrames, dose.Rows, dose.Columns = pixels.shape
    dose.SamplesPerPixel = 1
    dose.PhotometricInterpretation = "MONOCHROME2"
    dose.BitsAllocated = dose.BitsStored = bits
    dose.HighBit = bits - 1
    dose.PixelRepresentation = 0
    dose.DoseUnits = "GY"
    dose.DoseType = "PHYSICAL"
    dose.DoseSummationType = summation
    dose.DoseGridScaling = scaling
    dose.ReferencedRTPlanSequence = [reference("RTPLAN")]
    if beam is not None:
        group = item(ReferencedFractionGroupNumber=1, ReferencedBeamSequence=[item(ReferencedBeamNumber=beam)])
        dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]
    dose.add_new("PixelData", "OW", pixels.tobytes())
    return dose


def beam_share(share: float) -> Callable[[float, float, float], float]:
    """The dose of a beam that gives this share everywhere. [Gy]"""
    return lambda x_mm, y_mm, z_mm: share * dose_gy(x_mm, y_mm, z_mm)


def _geometry(orientation: str, offsets: Offsets) -> Dataset:
    """Position, orientation, spacing and frame offsets of the grid as stored."""
    cosines = ORIENTATIONS[orientation]
    axes = _stored_axes(cosines)
    (frame_axis, frame_sign), (row_axis, _), (column_axis, _) = axes
    steps_mm = np.arange(_NODES[frame_axis]) * _STEP_MM[frame_axis]
    first_mm = list(_CORNER_MM)
    for axis, sign in axes:
        if sign < 0:
            first_mm[axis] += _STEP_MM[axis] * (_NODES[axis] - 1)
    if offsets == "descending":
        first_mm[frame_axis] += frame_sign * steps_mm[-1]
        steps_mm = -steps_mm
    if offsets == "absolute":
        steps_mm = steps_mm + first_mm[2]
    return item(
        ImagePositionPatient=first_mm,
        ImageOrientationPatient=list(cosines),
        PixelSpacing=[_STEP_MM[row_axis], _STEP_MM[column_axis]],
        GridFrameOffsetVector=steps_mm.tolist(),
        FrameIncrementPointer=0x3004000C,
    )


def _stored_axes(cosines: tuple[int, ...]) -> list[tuple[int, int]]:
    """The patient axis and the sign along which frames, rows and columns are counted."""
    along_row, along_column = np.array(cosines[:3]), np.array(cosines[3:])
    directions = (np.cross(along_row, along_column), along_column, along_row)
    return [(int(np.flatnonzero(d)[0]), int(d[np.flatnonzero(d)[0]])) for d in directions]


def _stored_order(
    dose_at: Callable[[float, float, float], Any], orientation: str, *, is_descending: bool
) -> NDArray[np.float64]:
    """The doses at the nodes, (frames, rows, columns). [Gy]"""
    x, y, z = (corner + step * np.arange(n) for corner, step, n in zip(_CORNER_MM, _STEP_MM, _NODES, strict=True))
    by_axis = _at_nodes(dose_at, *np.meshgrid(x, y, z, indexing="ij"))
    axes = _stored_axes(ORIENTATIONS[orientation])
    stored: NDArray[np.float64] = by_axis.transpose([axis for axis, _ in axes])
    stored = stored[tuple(slice(None, None, sign) for _, sign in axes)]
    return stored[::-1] if is_descending else stored


def _at_nodes(dose_at: Callable[..., Any], *nodes_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The dose at all nodes at once, or point by point if the function cannot take arrays."""
    try:
        dose: NDArray[np.float64] = np.zeros_like(nodes_mm[0]) + dose_at(*nodes_mm)
    except (TypeError, ValueError):
        dose = np.vectorize(dose_at, otypes=[float])(*nodes_mm)
    return dose


def structures_dataset(*, boxes: tuple[Box, ...] = BOXES, holes: HoleForm = "keyhole") -> Dataset:
    """The structure set, one contour a plane; the hole as a keyhole, as a nested loop, or by even-odd loops."""
    structures = _common("RTSTRUCT")
    structures.StructureSetLabel = "Phantom"
    structures.StructureSetDate = "20260102"
    structures.StructureSetTime = "120000"
    structures.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID=FRAME_OF_REFERENCE)]
    structures.StructureSetROISequence = [
        item(ROINumber=box.number, ReferencedFrameOfReferenceUID=FRAME_OF_REFERENCE, ROIName=box.name,
             ROIGenerationAlgorithm="MANUAL") for box in boxes
    ]  # fmt: skip
    structures.ROIContourSequence = [
        item(ReferencedROINumber=box.number, ROIDisplayColor=[255, 0, 0],
             ContourSequence=[contour for z_mm in box.planes_mm for contour in _contours(box, z_mm, holes)])
        for box in boxes
    ]  # fmt: skip
    structures.RTROIObservationsSequence = [
        item(ObservationNumber=box.number, ReferencedROINumber=box.number, RTROIInterpretedType=box.type,
             ROIInterpreter="") for box in boxes
    ]  # fmt: skip
    return structures


def _contours(box: Box, z_mm: float, holes: HoleForm) -> list[Dataset]:
    (x0, y0, _), (x1, y1, _) = box.low_mm, box.high_mm
    outer = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    if box.hole_mm is None:
        return [contour(outer, z_mm)]
    u0, v0, u1, v1 = box.hole_mm
    inner = [(u0, v0), (u0, v1), (u1, v1), (u1, v0)]
    if holes == "keyhole":
        return [contour([*outer, outer[0], *inner, inner[0], outer[0]], z_mm)]
    kind = "CLOSED_PLANAR" if holes == "nested" else "CLOSEDPLANAR_XOR"
    return [contour(outer, z_mm, kind), contour(inner, z_mm, kind)]


def contour(points_mm: list[tuple[float, float]], z_mm: float, kind: str = "CLOSED_PLANAR") -> Dataset:
    """One contour item."""
    numbers = [f"{value:.2f}" for x, y in points_mm for value in (x, y, z_mm)]
    return item(ContourGeometricType=kind, NumberOfContourPoints=len(points_mm), ContourData=numbers)


def image_dataset(z_mm: float, number: int) -> Dataset:
    """A small CT slice of water."""
    image = _common("CT")
    image.SOPInstanceUID = f"{ROOT}.4.{number}"
    image.FrameOfReferenceUID = FRAME_OF_REFERENCE
    image.InstanceNumber = number
    image.ImagePositionPatient = [-100.0, -75.0, z_mm]
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.PixelSpacing = [10.0, 10.0]
    image.SliceThickness = PLANE_SPACING_MM
    image.Rows = image.Columns = 16
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 1
    image.RescaleIntercept, image.RescaleSlope = 0, 1
    image.add_new("PixelData", "OW", bytes(2 * 16 * 16))
    return image


def item(**elements: Any) -> Dataset:
    """A data set of these elements by keyword."""
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def reference(modality: str, uid: str | None = None) -> Dataset:
    """A reference to one of the phantom's objects."""
    return item(ReferencedSOPClassUID=_SOP_CLASSES[modality], ReferencedSOPInstanceUID=uid or _UIDS[modality])


def _common(modality: str) -> Dataset:
    return item(
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=_SOP_CLASSES[modality],
        SOPInstanceUID=_UIDS.get(modality, ROOT),
        StudyDate="20260102",
        StudyTime="120000",
        AccessionNumber="",
        Modality=modality,
        Manufacturer="rtcheck",
        ReferringPhysicianName="",
        PatientName="Phantom",
        PatientID="PHANTOM",
        PatientBirthDate="19700101",
        PatientSex="O",
        StudyInstanceUID=f"{ROOT}.7",
        SeriesInstanceUID=f"{ROOT}.8.{len(modality)}",
        StudyID="",
        SeriesNumber=None,
        FrameOfReferenceUID=FRAME_OF_REFERENCE,
        PositionReferenceIndicator="",
    )
