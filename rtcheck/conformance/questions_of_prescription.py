"""Sets whose limits are relative to a prescription: which dose is 100 % of which target, and where nobody can tell.

The phantom's PTV has a median of 50 Gy, its level; a second target, PTV_N, has a median and a level of 44 Gy.
"""

from typing import Any

from rtcheck.conformance.phantom import PhantomSet, item, plan_dataset, structures_dataset
from rtcheck.conformance.registry import asks, met, unanswered, violated
from rtcheck.conformance.shapes import BOXES, PRESCRIBED_GY, PTV, Box

LOWER_GY = 44.0
_PTV_N = Box(name="PTV_N", number=7, type="PTV", low_mm=(5.3, -34.3, -30.0), high_mm=(35.3, -4.3, 33.0))
_MEDIAN = "D50% >= 99 %"
_NEARLY = "D50% < 95 %"  # PTV_N has 88 % of the higher level
_OF_LOWER = met("PTV_N", _MEDIAN), violated("PTV_N", _NEARLY)


def _prescribed(s: PhantomSet, *items: dict[str, Any]) -> None:
    """Gives the plan these dose references to targets, and the set its second target."""
    s.structures = structures_dataset(boxes=(*BOXES, _PTV_N))
    s.plan.DoseReferenceSequence = [
        item(
            DoseReferenceNumber=number, DoseReferenceType="TARGET", **{"DoseReferenceStructureType": "SITE"} | elements
        )
        for number, elements in enumerate(items, start=1)
    ]


@asks(met("PTV", _MEDIAN), *_OF_LOWER)
def levels_by_roi_number(s: PhantomSet) -> None:
    """Two dose levels refer to their targets by ROI number."""
    _prescribed(
        s,
        {"DoseReferenceStructureType": "VOLUME", "ReferencedROINumber": 1, "TargetPrescriptionDose": PRESCRIBED_GY},
        {"DoseReferenceStructureType": "VOLUME", "ReferencedROINumber": 7, "TargetPrescriptionDose": LOWER_GY},
    )


@asks(met("PTV", _MEDIAN), *_OF_LOWER)
def levels_by_description(s: PhantomSet) -> None:
    """Two dose levels have descriptions that equal the names of their targets apart from case and separators."""
    _prescribed(
        s,
        {"DoseReferenceDescription": "ptv", "TargetPrescriptionDose": PRESCRIBED_GY},
        {"DoseReferenceDescription": "PTV N", "TargetPrescriptionDose": LOWER_GY},
    )


@asks(unanswered("PTV", _MEDIAN), unanswered("PTV_N", _MEDIAN), met("PTV_N", "D50% >= 43.5 Gy"))
def levels_tied_to_nothing(s: PhantomSet) -> None:
    """Two dose levels refer to no target."""
    _prescribed(s, {"TargetPrescriptionDose": PRESCRIBED_GY}, {"TargetPrescriptionDose": LOWER_GY})


@asks(met("PTV", _MEDIAN), unanswered("PTV_N", _MEDIAN))
def one_level_of_two_is_tied(s: PhantomSet) -> None:
    """Of two dose levels only the higher one names its target."""
    _prescribed(
        s,
        {"DoseReferenceDescription": "PTV", "TargetPrescriptionDose": PRESCRIBED_GY},
        {"DoseReferenceDescription": "elective", "TargetPrescriptionDose": LOWER_GY},
    )


@asks(unanswered("PTV", _MEDIAN), *_OF_LOWER)
def two_levels_for_one_target(s: PhantomSet) -> None:
    """Two dose references state different doses for the PTV."""
    _prescribed(
        s,
        {"ReferencedROINumber": 1, "TargetPrescriptionDose": PRESCRIBED_GY},
        {"ReferencedROINumber": 1, "TargetPrescriptionDose": 45.0},
        {"ReferencedROINumber": 7, "TargetPrescriptionDose": LOWER_GY},
    )


