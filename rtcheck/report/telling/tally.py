"""Rows -> the structures that need a look, worst outcome and counts, for the head of a page; the rest in one."""

from collections.abc import Iterator, Sequence

from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.outcomes import RANKS, Kind
from rtcheck.report.telling.words import counted
from rtcheck.values import dataclass

_FEW = 9  # so many structures are all named, met or not
QUIET: frozenset[Kind] = frozenset(("met", "na"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One structure (or all that are met): the worst of its outcomes, and the row to go to."""

    kind: Kind
    text: str
    label: str
    anchor: str


def chips_of(rows: Sequence[Row]) -> tuple[Chip, ...]:
    """A chip for each structure with anything but plainly met limits; for all where they are few."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.structure, []).append(row)
    quiet = [name for name, group in groups.items() if all(row.word.kind in QUIET for row in group)]
    if len(groups) <= _FEW:
        return tuple(_chip(name, group) for name, group in groups.items())
    return (*(_chip(name, group) for name, group in groups.items() if name not in quiet), *_met(rows, quiet))


def not_met(rows: Sequence[Row]) -> int:
    """How many rows are not plainly met: what "only what is not met" leaves."""
    return sum(row.word.kind not in QUIET for row in rows)


def _chip(name: str, group: Sequence[Row]) -> Chip:
    worst = min(group, key=lambda row: RANKS[row.word.kind])
    loud = [row for row in group if row.word.kind not in QUIET]
    count = f" {len(loud)} of {len(group)}" if loud and len(group) > 1 else ""
    return Chip(
        kind=worst.word.kind,
        text=name + count,
        label=f"{name}{count}: {worst.goal}, {worst.word.text}",
        anchor=worst.key,
    )


def _met(rows: Sequence[Row], quiet: Sequence[str]) -> Iterator[Chip]:
    """The structures with nothing to look at, in one chip."""
    if quiet:
        limits = counted(sum(row.structure in quiet for row in rows), "limit")
        text = f"{counted(len(quiet), 'structure')} with all limits met"
        yield Chip(kind="met", text=text, label=f"{text} ({limits})", anchor="constraints")
