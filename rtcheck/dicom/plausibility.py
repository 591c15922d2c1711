"""Does the dose fit the prescription? One fraction is an error; one beam, and what is far off, a warning."""

from rtcheck.case import Plan, StructureSet
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.one_fraction import Setting, refuse_one_fraction, with_course_prescription
from rtcheck.protocol.names.match import match_name

FAR_ABOVE = 3.0
"""A maximum beyond this many prescriptions points to wrong units or a wrong scaling (cGy would give 100)."""

CONTRADICTION = 2.0
"""Targets that all get this many times a prescription, or that part of it, do not belong to it."""

FAR_BELOW = 0.8
"""A course whose maximum stays under this part of the prescription does not deliver it."""

NEAR_ONE_BEAM = 0.1
"""A target's median within this of one beam's dose means that the dose may be one beam's."""


def settled_plan(setting: Setting, findings: Findings) -> Plan:
    """The plan with the prescription that its dose does not contradict; what does not fit is an error or a warning."""
    if setting.grid is None:
        return with_course_prescription(setting, findings)
    if setting.dose_is is None:
        refuse_one_fraction(setting, findings)
        _warn_of_one_beam(setting, findings)
    plan = with_course_prescription(setting, findings)
    is_dropped = plan.prescription is None and not _is_course_of_fractions(setting)
    compare_with_prescription(setting, setting.plan if is_dropped else plan, findings)
    return plan


def _is_course_of_fractions(setting: Setting) -> bool:
    """Whether the targets receive all the fractions of a prescription that is stated for one."""
    main, count = setting.plan.prescription, setting.plan.fractions
    return main is not None and count is not None and setting.is_any_near([main.dose_gy * count])


def compare_with_prescription(setting: Setting, plan: Plan, findings: Findings) -> None:
    """Compares the dose's maximum and the targets' doses with the plan's prescriptions.

    A brachytherapy dose has no maximum to compare: it rises without bound towards the sources.
    """
    if plan.prescription is None or setting.grid is None:
        return
    prescribed_gy = _main_gy(plan, setting.structures)
    highest_gy = setting.grid.max_gy
    if _is_contradiction_refused(setting, plan, highest_gy, findings):
        return
    if not plan.is_brachy and highest_gy > FAR_ABOVE * prescribed_gy:
        findings.warn(
            "dose.far-above-prescription",
            f"The dose reaches {highest_gy:g} Gy for a prescription of {prescribed_gy:g} Gy: check units and scaling.",
        )
    elif highest_gy < FAR_BELOW * prescribed_gy:
        findings.warn(
            "dose.far-below-prescription",
            f"The dose reaches only {highest_gy:g} Gy of the prescribed {prescribed_gy:g} Gy: part of the dose "
            f"may be missing.",
        )
    elif setting.doses_gy and not setting.reaches_any([each.dose_gy for each in plan.prescriptions]):
        found = ", ".join(f"{dose_gy:.3g} Gy" for dose_gy in setting.doses_gy)
        what = "D90" if plan.is_brachy else "median dose"
        findings.warn(
            "dose.target-off-prescription",
            f"No target's {what} is near a prescription (found {found}; {prescribed_gy:g} Gy are prescribed): "
            "dose and structures may not belong together, or part of the dose is missing.",
        )


def _main_gy(plan: Plan, structures: StructureSet | None) -> float:
    """The main prescription; one that the user gave to a name that no ROI has only where there is no other. [Gy]"""
    rois = structures.rois if structures else ()
    known = [
        each
        for each in plan.prescriptions
        if not (each.is_given and each.target) or match_name(each.target, rois).is_matched
    ]
    return (known or plan.prescriptions)[0].dose_gy


def _is_contradiction_refused(setting: Setting, plan: Plan, highest_gy: float, findings: Findings) -> bool:
    """Refuses a dose that contradicts every prescription; True where the user vouches for it, so that all is said.

    Judged by what the targets receive; where none is drawn, by the maximum, which may be far above without a fault.
    """
    received_gy = setting.doses_gy or (() if plan.is_brachy else (highest_gy,))
    above = CONTRADICTION if setting.doses_gy else FAR_ABOVE
    ratios = [dose_gy / each.dose_gy for dose_gy in received_gy for each in plan.prescriptions]
    if setting.dose_is or not ratios or any(1 / CONTRADICTION < ratio < above for ratio in ratios):
        return False
    found = ", ".join(f"{dose_gy:.3g} Gy" for dose_gy in received_gy)
    what = ("D90 of the targets" if plan.is_brachy else "median of the targets") if setting.doses_gy else "maximum"
    prescribed = ", ".join(f"{each.dose_gy:g} Gy" for each in plan.prescriptions)
    side = "above" if min(ratios) > 1 else "below"
    hints = (notice.text for notice in findings.notices if notice.code == "dose.one-beam")
    findings.refuse_unless_ignored(
        f"dose.far-{side}-prescription",
        f"The dose contradicts its prescription: {prescribed} prescribed, {what} {found}. Check units, scaling and "
        + " ".join(["whether the files belong together, or state the prescription with --dose-rx.", *hints]),
    )
    return True


def _warn_of_one_beam(setting: Setting, findings: Findings) -> None:
    """Warns where a target's median dose fits one beam of several, in one fraction or in all."""
    plan = setting.plan
    if len(plan.beams) < 2 or setting.is_any_near([each.dose_gy for each in plan.prescriptions]):
        return
    for beam in plan.beams:
        for fractions in (1, plan.fractions or 1):
            expected_gy = (beam.dose_gy or 0.0) * fractions
            if expected_gy and setting.is_any_near([expected_gy], within=NEAR_ONE_BEAM):
                course = f"{fractions} fractions" if fractions > 1 else "one fraction"
                findings.warn(
                    "dose.one-beam",
                    f"The dose looks like that of one beam: beam {beam.number} gives {expected_gy:.3g} Gy in "
                    f"{course}, and the median dose of a target is close to it. If so, export the dose of the "
                    f"whole plan.",
                )
                return
