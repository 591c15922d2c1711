"""Sets whose limits depend on what a dose is of: a brachytherapy fraction or course, a plan's beams, the body outline.

The brachytherapy plans have 4 fractions of 7 Gy; the bladder, the phantom's liver, receives 3 Gy in each.
"""

from dataclasses import replace

from rtcheck.conformance.phantom import PhantomSet, dose_dataset, item, structures_dataset
from rtcheck.conformance.registry import asks, met, refused, unanswered, violated, warns
from rtcheck.conformance.shapes import BODY, BOXES, PTV, Box

_FRACTIONS, _FRACTION_GY, _BLADDER_GY = 4, 7.0, 3.0
_COURSE_GY = _FRACTIONS * _FRACTION_GY
_EQD2 = ("Liver", "EQD2[3] D2cc < 14 Gy")  # 12 Gy in 4 fractions: 12 x (3 + 3) / (3 + 2) = 14.4 Gy
_PER_FRACTION = ("Liver", "D2cc < 2.9 Gy/fx")


def _brachytherapy(s: PhantomSet, *, dose_fractions: int, prescribed_gy: float, setup_gy: float | None) -> None:
    """Makes it an HDR plan; the dose is that of so many fractions."""
    plan = s.plan
    del plan.BeamSequence
    plan.BrachyTreatmentTechnique, plan.BrachyTreatmentType = "INTRACAVITARY", "HDR"
    plan.ApplicationSetupSequence = [item(ApplicationSetupType="TANDEM", ApplicationSetupNumber=1)]
    group = plan.FractionGroupSequence[0]
    del group.ReferencedBeamSequence
    group.NumberOfFractionsPlanned, group.NumberOfBeams, group.NumberOfBrachyApplicationSetups = _FRACTIONS, 0, 1
    setup = item(ReferencedBrachyApplicationSetupNumber=1)
    if setup_gy is not None:
        setup.BrachyApplicationSetupDose = setup_gy
    group.ReferencedBrachyApplicationSetupSequence = [setup]
    plan.DoseReferenceSequence[0].TargetPrescriptionDose = prescribed_gy
    s.structures = structures_dataset(boxes=tuple(replace(box, type="CTV") if box is PTV else box for box in BOXES))
    s.dose = dose_dataset(
        dose_at=lambda x, _y, _z: dose_fractions * (7.5 if x > 0 else _BLADDER_GY), scaling=1e-3, bits=32
    )


@asks(violated(*_EQD2), violated(*_PER_FRACTION), met("PTV", "D90% >= 100 %"), codes=("plan.brachy",))
def brachytherapy_of_the_course(s: PhantomSet) -> None:
    """Prescription and dose are those of the course; the setup's dose is that of one fraction."""
    _brachytherapy(s, dose_fractions=_FRACTIONS, prescribed_gy=_COURSE_GY, setup_gy=_FRACTION_GY)


def _of_setup(s: PhantomSet, number: int) -> None:
    """The dose is that of this application setup."""
    group = item(ReferencedFractionGroupNumber=1)
    group.ReferencedBrachyApplicationSetupSequence = [item(ReferencedBrachyApplicationSetupNumber=number)]
    s.dose.DoseSummationType = "BRACHY"
    s.dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]


@warns("dose.some-beams")
def brachytherapy_dose_of_one_of_two_setups(s: PhantomSet) -> None:
    """The plan has two application setups; the dose refers to the first one."""
    _brachytherapy(s, dose_fractions=_FRACTIONS, prescribed_gy=_COURSE_GY, setup_gy=None)
    group = s.plan.FractionGroupSequence[0]
    group.NumberOfBrachyApplicationSetups = 2
    group.ReferencedBrachyApplicationSetupSequence.append(item(ReferencedBrachyApplicationSetupNumber=2))
    _of_setup(s, 1)


@warns("dose.some-beams")
def beams_and_a_boost_by_brachytherapy(s: PhantomSet) -> None:
    """A second fraction group delivers an application setup; the dose is that of this group."""
    group = item(FractionGroupNumber=2, NumberOfFractionsPlanned=3, NumberOfBeams=0, NumberOfBrachyApplicationSetups=1)
    group.ReferencedBrachyApplicationSetupSequence = [item(ReferencedBrachyApplicationSetupNumber=1)]
    s.plan.FractionGroupSequence.append(group)
    s.dose.DoseSummationType = "BRACHY"


@refused("dose.one-fraction")
def brachytherapy_all_per_fraction(s: PhantomSet) -> None:
    """Prescription, setup dose and dose are those of one fraction of four."""
    _brachytherapy(s, dose_fractions=1, prescribed_gy=_FRACTION_GY, setup_gy=_FRACTION_GY)


@refused("dose.one-fraction")
def brachytherapy_dose_per_fraction(s: PhantomSet) -> None:
    """The prescription is that of the course, the dose that of one fraction."""
    _brachytherapy(s, dose_fractions=1, prescribed_gy=_COURSE_GY, setup_gy=_FRACTION_GY)


@refused("dose.one-fraction")
def brachytherapy_without_a_prescription(s: PhantomSet) -> None:
    """Only the setup states a dose, and the dose is that of one fraction."""
    _brachytherapy(s, dose_fractions=1, prescribed_gy=_FRACTION_GY, setup_gy=_FRACTION_GY)
    del s.plan.DoseReferenceSequence


@refused("dose.fraction-or-course", "dose.one-fraction")
def brachytherapy_that_states_one_number(s: PhantomSet) -> None:
    """The only dose stated is a prescription of 7 Gy in 4 fractions, the dose of one or of all."""
    _brachytherapy(s, dose_fractions=1, prescribed_gy=_FRACTION_GY, setup_gy=None)


@refused("dose.fraction-or-course", "dose.one-fraction")
def brachytherapy_by_a_point(s: PhantomSet) -> None:
    """No target is contoured; a point (COORDINATES) is prescribed the dose of one fraction."""
    _brachytherapy(s, dose_fractions=1, prescribed_gy=_FRACTION_GY, setup_gy=_FRACTION_GY)
    s.structures = structures_dataset(boxes=tuple(box for box in BOXES if box is not PTV))
    point = s.plan.DoseReferenceSequence[0]
    del point.ReferencedROINumber
    point.DoseReferenceStructureType, point.DoseReferencePointCoordinates = "COORDINATES", [20.0, 10.0, 0.0]


@asks(unanswered("PTV", "D50% >= 99 %"), codes=("plan.prescription-per-fraction",))
def brachytherapy_prescribed_per_fraction(s: PhantomSet) -> None:
    """The dose is that of the course, the prescription that of one fraction."""
    _brachytherapy(s, dose_fractions=_FRACTIONS, prescribed_gy=_FRACTION_GY, setup_gy=_FRACTION_GY)


@asks(met("BODY", "Dmax < 80 Gy"), unanswered("External", "Volume < 2500 cc"))
def two_external_outlines(s: PhantomSet) -> None:
    """Body and an arm of 48 cc apart from it are both of type EXTERNAL: neither is the body outline alone."""
    body = replace(BODY, high_mm=(60.0, BODY.high_mm[1], BODY.high_mm[2]))
    arm = Box(name="Arm", number=8, type="EXTERNAL", low_mm=(70.0, -20.0, -6.0), high_mm=(90.0, 20.0, 54.0))
    s.structures = structures_dataset(boxes=(*(box for box in BOXES if box is not BODY), body, arm))
