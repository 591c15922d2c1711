"""Report, Dvh -> a fragment of HTML for notebooks: a table and a plot, with every style inside."""

import numpy as np
from markupsafe import Markup

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.dvh import Curve, DvhPlot, dvh_plot
from rtcheck.report.charts.dvh_static import dvh_svg
from rtcheck.report.charts.palette import line_styles
from rtcheck.report.charts.svg import element, joined
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.rows import HEADINGS, RIGHT_ALIGNED, Row, rows
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.results import Report

_STEPS = 250


def report_fragment(report: Report) -> Markup:
    """The verdict with its reason, a row for each constraint, and the DVHs where there are any."""
    doubts = (piece for line in doubt_lines(report) for piece in (element("br"), f"! {line}"))
    verdict = element("p", element("b", report.verdict.replace("_", " ")), f": {report.reason}", *doubts)
    head = joined(element("th", heading, style="text-align:left") for heading in HEADINGS)
    body = joined(_row(row) for row in rows(report, verbose=False))
    table = element("table", element("thead", element("tr", head)), element("tbody", body))
    drawings = shown_drawings(report)
    plot = dvh_plot(report, drawings, line_styles([drawing.name for drawing in drawings]))
    return element("div", verdict, table, dvh_svg(plot) if plot else "")


def dvh_fragment(dvh: Dvh) -> Markup:
    """The curve of one structure under its volume and doses; a sentence where nothing lies in the dose."""
    if dvh.volume_inside_cc <= 0 or len(dvh.dose_gy) < 2:
        return element("p", f"A structure of {dvh.volume_cc:.4g} cc with nothing of it inside the dose grid.")
    numbers = (
        f"Volume {dvh.volume_cc:.4g} cc, mean {dvh.mean_gy:.4g} Gy, min {dvh.min_gy:.4g} Gy, max {dvh.max_gy:.4g} Gy"
    )
    return element("div", element("p", numbers), dvh_svg(_plot_of(dvh)))


def _plot_of(dvh: Dvh) -> DvhPlot:
    end_gy = round_up(dvh.max_gy)
    dose_gy = np.linspace(0.0, end_gy, _STEPS + 1)
    share = np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc, right=0.0) / dvh.volume_cc
    curve = Curve(
        style=line_styles(["DVH"])["DVH"],
        volume_percent=100 * share,
        band_percent=None,
        volume_cc=dvh.volume_cc,
        mean_gy=dvh.mean_gy,
        max_gy=dvh.max_gy,
        is_clipped=dvh.volume_outside_cc > 0,
        is_target=False,
        is_failing=False,
    )
    step_gy = end_gy / _STEPS
    return DvhPlot(curves=(curve,), markers=(), labels=(), dose_end_gy=end_gy, step_gy=step_gy, prescription_gy=None)


def _row(row: Row) -> Markup:
    sides = ("right" if is_right else "left" for is_right in RIGHT_ALIGNED)
    cells = (element("td", cell, style=f"text-align:{side}") for cell, side in zip(row.cells, sides, strict=True))
    return element("tr", joined(cells), title="; ".join(row.notes) or None)
