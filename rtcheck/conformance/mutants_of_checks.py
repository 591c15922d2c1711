"""Faults that no dose limit shows, one in each set: what a physicist finds by looking at the plan. Each names a check.

The sets are asked by the default checks of `rtcheck qa`.
"""

from copy import deepcopy
from dataclasses import replace

from rtcheck.conformance.phantom import PhantomSet, contour, item, structures_dataset
from rtcheck.conformance.registry import check_found, check_met
from rtcheck.conformance.shapes import BODY, BOXES, KIDNEY, LIVER, PTV, Box

GTV = Box(name="GTV", number=6, type="GTV", low_mm=(10.3, 0.7, -15.0), high_mm=(30.3, 20.7, 18.0))
KIDNEY_R = replace(KIDNEY, name="Kidney_R", number=7, low_mm=(-71.2, 62.0, -21.0), high_mm=(-45.6, 67.0, 39.0))


def _moved(box: Box, by_mm: tuple[float, float, float]) -> Box:
    ends = (tuple(a + b for a, b in zip(end, by_mm, strict=True)) for end in (box.low_mm, box.high_mm))
    low, high = ends
    return replace(box, low_mm=(low[0], low[1], low[2]), high_mm=(high[0], high[1], high[2]))


def _drawn(s: PhantomSet, *more: Box, without: tuple[Box, ...] = ()) -> None:
    s.structures = structures_dataset(boxes=(*(box for box in BOXES if box not in without), *more))


def _delivered(s: PhantomSet) -> None:
    """What the plain phantom omits: machine, isocentre and angles."""
    for number, beam in enumerate(s.plan.BeamSequence):
        beam.TreatmentMachineName, beam.PrimaryDosimeterUnit = "Linac 1", "MU"
        first = beam.ControlPointSequence[0]
        first.IsocenterPosition, first.GantryAngle = [20.3, 10.7, 1.5], 90 * number
        first.BeamLimitingDeviceAngle = first.PatientSupportAngle = 0


@check_found("structures.laterality")
def kidneys_with_each_others_names(s: PhantomSet) -> None:
    """The names of the two kidneys are exchanged."""
    _drawn(s, replace(KIDNEY, name="Kidney_R"), replace(KIDNEY_R, name="Kidney_L"), without=(KIDNEY,))


@check_found("structures.inside")
def gtv_partly_outside_its_ptv(s: PhantomSet) -> None:
    """The GTV is moved by 12 mm, 7 mm of it out of its PTV."""
    _drawn(s, _moved(GTV, (12.0, 0.0, 0.0)))


@check_found("structures.strays")
def contour_of_one_millimetre(s: PhantomSet) -> None:
    """The liver has a contour of 1 x 1 mm, 40 mm away from it."""
    stray = [(30.0, -50.0), (31.0, -50.0), (31.0, -49.0), (30.0, -49.0)]
    s.structures.ROIContourSequence[1].ContourSequence.append(contour(stray, 0.0))


@check_found("plan.isocentre.one")
def isocentres_apart(s: PhantomSet) -> None:
    """The isocentres of the two beams are 300 mm apart."""
    _delivered(s)
    s.plan.BeamSequence[1].ControlPointSequence[0].IsocenterPosition = [20.3, 10.7, 301.5]


@check_found("plan.beams.same_machine")
def beams_on_two_machines(s: PhantomSet) -> None:
    """The two beams are of different treatment machines."""
    _delivered(s)
    s.plan.BeamSequence[1].TreatmentMachineName = "Linac 2"


@check_found("plan.beams.unique_names")
def beams_of_one_name(s: PhantomSet) -> None:
    """The two beams have the same name."""
    s.plan.BeamSequence[1].BeamName = s.plan.BeamSequence[0].BeamName


@check_found("plan.meterset")
def beams_of_one_monitor_unit(s: PhantomSet) -> None:
    """Every beam has 1 MU."""
    for beam in s.plan.FractionGroupSequence[0].ReferencedBeamSequence:
        beam.BeamMeterset = 1.0


@check_found("structures.empty")
def organ_emptied(s: PhantomSet) -> None:
    """The spinal cord is listed without contours."""
    del s.structures.ROIContourSequence[2].ContourSequence


@check_found("structures.outside_body")
def organ_partly_outside_the_body(s: PhantomSet) -> None:
    """The liver is moved by 40 mm, a third of it out of the body."""
    _drawn(s, _moved(LIVER, (-40.0, 0.0, 0.0)), without=(LIVER,))


@check_found("structures.apart")
def kidneys_that_overlap(s: PhantomSet) -> None:
    """The right kidney reaches 6 mm into the left one."""
    _drawn(s, replace(KIDNEY, name="Kidney_R", number=7, low_mm=(25.6, 12.3, -21.0), high_mm=(51.6, 44.4, 39.0)))


