"""Plans on which a check once said "met" although it is not so, or nobody can know."""

from copy import deepcopy

import pytest
from pydicom.dataset import Dataset
from support.known_plans import box, write_plan

from rtcheck.checking.check import check
from rtcheck.conformance.phantom import PhantomSet, contour, item
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol

PTV = box("PTV", 1, type="PTV", size_mm=(40, 30, 36))
CTV = box("CTV", 2, type="CTV", size_mm=(20, 10, 12))
BODY = box("External", 3, type="EXTERNAL", size_mm=(120, 100, 90))


def outcomes(tmp_path, asks, change=lambda files: None, boxes=(PTV, CTV, BODY)):
    folder = write_plan(tmp_path / "case", boxes, change=change)
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\n{asks}\n", encoding="utf-8")
    return [each.outcome for each in check(read_case(folder), load_protocol(path), only_plan_checks=True).plan_checks]


def _of_beams(**elements):
    def change(files: PhantomSet) -> None:
        for beam in files.plan.BeamSequence:
            for keyword, value in elements.items():
                setattr(beam, keyword, value)

    return change


def _gantry(*angles, direction="NONE"):
    def change(files: PhantomSet) -> None:
        for beam in files.plan.BeamSequence:
            for point, angle in zip(beam.ControlPointSequence, angles, strict=False):
                point.GantryRotationDirection = direction
                if angle is None:
                    point.pop("GantryAngle", None)
                else:
                    point.GantryAngle = angle

    return change


def _leaves_without_positions(files: PhantomSet) -> None:
    device = item(RTBeamLimitingDeviceType="MLCX", NumberOfLeafJawPairs=2, LeafPositionBoundaries=[-10, 0, 10])
    _of_beams(BeamLimitingDeviceSequence=[device])(files)


def _nameless_bolus(files: PhantomSet) -> None:
    _of_beams(ReferencedBolusSequence=[Dataset()])(files)


def _brachy_word(files: PhantomSet) -> None:
    files.plan.BrachyTreatmentType = "HDR"


def _beam_twice(files: PhantomSet) -> None:
    files.plan.BeamSequence.append(deepcopy(files.plan.BeamSequence[0]))


def _other_beam_of_one_number_and_name(files: PhantomSet) -> None:
    files.plan.BeamSequence.insert(0, deepcopy(files.plan.BeamSequence[0]))
    files.plan.BeamSequence[0].RadiationType = "ELECTRON"


def _other_monitor_units_in_a_second_group(files: PhantomSet) -> None:
    second = deepcopy(files.plan.FractionGroupSequence[0])
    second.FractionGroupNumber = 2
    second.ReferencedBeamSequence[0].BeamMeterset = 2000.0
    files.plan.FractionGroupSequence.append(second)


def _no_beams_in_the_group(files: PhantomSet) -> None:
    del files.plan.FractionGroupSequence[0].ReferencedBeamSequence


def _portal_film(files: PhantomSet) -> None:
    film = deepcopy(files.plan.BeamSequence[0])
    film.BeamNumber, film.TreatmentDeliveryType = 9, "TRMT_PORTFILM"
    files.plan.BeamSequence.append(film)


def _ions(dose_type, comment):
    def change(files: PhantomSet) -> None:
        files.plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
        files.plan.IonBeamSequence = files.plan.BeamSequence
        del files.plan.BeamSequence
        for beam in files.plan.IonBeamSequence:
            beam.IonControlPointSequence = beam.ControlPointSequence
            del beam.ControlPointSequence
        files.dose.DoseType, files.dose.DoseComment = dose_type, comment

    return change


def _dose(**elements):
    def change(files: PhantomSet) -> None:
        for keyword, value in elements.items():
            setattr(files.dose, keyword, value)

    return change


def _density_without_a_value(files: PhantomSet) -> None:
    files.structures.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence = [
        item(ROIPhysicalProperty="REL_ELEC_DENSITY", ROIPhysicalPropertyValue=None)
    ]


def _typed_as_control(files: PhantomSet) -> None:
    """A liver typed CONTROL, with a dot far away."""
    files.structures.RTROIObservationsSequence[1].RTROIInterpretedType = "CONTROL"
    files.structures.ROIContourSequence[1].ContourSequence.append(contour([(60, 60), (61, 60), (61, 61)], 0.0))


