"""`--protocol plan`: the limits that the plan states itself, in its dose references, as a protocol.

PS3.3 C.8.8.10: a target has a least, a prescribed and a greatest dose and a share of its volume that may receive less
than the prescription; an organ at risk has a dose that no part of it may exceed (OrganAtRiskLimitDose), and one that a
share of its volume may exceed (OrganAtRiskMaximumDose). A limit of another kind, or of a point, is not evaluated: it
becomes a constraint on a structure that is not there, so that no plan passes without it. DeliveryMaximumDose limits
what is delivered to a reference point, not the planned dose.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rtcheck.case import Case, DoseLimits
from rtcheck.errors import DicomError, UsageError
from rtcheck.geometry.expression import quoted
from rtcheck.protocol.file.library import PLAN
from rtcheck.protocol.file.model import Constraint, Goal, Protocol, Source
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.names.folding import equal_after_folding

_SOURCE = Source(id="rtplan", citation="DoseReferenceSequence of the RT Plan (DICOM PS3.3 C.8.8.10)")
_PLAIN = {"TargetMinimumDose": "Dmin >=", "TargetMaximumDose": "Dmax <=", "OrganAtRiskLimitDose": "Dmax <="}
_HIGHEST_GY = 10_000
_WHOLE_ORGAN = "OrganAtRiskFullVolumeDose"


def protocol_of_plan(case: Case) -> Protocol:
    """The plan's own limits.

    Raises:
        UsageError: there is no plan, or it states no limits.
        DicomError: a limit is not possible.
    """
    stated = case.plan.dose_limits if case.plan else ()
    constraints = tuple(
        replace(one, source=_SOURCE.id) for number, limits in enumerate(stated, 1) for one in _of(case, limits, number)
    )
    if not constraints:
        raise UsageError(
            "The plan states no dose limits of its own (DoseReferenceSequence has prescriptions at most). Choose a "
            "protocol: rtcheck PATH --suggest."
        )
    protocol = Protocol(
        name=PLAN,
        title="Limits that the RT Plan states itself",
        sources=(_SOURCE,),
        constraints=constraints,
    )
    return replace(protocol, sha256=hashlib.sha256(protocol_to_yaml(protocol).encode()).hexdigest())


def _of(case: Case, limits: DoseLimits, number: int) -> Iterator[Constraint]:
    """The constraints of one dose reference, the `number`th of the plan's that have limits."""
    amounts = dict(limits.amounts)
    _require_possible(amounts, number)
    name = _structure(case, limits) if limits.is_volume else ""
    for goal, keyword in _goals(amounts):
        if name:
            yield Constraint(structures=(name,), goal=goal, note=keyword)
        else:
            what = "a structure that number and description do not agree on" if limits.is_volume else "a point"
            yield _not_evaluated(limits, number, goal, f"{keyword} of {what}")
    if amounts.get(_WHOLE_ORGAN, 0.0) > 0:  # at most everywhere, or at most somewhere
        goal = parse_goal(f"Dmax <= {number_text(amounts[_WHOLE_ORGAN])} Gy")
        yield _not_evaluated(limits, number, goal, f"{_WHOLE_ORGAN} has two readings")


def _require_possible(amounts: Mapping[str, float], number: int) -> None:
    """Raise DicomError for a negative amount, a share of more than 100 %, or a dose that no plan has."""
    for keyword, amount in amounts.items():
        if not 0 <= amount <= (100 if keyword.endswith("VolumeFraction") else _HIGHEST_GY):
            raise DicomError(f"Dose reference {number} of the plan has {keyword} {amount:g}, which is not possible.")


def _goals(amounts: Mapping[str, float]) -> Iterator[tuple[Goal, str]]:
    """What the amounts ask for, each with the elements that state it; 0 for a dose is none."""
    for keyword, start in _PLAIN.items():
        if amounts.get(keyword, 0.0) > 0:
            yield parse_goal(f"{start} {number_text(amounts[keyword])} Gy"), keyword
    prescribed, under = amounts.get("TargetPrescriptionDose", 0.0), amounts.get("TargetUnderdoseVolumeFraction")
    if prescribed > 0 and under is not None:
        share = number_text(round(100 - under, 9))
        yield parse_goal(f"V{number_text(prescribed)}Gy >= {share} %"), "TargetUnderdoseVolumeFraction"
    most, over = amounts.get("OrganAtRiskMaximumDose", 0.0), amounts.get("OrganAtRiskOverdoseVolumeFraction") or 0.0
    if most > 0 and over > 0:
        yield parse_goal(f"V{number_text(most)}Gy <= {number_text(over)} %"), "OrganAtRiskOverdoseVolumeFraction"
    elif most > 0:
        yield parse_goal(f"Dmax <= {number_text(most)} Gy"), "OrganAtRiskMaximumDose"


def _structure(case: Case, limits: DoseLimits) -> str:
    """The ROI that the reference is of: by its number, else its description; "" where it names none, or two."""
    names = {roi.number: roi.name for roi in case.structures or ()}
    if limits.roi_number is not None and limits.roi_number in names:
        described = {number for number, name in names.items() if limits.name and equal_after_folding(name, limits.name)}
        return "" if described and limits.roi_number not in described else quoted(names[limits.roi_number])
    return quoted(limits.name) if limits.name else ""


def _not_evaluated(limits: DoseLimits, number: int, goal: Goal, why: str) -> Constraint:
    """A constraint on a structure that no plan has."""
    name = f"dose reference {number}" + (f" ({limits.name})" if limits.name else "")
    return Constraint(structures=(quoted(name),), goal=goal, note=why)
