"""Outcomes -> lines for the terminal and plain values for JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rtcheck.batch.outcomes.analysis import Outcomes
from rtcheck.batch.outcomes.dose_response import DoseResponse, Estimate
from rtcheck.batch.outcomes.survival import Curve, Survival
from rtcheck.batch.outcomes.toxicities import ToxicityCount, ToxicityTable
from rtcheck.report.telling.words import counted


def outcome_lines(outcomes: Outcomes) -> Iterator[str]:
    """All that is said, a line each."""
    yield f"Outcomes of {outcomes.patients} patients"
    for level, step in zip(outcomes.levels, outcomes.decision.steps if outcomes.decision else (), strict=True):
        yield f"  {level.name}: {level.with_dlt} of {level.evaluable} with a dose-limiting toxicity ({step})"
    if outcomes.decision:
        yield f"  3 + 3 rule: {outcomes.decision.sentence}"
    if outcomes.toxicities:
        yield "  Toxicities, patients (of grade 3 or more)"
        yield from (f"    {line}" for line in toxicity_lines(outcomes.toxicities))
    yield from (f"  {name}: {rate.text}" for name, rate in outcomes.rates.items())
    for survival in outcomes.survival:
        yield f"  {survival.endpoint}{_difference(survival)}"
        yield from (f"    {curve.group}: {median_text(curve)}" for curve in survival.curves)
    for each in outcomes.dose_responses:
        yield from dose_response_lines(each)
    yield from (f"  Note: {remark}" for remark in outcomes.remarks)


def toxicity_lines(table: ToxicityTable) -> Iterator[str]:
    """ "hypertension: 9 (5) of 9; 1 mg 3 (1) of 3, ..."."""
    for row in table.rows:
        levels = ", ".join(
            f"{level} {count_text(count)} of {size}"
            for level, size, count in zip(table.levels, table.sizes, row.by_level, strict=True)
        )
        yield f"{row.name}: {count_text(row.total)}" + (f"; {levels}" if levels else "")


def count_text(count: ToxicityCount) -> str:
    """ "9 (5)"."""
    return f"{count.patients} ({count.severe})"


def median_text(curve: Curve) -> str:
    """ "median 8.2 months (95 % CI 4.1 to 14.0), 7 events in 11 patients"."""
    if curve.median is None:
        median = "median not reached"
    elif curve.median_low is None:
        median = f"median {curve.median:.1f} months (too few patients for a 95 % CI)"
    else:
        high = "not reached" if curve.median_high is None else f"{curve.median_high:.1f}"
        median = f"median {curve.median:.1f} months (95 % CI {curve.median_low:.1f} to {high})"
    return f"{median}, {counted(curve.events, 'event')} in {counted(curve.patients, 'patient')}"


def dose_response_lines(each: DoseResponse) -> Iterator[str]:
    """What a metric tells of a toxicity."""
    yield f"  {each.metric} and {each.endpoint}: {counted(each.events, 'event')} in {counted(each.patients, 'patient')}"
    if each.logistic_slope and each.logistic_p_value is not None:
        yield f"    logistic slope {_estimate(each.logistic_slope)} per Gy or cc, p = {each.logistic_p_value:.3g}"
    if each.lkb_td50 and each.lkb_m:
        yield f"    LKB TD50 {_estimate(each.lkb_td50)}, m {_estimate(each.lkb_m)}"
    if each.roc_area:
        yield f"    area under the ROC curve {_estimate(each.roc_area)}"
    yield from (f"    Note: {warning}" for warning in each.warnings)


def outcomes_as_dict(outcomes: Outcomes) -> dict[str, Any]:
    """Plain values for JSON."""
    told = asdict(outcomes)
    told["rates"] = {
        name: {"count": rate.count, "of": rate.of, "share": rate.share, "low": rate.low, "high": rate.high}
        for name, rate in outcomes.rates.items()
    }
    return told


def _difference(survival: Survival) -> str:
    return "" if survival.p_value is None else f" (log-rank p = {survival.p_value:.3g})"


def _estimate(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} (95 % CI {estimate.low:.3g} to {estimate.high:.3g})"
