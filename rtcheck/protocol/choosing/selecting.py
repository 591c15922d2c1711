"""Which protocols are for a site, allow a number of fractions and limit an organ: `rtcheck protocols list`."""

from collections.abc import Iterable
from functools import cache

from rtcheck.errors import UsageError
from rtcheck.patterns import pattern
from rtcheck.protocol.choosing.words import contains_words
from rtcheck.protocol.file.model import Constraint, Protocol, Range
from rtcheck.protocol.names.folding import folded
from rtcheck.protocol.names.synonyms import meaning_of
from rtcheck.protocol.names.tg263 import nearest_tg263, sided_stems
from rtcheck.values import dataclass

_SEPARATORS = pattern(r"[\W_]+")
_OTHER_SIDE_OF_MINUS = pattern(r"(?:(?<=\w)-(?=[IGCP]TV)| - ).*")
_SIDES = frozenset({"l", "r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; "" and None ask nothing."""

    site: str = ""
    fractions: int | None = None
    organ: str = ""

    def __bool__(self) -> bool:
        return bool(self.site or self.organ) or self.fractions is not None


def selected(protocols: Iterable[Protocol], query: Query) -> tuple[Protocol, ...]:
    """The protocols that answer the query; those for this very site first, then those for any site.

    Raises:
        UsageError: no protocol limits the organ, and TG-263 does not know it either.
    """
    found = [
        protocol
        for protocol in protocols
        if _is_for_site(protocol, query.site)
        and (query.fractions is None or allows_fractions(protocol, query.fractions))
        and (not query.organ or limits_on(protocol, query.organ))
    ]
    if query.organ and not found and meaning_of(query.organ) is None:
        near = nearest_tg263(query.organ)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f'"{query.organ}" is not a structure name that rtcheck knows.{meant}')
    return tuple(sorted(found, key=_is_for_any_site)) if query.site else tuple(found)


def allowed_fractions(protocol: Protocol) -> Range | None:
    """The number of fractions that the protocol is made for, or None where it does not state one."""
    return protocol.fractions or (protocol.prescription.fractions if protocol.prescription else None)


def allows_fractions(protocol: Protocol, fractions: int) -> bool:
    """Whether the protocol, or one of its limits, can be used with that number; without a statement it can."""
    allowed = allowed_fractions(protocol)
    if allowed is not None:
        return allowed.contains(fractions)
    of_limits = [constraint.fractions for constraint in protocol.constraints]
    return any(each is None or each.contains(fractions) for each in of_limits)


def limits_on(protocol: Protocol, organ: str) -> tuple[Constraint, ...]:
    """The constraints on an organ and on parts of it: Kidney is also Kidney_L, Kidneys and Kidney_Cortex."""
    wanted = words_meant(organ)
    return tuple(
        constraint for constraint in protocol.constraints if any(wanted <= words_of(s) for s in constraint.structures)
    )


def words_meant(organ: str) -> frozenset[str]:
    """The words of the organ that a name or a synonym means: cord -> spinalcord."""
    meaning = meaning_of(organ)
    return words_of(meaning.name if meaning is not None else organ)


@cache
def words_of(structure: str) -> frozenset[str]:
    """The words of a structure's name, in the singular and without its side: Lungs-GTV -> lung."""
    whole = _OTHER_SIDE_OF_MINUS.sub("", structure)
    name = _singulars().get(folded(whole), whole)
    return frozenset(_SEPARATORS.split(folded(name))) - _SIDES


@cache
def _singulars() -> dict[str, str]:
    return {folded(both): stem for stem, both in sided_stems().items() if both}


def _is_for_site(protocol: Protocol, site: str) -> bool:
    told = f"{protocol.site} {protocol.title} {protocol.name}"
    return not site or _is_for_any_site(protocol) or contains_words(told, site)


def _is_for_any_site(protocol: Protocol) -> bool:
    return folded(protocol.site).startswith("any")
