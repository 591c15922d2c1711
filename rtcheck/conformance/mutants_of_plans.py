"""Mutants of the plan, one defect each."""

from copy import deepcopy

from rtcheck.conformance.phantom import ROOT, PhantomSet, item, plan_dataset, reference
from rtcheck.conformance.registry import refused, warns


@warns("plan.fractions-missing")
def fractions_missing(s: PhantomSet) -> None:
    """NumberOfFractionsPlanned is empty."""
    s.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = None


@warns("plan.fractions-missing")
def fractions_zero(s: PhantomSet) -> None:
    """NumberOfFractionsPlanned is 0."""
    s.plan.FractionGroupSequence[0].NumberOfFractionsPlanned = 0


@warns("plan.fraction-groups")
def two_fraction_groups(s: PhantomSet) -> None:
    """The plan has two fraction groups."""
    second = deepcopy(s.plan.FractionGroupSequence[0])
    second.FractionGroupNumber = 2
    s.plan.FractionGroupSequence.append(second)


@warns("plan.prescription-from-beams")
def prescription_missing(s: PhantomSet) -> None:
    """The plan has beam doses and no target prescription."""
    s.plan = plan_dataset(has_prescription=False)


@warns("plan.prescription-missing")
def prescription_and_beam_doses_missing(s: PhantomSet) -> None:
    """The plan has neither target prescription nor beam doses."""
    s.plan = plan_dataset(has_prescription=False)
    for beam in s.plan.FractionGroupSequence[0].ReferencedBeamSequence:
        del beam.BeamDose


@warns("plan.prescription-per-fraction")
def prescription_of_one_fraction(s: PhantomSet) -> None:
    """TargetPrescriptionDose is the dose of one fraction."""
    s.plan.DoseReferenceSequence[0].TargetPrescriptionDose = 2.0


@refused("file.bad-value")
def prescription_no_number(s: PhantomSet) -> None:
    """TargetPrescriptionDose is written with a decimal comma."""
    s.plan.DoseReferenceSequence[0].add_new("TargetPrescriptionDose", "LO", "50,0")


@warns("dose.target-off-prescription", "dose.far-below-prescription")
def prescription_of_another_plan(s: PhantomSet) -> None:
    """The dose does not reach the prescription."""
    s.plan.DoseReferenceSequence[0].TargetPrescriptionDose = 70.0


@warns("plan.unapproved")
def unapproved(s: PhantomSet) -> None:
    """ApprovalStatus is UNAPPROVED."""
    s.plan.ApprovalStatus = "UNAPPROVED"


@warns("plan.rejected")
def rejected(s: PhantomSet) -> None:
    """ApprovalStatus is REJECTED."""
    s.plan.ApprovalStatus = "REJECTED"


@warns("plan.no-patient-geometry")
def geometry_of_a_device(s: PhantomSet) -> None:
    """RTPlanGeometry is TREATMENT_DEVICE."""
    s.plan.RTPlanGeometry = "TREATMENT_DEVICE"


@warns("plan.brachy")
def brachytherapy(s: PhantomSet) -> None:
    """The plan is a brachytherapy plan."""
    del s.plan.BeamSequence
    s.plan.BrachyTreatmentType = "HDR"
    s.plan.ApplicationSetupSequence = [item(ApplicationSetupNumber=1)]


@warns("plan.ion")
def ions(s: PhantomSet) -> None:
    """The plan is an ion plan."""
    s.plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
    s.plan.IonBeamSequence = s.plan.BeamSequence
    del s.plan.BeamSequence


@warns("structures.not-referenced", "link.by-frame")
def refers_to_another_structure_set(s: PhantomSet) -> None:
    """The plan refers to a missing structure set."""
    s.plan.ReferencedStructureSetSequence = [reference("RTSTRUCT", f"{ROOT}.96")]


@warns("structures.not-referenced")
def refers_to_two_structure_sets(s: PhantomSet) -> None:
    """The plan refers to a second structure set, which is missing."""
    s.plan.ReferencedStructureSetSequence.append(reference("RTSTRUCT", f"{ROOT}.96"))


@refused("frame.mismatch")
def plan_in_another_frame(s: PhantomSet) -> None:
    """The plan is in another frame of reference."""
    s.plan.FrameOfReferenceUID = f"{ROOT}.95"


@refused("patient.mismatch")
def plan_of_another_patient(s: PhantomSet) -> None:
    """The plan has another PatientID."""
    s.plan.PatientID = "SOMEONE"


@warns("patient.birth-dates")
def another_birth_date(s: PhantomSet) -> None:
    """The plan has another birth date."""
    s.plan.PatientBirthDate = "19710101"
