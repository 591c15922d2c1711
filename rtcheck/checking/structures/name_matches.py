"""A case and a protocol -> which ROI each name was matched to, and why: what `rtcheck structures` shows."""

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.checking.kept import Kept
from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.structures.competing import notices_of_competitors
from rtcheck.checking.structures.laterality import notices_of_sides
from rtcheck.checking.structures.spelt import is_expression
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.crossing import crossing
from rtcheck.protocol.names.match import Aliases
from rtcheck.protocol.names.selectors import is_selector
from rtcheck.results import Match
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesMet:
    """What each name of a protocol was matched to, and what puts that in doubt."""

    matches: tuple[Match, ...] = ()
    notices: tuple[Notice, ...] = ()


def match_names(
    case: Case, protocol: Protocol, *, aliases: Aliases | None = None, kept: Kept | None = None
) -> NamesMet:
    """One match for each name that the protocol uses, in the order in which it first uses them."""
    anatomy = Anatomy(case.structures, definitions=protocol.structures, aliases=aliases, kept=kept)
    matches = [anatomy.find(name, surrogates=surrogates).match for name, surrogates in dict(_names(protocol)).items()]
    notices = (
        *anatomy.notices_of_names,
        *notices_of_sides(anatomy.found, anatomy),
        *notices_of_competitors(anatomy.found, anatomy),
    )
    return NamesMet(matches=tuple(matches), notices=tuple(dict.fromkeys(notices)))


def alias_choices(matches: tuple[Match, ...]) -> list[tuple[str, ...]]:
    """The lines of which one settles each ambiguous selection by kind."""
    return list(dict.fromkeys(match.alias_lines for match in matches if match.alias_lines))


def alias_rows(met: NamesMet) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Name, ROIs and suggestions of each match that an alias file could state.

    What is derived needs no alias, and none is drafted that crosses sides, kinds of target, or organ and PRV. What has
    a competitor is only suggested.
    """
    competing = {name for each in met.notices if each.code == "structures.competing" for name in each.structures}
    rows: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
    for match in met.matches:
        if not match.reason and any(crossing(match.asked, roi) for roi in match.rois):
            continue
        if is_selector(match.asked):
            continue
        is_made_of_others = match.is_surrogate or match.how.startswith("derived") or is_expression(match.asked)
        is_one_roi = len(match.numbers) == 1 and not is_made_of_others
        if is_one_roi and match.asked in competing:
            rows.append((match.asked, (), match.rois))
            continue
        if is_one_roi or (match.reason and not match.alias_lines and not is_expression(match.asked)):
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
    for name, _ in protocol.prescription.targets if protocol.prescription else ():
        yield name, ()
