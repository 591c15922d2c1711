"""What a structure is derived from -> its solid, or what is missing for it: expressions of others, and isodoses."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from rtcheck.checking.structures.found import Found
from rtcheck.checking.structures.isodoses import Isodoses
from rtcheck.errors import RtcheckError
from rtcheck.geometry.expression import AllOf, Expression, Name, names_in
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.names.isodoses import Level
from rtcheck.results import Match, Members

if TYPE_CHECKING:
    from rtcheck.checking.structures.anatomy import Anatomy

T = TypeVar("T")


class _NotThere(Exception):  # noqa: N818 - no error: it becomes the match's reason
    """A part of an expression cannot be had; `match` says why."""

    def __init__(self, match: Match) -> None:
        super().__init__(match.reason)
        self.match = match


def derived(name: str, expression: Expression, text: str, anatomy: "Anatomy") -> Found:
    """The structure of an expression over those of an anatomy; `text` is how the expression is written."""
    numbers: list[int] = []
    try:
        solid = anatomy.kept.evaluated(expression, lambda part: _part(part, numbers, anatomy))
        drawn = anatomy.kept.evaluated(expression, lambda part: _part(part, numbers, anatomy, is_drawn=True))
    except _NotThere as missing:
        reason = missing.match.reason if _is_same(text, name) else f"{text} cannot be formed: {missing.match.reason}"
        return Found(match=replace(missing.match, asked=name, rois=(), numbers=(), reason=reason))
    except RtcheckError as error:
        return Found(match=Match(asked=name, reason=f"{text} cannot be formed: {error}"))
    rois = tuple(roi.name for number in without_repeats(numbers) for roi in anatomy.rois if roi.number == number)
    match = Match(
        asked=name,
        rois=rois,
        numbers=without_repeats(numbers),
        how=f"derived: {text}",
        members=_members(expression, anatomy),
    )
    if solid.is_empty:
        return Found(match=replace(match, reason=f"nothing is left of {text}"))
    return Found(match=match, solid=solid, drawn=None if drawn is solid else drawn)


def _members(expression: Expression, anatomy: "Anatomy") -> tuple[Members, ...]:
    """What every selection by kind in an expression stands for, also within the names that it is made of."""
    members: list[Members] = []
    for part in names_in(expression):
        if isinstance(part, AllOf):
            selection = anatomy.names.targets(part.kind)
            names, left_out = (tuple(roi.name for roi in rois) for rois in (selection.members, selection.left_out))
            members.append(Members(of=f"all {part.kind}", rois=names, left_out=left_out))
        else:
            members.extend(anatomy.named(part.name).match.members)
    return without_repeats(members)


def _part(part: Name | AllOf, numbers: list[int], anatomy: "Anatomy", *, is_drawn: bool = False) -> Solid:
    """The solid of one name in an expression, or as drawn; the ROI numbers used are added to `numbers`."""
    found = anatomy.all_of(part.kind) if isinstance(part, AllOf) else anatomy.named(part.name)
    solid = (found.drawn if is_drawn else None) or found.solid
    if solid is None:
        raise _NotThere(found.match)
    numbers.extend(found.match.numbers)
    return solid


def isodose(name: str, level: Level, isodoses: Isodoses | None) -> Found:
    """The solid of an isodose by its name."""
    if isodoses is None:
        return Found(match=Match(asked=name, reason="isodoses are structures only where a plan is checked"))
    solid, how = isodoses.solid(level)
    if solid is None:
        return Found(match=Match(asked=name, reason=f"{name} is not known: {how}"))
    if solid.is_empty and solid.is_certain:
        return Found(match=Match(asked=name, reason=f"no dose is as high as {name}"))
    return Found(match=Match(asked=name, how=how), solid=solid)


def _is_same(text: str, name: str) -> bool:
    return "".join(text.split()) == "".join(name.split())


def without_repeats(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))
