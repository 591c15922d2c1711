"""Times to an event -> Kaplan-Meier curves with numbers at risk, medians and the log-rank test (lifelines)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from rtcheck.batch.outcomes.extra import statistics

DAYS_PER_MONTH = 30.4375
RISK_TIMES = 6  # points along the axis at which the numbers at risk are given


@dataclass(frozen=True, slots=True)
class Time:
    """Months from the start to the event, or to the last time the patient was known to be without it."""

    months: float
    is_event: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """The Kaplan-Meier estimate of one group: survival (0-1) from each of `months` on, with a 95 % interval.

    `median` and its bounds are None where the curve does not come down so far. `at_risk` are pairs (months, patients).
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
    interval = fitter.confidence_interval_survival_function_
    around = statistics("lifelines.utils").median_survival_times(interval)
    return Curve(
        group=name,
        patients=len(times),
        events=sum(each.is_event for each in times),
        months=tuple(map(float, fitter.survival_function_.index)),
        survival=tuple(map(float, fitter.survival_function_.iloc[:, 0])),
        low=tuple(map(float, interval.iloc[:, 0])),
        high=tuple(map(float, interval.iloc[:, 1])),
        median=_known(fitter.median_survival_time_),
        median_low=_known(around.iloc[0, 0]),
        median_high=_known(around.iloc[0, 1]),
        at_risk=tuple(
            (longest * n / RISK_TIMES, sum(each.months >= longest * n / RISK_TIMES for each in times))
            for n in range(RISK_TIMES + 1)
        ),
    )


def _known(months: float) -> float | None:
    return float(months) if isfinite(months) else None


def _log_rank(groups: Mapping[str, Sequence[Time]]) -> tuple[float, float]:
    """The statistic and p value over all groups. Mantel. Cancer Chemother Rep 1966; 50: 163-170."""
    rows = [(each.months, name, each.is_event) for name, times in groups.items() for each in times]
    months, names, events = zip(*rows, strict=True)
    tested = statistics("lifelines.statistics").multivariate_logrank_test(months, names, events)
    return float(tested.test_statistic), float(tested.p_value)