@asks(unanswered("PTV_N", _MEDIAN), met("PTV", _MEDIAN))
def target_listed_without_a_dose(s: PhantomSet) -> None:
    """A second target is listed without TargetPrescriptionDose."""
    _prescribed(s, {"ReferencedROINumber": 1, "TargetPrescriptionDose": PRESCRIBED_GY}, {"ReferencedROINumber": 7})


@asks(met("PTV", _MEDIAN), violated("PTV", "D50% < 99 %"))
def point_next_to_the_prescription(s: PhantomSet) -> None:
    """Next to the prescription there is the dose at a calculation point (COORDINATES), 54 Gy."""
    point = {"DoseReferenceStructureType": "COORDINATES", "DoseReferencePointCoordinates": [20, 10, 0]}
    _prescribed(
        s,
        {"TargetPrescriptionDose": PRESCRIBED_GY},
        point | {"TargetPrescriptionDose": 54.0},
    )


@asks(met("PTV", _MEDIAN), violated("PTV", "D50% < 99 %"))
def point_alone(s: PhantomSet) -> None:
    """The only dose reference is a point (COORDINATES) with the prescribed dose."""
    point = {"DoseReferenceStructureType": "COORDINATES", "DoseReferencePointCoordinates": [20, 10, 0]}
    _prescribed(s, point | {"TargetPrescriptionDose": PRESCRIBED_GY})


@asks(met("PTV", _MEDIAN), violated("PTV", "D50% < 99 %"))
def dose_reference_of_an_organ(s: PhantomSet) -> None:
    """A dose reference of type ORGAN_AT_RISK states a higher dose."""
    _prescribed(s, {"TargetPrescriptionDose": PRESCRIBED_GY})
    organ = item(DoseReferenceNumber=2, DoseReferenceStructureType="VOLUME", DoseReferenceType="ORGAN_AT_RISK")
    organ.ReferencedROINumber, organ.TargetPrescriptionDose, organ.OrganAtRiskMaximumDose = 2, 60.0, 60.0
    s.plan.DoseReferenceSequence.append(organ)


@asks(unanswered("PTV", _MEDIAN), met("PTV", "D50% >= 49.5 Gy"), codes=("plan.prescription-from-beams",))
def percentage_without_a_prescription(s: PhantomSet) -> None:
    """The plan has beam doses, which are not a prescription."""
    s.plan = plan_dataset(has_prescription=False)


@asks(unanswered("PTV", "CI_Paddick > 0"), unanswered("PTV", "R50 < 90"), unanswered("PTV", "GI < 90"))
def indices_without_a_prescription(s: PhantomSet) -> None:
    """The plan has beam doses and no prescription, which indices need as well."""
    s.plan = plan_dataset(has_prescription=False)


@asks(unanswered("PTV", _MEDIAN), codes=("plan.prescription-per-fraction",))
def percentage_of_the_dose_of_one_fraction(s: PhantomSet) -> None:
    """TargetPrescriptionDose is the dose of one fraction; the dose is that of the course."""
    s.plan.DoseReferenceSequence[0].TargetPrescriptionDose = 2.0


@asks(unanswered("PTV", "EQD2[3] D50% > 40 Gy"), unanswered("PTV", "Dmax < 3 Gy/fx"), codes=("plan.fractions-missing",))
def dose_per_fraction_without_fractions(s: PhantomSet) -> None:
    """NumberOfFractionsPlanned is missing."""
    s.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = None


@asks(met("PTV_44", _MEDIAN), codes=("prescription.name-differs",))
def target_named_after_another_dose(s: PhantomSet) -> None:
    """The target that is prescribed 50 Gy is named PTV_44."""
    s.structures.StructureSetROISequence[0].ROIName = f"{PTV.name}_44"


@asks(met("PTV", "D50% >= 80 %"), codes=("prescription.dose-differs", "dose.target-off-prescription"))
def target_far_from_its_level(s: PhantomSet) -> None:
    """The PTV is prescribed 60 Gy and receives 50 Gy; PTV_N receives the 44 Gy that it is prescribed."""
    _prescribed(
        s,
        {"ReferencedROINumber": 1, "TargetPrescriptionDose": 60.0},
        {"ReferencedROINumber": 7, "TargetPrescriptionDose": LOWER_GY},
    )
