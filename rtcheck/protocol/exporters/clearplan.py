"""Lines -> a ClearPlan table of constraints (CSV)."""

from collections.abc import Sequence

from rtcheck.csv_table import inert, table_text
from rtcheck.protocol.exporters.lines import Line
from rtcheck.protocol.file.model import Goal, Protocol
from rtcheck.protocol.language.goal import metric_text
from rtcheck.protocol.language.scanner import number_text

_HEADINGS = ("TemplateId", "TemplateCodes", "TemplateAliases", "TemplateTypes", "DVHObjective", "Goal", "Variation",
             "Priority", "Source", "Notes")  # fmt: skip
_PLAIN = {"Dmin": "Min", "Dmax": "Max", "Dmean": "Mean", "Volume": "Volume"}
_AT = ("D", "DC", "V", "CV")


def entry(line: Line) -> tuple[str, ...] | None:
    """One row; None where ClearPlan has no such metric."""
    one = line.constraint
    metric = one.goal.metric
    if metric.kind not in (*_PLAIN, *_AT) or metric.biology != "physical" or metric.per_fraction:
        return None
    name = _PLAIN.get(metric.kind) or metric_text(metric).partition("[")[0]
    variation = _limit(line.variation) if line.variation else ""
    return (
        line.structure, "", "|".join(line.aliases), "", f"{name}[{metric.unit}]", _limit(one.goal), variation,
        line.rank, line.source, one.note,
    )  # fmt: skip


def text(protocol: Protocol, entries: Sequence[tuple[str, ...]]) -> str:
    """The table."""
    del protocol
    return table_text(_HEADINGS, [tuple(map(inert, row)) for row in entries])


def _limit(goal: Goal) -> str:
    return f"{goal.operator}{number_text(goal.limit)}"