@check_found("structures.duplicates")
def liver_drawn_twice(s: PhantomSet) -> None:
    """The liver is there again under another name."""
    _drawn(s, replace(LIVER, name="Hepar_old", number=8))


@check_found("structures.holes")
def hole_of_two_millimetres(s: PhantomSet) -> None:
    """One contour of the cord has a hole of 2 x 2 mm."""
    hole = [(0.0, 35.0), (0.0, 37.0), (2.0, 37.0), (2.0, 35.0)]
    contours = s.structures.ROIContourSequence[2].ContourSequence
    contours.insert(0, contour(hole, float(contours[5].ContourData[2])))


@check_found("structures.slices.gaps")
def slices_left_out(s: PhantomSet) -> None:
    """Four slices are missing in the middle of the liver."""
    contours = s.structures.ROIContourSequence[1].ContourSequence
    del contours[10:14]


@check_found("structures.densities")
def body_set_to_water(s: PhantomSet) -> None:
    """The density of the body is overridden."""
    density = item(ROIPhysicalProperty="REL_ELEC_DENSITY", ROIPhysicalPropertyValue=1.0)
    s.structures.RTROIObservationsSequence[BOXES.index(BODY)].ROIPhysicalPropertiesSequence = [density]


@check_found("plan.beams.deliver")
def beam_of_no_monitor_units(s: PhantomSet) -> None:
    """The second beam has 0 MU."""
    s.plan.FractionGroupSequence[0].ReferencedBeamSequence[1].BeamMeterset = 0.0


@check_found("plan.beams.control_points")
def leaves_that_cross(s: PhantomSet) -> None:
    """A leaf reaches 5 mm beyond the one that it meets."""
    for beam in s.plan.BeamSequence:
        device = item(RTBeamLimitingDeviceType="MLCX", NumberOfLeafJawPairs=2, LeafPositionBoundaries=[-10, 0, 10])
        beam.BeamLimitingDeviceSequence = [device]
        leaves = item(RTBeamLimitingDeviceType="MLCX", LeafJawPositions=[-10, 5, 10, 0])
        beam.ControlPointSequence[0].BeamLimitingDevicePositionSequence = [leaves]


@check_found("plan.beams.control_points")
def meterset_weights_that_fall(s: PhantomSet) -> None:
    """The last cumulative meterset weight is half of the final one."""
    s.plan.BeamSequence[0].ControlPointSequence[1].CumulativeMetersetWeight = 0.5


@check_found("plan.fractions")
def beam_that_does_not_exist(s: PhantomSet) -> None:
    """The fraction group refers to a third beam, which the plan does not have."""
    third = deepcopy(s.plan.FractionGroupSequence[0].ReferencedBeamSequence[0])
    third.ReferencedBeamNumber = 3
    s.plan.FractionGroupSequence[0].ReferencedBeamSequence.append(third)
    s.plan.FractionGroupSequence[0].NumberOfBeams = 3


@check_found("plan.intent")
def intent_of_a_verification(s: PhantomSet) -> None:
    """The intent is a verification."""
    s.plan.PlanIntent = "VERIFICATION"


@check_found("plan.calculation.heterogeneity")
def dose_in_water(s: PhantomSet) -> None:
    """The dose states that it was computed in water."""
    s.dose.TissueHeterogeneityCorrection = "WATER"


@check_found("plan.dates")
def structures_newer_than_the_dose(s: PhantomSet) -> None:
    """The structure set is a month newer than the dose."""
    s.dose.InstanceCreationDate, s.dose.InstanceCreationTime = "20260103", "120000"
    s.structures.StructureSetDate = "20260203"


@check_found("plan.dose_covers")
def target_at_the_edge_of_the_dose(s: PhantomSet) -> None:
    """The PTV reaches 10 mm beyond the dose grid."""
    _drawn(s, replace(PTV, low_mm=(5.3, -4.3, -30.0), high_mm=(110.0, 25.7, 33.0)), without=(PTV,))


@check_met(
    "structures.laterality", "structures.inside", "structures.strays", "plan.isocentre.one", "plan.beams.same_machine",
    "plan.beams.unique_names", "plan.meterset", "structures.empty", "structures.outside_body", "structures.apart",
    "structures.duplicates", "structures.holes", "structures.slices.gaps", "structures.densities", "plan.beams.deliver",
    "plan.beams.control_points", "plan.fractions", "plan.intent", "plan.calculation.heterogeneity", "plan.dates",
    "plan.dose_covers",
)  # fmt: skip
def plan_without_a_fault(s: PhantomSet) -> None:
    """Everything that the mutants of this list change, as it should be."""
    _delivered(s)
    _drawn(s, GTV, KIDNEY_R)
    s.plan.PlanIntent = "CURATIVE"
    s.dose.TissueHeterogeneityCorrection = "IMAGE"
    s.dose.InstanceCreationDate, s.dose.InstanceCreationTime = "20260103", "120000"
