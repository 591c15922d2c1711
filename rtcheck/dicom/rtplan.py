"""RTPLAN data set -> Plan: beams, fractions, prescriptions, and what is odd about them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rtcheck.case import Beam, Plan, Prescription
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.findings import Findings

# SOP classes (PS3.4 B.5)
RT_PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
RT_ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"

INTENTS_WITHOUT_PATIENT = ("VERIFICATION", "MACHINE_QA", "SERVICE")
"""Values of PlanIntent (PS3.3 C.8.8.9) of plans that are not made to treat the patient."""

SAME_DOSE = 0.02
"""A prescription this close (relative) to one fraction's beam doses is taken to be one fraction's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionGroup:
    """One fraction group: how often which beams are delivered."""

    number: int
    fractions: int | None
    beam_numbers: tuple[int, ...]
    beam_doses_gy: tuple[float | None, ...]

    @property
    def dose_per_fraction_gy(self) -> float | None:
        """The sum of the beam doses of one fraction, None where a beam has none. [Gy]"""
        given = [dose for dose in self.beam_doses_gy if dose is not None]
        return sum(given) if given and len(given) == len(self.beam_doses_gy) else None


def read_plan(dataset: DataSet, findings: Findings) -> Plan:
    """The plan in an RTPLAN data set (photon, electron, ion or brachy)."""
    groups = fraction_groups(dataset)
    fractions = _fractions_planned(groups, findings)
    _remark_on_kind(dataset, findings)
    _remark_on_approval(dataset, findings)
    reference = dataset.first_item(tags.REFERENCED_STRUCTURE_SET_SEQUENCE)
    setup = dataset.first_item(tags.PATIENT_SETUP_SEQUENCE)
    return Plan(
        label=dataset.text(tags.RT_PLAN_LABEL),
        name=dataset.text(tags.RT_PLAN_NAME),
        sop_instance_uid=dataset.uid(tags.SOP_INSTANCE_UID),
        structure_set_uid=reference.uid(tags.REFERENCED_SOP_INSTANCE_UID) if reference else "",
        frame_of_reference_uid=dataset.uid(tags.FRAME_OF_REFERENCE_UID),
        approval_status=dataset.code(tags.APPROVAL_STATUS),
        planned_on=dataset.day(tags.RT_PLAN_DATE),
        patient_position=setup.code(tags.PATIENT_POSITION) if setup else "",
        prescriptions=_prescriptions(dataset, groups, findings),
        fractions=fractions,
        beams=_beams(dataset, groups),
    )


def added_plans(plan: Plan, others: Sequence[Plan], findings: Findings) -> Plan:
    """The plan with the prescriptions and fractions of others added, for doses that the user asked to add."""
    plans = (plan, *others)
    doses_gy = [p.prescription.dose_gy for p in plans if p.prescription]
    counts = [p.fractions for p in plans if p.fractions]
    total_gy = sum(doses_gy) if len(doses_gy) == len(plans) else None
    findings.warn(
        "plan.summed",
        f"The prescriptions and fractions of {len(plans)} plans were added: "
        + (f"{' + '.join(f'{dose:g}' for dose in doses_gy)} Gy." if total_gy else "but not all have a prescription."),
    )
    source = f"the highest prescriptions of {len(plans)} plans, added"
    return replace(
        plan,
        label=" + ".join(p.label for p in plans),
        prescriptions=(Prescription(dose_gy=total_gy, source=source),) if total_gy else (),
        fractions=sum(counts) if len(counts) == len(plans) else None,
        beams=tuple(beam for p in plans for beam in p.beams),
    )


def fraction_groups(dataset: DataSet) -> tuple[FractionGroup, ...]:
    """The fraction groups that deliver beams (all, where none does), with the beams that treat, in the file's order."""
    beams = (*dataset.items(tags.BEAM_SEQUENCE), *dataset.items(tags.ION_BEAM_SEQUENCE))
    idle = {b.whole_number(tags.BEAM_NUMBER) for b in beams if b.code(tags.TREATMENT_DELIVERY_TYPE) in _NOT_TREATING}
    groups = tuple(_fraction_group(item, idle) for item in dataset.items(tags.FRACTION_GROUP_SEQUENCE))
    return tuple(group for group in groups if group.beam_numbers) or groups


_NOT_TREATING = ("SETUP", "OPEN_PORTFILM", "TRMT_PORTFILM")


def _fraction_group(item: DataSet, idle: set[int | None]) -> FractionGroup:
    beams = [
        (number, beam.number(tags.BEAM_DOSE))
        for beam in item.items(tags.REFERENCED_BEAM_SEQUENCE)
        if (number := beam.whole_number(tags.REFERENCED_BEAM_NUMBER)) is not None and number not in idle
    ]
    return FractionGroup(
        number=item.whole_number(tags.FRACTION_GROUP_NUMBER) or 0,
        fractions=item.whole_number(tags.NUMBER_OF_FRACTIONS_PLANNED),
        beam_numbers=tuple(number for number, _ in beams),
        beam_doses_gy=tuple(dose_gy for _, dose_gy in beams),
    )


def _fractions_planned(groups: tuple[FractionGroup, ...], findings: Findings) -> int | None:
    """The number of fractions, summed over the fraction groups; None where any group does not say."""
    counts = [group.fractions for group in groups]
    if not counts or any(not count or count < 0 for count in counts):
        findings.warn(
            "plan.fractions-missing",
            "The plan does not say how many fractions are planned. Give the number with --fractions.",
        )
        return None
    known = [count for count in counts if count]
    if len(known) > 1:
        listed = " + ".join(str(count) for count in known)
        findings.warn(
            "plan.fraction-groups",
            f"The plan has {len(known)} fraction groups; their fractions are added ({listed} = {sum(known)}), "
            "as if they were given one after the other.",
        )
    return sum(known)


