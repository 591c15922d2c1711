"""Every check on a sample that is as it asks, and on a copy that is not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
from pydicom.dataset import Dataset
from support.plan_faults import contours_of, moved, renamed, sample_with
from support.samples import PASSES

from rtcheck.case import Case
from rtcheck.checking.check import check
from rtcheck.checking.plan_qa.table import CHECKS
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol


class Pair(NamedTuple):
    """What a protocol asks, whose data set is changed and how, and a part of what is found then."""

    asks: str
    modality: str
    change: Callable[[Dataset], Any]
    found: str
    code: str


def _set(beam: int, **elements: Any) -> Callable[[Dataset], Any]:
    def change(plan: Dataset) -> None:
        for keyword, value in elements.items():
            setattr(plan.BeamSequence[beam], keyword, value)

    return change


def _at_point(beam: int, point: int, **elements: Any) -> Callable[[Dataset], Any]:
    def change(plan: Dataset) -> None:
        for keyword, value in elements.items():
            setattr(plan.BeamSequence[beam].ControlPointSequence[point], keyword, value)

    return change


def _top(**elements: Any) -> Callable[[Dataset], Any]:
    def change(dataset: Dataset) -> None:
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)

    return change


def _meterset(value: float) -> Callable[[Dataset], Any]:
    def change(plan: Dataset) -> None:
        plan.FractionGroupSequence[0].ReferencedBeamSequence[2].BeamMeterset = value

    return change


def _crossed_leaves(plan: Dataset) -> None:
    device = plan.BeamSequence[0].ControlPointSequence[0].BeamLimitingDevicePositionSequence[-1]
    positions = [float(value) for value in device.LeafJawPositions]
    positions[0], positions[len(positions) // 2] = 30.0, 10.0
    device.LeafJawPositions = positions


def _setup_beam(plan: Dataset) -> None:
    beam = deepcopy(plan.BeamSequence[0])
    beam.BeamNumber, beam.BeamName, beam.TreatmentDeliveryType = 8, "CBCT", "SETUP"
    plan.BeamSequence.append(beam)


def _arc(plan: Dataset) -> None:
    for beam in plan.BeamSequence:
        for number, point in enumerate(beam.ControlPointSequence):
            point.GantryAngle, point.GantryRotationDirection = (180 + 10 * number) % 360, "CW"


def _half_beam_doses(plan: Dataset) -> None:
    for beam in plan.FractionGroupSequence[0].ReferencedBeamSequence:
        beam.BeamDose = float(beam.BeamDose) / 2


def _density(structures: Dataset) -> None:
    override = Dataset()
    override.ROIPhysicalProperty, override.ROIPhysicalPropertyValue = "REL_MASS_DENSITY", "0.5"
    structures.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence = [override]


def _twice(structures: Dataset) -> None:
    contours_of(structures, "CTV").ContourSequence = deepcopy(contours_of(structures, "PTV").ContourSequence)


def _every_third(structures: Dataset) -> None:
    for item in structures.ROIContourSequence:
        item.ContourSequence = item.ContourSequence[::3]


def _without_middle(structures: Dataset) -> None:
    contours = contours_of(structures, "Heart").ContourSequence
    del contours[len(contours) // 2 : len(contours) // 2 + 3]


def _hole(structures: Dataset) -> None:
    contours = contours_of(structures, "Liver").ContourSequence
    middle = contours[len(contours) // 2]
    values = [float(value) for value in middle.ContourData]
    x, y = sum(values[0::3]) / (len(values) / 3), sum(values[1::3]) / (len(values) / 3)
    hole = Dataset()
    hole.ContourGeometricType, hole.NumberOfContourPoints = "CLOSED_PLANAR", 4
    corners = ((x, y), (x + 2, y), (x + 2, y + 2), (x, y + 2))
    hole.ContourData = [f"{value:.2f}" for a, b in corners for value in (a, b, values[2])]
    contours.append(hole)


def _couch(at_mm: float) -> Callable[[Dataset], Any]:
    """The liver's ROI as a couch, at a height."""

    def change(structures: Dataset) -> None:
        number = next(roi.ROINumber for roi in structures.StructureSetROISequence if roi.ROIName == "Heart")
        for each in structures.RTROIObservationsSequence:
            if each.ReferencedROINumber == number:
                each.RTROIInterpretedType = "SUPPORT"
        renamed(structures, {"Heart": "Couch"})
        moved(structures, "Couch", (0.0, at_mm, 0.0))

    return change


