"""Dose levels that the user gave by name -> those whose name is one structure; the others are set aside, with a doubt.

A level of an unknown name must not be taken for the plan's prescription: a typing error would be what every percentage
is of.
"""

from collections.abc import Iterator
from dataclasses import replace

from rtcheck.case import Case, Plan, Prescription
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.notices import Notice

NOT_A_STRUCTURE = "the prescribed dose was given to {names}, which is not one structure; give it with --dose-rx"


def with_known_targets(case: Case, anatomy: Anatomy) -> Case:
    """The case whose plan prescribes what can be used, with a doubt for each level that cannot."""
    plan = case.plan
    unclear = tuple(each for each in plan.prescriptions if _why_unusable(each, anatomy)) if plan else ()
    if plan is None or not unclear:
        return case
    return replace(case, plan=_without(plan, unclear), notices=(*case.notices, *_notices(unclear, anatomy)))


def _without(plan: Plan, unclear: tuple[Prescription, ...]) -> Plan:
    known = tuple(each for each in plan.prescriptions if each not in unclear)
    names = ", ".join(each.target for each in unclear)
    reason = plan.why_no_prescription if known else NOT_A_STRUCTURE.format(names=names)
    return replace(plan, prescriptions=known, unclear_levels=unclear, why_no_prescription=reason)


def _notices(unclear: tuple[Prescription, ...], anatomy: Anatomy) -> Iterator[Notice]:
    for each in unclear:
        text = (
            f"{each.target}, whose dose level is {each.dose_gy:g} Gy by {each.source}, {_why_unusable(each, anatomy)}; "
            "it is not used."
        )
        yield Notice(code="prescription.unknown-target", text=text)


def _why_unusable(prescription: Prescription, anatomy: Anatomy) -> str:
    """Why the name that the user gave is not one structure, as the rest of a sentence; "" where it is one."""
    return why_unclear(prescription.target, anatomy) if prescription.is_given and prescription.target else ""


def why_unclear(target: str, anatomy: Anatomy) -> str:
    """Why the name of a target is not one structure, as the rest of a sentence; "" where it is one."""
    if anatomy.names.is_derived(target):
        return ""
    numbers, is_ambiguous = anatomy.names.roi_numbers(target)
    if is_ambiguous:
        return "could be several structures"
    return "" if numbers else "is not a structure of this plan"
