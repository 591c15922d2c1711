"""A comparison -> one self-contained page that looks like the page of a check."""

from collections.abc import Iterator

from markupsafe import Markup

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.bars import bar_axis
from rtcheck.report.charts.overlay import key_of, marks_on_limit, overlay, plan_styles
from rtcheck.report.charts.palette import LineStyle, style_rules
from rtcheck.report.formats.page import page_style, rendered_page, running_foot
from rtcheck.report.pages.comparison.compared import ComparedRow, Comparison
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.templates import template_text


def comparison_page(comparison: Comparison, letterhead: Letterhead | None = None) -> str:
    """The page: plans, constraints with differences, the DVHs of each structure over each other."""
    styles = plan_styles(len(comparison.plans))
    plots = list(overlays(comparison, styles))
    sections = [("plans", "Plans"), ("constraints", "Constraints")]
    sections += [("curves", "DVH")] if plots else []
    sections += [("difference", "Dose difference")] if comparison.difference else []
    style = page_style("letterhead.css", "cohort.css", "comparison.css") + style_rules(styles)
    return rendered_page(
        "comparison.html.j2",
        style=style + running_foot(comparison.title),
        script=template_text("comparison.js"),
        title=comparison.title,
        page_kind="comparison of plans",
        sections=[*sections, ("warnings", "Warnings")],
        comparison=comparison,
        letterhead=letterhead,
        headings=comparison.headings,
        keys=[key_of(each) for each in styles],
        styles=styles,
        bars=[limit_marks(row, styles) for row in comparison.rows],
        bar_axis=bar_axis(),
        plots=plots,
    )


def overlays(comparison: Comparison, styles: list[LineStyle]) -> Iterator[tuple[str, Markup]]:
    """(name, plot) of every structure with a limit that at least two plans draw."""
    curves: dict[str, list[tuple[LineStyle, Dvh]]] = {}
    for style, plan in zip(styles, comparison.plans, strict=True):
        for drawing in plan.report.drawings():
            curves.setdefault(drawing.name, []).append((style, drawing.dvh))
    limited = {row.structure for row in comparison.rows}
    return (
        (name, overlay(name, dvhs, comparison.unit))
        for name, dvhs in curves.items()
        if name in limited and len(dvhs) > 1
    )


def limit_marks(row: ComparedRow, styles: list[LineStyle]) -> Markup:
    """The plans' values as shares of the limit, of one by volume each of its own; nothing for a limit of zero."""
    goals = [each.result.goal for each in row.rows if each]
    if any(goal.limit <= 0 for goal in goals):
        return Markup("")
    shares = []
    for style, each in zip(styles, row.rows, strict=True):
        value = each.result.measurement.value if each else None
        share = value / each.result.goal.limit if each and value is not None else None
        shares.append((style, share, f"{each.value}, {each.word.text.lower()}" if each else ""))
    return marks_on_limit(shares, is_upper=goals[0].is_upper_limit)