OTHER = _set(1, TreatmentMachineName="Other")
OLD = {"InstanceCreationDate": "20240310", "ContentDate": "20240310"}
SMALL = {"Stomach": "Spleen", "GTV": "Liver", "Liver": "x"}
BEAMS, PLAN, STRUCTURES = "plan_checks: {beams: {%s}}", "plan_checks: {%s}", "structure_checks: {%s}"
PAIRS = [
    Pair(BEAMS % "radiation: PHOTON", "plan", _set(1, RadiationType="ELECTRON"), "ELECTRON", "plan.beams.radiation"),
    Pair(BEAMS % "energy: 6-10 MV", "plan", _at_point(1, 0, NominalBeamEnergy=18), "18", "plan.beams.energy"),
    Pair(BEAMS % "technique: IMRT", "plan", _arc, "VMAT", "plan.beams.technique"),
    Pair(BEAMS % "machine: Synthetic linac", "plan", OTHER, "Other", "plan.beams.machine"),
    Pair(BEAMS % "same_machine: true", "plan", OTHER, "Other and", "plan.beams.same_machine"),
    Pair(BEAMS % "unique_names: true", "plan", _set(1, BeamName="G180"), "G180", "plan.beams.unique_names"),
    Pair(BEAMS % "names: G*", "plan", _set(1, BeamName="ARC1"), "ARC1", "plan.beams.names"),
    Pair("plan_checks: {label: Liver*}", "plan", _top(RTPlanLabel="QA1"), "QA1", "plan.label"),
    Pair("plan_checks: {isocentre: {count: 1}}", "plan", _at_point(1, 0, IsocenterPosition=[0, 0, 0]), "2",
         "plan.isocentre.count"),
    Pair(BEAMS % "count: 7", "plan", _set(1, TreatmentDeliveryType="SETUP"), "6", "plan.beams.count"),
    Pair(BEAMS % "meterset: '>= 5 MU'", "plan", _meterset(1), "1 MU", "plan.beams.meterset"),
    Pair(BEAMS % "deliver: true", "plan", _meterset(0), "beam 3 (G250) not delivered", "plan.beams.deliver"),
    Pair(BEAMS % "dose_rate: <= 600 MU/min", "plan", _at_point(1, 0, DoseRateSet=1400), "1400", "plan.beams.dose_rate"),
    Pair(BEAMS % "setup: absent", "plan", _setup_beam, "CBCT", "plan.beams.setup"),
    Pair(BEAMS % "control_points: true", "plan", _crossed_leaves, "overlaps by 20.00 mm", "plan.beams.control_points"),
    Pair(BEAMS % "control_points: true", "plan", _at_point(0, 5, CumulativeMetersetWeight="0.5"), "fall",
         "plan.beams.control_points"),
    Pair(BEAMS % "gantry: 90-40 deg", "plan", _at_point(0, 0, GantryAngle=60), "60", "plan.beams.gantry"),
    Pair(BEAMS % "collimator: 270-90 deg", "plan", _at_point(0, 0, BeamLimitingDeviceAngle=180), "180",
         "plan.beams.collimator"),
    Pair(BEAMS % "couch: 350-10 deg", "plan", _at_point(0, 0, PatientSupportAngle=90), "90", "plan.beams.couch"),
    Pair(PLAN % "dose_grid: 3 mm", "dose", _top(PixelSpacing=[3, 4]), "4 mm", "plan.dose_grid"),
    Pair(PLAN % "dose_covers: {Liver: 0 mm}", "structures", lambda s: moved(s, "Liver", (150, 0, 0)), "-",
         "plan.dose_covers"),
    Pair(PLAN % "target_dose: {PTV: 95-107 %}", "plan",
         lambda p: setattr(p.DoseReferenceSequence[0], "TargetPrescriptionDose", 45), "114", "plan.target_dose"),
    Pair(PLAN % "beam_doses: <= 5 %", "plan", _half_beam_doses, "49", "plan.beam_doses"),
    Pair(PLAN % "fractions: complete", "plan", lambda p: setattr(p.FractionGroupSequence[0], "NumberOfBeams", 6),
         "counts 6 beams and lists 7", "plan.fractions"),
    Pair(PLAN % "dates: in order", "dose", _top(**OLD), "older than the plan",
         "plan.dates"),
    Pair(PLAN % "dates: in order", "structures", _top(StructureSetDate="20240401"), "newer than the dose",
         "plan.dates"),
    Pair(PLAN % "intent: CURATIVE", "plan", _top(PlanIntent="PALLIATIVE"), "PALLIATIVE", "plan.intent"),
    Pair(PLAN % "approval: APPROVED", "plan", _top(ApprovalStatus="REJECTED"), "REJECTED", "plan.approval"),
    Pair(PLAN % "calculation: {heterogeneity: true}", "dose", _top(TissueHeterogeneityCorrection="WATER"),
         "WATER",
         "plan.calculation.heterogeneity"),
    Pair(PLAN % "isocentre: {inside: External}", "plan", _at_point(3, 0, IsocenterPosition=[400, 0, 0]),
         "outside External", "plan.isocentre.inside"),
    Pair(PLAN % "couch: absent", "structures", _couch(0), "Couch", "plan.couch"),
    Pair(STRUCTURES % "densities: none", "structures", _density, "REL_MASS_DENSITY 0.5", "structures.densities"),
    Pair(STRUCTURES % "duplicates: none", "structures", _twice, "CTV and PTV (100.0 %",
         "structures.duplicates"),
    Pair(STRUCTURES % "slices: {spacing: <= 3 mm}", "structures", _every_third, "9 mm", "structures.slices.spacing"),
    Pair(STRUCTURES % "slices: {gaps: none}", "structures", _without_middle, "Heart", "structures.slices.gaps"),
    Pair(STRUCTURES % "holes: none", "structures", _hole, "Liver", "structures.holes"),
    Pair(STRUCTURES % "in_couch: none", "structures", _couch(60), "External in Couch", "structures.in_couch"),
    Pair(STRUCTURES % "apart: {Kidney_L: Stomach}", "structures", lambda s: moved(s, "Kidney_L", (-60, -60, 0)),
         "share", "structures.apart"),
    Pair(STRUCTURES % "volumes: typical", "structures", lambda s: renamed(s, SMALL),
         "Liver 43", "structures.volumes"),
    Pair(STRUCTURES % "names: TG-263", "structures", lambda s: renamed(s, {"Heart": "Herz links"}), "Herz links",
         "structures.names"),
    Pair(STRUCTURES % "crop_from_skin: {Liver: 3 mm}", "structures", lambda s: moved(s, "Liver", (-40, 0, 0)), "mm",
         "structures.crop_from_skin"),
    Pair(STRUCTURES % "required: Spleen", "plan", _top(), "missing", "structures.required"),
]  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> Case:
    return read_case(PASSES)


