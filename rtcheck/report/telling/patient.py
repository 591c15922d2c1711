"""Report -> the facts under its verdict: patient, plan, prescription, protocol."""

from collections.abc import Iterator

from rtcheck.case import Equipment
from rtcheck.report.telling import words
from rtcheck.results import Report
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the facts under the verdict: the plan, the prescription, the protocol.

    What `is_personal` names people; it is not for output that ends in logs.
    """

    label: str
    title: str
    lines: tuple[str, ...] = ()
    is_personal: bool = False


def cards_of(report: Report, anonymous: bool) -> Iterator[Card]:
    case, patient, plan, protocol = report.case, report.case.patient, report.case.plan, report.protocol
    if anonymous:
        yield Card(label="Patient", title="omitted", lines=("anonymous report",))
    else:
        sex = {"F": "female", "M": "male", "O": "other"}.get(patient.sex, patient.sex)
        born = f"born {patient.birth_date.isoformat()}" if patient.birth_date else ""
        name = patient.name.replace("^", ", ", 1).replace("^", " ").strip(", ")
        described = ", ".join(text for text in (sex, born) if text)
        yield Card(
            label="Patient",
            title=patient.id or name or "not named",
            lines=_said(name if patient.id else "", described),
            is_personal=True,
        )
    yield _plan_card(report, anonymous)
    if plan and plan.prescription and plan.fractions:
        dose_gy = plan.prescription.dose_gy
        others = tuple(
            f"{round(other.dose_gy, 2):g} Gy to {other.target or 'a target'}"
            for other in plan.prescriptions[1:]
            if other.target or other.is_given or not any(each.is_given for each in plan.prescriptions)
        )
        target = f"to {plan.prescription.target}" if plan.prescription.target and not anonymous else ""
        per_fraction = f"{dose_gy / plan.fractions:.2f} Gy per fraction {target}".strip()
        lines = (per_fraction, *(() if anonymous else others))
        yield Card(
            label="Prescription",
            title=f"{round(dose_gy, 2):g} Gy in {words.counted(plan.fractions, 'fraction')}",
            lines=lines,
        )
    else:
        known = f"{round(plan.prescription.dose_gy, 2):g} Gy" if plan and plan.prescription else "unknown"
        if plan and plan.fractions:
            fractions = words.counted(plan.fractions, "fraction")
        else:
            fractions = "number of fractions unknown" if plan else "no plan was read"
        yield Card(label="Prescription", title=known, lines=(fractions,))
    count = words.counted(len(report.results), "constraint")
    transcribed = any(source.read == "transcription" for source in protocol.sources)
    lines = _said(protocol.title, count, "some limits from a transcription" if transcribed else "")
    yield Card(label="Protocol", title=f"{protocol.name} {protocol.version}".strip(), lines=lines)
    yield from _equipment_cards(case.equipment, anonymous)


def _equipment_cards(equipment: Equipment, anonymous: bool) -> Iterator[Card]:
    """Machine, planning system and what is known of the dose calculation; then the clinic, where people may be told."""
    machine = ", ".join(equipment.machines)
    comment = f"dose comment: {equipment.dose_comment}" if equipment.dose_comment and not anonymous else ""
    tissue = {"IMAGE": "densities from the image", "WATER": "calculated in water"}.get(
        equipment.heterogeneity, equipment.heterogeneity.replace("\\", ", ")
    )
    lines = _said(equipment.planning_system if machine else "", comment, f"tissue: {tissue}" if tissue else "")
    if machine or equipment.planning_system:
        yield Card(label="Equipment", title=machine or equipment.planning_system, lines=lines)
    people = (("planned by", equipment.planner), ("reviewed by", equipment.reviewer))
    named = _said(*(f"{said} {person_name(name)}" for said, name in people if person_name(name)))
    if not anonymous and (equipment.institution or named):
        title, *rest = _said(equipment.institution, *named)
        yield Card(label="Clinic", title=title, lines=tuple(rest), is_personal=True)


def person_name(name: str) -> str:
    """ "Doe, Jane": a DICOM person name (PS3.5 6.2) as people write it."""
    people = (each.split("=")[0].replace("^", ", ", 1).replace("^", " ").strip(", ") for each in name.split("\\"))
    return "; ".join(" ".join(each.split()) for each in people if each)


def _plan_card(report: Report, anonymous: bool) -> Card:
    plan = report.case.plan
    if plan is None:
        return Card(label="Plan", title="none", lines=("checked without a plan",))
    energies = sorted({energy for beam in plan.beams for energy in beam.energy_mv})
    energy = "/".join(f"{mv:g}" for mv in energies) + " MV" if energies else ""
    beams = words.counted(len(plan.beams), "beam") if plan.beams else ""
    on = f"planned {plan.planned_on.isoformat()}" if plan.planned_on and not anonymous else ""
    about = ", ".join(text for text in (beams, energy, plan.patient_position) if text)
    title = "label omitted" if anonymous else plan.label or plan.name or "without a label"
    return Card(label="Plan", title=title, lines=_said(about, ", ".join(t for t in (plan.approval_status, on) if t)))


def _said(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
