"""The plan and the dose as the user's options leave them: prescription, fractions, and what the dose stands for."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rtcheck.case import Plan, Prescription, StructureSet
from rtcheck.dicom.course_dose import CourseDose
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.plausibility import compare_with_prescription
from rtcheck.dosimetry.dose_grid import DoseGrid

DoseIs = Literal["course", "per-fraction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the user says against or beside the plan."""

    dose_rx_gy: float | None = None
    fractions: int | None = None
    dose_is: DoseIs | None = None

    @property
    def given(self) -> dict[str, float | str]:
        """Those that were given, by name."""
        options = {"dose_rx_gy": self.dose_rx_gy, "fractions": self.fractions, "dose_is": self.dose_is}
        return {name: value for name, value in options.items() if value is not None}


def override_prescription(plan: Plan | None, overrides: Overrides, findings: Findings) -> Plan | None:
    """The plan with the prescription and the fractions that the user gave; a bare Plan where there is none."""
    if overrides.dose_rx_gy is None and overrides.fractions is None:
        return plan
    plan = plan or Plan()
    if overrides.dose_rx_gy is not None:
        found = f" (the plan says {plan.prescription.dose_gy:g} Gy)" if plan.prescription else ""
        findings.tell("prescription.given", f"The prescription is {overrides.dose_rx_gy:g} Gy by --dose-rx{found}.")
        plan = replace(plan, prescriptions=(Prescription(dose_gy=overrides.dose_rx_gy, source="--dose-rx"),))
    if overrides.fractions is not None:
        found = f" (the plan says {plan.fractions})" if plan.fractions else ""
        findings.tell("fractions.given", f"The number of fractions is {overrides.fractions} by --fractions{found}.")
        plan = replace(plan, fractions=overrides.fractions)
    return plan


def settle_dose(
    course: CourseDose, plan: Plan | None, structures: StructureSet | None, overrides: Overrides, findings: Findings
) -> DoseGrid:
    """The dose of the course in Gy. It is multiplied only where the user says so; doubts are refused or remarked on."""
    grid = course.grid
    if course.headers[0].is_relative:
        grid = _from_relative(grid, overrides, findings)
    fractions = plan.fractions if plan else None
    if overrides.dose_is == "per-fraction":
        if not fractions:
            findings.refuse(
                "plan.fractions-missing", "--dose-is per-fraction needs the number of fractions; give --fractions."
            )
        findings.warn("dose.multiplied", f"The dose was multiplied by {fractions} fractions (--dose-is per-fraction).")
        grid = _scaled(grid, float(fractions))
    if plan and plan.prescription:
        compare_with_prescription(grid, plan, structures, findings, is_known=overrides.dose_is is not None)
    return grid


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
        f"The dose is RELATIVE; {reference:g} in the file was taken as {overrides.dose_rx_gy:g} Gy (--dose-rx).",
    )
    return _scaled(grid, overrides.dose_rx_gy / reference)


def _scaled(grid: DoseGrid, factor: float) -> DoseGrid:
    dose_gy = grid.dose_gy * np.float32(factor)
    dose_gy.flags.writeable = False
    return replace(grid, dose_gy=dose_gy, step_gy=grid.step_gy * factor)
