"""A comparison -> PDF, with what the page shows."""

from dataclasses import asdict
from typing import Any

from rtcheck.report.charts.bars import bar_axis
from rtcheck.report.charts.glyphs import GLYPHS, glyph_svg
from rtcheck.report.charts.overlay import key_of, plan_styles
from rtcheck.report.charts.palette import LineStyle
from rtcheck.report.charts.static import plan_rules, standalone
from rtcheck.report.formats.typesetting import letterhead_values, typeset_pdf
from rtcheck.report.pages.comparison.compared import ComparedPlan, ComparedRow, Comparison
from rtcheck.report.pages.comparison.html import limit_marks, overlays
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.telling.outcomes import LOOKS
from rtcheck.report.telling.words import typeset

_BAR_PX, _PLOT_PX, _KEY_PX = (120, 40), (594, 282), (28, 12)


def comparison_pdf(comparison: Comparison, letterhead: Letterhead | None = None) -> bytes:
    """The PDF's bytes; MissingExtraError where typst is not installed."""
    made = comparison.plans[0].report.provenance.get("made")
    values = {**_values(comparison), "letterhead": letterhead_values(letterhead)}
    return typeset_pdf("comparison.typ", values, made=made)


def _values(comparison: Comparison) -> dict[str, Any]:
    styles = plan_styles(len(comparison.plans))
    rules = plan_rules(styles)
    return {
        "title": comparison.title,
        "page_kind": "comparison of plans",
        "verdict": "",
        "foot": comparison.title,
        "inks": {kind: look.ink for kind, look in LOOKS.items()},
        "glyphs": {kind: glyph_svg(kind) for kind in GLYPHS},
        "axis": standalone(bar_axis(), _BAR_PX[0], 16),
        "plans": [_plan(plan, style, rules) for plan, style in zip(comparison.plans, styles, strict=True)],
        "alerts": [each.text for each in comparison.warnings],
        "headings": comparison.headings,
        "differences": comparison.difference_lines,
        "rows": [_row(row, styles, rules) for row in comparison.rows],
        "plots": [(name, standalone(svg, *_PLOT_PX, rules=rules)) for name, svg in overlays(comparison, styles)],
    }


def _plan(plan: ComparedPlan, style: LineStyle, rules: str) -> dict[str, Any]:
    telling = plan.telling
    return {
        "name": plan.name,
        "key": standalone(key_of(style), *_KEY_PX, rules=rules),
        "kind": telling.verdict.kind,
        "verdict": telling.verdict.text,
        "reason": telling.reason,
        "doubts": [asdict(line) for line in telling.doubts],
        "facts": plan.facts,
        "warnings": [asdict(line) for line in plan.warnings],
    }


def _row(row: ComparedRow, styles: list[LineStyle], rules: str) -> dict[str, Any]:
    bar = limit_marks(row, styles)
    return {
        "structure": row.structure,
        "goal": typeset(row.goal) if row.is_by_volume else next(each.goal for each in row.rows if each),
        "differs": row.differs,
        "bar": standalone(bar, *_BAR_PX, rules=rules) if bar else "",
        "cells": [_cell(each) for each in row.rows],
        "differences": row.differences,
    }


def _cell(row: Row | None) -> dict[str, str] | None:
    if row is None:
        return None
    said = row.margin or (row.remarks[0] if row.remarks else "")
    return {"kind": row.word.kind, "value": row.value, "said": said}
