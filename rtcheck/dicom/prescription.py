"""The plan and the dose as the user's options leave them: prescription, fractions, and what the dose stands for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from rtcheck.case import SAME_LEVEL, Plan, Prescription, StructureSet
from rtcheck.dicom.course_dose import CourseDose
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.one_fraction import Setting
from rtcheck.dicom.overrides import Overrides
from rtcheck.dicom.plausibility import settled_plan
from rtcheck.dosimetry.dose_grid import DoseGrid


def override_prescription(plan: Plan | None, overrides: Overrides, findings: Findings) -> Plan | None:
    """The plan with the prescription and the fractions that the user gave; a bare Plan where there is none.

    Where nobody states a prescription, the plan says why, and the beam doses are reported as what they are.
    """
    if plan is None and not overrides.gives_prescription and overrides.fractions is None:
        return None
    plan = plan or Plan()
    if overrides.gives_prescription:
        plan = _with_given_prescription(plan, overrides, findings)
    elif not plan.prescriptions:
        plan = replace(plan, why_no_prescription=_remark_on_missing_prescription(plan, findings))
    if overrides.fractions is not None:
        found = f" (the plan states {plan.fractions})" if plan.fractions else ""
        findings.tell("fractions.given", f"The number of fractions is {overrides.fractions} by --fractions{found}.")
        plan = replace(plan, fractions=overrides.fractions)
    return plan


def settle_dose(
    course: CourseDose | None,
    plan: Plan | None,
    structures: StructureSet | None,
    overrides: Overrides,
    findings: Findings,
) -> tuple[DoseGrid | None, Plan | None]:
    """The dose of the course in Gy, and the plan with the prescription that this dose leaves standing.

    The dose is multiplied only where the user says so; doubts are refused or remarked on.
    """
    grid = dose_in_gy(course, plan, overrides, findings) if course else None
    if plan is None:
        return grid, None
    setting = Setting(plan=plan, grid=grid, structures=structures, dose_is=overrides.dose_is)
    return grid, settled_plan(setting, findings)


def dose_in_gy(course: CourseDose, plan: Plan | None, overrides: Overrides, findings: Findings) -> DoseGrid:
    """The dose in Gy, multiplied by the fractions where the user says that it is of one."""
    grid = course.grid
    if course.headers[0].is_relative:
        grid = _from_relative(grid, overrides, findings)
    if overrides.dose_is != "per-fraction":
        return grid
    fractions = plan.fractions if plan else None
    if not fractions:
        findings.refuse(
            "plan.fractions-missing", "--dose-is per-fraction needs the number of fractions; give --fractions."
        )
    findings.warn("dose.multiplied", f"The dose was multiplied by {fractions} fractions (--dose-is per-fraction).")
    return _scaled(grid, float(fractions))


def _with_given_prescription(plan: Plan, overrides: Overrides, findings: Findings) -> Plan:
    """The plan with what the user prescribes.

    A dose without a name takes the place of the plan's highest level; what the plan prescribes to other targets stays.
    """
    own = plan.prescriptions
    stated = f" (the plan states {own[0].dose_gy:g} Gy)" if own else ""
    if overrides.dose_rx_gy is not None:
        text = f"The prescription is {overrides.dose_rx_gy:g} Gy by {overrides.rx_source}{stated}."
        findings.tell("prescription.given", text)
        own = tuple(_replaced(own, overrides.dose_rx_gy))
    for name, dose_gy in overrides.dose_levels_gy:
        findings.tell("prescription.given", f"The dose level of {name} is {dose_gy:g} Gy by --dose-rx.")
    prescriptions: tuple[Prescription, ...] = (*overrides.prescriptions, *own)
    if overrides.dose_rx_gy is None:
        prescriptions = tuple(sorted(prescriptions, key=lambda each: -each.dose_gy))
    return replace(plan, prescriptions=prescriptions)


def _replaced(own: Sequence[Prescription], dose_gy: float) -> Iterator[Prescription]:
    """The plan's prescriptions with another dose for its highest level, whose targets keep it."""
    for each in own:
        if each.dose_gy < own[0].dose_gy * (1 - SAME_LEVEL):
            yield each
        elif each.target or each.roi_number is not None:
            yield replace(each, dose_gy=dose_gy)


def _remark_on_missing_prescription(plan: Plan, findings: Findings) -> str:
    """Warns that no prescription is stated; the clause that every result which needs one gives as its reason."""
    total_gy = plan.beam_dose_total_gy
    if not total_gy:
        findings.warn(
            "plan.prescription-missing",
            "The plan states neither a prescription nor beam doses. Give the prescribed dose with --dose-rx.",
        )
        return "the plan states no prescription; give it with --dose-rx"
    what = "application setup doses" if plan.is_brachy else "beam doses"
    findings.warn(
        "plan.prescription-from-beams",
        f"The plan states no prescription. Its {what} times the fractions are {total_gy:.6g} Gy, which is the dose at "
        "the beams' reference points, not a prescription: give the prescribed dose with --dose-rx.",
    )
    return (
        f"the plan states no prescription (its {what} times the fractions, {total_gy:.6g} Gy, are not one); "
        "give it with --dose-rx"
    )


def _from_relative(grid: DoseGrid, overrides: Overrides, findings: Findings) -> DoseGrid:
    """A RELATIVE dose in Gy, where the user gave the dose that 100 % (or 1) stands for."""
    highest = float(grid.dose_gy.max())
    reference = next(
        (whole for whole, low, high in ((1.0, 0.3, 3.0), (100.0, 30.0, 300.0)) if low <= highest <= high), None
    )
    if overrides.dose_rx_gy is None or reference is None:
        findings.refuse(
            "dose.relative-units",
            f"DoseUnits is RELATIVE with a maximum of {highest:g}: give the dose that 100 % stands for with --dose-rx, "
            "or export the dose in GY.",
        )
    findings.warn(
        "dose.relative-units",
        f"The dose is RELATIVE; {reference:g} in the file is interpreted as {overrides.dose_rx_gy:g} Gy (--dose-rx).",
    )
    return _scaled(grid, overrides.dose_rx_gy / reference)


def _scaled(grid: DoseGrid, factor: float) -> DoseGrid:
    dose_gy = grid.dose_gy * np.float32(factor)
    dose_gy.flags.writeable = False
    return replace(grid, dose_gy=dose_gy, step_gy=grid.step_gy * factor)
