"""Report -> PDF: the page's content, paged, with a header, a running foot and page numbers (typst sets it).

All text reaches typst as data, never as markup. The drawings are the page's own SVGs.
"""

import hashlib
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from rtcheck.report.charts.bars import axis_end, bar_axis, row_bar
from rtcheck.report.charts.close_up import close_up
from rtcheck.report.charts.dvh import dvh_plot
from rtcheck.report.charts.dvh_static import dvh_svg
from rtcheck.report.charts.glyphs import GLYPHS, glyph_svg
from rtcheck.report.charts.palette import LineStyle, line_styles, with_own_colours
from rtcheck.report.charts.reach import reach_pictures
from rtcheck.report.charts.static import picture_rules, standalone
from rtcheck.report.formats.typesetting import letterhead_values, typeset_pdf
from rtcheck.report.slices.pictures import Pictures, PictureSet, pictures_of
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.outcomes import LOOKS
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.results import Report
from rtcheck.units import DoseUnit

_BAR_PX, _CLOSE_UP_PX, _REACH_PX = (120, 34), 340, 760
_MOST_BARS = 16  # of the chart of reach: more would be taller than what is left of a page


def render(report: Report, *, anonymous: bool = False, style: ReportStyle = PLAIN) -> bytes:
    """The PDF's bytes; MissingExtraError where typst is not installed."""
    return typeset_pdf("report.typ", _values(report, anonymous, style), made=report.provenance.get("made"))


def plan_mark(uid: str) -> str:
    """A word by which a report's file shows of which plan it is, without its UID."""
    return f"rtcheck-plan-{hashlib.sha256(uid.encode()).hexdigest()[:32]}"


def _marks(report: Report) -> list[str]:
    plan = report.case.plan
    return [plan_mark(plan.sop_instance_uid)] if plan and plan.sop_instance_uid else []  # a sum has no UID


def _values(report: Report, anonymous: bool, style: ReportStyle) -> dict[str, Any]:
    """What the template sets, as plain values."""
    telling = told_in(report, style.unit, anonymous=anonymous)
    drawings = shown_drawings(report)
    styles = line_styles([each.name for each in drawings], {each.name: each.display_colour for each in drawings})
    styles = with_own_colours(styles) if style.own_colours else styles
    pictures = None if anonymous else pictures_of(report, telling.shown_rows, drawings, styles, style.unit)
    end = axis_end(report.results)
    return {
        "title": telling.title,
        "keywords": [] if anonymous else _marks(report),
        "page_kind": "plan constraint report",
        "foot": telling.running_foot,
        "letterhead": letterhead_values(style.letterhead),
        "kind": telling.verdict.kind,
        "verdict": telling.verdict.text,
        "sentence": [list(piece) for piece in telling.sentence],
        "doubts": [asdict(line) for line in telling.doubts],
        "summary": telling.summary,
        "cards": [asdict(card) for card in telling.cards],
        "inks": {kind: look.ink for kind, look in LOOKS.items()},
        "glyphs": {kind: glyph_svg(kind) for kind in GLYPHS},
        "stamp": glyph_svg(telling.verdict.kind, ink="#fff", paper=telling.verdict.look.ink),
        "axis": standalone(bar_axis(end), _BAR_PX[0], 16),
        "rows": [_row(row, report, end, before) for before, row in pairwise((None, *telling.shown_rows)) if row],
        "dvh": _dvh(report, drawings, styles, style.unit),
        "pictures": _pictures(pictures, styles),
        "is_anonymous": anonymous,
        "prescription": [_item(item) for item in telling.prescription],
        "plan_checks": [_item(item) for item in telling.plan_checks],
        "eligibility": [_item(item) for item in telling.eligibility if item.is_given],
        "absent": [f"{item.item} ({item.expected})" for item in telling.eligibility if not item.is_given],
        "eligibility_word": telling.eligibility_word.text,
        "reach": _reach(telling),
        "tightest": telling.tightest,
        "shifts": telling.shifts,
        "under_shifts": [asdict(each) for each in telling.under_shifts],
        "courses": telling.courses,
        "over_courses": [asdict(each) for each in telling.over_courses],
        "warnings": [asdict(line) for line in telling.warnings],
        "checks": [asdict(line) for line in telling.checks],
        "files": [asdict(file) for file in telling.files],
        "sources": list(dict.fromkeys(row.citation for row in telling.shown_rows if row.citation)),
        "command": telling.command,
        "provenance": telling.provenance,
    }


