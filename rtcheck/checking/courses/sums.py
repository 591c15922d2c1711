"""Cases of one patient -> one case whose dose is their sum: a boost on its plan, a second course on the first."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np

from rtcheck.case import NEGLIGIBLE_PART, Case, DoseSum, Plan, Prescription, negligible_dose_gy
from rtcheck.checking.courses.added_doses import added
from rtcheck.dosimetry.biology import eqd2_gy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.metrics import Metric
from rtcheck.errors import UsageError
from rtcheck.notices import Notice


def summed(cases: Sequence[Case], *, eqd2_alpha_beta_gy: float | None = None) -> Case:
    """The sum of the cases' doses, with the structures of the first that has any.

    Doses are added on the finest grid, trilinear where grids differ. Where a plan's grid does not reach, its dose
    counts as 0 and is known to be at most what its own grid says. Prescriptions and fractions add up. With
    `eqd2_alpha_beta_gy` every dose is first converted to EQD2, voxel by voxel, with its own number of fractions.

    Raises UsageError for cases of different patients or frames of reference, for a dose that is given twice, and where
    a dose or fractions are missing.
    """
    _require_one_patient(cases)
    _require_different_doses(cases)
    doses = [_dose_of(case, eqd2_alpha_beta_gy) for case in cases]
    first = next((case for case in cases if case.structures is not None), cases[0])
    what = "doses" if eqd2_alpha_beta_gy is None else f"doses in EQD2 (alpha/beta {eqd2_alpha_beta_gy:g} Gy)"
    named = " + ".join(_label(case) for case in cases)
    sum_notice = Notice(
        code="sum.doses",
        text=f"The {what} of {len(cases)} plans were added ({named}); the structures are those of {_label(first)}",
    )
    return replace(
        first,
        plan=_plan(cases, eqd2_alpha_beta_gy),
        dose=added(doses, [_negligible_gy(case, eqd2_alpha_beta_gy) for case in cases]),
        sources=tuple(chain.from_iterable(case.sources for case in cases)),
        notices=tuple(dict.fromkeys([*chain.from_iterable(case.notices for case in cases), sum_notice])),
        beam_doses={},
        load_tps_dvhs=None,
        dose_sum=DoseSum(
            files=tuple(tuple(source.sha256 for source in case.sources) for case in cases),
            eqd2_alpha_beta_gy=eqd2_alpha_beta_gy,
        ),
    )


def metric_of_sum(metric: Metric, dose_sum: DoseSum | None) -> tuple[Metric, str]:
    """The metric as it is to be measured in a summed dose, or why it cannot be.

    EQD2 and BED are not linear in dose: of a sum of physical doses nobody can tell them, whatever the total number of
    fractions. A sum in EQD2 is EQD2 already, with one alpha/beta.
    """
    if dose_sum is not None and metric.model_name:
        return metric, f"{metric.kind} of a sum of plans cannot be computed: the fractionation of each is lost"
    if dose_sum is None or (metric.biology == "physical" and not metric.per_fraction):
        return metric, ""
    made_with_gy = dose_sum.eqd2_alpha_beta_gy
    if metric.per_fraction:
        return metric, "a sum of plans has no single dose per fraction"
    if made_with_gy is None:
        return metric, (
            f"{metric.biology} of a sum of plans cannot be computed from the summed dose; add the plans as EQD2 "
            f"with --sum-eqd2"
        )
    if metric.biology == "EQD2" and metric.alpha_beta_gy == made_with_gy:
        return replace(metric, biology="physical"), ""
    return metric, f"the doses were added as EQD2 with alpha/beta {made_with_gy:g} Gy, which is not the requested one"


def _require_one_patient(cases: Sequence[Case]) -> None:
    if len({case.patient.id for case in cases}) > 1:
        raise UsageError("The plans belong to different patients and cannot be added.")
    frames = {case.dose.frame_of_reference_uid for case in cases if case.dose and case.dose.frame_of_reference_uid}
    if len(frames) > 1:
        raise UsageError(
            "The doses of the plans are in different frames of reference and cannot be added without a registration. "
            "Resample one of them in the planning system first."
        )


def _require_different_doses(cases: Sequence[Case]) -> None:
    given = [source.sop_instance_uid for case in cases for source in case.sources if source.role == "dose"]
    if len(set(given)) < len(given):
        raise UsageError("Two of the paths lead to the same dose, which would be counted twice.")


def _dose_of(case: Case, eqd2_alpha_beta_gy: float | None) -> DoseGrid:
    if case.dose is None:
        raise UsageError(f"{_label(case)}: there is no dose to add.")
    if eqd2_alpha_beta_gy is None:
        return case.dose
    convert = partial(eqd2_gy, fractions=_fractions(case), alpha_beta_gy=eqd2_alpha_beta_gy)
    dose_gy = np.asarray(convert(case.dose.dose_gy.astype(np.float64)), dtype=np.float32)
    step_gy = convert(case.dose.max_gy + case.dose.step_gy) - convert(case.dose.max_gy)  # where it is the largest
    return replace(case.dose, dose_gy=dose_gy, step_gy=float(step_gy))


def _fractions(case: Case) -> int:
    if case.plan is None or not case.plan.fractions:
        raise UsageError(f"{_label(case)}: the number of fractions is unknown, so EQD2 cannot be computed.")
    return case.plan.fractions


def _plan(cases: Sequence[Case], eqd2_alpha_beta_gy: float | None) -> Plan | None:
    """One plan that stands for all: prescriptions and fractions added where every plan states them."""
    plans = [case.plan for case in cases if case.plan is not None]
    if not plans:
        return None
    amounts = [_prescribed_gy(case, eqd2_alpha_beta_gy) for case in cases]
    fractions = [plan.fractions for plan in plans]
    known = [amount for amount in amounts if amount is not None]
    is_stated = len(known) == len(cases)
    said = " + ".join(f"{amount:g} Gy" for amount in known)
    return replace(
        plans[0],
        label=" + ".join(plan.label for plan in plans),
        prescriptions=(Prescription(dose_gy=sum(known), source=f"sum of {said}"),) if is_stated else (),
        fractions=sum(each for each in fractions if each) if all(fractions) else None,
        beams=tuple(chain.from_iterable(plan.beams for plan in plans)),
    )


def _negligible_gy(case: Case, eqd2_alpha_beta_gy: float | None) -> float | None:
    """The dose of one plan on its grid's faces below which it may be taken to end there, as it is added. [Gy]"""
    prescribed_gy = _prescribed_gy(case, eqd2_alpha_beta_gy)
    return None if negligible_dose_gy(case) is None or prescribed_gy is None else NEGLIGIBLE_PART * prescribed_gy


def _prescribed_gy(case: Case, eqd2_alpha_beta_gy: float | None) -> float | None:
    prescription = case.plan.prescription if case.plan else None
    if prescription is None or eqd2_alpha_beta_gy is None:
        return prescription.dose_gy if prescription else None
    return float(eqd2_gy(prescription.dose_gy, fractions=_fractions(case), alpha_beta_gy=eqd2_alpha_beta_gy))


def _label(case: Case) -> str:
    return f'"{case.plan.label}"' if case.plan and case.plan.label else "a plan without a label"
