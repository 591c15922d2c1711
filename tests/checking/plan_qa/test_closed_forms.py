"""Checks on the phantom's boxes, whose margins and volumes can be worked out on paper, and on plans of other kinds."""

import copy

import numpy as np
import pytest
from support.known_plans import box, write_plan

from rtcheck.checking.check import check
from rtcheck.checking.plan_qa.contoured.on_lines import about_shared_cc
from rtcheck.checking.plan_qa.delivery.complexity import figures_of
from rtcheck.checking.plan_qa.delivery.control_points import is_in_arc
from rtcheck.conformance.phantom import PhantomSet, item
from rtcheck.dicom import read_case
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.plan_facts import BeamFacts, ControlPoint, LimitingDevice
from rtcheck.protocol.file.load import load_protocol

PTV, CTV = (
    box("PTV", 1, type="PTV", size_mm=(40, 30, 36)),
    box("CTV", 2, type="CTV", at_mm=(2, 0, 0), size_mm=(20, 20, 24)),
)
BODY = box("External", 3, type="EXTERNAL", size_mm=(120, 100, 90))


def asked(tmp_path, asks, boxes=(PTV, CTV, BODY), change=lambda files: None):
    folder = write_plan(tmp_path / "case", boxes, change=change)
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\n{asks}\n", encoding="utf-8")
    return check(read_case(folder), load_protocol(path), only_plan_checks=True).plan_checks


# --- geometry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("least", "outcome"), [(5, "met"), (6, "violated")])
def test_the_margin_of_a_box_in_a_box_is_the_least_distance_of_their_faces(tmp_path, least, outcome):
    asks = f"structure_checks: {{margin: {{from: CTV, to: PTV, at_least: {least} mm}}}}"
    (found,) = asked(tmp_path, asks)
    assert found.outcome == outcome
    assert found.value == pytest.approx(5.0)
    assert found.note == "left 8.0, right 12.0, posterior 5.0, anterior 5.0, superior 6.0, inferior 6.0 mm"


def test_a_margin_along_the_axis_counts_in_whole_slices(tmp_path):
    flat = box("CTV", 2, type="CTV", size_mm=(20, 10, 30))
    asks = "structure_checks: {margin: {from: CTV, to: PTV, at_least: 5 mm}}"
    (found,) = asked(tmp_path, asks, (PTV, flat, BODY))
    assert (found.outcome, found.value) == ("violated", pytest.approx(3.0))


def test_what_is_outside_is_the_volume_of_the_part_outside(tmp_path):
    out = box("CTV", 2, type="CTV", at_mm=(20, 0, 0), size_mm=(20, 20, 24))  # half of 9.6 cc
    (found,) = asked(tmp_path, "structure_checks: {inside: {CTV: PTV}}", (PTV, out, BODY))
    assert (found.outcome, found.value) == ("violated", pytest.approx(4.8))


def test_a_margin_of_a_structure_that_is_not_inside_is_none(tmp_path):
    out = box("CTV", 2, type="CTV", at_mm=(20, 0, 0), size_mm=(20, 20, 24))
    asks = "structure_checks: {margin: {from: CTV, to: PTV, at_least: 1 mm}}"
    (found,) = asked(tmp_path, asks, (PTV, out, BODY))
    assert (found.outcome, found.value) == ("violated", 0.0)


def test_the_distance_to_the_skin_is_that_of_the_nearest_faces(tmp_path):
    (found,) = asked(tmp_path, "structure_checks: {crop_from_skin: {PTV: 40 mm}}")
    assert (found.outcome, found.value) == ("violated", pytest.approx(35.0))  # 50 - 15 mm in front


def test_what_two_organs_share_is_the_box_in_both(tmp_path):
    lungs = (box("Lung_L", 4, at_mm=(10, 0, 0)), box("Lung_R", 5, at_mm=(-6, 0, 0)))
    (found,) = asked(tmp_path, "structure_checks: {apart: true}", (PTV, *lungs, BODY))
    assert found.outcome == "violated"
    assert "Lung_L and Lung_R share 2.40 cc" in found.found  # 4 x 20 x 30 mm


