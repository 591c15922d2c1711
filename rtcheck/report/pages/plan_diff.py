"""PlanDiff -> text for people, and JSON of the schema `rtcheck.diff/1`."""

from typing import Any

from rtcheck.checking.plan_diff.values import Entry, PlanDiff
from rtcheck.report.formats.columns import aligned, terminal_width
from rtcheck.report.formats.json_text import to_json

SCHEMA = "rtcheck.diff/1"
_WORDS = {"same": "same", "within": "within tolerance", "beyond": "DIFFERS", "missing": "MISSING", "remark": "remark"}


def diff_text(found: PlanDiff, *, verbose: bool = False) -> str:
    """What differs, how the beams were matched, and the counts; with `verbose` every element."""
    shown = [entry for entry in found.entries if verbose or entry.kind not in ("same", "within")]
    otherwise = [pair for pair in found.pairs if pair.how != "name"]
    beams = [f"Beam of A {pair.a} is {pair.b} of B, matched by {pair.how}." for pair in otherwise]
    table: list[tuple[str, ...]] = [("Where", "Element", "A", "B", "Apart", "Tolerance", "")]
    table += [_row(entry) for entry in shown]
    blocks = [
        "\n".join(beams),
        "\n".join(aligned(table, width=terminal_width(), is_ruled=True)) if shown else "",
        "\n".join(f"Not compared: {text}." for text in found.not_compared),
        _summary(found),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def diff_json(found: PlanDiff) -> str:
    """All entries, as the schema has them."""
    return to_json(diff_values(found))


def diff_values(found: PlanDiff) -> dict[str, Any]:
    """The comparison as plain values."""
    return {
        "schema": SCHEMA,
        "agree": found.exit_status == 0,
        "exit_status": found.exit_status,
        "beams": [{"a": pair.a, "b": pair.b, "matched_by": pair.how} for pair in found.pairs],
        "entries": [_values(entry) for entry in found.entries],
        "not_compared": list(found.not_compared),
    }


def _values(entry: Entry) -> dict[str, Any]:
    tolerance = entry.tolerance
    return {
        "where": entry.where,
        "element": entry.element,
        "a": entry.a,
        "b": entry.b,
        "kind": entry.kind,
        "apart": entry.apart,
        "tolerance": tolerance.amount if tolerance else None,
        "unit": tolerance.unit if tolerance else None,
        "place": entry.place or None,
    }


def _row(entry: Entry) -> tuple[str, ...]:
    tolerance = entry.tolerance
    apart = "" if entry.apart is None or tolerance is None else f"{entry.apart:.4g} {tolerance.unit}".rstrip()
    allowed = f"{tolerance.amount:g} {tolerance.unit}".rstrip() if tolerance else ""
    said = _WORDS[entry.kind] + (f", {entry.place}" if entry.place else "")
    return entry.where, entry.element, entry.a, entry.b, apart, allowed, said


def _summary(found: PlanDiff) -> str:
    compared = [entry for entry in found.entries if entry.kind != "remark"]
    within = sum(entry.kind == "within" for entry in compared)
    if not found.off:
        more = f", {within} of them within their tolerances" if within else ""
        return f"The plans agree: {len(compared)} elements compared{more}."
    beams = len({entry.where for entry in found.off})
    return f"The plans differ: {len(found.off)} of {len(compared)} elements, in {beams} places."
