"""Inputs on which a check could easily give a wrong answer: never a pass on missing evidence, never a false alarm."""

from copy import deepcopy

from support.command_line import run
from support.known_plans import box, write_plan
from support.plan_faults import renamed, sample_with

from rtcheck.checking.check import check
from rtcheck.checking.what_if.dose_scale import scaled_case
from rtcheck.conformance.phantom import contour, item
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol

PTV = box("PTV", 1, type="PTV", size_mm=(40, 30, 36))
BODY = box("External", 3, type="EXTERNAL", size_mm=(120, 100, 90))


def items(tmp_path, asks, folder):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\n{asks}\n", encoding="utf-8")
    return check(read_case(folder), load_protocol(path), only_plan_checks=True).plan_checks


def test_a_lone_side_without_a_midline_is_not_evaluated(tmp_path):
    folder = write_plan(tmp_path / "case", (PTV, box("Kidney_L", 2, at_mm=(-30, 0, 0))))
    (found,) = items(tmp_path, "structure_checks: {laterality: true}", folder)
    assert (found.outcome, "Kidney_L" in found.note) == ("not_evaluated", True)


def test_sides_in_the_words_of_a_clinic_are_judged(tmp_path):
    words = {"Kidney_L": "Kidney Right", "Kidney_R": "Kidney Left"}
    folder = sample_with(tmp_path / "case", structures=lambda s: renamed(s, words))
    (found,) = items(tmp_path, "structure_checks: {laterality: true}", folder)
    assert found.outcome == "violated"


def test_monitor_units_of_two_fraction_groups_are_not_added(tmp_path):
    def two_groups(files):
        second = deepcopy(files.plan.FractionGroupSequence[0])
        second.FractionGroupNumber = 2
        files.plan.FractionGroupSequence.append(second)

    folder = write_plan(tmp_path / "case", (PTV,), change=two_groups)
    (found,) = items(tmp_path, "plan_checks: {meterset: 0.1-100 MU/cGy}", folder)
    assert found.outcome == "not_evaluated"


def test_a_surrogate_is_not_the_structure_that_is_required(tmp_path):
    folder = write_plan(tmp_path / "case", (PTV, box("SpinalCanal", 2)))
    asks = "structures: {SpinalCord: {surrogates: SpinalCanal}}\nstructure_checks: {required: SpinalCord}"
    (found,) = items(tmp_path, asks, folder)
    assert found.outcome == "violated"


def test_air_cut_out_of_the_body_is_not_outside_it(tmp_path):
    def with_cavity(files):
        for number, plane in enumerate(files.structures.ROIContourSequence[2].ContourSequence[:]):
            z_mm = float(plane.ContourData[2])
            hole = contour([(-20, -20), (-20, 20), (20, 20), (20, -20)], z_mm)
            assert number >= 0
            files.structures.ROIContourSequence[2].ContourSequence.append(hole)

    trachea = box("Trachea", 2, size_mm=(20, 20, 30))
    folder = write_plan(tmp_path / "case", (PTV, trachea, BODY), change=with_cavity)
    (found,) = items(tmp_path, "structure_checks: {outside_body: none}", folder)
    assert found.outcome == "met"


def test_an_organ_beyond_the_body_outline_is_not_evaluated(tmp_path):
    short = box("External", 3, type="EXTERNAL", size_mm=(120, 100, 30))
    folder = write_plan(tmp_path / "case", (PTV, box("Liver", 2, size_mm=(60, 60, 60)), short))
    (found,) = items(tmp_path, "structure_checks: {outside_body: none}", folder)
    assert found.outcome == "not_evaluated"


def test_bars_that_cross_without_a_corner_in_one_another_overlap(tmp_path):
    lungs = (box("Lung_L", 4, size_mm=(80, 10, 30)), box("Lung_R", 5, at_mm=(30, 0, 0), size_mm=(10, 80, 30)))
    folder = write_plan(tmp_path / "case", (PTV, *lungs, BODY))
    (found,) = items(tmp_path, "structure_checks: {apart: true}", folder)
    assert "share 3.00 cc" in found.found  # 10 x 10 x 30 mm


def test_a_direction_without_a_turn_makes_no_arc(tmp_path):
    def told_to_turn(plan):
        for beam in plan.BeamSequence:
            beam.ControlPointSequence[0].GantryRotationDirection = "CW"

    folder = sample_with(tmp_path / "case", plan=told_to_turn)
    (found,) = items(tmp_path, "plan_checks: {beams: {technique: IMRT}}", folder)
    assert found.outcome == "met"


def test_a_scaled_plan_takes_as_many_monitor_units_for_its_dose(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nplan_checks: {meterset: 0.1-100 MU/cGy}\n", encoding="utf-8")
    case = read_case(write_plan(tmp_path / "case", (PTV,)))
    values = [
        check(each, load_protocol(path), only_plan_checks=True).plan_checks[0].value
        for each in (case, scaled_case(case, 1.1))
    ]
    assert abs(values[0] - values[1]) < 1e-6


def test_a_pass_by_a_waiver_says_so(tmp_path):
    folder = write_plan(tmp_path / "case", (PTV,))
    (tmp_path / "mine.yaml").write_text("name: mine\nplan_checks: {dose_grid: <= 2 mm}\n", encoding="utf-8")
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text("waivers: [{constraint: plan.dose_grid, reason: r, who: w, until: 2999-12-31}]\n", "utf-8")
    ran = run(folder, "--protocol", tmp_path / "mine.yaml", "--waivers", waivers, "-q")
    assert (ran.status, "Waived: Dose grid spacing" in ran.out) == (0, True)


def test_names_of_beams_and_places_are_scrubbed_and_inert(tmp_path):
    def named_after_the_patient(files):
        files.plan.BeamSequence[0].BeamName = "<i>Phantom</i>"
        files.plan.BeamSequence[0].RadiationType = "ELECTRON"
        files.plan.PatientName = files.dose.PatientName = files.structures.PatientName = "Phantom"

    folder = write_plan(tmp_path / "case", (PTV,), change=named_after_the_patient)
    (tmp_path / "mine.yaml").write_text("name: mine\nplan_checks: {beams: {radiation: PHOTON}}\n", encoding="utf-8")
    told = run(folder, "--protocol", tmp_path / "mine.yaml", "--format", "json", "--anonymous").out
    assert "Phantom" not in told
    html = run(folder, "--protocol", tmp_path / "mine.yaml", "-o", tmp_path / "r.html")
    assert html.status == 1
    assert "<i>Phantom</i>" not in (tmp_path / "r.html").read_text("utf-8")


def test_a_setup_field_without_monitor_units_is_no_empty_beam(tmp_path):
    def with_setup(files):
        setup = deepcopy(files.plan.BeamSequence[0])
        setup.BeamNumber, setup.TreatmentDeliveryType = 9, "SETUP"
        files.plan.BeamSequence.append(setup)
        files.plan.FractionGroupSequence[0].ReferencedBeamSequence.append(item(ReferencedBeamNumber=9))
        files.plan.FractionGroupSequence[0].NumberOfBeams = 2

    folder = write_plan(tmp_path / "case", (PTV,), change=with_setup)
    found = items(
        tmp_path, "plan_checks: {beams: {deliver: true}, fractions: complete, meterset: 0.1-9 MU/cGy}", folder
    )
    assert {each.outcome for each in found} == {"met"}
