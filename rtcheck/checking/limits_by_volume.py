"""A constraint whose limit depends on a volume -> the limits for this plan, with the volume's own uncertainty."""

from math import isinf
from operator import methodcaller

from rtcheck.checking.evidence import Evidence
from rtcheck.checking.measurement import Asked, measure_structure
from rtcheck.checking.structures.anatomy import Find
from rtcheck.checking.structures.found import Found
from rtcheck.checking.uncertain import with_spread
from rtcheck.dosimetry.metric_terms import Measurement, Metric
from rtcheck.protocol.file.model import Constraint, Goal
from rtcheck.protocol.file.volume_table import goals_between, rows_around, span_text
from rtcheck.results import ByVolume
from rtcheck.units import amount_text
from rtcheck.values import dataclass

VOLUME = Metric(text="Volume", kind="Volume", unit="cc")

Pair = tuple[Goal, Goal | None]
"""A goal and its acceptable variation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The goal and the variation that hold, in words where they come from a table.

    `possible` are the strictest and the loosest where evidence of the volume is missing: only what is the same under
    both is decided. `near` are those within the uncertainty of the volume, None where it leaves the table.
    """

    goal: Goal
    variation: Goal | None
    by_volume: ByVolume | None = None
    told: str = ""
    possible: tuple[Pair, ...] = ()
    near: tuple[Pair | None, ...] = ()


def limits_of(constraint: Constraint, goal: Goal, found: Found, find: Find, evidence: Evidence) -> Limits | str:
    """The limits of a constraint on a structure that was found, or why they are unknown. `goal` is the constraint's."""
    if not constraint.has_table:
        return Limits(goal=goal, variation=constraint.variation)
    if constraint.volume_of:
        find = methodcaller("find", constraint.volume_of)
        found = find(evidence.anatomy)
    name = found.match.asked
    if found.match.is_surrogate:
        return f"the limit depends on the volume of {name}, which is not contoured"
    asked = Asked(metric=VOLUME, fractions=evidence.fractions)
    volume = measure_structure(asked, found, evidence)
    if volume.value is None:
        return f"the limit depends on the volume of {name}, which is unknown: {volume.undefined}"
    if not evidence.only_outcomes:
        volume = with_spread(volume, asked, find, evidence, band=not evidence.omits_bands)
    return _limits(constraint, goal, name, volume)


def undecided(limits: Limits) -> str:
    """Why a value is not judged: the volume is not known well enough to choose the limit."""
    assert limits.by_volume is not None, "only what comes from a table has several possible limits"
    volume = limits.by_volume.volume
    least, most = volume.bounds or (volume.value, volume.value)
    return (
        f"{'; '.join(volume.reasons)}: the volume of {limits.by_volume.structure} is {_range_text(least, most)}, "
        f"so that the limit is {_listed(limits.possible)}, which changes the outcome"
    )


def close_to_another(limits: Limits) -> str:
    """That another limit, within the uncertainty of the volume, would change the outcome."""
    assert limits.by_volume is not None, "only what comes from a table has limits near it"
    volume = _range_text(*_spread(limits.by_volume.volume))
    other = "leaves its table" if None in limits.near else f"is {_listed(limits.near)}, which would change the outcome"
    return f"within the uncertainty of the volume of {limits.by_volume.structure} ({volume}) the limit {other}"


def _limits(constraint: Constraint, goal: Goal, name: str, volume: Measurement) -> Limits | str:
    assert volume.value is not None, "the caller has made sure"
    variation = constraint.variation
    here = _pairs(goal, variation, volume.value, volume.value)
    least, most = volume.bounds or (volume.value, volume.value)
    possible = _pairs(goal, variation, least, most) if least < most else here
    if here is None or possible is None:
        table = goal if goal.by_volume else variation
        assert table is not None, "the constraint has a table"
        said = "; ".join((*volume.reasons, f"the volume of {name} is {_range_text(least, most)}"))
        return f"{said}, and the table of limits covers {span_text(table)}"
    rows = rows_around(goal, volume.value) or (rows_around(variation, volume.value) if variation else "")
    return Limits(
        goal=here[0][0],
        variation=here[0][1],
        by_volume=ByVolume(structure=name, volume=volume, variation=here[0][1]),
        told=f"the volume of {name} is {amount_text(volume.value, 'cc')}: limit from {rows}",
        possible=possible,
        near=_pairs(goal, variation, *_spread(volume)) or (None,),
    )


def _pairs(goal: Goal, variation: Goal | None, low_cc: float, high_cc: float) -> tuple[Pair, ...] | None:
    """The lowest and the highest limits for volumes between, each once; None where some volumes have none."""
    goals = goals_between(goal, low_cc, high_cc)
    variations = goals_between(variation, low_cc, high_cc) if variation else (None, None)
    if goals is None or variations is None:
        return None
    return tuple(dict.fromkeys(zip(goals, variations, strict=True)))


def _spread(volume: Measurement) -> tuple[float, float]:
    """The least and the most that the volume is by other conventions and within its numerical uncertainty. [cc]"""
    value, uncertainty = volume.value or 0.0, volume.uncertainty or 0.0
    ends = [value - uncertainty, value + uncertainty, *(each for each in (volume.low, volume.high) if each is not None)]
    return min(ends), max(ends)


def _listed(pairs: tuple[Pair | None, ...]) -> str:
    """ "< 4.3 to < 4.5"."""
    return " to ".join(dict.fromkeys(pair[0].limit_text for pair in pairs if pair))


def _range_text(low_cc: float | None, high_cc: float | None) -> str:
    least, most = (amount_text(each or 0.0, "cc") for each in (low_cc, high_cc))
    if high_cc is not None and isinf(high_cc):
        return f"at least {least}"
    return least if least == most else f"{least} to {most}"
