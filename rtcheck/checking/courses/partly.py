"""A plan of which only a part of the fractions was delivered -> the same plan with the dose of that part."""

from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.errors import UsageError
from rtcheck.notices import Notice


def delivered_part(case: Case, fractions: int) -> Case:
    """The case after `fractions` of its planned fractions: dose, prescriptions and fractions are those of the part.

    Raises UsageError for a plan that does not state its fractions, has fewer, or has several fraction groups.
    """
    plan, dose = case.plan, case.dose
    label = f'"{plan.label}"' if plan and plan.label else "The plan"
    if plan is None or dose is None or not plan.fractions:
        raise UsageError(f"--delivered: {label} does not state how many fractions it has.")
    if plan.fraction_groups > 1 or case.courses is not None:
        raise UsageError(f"--delivered: {label} has several fraction groups, and which were delivered is unknown.")
    if not 0 < fractions <= plan.fractions:
        raise UsageError(f"--delivered {fractions}: {label} has {plan.fractions} fractions.")
    if fractions == plan.fractions:
        return case
    part = fractions / plan.fractions
    scaled = np.asarray(dose.dose_gy * np.float32(part), dtype=np.float32)
    scaled.flags.writeable = False
    told = Notice(
        code="sum.partly-delivered",
        text=f"{label} counts with {fractions} of its {plan.fractions} fractions, as stated by --delivered",
    )
    return replace(
        case,
        dose=replace(dose, dose_gy=scaled, step_gy=dose.step_gy * part),
        plan=replace(
            plan,
            label=f"{plan.label} ({fractions} of {plan.fractions} fractions)".strip(),
            fractions=fractions,
            prescriptions=tuple(replace(each, dose_gy=each.dose_gy * part) for each in plan.prescriptions),
            beam_dose_total_gy=plan.beam_dose_total_gy and plan.beam_dose_total_gy * part,
        ),
        notices=(*case.notices, told),
        beam_doses={},
        load_tps_dvhs=None,
        scenarios=(),
    )