def _keyhole(files: PhantomSet) -> None:
    """A hole of 2 x 2 mm in the liver, drawn as one contour that runs into it and back."""
    plane = files.structures.ROIContourSequence[1].ContourSequence[3]
    z_mm = float(plane.ContourData[2])
    outline, hole = [(-10, -10), (10, -10), (10, 10), (-10, 10), (-10, -10)], [(0, 0), (0, 2), (2, 2), (2, 0), (0, 0)]
    plane.ContourData = contour([*outline, *hole], z_mm).ContourData
    plane.NumberOfContourPoints = len(outline) + len(hole)


LIVER = (PTV, box("Liver", 2), BODY)

CASES = {
    "a technique without gantry angles": (
        "plan_checks: {beams: {technique: 3D}}", _gantry(None, None), "not_evaluated"),
    "a technique of leaves without positions": (
        "plan_checks: {beams: {technique: 3D}}", _leaves_without_positions, "not_evaluated"),
    "an arc through an angle that is not allowed": (
        "plan_checks: {beams: {gantry: 190-170 deg}}", _gantry(200, 160, direction="CC"), "violated"),
    "a bolus without a structure": ("plan_checks: {beams: {bolus: absent}}", _nameless_bolus, "violated"),
    "boli that are counted and not listed": (
        "plan_checks: {beams: {bolus: absent}}", _of_beams(NumberOfBoli=1), "violated"),
    "a photon plan with a word of brachytherapy": (
        "plan_checks: {beams: {radiation: ELECTRON}}", _brachy_word, "violated"),
    "two beams of one number": ("plan_checks: {fractions: complete}", _beam_twice, "violated"),
    "two kinds of radiation under one number and name": (
        "plan_checks: {beams: {radiation: PHOTON}}", _other_beam_of_one_number_and_name, "not_evaluated"),
    "a beam with other monitor units in a second group": (
        "plan_checks: {beams: {meterset: <= 999 MU}}", _other_monitor_units_in_a_second_group, "not_evaluated"),
    "a fraction group without beams": ("plan_checks: {fractions: complete}", _no_beams_in_the_group, "violated"),
    "a film is no set-up field": ("plan_checks: {beams: {setup: present}}", _portal_film, "violated"),
    "a delivery type that does not exist": (
        "plan_checks: {beams: {radiation: ELECTRON}}", _of_beams(TreatmentDeliveryType="TREAT"), "violated"),
    "minutes are no monitor units": (
        "plan_checks: {beams: {meterset: <= 999 MU}}", _of_beams(PrimaryDosimeterUnit="MINUTE"), "not_evaluated"),
    "a physical dose with a word of RBE": (
        "plan_checks: {calculation: {rbe: true}}", _ions("PHYSICAL", "no RBE applied"), "not_evaluated"),
    "another algorithm in the comment": (
        "plan_checks: {calculation: {algorithm: AAA}}", _dose(DoseComment="Acuros XB, not AAA"), "not_evaluated"),
    "two algorithms in the comment": (
        "plan_checks: {calculation: {algorithm: AAA}}", _dose(DoseComment="AAA 15, Acuros XB 15"), "not_evaluated"),
    "an algorithm within a word": (
        "plan_checks: {calculation: {algorithm: MC}}", _dose(DoseComment="SMCP"), "not_evaluated"),
    "densities that are all overridden": (
        "plan_checks: {calculation: {heterogeneity: true}}", _dose(TissueHeterogeneityCorrection="ROI_OVERRIDE"),
        "violated"),
    "a density without a value": ("structure_checks: {densities: none}", _density_without_a_value, "violated"),
    "a stray of an organ of type CONTROL": ("structure_checks: {strays: none}", _typed_as_control, "violated"),
    "a hole drawn as a keyhole": ("structure_checks: {holes: none}", _keyhole, "violated"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_outcome_is(tmp_path, name):
    asks, change, outcome = CASES[name]
    assert outcomes(tmp_path, asks, change, LIVER) == [outcome]


def test_a_body_without_its_couch_is_no_couch(tmp_path):
    boxes = (PTV, box("BODY-Couch", 4), box("CouchSurface", 3, type="EXTERNAL"))
    assert outcomes(tmp_path, "plan_checks: {couch: present}", boxes=boxes) == ["violated"]


@pytest.mark.parametrize("asks", ["strays: none", "slices: {gaps: none}", "holes: none", "duplicates: none"])
def test_nothing_is_none_of_a_structure_set_without_contours(tmp_path, asks):
    def emptied(files):
        files.structures.ROIContourSequence = []

    assert outcomes(tmp_path, f"structure_checks: {{{asks}}}", emptied) == ["not_evaluated"]


def test_spacing_below_a_range_is_not_met(tmp_path):
    (outcome,) = outcomes(tmp_path, "structure_checks: {slices: {spacing: 4-5 mm}}")
    assert outcome == "violated"


def test_a_wide_edge_beside_a_corner_of_the_body_is_near_the_skin(tmp_path):
    def dented(files):  # a wedge cut into the outline, down to 2 mm above the middle of the target's side
        for plane in files.structures.ROIContourSequence[2].ContourSequence:
            z_mm = float(plane.ContourData[2])
            corners = [(-60, -50), (-1, -50), (0, -17), (1, -50), (60, -50), (60, 50), (-60, 50)]
            plane.ContourData = contour(corners, z_mm).ContourData
            plane.NumberOfContourPoints = len(corners)

    assert outcomes(tmp_path, "structure_checks: {crop_from_skin: {PTV: 5 mm}}", dented) == ["violated"]


def test_a_margin_that_is_missing_obliquely_is_missing(tmp_path):
    # The PTV is 20 mm wider than the CTV in the CTV's slices, and as wide as it in all others.
    def waisted(files):
        for plane in files.structures.ROIContourSequence[0].ContourSequence:
            z_mm = float(plane.ContourData[2])
            x_mm, y_mm = (30, 25) if abs(z_mm) <= 6 else (10.2, 5.2)
            corners = [(-x_mm, -y_mm), (x_mm, -y_mm), (x_mm, y_mm), (-x_mm, y_mm)]
            plane.ContourData = contour(corners, z_mm).ContourData

    asks = "structure_checks: {margin: {from: CTV, to: PTV, at_least: 10 mm}}"
    assert outcomes(tmp_path, asks, waisted) == ["violated"]


def test_a_copy_with_a_dot_far_away_is_a_copy(tmp_path):
    def dotted(files):
        files.structures.ROIContourSequence[1].ContourSequence.append(contour([(60, 60), (61, 60), (61, 61)], 0.0))

    boxes = (PTV, box("Liver", 2, size_mm=(60, 60, 60)), box("Liver copy", 4, size_mm=(60, 60, 60)), BODY)
    assert outcomes(tmp_path, "structure_checks: {duplicates: none}", dotted, boxes) == ["violated"]


def test_a_day_to_come_attests_nothing(tmp_path):
    folder = write_plan(tmp_path / "case", (PTV,))
    (tmp_path / "mine.yaml").write_text("name: mine\nattest: {curve: The curve fits.}\n", encoding="utf-8")
    (tmp_path / "facts.yaml").write_text("attested: {curve: {by: N, on: 2999-01-01}}\n", encoding="utf-8")
    report = check(read_case(folder), load_protocol(tmp_path / "mine.yaml"), facts=tmp_path / "facts.yaml")
    assert [each.outcome for each in report.plan_checks] == ["not_evaluated"]


def test_two_kidneys_on_one_side_are_not_on_their_sides(tmp_path):
    kidneys = (box("Kidney_L", 4, at_mm=(45, 0, 0)), box("Kidney_R", 5, at_mm=(32, 0, 0)))
    boxes = (PTV, *kidneys, box("SpinalCord", 6), BODY)
    assert outcomes(tmp_path, "structure_checks: {laterality: true}", boxes=boxes) == ["violated"]


@pytest.mark.parametrize(
    ("at_mm", "outcome"),
    [
        (12, "met"),  # wholly left of the cord's middle: 2 to 22 mm
        (21, "met"),
        (8, "not_evaluated"),  # -2 to 18 mm, and the cord tells sides to 20 mm
        (-12, "not_evaluated"),
        (-31, "violated"),
    ],
)
def test_a_lone_kidney_across_the_midline_is_on_no_side_for_sure(tmp_path, at_mm, outcome):
    boxes = (PTV, box("Kidney_L", 4, at_mm=(at_mm, 0, 0)), box("SpinalCord", 6), BODY)
    assert outcomes(tmp_path, "structure_checks: {laterality: true}", boxes=boxes) == [outcome]


def test_a_pair_in_order_with_one_beyond_the_midline_is_not_evaluated(tmp_path):
    kidneys = (box("Kidney_L", 4, at_mm=(60, 0, 0)), box("Kidney_R", 5, at_mm=(29, 0, 0), size_mm=(40, 20, 30)))
    boxes = (PTV, *kidneys, box("SpinalCord", 6), BODY)
    assert outcomes(tmp_path, "structure_checks: {laterality: true}", boxes=boxes) == ["not_evaluated"]


def test_negative_monitor_units_are_below_no_limit(tmp_path):
    def negative(files):
        for beam in files.plan.FractionGroupSequence[0].ReferencedBeamSequence:
            beam.BeamMeterset = -300.0

    asks = "plan_checks: {meterset: <= 9 MU/cGy, beams: {meterset: <= 500 MU}}"
    assert outcomes(tmp_path, asks, negative) == ["not_evaluated"] * 2


def test_an_organ_of_two_points_is_empty(tmp_path):
    def line(files):
        files.structures.ROIContourSequence[1].ContourSequence = [contour([(0, 0), (5, 5)], 0.0)]

    assert outcomes(tmp_path, "structure_checks: {empty: none}", line, LIVER) == ["violated"]


def _without(keyword):
    def strip(dataset: Dataset) -> None:
        for element in list(dataset):
            if element.keyword == keyword:
                del dataset[element.tag]
            elif element.VR == "SQ":
                for each in element.value:
                    strip(each)

    return lambda files: strip(files.plan)


@pytest.mark.parametrize(
    ("asks", "keyword"),
    [
        ("beams: {wedges: absent}", "NumberOfWedges"),
        ("beams: {bolus: absent}", "NumberOfBoli"),
        ("beams: {control_points: true}", "FinalCumulativeMetersetWeight"),
        ("beams: {control_points: true}", "NumberOfControlPoints"),
        ("beams: {meterset: <= 500 MU}", "PrimaryDosimeterUnit"),
        ("fractions: complete", "NumberOfBeams"),
    ],
)
def test_what_an_element_says_is_not_met_without_it(tmp_path, asks, keyword):
    (tmp_path / "whole").mkdir()
    assert outcomes(tmp_path / "whole", f"plan_checks: {{{asks}}}") == ["met"]
    assert outcomes(tmp_path, f"plan_checks: {{{asks}}}", _without(keyword)) == ["not_evaluated"]


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        (_gantry(181, 179), "arc_spacing: <= 4 deg"),  # 2 degrees, or 358
        (_gantry(190, 170), "gantry: 181-179 deg"),
        (_leaves_without_positions, "control_points: true"),
        (_leaves_without_positions, "positions: <= 999 mm"),
    ],
)
def test_what_a_beam_leaves_open_is_not_met(tmp_path, change, asks):
    assert outcomes(tmp_path, f"plan_checks: {{beams: {{{asks}}}}}", change) == ["not_evaluated"]


