"""A treatment as an RT Plan: one target prescription, one fraction group, step-and-shoot beams of 6 MV."""

import numpy as np
from dicom_parts import Patient, add_approval, decimal, item, new_object, reference
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage
from solids import FloatArray, Point
from treatment import PIXEL_MM, PIXELS, SOURCE_DISTANCE_MM, TreatedBeam, Treatment, Wish

LEAVES = 40
LEAF_WIDTH_MM = 5.0
SEGMENT_LEVELS = (0.15, 0.4, 0.65)
MONITOR_UNITS_PER_GY = 250.0


def plan_dataset(patient: Patient, treatment: Treatment, wish: Wish, *, target_number: int) -> FileDataset:
    """The RT Plan, prescribed to the ROI with number `target_number`."""
    rt = new_object(patient, RTPlanStorage, "RTPLAN", "plan")
    rt.RTPlanLabel, rt.RTPlanName = patient.plan_label, f"Synthetic {wish.dose_rx_gy:g}/{patient.fractions}"
    rt.RTPlanDate, rt.RTPlanTime = patient.planned_on, "100000"
    rt.PlanIntent, rt.RTPlanGeometry = "CURATIVE", "PATIENT"
    rt.ReferencedStructureSetSequence = [reference(RTStructureSetStorage, patient.uid("structures"))]
    rt.DoseReferenceSequence = [_target_prescription(wish.dose_rx_gy, target_number)]
    rt.FractionGroupSequence = [_fraction_group(patient.fractions, treatment)]
    rt.BeamSequence = [
        _beam(number, beam, treatment.isocentre_mm) for number, beam in enumerate(treatment.beams, start=1)
    ]
    mask = item(FixationDeviceType="MASK", FixationDeviceLabel="Mask", FixationDeviceDescription="Thermoplastic")
    rt.PatientSetupSequence = [
        item(PatientSetupNumber=1, PatientPosition="HFS", SetupTechnique="ISOCENTRIC", FixationDeviceSequence=[mask])
    ]
    add_approval(rt, patient)
    return rt


def _target_prescription(dose_gy: float, target_number: int) -> Dataset:
    return item(
        DoseReferenceNumber=1,
        DoseReferenceStructureType="VOLUME",
        DoseReferenceDescription="PTV",
        DoseReferenceType="TARGET",
        ReferencedROINumber=target_number,
        TargetMinimumDose=decimal(0.95 * dose_gy),
        TargetPrescriptionDose=decimal(dose_gy),
        TargetMaximumDose=decimal(1.1 * dose_gy),
    )


def _fraction_group(fractions: int, treatment: Treatment) -> Dataset:
    references = [
        item(
            BeamDose=decimal(round(beam.isocentre_gy / fractions, 4)),
            BeamMeterset=decimal(round(MONITOR_UNITS_PER_GY * beam.isocentre_gy / fractions, 1)),
            ReferencedBeamNumber=number,
        )
        for number, beam in enumerate(treatment.beams, start=1)
    ]
    return item(
        FractionGroupNumber=1,
        NumberOfFractionsPlanned=str(fractions),
        NumberOfBeams=len(references),
        NumberOfBrachyApplicationSetups=0,
        ReferencedBeamSequence=references,
        ReferencedDoseReferenceSequence=[item(ReferencedDoseReferenceNumber=1)],
    )


