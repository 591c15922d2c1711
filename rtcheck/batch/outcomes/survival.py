"""Times to an event -> Kaplan-Meier curves with numbers at risk, medians and the log-rank test (lifelines)."""

from collections.abc import Iterable, Mapping, Sequence

from rtcheck.batch.outcomes.extra import statistics
from rtcheck.values import dataclass

DAYS_PER_MONTH = 30.4375
SAME = 1.5e-8
"""Shares that differ by less are the same (R: the square root of its machine epsilon)."""
HALF = 0.5 + SAME
RISK_TIMES = 6  # points along the axis at which the numbers at risk are given


@dataclass(frozen=True, slots=True)
class Time:
    """Months from the start to the event, or to the last time the patient was known to be without it."""

    months: float
    is_event: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """The Kaplan-Meier estimate of one group: survival (0-1) from each of `months` on, with a 95 % interval.

    `median` and its bounds are None where the curve does not come down so far. The interval is that of the log-log
    transform (R: conf.type = "log-log"); at its end it has no bounds: the upper one stays, the lower is 0.
    `at_risk` are pairs (months, patients).
    """

    group: str
    patients: int
    events: int
    months: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    median: float | None
    median_low: float | None
    median_high: float | None
    at_risk: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Survival:
    """The curves of all groups for one endpoint; `p_value` of the log-rank test is None for a single group."""

    endpoint: str
    curves: tuple[Curve, ...]
    statistic: float | None
    p_value: float | None


def kaplan_meier(endpoint: str, groups: Mapping[str, Sequence[Time]]) -> Survival:
    """Curves of every group that has patients, and whether they differ."""
    groups = {name: times for name, times in groups.items() if times}
    longest = max((each.months for times in groups.values() for each in times), default=0.0)
    curves = tuple(_curve(name, times, longest) for name, times in groups.items())
    statistic, p_value = _log_rank(groups) if len(groups) > 1 else (None, None)
    return Survival(endpoint, curves, statistic, p_value)


def _curve(name: str, times: Sequence[Time], longest: float) -> Curve:
    lifelines = statistics("lifelines")
    fitter = lifelines.KaplanMeierFitter()
    fitter.fit([each.months for each in times], [each.is_event for each in times])
    survival = fitter.survival_function_.iloc[:, 0]
    interval = fitter.confidence_interval_survival_function_
    low, high = interval.iloc[:, 0], interval.iloc[:, 1].where(survival > 0).ffill()
    return Curve(
        group=name,
        patients=len(times),
        events=sum(each.is_event for each in times),
        months=tuple(map(float, survival.index)),
        survival=tuple(map(float, survival)),
        low=tuple(map(float, low)),
        high=tuple(map(float, high)),
        median=half_time(survival.items()),
        median_low=half_time(low[survival > 0].items()),
        median_high=half_time(high[survival > 0].items()),
        at_risk=tuple(
            (longest * n / RISK_TIMES, sum(each.months >= longest * n / RISK_TIMES for each in times))
            for n in range(RISK_TIMES + 1)
        ),
    )


def half_time(curve: Iterable[tuple[float, float]]) -> float | None:
    """Where a curve of (months, share) comes down to one half, in the middle of a step at exactly one half (as in R).

    >>> half_time([(0, 1), (2, 0.5), (3, 0.25)]), half_time([(0, 1), (2, 0.4)]), half_time([(0, 1), (2, 0.6)])
    (2.5, 2.0, None)
    """
    below = [(float(months), share) for months, share in curve if share < HALF]
    if not below:
        return None
    first, share = below[0]
    lower = next((months for months, other in below if other < share), None)
    return (first + lower) / 2 if abs(share - 0.5) < SAME and lower is not None else first


def _log_rank(groups: Mapping[str, Sequence[Time]]) -> tuple[float, float]:
    """The statistic and p value over all groups. Mantel. Cancer Chemother Rep 1966; 50: 163-170."""
    rows = [(each.months, name, each.is_event) for name, times in groups.items() for each in times]
    months, names, events = zip(*rows, strict=True)
    tested = statistics("lifelines.statistics").multivariate_logrank_test(months, names, events)
    return float(tested.test_statistic), float(tested.p_value)
