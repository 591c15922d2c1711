"""Report -> one self-contained HTML page: no network, opens in any browser, prints on A4 and Letter."""

from typing import Any

from rtcheck.report.charts.bars import bar_axis, row_bar
from rtcheck.report.charts.close_up import close_up
from rtcheck.report.charts.dvh import DvhPlot, dvh_plot, plot_svg
from rtcheck.report.charts.palette import line_styles, style_rules
from rtcheck.report.charts.reach import allowed_sentences, reach_picture
from rtcheck.report.formats.page import rendered_page, running_foot, template_text
from rtcheck.report.slices.pictures import pictures_of
from rtcheck.report.telling.outcomes import typeset
from rtcheck.report.telling.reserve import shifts_heading, tightest_lines, under_shifts
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.report.telling.telling import Content, content_of
from rtcheck.results import Report

_MIDDLE, _PER_FRACTION = 50.0, 100 / 0.06  # the axis of differences runs from -3 % to +3 %


def render(report: Report, *, anonymous: bool = False) -> str:
    """The page as text; `anonymous` leaves out what identifies the patient, pictures too."""
    content = content_of(report, anonymous=anonymous)
    drawings = shown_drawings(report)
    styles = line_styles([drawing.name for drawing in drawings])
    plot = dvh_plot(report, drawings, styles)
    pictures = None if anonymous else pictures_of(report, content.rows, drawings, styles)
    reach = report.isotoxic
    style = template_text("page.css") + template_text("report.css") + style_rules(list(styles.values()))
    return rendered_page(
        "report.html.j2",
        style=style + (pictures.style if pictures else "") + running_foot(content.running_foot),
        script=template_text("report.js"),
        content=content,
        sections=_sections(content, plot, bool(pictures), bool(reach)),
        plot=plot,
        plot_svg=plot_svg(plot) if plot else "",
        pictures=pictures,
        pictured=pictures.pictured if pictures else {},
        reach=reach,
        reach_picture=reach_picture(reach) if reach else "",
        allowed=allowed_sentences(reach) if reach else (),
        typeset=typeset,
        tightest=tightest_lines(report),
        shifts_heading=shifts_heading(report),
        under_shifts=under_shifts(report),
        programs=_programs(content),
        difference_at=_difference_at,
        **constraint_values(content),
    )


def constraint_values(content: Content) -> dict[str, Any]:
    """What the constraint table's template needs besides the rows."""
    checks = content.report.cross_checks
    return {
        "bar_axis": bar_axis(),
        "bars": {row.key: row_bar(row.result) for row in content.rows},
        "closeups": {row.key: close_up(row.result, checks) for row in content.rows},
        "has_uncertainty": any(row.uncertainty for row in content.rows),
        "has_band": any(row.band for row in content.rows),
        "has_bounds": any(row.bounds for row in content.rows),
    }


def _sections(content: Content, plot: DvhPlot | None, has_pictures: bool, has_reach: bool) -> list[tuple[str, str]]:
    present = {
        "constraints": ("Constraints", True),
        "curves": ("DVH", plot is not None),
        "where": ("Where", has_pictures),
        "eligibility": ("Eligibility", bool(content.prescription or content.eligibility)),
        "reach": ("Reach", has_reach),
        "robustness": ("Robustness", content.report.robustness is not None),
        "warnings": ("Warnings", True),
        "checks": ("Checks", bool(content.checks)),
        "provenance": ("Provenance", True),
    }
    return [(id_, name) for id_, (name, is_there) in present.items() if is_there]


def _programs(content: Content) -> list[str]:
    return list(dict.fromkeys(name for line in content.checks for name, _, _ in line.others))


def _difference_at(difference: float) -> str:
    return f"{min(max(_MIDDLE + _PER_FRACTION * difference, 0), 100):.1f}%"
