"""Lines -> a ProKnow scorecard (JSON).

A goal is a bin PASS, one FAIL, and one ACCEPTABLE between them where it has a variation. Points of a score stand in
brackets behind the label of the bin that holds their threshold, where PlanScoreCard reads them too.
"""

import json
from collections.abc import Sequence
from typing import Any

from rtcheck.dosimetry.metric_terms import VOLUMES, Metric
from rtcheck.protocol.exporters.lines import Line
from rtcheck.protocol.file.model import Goal, Protocol
from rtcheck.protocol.importers.proknow import AT, COLOURS, MOST_BINS, PLAIN, RANGES
from rtcheck.protocol.language.scanner import number_text

_NAMES = (
    {(kind, ""): name for name, kind in PLAIN.items()}
    | {(letter, unit): name for name, (letter, unit, _) in AT.items()}
    | {(kind, unit): name for name, unit in RANGES.items() for kind in ("Vrange", "CV")}
)
"""ProKnow's types by `_key`. What is spared (CV) is the volume in a range from 0."""


def entry(line: Line) -> dict[str, Any] | None:
    """One computed metric with its bins; None where ProKnow has no such metric."""
    goal = line.constraint.goal
    metric = goal.metric
    name = _NAMES.get(_key(metric))
    if name is None or metric.biology != "physical" or metric.per_fraction or metric.is_of_prescription:
        return None
    amounts = [each.amount if each else None for each in (metric.at, metric.until)]
    return {
        "type": name,
        "roi_name": line.structure,
        **dict(zip(("arg_1", "arg_2"), [0.0, *amounts] if metric.kind == "CV" else amounts, strict=False)),
        "rx": None,
        "rx_scale": None,
        "objectives": _bins(line, goal),
    }


def _key(metric: Metric) -> tuple[str, str]:
    """The kind of a metric with the unit of its volume, "" where it has none."""
    is_at_volume = metric.kind in ("D", "DC") and metric.at is not None
    return metric.kind, metric.at.unit if is_at_volume and metric.at else metric.unit if metric.kind in VOLUMES else ""


def text(protocol: Protocol, entries: Sequence[dict[str, Any]]) -> str:
    """The scorecard."""
    card = {"name": protocol.title or protocol.name, "computed": list(entries), "custom": []}
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"


def _bins(line: Line, goal: Goal) -> list[dict[str, Any]]:
    """The bins by rising value: their labels, and the threshold between each two in the one that holds it."""
    limits = {each.limit: each.operator for each in (line.variation, goal) if each}
    points = {point.value: point.points for point in line.constraint.score}
    thresholds = sorted(limits.keys() | points.keys())
    if len(points) < len(line.constraint.score) or len(thresholds) >= MOST_BINS:
        points, thresholds = {}, sorted(limits)
    labels = [_label(line, goal, low, high) for low, high in zip([None, *thresholds], [*thresholds, None], strict=True)]
    bins: list[dict[str, Any]] = [{"label": label, "color": list(COLOURS[label])} for label in labels]
    for number, at in enumerate(thresholds):
        is_with_lower = limits.get(at, "<=") in ("<=", ">")
        holder = bins[number if is_with_lower else number + 1]
        if at in points and "[" not in holder["label"]:
            holder["label"] += f" [{number_text(points[at])}]"
        holder["max" if is_with_lower else "min"] = at
    return bins


def _label(line: Line, goal: Goal, low: float | None, high: float | None) -> str:
    """What the values between two thresholds are."""
    for limit, label in ((goal, "PASS"), (line.variation, "ACCEPTABLE")):
        if limit is None:
            continue
        is_met = (
            (high is not None and high <= limit.limit)
            if limit.is_upper_limit
            else (low is not None and low >= limit.limit)
        )
        if is_met:
            return label
    return "FAIL"
