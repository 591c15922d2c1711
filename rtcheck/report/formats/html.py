"""Report -> one self-contained HTML page: no network, opens in any browser, prints on A4 and Letter."""

from typing import Any

from rtcheck.report.charts.bars import axis_end, bar_axis, row_bar
from rtcheck.report.charts.close_up import close_up
from rtcheck.report.charts.differences import difference_marks
from rtcheck.report.charts.dvh import DvhPlot, dvh_plot, plot_svg
from rtcheck.report.charts.palette import line_styles, style_rules
from rtcheck.report.charts.reach import reach_pictures
from rtcheck.report.charts.score_curve import score_curve
from rtcheck.report.formats.page import page_style, rendered_page, running_foot
from rtcheck.report.slices.pictures import pictures_of
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.tally import chips_of, not_met
from rtcheck.report.telling.telling import Telling
from rtcheck.report.templates import template_text
from rtcheck.results import Report

_MOST_BARS = 30  # of one chart of reach: more would be cut where the page is printed


def render(report: Report, *, anonymous: bool = False, style: ReportStyle = PLAIN) -> str:
    """The page as text; `anonymous` leaves out what identifies the patient, pictures too."""
    telling = told_in(report, style.unit, anonymous=anonymous)
    drawings = shown_drawings(report)
    styles = line_styles([each.name for each in drawings], {each.name: each.display_colour for each in drawings})
    plot = dvh_plot(report, drawings, styles, style.unit)
    pictures = None if anonymous else pictures_of(report, telling.shown_rows, drawings, styles, style.unit)
    rules = page_style("letterhead.css", "report.css") + style_rules(list(styles.values()))
    reach = reach_pictures(telling.reach.result, most=_MOST_BARS, unit=style.unit) if telling.reach else None
    return rendered_page(
        "report.html.j2",
        style=rules + (pictures.style if pictures else "") + running_foot(_running_foot(telling, style)),
        script=template_text("report.js"),
        title=telling.title,
        page_kind="plan constraint report",
        telling=telling,
        letterhead=style.letterhead,
        own_colours=style.own_colours,
        sections=_sections(telling, plot, has_pictures=bool(pictures)),
        plot=plot,
        plot_svg=plot_svg(plot) if plot else "",
        pictures=pictures,
        pictured=pictures.pictured if pictures else {},
        reach_pictures=reach[0] if reach else (),
        reach_beyond=reach[1] if reach else (),
        programs=list(dict.fromkeys(name for line in telling.checks for name, _, _ in line.others)),
        differences=[difference_marks([off for _, _, off in line.others]) for line in telling.checks],
        **_constraint_values(report, telling),
    )


def _running_foot(telling: Telling, style: ReportStyle) -> str:
    name = style.letterhead.name if style.letterhead else ""
    return " · ".join(filter(None, (name, telling.running_foot)))


def _constraint_values(report: Report, telling: Telling) -> dict[str, Any]:
    """What the constraint table's template needs besides the rows."""
    rows, end = telling.shown_rows, axis_end(report.results)
    return {
        "bar_axis": bar_axis(end),
        "bars": {row.key: row_bar(row.result, end) for row in rows},
        "score_curves": {row.key: score_curve(row.result) for row in rows},
        "closeups": {row.key: close_up(row.result, report.cross_checks) for row in rows},
        "margins": {row.key: _relative_margin(row) for row in rows},
        "chips": chips_of(rows),
        "not_met": not_met(rows),
        "has_uncertainty": any(row.uncertainty for row in rows),
        "has_band": any(row.band for row in rows),
        "has_bounds": any(row.bounds for row in rows),
        "has_variation": any(row.variation for row in rows),
    }


def _relative_margin(row: Row) -> str:
    """The margin as a share of the limit, to sort by; "" without one."""
    margin, limit = row.result.margin, row.result.goal.limit
    return "" if margin is None else f"{margin / abs(limit) if limit else margin:.5f}"


def _sections(telling: Telling, plot: DvhPlot | None, *, has_pictures: bool) -> list[tuple[str, str]]:
    present = {
        "constraints": ("Constraints", True),
        "curves": ("DVH", plot is not None),
        "where": ("Where", has_pictures),
        "plan-checks": ("Plan", bool(telling.plan_checks)),
        "eligibility": ("Eligibility", bool(telling.prescription or telling.eligibility)),
        "reach": ("Reach", telling.reach is not None),
        "robustness": ("Robustness", bool(telling.shifts)),
        "courses": ("Courses", bool(telling.courses)),
        "warnings": ("Warnings", True),
        "checks": ("Checks", bool(telling.checks)),
        "provenance": ("Provenance", True),
    }
    return [(id_, name) for id_, (name, is_there) in present.items() if is_there]
