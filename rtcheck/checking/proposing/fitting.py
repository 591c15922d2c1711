"""A case and a protocol -> how well they fit: site, fractions, prescription, contoured structures.

It orders a list for a person to choose from. It chooses nothing and changes no verdict.
"""

from collections.abc import Iterable, Iterator, Sequence

from rtcheck.case import Case, Roi
from rtcheck.checking.proposing.plan_outline import outline_of
from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import AllOf, Expression, Name, names_in, parse_expression
from rtcheck.patterns import pattern
from rtcheck.protocol.choosing.applying import PlanOutline, fit_of
from rtcheck.protocol.choosing.words import contains_words
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import match_name
from rtcheck.protocol.names.selectors import kind_of_each, type_of_selector
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.values import dataclass

ENOUGH_DRAWN, SOME_DRAWN = 0.6, 0.3
"""From this share of its structures on a protocol that nothing speaks against is listed as fitting.

The smaller one is for a protocol of the very site, and for a table of all organs: nobody contours all of them.
"""

_WORDS = pattern(r"[^\W\d_]{3,}")
_NOT_SITES = frozenset({"any", "and", "bed", "nodes", "regional", "whole", "canal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suitability:
    """`drawn` is the share of the protocol's structures that are there, `structures` the same in words.

    `held` are the statements of the protocol that the plan meets (site, fractions, dose), `against` those it does not.
    """

    drawn: float
    held: tuple[str, ...]
    against: tuple[str, ...]
    structures: str
    is_for_site: bool
    is_if_drawn: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks for the protocol, what against it, and how many of its structures are there."""
        return (*self.held, *self.against, *((self.structures,) if self.structures else ()))

    @property
    def is_good(self) -> bool:
        needs_some = self.is_for_site or (self.is_if_drawn and bool(self.held))
        return not self.against and self.drawn >= (SOME_DRAWN if needs_some else ENOUGH_DRAWN)

    @property
    def rank(self) -> tuple[bool, bool, int, float, int]:
        """Sorts the best first."""
        return (not self.is_good, not self.is_for_site, len(self.against), -self.drawn, -len(self.held))


def suitability(case: Case, protocol: Protocol) -> Suitability:
    """How well the protocol suits the case. Names alone are matched; nothing is built for it."""
    rois = [roi for roi in (case.structures.rois if case.structures else ()) if roi.contours]
    names = tuple(dict.fromkeys(_names(protocol)))
    found = sum(_is_there(name, protocol, rois) for name in names)
    outline = outline_of(case)
    fit = fit_of(protocol, outline)
    of_site = "" if fit.is_for_site else _site_in_labels(protocol, outline)
    return Suitability(
        drawn=found / len(names) if names else 0.0,
        held=(*((of_site,) if of_site else ()), *fit.met),
        against=fit.unmet,
        structures=f"{found} of {len(names)} structures contoured" if names else "",
        is_for_site=fit.is_for_site or bool(of_site),
        is_if_drawn=bool(protocol.if_drawn),
    )


def suggestions(case: Case, protocols: Iterable[Protocol]) -> tuple[tuple[Protocol, Suitability], ...]:
    """The protocols with how they suit the case, the best first; ties by name."""
    fits = ((protocol, suitability(case, protocol)) for protocol in protocols)
    return tuple(sorted(fits, key=lambda pair: (*pair[1].rank, pair[0].name.casefold())))


def _site_in_labels(protocol: Protocol, outline: PlanOutline) -> str:
    """'"Liver" in the plan label': the word of the protocol's site that a label of the plan has; "" for none."""
    for word in _WORDS.findall(protocol.site.partition("(")[0]):
        if word.casefold() not in _NOT_SITES:
            for label, text in outline.labels:
                if contains_words(text, word):
                    return f'"{word}" in the {label}'
    return ""


def _names(protocol: Protocol) -> Iterator[str]:
    for constraint in protocol.constraints:
        yield from constraint.structures


def _is_there(name: str, protocol: Protocol, rois: Sequence[Roi]) -> bool:
    """Whether the name, or every part of what it is derived from, is matched."""
    if kind := kind_of_each(name):
        return any(kind_of_target_name(roi.name) == kind for roi in rois)
    if roi_type := type_of_selector(name):
        return any(roi.type == roi_type for roi in rois)
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
    return match_name(name, rois, also_named=also_named, suggests=False).is_matched