def test_the_quick_volume_of_a_lens_is_that_of_its_formula():
    turn = np.linspace(0, 2 * np.pi, 721)[:-1]
    discs = []
    for x_mm in (0.0, 30.0):
        loop = np.column_stack([x_mm + 30 * np.cos(turn), 30 * np.sin(turn)])
        discs.append(Solid(slabs=(Slab(z_low_mm=0, z_high_mm=10, edges_mm=np.hstack([loop, np.roll(loop, -1, 0)])),)))
    lens_mm2 = 30**2 * (2 * np.pi / 3 - np.sqrt(3) / 2)  # two circles of one radius, each through the other's centre
    assert about_shared_cc(*discs) == pytest.approx(lens_mm2 * 10 / 1000, rel=0.005)


@pytest.mark.parametrize(
    ("angle", "arc", "is_in"),
    [(350, (270, 90), True), (180, (270, 90), False), (0, (0, 0), True), (1, (0, 0), False), (200, (0, 360), True),
     (90, (270, 90), True), (270, (270, 90), True), (359.99, (0, 90), False), (180, (181, 179), False)],
)  # fmt: skip
def test_an_arc_goes_clockwise_from_its_first_angle_to_its_second(angle, arc, is_in):
    assert is_in_arc(angle, arc) is is_in


# --- what the files state -----------------------------------------------------------------------------------------


def _beams(files: PhantomSet, **elements) -> None:
    for beam in files.plan.BeamSequence:
        for keyword, value in elements.items():
            setattr(beam, keyword, value)


def _arc(files: PhantomSet) -> None:
    for beam in files.plan.BeamSequence:
        for number, point in enumerate(beam.ControlPointSequence):
            point.GantryAngle, point.GantryRotationDirection = 359 + 5 * number - 360 * number, "CW"


def _jaws(files: PhantomSet) -> None:
    for beam in files.plan.BeamSequence:
        beam.BeamLimitingDeviceSequence = [item(RTBeamLimitingDeviceType="X", NumberOfLeafJawPairs=1)]
        positions = item(RTBeamLimitingDeviceType="X", LeafJawPositions=[-50, 210])
        beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence = [positions]


def _surface(ssd_mm: float):
    def change(files: PhantomSet) -> None:
        for beam in files.plan.BeamSequence:
            beam.ControlPointSequence[0].SourceToSurfaceDistance = ssd_mm

    return change


def _fluence(mode: str, name: str):
    return lambda files: _beams(files, PrimaryFluenceModeSequence=[item(FluenceMode=mode, FluenceModeID=name)])


def _bolus(files: PhantomSet) -> None:
    _beams(files, ReferencedBolusSequence=[item(ReferencedROINumber=2)])


def _table(files: PhantomSet) -> None:
    files.plan.ToleranceTableSequence = [item(ToleranceTableNumber=1, ToleranceTableLabel="Pelvis")]
    _beams(files, ReferencedToleranceTableNumber=1)


def _tables(files: PhantomSet) -> None:
    """Two tables of one name, and the beams refer to one and the other."""
    files.plan.ToleranceTableSequence = [
        item(ToleranceTableNumber=number, ToleranceTableLabel="Pelvis") for number in (1, 2)
    ]
    _beams(files, ReferencedToleranceTableNumber=1)
    other = files.plan.BeamSequence[-1]
    files.plan.BeamSequence.append(copy.deepcopy(other))
    files.plan.BeamSequence[-1].BeamNumber = 99
    files.plan.BeamSequence[-1].ReferencedToleranceTableNumber = 2


def _electrons(files: PhantomSet) -> None:
    _beams(files, RadiationType="ELECTRON")
    for beam in files.plan.BeamSequence:
        beam.ControlPointSequence[0].NominalBeamEnergy = 9


def _energies(files: PhantomSet) -> None:
    for beam in files.plan.BeamSequence:
        beam.ControlPointSequence[0].NominalBeamEnergy = 9


def _point(gy: float, *, x_mm: float = 0.0):
    def change(files: PhantomSet) -> None:
        files.plan.DoseReferenceSequence.append(
            item(DoseReferenceNumber=2, DoseReferenceStructureType="COORDINATES", DoseReferenceType="TARGET",
                 DoseReferencePointCoordinates=[x_mm, 0.0, 0.0], TargetPrescriptionDose=gy)
        )  # fmt: skip

    return change