def test_a_couch_is_one_by_its_name_too(tmp_path):
    boxes = (PTV, BODY, box("CouchSurface", 4, at_mm=(0, 45, 0), size_mm=(100, 20, 90)))
    asks = "plan_checks: {couch: absent}\nstructure_checks: {in_couch: none}"
    assert outcomes(tmp_path, asks, boxes=boxes) == ["violated", "violated"]


def test_densities_are_unknown_where_no_structure_is_described(tmp_path):
    def undescribed(files):
        del files.structures.RTROIObservationsSequence

    assert outcomes(tmp_path, "structure_checks: {densities: none}", undescribed) == ["not_evaluated"]


def _without_the_middle(*numbers):
    """Most planes of these structures are missing, all but the first and the last three."""

    def change(files):
        for number in numbers:
            contours = files.structures.ROIContourSequence[number].ContourSequence
            del contours[3:-3]

    return change


def test_a_volume_is_not_usual_where_most_slices_are_missing(tmp_path):
    asks, boxes = "structure_checks: {volumes: typical}", (PTV, box("Kidney_L", 2, size_mm=(40, 40, 90)), BODY)
    (tmp_path / "whole").mkdir()
    assert outcomes(tmp_path / "whole", asks, boxes=boxes) == ["met"]  # 144 cc
    assert outcomes(tmp_path, asks, _without_the_middle(1), boxes) == ["not_evaluated"]


def test_a_copy_of_what_lacks_slices_is_a_copy(tmp_path):
    boxes = (PTV, box("Liver", 2, size_mm=(60, 60, 60)), box("Liver copy", 4, size_mm=(60, 60, 60)), BODY)
    assert outcomes(tmp_path, "structure_checks: {duplicates: none}", _without_the_middle(1, 2), boxes) == ["violated"]


def test_a_set_up_field_may_be_what_no_delivery_type_says(tmp_path):
    assert outcomes(tmp_path, "plan_checks: {beams: {setup: absent}}", _without("TreatmentDeliveryType")) == [
        "not_evaluated"
    ]
