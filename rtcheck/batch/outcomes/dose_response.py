"""A metric of each patient and whether a toxicity came -> logistic and LKB fits, and how well the metric tells.

The fits are regressions on the metric (statsmodels): logit P = b0 + b1 x, and probit P = (x - TD50) / (m TD50), which
is the model of Lyman, Kutcher and Burman where x is the generalized equivalent uniform dose.
"""

from collections.abc import Sequence
from math import sqrt

from rtcheck.batch.outcomes.extra import statistics
from rtcheck.values import dataclass

FEW_EVENTS = 10  # per parameter: below this, estimates and intervals are unstable
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter with its 95 % interval; the bounds are None where the interval has no end."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """What a metric tells of a toxicity. The models are None where no fit is possible (`warnings` states why)."""

    metric: str
    endpoint: str
    patients: int
    events: int
    logistic_intercept: Estimate | None
    logistic_slope: Estimate | None
    logistic_p_value: float | None
    lkb_td50: Estimate | None
    lkb_m: Estimate | None
    roc_area: Estimate | None
    warnings: tuple[str, ...]


def dose_response(metric: str, endpoint: str, values: Sequence[float], has_event: Sequence[bool]) -> DoseResponse:
    """Both models and the ROC area, with warnings about small numbers."""
    patients, events = len(values), sum(has_event)
    warnings = []
    least = min(events, patients - events)
    if least < FEW_EVENTS * 2:
        warnings.append(f"{events} events in {patients} patients are few for two parameters: no firm estimate.")
    logistic: tuple[Estimate, Estimate, float] | None = None
    lkb: tuple[Estimate, Estimate] | None = None
    if least == 0:
        warnings.append("All patients have the same outcome: nothing can be fitted.")
    elif min(values) == max(values):
        warnings.append("The metric is the same in all patients: nothing can be fitted.")
    elif _is_separated(values, has_event):
        warnings.append("The metric separates patients with and without the event, but for ties: the fit has no end.")
    else:
        logistic, lkb = _logistic(values, has_event), _lkb(values, has_event)
    return DoseResponse(
        metric=metric,
        endpoint=endpoint,
        patients=patients,
        events=events,
        logistic_intercept=logistic[0] if logistic else None,
        logistic_slope=logistic[1] if logistic else None,
        logistic_p_value=logistic[2] if logistic else None,
        lkb_td50=lkb[0] if lkb else None,
        lkb_m=lkb[1] if lkb else None,
        roc_area=roc_area(values, has_event) if least else None,
        warnings=tuple(warnings),
    )


def roc_area(values: Sequence[float], has_event: Sequence[bool]) -> Estimate:
    """Area under the ROC curve; its interval by Hanley and McNeil. Radiology 1982; 143: 29-36.

    Of an area of 0 or 1 their standard error is 0, which no small sample justifies: no interval is given.
    """
    with_event = sum(has_event)
    without = len(has_event) - with_event
    ranks = statistics("scipy.stats").rankdata(values)
    wins = sum(rank for rank, event in zip(ranks, has_event, strict=True) if event) - with_event * (with_event + 1) / 2
    area = float(wins) / (with_event * without)
    error = standard_error_of_area(area, with_event, without)
    if not error:
        return Estimate(area, None, None)
    return Estimate(area, max(area - NORMAL_95 * error, 0.0), min(area + NORMAL_95 * error, 1.0))


def standard_error_of_area(area: float, with_event: int, without: int) -> float:
    """Standard error of an ROC area (Hanley and McNeil 1982, equation 1).

    >>> round(standard_error_of_area(0.893, 51, 58), 3)
    0.033
    """
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (with_event - 1) * (one - area**2) + (without - 1) * (two - area**2)
    return sqrt(spread / (with_event * without))


def _is_separated(values: Sequence[float], has_event: Sequence[bool]) -> bool:
    """Whether a fit has no finite slope. Albert, Anderson. Biometrika 1984; 71: 1-10."""
    with_event = [value for value, event in zip(values, has_event, strict=True) if event]
    without = [value for value, event in zip(values, has_event, strict=True) if not event]
    return min(with_event) >= max(without) or max(with_event) <= min(without)


def _fitted(model: str, values: Sequence[float], has_event: Sequence[bool]) -> "object":
    api = statistics("statsmodels.api")
    design = [[1.0, value] for value in values]
    return getattr(api, model)([float(event) for event in has_event], design).fit(disp=0)


def _logistic(values: Sequence[float], has_event: Sequence[bool]) -> tuple[Estimate, Estimate, float]:
    found = _fitted("Logit", values, has_event)
    bounds = found.conf_int()  # type: ignore[attr-defined]
    intercept, slope = (
        Estimate(float(value), float(low), float(high))
        for value, (low, high) in zip(found.params, bounds, strict=True)  # type: ignore[attr-defined]
    )
    return intercept, slope, float(found.pvalues[1])  # type: ignore[attr-defined]


def _lkb(values: Sequence[float], has_event: Sequence[bool]) -> tuple[Estimate, Estimate] | None:
    """TD50 = -b0 / b1 and m = -1 / b0 of the probit fit, with intervals by the delta method.

    None where the event becomes rarer with the metric: then there is no TD50.
    """
    found = _fitted("Probit", values, has_event)
    b0, b1 = map(float, found.params)  # type: ignore[attr-defined]
    if b1 <= 0 or b0 >= 0:
        return None
    (v00, v01), (_, v11) = found.cov_params()  # type: ignore[attr-defined]
    td50, m = -b0 / b1, -1 / b0
    by_b0, by_b1 = -1 / b1, b0 / b1**2
    error_td50 = sqrt(by_b0**2 * v00 + 2 * by_b0 * by_b1 * v01 + by_b1**2 * v11)
    error_m = sqrt(v00) / b0**2
    return _around(td50, error_td50), _around(m, error_m)


def _around(value: float, error: float) -> Estimate:
    return Estimate(value, value - NORMAL_95 * error, value + NORMAL_95 * error)
