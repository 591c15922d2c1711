"""A case and a protocol -> which ROI each name was matched to, and why: what `rtcheck structures` shows."""

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checking.matching import Anatomy
from rtcheck.protocol.model import Protocol
from rtcheck.protocol.names import Aliases
from rtcheck.results import Match


def match_names(case: Case, protocol: Protocol, *, aliases: Aliases | None = None) -> tuple[Match, ...]:
    """One match for each name that the protocol uses, in the order in which it first uses them."""
    anatomy = Anatomy(case.structures, definitions=protocol.structures, aliases=aliases)
    return tuple(anatomy.find(name, surrogates=surrogates).match for name, surrogates in dict(_names(protocol)).items())


def _names(protocol: Protocol) -> Iterator[tuple[str, tuple[str, ...]]]:
    for constraint in (*protocol.constraints, *protocol.volume_eligibility):
        for name in constraint.structures:
            yield name, constraint.surrogates
        for name in constraint.also_where_drawn:
            yield name, ()
        for reading in constraint.readings:
            for name in reading.structures or ():
                yield name, ()
        if constraint.target:
            yield constraint.target, ()
