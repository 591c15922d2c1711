"""A case and a protocol -> how well they fit: site, fractions, prescription, contoured structures.

It orders a list for a person to choose from. It chooses nothing and changes no verdict.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtcheck.case import Case, Roi
from rtcheck.checking.proposing.plan_outline import outline_of
from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import AllOf, Expression, Name, names_in, parse_expression
from rtcheck.protocol.choosing.applying import fit_of
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import match_name
from rtcheck.protocol.names.targets import kind_of_target_name

ENOUGH_DRAWN = 0.6
"""From this share of its structures on a protocol that nothing speaks against is listed as fitting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suitability:
    """`drawn` is the share of the protocol's structures that are there; `met` and `unmet` count the rest."""

    drawn: float
    reasons: tuple[str, ...]
    met: int
    unmet: int
    is_for_site: bool

    @property
    def is_good(self) -> bool:
        return not self.unmet and self.drawn >= ENOUGH_DRAWN

    @property
    def rank(self) -> tuple[bool, bool, int, float, int]:
        """Sorts the best first."""
        return (not self.is_good, not self.is_for_site, self.unmet, -self.drawn, -self.met)


def suitability(case: Case, protocol: Protocol) -> Suitability:
    """How well the protocol suits the case. Names alone are matched; nothing is built for it."""
    rois = [roi for roi in (case.structures.rois if case.structures else ()) if roi.contours]
    names = tuple(dict.fromkeys(_names(protocol)))
    found = sum(_is_there(name, protocol, rois) for name in names)
    fit = fit_of(protocol, outline_of(case))
    drawn = (f"{found} of {len(names)} structures contoured",) if names else ()
    return Suitability(
        drawn=found / len(names) if names else 0.0,
        reasons=(*fit.met, *fit.unmet, *drawn),
        met=len(fit.met),
        unmet=len(fit.unmet),
        is_for_site=fit.is_for_site,
    )


def _names(protocol: Protocol) -> Iterator[str]:
    for constraint in protocol.constraints:
        yield from constraint.structures


def _is_there(name: str, protocol: Protocol, rois: Sequence[Roi]) -> bool:
    """Whether the name, or every part of what it is derived from, is matched."""
    if _is_drawn(name, protocol, rois):
        return True
    parts = names_in(expression) if (expression := _expression(name, protocol)) else ()
    return bool(parts) and all(
        any(kind_of_target_name(roi.name) == part.kind for roi in rois)
        if isinstance(part, AllOf)
        else _is_drawn(part.name, protocol, rois)
        for part in parts
    )


def _expression(name: str, protocol: Protocol) -> Expression | None:
    """What a name is made of: its derivation, or the expression that it spells; None for a plain name."""
    derived = next((each.derive for each in protocol.structures if each.name == name), None)
    if derived is not None:
        return derived
    try:
        spelled = parse_expression(name)
    except GoalSyntaxError:
        return None
    return None if isinstance(spelled, Name) else spelled


def _is_drawn(name: str, protocol: Protocol, rois: Sequence[Roi]) -> bool:
    also_named = next((each.also_named for each in protocol.structures if each.name == name), ())
    return match_name(name, rois, also_named=also_named).is_matched
