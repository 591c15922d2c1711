"""Is the dose, or the prescription, that of one fraction only? An error, or settled by what the user states.

BeamDose and BrachyApplicationSetupDose are of one fraction (PS3.3 C.8.8.13). A plan whose prescription equals their sum
states its prescription per fraction; where the targets receive just that, the dose is of one fraction too.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from rtcheck.case import Plan, StructureSet
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.overrides import DoseIs
from rtcheck.dicom.target_doses import target_doses_gy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.values import dataclass

NEAR_ONE_FRACTION = 0.1
"""A target's median within this of one fraction's dose means that the dose may be one fraction's."""

NEAR_PRESCRIPTION, NEAR_PRESCRIPTION_BRACHY = 0.2, 0.4
"""A target's median (brachytherapy: D90) further than this from every prescription means that something is wrong."""

SHORT_OF_PRESCRIPTION = 0.1
"""A target of external beams lacks more than this only if part of the dose is missing; one beam of nine is as much."""

SAME_DOSE = 0.02
"""A prescription this close (relative) to one fraction's beam doses is taken to be one fraction's."""

LEAST_PER_FRACTION_GY = 0.4
"""No treatment in several fractions gives less in one; 2 Gy in 25 fractions are 2 Gy in each."""

MOST_PER_BRACHY_FRACTION_GY = 16.0
"""No brachytherapy in several fractions gives more in one, so that a higher prescription is the course's."""

HIGHEST_OF_TARGET = 1.6
"""Maxima of stereotactic plans reach this many times the prescription."""

ADVICE = "State what the dose is with --dose-is course or --dose-is per-fraction."


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Setting:
    """A plan with its dose (as far as there is one), its structures, and what the user states that the dose is."""

    plan: Plan
    grid: DoseGrid | None
    structures: StructureSet | None
    dose_is: DoseIs | None

    @cached_property
    def doses_gy(self) -> tuple[float, ...]:
        """What the targets receive, the largest first; external beams' until one fits a prescription. [Gy]"""
        found: list[float] = []
        if self.grid is None:
            return ()
        prescribed = [each.dose_gy for each in self.plan.prescriptions]
        for dose_gy in target_doses_gy(self.grid, self.plan, self.structures):
            found.append(dose_gy)
            if not self.plan.is_brachy and _is_reached(dose_gy, prescribed):
                break
        return tuple(found)

    def is_any_near(self, expected_gy: Sequence[float], *, within: float | None = None) -> bool:
        """Whether what some target receives lies near one of these doses; `within` is relative."""
        usual = NEAR_PRESCRIPTION_BRACHY if self.plan.is_brachy else NEAR_PRESCRIPTION
        return any(_is_near(dose_gy, expected_gy, within or usual) for dose_gy in self.doses_gy)

    def reaches_any(self, prescribed_gy: Sequence[float]) -> bool:
        """Whether what some target receives is a prescription, and no part of it: as `is_any_near` in brachytherapy."""
        if self.plan.is_brachy:
            return self.is_any_near(prescribed_gy)
        return any(_is_reached(dose_gy, prescribed_gy) for dose_gy in self.doses_gy)


def refuse_one_fraction(setting: Setting, findings: Findings) -> None:
    """Rejects a dose that looks like that of one fraction of several, unless the user has stated what it is."""
    plan = setting.plan
    if plan.fractions == 1:
        return
    if plan.is_brachy:
        _refuse_one_brachy_fraction(setting, findings)
        return
    prescribed_gy = [each.dose_gy for each in plan.prescriptions]
    is_stated_per_fraction = states_one_fraction(plan)
    if setting.is_any_near(prescribed_gy) and not is_stated_per_fraction:
        return
    doses_gy = list(plan.fraction_doses_gy) or [sum(beam.dose_gy or 0.0 for beam in plan.beams)]
    if prescribed_gy:
        doses_gy.append(prescribed_gy[0] if is_stated_per_fraction else prescribed_gy[0] / (plan.fractions or math.inf))
    for expected_gy in filter(None, doses_gy):
        if found := _one_fraction_in(setting, expected_gy):
            _refuse(plan, expected_gy, found, findings)
            return


