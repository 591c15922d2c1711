"""What the user states of a sum of plans: its prescription and its fractions, not those of each plan."""

from collections.abc import Iterable
from dataclasses import replace

from rtcheck.case import Case, Plan
from rtcheck.dicom.findings import Findings
from rtcheck.dicom.one_fraction import Setting
from rtcheck.dicom.overrides import Overrides
from rtcheck.dicom.plausibility import compare_with_prescription
from rtcheck.dicom.prescription import override_prescription
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.notices import Notice

_WITHOUT_PRESCRIPTION = ("plan.prescription-missing", "plan.prescription-from-beams")
_WITHOUT_FRACTIONS = ("plan.fractions-missing",)


def stated_for_sum(
    plan: Plan | None, dose: DoseGrid, first: Case, stated: Overrides
) -> tuple[Plan | None, tuple[Notice, ...]]:
    """The plan of the sum with what is stated, and what is remarked on it.

    The prescription of the whole takes the place of everything that the plans prescribe to their parts; that of single
    targets stands next to it. It is compared with the summed dose, as a plan's own is with its dose.
    """
    findings = Findings(ignored=first.ignored_codes, errors=first.error_codes)
    if plan is not None and stated.dose_rx_gy is not None:
        plan = replace(plan, prescriptions=plan.prescriptions[:1])
    if stated.gives_prescription or stated.fractions is not None:
        plan = override_prescription(plan or Plan(), stated, findings)
    if plan is not None and stated.gives_prescription:
        setting = Setting(plan=plan, grid=dose, structures=first.structures, dose_is="course")
        compare_with_prescription(setting, plan, findings)
    return plan, tuple(findings.notices)


def without_what_is_stated(notices: Iterable[Notice], stated: Overrides) -> list[Notice]:
    """The notices of the single plans without those of something missing that is stated of the sum."""
    settled: tuple[str, ...] = _WITHOUT_PRESCRIPTION if stated.dose_rx_gy is not None else ()
    settled += _WITHOUT_FRACTIONS if stated.fractions is not None else ()
    return [notice for notice in notices if notice.code not in settled]
