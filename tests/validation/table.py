"""Deviations -> the table of Nelms et al. 2015: per metric how many values are off by more than 3 % and by 1 %."""

from collections.abc import Sequence

from validation.phantom import Deviation
from validation.truth import METRICS


def beyond(found: Sequence[Deviation], limit: float) -> int:
    """How many deviate by more than `limit`."""
    return sum(abs(each.error) > limit for each in found)


def table(title: str, found: Sequence[Deviation]) -> str:
    """Markdown: metric, number of values, how many off by more than 3 % and 1 %, lowest and highest error."""
    lines = [f"**{title}**", "", "| metric | values | > 3 % | > 1 % | lowest | highest |", "|---|---|---|---|---|---|"]
    for metric in (*METRICS, "all"):
        some = [each for each in found if metric in (each.metric, "all")]
        if some:
            errors = [100 * each.error for each in some]
            counts = f"{len(some)} | {beyond(some, 0.03)} | {beyond(some, 0.01)}"
            lines.append(f"| {metric} | {counts} | {min(errors):+.2f} % | {max(errors):+.2f} % |")
    return "\n".join([*lines, ""])
