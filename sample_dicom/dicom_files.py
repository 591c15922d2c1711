"""Drawn contours, a treatment and a CT picture as DICOM datasets that say what real exports say, always in the same bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from anatomy import PLANES_MM
from solids import FloatArray, Point
from treatment import PIXEL_MM, PIXELS, SOURCE_DISTANCE_MM, Treatment, TreatedBeam

STUDY_COMPONENT_CLASS = "1.2.840.10008.3.1.2.3.1"
DOSE_UNIT_GY = 0.001
LEAVES = 40
LEAF_WIDTH_MM = 5.0
SEGMENT_LEVELS = (0.15, 0.4, 0.65)
MACHINE = "Synthetic linac"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnStructure:
    """One ROI: its loops (n, 3) in mm, and what a structure set says about it. `fma_code` is a code and its meaning."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who it is and what was prescribed. `key` makes the UIDs."""

    key: str
    name: str
    id: str
    sex: str
    birth_date: str
    planned_on: str
    plan_label: str
    dose_rx_gy: float
    fractions: int
    is_approved: bool


def uid(*words: str) -> str:
    """A UID under 2.25 that only depends on the words."""
    digest = bytearray(hashlib.sha256("/".join(("rtcheck samples", *words)).encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return f"2.25.{UUID(bytes=bytes(digest)).int}"


def write(dataset: FileDataset, path: Path) -> None:
    dataset.save_as(path, enforce_file_format=True)


def ct_slice(
    patient: Patient, hounsfield: FloatArray, *, z_mm: float, x_mm: FloatArray, y_mm: FloatArray
) -> FileDataset:
    """One CT slice; `hounsfield` has rows along y."""
    ct = _object(patient, CTImageStorage, "CT", f"ct {z_mm:g}", series="ct")
    _frame_of_reference(ct, patient)
    ct.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ct.ContentDate, ct.ContentTime = patient.planned_on, "083000"
    ct.BodyPartExamined = "ABDOMEN"
    ct.AcquisitionNumber = "1"
    ct.InstanceNumber = str(1 + round((PLANES_MM[-1] - z_mm) / 3))
    ct.KVP = "120"
    ct.PatientPosition = "HFS"
    ct.SliceThickness = "3"
    ct.SliceLocation = _number(z_mm)
    _image_plane(ct, x_mm, y_mm, z_mm)
    ct.RescaleIntercept, ct.RescaleSlope, ct.RescaleType = "-1024", "1", "HU"
    ct.WindowCenter, ct.WindowWidth = "40", "400"
    ct.PixelData = np.clip(np.rint(hounsfield) + 1024, 0, 4095).astype("<u2").tobytes()
    return ct


def structure_set(patient: Patient, structures: list[DrawnStructure]) -> FileDataset:
    """The RT Structure Set; every contour names the CT slice that it was drawn on."""
    ss = _object(patient, RTStructureSetStorage, "RTSTRUCT", "structures")
    _frame_of_reference(ss, patient)
    ss.StructureSetLabel = "Synthetic"
    ss.StructureSetDate, ss.StructureSetTime = patient.planned_on, "090000"
    ss.ReferencedFrameOfReferenceSequence = Sequence([_referenced_frame(patient)])
    ss.StructureSetROISequence, ss.ROIContourSequence, ss.RTROIObservationsSequence = Sequence(), Sequence(), Sequence()
    for number, structure in enumerate(structures, start=1):
        ss.StructureSetROISequence.append(
            _item(
                ROINumber=number,
                ReferencedFrameOfReferenceUID=uid(patient.key, "frame"),
                ROIName=structure.name,
                ROIGenerationAlgorithm="MANUAL",
            )
        )
        ss.ROIContourSequence.append(
            _item(
                ROIDisplayColor=list(structure.colour),
                ContourSequence=Sequence([_contour(patient, loop) for loop in structure.loops]),
                ReferencedROINumber=number,
            )
        )
        observation = _item(
            ObservationNumber=number,
            ReferencedROINumber=number,
            RTROIInterpretedType=structure.type,
            ROIInterpreter="",
        )
        if structure.fma_code:
            value, meaning = structure.fma_code
            code = _item(CodeValue=value, CodingSchemeDesignator="FMA", CodeMeaning=meaning)
            observation.RTROIIdentificationCodeSequence = Sequence([code])
        ss.RTROIObservationsSequence.append(observation)
    _approval(ss, patient)
    return ss


def plan(patient: Patient, treatment: Treatment, *, target_number: int, name: str) -> FileDataset:
    """The RT Plan: one target prescription, one fraction group, step-and-shoot beams."""
    rt = _object(patient, RTPlanStorage, "RTPLAN", "plan")
    _frame_of_reference(rt, patient)
    rt.RTPlanLabel, rt.RTPlanName = patient.plan_label, name
    rt.RTPlanDate, rt.RTPlanTime = patient.planned_on, "100000"
    rt.PlanIntent = "CURATIVE"
    rt.RTPlanGeometry = "PATIENT"
    rt.ReferencedStructureSetSequence = Sequence([_reference(RTStructureSetStorage, uid(patient.key, "structures"))])
    rt.DoseReferenceSequence = Sequence(
        [
            _item(
                DoseReferenceNumber=1,
                DoseReferenceStructureType="VOLUME",
                DoseReferenceDescription="PTV",
                DoseReferenceType="TARGET",
                ReferencedROINumber=target_number,
                DeliveryMaximumDose=_number(1.15 * patient.dose_rx_gy),
                TargetMinimumDose=_number(0.95 * patient.dose_rx_gy),
                TargetPrescriptionDose=_number(patient.dose_rx_gy),
                TargetMaximumDose=_number(1.1 * patient.dose_rx_gy),
            )
        ]
    )
    rt.FractionGroupSequence = Sequence([_fraction_group(patient, treatment)])
    beams = [_beam(n, beam, treatment) for n, beam in enumerate(treatment.beams, start=1)]
    rt.BeamSequence = Sequence(beams)
    rt.PatientSetupSequence = Sequence(
        [
            _item(
                PatientSetupNumber=1, PatientPosition="HFS", SetupTechnique="ISOCENTRIC", FixationDeviceSequence=_mask()
            )
        ]
    )
    _approval(rt, patient)
    return rt


def dose(patient: Patient, treatment: Treatment, dvhs: list[StoredDvh]) -> FileDataset:
    """The RT Dose of the whole plan, 16 bits, 1 mGy a step, with the DVHs of a planning system.

    The structure set is named only where there are DVHs: the reference belongs to their module.
    """
    rd = _object(patient, RTDoseStorage, "RTDOSE", "dose")
    _frame_of_reference(rd, patient)
    grid = treatment.grid
    spacing_mm = float(np.diff(grid.z_mm[:2])[0])
    rd.SliceThickness = _number(spacing_mm)
    _image_plane(rd, grid.x_mm, grid.y_mm, float(grid.z_mm[0]))
    rd.InstanceNumber = "1"
    rd.NumberOfFrames = str(grid.z_mm.size)
    rd.FrameIncrementPointer = Tag("GridFrameOffsetVector")
    rd.GridFrameOffsetVector = [_number(z - grid.z_mm[0]) for z in grid.z_mm]
    rd.DoseUnits, rd.DoseType, rd.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    rd.DoseGridScaling = _number(DOSE_UNIT_GY)
    rd.TissueHeterogeneityCorrection = "IMAGE"
    rd.ReferencedRTPlanSequence = Sequence([_reference(RTPlanStorage, uid(patient.key, "plan"))])
    if dvhs:
        rd.ReferencedStructureSetSequence = Sequence(
            [_reference(RTStructureSetStorage, uid(patient.key, "structures"))]
        )
        rd.DVHSequence = Sequence([_dvh(dvh) for dvh in dvhs])
    rd.PixelData = np.rint(treatment.dose_gy / DOSE_UNIT_GY).astype("<u2").tobytes()
    return rd


def _dvh(dvh: StoredDvh) -> Dataset:
    """A cumulative DVH in Gy and cm3; DVHData holds (bin width, volume) in turn."""
    data = np.column_stack([np.full(dvh.volume_cc.size, dvh.bin_gy), dvh.volume_cc])
    return _item(
        DVHReferencedROISequence=Sequence(
            [_item(DVHROIContributionType="INCLUDED", ReferencedROINumber=dvh.roi_number)]
        ),
        DVHType="CUMULATIVE",
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DVHDoseScaling="1",
        DVHVolumeUnits="CM3",
        DVHNumberOfBins=str(dvh.volume_cc.size),
        DVHData=[_number(round(v, 3)) for v in data.ravel()],
        DVHMinimumDose=_number(round(dvh.min_gy, 3)),
        DVHMaximumDose=_number(round(dvh.max_gy, 3)),
        DVHMeanDose=_number(round(dvh.mean_gy, 3)),
    )


def _object(patient: Patient, sop_class: str, modality: str, what: str, *, series: str = "") -> FileDataset:
    """An empty object with what every object says about itself, the patient, the study and the series."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = uid(patient.key, what)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = "RTCHECK_SAMPLES"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.InstanceCreationDate, ds.InstanceCreationTime = patient.planned_on, "120000"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid(patient.key, what)
    ds.StudyDate, ds.StudyTime = patient.planned_on, "080000"
    ds.SeriesDate, ds.SeriesTime = patient.planned_on, "083000"
    ds.AccessionNumber = ""
    ds.Modality = modality
    ds.Manufacturer, ds.ManufacturerModelName = "rtcheck", "make_samples.py"
    ds.SoftwareVersions, ds.DeviceSerialNumber = "1", "1"
    ds.ReferringPhysicianName = ""
    ds.OperatorsName = ""
    ds.StudyDescription, ds.SeriesDescription = "Synthetic liver patient", f"Synthetic {modality}"
    ds.PatientName, ds.PatientID = patient.name, patient.id
    ds.PatientBirthDate, ds.PatientSex = patient.birth_date, patient.sex
    ds.PatientComments = "Synthetic: no such person"
    ds.StudyInstanceUID = uid(patient.key, "study")
    ds.SeriesInstanceUID = uid(patient.key, "series", series or what)
    ds.StudyID, ds.SeriesNumber = "1", "1"
    if modality in ("RTSTRUCT", "RTPLAN", "RTDOSE"):
        ds.InstanceNumber = "1"
    return ds


def _frame_of_reference(ds: Dataset, patient: Patient) -> None:
    ds.FrameOfReferenceUID = uid(patient.key, "frame")
    ds.PositionReferenceIndicator = ""


def _image_plane(ds: Dataset, x_mm: FloatArray, y_mm: FloatArray, z_mm: float) -> None:
    """Where the first pixel is, and 16-bit unsigned grey pixels."""
    ds.ImagePositionPatient = [_number(v) for v in (x_mm[0], y_mm[0], z_mm)]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing = [_number(y_mm[1] - y_mm[0]), _number(x_mm[1] - x_mm[0])]
    ds.Rows, ds.Columns = y_mm.size, x_mm.size
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0


def _approval(ds: Dataset, patient: Patient) -> None:
    ds.ApprovalStatus = "APPROVED" if patient.is_approved else "UNAPPROVED"
    if patient.is_approved:
        ds.ReviewDate, ds.ReviewTime, ds.ReviewerName = patient.planned_on, "110000", "Reviewer^Synthetic"


def _referenced_frame(patient: Patient) -> Dataset:
    images = [_reference(CTImageStorage, uid(patient.key, f"ct {z_mm:g}")) for z_mm in PLANES_MM]
    series = _item(SeriesInstanceUID=uid(patient.key, "series", "ct"), ContourImageSequence=Sequence(images))
    study = _reference(STUDY_COMPONENT_CLASS, uid(patient.key, "study"))
    study.RTReferencedSeriesSequence = Sequence([series])
    return _item(FrameOfReferenceUID=uid(patient.key, "frame"), RTReferencedStudySequence=Sequence([study]))


def _contour(patient: Patient, loop: FloatArray) -> Dataset:
    item = _item(
        ContourImageSequence=Sequence([_reference(CTImageStorage, uid(patient.key, f"ct {loop[0, 2]:g}"))]),
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(loop),
    )
    text = "\\".join(f"{v:.1f}".removesuffix(".0") for v in (loop + 0.0).ravel())
    data = (text + " " * (len(text) % 2)).encode()
    item[Tag("ContourData")] = RawDataElement(Tag("ContourData"), "DS", len(data), data, 0, False, True, True)
    return item


def _fraction_group(patient: Patient, treatment: Treatment) -> Dataset:
    references = [
        _item(
            BeamDose=_number(round(beam.isocentre_gy / patient.fractions, 4)),
            BeamMeterset=_number(_meterset(beam, patient)),
            ReferencedBeamNumber=number,
        )
        for number, beam in enumerate(treatment.beams, start=1)
    ]
    return _item(
        FractionGroupNumber=1,
        NumberOfFractionsPlanned=str(patient.fractions),
        NumberOfBeams=len(references),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=Sequence(references),
        ReferencedDoseReferenceSequence=Sequence([_item(ReferencedDoseReferenceNumber=1)]),
    )


def _meterset(beam: TreatedBeam, patient: Patient) -> float:
    """Monitor units of one fraction: about 100 for 1 Gy at the isocentre, more where the fluence is cut up."""
    return round(250 * beam.isocentre_gy / patient.fractions, 1)


def _beam(number: int, beam: TreatedBeam, treatment: Treatment) -> Dataset:
    devices = [
        _item(RTBeamLimitingDeviceType="ASYMX", NumberOfLeafJawPairs=1),
        _item(RTBeamLimitingDeviceType="ASYMY", NumberOfLeafJawPairs=1),
        _item(
            RTBeamLimitingDeviceType="MLCX",
            NumberOfLeafJawPairs=LEAVES,
            LeafPositionBoundaries=[_number(LEAF_WIDTH_MM * (i - LEAVES / 2)) for i in range(LEAVES + 1)],
        ),
    ]
    points = _control_points(beam, treatment.isocentre_mm)
    return _item(
        BeamNumber=number,
        BeamName=f"G{beam.gantry_deg:03.0f}",
        BeamType="STATIC",
        RadiationType="PHOTON",
        PrimaryFluenceModeSequence=Sequence([_item(FluenceMode="STANDARD")]),
        TreatmentMachineName=MACHINE,
        Manufacturer="rtcheck",
        InstitutionName="Nowhere",
        ManufacturerModelName="Synthetic",
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance=_number(SOURCE_DISTANCE_MM),
        BeamLimitingDeviceSequence=Sequence(devices),
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=len(points),
        ControlPointSequence=Sequence(points),
        ReferencedPatientSetupNumber=1,
    )


def _control_points(beam: TreatedBeam, isocentre_mm: Point) -> list[Dataset]:
    """Step and shoot: two control points a segment; a segment is open where the fluence is above a level."""
    points = []
    for index in range(2 * len(SEGMENT_LEVELS)):
        leaves = _leaf_positions(beam.fluence, SEGMENT_LEVELS[index // 2])
        reach_mm = float(np.abs(leaves).max())
        point = _item(ControlPointIndex=index)
        if index == 0:
            point.NominalBeamEnergy = "6"
            point.DoseRateSet = "600"
        jaws = [
            _item(RTBeamLimitingDeviceType=axis, LeafJawPositions=[_number(-reach_mm), _number(reach_mm)])
            for axis in ("ASYMX", "ASYMY")
        ]
        mlc = _item(RTBeamLimitingDeviceType="MLCX", LeafJawPositions=[_number(v) for v in leaves])
        point.BeamLimitingDevicePositionSequence = Sequence([*jaws, mlc] if index == 0 else [mlc])
        if index == 0:
            point.GantryAngle, point.GantryRotationDirection = _number(beam.gantry_deg), "NONE"
            point.BeamLimitingDeviceAngle, point.BeamLimitingDeviceRotationDirection = "0", "NONE"
            point.PatientSupportAngle, point.PatientSupportRotationDirection = "0", "NONE"
            point.TableTopEccentricAngle, point.TableTopEccentricRotationDirection = "0", "NONE"
            point.TableTopVerticalPosition = ""
            point.TableTopLongitudinalPosition = ""
            point.TableTopLateralPosition = ""
            point.IsocenterPosition = [_number(v) for v in isocentre_mm]
        point.CumulativeMetersetWeight = _number(round(((index + 1) // 2) / len(SEGMENT_LEVELS), 6))
        points.append(point)
    return points


def _leaf_positions(fluence: FloatArray, level: float) -> FloatArray:
    """Positions of the left, then of the right leaves, in mm; closed leaves meet at 0."""
    across_mm = PIXEL_MM * (np.arange(PIXELS) - PIXELS / 2)
    left, right = np.zeros(LEAVES), np.zeros(LEAVES)
    for leaf in range(LEAVES):
        row = round((leaf + 0.5 - LEAVES / 2) * LEAF_WIDTH_MM / PIXEL_MM + PIXELS / 2)
        is_open = fluence[row] > level * fluence.max() if 0 <= row < PIXELS else np.zeros(PIXELS, dtype=bool)
        if is_open.any():
            left[leaf], right[leaf] = across_mm[is_open][[0, -1]] + (-PIXEL_MM / 2, PIXEL_MM / 2)
    return np.concatenate([left, right])


def _mask() -> Sequence:
    return Sequence(
        [_item(FixationDeviceType="MASK", FixationDeviceLabel="Mask", FixationDeviceDescription="Thermoplastic")]
    )


def _reference(sop_class: str, instance_uid: str) -> Dataset:
    return _item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=instance_uid)


def _item(**elements: object) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def _number(value: float) -> str:
    """A decimal string without needless digits."""
    return f"{float(value):.10g}"