def _row(row: Row, report: Report, end: float, before: Row | None) -> dict[str, Any]:
    """One row; how its name was matched is told once for rows of one structure that follow one another."""
    detail = close_up(row.result, report.cross_checks) if row.word.kind in ("over", "edge", "var") else ""
    lines = 1 + len(row.result.readings) + len(report.cross_checks)
    return {
        "kind": row.word.kind,
        "word": row.word.text,
        "structure": row.structure,
        "priority": row.priority,
        "matched": row.matched if before is None or row.matched != before.matched else "",
        "goal": row.goal,
        "variation": row.variation,
        "value": row.value,
        "uncertainty": row.uncertainty,
        "other_unit": row.other_unit,
        "band": row.band,
        "margin": row.margin,
        "share": row.share,
        "bar": standalone(row_bar(row.result, end), *_BAR_PX),
        "close_up": standalone(detail, _CLOSE_UP_PX, _height_of(detail, 46 + 22 * lines)) if detail else "",
        "remarks": row.remarks,
        "readings": [reading.text for reading in row.readings],
        "where": row.where,
        "quoted": row.sentence,
        "source": _source(row),
    }


def _source(row: Row) -> str:
    """The words of the source, and its name where the row is not simply met: all sources are listed at the end."""
    citation = "" if row.is_plain else row.citation
    return " ".join(filter(None, (f"“{row.sentence}”" if row.sentence else "", citation)))


def _height_of(svg: str, otherwise: float) -> float:
    """The height that a drawing states."""
    before, found, after = svg.partition(' height="')
    return float(after.partition('"')[0]) if found and ">" not in before else otherwise


def _dvh(report: Report, drawings: Any, styles: dict[str, LineStyle], unit: DoseUnit) -> dict[str, Any] | None:
    plot = dvh_plot(report, drawings, styles, unit)
    if plot is None:
        return None
    legend = []
    for curve in plot.curves:
        least = "≥ " if curve.is_clipped else ""
        doses = (least + plot.dose_text(curve.mean_gy), least + plot.dose_text(curve.max_gy))
        legend.append([_line_svg(curve.style), curve.style.name, f"{curve.volume_cc:,.1f}", *doses])
    return {"svg": dvh_svg(plot, width=620, height=400), "legend": legend, "has_samples": plot.has_samples}


def _line_svg(style: LineStyle) -> str:
    dash = f' stroke-dasharray="{style.dash}"' if style.dash else ""
    line = f'<path d="M0 4H26" stroke="{style.light}" stroke-width="2.25"{dash}/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="26" height="8">{line}</svg>'


def _pictures(pictures: Pictures | None, styles: dict[str, LineStyle]) -> dict[str, Any] | None:
    if pictures is None:
        return None
    rules = picture_rules(styles.values())
    return {
        "main": [_picture(picture, rules) for picture in pictures.main],
        "hottest": [_picture(picture, rules) for picture in pictures.hottest],
        "legend": standalone(pictures.legend, 290, 30),
    }


def _picture(picture: PictureSet, rules: str) -> dict[str, Any]:
    views = [
        {
            "svg": standalone(view.svg, view.width_mm, view.height_mm, rules=rules),
            "width": view.width_mm,
            "caption": view.caption,
        }
        for view in picture.views
    ]
    return {"kind": picture.kind, "title": picture.title, "said": picture.said, "views": views}


def _item(item: ItemLine) -> dict[str, Any]:
    advisory = "advisory" if item.code and not item.is_required else ""
    expected = ", ".join(filter(None, (item.expected, item.said, advisory, item.code)))
    said = item.word.text.lower() if item.word.kind in ("over", "var") else ""
    return {"kind": item.word.kind, "item": item.item, "expected": expected, "found": item.found, "said": said}


def _reach(telling: Telling) -> dict[str, Any] | None:
    if telling.reach is None:
        return None
    pictures, beyond = reach_pictures(telling.reach.result, most=_MOST_BARS, unit=telling.unit)
    return {
        "pictures": [standalone(picture, _REACH_PX, _height_of(picture, 300)) for picture in pictures],
        "beyond": beyond,
        "scaled": telling.reach.scaled,
        "said": telling.reach.text,
    }
