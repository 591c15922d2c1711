"""Does the dose fit the prescription? One fraction's is refused, one beam's and what is far off are warned of."""

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Plan, Roi, StructureSet
from rtcheck.dicom.findings import Findings
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError

FAR_ABOVE = 3.0
"""A maximum beyond this many prescriptions points to wrong units or a wrong scaling (cGy would give 100)."""

FAR_BELOW = 0.8
"""A course whose maximum stays under this part of the prescription does not deliver it."""

NEAR_ONE_FRACTION = 0.1
"""A target's median within this of one fraction's dose means that the dose may be one fraction's."""

NEAR_PRESCRIPTION = 0.2
"""A target's median further than this from every prescription means that dose, target or geometry may be wrong."""

HIGHEST_OF_TARGET = 1.6
"""Maxima of stereotactic plans reach this many times the prescription."""

TRIED_TARGETS = 3
"""Targets that are looked at, the largest first: one that fits is enough."""


def compare_with_prescription(
    grid: DoseGrid, plan: Plan, structures: StructureSet | None, findings: Findings, *, is_known: bool
) -> None:
    """Holds the dose's maximum and the targets' medians against the plan's prescriptions.

    `is_known`: the user said whether the dose is the course's, so it is not asked again.
    """
    assert plan.prescription is not None
    prescribed_gy = plan.prescription.dose_gy
    highest_gy = float(grid.dose_gy.max())
    medians_gy = _target_medians_gy(grid, plan, structures)
    if not is_known:
        _refuse_one_fraction(plan, medians_gy, highest_gy, findings)
        _warn_of_one_beam(plan, medians_gy, findings)
    if highest_gy > FAR_ABOVE * prescribed_gy:
        findings.warn(
            "dose.far-above-prescription",
            f"The dose reaches {highest_gy:g} Gy for a prescription of {prescribed_gy:g} Gy: check units and scaling.",
        )
    elif highest_gy < FAR_BELOW * prescribed_gy:
        findings.warn(
            "dose.far-below-prescription",
            f"The dose reaches only {highest_gy:g} Gy of the prescribed {prescribed_gy:g} Gy: a part may be missing.",
        )
    elif medians_gy and not any(_is_near(median, plan) for median in medians_gy):
        found = ", ".join(f"{median:.3g} Gy" for median in medians_gy)
        findings.warn(
            "dose.target-off-prescription",
            f"No target's median dose is near a prescription (found {found}; {prescribed_gy:g} Gy are prescribed): "
            "dose and structures may not belong together.",
        )


def _is_near(median_gy: float, plan: Plan) -> bool:
    return any(abs(median_gy / p.dose_gy - 1) <= NEAR_PRESCRIPTION for p in plan.prescriptions)


def _refuse_one_fraction(plan: Plan, medians_gy: list[float], highest_gy: float, findings: Findings) -> None:
    """Refuses where a target's median dose, or without targets the maximum, fits one fraction of several."""
    assert plan.prescription is not None
    if any(_is_near(median_gy, plan) for median_gy in medians_gy) or (plan.fractions or 2) < 2:
        return
    beam_doses_gy = [beam.dose_gy for beam in plan.beams if beam.dose_gy]
    one_fraction_gy = [plan.prescription.dose_gy / plan.fractions] if plan.fractions else []
    one_fraction_gy += [sum(beam_doses_gy)] if beam_doses_gy else []
    for expected_gy in one_fraction_gy:
        if any(abs(median_gy / expected_gy - 1) <= NEAR_ONE_FRACTION for median_gy in medians_gy):
            found = "a target's median dose is about that"
        elif not medians_gy and 1 - NEAR_ONE_FRACTION <= highest_gy / expected_gy <= HIGHEST_OF_TARGET:
            found = f"the maximum is {highest_gy:.3g} Gy"
        else:
            continue
        findings.refuse_unless_ignored(
            "dose.one-fraction",
            f"The dose looks like that of one fraction: {plan.prescription.dose_gy:g} Gy are prescribed, one fraction "
            f"has {expected_gy:.3g} Gy, and {found}.",
            advice="Say what it is with --dose-is course or --dose-is per-fraction.",
        )
        return


def _warn_of_one_beam(plan: Plan, medians_gy: list[float], findings: Findings) -> None:
    """Warns where a target's median dose fits one beam of several, in one fraction or in all."""
    if len(plan.beams) < 2 or any(_is_near(median_gy, plan) for median_gy in medians_gy):
        return
    for beam in plan.beams:
        for fractions in (1, plan.fractions or 1):
            expected_gy = (beam.dose_gy or 0.0) * fractions
            if expected_gy and any(abs(median_gy / expected_gy - 1) <= NEAR_ONE_FRACTION for median_gy in medians_gy):
                course = f"{fractions} fractions" if fractions > 1 else "one fraction"
                findings.warn(
                    "dose.one-beam",
                    f"The dose looks like that of one beam: beam {beam.number} gives {expected_gy:.3g} Gy in "
                    f"{course}, and a target's median dose is about that. If so, export the whole plan's.",
                )
                return


def _target_medians_gy(grid: DoseGrid, plan: Plan, structures: StructureSet | None) -> list[float]:
    """Median doses of the prescriptions' targets, else of PTVs, until one is near a prescription. [Gy]"""
    medians_gy: list[float] = []
    if structures is None:
        return medians_gy
    for roi in _targets(plan, structures):
        median_gy = _median_gy(structures, roi, grid)
        if median_gy is not None:
            medians_gy.append(median_gy)
            if _is_near(median_gy, plan):
                break
    return medians_gy


def _targets(plan: Plan, structures: StructureSet) -> Iterator[Roi]:
    wanted = {p.roi_number for p in plan.prescriptions}
    drawn = sorted((roi for roi in structures if roi.contours), key=lambda roi: -roi.contours)
    targets = [roi for roi in drawn if roi.number in wanted] or [roi for roi in drawn if roi.type == "PTV"]
    yield from targets[:TRIED_TARGETS]


def _median_gy(structures: StructureSet, roi: Roi, grid: DoseGrid) -> float | None:
    """The median dose of one ROI, None where it has none. [Gy]"""
    from rtcheck.dosimetry.dvh import compute_dvh
    from rtcheck.geometry.build import build_solid

    try:
        dvh = compute_dvh(build_solid(structures.load(roi.number)), grid)
    except RtcheckError:
        return None
    if not dvh.volume_inside_cc > 0:
        return None
    half_cc = dvh.volume_inside_cc / 2
    return float(np.interp(-half_cc, -dvh.volume_at_least_cc, dvh.dose_gy))
