"""Contours, doses and CT pictures as DICOM datasets that say what real exports say."""

from dataclasses import dataclass

import numpy as np
from anatomy import PLANES_MM
from dicom_parts import Patient, add_approval, decimal, item, new_object, reference
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, RTDoseStorage, RTPlanStorage, RTStructureSetStorage
from solids import FloatArray
from treatment import Treatment

DETACHED_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"
DOSE_UNIT_GY = 0.001
HOUNSFIELD_AT_ZERO = -1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnStructure:
    """One ROI: its loops (n, 3) in mm, and what a structure set says of it. `fma_code` is a code and its meaning."""

    name: str
    type: str
    colour: tuple[int, int, int]
    loops: list[FloatArray]
    fma_code: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDvh:
    """A planning system's own DVH of one ROI: the volume that gets at least 0, 1, 2 ... bins of dose."""

    roi_number: int
    bin_gy: float
    volume_cc: FloatArray
    min_gy: float
    max_gy: float
    mean_gy: float


def ct_slice(patient: Patient, hounsfield: FloatArray, x_mm: FloatArray, y_mm: FloatArray, z_mm: float) -> FileDataset:
    """One CT slice; `hounsfield` has rows along y."""
    ct = new_object(patient, CTImageStorage, "CT", _ct_name(z_mm), series="ct")
    ct.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ct.ContentDate, ct.ContentTime = patient.planned_on, "083000"
    ct.BodyPartExamined = "ABDOMEN"
    ct.AcquisitionNumber = "1"
    ct.InstanceNumber = str(1 + np.searchsorted(-PLANES_MM[::-1], -z_mm))
    ct.KVP = "120"
    ct.PatientPosition = "HFS"
    ct.SliceThickness, ct.SliceLocation = "3", decimal(z_mm)
    _add_image_plane(ct, x_mm, y_mm, z_mm)
    ct.RescaleIntercept, ct.RescaleSlope, ct.RescaleType = str(HOUNSFIELD_AT_ZERO), "1", "HU"
    ct.WindowCenter, ct.WindowWidth = "40", "400"
    ct.PixelData = np.clip(np.rint(hounsfield) - HOUNSFIELD_AT_ZERO, 0, 4095).astype("<u2").tobytes()
    return ct


def structure_set(patient: Patient, structures: list[DrawnStructure]) -> FileDataset:
    """The RT Structure Set; every contour names the CT slice that it was drawn on."""
    ss = new_object(patient, RTStructureSetStorage, "RTSTRUCT", "structures")
    ss.StructureSetLabel = "Synthetic"
    ss.StructureSetDate, ss.StructureSetTime = patient.planned_on, "090000"
    ss.ReferencedFrameOfReferenceSequence = [_referenced_frame(patient)]
    numbered = list(enumerate(structures, start=1))
    ss.StructureSetROISequence = [
        item(
            ROINumber=number,
            ReferencedFrameOfReferenceUID=patient.uid("frame"),
            ROIName=structure.name,
            ROIGenerationAlgorithm="MANUAL",
        )
        for number, structure in numbered
    ]
    ss.ROIContourSequence = [
        item(
            ROIDisplayColor=list(structure.colour),
            ContourSequence=[_contour(patient, loop) for loop in structure.loops],
            ReferencedROINumber=number,
        )
        for number, structure in numbered
    ]
    ss.RTROIObservationsSequence = [_observation(number, structure) for number, structure in numbered]
    add_approval(ss, patient)
    return ss


