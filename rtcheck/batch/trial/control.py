"""Values of plans by month -> control charts: the mean of each month within the limits that chance alone would keep.

Shewhart's chart of means for months of different size: 3 standard deviations of a mean around the mean of all plans,
with the standard deviation within months, pooled and without bias. Montgomery. Introduction to Statistical Quality
Control, section 6.3.2. A change between months does not widen the limits.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import exp, lgamma, sqrt

from rtcheck.batch.rates import funnel_limit
from rtcheck.batch.trial.plans import LIMIT, WORST_FIRST, TrialPlan
from rtcheck.values import dataclass

SIGMAS = 3.0
FEWEST_MONTHS = 3
"""With fewer a chart shows nothing."""
ENOUGH_MONTHS = 20
"""With fewer the limits are provisional (Montgomery, section 6.2)."""
ACTION = 0.998
"""Probability of lying within the limits of a share: about 3 standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month's number of plans and the mean of their values, between its limits."""

    month: str
    plans: int
    mean: float
    low: float
    high: float

    @property
    def is_outside(self) -> bool:
        return not self.low <= self.mean <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """The months of one value; `centre` is the mean over all plans."""

    name: str
    unit: str
    centre: float
    months: tuple[Month, ...]

    @property
    def outside(self) -> tuple[Month, ...]:
        return tuple(month for month in self.months if month.is_outside)


def control_charts(plans: Sequence[TrialPlan]) -> tuple[ControlChart, ...]:
    """The chart of failing plans, then of each metric that a limit is on, those with months outside first."""
    dated = [plan for plan in plans if plan.is_checked and plan.month]
    values: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for plan in dated:
        for item in plan.items:
            if item.kind == LIMIT and item.value is not None:
                by_month = values.setdefault((f"{item.structure} {item.metric}", item.unit), defaultdict(dict))
                by_month[plan.month][plan.key] = item.value
    by_name = {what: {month: list(own.values()) for month, own in found.items()} for what, found in values.items()}
    metrics = [chart for (name, unit), own in by_name.items() if (chart := chart_of_means(name, unit, own))]
    failing: dict[str, list[float]] = defaultdict(list)
    for month, verdicts in _verdicts(dated):
        if (judged := next(each for each in WORST_FIRST if each in verdicts)) != "not_evaluated":
            failing[month].append(float(judged == "fail"))
    return (*_chart_of_failing(failing), *sorted(metrics, key=lambda chart: not chart.outside))


def _verdicts(plans: Sequence[TrialPlan]) -> Iterator[tuple[str, set[str]]]:
    """The month of each plan and its verdicts, of which it has several under several protocols."""
    found: dict[str, tuple[str, set[str]]] = {}
    for plan in plans:
        found.setdefault(plan.key, (plan.month, set()))[1].add(plan.judged)
    yield from found.values()


def chart_of_means(name: str, unit: str, by_month: dict[str, list[float]]) -> ControlChart | None:
    """The chart; None of too few months, and where no month has two plans that differ."""
    freedom = sum(len(values) - 1 for values in by_month.values())
    if len(by_month) < FEWEST_MONTHS or freedom == 0:
        return None
    squares = sum((value - _mean(values)) ** 2 for values in by_month.values() for value in values)
    deviation = sqrt(squares / freedom) / unbiasing(freedom + 1)
    centre = _mean([value for values in by_month.values() for value in values])
    if deviation == 0:
        return None
    months = [
        Month(
            month=month,
            plans=len(values),
            mean=_mean(values),
            low=centre - SIGMAS * deviation / sqrt(len(values)),
            high=centre + SIGMAS * deviation / sqrt(len(values)),
        )
        for month, values in sorted(by_month.items())
    ]
    return ControlChart(name=name, unit=unit, centre=centre, months=tuple(months))


def unbiasing(number: int) -> float:
    """c4: what the standard deviation of so many normal values is short of the true one, on average.

    >>> round(unbiasing(5), 4)
    0.94
    """
    return sqrt(2 / (number - 1)) * exp(lgamma(number / 2) - lgamma((number - 1) / 2))


def _chart_of_failing(by_month: dict[str, list[float]]) -> Iterator[ControlChart]:
    """The share of failing plans [%], with exact binomial limits; none where all or no plans fail."""
    share = _mean([value for values in by_month.values() for value in values]) if by_month else 0.0
    if len(by_month) < FEWEST_MONTHS or share in (0.0, 1.0):
        return
    tails = ((1 - ACTION) / 2, (1 + ACTION) / 2)
    months = []
    for month, values in sorted(by_month.items()):
        low, high = (100 * funnel_limit(len(values), share, tail) for tail in tails)
        months.append(Month(month=month, plans=len(values), mean=100 * _mean(values), low=low, high=high))
    yield ControlChart(name="Failing plans", unit="%", centre=100 * share, months=tuple(months))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
