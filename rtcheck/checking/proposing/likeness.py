"""The part of a protocol that concerns the structures of a plan: limits, definitions and sources for a draft."""

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.protocol.choosing.selecting import allowed_fractions
from rtcheck.protocol.file.model import Constraint, Protocol, Source, StructureDefinition


def like_constraints(like: Protocol, anatomy: Anatomy) -> tuple[Constraint, ...]:
    """The limits of `like` of which every structure is there, with the fractions that they are meant for."""
    known = anatomy.defining(like.structures)
    allowed = allowed_fractions(like)
    return tuple(
        replace(constraint, fractions=constraint.fractions or allowed)
        for constraint in like.constraints
        if all(known.find(name, surrogates=constraint.surrogates).solid is not None for name in _named(constraint))
    )


def like_rois(like: Protocol, taken: Sequence[Constraint], anatomy: Anatomy) -> frozenset[int]:
    """The numbers of the ROIs to which the limits apply."""
    known = anatomy.defining(like.structures)
    found = (known.find(name, surrogates=one.surrogates) for one in taken for name in one.structures)
    return frozenset(number for each in found for number in each.match.numbers)


def _named(constraint: Constraint) -> tuple[str, ...]:
    """The structures of a limit, and the one whose volume chooses it."""
    return (*constraint.structures, constraint.volume_of) if constraint.volume_of else constraint.structures


def like_definitions(
    like: Protocol, taken: Sequence[Constraint], own: Sequence[StructureDefinition]
) -> tuple[StructureDefinition, ...]:
    """The definitions of `like`, and the plan's own names of other structures and of those."""
    spelled = {each.name: each.also_named for each in own}
    theirs = tuple(
        replace(each, also_named=tuple(dict.fromkeys((*each.also_named, *spelled.get(each.name, ())))))
        for each in (like.structures if taken else ())
    )
    names = {each.name for each in theirs}
    return (*theirs, *(each for each in own if each.name not in names))


def like_sources(like: Protocol, taken: Sequence[Constraint]) -> tuple[Source, ...]:
    """The sources that the limits cite."""
    cited = {constraint.source for constraint in taken}
    return tuple(source for source in like.sources if source.id in cited)
