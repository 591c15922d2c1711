"""A case and a protocol -> which ROI each name was matched to, and why: what `rtcheck structures` shows."""

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checking.anatomy import Anatomy, is_expression
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.match import Aliases
from rtcheck.results import Match


def match_names(case: Case, protocol: Protocol, *, aliases: Aliases | None = None) -> tuple[Match, ...]:
    """One match for each name that the protocol uses, in the order in which it first uses them."""
    anatomy = Anatomy(case.structures, definitions=protocol.structures, aliases=aliases)
    return tuple(anatomy.find(name, surrogates=surrogates).match for name, surrogates in dict(_names(protocol)).items())


def alias_rows(matches: tuple[Match, ...]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Name, ROIs and suggestions of each match that an alias file could state; what is derived needs no alias."""
    rows = []
    for match in matches:
        is_made_of_others = match.is_surrogate or match.how.startswith("derived") or is_expression(match.asked)
        is_one_roi = len(match.numbers) == 1 and not is_made_of_others
        if is_one_roi or (match.reason and not is_expression(match.asked)):
            rows.append((match.asked, match.rois if is_one_roi and not match.reason else (), match.suggestions))
    return rows


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
