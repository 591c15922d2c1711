"""Cohort summaries -> one page with box plots and DVH bands, and a CSV table."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from rtcheck.batch.cohort import ConstraintSummary, DvhBand
from rtcheck.batch.outcomes.analysis import Outcomes
from rtcheck.batch.outcomes.told import count_text, dose_response_lines, median_text
from rtcheck.batch.score_ranks import RankedPlan
from rtcheck.csv_table import table_text
from rtcheck.protocol.file.volume_table import goal_of_label
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.palette import LineStyle, line_styles, style_rules
from rtcheck.report.charts.ranges import place_on, range_line
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH, small_grid
from rtcheck.report.charts.survival import survival_plot
from rtcheck.report.charts.svg import element
from rtcheck.report.formats.page import page_style, rendered_page
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.units import PER_GY, DoseUnit

CSV_COLUMNS = (
    "protocol", "group", "structure", "goal", "unit", "plans", "evaluated", "met", "variation", "violated",
    "not_evaluated", "minimum", "lower_quartile", "median", "upper_quartile", "maximum", "outliers",
)  # fmt: skip


def cohort_csv(summaries: Sequence[ConstraintSummary], unit: DoseUnit = "Gy") -> str:
    """One row per constraint and group."""
    return table_text(CSV_COLUMNS, (_csv_row(each.shown_in(unit)) for each in summaries))


def cohort_page(
    title: str,
    summaries: Sequence[ConstraintSummary],
    bands: Sequence[DvhBand],
    *,
    plans: int,
    incomplete: Sequence[str] = (),
    outcomes: Outcomes | None = None,
    ranked: Sequence[RankedPlan] = (),
    style: ReportStyle = PLAIN,
) -> str:
    """The page, with doses in the unit of the style; needs no script and loads nothing."""
    summaries = [each.shown_in(style.unit) for each in summaries]
    rows = [{"summary": each, "box": box_plot(each), "share": _share(each)} for each in summaries]
    groups = sorted({curve.group for each in outcomes.survival for curve in each.curves} if outcomes else ())
    styles = line_styles(sorted({band.structure for band in bands} | set(groups)))
    plots = [
        {"band": band, "svg": band_plot(band, styles[band.structure], style.unit)} for band in bands if band.plans > 1
    ]
    rules = page_style("letterhead.css", "cohort.css") + style_rules(list(styles.values()))
    sections = [("constraints", "Constraints"), *([("curves", "DVH")] if plots else [])]
    sections += [("scores", "Scores")] if ranked else []
    sections += [("outcomes", "Outcomes")] if outcomes else []
    return rendered_page(
        "cohort.html.j2", style=rules, script="", title=title, page_kind="cohort", sections=sections, rows=rows,
        plots=plots, plans=plans, incomplete=incomplete, ranked=ranked, outcomes=outcomes,
        survival=_survival_plots(outcomes, styles) if outcomes else [],
        letterhead=style.letterhead, dose_response_lines=dose_response_lines, median_text=median_text,
        count_text=count_text,
    )  # fmt: skip


def _survival_plots(outcomes: Outcomes, styles: Mapping[str, LineStyle]) -> list[dict[str, object]]:
    """Each endpoint with its plot, and each of its curves with its line style."""
    return [
        {
            "survival": each,
            "svg": survival_plot(
                [
                    (styles[c.group].key, styles[c.group].dash, list(zip(c.months, c.survival, strict=True)))
                    for c in each.curves
                ],
                label=f"{each.endpoint}, Kaplan-Meier curves of {', '.join(c.group for c in each.curves)}",
            ),
            "curves": [(styles[curve.group], curve) for curve in each.curves],
        }
        for each in outcomes.survival
    ]


def box_plot(summary: ConstraintSummary) -> Markup:
    """Whiskers over the whole range, the box of the quartiles, the median, outliers as dots, and the limit."""
    spread = summary.distribution
    if spread is None:
        return Markup("")
    goal, is_by_volume = goal_of_label(summary.goal)
    limit = goal.limit * (PER_GY["cGy"] if summary.unit == "cGy" else 1)
    end = round_up(spread.maximum if is_by_volume else max(spread.maximum, limit))

    dots = [element("circle", class_="dot", cx=place_on(end, value), cy="50%", r=3) for _, value in summary.outliers]
    if is_by_volume:
        return range_line(spread, end, *dots, class_="boxplot", thickness=50, told=", each plan with its own limit")
    at_limit = place_on(end, limit)
    line = element("line", class_="limit", x1=at_limit, x2=at_limit, y1="0", y2="100%")
    return range_line(spread, end, *dots, line, class_="boxplot", thickness=50, told=f", limit {limit:g}")


def band_plot(band: DvhBand, style: LineStyle, unit: DoseUnit = "Gy") -> Markup:
    """The median DVH with the band of the 10th to the 90th percentile."""
    end = round_up(float(band.dose_gy[-1]))

    def points(volume: Sequence[float]) -> list[str]:
        return [
            f"{dose / end * WIDTH:.1f},{(1 - share) * HEIGHT:.1f}"
            for dose, share in zip(band.dose_gy.tolist(), volume, strict=True)
        ]

    outline = "M" + " ".join([*points(band.high.tolist()), *reversed(points(band.low.tolist()))]) + "Z"
    curve = "M" + " ".join(points(band.median.tolist()))
    return element(
        "svg",
        *small_grid(end, unit),
        element("path", class_="band", d=outline),
        element("path", class_="curve c", d=curve, fill="none", stroke_dasharray=style.dash or None),
        viewBox=VIEW_BOX, class_=f"bandplot {style.key}", role="img",
        aria_label=f"DVH of {band.structure} over {band.plans} plans: median and 10 to 90 percent",
    )  # fmt: skip


def _share(summary: ConstraintSummary) -> str:
    """ "38 of 40 (95 %)"; a share of nothing is none."""
    if not summary.evaluated:
        return "none evaluated"
    met = summary.met + summary.variation
    return f"{met} of {summary.evaluated} ({100 * met / summary.evaluated:.0f} %)"


def _csv_row(summary: ConstraintSummary) -> tuple[str | float | None, ...]:
    spread = summary.distribution
    five = (
        (spread.minimum, spread.lower_quartile, spread.median, spread.upper_quartile, spread.maximum)
        if spread
        else (None,) * 5
    )
    return (
        summary.protocol, summary.group, summary.structure, summary.goal, summary.unit, summary.plans,
        summary.evaluated, summary.met, summary.variation, summary.violated, summary.not_evaluated, *five,
        "; ".join(f"{plan}: {value:.6g}" for plan, value in summary.outliers),
    )  # fmt: skip
