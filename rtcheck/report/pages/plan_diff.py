"""PlanDiff -> text, Markdown, a page or CSV for people, and JSON of the schema `rtcheck.diff/1`."""

from typing import Any

from rtcheck.checking.plan_diff.values import Entry, PlanDiff
from rtcheck.csv_table import PLAIN, CsvForm, table_text
from rtcheck.report.formats.columns import aligned, terminal_width
from rtcheck.report.formats.json_text import to_json
from rtcheck.report.formats.markdown import plain
from rtcheck.report.formats.page import page_style, rendered_page

SCHEMA = "rtcheck.diff/1"
HEADINGS = ("Where", "Element", "A", "B", "Apart", "Tolerance", "Result")
CSV_HEADINGS = ("where", "element", "a", "b", "kind", "apart", "tolerance", "unit", "place")
_WORDS = {"same": "same", "within": "within tolerance", "beyond": "DIFFERS", "missing": "MISSING", "remark": "remark"}


def diff_text(found: PlanDiff, *, verbose: bool = False) -> str:
    """What differs, how the beams were matched, and the counts; with `verbose` every element."""
    shown = _shown(found, verbose=verbose)
    blocks = [
        "\n".join(_matched(found)),
        "\n".join(aligned([HEADINGS, *shown], width=terminal_width(), is_ruled=True)) if shown else "",
        "\n".join(_not_compared(found)),
        _summary(found),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def diff_markdown(found: PlanDiff, *, verbose: bool = False) -> str:
    """The same in Markdown: the summary as its heading, then a table."""
    lines = [f"## {_summary(found)}", "", *(f"- {plain(line)}" for line in (*_matched(found), *_not_compared(found)))]
    if shown := _shown(found, verbose=verbose):
        rows = (" | ".join(map(plain, row)) for row in (HEADINGS, *shown))
        head, *body = (f"| {row} |" for row in rows)
        lines += ["", head, "|" + " --- |" * len(HEADINGS), *body]
    return "\n".join(lines) + "\n"


def diff_page(found: PlanDiff) -> str:
    """The same as a page, which lists every element below what differs."""
    return rendered_page(
        "diff.html.j2", style=page_style("cohort.css"), script="", title="Comparison of two plans", page_kind="diff",
        sections=[("differences", "Differences"), ("elements", "All elements")], summary=_summary(found),
        lines=[*_matched(found), *_not_compared(found)], headings=HEADINGS, shown=_shown(found, verbose=False),
        everything=_shown(found, verbose=True),
    )  # fmt: skip


def diff_csv(found: PlanDiff, form: CsvForm = PLAIN) -> str:
    """Every element, one in a row, as the JSON has them."""
    rows = [_values(entry) for entry in found.entries]
    return table_text(CSV_HEADINGS, [tuple(row[name] for name in CSV_HEADINGS) for row in rows], form)


def _shown(found: PlanDiff, *, verbose: bool) -> list[tuple[str, ...]]:
    return [_row(entry) for entry in found.entries if verbose or entry.kind not in ("same", "within")]


def _matched(found: PlanDiff) -> list[str]:
    """A sentence for each beam that was not matched by its name."""
    otherwise = [pair for pair in found.pairs if pair.how != "name"]
    return [f"{pair.a[:1].upper()}{pair.a[1:]} of A is {pair.b} of B, matched by {pair.how}." for pair in otherwise]


def _not_compared(found: PlanDiff) -> list[str]:
    return [f"Not compared: {text}." for text in found.not_compared]


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
