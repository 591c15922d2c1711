"""`rtcheck diff`: what a plan states that has no name of its own in the comparison, point by point and node by node."""

import copy
import math

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from support.command_line import run
from support.plan_faults import contours_of, sample_with


def items(*stated):
    """A sequence of items with these elements."""
    made = []
    for elements in stated:
        item = Dataset()
        for keyword, value in elements.items():
            setattr(item, keyword, value)
        made.append(item)
    return Sequence(made)


def on_beam(**elements):
    def change(plan):
        for keyword, value in elements.items():
            setattr(plan.BeamSequence[0], keyword, value)

    return change


def at_first_point(**elements):
    def change(plan):
        for keyword, value in elements.items():
            setattr(plan.BeamSequence[0].ControlPointSequence[0], keyword, value)

    return change


def wedge(**elements):
    stated = {"WedgeNumber": 1, "WedgeType": "STANDARD", "WedgeAngle": 30, "WedgeOrientation": 0} | elements
    return on_beam(NumberOfWedges=1, WedgeSequence=items(stated))


def wedge_position(text):
    def change(plan):
        wedge()(plan)
        at_first_point(WedgePositionSequence=items({"ReferencedWedgeNumber": 1, "WedgePosition": text}))(plan)

    return change


def block(**elements):
    stated = {"BlockNumber": 1, "BlockThickness": 80, "BlockNumberOfPoints": 3, "BlockData": [0, 0, 9, 0, 9, 9]}
    return on_beam(NumberOfBlocks=1, BlockSequence=items(stated | elements))


def bolus(number):
    return on_beam(NumberOfBoli=1, ReferencedBolusSequence=items({"ReferencedROINumber": number}))


def applicator(name):
    return on_beam(ApplicatorSequence=items({"ApplicatorID": name, "ApplicatorType": "ELECTRON_SQUARE"}))


def levels(second_gy):
    stated = {"DoseReferenceStructureType": "SITE", "DoseReferenceType": "TARGET"}
    one = stated | {"DoseReferenceNumber": 1, "TargetPrescriptionDose": 50, "DoseReferenceDescription": "PTV1"}
    two = stated | {"DoseReferenceNumber": 2, "TargetPrescriptionDose": second_gy, "DoseReferenceDescription": "PTV2"}
    return lambda plan: setattr(plan, "DoseReferenceSequence", items(one, two))


def groups(first, second, meterset=50.0):
    def change(plan):
        other = copy.deepcopy(plan.FractionGroupSequence[0])
        other.FractionGroupNumber = 2
        other.ReferencedBeamSequence[0].BeamMeterset = meterset
        plan.FractionGroupSequence[0].NumberOfFractionsPlanned, other.NumberOfFractionsPlanned = first, second
        plan.FractionGroupSequence.append(other)

    return change


def wider_leaves(plan):
    for device in plan.BeamSequence[0].BeamLimitingDeviceSequence:
        if "LeafPositionBoundaries" in device:
            device.LeafPositionBoundaries = [2 * each for each in device.LeafPositionBoundaries]


def setup_shift(mm):
    return lambda plan: setattr(plan.PatientSetupSequence[0], "TableTopVerticalSetupDisplacement", mm)


def spots(*weights):
    return at_first_point(ScanSpotMetersetWeights=list(weights), ScanSpotPositionMap=[0.0] * (2 * len(weights)))


BEAM = "beam 1 (G180)"


@pytest.mark.parametrize(
    ("a", "b", "where", "element"),
    [
        (wedge(), wedge(WedgeAngle=60), BEAM, "wedge angle"),
        (wedge(), wedge(WedgeOrientation=180), BEAM, "wedge orientation"),
        (wedge_position("IN"), wedge_position("OUT"), BEAM, "wedge position"),
        (block(), block(BlockData=[0, 0, 29, 0, 29, 29]), BEAM, "block data"),
        (block(), block(BlockThickness=40), BEAM, "block thickness"),
        (bolus(3), bolus(4), BEAM, "bolus"),
        (applicator("A10"), applicator("A20"), BEAM, "applicator ID"),
        (on_beam(), wider_leaves, BEAM, "leaf position boundaries"),
        (on_beam(), on_beam(TreatmentDeliveryType="CONTINUATION"), BEAM, "treatment delivery type"),
        (on_beam(), at_first_point(TableTopEccentricAngle=20.0), BEAM, "table top eccentric angle"),
        (on_beam(), on_beam(FinalCumulativeMetersetWeight=0.5), BEAM, "cumulative weight"),
        (spots(1.0, 2.0, 4.0), spots(1.0, 2.5, 4.0), BEAM, "scan spot meterset weights"),
        (setup_shift(10), setup_shift(50), BEAM, "table top vertical setup displacement"),
        (levels(40), levels(45), "plan", "target prescription dose"),
        (groups(5, 20), groups(20, 5), "plan", "number of fractions planned"),
        (groups(5, 20), groups(5, 20, meterset=60.0), "plan", "beam meterset"),
    ],
)
def test_one_element_that_differs_is_a_difference(tmp_path, a, b, where, element):
    found = run("diff", sample_with(tmp_path / "a", plan=a), sample_with(tmp_path / "b", plan=b), "--format", "json")
    off = {(each["where"], each["element"]) for each in found.json()["entries"] if each["kind"] == "beyond"}
    assert found.status == 1
    assert (where, element) in off
    assert run("diff", tmp_path / "a", tmp_path / "a").status == 0