def dose(patient: Patient, treatment: Treatment, dvhs: list[StoredDvh]) -> FileDataset:
    """The RT Dose of the whole plan, 16 bits, 1 mGy a step, with the DVHs of a planning system.

    The structure set is named only where there are DVHs: the reference belongs to their module.
    """
    rd = new_object(patient, RTDoseStorage, "RTDOSE", "dose")
    grid = treatment.grid
    rd.SliceThickness = decimal(grid.z_mm[1] - grid.z_mm[0])
    _add_image_plane(rd, grid.x_mm, grid.y_mm, grid.z_mm[0])
    rd.NumberOfFrames = str(grid.z_mm.size)
    rd.FrameIncrementPointer = Tag("GridFrameOffsetVector")
    rd.GridFrameOffsetVector = [decimal(z_mm - grid.z_mm[0]) for z_mm in grid.z_mm]
    rd.DoseUnits, rd.DoseType, rd.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    rd.DoseGridScaling = decimal(DOSE_UNIT_GY)
    rd.TissueHeterogeneityCorrection = "IMAGE"
    rd.ReferencedRTPlanSequence = [reference(RTPlanStorage, patient.uid("plan"))]
    if dvhs:
        rd.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, patient.uid("structures"))]
        rd.DVHSequence = [_dvh(dvh) for dvh in dvhs]
    rd.PixelData = np.rint(treatment.dose_gy / DOSE_UNIT_GY).astype("<u2").tobytes()
    return rd


def _ct_name(z_mm: float) -> str:
    return f"ct {z_mm:g}"


def _add_image_plane(ds: Dataset, x_mm: FloatArray, y_mm: FloatArray, z_mm: float) -> None:
    """Where the first pixel is, and 16-bit unsigned grey pixels."""
    ds.ImagePositionPatient = [decimal(v) for v in (x_mm[0], y_mm[0], z_mm)]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing = [decimal(y_mm[1] - y_mm[0]), decimal(x_mm[1] - x_mm[0])]
    ds.Rows, ds.Columns = y_mm.size, x_mm.size
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0


def _referenced_frame(patient: Patient) -> Dataset:
    """The whole CT series, as a planning system would have had it; the sample holds a few slices of it."""
    images = [reference(CTImageStorage, patient.uid(_ct_name(z_mm))) for z_mm in PLANES_MM]
    study = reference(DETACHED_STUDY_MANAGEMENT, patient.uid("study"))
    study.RTReferencedSeriesSequence = [
        item(SeriesInstanceUID=patient.uid("series", "ct"), ContourImageSequence=images)
    ]
    return item(FrameOfReferenceUID=patient.uid("frame"), RTReferencedStudySequence=[study])


def _contour(patient: Patient, loop: FloatArray) -> Dataset:
    contour = item(
        ContourImageSequence=[reference(CTImageStorage, patient.uid(_ct_name(loop[0, 2])))],
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(loop),
    )
    # Adding 0.0 turns -0.0 into 0.0. The text is set raw: pydicom would make an object of every number.
    text = "\\".join(f"{v:.1f}".removesuffix(".0") for v in (loop + 0.0).ravel())
    data = (text + " " * (len(text) % 2)).encode()
    tag = Tag("ContourData")
    contour[tag] = RawDataElement(tag, "DS", len(data), data, 0, is_implicit_VR=False, is_little_endian=True)
    return contour


def _observation(number: int, structure: DrawnStructure) -> Dataset:
    observation = item(
        ObservationNumber=number,
        ReferencedROINumber=number,
        RTROIInterpretedType=structure.type,
        ROIInterpreter="",
    )
    if structure.fma_code:
        value, meaning = structure.fma_code
        code = item(CodeValue=value, CodingSchemeDesignator="FMA", CodeMeaning=meaning)
        observation.RTROIIdentificationCodeSequence = [code]
    return observation


def _dvh(dvh: StoredDvh) -> Dataset:
    """A cumulative DVH in Gy and cm3; DVHData holds (bin width, volume) in turn."""
    data = np.column_stack([np.full(dvh.volume_cc.size, dvh.bin_gy), dvh.volume_cc])
    return item(
        DVHReferencedROISequence=[item(DVHROIContributionType="INCLUDED", ReferencedROINumber=dvh.roi_number)],
        DVHType="CUMULATIVE",
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DVHDoseScaling="1",
        DVHVolumeUnits="CM3",
        DVHNumberOfBins=str(dvh.volume_cc.size),
        DVHData=[decimal(round(v, 3)) for v in data.ravel()],
        DVHMinimumDose=decimal(round(dvh.min_gy, 3)),
        DVHMaximumDose=decimal(round(dvh.max_gy, 3)),
        DVHMeanDose=decimal(round(dvh.mean_gy, 3)),
    )
