"""Report, Dvh -> a fragment of HTML for notebooks: a table and a plot, with every style inside."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.dvh import Curve, DvhPlot, dvh_plot
from rtcheck.report.charts.dvh_static import dvh_svg
from rtcheck.report.charts.palette import line_styles
from rtcheck.report.charts.svg import element, joined
from rtcheck.report.formats import cells
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.report.telling.telling import telling_of
from rtcheck.results import Report

_STEPS = 250


def report_fragment(report: Report) -> Markup:
    """The verdict with its reason, a row for each constraint, and the DVHs where there are any."""
    telling = telling_of(report)
    names, is_right = cells.headings(telling.shown_rows)
    doubts = (piece for line in telling.doubt_lines for piece in (element("br"), f"! {line}"))
    verdict = element("p", element("b", telling.verdict.text), f": {telling.reason}", *doubts)
    head = joined(element("th", heading, style="text-align:left") for heading in names)
    body = joined(_row(row, names, is_right) for row in telling.shown_rows)
    table = element("table", element("thead", element("tr", head)), element("tbody", body))
    drawings = shown_drawings(report)
    plot = dvh_plot(report, drawings, line_styles([drawing.name for drawing in drawings]))
    return element("div", verdict, table, dvh_svg(plot) if plot else "")


def dvh_fragment(dvh: Dvh) -> Markup:
    """The curve of one structure under its volume and doses; a sentence where nothing lies in the dose."""
    if dvh.volume_inside_cc <= 0 or len(dvh.dose_gy) < 2:
        return element("p", f"A structure of {dvh.volume_cc:.4g} cc, entirely outside the dose grid.")
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


def _row(row: Row, names: Sequence[str], is_right: Sequence[bool]) -> Markup:
    told = zip(cells.cells(row, names), is_right, strict=True)
    columns = (element("td", cell, style=f"text-align:{'right' if right else 'left'}") for cell, right in told)
    return element("tr", joined(columns), title="; ".join(cells.notes(row, verbose=False)) or None)
