"""A trial -> one page: the whole on top, then accrual, items, organ doses, sites and deviations; it loads nothing."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.batch.trial import telling
from rtcheck.batch.trial.analysis import NO_MONTH, Accrual, Funnel, ItemSummary, OrganDose, SiteSummary, Trial
from rtcheck.batch.trial.control import ControlChart
from rtcheck.batch.truth import telling as truth
from rtcheck.report.charts.accrual import accrual_plot
from rtcheck.report.charts.control import control_plot
from rtcheck.report.charts.funnel import funnel_plot
from rtcheck.report.charts.ranges import range_line
from rtcheck.report.charts.stacks import interval, stacked
from rtcheck.report.formats.page import page_style, rendered_page, running_foot
from rtcheck.report.telling.letterhead import Letterhead

TITLE = "Trial report"


def trial_page(trial: Trial, about: Sequence[tuple[str, str]], letterhead: Letterhead | None = None) -> str:
    """The page; `about` are lines of (label, text) on where the numbers come from."""
    failing, rest = telling.headline(trial)
    sections = [
        ("grades", "Benchmark cases", trial.grades is not None),
        ("accrual", "Accrual", bool(trial.accrual.months)),
        ("items", "Items", bool(trial.items)),
        ("doses", "Organ doses", bool(trial.doses)),
        ("charts", "Control charts", bool(trial.charts)),
        ("sites", "Sites", trial.has_sites),
        ("deviations", "Deviations", True),
        ("unchecked", "Not checked", bool(trial.unchecked)),
        ("provenance", "Provenance", True),
    ]
    foot = f"rtcheck {TITLE.lower()} · {trial.data_hash[:12]}"
    return rendered_page(
        "trial.html.j2",
        style=page_style("letterhead.css", "index.css", "trial.css") + running_foot(foot),
        script="",
        title=TITLE,
        page_kind="trial report",
        sections=[(key, name) for key, name, is_there in sections if is_there],
        trial=trial,
        failing=failing,
        rest=rest,
        telling=telling,
        truth=truth,
        total=stacked(_verdicts(trial.verdicts), label=failing + rest),
        accrual=accrual_svg(trial.accrual),
        items=[(item, _bar(item), _interval(item)) for item in trial.items],
        doses=[(each, _ranges(each)) for each in trial.doses],
        charts=[(each, control_svg(each)) for each in trial.charts],
        sites=[(site, stacked(_verdicts(site.verdicts), label=site.site)) for site in trial.sites],
        cells=[[_cell(site, number) for site in trial.sites] for number in range(len(trial.items))],
        funnel=funnel_svg(trial.funnel) if trial.funnel else None,
        about=about,
        letterhead=letterhead,
    )  # fmt: skip


def accrual_svg(accrual: Accrual) -> Markup | None:
    """The months as columns and all up to then as a line; None of fewer than two months."""
    months = [month for month in accrual.months if month != NO_MONTH]
    if len(months) < 2:
        return None
    counts = [sum(row[number] for row in accrual.counts) for number in range(len(months))]
    said = f"{accrual.cumulated[-1]} plans from {months[0]} to {months[-1]}"
    return accrual_plot(months, counts, accrual.cumulated, label=said)


def funnel_svg(funnel: Funnel) -> Markup:
    """The funnel plot of failing plans."""
    return funnel_plot(
        funnel.sites, funnel.sizes, funnel.limits, funnel.overall, beyond=funnel.beyond,
        label=f"Share of failing plans of {len(funnel.sites)} sites by number of plans, with limits",
    )  # fmt: skip


def control_svg(chart: ControlChart) -> Markup:
    """The control chart of one value."""
    points = [(each.month, each.plans, each.mean, each.low, each.high) for each in chart.months]
    outside = ", ".join(each.month for each in chart.outside) or "none"
    return control_plot(
        points, chart.centre, chart.unit, label=f"Control chart of {chart.name}; months outside the limits: {outside}"
    )


def _verdicts(number: dict[str, int]) -> list[tuple[str, int]]:
    return [(kind, number.get(verdict, 0)) for verdict, kind, _ in telling.VERDICTS if verdict != "excluded"]


def _bar(item: ItemSummary) -> Markup:
    return stacked(telling.counts_of(item), label=telling.counts_text(item), class_="stack it")


def _interval(item: ItemSummary) -> Markup:
    rate = item.met_rate
    return interval(rate.low, rate.share, rate.high, label=telling.rate_text(rate)) if rate else Markup("")


def _ranges(dose: OrganDose) -> list[Markup]:
    """The range of each arm, all on one axis."""
    end = max((spread.maximum for spread in dose.by_arm if spread), default=0.0)
    return [range_line(spread, end) if spread else Markup("") for spread in dose.by_arm]


def _cell(site: SiteSummary, number: int) -> tuple[str, str]:
    """(text, class by the share met) of one item at one site."""
    met, evaluated = site.met[number]
    if not evaluated:
        return "", "none"
    share = met / evaluated
    return telling.met_text(site, number), "all" if met == evaluated else "most" if share >= 0.8 else "few"
