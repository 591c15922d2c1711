"""Targets whose name or dose does not fit the prescribed dose that their percentages are of -> warnings."""

import re
from collections.abc import Iterable, Iterator

from rtcheck.case import Plan
from rtcheck.checking.evidence import Evidence
from rtcheck.checking.structures.found import Found
from rtcheck.dosimetry.curve import dose_at_volume_gy
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.notices import Notice
from rtcheck.patterns import pattern
from rtcheck.protocol.names.folding import TARGET_KINDS, equal_after_folding
from rtcheck.results import Match, Result

SAME_DOSE = 0.02
"""Relative: PTV_70 is a name for 69.96 Gy and for 69.3 Gy."""

FITTING_MEDIANS, FITTING_D90S = (0.9, 1.35), (0.6, 1.67)
"""What a target receives, relative to its prescription: boosts and stereotactic plans lie above it by a third."""

OWN_LEVEL, SAME_MEDIAN = 0.06, 0.05
"""Relative: two targets that are apart by more have levels of their own; one this near to a prescription has it."""

_LEAST_GY, _MOST_GY = 15.0, 100.0  # numbers in names outside of this are not doses: PTV1, PTV_5mm
_NUMBER = pattern(
    r"(?<![\dx.])(\d{2,4})(?:[._,p](\d{1,2}))?(?![\dx])(?!\s*(?:mm|cm|cc|ml|mv|fx|fr|%|st|nd|rd|th|\.\d))",
    re.IGNORECASE,
)
_YEARS = range(2001, 2050)


def notices_of_references(results: Iterable[Result], evidence: Evidence) -> tuple[Notice, ...]:
    """A warning for each target whose name holds another dose, or that receives far more or less than its own."""
    notices: list[Notice] = []
    for result in results:
        if result.measurement.reference_gy is not None and result.constraint.target in ("", result.structure):
            for match in result.matched:
                notices += _about_name(match, result.measurement.reference_gy, evidence)
                notices += _about_description(match, evidence)
                notices += _about_number(match, evidence)
                notices += _about_dose(match, result.measurement.reference_gy, evidence)
    return tuple(dict.fromkeys(notices))


def doses_in_name(name: str) -> tuple[float, ...]:
    """The doses that a target's name can mean, in Gy: "PTV_54" 54, "PTV5040" 50.4, "PTV_48_6Gy" 48.6 and 48."""
    doses_gy: list[float] = []
    for whole, decimals in _NUMBER.findall(name):
        number = float(whole)
        if len(whole) == 4:
            doses_gy += [] if int(whole) in _YEARS else [number / 100]
        else:
            doses_gy += [number, *([float(f"{whole}.{decimals}")] if decimals else [])]
    return tuple(dose_gy for dose_gy in doses_gy if _LEAST_GY <= dose_gy <= _MOST_GY)


def _about_name(match: Match, reference_gy: float, evidence: Evidence) -> Iterator[Notice]:
    """The user's own word on this target outweighs its name."""
    if not _is_target(match, evidence) or evidence.levels.reference(match).is_given_by_name:
        return
    for name in dict.fromkeys((match.asked, *match.rois)):
        doses_gy = doses_in_name(name)
        if doses_gy and not any(abs(dose_gy / reference_gy - 1) <= SAME_DOSE for dose_gy in doses_gy):
            text = (
                f"{name} is checked in percent of {reference_gy:g} Gy, but its name contains {doses_gy[-1]:g} Gy: "
                f"if that is its dose level, give it with --dose-rx {match.asked}={doses_gy[-1]:g}"
            )
            yield Notice(code="prescription.name-differs", text=text, structures=(match.asked,))
            return


def _about_description(match: Match, evidence: Evidence) -> Iterator[Notice]:
    """The plan links a dose to this ROI by its number, and describes it as another ROI."""
    plan = evidence.case.plan
    if plan is None or evidence.levels.reference(match).is_given_by_name:
        return
    for each in plan.prescriptions:
        if each.is_given or each.roi_number not in match.numbers or not each.target:
            continue
        named = {roi.number: roi.name for roi in evidence.anatomy.rois if equal_after_folding(roi.name, each.target)}
        if named and each.roi_number not in named:
            text = (
                f"the plan links {each.dose_gy:g} Gy to {match.asked} by its ROI number, but describes it as "
                f"{next(iter(named.values()))}: give the right dose with --dose-rx {match.asked}=GY"
            )
            yield Notice(code="prescription.name-differs", text=text, structures=(match.asked,))


