"""RTPLAN data set -> Plan: beams, fractions, prescriptions, and what is odd about them."""

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.case import Beam, Plan, added_prescriptions
from rtcheck.dicom.dose_references import read_dose_limits, read_dose_references
from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.fraction_groups import FractionGroup, beam_dose_total_gy, fraction_groups

# SOP classes (PS3.4 B.5)
RT_PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
RT_ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"

INTENTS_WITHOUT_PATIENT = ("VERIFICATION", "MACHINE_QA", "SERVICE")
"""Values of PlanIntent (PS3.3 C.8.8.9) of plans that are not made to treat the patient."""


def read_plan(dataset: DataSet, findings: Findings, *, fractions_given: bool = False) -> Plan:
    """The plan in an RTPLAN data set (photon, electron, ion or brachy), as the file states it.

    `fractions_given`: the user states the fractions, so that nothing is said about the plan's.
    """
    groups = fraction_groups(dataset)
    if not fractions_given:
        _remark_on_fractions(groups, findings)
    _remark_on_kind(dataset, findings)
    _remark_on_approval(dataset, findings)
    reference = dataset.first_item(tags.REFERENCED_STRUCTURE_SET_SEQUENCE)
    setup = dataset.first_item(tags.PATIENT_SETUP_SEQUENCE)
    sets = {
        each.uid(tags.REFERENCED_SOP_INSTANCE_UID) for each in dataset.items(tags.REFERENCED_STRUCTURE_SET_SEQUENCE)
    }
    if len(sets) > 1:
        findings.warn("structures.not-referenced", "The plan refers to several structure sets; the first one is used.")
    prescribed = read_dose_references(dataset)
    return Plan(
        label=dataset.text(tags.RT_PLAN_LABEL),
        name=dataset.text(tags.RT_PLAN_NAME),
        sop_instance_uid=dataset.uid(tags.SOP_INSTANCE_UID),
        structure_set_uid=reference.uid(tags.REFERENCED_SOP_INSTANCE_UID) if reference else "",
        frame_of_reference_uid=dataset.uid(tags.FRAME_OF_REFERENCE_UID),
        approval_status=dataset.code(tags.APPROVAL_STATUS),
        planned_on=dataset.day(tags.RT_PLAN_DATE),
        patient_position=setup.code(tags.PATIENT_POSITION) if setup else "",
        prescriptions=prescribed.prescriptions,
        targets_without_dose=prescribed.targets_without_dose,
        fractions=fractions_planned(groups),
        fraction_groups=max(len(groups), 1),
        fraction_doses_gy=tuple(gy for group in groups if (gy := group.dose_per_fraction_gy)),
        beam_dose_total_gy=beam_dose_total_gy(groups),
        beams=_beams(dataset, groups),
        dose_points=(*(point for group in groups for point in group.points), *prescribed.points),
        dose_limits=read_dose_limits(dataset),
        is_brachy=_is_brachy(dataset),
        is_ion=_is_ion(dataset),
    )


def added_plans(plan: Plan, others: Sequence[Plan], findings: Findings) -> Plan:
    """The plan with the prescriptions and fractions of others added, for doses that the user asked to add."""
    plans = (plan, *others)
    doses_gy = [p.prescription.dose_gy for p in plans if p.prescription]
    counts = [p.fractions for p in plans if p.fractions]
    source = f"the prescriptions of {len(plans)} plans, added"
    prescriptions = added_prescriptions([p.prescriptions for p in plans], source)
    findings.warn(
        "plan.summed",
        f"The prescriptions and fractions of {len(plans)} plans were added: "
        + (f"{' + '.join(f'{dose:g}' for dose in doses_gy)} Gy." if prescriptions else "not all have a prescription."),
    )
    return replace(
        plan,
        label=" + ".join(p.label for p in plans),
        prescriptions=prescriptions,
        targets_without_dose=tuple(target for p in plans for target in p.targets_without_dose),
        fractions=sum(counts) if len(counts) == len(plans) else None,
        fraction_groups=sum(p.fraction_groups for p in plans),
        fraction_doses_gy=tuple(dose for p in plans for dose in p.fraction_doses_gy),
        beam_dose_total_gy=None,
        beams=tuple(beam for p in plans for beam in p.beams),
        dose_points=tuple(point for p in plans for point in p.dose_points),
        dose_limits=(),
    )


def fractions_planned(groups: tuple[FractionGroup, ...]) -> int | None:
    """The number of fractions, summed over the fraction groups; None where any group does not say."""
    counts = [group.fractions for group in groups if group.fractions and group.fractions > 0]
    return sum(counts) if counts and len(counts) == len(groups) else None


def _remark_on_fractions(groups: tuple[FractionGroup, ...], findings: Findings) -> None:
    total = fractions_planned(groups)
    if total is None:
        findings.warn(
            "plan.fractions-missing",
            "The plan does not state the number of fractions. Give it with --fractions.",
        )
    elif len(groups) > 1:
        listed = " + ".join(str(group.fractions) for group in groups)
        findings.warn(
            "plan.fraction-groups",
            f"The plan has {len(groups)} fraction groups; their fractions are added ({listed} = {total}), "
            "assuming that they are given one after the other.",
        )


def _is_brachy(dataset: DataSet) -> bool:
    return tags.APPLICATION_SETUP_SEQUENCE in dataset or tags.BRACHY_TREATMENT_TYPE in dataset


def _is_ion(dataset: DataSet) -> bool:
    return tags.ION_BEAM_SEQUENCE in dataset or dataset.uid(tags.SOP_CLASS_UID) == RT_ION_PLAN


def _remark_on_kind(dataset: DataSet, findings: Findings) -> None:
    intent = dataset.code(tags.PLAN_INTENT)
    if intent in INTENTS_WITHOUT_PATIENT:
        findings.warn("plan.intent", f"The plan's intent is {intent}: it is not meant for treatment.")
    if _is_ion(dataset):
        findings.warn("plan.ion", "This is an ion plan. Most limits are meant for photon beams.")
    elif _is_brachy(dataset):
        findings.warn(
            "plan.brachy",
            "This is a brachytherapy plan. Most limits are meant for external photon beams.",
        )
    if dataset.code(tags.RT_PLAN_GEOMETRY) == "TREATMENT_DEVICE":
        findings.warn(
            "plan.no-patient-geometry",
            "The plan's geometry is TREATMENT_DEVICE: it was created without the patient's structures.",
        )


def _remark_on_approval(dataset: DataSet, findings: Findings) -> None:
    status = dataset.code(tags.APPROVAL_STATUS)
    if status == "REJECTED":
        findings.warn("plan.rejected", "The plan's approval status is REJECTED.")
    elif status != "APPROVED":
        findings.warn("plan.unapproved", f"The plan's approval status is {status or 'not given'}, not APPROVED.")


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
