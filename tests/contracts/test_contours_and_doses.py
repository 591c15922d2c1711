"""Overlapping and single contours, and which dose and which prescription a number is of: closed forms of rectangles."""

from copy import deepcopy

import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, write_plan

from rtcheck.conformance.phantom import contour, item

PLANES_MM = (-3.0, 0.0, 3.0)  # 9 mm high with half end caps
FIRST = [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0)]
SHIFTED = [(10.0, 0.0), (30.0, 0.0), (30.0, 20.0), (10.0, 20.0)]
INSIDE = [(5.0, 5.0), (15.0, 5.0), (15.0, 15.0), (5.0, 15.0)]


def drawn_as(*loops, kind="CLOSED_PLANAR", planes_mm=PLANES_MM):
    """A change that gives the first structure these loops on every plane."""

    def change(files):
        contours = [contour(loop, z_mm, kind) for z_mm in planes_mm for loop in loops]
        files.structures.ROIContourSequence[0].ContourSequence = contours

    return change


# --- loops of one plane -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loops", "kind", "area_mm2", "is_warned"),
    [
        ((FIRST, INSIDE), "CLOSED_PLANAR", 400.0 - 100.0, False),
        ((FIRST, INSIDE[::-1]), "CLOSED_PLANAR", 400.0 - 100.0, False),
        ((INSIDE, FIRST), "CLOSED_PLANAR", 400.0 - 100.0, False),
        ((FIRST, SHIFTED), "CLOSED_PLANAR", 600.0, True),
        ((FIRST, SHIFTED[::-1]), "CLOSED_PLANAR", 600.0, True),
        ((FIRST, SHIFTED), "CLOSEDPLANAR_XOR", 400.0, False),
        ((FIRST, INSIDE), "CLOSEDPLANAR_XOR", 300.0, False),
    ],
    ids=[
        "hole",
        "hole drawn the other way round",
        "hole first",
        "overlap",
        "overlap, other way round",
        "xor",
        "xor hole",
    ],
)
def test_nested_is_a_hole_partly_overlapping_a_union_with_a_warning_and_xor_even_odd(
    tmp_path, loops, kind, area_mm2, is_warned
):
    plan = write_plan(tmp_path / "plan", change=drawn_as(*loops, kind=kind))
    ran = check(plan, constraints("PTV: Volume > 0.1 cc"))
    assert ran.json()["constraints"][0]["value"] == pytest.approx(area_mm2 * 9.0 / 1000)
    assert ("structure.overlapping-contours" in codes(ran)) == is_warned


def test_an_island_in_a_hole_counts_again(tmp_path):
    island = [(8.0, 8.0), (12.0, 8.0), (12.0, 12.0), (8.0, 12.0)]
    plan = write_plan(tmp_path / "plan", change=drawn_as(FIRST, INSIDE, island))
    (found,) = check(plan, constraints("PTV: Volume > 0.1 cc")).json()["constraints"]
    assert found["value"] == pytest.approx((400.0 - 100.0 + 16.0) * 9.0 / 1000)


# --- one plane only -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slab_mm", "others_mm", "thickness_mm"),
    [(5.0, 2.0, 5.0), (None, 2.0, 2.0)],
    ids=["ContourSlabThickness", "the structure set's commonest spacing"],
)
def test_a_single_plane_has_a_thickness_with_a_warning(tmp_path, slab_mm, others_mm, thickness_mm):
    def change(files):
        drawn_as(FIRST, planes_mm=(0.0,))(files)
        others = [contour(FIRST, others_mm * k) for k in range(6)]
        files.structures.ROIContourSequence[1].ContourSequence = others
        if slab_mm:
            files.structures.ROIContourSequence[0].ContourSequence[0].ContourSlabThickness = slab_mm

    plan = write_plan(tmp_path / "plan", [box("PTV"), box("Heart", 2)], change=change)
    ran = check(plan, constraints("PTV: Volume > 0.1 cc", "PTV: D0.03cc < 24 Gy"))
    volume, dose = ran.json()["constraints"]
    assert volume["value"] == pytest.approx(400.0 * thickness_mm / 1000)
    assert dose["outcome"] == "met"
    assert "structure.single-plane" in codes(ran)