def _remark_on_kind(dataset: DataSet, findings: Findings) -> None:
    intent = dataset.code(tags.PLAN_INTENT)
    if intent in INTENTS_WITHOUT_PATIENT:
        findings.warn("plan.intent", f"The plan's intent is {intent}: it is not made to treat the patient.")
    if tags.ION_BEAM_SEQUENCE in dataset or dataset.uid(tags.SOP_CLASS_UID) == RT_ION_PLAN:
        findings.warn("plan.ion", "This is an ion plan. The limits of most protocols are meant for photon beams.")
    elif tags.APPLICATION_SETUP_SEQUENCE in dataset:
        findings.warn(
            "plan.brachy",
            "This is a brachytherapy plan. The limits of most protocols are meant for external photon beams.",
        )
    if dataset.code(tags.RT_PLAN_GEOMETRY) == "TREATMENT_DEVICE":
        findings.warn(
            "plan.no-patient-geometry",
            "The plan's geometry is TREATMENT_DEVICE: it was planned without the patient's structures.",
        )


def _remark_on_approval(dataset: DataSet, findings: Findings) -> None:
    status = dataset.code(tags.APPROVAL_STATUS)
    if status == "REJECTED":
        findings.warn("plan.rejected", "The plan's approval status is REJECTED.")
    elif status != "APPROVED":
        findings.warn("plan.unapproved", f"The plan's approval status is {status or 'not given'}, not APPROVED.")


def _prescriptions(dataset: DataSet, groups: tuple[FractionGroup, ...], findings: Findings) -> tuple[Prescription, ...]:
    """One per target with a TargetPrescriptionDose, highest first; else the beams' doses times the fractions."""
    found = []
    for item in dataset.items(tags.DOSE_REFERENCE_SEQUENCE):
        dose_gy = item.number(tags.TARGET_PRESCRIPTION_DOSE)
        if item.code(tags.DOSE_REFERENCE_TYPE) != "TARGET" or dose_gy is None or dose_gy <= 0:
            continue
        prescription = Prescription(
            dose_gy=dose_gy,
            target=item.text(tags.DOSE_REFERENCE_DESCRIPTION),
            roi_number=item.whole_number(tags.REFERENCED_ROI_NUMBER),
            source="TargetPrescriptionDose",
        )
        found.append(prescription)
    if not found:
        return _prescription_of_beams(groups, findings)
    found.sort(key=lambda prescription: -prescription.dose_gy)
    _remark_on_dose_per_fraction(found[0].dose_gy, groups, findings)
    return tuple(found)


def _prescription_of_beams(groups: tuple[FractionGroup, ...], findings: Findings) -> tuple[Prescription, ...]:
    total_gy = beam_dose_total_gy(groups)
    if not total_gy:
        findings.warn(
            "plan.prescription-missing",
            "The plan has neither a target prescription nor beam doses. Give the prescribed dose with --dose-rx.",
        )
        return ()
    findings.warn(
        "plan.prescription-from-beams",
        f"The plan has no target prescription; the beam doses times the fractions are taken instead: {total_gy:g} Gy.",
    )
    return (Prescription(dose_gy=total_gy, source="sum of BeamDose times fractions"),)


def beam_dose_total_gy(groups: tuple[FractionGroup, ...]) -> float | None:
    """The beam doses of all fractions of all groups, None where one is not known. [Gy]"""
    total_gy = 0.0
    for group in groups:
        if group.dose_per_fraction_gy is None or not group.fractions:
            return None
        total_gy += group.dose_per_fraction_gy * group.fractions
    return round(total_gy, 6) if groups else None


def _remark_on_dose_per_fraction(highest_gy: float, groups: tuple[FractionGroup, ...], findings: Findings) -> None:
    for group in groups:
        per_fraction_gy = group.dose_per_fraction_gy
        if per_fraction_gy and (group.fractions or 0) > 1 and abs(highest_gy / per_fraction_gy - 1) < SAME_DOSE:
            findings.warn(
                "plan.prescription-per-fraction",
                f"The target prescription, {highest_gy:g} Gy, equals the beam doses of a single fraction of "
                f"{group.fractions}: it may be a dose per fraction. "
                "It is taken as the course's; --dose-rx overrides it.",
            )
            return


def _beams(dataset: DataSet, groups: tuple[FractionGroup, ...]) -> tuple[Beam, ...]:
    dose_of = {
        number: dose_gy
        for group in groups
        for number, dose_gy in zip(group.beam_numbers, group.beam_doses_gy, strict=True)
    }
    beams = [_beam(item, tags.CONTROL_POINT_SEQUENCE, dose_of) for item in dataset.items(tags.BEAM_SEQUENCE)]
    beams += [_beam(item, tags.ION_CONTROL_POINT_SEQUENCE, dose_of) for item in dataset.items(tags.ION_BEAM_SEQUENCE)]
    return tuple(beams)


def _beam(item: DataSet, control_points_tag: int, dose_of: dict[int, float | None]) -> Beam:
    number = item.whole_number(tags.BEAM_NUMBER) or 0
    energies: dict[float, None] = {}
    control_points = 0
    for point in item.items(control_points_tag):
        control_points += 1
        energy = point.number(tags.NOMINAL_BEAM_ENERGY)
        if energy is not None:
            energies[energy] = None
    return Beam(
        number=number,
        name=item.text(tags.BEAM_NAME),
        radiation_type=item.code(tags.RADIATION_TYPE),
        energy_mv=tuple(energies),
        delivery_type=item.code(tags.TREATMENT_DELIVERY_TYPE),
        beam_type=item.code(tags.BEAM_TYPE),
        control_points=control_points,
        dose_gy=dose_of.get(number),
    )
