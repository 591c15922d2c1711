"""Prescription overrides, and whether the dose is the course's or one fraction's."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rtcheck.case import Plan, Prescription, StructureSet
from rtcheck.dicom.doses import CourseDose
from rtcheck.dicom.findings import Findings
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError

DoseIs = Literal["course", "per-fraction"]

FAR_ABOVE = 3.0
"""A maximum beyond this many prescriptions points to wrong units or a wrong scaling (cGy would give 100)."""

FAR_BELOW = 0.8
"""A course whose maximum stays under this part of the prescription does not deliver it."""

NEAR_ONE_FRACTION = 0.1
"""A target's median within this of one fraction's dose means that the dose may be one fraction's."""

HIGHEST_OF_TARGET = 1.6
"""Maxima of stereotactic plans reach this many times the prescription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the user says against or beside the plan."""

    dose_rx_gy: float | None = None
    fractions: int | None = None
    dose_is: DoseIs | None = None


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
        _compare_with_prescription(grid, plan, structures, overrides, findings)
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


def _compare_with_prescription(
    grid: DoseGrid, plan: Plan, structures: StructureSet | None, overrides: Overrides, findings: Findings
) -> None:
    """Refuses a dose that looks like one fraction's; remarks on one that is far from the prescription."""
    assert plan.prescription is not None
    prescribed_gy = plan.prescription.dose_gy
    highest_gy = float(grid.dose_gy.max())
    if highest_gy > FAR_ABOVE * prescribed_gy:
        findings.warn(
            "dose.far-above-prescription",
            f"The dose reaches {highest_gy:g} Gy for a prescription of {prescribed_gy:g} Gy: check units and scaling.",
        )
    if highest_gy >= FAR_BELOW * prescribed_gy:
        return
    if overrides.dose_is is None:
        _refuse_one_fraction(grid, plan, structures, findings)
    findings.warn(
        "dose.far-below-prescription",
        f"The dose reaches only {highest_gy:g} Gy for a prescription of {prescribed_gy:g} Gy: a part may be missing.",
    )


def _refuse_one_fraction(grid: DoseGrid, plan: Plan, structures: StructureSet | None, findings: Findings) -> None:
    """Refuses where the targets' median dose, or without targets the maximum, fits one fraction."""
    assert plan.prescription is not None
    beam_doses_gy = [beam.dose_gy for beam in plan.beams if beam.dose_gy]
    one_fraction_gy = [plan.prescription.dose_gy / plan.fractions] if plan.fractions and plan.fractions > 1 else []
    one_fraction_gy += [sum(beam_doses_gy)] if beam_doses_gy else []
    median_gy = target_median_gy(grid, plan, structures)
    highest_gy = float(grid.dose_gy.max())
    for expected_gy in one_fraction_gy:
        if median_gy is not None and abs(median_gy / expected_gy - 1) <= NEAR_ONE_FRACTION:
            found = f"the target's median dose is {median_gy:.3g} Gy"
        elif median_gy is None and 1 - NEAR_ONE_FRACTION <= highest_gy / expected_gy <= HIGHEST_OF_TARGET:
            found = f"its maximum is {highest_gy:.3g} Gy"
        else:
            continue
        findings.refuse_unless_ignored(
            "dose.one-fraction",
            f"The dose looks like that of one fraction: {found}, one fraction has {expected_gy:.3g} Gy, and "
            f"{plan.prescription.dose_gy:g} Gy are prescribed.",
            advice="Say what it is with --dose-is course or --dose-is per-fraction.",
        )
        return


def target_median_gy(grid: DoseGrid, plan: Plan, structures: StructureSet | None) -> float | None:
    """The median dose of the prescription's target, else of the largest drawn PTV; None where there is none. [Gy]"""
    if structures is None or plan.prescription is None:
        return None
    wanted = plan.prescription.roi_number
    drawn = [roi for roi in structures if roi.contours]
    targets = [roi for roi in drawn if roi.number == wanted] or [roi for roi in drawn if roi.type == "PTV"]
    if not targets:
        return None
    target = max(targets, key=lambda roi: roi.contours)
    # The engine is asked for only in the rare case of doubt.
    from rtcheck.dosimetry.dvh import compute_dvh
    from rtcheck.geometry.shape import build_solid

    try:
        dvh = compute_dvh(build_solid(structures.load(target.number)), grid)
    except RtcheckError:
        return None
    half_cc = float(dvh.volume_at_least_cc[0]) / 2
    if half_cc <= 0:
        return None
    return float(np.interp(-half_cc, -dvh.volume_at_least_cc, dvh.dose_gy))


def _scaled(grid: DoseGrid, factor: float) -> DoseGrid:
    dose_gy = grid.dose_gy * np.float32(factor)
    dose_gy.flags.writeable = False
    return replace(grid, dose_gy=dose_gy)