def test_names_orders_and_what_is_not_turned_agree(tmp_path):
    def other(plan):
        beam = plan.BeamSequence[0]
        beam.BeamDescription, beam.ManufacturerModelName = "another", "another"
        beam.BeamLimitingDeviceSequence = Sequence(reversed(list(beam.BeamLimitingDeviceSequence)))
        del beam.ControlPointSequence[0].TableTopEccentricAngle

    assert run("diff", sample_with(tmp_path / "a"), sample_with(tmp_path / "b", plan=other)).status == 0


def test_a_number_that_is_not_one_is_compared_as_it_is_written(tmp_path):
    def pitch(value):
        return at_first_point(GantryPitchAngle=value)

    def odd(text):
        def change(plan):
            wedge()(plan)
            plan.BeamSequence[0].WedgeSequence[0].add(RawDataElement(0x300A00D8, "DS", 4, text, 0, False, True))

        return change

    odd_a, odd_b = sample_with(tmp_path / "oa", plan=odd(b"a.b ")), sample_with(tmp_path / "ob", plan=odd(b"c.d "))
    assert (run("diff", odd_a, odd_a).status, run("diff", odd_a, odd_b).status) == (0, 1)
    nan, number = sample_with(tmp_path / "nan", plan=pitch(math.nan)), sample_with(tmp_path / "n", plan=pitch(1.0))
    assert (run("diff", nan, nan).status, run("diff", nan, number).status) == (0, 1)


def _brachy(dwell_s, weights=(0.0, 0.5, 1.0)):
    def change(plan):
        points = [
            {"ControlPointIndex": place, "CumulativeTimeWeight": weight, "ControlPointRelativePosition": 5 * place}
            for place, weight in enumerate(weights)
        ]
        channel = {
            "ChannelNumber": 1, "ChannelTotalTime": dwell_s, "FinalCumulativeTimeWeight": weights[-1],
            "BrachyControlPointSequence": items(*points),
        }  # fmt: skip
        setup = {"ApplicationSetupNumber": 1, "ChannelSequence": items(channel)}
        del plan.BeamSequence
        plan.BrachyTreatmentType, plan.ApplicationSetupSequence = "HDR", items(setup)
        del plan.FractionGroupSequence[0].ReferencedBeamSequence

    return change


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (_brachy(400.0), {"channel total time"}),
        (_brachy(300.0, (0.0, 0.9, 1.0)), {"cumulative time weight"}),
        (_brachy(300.0, (0.0, 150.0, 300.0)), set()),
    ],
)
def test_dwell_times_of_brachytherapy_are_compared_by_their_shares(tmp_path, other, differs):
    one, two = sample_with(tmp_path / "a", plan=_brachy(300.0)), sample_with(tmp_path / "b", plan=other)
    found = run("diff", one, two, "--format", "json")
    off = {each["element"] for each in found.json()["entries"] if each["kind"] in ("beyond", "missing")}
    assert (found.status, off) == (int(bool(differs)), differs)


def test_one_point_of_a_contour_15_mm_away_differs(tmp_path):
    def change(structures):
        contour = contours_of(structures, "External").ContourSequence[2]
        values = [float(each) for each in contour.ContourData]
        values[0], values[1] = values[0] + 15, values[1] + 15
        contour.ContourData = [f"{each:.2f}" for each in values]

    found = run("diff", sample_with(tmp_path / "a"), sample_with(tmp_path / "b", structures=change), "--format", "json")
    off = {(each["where"], each["element"]) for each in found.json()["entries"] if each["kind"] == "beyond"}
    assert (found.status, off) == (1, {("External", "outline")})


def test_a_density_that_is_set_differs(tmp_path):
    def density(value):
        stated = items({"ROIPhysicalProperty": "REL_ELEC_DENSITY", "ROIPhysicalPropertyValue": value})
        return lambda structures: setattr(
            structures.RTROIObservationsSequence[0], "ROIPhysicalPropertiesSequence", stated
        )

    a = sample_with(tmp_path / "a", structures=density(1.0))
    assert run("diff", a, sample_with(tmp_path / "b", structures=density(0.0))).status == 1
    assert run("diff", a, sample_with(tmp_path / "c")).status == 1


def _without_the_upper_half(dose):
    planes = dose.pixel_array
    kept = len(planes) // 2
    dose.PixelData, dose.NumberOfFrames = planes[:kept].tobytes(), kept
    dose.GridFrameOffsetVector = dose.GridFrameOffsetVector[:kept]


def _with_a_hot_voxel(dose):
    planes = dose.pixel_array.copy()
    at = tuple(size // 3 for size in planes.shape)
    planes[at] = planes.max()
    dose.PixelData = planes.tobytes()


def _with_another_plane(dose):
    """One more plane at the end, so that the grids differ, and one voxel that does."""
    _with_a_hot_voxel(dose)
    planes, offsets = dose.pixel_array, [float(each) for each in dose.GridFrameOffsetVector]
    dose.PixelData, dose.NumberOfFrames = planes.tobytes() + (0 * planes[0]).tobytes(), len(planes) + 1
    dose.GridFrameOffsetVector = [*offsets, 2 * offsets[-1] - offsets[-2]]


@pytest.mark.parametrize(
    ("change", "elements"),
    [
        (_without_the_upper_half, {"extent"}),
        (_with_a_hot_voxel, {"dose"}),
        (_with_another_plane, {"dose"}),
    ],
)
def test_a_dose_that_was_cropped_or_changed_in_one_voxel_differs_from_either_side(tmp_path, change, elements):
    a, b = sample_with(tmp_path / "a"), sample_with(tmp_path / "b", dose=change)
    for pair in ((a, b), (b, a)):
        found = run("diff", *pair, "--format", "json")
        off = {each["element"] for each in found.json()["entries"] if each["kind"] in ("beyond", "missing")}
        assert (found.status, off) == (1, elements)
