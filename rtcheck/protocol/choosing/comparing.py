"""Two protocols organ by organ: what each of them limits, as physical dose and as EQD2.

The EQD2 of a limit is that of its dose given uniformly in the protocol's fractions, with the alpha/beta of the
structure in the protocol, else one that the caller names.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from rtcheck.dosimetry.biology import eqd2_gy
from rtcheck.dosimetry.metric_terms import VOLUMES
from rtcheck.protocol.choosing.selecting import allowed_fractions, words_of
from rtcheck.protocol.file.model import Constraint, Goal, Protocol, Range
from rtcheck.protocol.file.volume_table import table_lines
from rtcheck.values import dataclass

AlphaBeta = Callable[[str], float]
"""Structure -> the alpha/beta to assume where a protocol states none. [Gy]"""

_LIMITS_OF_DOSE = frozenset({"Dmean", "Dmax", "Dmin", "D", "DC"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of one protocol; `eqd2_gy` is of the limit, or of the dose in V20Gy, for the range of fractions."""

    constraint: Constraint
    goal: Goal
    eqd2_gy: tuple[float, float] | None
    variation_eqd2_gy: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric of a structure: the limits of each protocol, none where it has none."""

    metric: str
    first: tuple[Limit, ...]
    second: tuple[Limit, ...]
    are_of_other_doses: bool = False

    @property
    def is_same(self) -> bool:
        """Whether both protocols state the same limits and variations, for the same plans and of the same rank.

        A limit in percent of prescriptions that differ is not the same (`are_of_other_doses`).
        """
        return _told(self.first) == _told(self.second) and not self.are_of_other_doses


@dataclass(frozen=True, slots=True, kw_only=True)
class Organ:
    """One structure, or several that are limited as one, with its metrics."""

    structure: str
    alpha_beta_gy: float
    rows: tuple[MetricRow, ...]


@dataclass(slots=True)
class _Found:
    """The limits on one structure by metric, for the first and the second protocol."""

    by_metric: dict[str, tuple[list[Limit], list[Limit]]] = field(default_factory=dict)
    alpha_beta_gy: float = 0.0


def compared(
    first: Protocol, second: Protocol, *, alpha_beta: AlphaBeta, fractions: int | None = None
) -> tuple[Organ, ...]:
    """Every structure that either protocol limits; the same organ's structures follow each other.

    `fractions` is taken where a protocol does not state one number; it has to be one that the protocol allows.
    """
    found: dict[str, _Found] = {}
    for side, protocol in enumerate((first, second)):
        for constraint in protocol.constraints:
            for name, structure in _labels(constraint):
                one = found.setdefault(name, _Found())
                one.alpha_beta_gy = one.alpha_beta_gy or _stated(structure, (first, second)) or alpha_beta(structure)
                limit = _limit(constraint, protocol, one.alpha_beta_gy, fractions)
                one.by_metric.setdefault(constraint.goal.metric.text, ([], []))[side].append(limit)
    return tuple(
        Organ(
            structure=name,
            alpha_beta_gy=found[name].alpha_beta_gy,
            rows=tuple(
                MetricRow(
                    metric=metric,
                    first=tuple(ours),
                    second=tuple(theirs),
                    are_of_other_doses=have_other_doses(first, second) and any(map(_is_of_prescription, ours)),
                )
                for metric, (ours, theirs) in found[name].by_metric.items()
            ),
        )
        for name in _together(found)
    )


def have_other_doses(first: Protocol, second: Protocol) -> bool:
    """Whether two protocols prescribe different doses, so that their percentages are of different doses."""
    return _doses(first) != _doses(second)


def _doses(protocol: Protocol) -> tuple[object, ...]:
    rule = protocol.prescription
    return (rule.dose_gy and (rule.dose_gy.low, rule.dose_gy.high), rule.targets) if rule else (None, ())


def _is_of_prescription(limit: Limit) -> bool:
    metric = limit.goal.metric
    return metric.is_dose_in_percent or (metric.kind in VOLUMES and metric.is_of_prescription)


def fractions_of(constraint: Constraint, protocol: Protocol, fractions: int | None) -> tuple[float, float] | None:
    """The fewest and the most fractions of a limit, or None where they have no bound and `fractions` is not given."""
    allowed = constraint.fractions or allowed_fractions(protocol)
    if allowed is not None and allowed.low is not None and allowed.low == allowed.high:
        return allowed.low, allowed.low
    if fractions is not None and (allowed is None or allowed.contains(fractions)):
        return float(fractions), float(fractions)
    return _bounds(allowed) if allowed is not None else None


def _bounds(allowed: Range) -> tuple[float, float] | None:
    return (allowed.low, allowed.high) if allowed.low is not None and allowed.high is not None else None


def _limit(constraint: Constraint, protocol: Protocol, alpha_beta_gy: float, fractions: int | None) -> Limit:
    number = fractions_of(constraint, protocol, fractions)
    return Limit(
        constraint=constraint,
        goal=constraint.goal,
        eqd2_gy=_eqd2(constraint.goal, number, alpha_beta_gy),
        variation_eqd2_gy=_eqd2(constraint.variation, number, alpha_beta_gy) if constraint.variation else None,
    )


def _eqd2(goal: Goal, fractions: tuple[float, float] | None, alpha_beta_gy: float) -> tuple[float, float] | None:
    """The EQD2 for the most and the fewest fractions; None where the goal is not a physical dose in Gy.

    Of a dose range it is that of both ends, where the number of fractions is known.
    """
    metric = goal.metric
    if goal.by_volume:
        return None
    if metric.kind in _LIMITS_OF_DOSE and metric.unit == "Gy" and not metric.per_fraction:
        dose_gy = goal.limit
    elif metric.kind in VOLUMES and not metric.per_fraction and metric.at is not None and metric.at.unit == "Gy":
        dose_gy = metric.at.amount
    else:
        return None
    if metric.biology == "EQD2":
        return dose_gy, metric.until.amount if metric.until else dose_gy
    if metric.biology != "physical" or fractions is None:
        return None
    fewest, most = fractions
    if metric.until is not None:
        if fewest != most:
            return None
        low, high = (
            float(eqd2_gy(each, fractions=most, alpha_beta_gy=alpha_beta_gy)) for each in (dose_gy, metric.until.amount)
        )
        return low, high
    lowest, highest = (float(eqd2_gy(dose_gy, fractions=n, alpha_beta_gy=alpha_beta_gy)) for n in (most, fewest))
    return lowest, highest


def _labels(constraint: Constraint) -> Iterator[tuple[str, str]]:
    """(what the limit is on, a structure of it): both sides as one where each has the limit."""
    names = constraint.structures
    if constraint.combine != "each":
        yield {"any": " or ", "together": " | "}[constraint.combine].join(names), names[0]
        return
    for name in names:
        stem = name.removesuffix("_L")
        if name.endswith("_L") and f"{stem}_R" in names:
            yield f"{stem}_L/R", name
        elif not (name.endswith("_R") and f"{name.removesuffix('_R')}_L" in names):
            yield name, name


def _stated(structure: str, protocols: Iterable[Protocol]) -> float:
    stated = (d.alpha_beta_gy for p in protocols for d in p.structures if d.name == structure)
    return next((ratio for ratio in stated if ratio), 0.0)


def _together(names: Iterable[str]) -> list[str]:
    """The names in their order, but those of one organ (Lungs, Lungs-GTV, Lung_L/R) after each other."""
    organs: dict[frozenset[str], list[str]] = {}
    for name in names:
        first = name.partition(" or ")[0].partition(" | ")[0].removesuffix("/R")
        organs.setdefault(words_of(first), []).append(name)
    return [name for group in organs.values() for name in group]


def _told(limits: tuple[Limit, ...]) -> set[tuple[object, ...]]:
    return {
        (
            limit.goal.text,
            limit.constraint.variation.text if limit.constraint.variation else "",
            limit.constraint.is_required,
            limit.constraint.target,
            limit.constraint.fractions and (limit.constraint.fractions.low, limit.constraint.fractions.high),
            limit.constraint.when,
            limit.constraint.region_mm,
            limit.constraint.hold,
            *table_lines(limit.constraint),
        )
        for limit in limits
    }