def _about_number(match: Match, evidence: Evidence) -> Iterator[Notice]:
    """The plan prescribes to an ROI number that this structure set does not have: it may be of another one."""
    plan, levels = evidence.case.plan, evidence.levels
    if plan is None or not match.numbers or levels.is_tied_to(match):
        return
    for each in levels.free:
        if each.roi_number and each.roi_number not in {roi.number for roi in evidence.anatomy.rois}:
            text = (
                f"the plan prescribes {each.dose_gy:g} Gy to ROI number {each.roi_number}, which the structure set "
                f"does not have: give the dose of {match.asked} with --dose-rx {match.asked}=GY"
            )
            yield Notice(code="prescription.unknown-roi", text=text, structures=(match.asked,))


def _about_dose(match: Match, reference_gy: float, evidence: Evidence) -> Iterator[Notice]:
    found = next((each for each in evidence.anatomy.found if each.match == match), None)
    received = _received(found, evidence) if found and _is_target(match, evidence) else None
    if received is None:
        return
    what, dose_gy, (low, high) = received
    whose = "another target"
    if low <= dose_gy / reference_gy <= high:
        if abs(dose_gy / reference_gy - 1) <= OWN_LEVEL or evidence.levels.reference(match).is_given_by_name:
            return
        if evidence.levels.is_tied_to(match):
            if not any(abs(dose_gy / free.dose_gy - 1) <= SAME_MEDIAN for free in evidence.levels.free):
                return
        else:
            whose = _other_target_with(reference_gy, dose_gy, match, evidence)
    if whose:
        text = (
            f"{match.asked} is checked in percent of {reference_gy:g} Gy, but its {what} is {dose_gy:.3g} Gy: "
            f"the prescription may be that of {whose}"
        )
        yield Notice(code="prescription.dose-differs", text=text, structures=(match.asked,))


def _other_target_with(reference_gy: float, dose_gy: float, match: Match, evidence: Evidence) -> str:
    """The name of another target of the same kind that receives this prescription, while `match` does not; "" if none.

    Of stereotactic plans all targets receive more than the prescription, and a GTV more than its PTV.
    """
    for found in (*evidence.anatomy.found, *evidence.anatomy.targets_not_asked_for):
        other = found.match
        if set(other.numbers) & set(match.numbers) or _kind(other, evidence) != _kind(match, evidence):
            continue
        received = _received(found, evidence)
        if received is None or abs(received[1] / reference_gy - 1) > SAME_MEDIAN:
            continue
        if abs(dose_gy / received[1] - 1) > OWN_LEVEL:
            return other.asked
    return ""


def _received(found: Found, evidence: Evidence) -> tuple[str, float, tuple[float, float]] | None:
    """What the target receives, in words and Gy, and what fits its prescription; None where that is not known."""
    dvh = evidence.dvh(found)
    if dvh is None or dvh.volume_outside_cc > 0 or not dvh.volume_inside_cc > 0:
        return None
    if _is_brachy(evidence.case.plan):
        return "D90%", _dose_to(0.9, dvh), FITTING_D90S
    return "median dose", _dose_to(0.5, dvh), FITTING_MEDIANS


def _dose_to(share: float, dvh: Dvh) -> float:
    return dose_at_volume_gy(dvh, share * dvh.volume_inside_cc)


def _is_brachy(plan: Plan | None) -> bool:
    return plan is not None and plan.is_brachy


def _is_target(match: Match, evidence: Evidence) -> bool:
    return bool(_kind(match, evidence))


def _kind(match: Match, evidence: Evidence) -> str:
    """The kind of target by its ROI type, or by its name where it has none or is derived; "" of what is not one.

    Some planning systems export every target as an ORGAN: then those count that are targets by their names.
    """
    stated = evidence.anatomy.type_of(match) or match.asked.upper()
    by_type = next((kind for kind in TARGET_KINDS if stated.startswith(kind)), "")
    if by_type or not match.numbers:
        return by_type
    return next((kind for kind in TARGET_KINDS if set(match.numbers) <= evidence.anatomy.names.numbers_of(kind)), "")