def test_a_single_plane_alone_in_its_set_never_has_a_volume_of_zero(tmp_path):
    ran = check(
        write_plan(tmp_path / "plan", change=drawn_as(FIRST, planes_mm=(0.0,))), constraints("PTV: Volume > 0 cc")
    )
    assert ran.json()["constraints"][0]["value"] > 0.3
    assert "structure.single-plane" in codes(ran)


# --- doses --------------------------------------------------------------------------------------------------------


def fraction_dose(files):
    files.dose.DoseSummationType = "FRACTION"
    group = files.plan.FractionGroupSequence[0].FractionGroupNumber
    reference = files.dose.ReferencedRTPlanSequence[0]
    reference.ReferencedFractionGroupSequence = [item(ReferencedFractionGroupNumber=group)]


def test_a_lone_fraction_dose_is_the_whole_fraction_group_with_a_warning(tmp_path):
    plan = write_plan(tmp_path / "plan", dose_gy=50.0, change=fraction_dose)
    ran = check(plan, constraints("PTV: Dmax < 60 Gy"))
    assert ran.json()["constraints"][0]["value"] == pytest.approx(50.0)
    assert "dose.fraction-group" in codes(ran)
    assert ran.status == 0


def test_a_dose_of_one_plane_is_refused_and_not_taken_for_a_solid(tmp_path):
    def change(files):
        files.dose.NumberOfFrames = 1
        files.dose.GridFrameOffsetVector = [0.0]
        files.dose.PixelData = files.dose.PixelData[: files.dose.Rows * files.dose.Columns * 4]

    ran = check(write_plan(tmp_path / "plan", change=change), constraints("PTV: Dmax < 24 Gy"))
    assert (ran.status, ran.json()["constraints"]) == (3, [])
    assert codes(ran) == {"dose.single-plane"}


@pytest.mark.parametrize(
    ("at_mm", "outside"),
    [((92.5, 0.0, 0.0), 0.0), ((0.0, 66.5, 0.0), 0.0), ((0.0, 0.0, 47.0), 0.0), ((93.5, 0.0, 0.0), 0.05)],
    ids=["to the last column", "to the last row", "to the last frame", "1 mm beyond"],
)
def test_the_grid_reaches_half_a_step_beyond_its_outermost_nodes(tmp_path, at_mm, outside):
    """The box of 20 x 20 x 30 mm ends at x = 102.5, y = 76.5 or z = 62 mm, as the last voxels do, or 1 mm beyond."""
    ran = check(write_plan(tmp_path / "plan", [box("PTV", at_mm=at_mm)]), constraints("PTV: V10Gy > 0 cc"))
    (found,) = ran.json()["constraints"]
    assert found["value"] == pytest.approx(12.0 * (1.0 - outside))
    assert (found["bounds"] is None) == ("dose.partial-coverage" not in codes(ran)) == (outside == 0.0)


def test_two_frames_are_a_dose_in_three_dimensions(tmp_path):
    """The voxels of the two nodes at z = -60 and -56 mm end at -54 mm: 6 of 30 mm of this box, which begins at -60."""

    def change(files):
        files.dose.NumberOfFrames = 2
        files.dose.GridFrameOffsetVector = [0.0, 4.0]
        files.dose.PixelData = files.dose.PixelData[: 2 * files.dose.Rows * files.dose.Columns * 4]

    plan = write_plan(tmp_path / "plan", [box("PTV", at_mm=(0.0, 0.0, -45.0))], change=change)
    (found,) = check(plan, constraints("PTV: V10Gy > 0 cc")).json()["constraints"]
    assert found["bounds"] == pytest.approx([12.0 * 6 / 30, 12.0])


@pytest.mark.parametrize("units", ["RELATIVE", "", "CGY"])
def test_a_dose_that_is_not_in_gray_is_refused(tmp_path, units):
    plan = write_plan(tmp_path / "plan", change=lambda files: setattr(files.dose, "DoseUnits", units))
    assert check(plan, constraints("PTV: Dmax < 24 Gy")).status == 3