def items(case: Case, tmp_path, asks: str):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\n{asks}\n", encoding="utf-8")
    return check(case, load_protocol(path), only_plan_checks=True).plan_checks


NOT_LEGAL_IN_THE_SAMPLE = ("structures.required", "structures.in_couch")  # it has no spleen, and no couch


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.code}: {pair.found}")
def test_what_is_asked_is_met_by_the_sample_and_not_by_the_copy(sample, tmp_path, pair):
    if pair.code not in NOT_LEGAL_IN_THE_SAMPLE:
        assert {item.outcome for item in items(sample, tmp_path, pair.asks)} == {"met"}
    folder = sample_with(tmp_path / "copy", **{pair.modality: pair.change})
    (item,) = items(read_case(folder), tmp_path, pair.asks)
    assert (item.code, item.outcome) == (pair.code, "violated")
    assert pair.found in item.found


ON_PHANTOMS = {
    "plan.beams.fluence", "plan.beams.ssd", "plan.beams.wedges",  # test_closed_forms.py
    "plan.calculation.algorithm", "plan.calculation.rbe", "plan.beams.range_shifter", "plan.beams.snout",
    "plan.beams.spot_spacing", "plan.beams.arc_spacing", "plan.beams.bolus", "plan.beams.tolerance_table",
    "plan.beams.positions", "plan.references", "plan.reference_points", "plan.complexity",
    "structures.approval", "structures.margin",
}  # fmt: skip
AMONG_FAULTS = {  # test_faults.py
    "plan.isocentre.one", "plan.meterset", "structures.inside", "structures.laterality", "structures.strays",
    "structures.outside_body", "structures.empty",
}  # fmt: skip
OF_MOVEMENT = {  # test_movement_and_clearance.py
    "plan.beams.arcs", "plan.beams.leaf_travel", "plan.beams.leaf_speed", "plan.beams.clearance",
    "plan.beams.setup_couch", "plan.isocentre.distance",
}  # fmt: skip


OF_IMAGES = {  # test_images_and_attestations.py
    "images.thickness", "images.number", "images.age", "images.position", "images.scanner", "images.contours",
    "images.hu", "images.spacing",
    "images.outline",
}  # fmt: skip


def test_every_check_has_a_legal_and_an_illegal_case():
    assert {pair.code for pair in PAIRS} | ON_PHANTOMS | AMONG_FAULTS | OF_MOVEMENT | OF_IMAGES == set(CHECKS)
