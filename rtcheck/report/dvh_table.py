"""Metrics of structures with no limits -> a table of text, JSON of the schema `rtcheck.dvh/1`, or CSV."""

import csv
import io
from typing import Any

from rtcheck.case import Case
from rtcheck.checking.dvhs import DvhTable, StructureMetrics
from rtcheck.report.json_ import measurement_values
from rtcheck.report.json_text import to_json
from rtcheck.report.numbers import NOTHING, bounds_text, value_with_uncertainty
from rtcheck.units import amount_text

SCHEMA = "rtcheck.dvh/1"


def render_dvhs(table: DvhTable, provenance: dict[str, Any], output_format: str, *, hidden: Case | None = None) -> str:
    """The table in a format; `hidden` is the case whose identity is to be left out, or None."""
    if output_format == "json":
        return to_json(_as_dict(table, provenance, hidden))
    return _csv(table) if output_format == "csv" else _text(table)


def _as_dict(table: DvhTable, provenance: dict[str, Any], hidden: Case | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "structures": [_structure(row) for row in table.structures],
        "warnings": [
            {"code": each.code, "text": each.text, "severity": each.severity, "structure": each.structure}
            for each in table.notices
        ],
        "provenance": provenance,
    }
    if hidden is None:
        return told
    from rtcheck.report.anonymous import scrubber
    from rtcheck.report.anonymous_json import provenance_without_identity, scrubbed

    scrub = scrubber(hidden)
    return {
        **told,
        "warnings": scrubbed(told["warnings"], scrub, ("text",)),
        "provenance": provenance_without_identity(provenance, scrub),
    }


def _structure(row: StructureMetrics) -> dict[str, Any]:
    return {
        "name": row.name,
        "number": row.number,
        "volume_cc": row.volume_cc,
        "metrics": {text: measurement_values(measured) for text, measured in row.metrics.items()},
        "reason": row.reason or None,
    }


def _text(table: DvhTable) -> str:
    """Aligned columns; a reason instead of numbers where there are none, and the warnings below."""
    if not table.structures:
        return "No structure is drawn.\n"
    metrics = list(table.structures[0].metrics)
    lines = [["Structure", "Volume", *metrics], *(_cells(row) for row in table.structures)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = [_aligned(line, widths) for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    reasons = [f"{row.name}: {row.reason}" for row in table.structures if row.reason]
    undefined = dict.fromkeys(
        f"{row.name} {metric}: {measured.undefined}"
        for row in table.structures
        for metric, measured in row.metrics.items()
        if measured.undefined and not row.reason
    )
    warnings = [f"! {each.text} [{each.code}]" for each in table.notices if each.is_for_everyone]
    below = [*reasons, *undefined, *warnings]
    return "\n".join([*text, *([""] if below else []), *below]) + "\n"


def _cells(row: StructureMetrics) -> list[str]:
    volume = NOTHING if row.volume_cc is None else amount_text(row.volume_cc, "cc")
    values = [bounds_text(measured) or value_with_uncertainty(measured) for measured in row.metrics.values()]
    return [row.name, volume, *values]


def _aligned(cells: list[str], widths: list[int]) -> str:
    name, *numbers = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([name, *numbers]).rstrip()


def _csv(table: DvhTable) -> str:
    """One row for each structure and metric, numbers in full; a leading quote keeps spreadsheets from running names."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["structure", "number", "volume_cc", "metric", "value", "unit", "uncertainty", "low", "high", "undefined"]
    )
    for row in table.structures:
        for metric, measured in row.metrics.items():
            numbers = (measured.value, measured.unit, measured.uncertainty, measured.low, measured.high)
            told = [
                "" if each is None else each
                for each in (row.number, row.volume_cc, metric, *numbers, measured.undefined)
            ]
            writer.writerow([_inert(row.name), *told])
    return out.getvalue()


def _inert(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