@pytest.mark.parametrize(
    ("asks", "change", "outcomes"),
    [
        ("plan_checks: {beams: {arc_spacing: <= 4 deg}}", _arc, ("not_evaluated", "violated")),
        ("plan_checks: {beams: {arc_spacing: <= 6 deg}}", _arc, ("not_evaluated", "met")),
        ("plan_checks: {beams: {positions: <= 200 mm}}", _jaws, ("not_evaluated", "violated")),
        ("plan_checks: {beams: {bolus: present}}", _bolus, ("violated", "met")),
        ("plan_checks: {beams: {wedges: absent}}",
         lambda files: _beams(files, WedgeSequence=[item(WedgeNumber=1, WedgeType="DYNAMIC")]), ("met", "violated")),
        ("plan_checks: {beams: {ssd: 850-1000 mm}}", _surface(900), ("not_evaluated", "met")),
        ("plan_checks: {beams: {ssd: 850-1000 mm}}", _surface(700), ("not_evaluated", "violated")),
        ("plan_checks: {beams: {fluence: FFF}}", _fluence("NON_STANDARD", "FFF"), ("not_evaluated", "met")),
        ("plan_checks: {beams: {fluence: STANDARD}}", _fluence("NON_STANDARD", "FFF"), ("not_evaluated", "violated")),
        ("plan_checks: {beams: {tolerance_table: true}}", _table, ("violated", "met")),
        ("plan_checks: {beams: {tolerance_table: true}}", _tables, ("violated", "violated")),
        ("plan_checks: {beams: {energy: 8-10 MV}}", _electrons, ("violated", "not_evaluated")),  # these are MeV
        ("plan_checks: {beams: {energy: 8-10 MV}}", _energies, ("violated", "met")),
        ("plan_checks: {references: by UID}",
         lambda files: files.plan.__delattr__("ReferencedStructureSetSequence"), ("met", "violated")),
        ("plan_checks: {calculation: {algorithm: [AAA]}}",
         lambda files: setattr(files.dose, "DoseComment", "AAA 16.1"), ("not_evaluated", "met")),
        ("structure_checks: {approval: APPROVED}",
         lambda files: setattr(files.structures, "ApprovalStatus", "APPROVED"), ("not_evaluated", "met")),
        ("plan_checks: {reference_points: <= 3 %}", _point(20.5), ("not_evaluated", "met")),  # it receives 20 Gy
        ("plan_checks: {reference_points: <= 3 %}", _point(25), ("not_evaluated", "violated")),
        ("plan_checks: {reference_points: <= 3 %}", _point(20, x_mm=150), ("not_evaluated", "not_evaluated")),
        ("plan_checks: {references: by UID}",
         lambda files: files.dose.__delattr__("ReferencedRTPlanSequence"), ("met", "violated")),
        ("plan_checks: {intent: CURATIVE}", lambda files: setattr(files.plan, "PlanIntent", "VERIFICATION"),
         ("not_evaluated", "violated")),
    ],
)  # fmt: skip
def test_what_the_files_state_before_and_after_a_change(tmp_path, asks, change, outcomes):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (before,) = asked(tmp_path / "a", asks)
    (after,) = asked(tmp_path / "b", asks, change=change)
    assert (before.outcome, after.outcome) == outcomes


# --- ions and brachytherapy ---------------------------------------------------------------------------------------


def _ions(files: PhantomSet) -> None:
    plan = files.plan
    plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
    plan.IonBeamSequence = plan.BeamSequence
    del plan.BeamSequence
    files.dose.DoseType = "EFFECTIVE"
    spots = np.array([(x, y) for x in range(0, 50, 5) for y in range(0, 50, 5)], dtype=float).ravel().tolist()
    for beam in plan.IonBeamSequence:
        beam.IonControlPointSequence = beam.ControlPointSequence
        del beam.ControlPointSequence
        beam.RadiationType = "PROTON"
        beam.RangeShifterSequence = [item(RangeShifterID="RS50", RangeShifterNumber=1)]
        for point in beam.IonControlPointSequence:
            point.SnoutPosition = 420.0
            point.NumberOfScanSpotPositions = len(spots) // 2
            point.ScanSpotPositionMap = spots


