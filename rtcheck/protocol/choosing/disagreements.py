"""Where two copies of one source give different limits; and where protocols limit the same thing differently."""

import csv
from collections.abc import Iterable, Iterator

from rtcheck.protocol.choosing.selecting import allowed_fractions
from rtcheck.protocol.file.library import library_folder
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.values import dataclass

REGISTER = "disagreements.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesDisagree:
    """Two copies of one published table that differ; `included` is "first", "second" or "neither"."""

    set: str
    fractions: str
    limit: str
    first: str
    first_source: str
    second: str
    second_source: str
    included: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolsDiffer:
    """One metric of one structure for which several protocols give different limits, for the same fractions."""

    structure: str
    metric: str
    fractions: str
    limits: tuple[tuple[str, str], ...]
    """(limit, protocol), the strictest first."""


def copies_that_disagree() -> tuple[CopiesDisagree, ...]:
    """The register next to the included protocols."""
    with (library_folder() / REGISTER).open(encoding="utf-8", newline="") as file:
        return tuple(CopiesDisagree(**row) for row in csv.DictReader(file))


def protocols_that_differ(protocols: Iterable[Protocol]) -> tuple[ProtocolsDiffer, ...]:
    """The organs' limits that differ between protocols for the same number of fractions, by organ."""
    found: dict[tuple[str, str, str], dict[tuple[float, str], str]] = {}
    for structure, fractions, metric, limit, told, name in _organ_limits(protocols):
        found.setdefault((structure, metric, fractions), {})[limit, name] = told
    return tuple(
        ProtocolsDiffer(
            structure=structure,
            metric=metric,
            fractions=fractions,
            limits=tuple((told, name) for (_, name), told in sorted(limits.items())),
        )
        for (structure, metric, fractions), limits in sorted(found.items())
        if len({name for _, name in limits}) > 1 and len({limit for limit, _ in limits}) > 1
    )


def _organ_limits(protocols: Iterable[Protocol]) -> Iterator[tuple[str, str, str, float, str, str]]:
    for protocol in protocols:
        allowed = allowed_fractions(protocol)
        for constraint in protocol.constraints if allowed else ():
            goal = constraint.goal
            told = f"{goal.operator} {goal.text.rpartition(goal.operator)[2].strip()}"
            for structure in {name.removesuffix("_L").removesuffix("_R") for name in constraint.structures}:
                if goal.is_upper_limit and not goal.by_volume and allowed and not kind_of_target_name(structure):
                    yield structure, allowed.text, goal.metric.text, goal.limit, told, protocol.name
