"""A structure -> the goals that included protocols state for it, as lines of a protocol file with their sources."""

from collections.abc import Iterable, Iterator

from rtcheck.checking.range_text import range_words
from rtcheck.geometry.expression import quoted
from rtcheck.protocol.choosing.selecting import Query, allowed_fractions, selected
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.values import dataclass

MOST_GOALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonGoals:
    """The protocols that a draft quotes: for the plan's number of fractions where it is known, its site first."""

    protocols: tuple[Protocol, ...]
    fractions: int | None = None

    def lines(self, structure: str) -> tuple[str, ...]:
        """ "- {structure: Heart, goal: 'Dmean < 20 Gy'}  # NAME: address", each goal once, at most `MOST_GOALS`."""
        found: dict[str, str] = {}
        for protocol, constraint in self._on(structure):
            found.setdefault(constraint.goal.text, _line(structure, protocol, constraint))
        return tuple(found.values())[:MOST_GOALS]

    def _on(self, structure: str) -> Iterator[tuple[Protocol, Constraint]]:
        for protocol in self.protocols:
            for constraint in protocol.constraints:
                if structure in constraint.structures and self._is_usable(constraint):
                    yield protocol, constraint

    def _is_usable(self, constraint: Constraint) -> bool:
        """Whether the goal can be quoted alone: for each structure, on no condition, for these fractions."""
        fits = self.fractions is None or constraint.fractions is None or constraint.fractions.contains(self.fractions)
        is_alone = not constraint.when and not constraint.target and not constraint.goal.by_volume
        return fits and is_alone and constraint.combine == "each"


def common_goals(library: Iterable[Protocol], *, fractions: int | None, site: str = "") -> CommonGoals:
    """The goals of protocols that allow these fractions (None: any): the site first, then all-organ tables."""
    allowed = selected(library, Query(fractions=fractions))
    for_site = selected(allowed, Query(site=site)) if site else ()
    others = sorted((each for each in allowed if each not in for_site), key=lambda each: not each.if_drawn)
    return CommonGoals(protocols=(*for_site, *others), fractions=fractions)


def _line(structure: str, protocol: Protocol, constraint: Constraint) -> str:
    source = next((each for each in protocol.sources if each.id == constraint.source), None)
    where = (source.url or source.citation) if source else constraint.source
    allowed = constraint.fractions or allowed_fractions(protocol)
    number = f", {range_words(allowed)} fractions" if allowed else ""
    read = ", read in a transcription" if source and source.read == "transcription" else ""
    goal = f"- {{structure: '{quoted(structure)}', goal: '{constraint.goal.text}'}}"
    return f"{goal}  # {protocol.name}{number}{read}: {' '.join(where.split())}"