def _physical(files: PhantomSet) -> None:
    _ions(files)
    files.dose.DoseType = "PHYSICAL"


IONS = "plan_checks: {beams: {range_shifter: present, snout: <= 420 mm, spot_spacing: 5 mm}, calculation: {rbe: true}}"


def test_ion_plans_state_shifters_snouts_spots_and_the_weighted_dose(tmp_path):
    assert [each.outcome for each in asked(tmp_path, IONS, change=_ions)] == ["met"] * 4


def test_a_physical_dose_of_ions_is_not_weighted(tmp_path):
    (found,) = asked(tmp_path, "plan_checks: {calculation: {rbe: true}}", change=_physical)
    assert (found.outcome, found.found) == ("violated", "PHYSICAL")


def test_nothing_of_ions_is_checked_in_photon_plans_and_the_other_way(tmp_path):
    (tmp_path / "x").mkdir()
    assert {each.outcome for each in asked(tmp_path / "x", IONS)} == {"not_applicable"}
    photons = "plan_checks: {meterset: 1-5 MU/cGy, beams: {technique: IMRT, energy: 6 MV}}"
    assert {each.outcome for each in asked(tmp_path, photons, change=_ions)} == {"not_applicable"}


def test_beams_are_not_asked_of_brachytherapy(tmp_path):
    def brachy(files: PhantomSet) -> None:
        del files.plan.BeamSequence
        files.plan.BrachyTreatmentType = "HDR"
        files.plan.ApplicationSetupSequence = [item(ApplicationSetupNumber=1)]

    asks = "plan_checks: {isocentre: {one: true}, meterset: 1-5 MU/cGy, beams: {deliver: true}, dose_grid: <= 5 mm}"
    assert [each.outcome for each in asked(tmp_path, asks, change=brachy)] == ["not_applicable"] * 3 + ["met"]


def test_a_value_that_is_no_number_leaves_the_checks_not_evaluated(tmp_path):
    def damaged(files: PhantomSet) -> None:
        files.plan.BeamSequence[0].ControlPointSequence[0].add_new("GantryAngle", "LO", "north")

    (found,) = asked(tmp_path, "plan_checks: {isocentre: {one: true}}", change=damaged)
    assert found.outcome == "not_evaluated"
    assert "(300A,011E)" in found.note


# --- complexity ---------------------------------------------------------------------------------------------------


def _field(*shapes):
    """A beam of four leaf pairs of 10 mm; each shape is the left and the right bank at one control point."""
    device = LimitingDevice(type="MLCX", pairs=4, boundaries_mm=(-20.0, -10.0, 0.0, 10.0, 20.0))
    last = len(shapes) - 1
    points = [
        ControlPoint(meterset_weight=number / last, positions_mm={"MLCX": (*left, *right)})
        for number, (left, right) in enumerate(shapes)
    ]
    return BeamFacts(number=1, devices=(device,), points=tuple(points))


OPEN = ((-20.0,) * 4, (20.0,) * 4)


def test_an_open_field_has_a_complexity_score_of_one_and_its_own_area():
    assert figures_of(_field(OPEN, OPEN)) == pytest.approx((1.0, 16.0, 0.0))  # 40 x 40 mm


def test_a_comb_has_the_score_of_its_definition():
    comb = ((-20.0, -10.0, -20.0, -10.0), (20.0,) * 4)
    score, area_cm2, _ = figures_of(_field(comb, comb)) or (-1.0, -1.0, -1.0)
    # Every neighbour differs by the bank's whole reach, so that its leaf sequence variability is 0.
    assert (score, area_cm2) == pytest.approx((0.0, 14.0))


def test_a_window_that_halves_averages_area_and_travels():
    half = ((0.0,) * 4, (20.0,) * 4)
    score, area_cm2, travel_mm = figures_of(_field(OPEN, half)) or (-1.0, -1.0, -1.0)
    assert score == pytest.approx(0.75)  # the mean of 1 and 1/2 of the largest opening
    assert (area_cm2, travel_mm) == pytest.approx((12.0, 20.0))


def test_complexity_never_changes_a_verdict(tmp_path):
    (found,) = asked(tmp_path, "plan_checks: {complexity: shown}")
    assert found.outcome == "not_applicable"
