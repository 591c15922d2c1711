"""Dose levels that the user gave by name -> those whose name is one structure; the others are set aside, with a doubt.

A level of an unknown name must not be taken for the plan's prescription: a typing error would be what every percentage
is of. One of a known name takes the place of what the plan prescribes to that target, also as the plan's prescription.
"""

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.case import Case, Plan, Prescription, Roi
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.notices import Notice
from rtcheck.protocol.names.folding import equal_after_folding

NOT_A_STRUCTURE = "the prescribed dose was given to {names}, which is not one structure; give it with --dose-rx"


def with_known_targets(case: Case, anatomy: Anatomy) -> Case:
    """The case whose plan prescribes what can be used, with a doubt for each level that cannot."""
    plan = case.plan
    if plan is None or not any(each.is_given and each.target for each in plan.prescriptions):
        return case
    unclear = tuple(each for each in plan.prescriptions if _why_unusable(each, anatomy))
    notices = _notices(unclear, anatomy)
    plan = _without(plan, unclear) if unclear else plan
    replaced = _replaced(plan, anatomy)
    notices = (*notices, *(_notice_of_replaced(each) for each in replaced))
    plan = replace(plan, prescriptions=tuple(each for each in plan.prescriptions if each not in replaced))
    return replace(case, plan=plan, notices=(*case.notices, *notices))


def _replaced(plan: Plan, anatomy: Anatomy) -> tuple[Prescription, ...]:
    """What the plan prescribes to targets of which the user gave the level by name."""
    given = {
        frozenset(anatomy.names.roi_numbers(each.target)[0])
        for each in plan.prescriptions
        if each.is_given and each.target
    } - {frozenset()}
    return tuple(
        each
        for each in plan.prescriptions
        if not each.is_given and tied_rois(each.target, each.roi_number, anatomy.rois) in given
    )


def _notice_of_replaced(prescription: Prescription) -> Notice:
    text = f"What the plan prescribes to that target, {prescription.dose_gy:g} Gy, is not used."
    return Notice(code="prescription.given", text=text, severity="info")


def _without(plan: Plan, unclear: tuple[Prescription, ...]) -> Plan:
    known = tuple(each for each in plan.prescriptions if each not in unclear)
    names = ", ".join(each.target for each in unclear)
    reason = plan.why_no_prescription if known else NOT_A_STRUCTURE.format(names=names)
    return replace(plan, prescriptions=known, unclear_levels=unclear, why_no_prescription=reason)


def tied_rois(name: str, number: int | None, rois: Sequence[Roi]) -> frozenset[int]:
    """The ROI that a dose reference of the plan is about: by its number, else the one whose name is the description."""
    if any(roi.number == number for roi in rois):
        return frozenset((number,)) if number is not None else frozenset()
    same = [roi for roi in rois if name and roi.name == name]
    same = same or [roi for roi in rois if name and equal_after_folding(roi.name, name)]
    return frozenset((same[0].number,)) if len(same) == 1 else frozenset()


def _notices(unclear: tuple[Prescription, ...], anatomy: Anatomy) -> tuple[Notice, ...]:
    texts = (
        f"{each.target}, whose dose level is {each.dose_gy:g} Gy by {each.source}, {_why_unusable(each, anatomy)}; "
        "it is not used."
        for each in unclear
    )
    return tuple(Notice(code="prescription.unknown-target", text=text) for text in texts)


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
