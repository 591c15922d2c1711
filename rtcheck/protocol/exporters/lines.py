"""Constraints -> lines of one structure each, as tables and score cards of other programs have them."""

import re
from dataclasses import replace

from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import Name, parse_expression
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Constraint, Goal, Protocol
from rtcheck.values import dataclass

_OF_SEVERAL = pattern(r"(?:each|all|type)\s", re.IGNORECASE)  # each PTV, all GTV, and structures by their type


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A constraint on one structure. `aliases` are other names of it, `source` is what it cites, in words."""

    constraint: Constraint
    aliases: tuple[str, ...] = ()
    source: str = ""

    @property
    def structure(self) -> str:
        return self.constraint.structures[0]

    @property
    def variation(self) -> Goal | None:
        """The acceptable variation where it is a limit of the goal's own metric."""
        one = self.constraint
        return one.variation if one.variation_text.startswith(("<", ">")) else None

    @property
    def rank(self) -> str:
        """The priority as a number; 2 for advisory."""
        one = self.constraint
        return "1" if one.is_required else one.priority if one.priority.isdigit() else "2"

    @property
    def place(self) -> str:
        """ "Heart, Dmean < 26 Gy": where a loss is."""
        return f"{self.structure}, {self.constraint.goal.text}"


_COMBINED = {
    "any": "one of several structures is enough to meet it",
    "together": "it is a limit of several structures together",
}


def lines_of(protocol: Protocol) -> tuple[list[Line], list[str]]:
    """The lines, in the protocol's order, and what cannot be one line for one drawn structure."""
    lines, losses = [], []
    aliases = {one.name: one.also_named for one in protocol.structures}
    for one in protocol.constraints:
        if one.has_table:
            losses.append(
                f"{' | '.join(one.structures)}, {one.goal.text}: omitted, because its limit depends on a volume"
            )
            continue
        place = f"{' | '.join(one.structures)}, {one.goal.text}"
        if len(one.structures) > 1 and one.combine != "each":
            losses.append(f"{place}: omitted, because {_COMBINED[one.combine]}")
            continue
        for name in one.structures:
            if not _is_plain(name):
                losses.append(f"{name}, {one.goal.text}: omitted, because its structure is not a drawn one")
                continue
            alone = replace(one, structures=(name,), combine="each")
            lines.append(Line(constraint=alone, aliases=aliases.get(name, ()), source=source_text(protocol, one)))
    return lines, losses


def source_text(protocol: Protocol, constraint: Constraint) -> str:
    """What a constraint cites: its source with the address, or the address that it states itself."""
    known = {source.id: f"{source.citation} {source.url}".strip() or source.id for source in protocol.sources}
    return known.get(constraint.source, constraint.source)


def _is_plain(name: str) -> bool:
    """Whether it is the name of one structure, not an expression or a kind of target."""
    try:
        return isinstance(parse_expression(name), Name) and not _OF_SEVERAL.match(name.strip())
    except GoalSyntaxError:
        return False