def with_course_prescription(setting: Setting, findings: Findings) -> Plan:
    """The plan with a prescription that is the course's: one that is stated per fraction is not used as it is.

    It is multiplied only where the user states that the dose, which agrees with it, is of one fraction.
    """
    plan = setting.plan
    main = plan.prescription
    if main is None or main.is_given or not plan.fractions:
        return plan
    count, course_gy = plan.fractions, main.dose_gy * plan.fractions
    is_per_fraction = states_one_fraction(plan)
    if setting.dose_is == "per-fraction":
        if not is_per_fraction and not (setting.is_any_near([course_gy]) and not setting.is_any_near([main.dose_gy])):
            return plan
        findings.warn(
            "plan.prescription-per-fraction",
            f"The plan's prescription, {main.dose_gy:g} Gy, is that of one fraction, as is its dose: "
            f"{course_gy:g} Gy in "
            f"{count} fractions are used (--dose-is per-fraction).",
        )
        multiplied = (
            each if each.is_given else replace(each, dose_gy=each.dose_gy * count) for each in plan.prescriptions
        )
        return replace(plan, prescriptions=tuple(multiplied))
    if not is_per_fraction or (setting.dose_is == "course" and setting.is_any_near([main.dose_gy])):
        return plan
    reason = (
        f"the plan prescribes {main.dose_gy:g} Gy in {count} fractions, which looks like the dose of one fraction; "
        "give the total with --dose-rx"
    )
    findings.warn(
        "plan.prescription-per-fraction", f"{reason[:1].upper()}{reason[1:]} (times {count}: {course_gy:g} Gy)."
    )
    return replace(plan, prescriptions=(), why_no_prescription=reason)


def states_one_fraction(plan: Plan) -> bool:
    """Whether the plan's own prescription is that of one fraction of several, by its beam or setup doses."""
    main = plan.prescription
    if main is None or main.is_given or not plan.fractions or plan.fractions < 2:
        return False
    is_sum_of_beams = any(abs(main.dose_gy / dose_gy - 1) < SAME_DOSE for dose_gy in plan.fraction_doses_gy)
    return is_sum_of_beams or main.dose_gy / plan.fractions < LEAST_PER_FRACTION_GY


def _one_fraction_in(setting: Setting, expected_gy: float) -> str:
    """How the dose shows this dose of one fraction; "" where it does not."""
    within = (
        NEAR_PRESCRIPTION if setting.plan.prescription and setting.plan.prescription.dose_gy == expected_gy else None
    )
    if setting.is_any_near([expected_gy], within=within or NEAR_ONE_FRACTION):
        return "the median dose of a target is close to it"
    assert setting.grid is not None
    highest_gy = setting.grid.max_gy
    if not setting.doses_gy and 1 - NEAR_ONE_FRACTION <= highest_gy / expected_gy <= HIGHEST_OF_TARGET:
        return f"the maximum is {highest_gy:.3g} Gy"
    return ""


def _refuse(plan: Plan, expected_gy: float, found: str, findings: Findings) -> None:
    stated = f"{plan.prescription.dose_gy:g} Gy are prescribed" if plan.prescription else "no dose is prescribed"
    count = f" in {plan.fractions} fractions" if plan.fractions else ""
    findings.refuse_unless_ignored(
        "dose.one-fraction",
        f"The dose looks like that of one fraction: {stated}{count}, one fraction is {expected_gy:.3g} Gy, and "
        f"{found}.",
        advice=ADVICE,
    )


def _refuse_one_brachy_fraction(setting: Setting, findings: Findings) -> None:
    """Brachytherapy doses are stated now per fraction, now for the course: one of several fractions needs proof.

    The proof is what the targets (D90) or the points of the plan receive, next to the dose of one fraction: nearer to
    that or nearer to all fractions, as a ratio.
    """
    plan, count = setting.plan, setting.plan.fractions
    one_fraction_gy = max((*plan.fraction_doses_gy, *_fraction_of_known_course(plan)), default=None)
    if count and one_fraction_gy and setting.doses_gy:
        from statistics import median

        received_gy = median(setting.doses_gy)
        if received_gy < one_fraction_gy * math.sqrt(count):
            _refuse(plan, one_fraction_gy, f"the targets or points receive {received_gy:.3g} Gy", findings)
        return
    given_in = f"in {count} fractions" if count else "in an unknown number of fractions"
    findings.refuse_unless_ignored(
        "dose.fraction-or-course",
        f"This brachytherapy plan is given {given_in}, and its doses do not show whether the dose grid is that of one "
        "fraction or of all.",
        advice=ADVICE if count else f"Give --fractions. {ADVICE}",
    )


def _fraction_of_known_course(plan: Plan) -> tuple[float, ...]:
    """One fraction of a prescription that can only be the course's, where the setups have no doses."""
    main = plan.prescription
    if plan.fraction_doses_gy or main is None or not plan.fractions:
        return ()
    is_of_course = main.is_given or main.dose_gy > MOST_PER_BRACHY_FRACTION_GY
    return (main.dose_gy / plan.fractions,) if is_of_course else ()


def _is_near(dose_gy: float, expected_gy: Sequence[float], within: float) -> bool:
    return any(abs(dose_gy / each - 1) <= within for each in expected_gy)


def _is_reached(dose_gy: float, prescribed_gy: Sequence[float]) -> bool:
    return any(-SHORT_OF_PRESCRIPTION <= dose_gy / each - 1 <= NEAR_PRESCRIPTION for each in prescribed_gy)