def test_a_structure_wholly_outside_the_dose_passes_nothing(tmp_path):
    outside = box("Heart", at_mm=(300.0, 0.0, 0.0))
    ran = check(
        write_plan(tmp_path / "plan", [outside]),
        constraints("Heart: Dmax < 24 Gy", "Heart: V10Gy < 50 %", "Heart: D95% > 0.1 Gy", "Heart: CV10Gy > 1 cc"),
    )
    assert {each["outcome"] for each in ran.json()["constraints"]} == {"not_evaluated"}
    assert ran.status == 3


# --- percent of the prescription ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 0.5, 1.2])
def test_percent_goals_do_not_change_when_dose_and_prescription_scale_together(tmp_path, scale):
    plan = write_plan(tmp_path / "plan", dose_gy=48.0 * scale, prescribed_gy=50.0 * scale)
    found = check(plan, constraints("PTV: D95% >= 95 %", "PTV: V95% >= 98 %", "PTV: Dmax < 97 %")).json()["constraints"]
    assert [each["value"] for each in found] == pytest.approx([96.0, 100.0, 96.0], rel=1e-5)
    assert {each["outcome"] for each in found} == {"met"}


def two_prescriptions(files):
    """45 Gy to the first structure, 60 Gy to the second."""
    first = files.plan.DoseReferenceSequence[0]
    second = deepcopy(first)
    second.DoseReferenceNumber, second.ReferencedROINumber, second.TargetPrescriptionDose = 2, 2, 60.0
    first.TargetPrescriptionDose = 45.0
    files.plan.DoseReferenceSequence = [first, second]


def test_percent_is_of_the_named_target_s_prescription_and_with_several_levels_of_none_other(tmp_path):
    """45 Gy everywhere: 100 % of what the low target was prescribed, 75 % of the high one's; the heart has no level."""
    drawn = [box("PTV_Low", type="PTV"), box("PTV_High", 2, at_mm=(40.0, 0.0, 0.0), type="PTV"), box("Heart", 3)]
    plan = write_plan(tmp_path / "plan", drawn, dose_gy=45.0, change=two_prescriptions)
    ran = check(
        plan,
        constraints(
            "{structure: Heart, goal: Dmax < 110 %, target: PTV_Low}",
            "{structure: Heart, goal: Dmax < 110 %, target: PTV_High}",
            "Heart: Dmax < 110 %",
            "{structure: Heart, goal: Dmax < 110 %, target: PTV_Boost}",
        ),
    )
    low, high, untied, unknown = ran.json()["constraints"]
    assert [low["value"], high["value"]] == pytest.approx([100.0, 75.0])
    assert [low["reference_gy"], high["reference_gy"]] == [45.0, 60.0]
    assert {(each["outcome"], each["value"], each["reference_gy"]) for each in (untied, unknown)} == {
        ("not_evaluated", None, None)
    }


def test_without_a_prescription_percent_goals_are_not_evaluated_unless_the_user_gives_one(tmp_path):
    def change(files):
        del files.plan.DoseReferenceSequence
        for beam in files.plan.FractionGroupSequence[0].ReferencedBeamSequence:
            del beam.BeamDose

    plan = write_plan(tmp_path / "plan", dose_gy=48.0, change=change)
    text = constraints("PTV: D95% >= 95 %")
    assert check(plan, text).status == 3
    given = check(plan, text, "--dose-rx", "50")
    assert (given.status, given.json()["constraints"][0]["value"]) == (0, pytest.approx(96.0))
    assert "prescription.given" in codes(given)


def test_isotoxic_leaves_percent_goals_out_of_the_scaling(tmp_path):
    (tmp_path / "mine.yaml").write_text(constraints("PTV: D95% >= 95 %", "PTV: Dmax <= 60 Gy"))
    plan = write_plan(tmp_path / "plan", dose_gy=48.0)
    percent, gray = run("isotoxic", plan, "-p", tmp_path / "mine.yaml", "-f", "json").json()["limits"]
    assert percent["scale"] is None
    assert gray["scale"] == pytest.approx(60.0 / 48.0, rel=1e-5)