def _beam(number: int, beam: TreatedBeam, isocentre_mm: Point) -> Dataset:
    leaf_edges_mm = LEAF_WIDTH_MM * (np.arange(LEAVES + 1) - LEAVES / 2)
    points = _control_points(beam, isocentre_mm)
    return item(
        BeamNumber=number,
        BeamName=f"G{beam.gantry_deg:03.0f}",
        BeamType="STATIC",
        RadiationType="PHOTON",
        PrimaryFluenceModeSequence=[item(FluenceMode="STANDARD")],
        TreatmentMachineName="Synthetic linac",
        Manufacturer="rtcheck",
        InstitutionName="Nowhere",
        ManufacturerModelName="Synthetic",
        PrimaryDosimeterUnit="MU",
        SourceAxisDistance=decimal(SOURCE_DISTANCE_MM),
        BeamLimitingDeviceSequence=[
            item(RTBeamLimitingDeviceType="ASYMX", NumberOfLeafJawPairs=1),
            item(RTBeamLimitingDeviceType="ASYMY", NumberOfLeafJawPairs=1),
            item(
                RTBeamLimitingDeviceType="MLCX",
                NumberOfLeafJawPairs=LEAVES,
                LeafPositionBoundaries=[decimal(v) for v in leaf_edges_mm],
            ),
        ],
        TreatmentDeliveryType="TREATMENT",
        NumberOfWedges=0,
        NumberOfCompensators=0,
        NumberOfBoli=0,
        NumberOfBlocks=0,
        FinalCumulativeMetersetWeight="1",
        NumberOfControlPoints=len(points),
        ControlPointSequence=points,
        ReferencedPatientSetupNumber=1,
    )


def _control_points(beam: TreatedBeam, isocentre_mm: Point) -> list[Dataset]:
    """Two control points a segment; a segment is open where the fluence is above a level."""
    points = []
    for index in range(2 * len(SEGMENT_LEVELS)):
        leaves_mm = _leaf_positions_mm(beam.fluence, SEGMENT_LEVELS[index // 2])
        mlc = item(RTBeamLimitingDeviceType="MLCX", LeafJawPositions=[decimal(v) for v in leaves_mm])
        point = item(ControlPointIndex=index, BeamLimitingDevicePositionSequence=[mlc])
        if index == 0:
            reach_mm = float(np.abs(leaves_mm).max())
            jaws = [
                item(RTBeamLimitingDeviceType=axis, LeafJawPositions=[decimal(-reach_mm), decimal(reach_mm)])
                for axis in ("ASYMX", "ASYMY")
            ]
            point.BeamLimitingDevicePositionSequence = [*jaws, mlc]
            _add_machine_setting(point, beam.gantry_deg, isocentre_mm)
        point.CumulativeMetersetWeight = decimal(round(((index + 1) // 2) / len(SEGMENT_LEVELS), 6))
        points.append(point)
    return points


def _add_machine_setting(point: Dataset, gantry_deg: float, isocentre_mm: Point) -> None:
    """What the first control point says for the whole beam."""
    point.NominalBeamEnergy, point.DoseRateSet = "6", "600"
    point.GantryAngle, point.GantryRotationDirection = decimal(gantry_deg), "NONE"
    point.BeamLimitingDeviceAngle, point.BeamLimitingDeviceRotationDirection = "0", "NONE"
    point.PatientSupportAngle, point.PatientSupportRotationDirection = "0", "NONE"
    point.TableTopEccentricAngle, point.TableTopEccentricRotationDirection = "0", "NONE"
    point.TableTopVerticalPosition = point.TableTopLongitudinalPosition = point.TableTopLateralPosition = ""
    point.IsocenterPosition = [decimal(v) for v in isocentre_mm]


def _leaf_positions_mm(fluence: FloatArray, level: float) -> FloatArray:
    """Positions of the left, then of the right leaves; closed leaves meet at 0."""
    across_mm = PIXEL_MM * (np.arange(PIXELS) - PIXELS / 2)
    left_mm, right_mm = np.zeros(LEAVES), np.zeros(LEAVES)
    for leaf in range(LEAVES):
        row = round((leaf + 0.5 - LEAVES / 2) * LEAF_WIDTH_MM / PIXEL_MM + PIXELS / 2)
        is_open = fluence[row] > level * fluence.max()
        if is_open.any():
            left_mm[leaf], right_mm[leaf] = across_mm[is_open][[0, -1]] + (-PIXEL_MM / 2, PIXEL_MM / 2)
    return np.concatenate([left_mm, right_mm])
