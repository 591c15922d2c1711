"""Two goals at a time: limits that another one already implies, and limits that contradict one another.

Goals on a cumulative DVH are points that it passes below (upper limits) or above (lower limits): `D2cc < 40 Gy` and
`V40Gy < 2 cc` are the same point. A DVH never rises, so a point below and to the left of another one implies it.
"""

from collections.abc import Hashable, Iterator
from itertools import combinations

from rtcheck.protocol.file.model import Constraint, Goal, Protocol
from rtcheck.protocol.lint.message import LintMessage
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class _Limit:
    """One goal on one structure, with the constraint that it comes from."""

    structure: str
    goal: Goal
    constraint: Constraint


@dataclass(frozen=True, slots=True)
class _Point:
    """Where the DVH must pass: `volume` at `dose`. `scale` tells which points can be compared; None fits both units."""

    dose: float
    volume: float
    scale: Hashable
    volume_unit: str | None


def pair_messages(protocol: Protocol) -> Iterator[LintMessage]:
    """What is odd about pairs of goals on the same structure."""
    plain = (constraint for constraint in protocol.constraints if not constraint.goal.by_volume)
    limits = [limit for constraint in plain for limit in _limits(constraint)]
    for first, second in combinations(limits, 2):
        if first.structure != second.structure or first.constraint is second.constraint:
            continue
        yield from _contradiction(first, second)
        yield from _redundancy(first, second)


def _limits(constraint: Constraint) -> Iterator[_Limit]:
    if constraint.combine == "each":
        for structure in (*constraint.structures, *constraint.also_where_drawn):
            yield _Limit(structure, constraint.goal, constraint)
    else:
        yield _Limit(f"{constraint.combine}: {' | '.join(constraint.structures)}", constraint.goal, constraint)


def _contradiction(first: _Limit, second: _Limit) -> Iterator[LintMessage]:
    if first.goal.is_upper_limit == second.goal.is_upper_limit or not _are_asked_together(first, second):
        return
    upper, lower = (first, second) if first.goal.is_upper_limit else (second, first)
    if _contradict(upper.goal, lower.goal):
        later = max(first, second, key=lambda limit: limit.constraint.line)
        other = first if later is second else second
        yield LintMessage(
            file=later.constraint.file,
            line=later.constraint.line,
            code="goals.contradict",
            text=f'{later.structure}: "{later.goal.text}" contradicts "{other.goal.text}"'
            f" (line {other.constraint.line})",
            suggestion="check both against the source; add `when` to each if they apply to different plans",
            severity="error",
        )


def _redundancy(first: _Limit, second: _Limit) -> Iterator[LintMessage]:
    if first.goal.is_upper_limit != second.goal.is_upper_limit:
        return
    if _are_of_different_endpoints(first.constraint, second.constraint):
        return
    for weak, strong in ((second, first), (first, second)):
        if _binds_no_less(strong.constraint, weak.constraint) and _implies(strong.goal, weak.goal):
            same = "is given twice" if strong.goal == weak.goal else "is already implied by"
            other = "" if strong.goal == weak.goal else f' "{strong.goal.text}"'
            yield LintMessage(
                file=weak.constraint.file,
                line=weak.constraint.line,
                code="goal.implied",
                text=f'{weak.structure}: "{weak.goal.text}" {same}{other} (line {strong.constraint.line})',
                suggestion="remove one of them, or make the stricter one advisory if both are meant",
            )
            return


def _are_of_different_endpoints(one: Constraint, other: Constraint) -> bool:
    """Whether both only advise, each with a remark of its own: necrosis below 3 %, below 10 % (QUANTEC)."""
    return not one.is_required and not other.is_required and one.note != other.note


def _are_asked_together(first: _Limit, second: _Limit) -> bool:
    """Whether both always apply to the same plans."""
    one, other = first.constraint, second.constraint
    return (one.when, one.fractions) == (other.when, other.fractions)


def _binds_no_less(strong: Constraint, weak: Constraint) -> bool:
    """Whether `strong` applies wherever `weak` does and weighs at least as much; a variation makes a goal softer."""
    applies = (not strong.when and strong.fractions is None) or (strong.when, strong.fractions) == (
        weak.when,
        weak.fractions,
    )
    return applies and (strong.is_required or not weak.is_required) and strong.variation is None is weak.variation


def _implies(strong: Goal, weak: Goal) -> bool:
    """Whether a plan that meets `strong` surely meets `weak`; both are upper limits, or both lower ones."""
    is_upper = strong.is_upper_limit
    if strong.metric == weak.metric or _is_mean_between_extremes(strong, weak):
        gap = weak.limit - strong.limit if is_upper else strong.limit - weak.limit
        return gap > 0 or (gap == 0 and ("=" in weak.operator or "=" not in strong.operator))
    left, right = _point(strong), _point(weak)
    if left is None or right is None or not _are_comparable(left, right):
        return False
    dose_gap, volume_gap = right.dose - left.dose, right.volume - left.volume
    if not is_upper:
        dose_gap, volume_gap = -dose_gap, -volume_gap
    at_least_equal = dose_gap >= 0 and volume_gap >= 0
    return at_least_equal and (dose_gap > 0 or volume_gap > 0 or "=" in weak.operator or "=" not in strong.operator)


def _is_mean_between_extremes(strong: Goal, weak: Goal) -> bool:
    """The mean never exceeds the maximum, nor falls below the minimum."""
    kinds = (strong.metric.kind, weak.metric.kind)
    extreme = ("Dmax", "Dmean") if strong.is_upper_limit else ("Dmin", "Dmean")
    return kinds == extreme and _dose_scale(strong) == _dose_scale(weak)


def _contradict(upper: Goal, lower: Goal) -> bool:
    if upper.metric == lower.metric:
        is_strict = "=" not in upper.operator or "=" not in lower.operator
        return lower.limit > upper.limit or (lower.limit == upper.limit and is_strict)
    left, right = _point(upper), _point(lower)
    if left is None or right is None or not _are_comparable(left, right):
        return False
    return right.dose >= left.dose and right.volume > left.volume


def _point(goal: Goal) -> _Point | None:
    """The DVH point that a goal on D, V, Dmax or Dmin stands for; None for every other metric."""
    metric, at = goal.metric, goal.metric.at
    if metric.kind == "D" and at:
        return _Point(goal.limit, at.amount, _dose_scale(goal), at.unit)
    if metric.kind == "V" and at:
        return _Point(at.amount, goal.limit, _dose_scale(goal), metric.unit)
    if metric.kind == "Dmax" and goal.is_upper_limit:
        return _Point(goal.limit, 0.0, _dose_scale(goal), None)
    if metric.kind == "Dmin" and not goal.is_upper_limit:
        return _Point(goal.limit, 100.0, _dose_scale(goal), "%")
    return None


def _dose_scale(goal: Goal) -> Hashable:
    """What the doses of two goals must share to be compared: unit, biology, per course or per fraction."""
    metric = goal.metric
    dose_unit = metric.at.unit if metric.kind in ("V", "CV") and metric.at else metric.unit
    return dose_unit, metric.biology, metric.alpha_beta_gy, metric.per_fraction


def _are_comparable(left: _Point, right: _Point) -> bool:
    return left.scale == right.scale and (left.volume_unit in (None, right.volume_unit) or right.volume_unit is None)
