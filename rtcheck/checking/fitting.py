"""A case and a protocol -> how well they go together: the structures drawn, the fractions, the prescribed dose.

It orders a list for a person to choose from. It chooses nothing and changes no verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtcheck.case import Case, Roi
from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import AllOf, Name, names_in, parse_expression
from rtcheck.protocol.file.model import Protocol, Range
from rtcheck.protocol.names.match import match_name
from rtcheck.protocol.names.targets import kind_of_target_name

GOOD = 0.6
"""From this score on a protocol is listed as fitting."""

_SHARES = {"structures": 0.5, "fractions": 0.25, "dose": 0.25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """`score` is from 0 to 1; `reasons` say what goes together and what does not.

    `is_made_for_it`: neither fractions nor dose are outside what the protocol is for.
    """

    score: float
    reasons: tuple[str, ...]
    is_made_for_it: bool = True

    @property
    def is_good(self) -> bool:
        return self.is_made_for_it and self.score >= GOOD


def fit_of(case: Case, protocol: Protocol) -> Fit:
    """How well the protocol fits the case. What a protocol leaves open counts half."""
    rois = [roi for roi in (case.structures.rois if case.structures else ()) if roi.contours]
    names = tuple(dict.fromkeys(_names(protocol)))
    found = sum(_is_there(name, protocol, rois) for name in names)
    reasons = [f"{found} of {len(names)} structures drawn"] if names else []
    score = _SHARES["structures"] * (found / len(names) if names else 0.0)
    rule, plan = protocol.prescription, case.plan
    fractions = protocol.fractions or (rule.fractions if rule else None)
    prescription_gy = plan.prescription.dose_gy if plan and plan.prescription else None
    asked: tuple[tuple[str, Range | None, float | None, str], ...] = (
        ("fractions", fractions, plan.fractions if plan else None, "fractions"),
        ("dose", rule.dose_gy if rule else None, prescription_gy, "Gy"),
    )
    shares = []
    for what, allowed, value, unit in asked:
        share, reason = _within(allowed, value, unit)
        shares.append(share)
        score += _SHARES[what] * share
        reasons += [reason] if reason else []
    return Fit(score=score, reasons=tuple(reasons), is_made_for_it=0.0 not in shares)


def _names(protocol: Protocol) -> Iterator[str]:
    for constraint in protocol.constraints:
        yield from constraint.structures


def _is_there(name: str, protocol: Protocol, rois: Sequence[Roi]) -> bool:
    """Whether the name, or every part of what it is derived from, is matched; nothing is built for it."""
    definition = next((each for each in protocol.structures if each.name == name), None)
    if match_name(name, rois, also_named=definition.also_named if definition else ()).is_matched:
        return True
    if definition is not None and definition.derive is not None:
        parts = names_in(definition.derive)
    else:
        try:
            parts = names_in(parse_expression(name))
        except GoalSyntaxError:
            return False
    return parts != (Name(name),) and all(_is_part_there(part, protocol, rois) for part in parts)


def _is_part_there(part: Name | AllOf, protocol: Protocol, rois: Sequence[Roi]) -> bool:
    if isinstance(part, AllOf):
        return any(kind_of_target_name(roi.name) == part.kind for roi in rois)
    definition = next((each for each in protocol.structures if each.name == part.name), None)
    return match_name(part.name, rois, also_named=definition.also_named if definition else ()).is_matched


def _within(allowed: Range | None, value: float | None, unit: str) -> tuple[float, str]:
    """How much a rule speaks for the protocol (0 to 1), and what to say of it."""
    if allowed is None or value is None:
        return 0.5, ""
    if allowed.contains(value):
        return 1.0, f"{value:g} {unit}"
    return 0.0, f"{value:g} {unit}, made for {allowed.text}"
