"""A trial in words and plain tables: what the page, the PDF and the workbook share."""

from collections.abc import Iterator, Sequence

from rtcheck.batch.cohort import Distribution
from rtcheck.batch.rates import Rate
from rtcheck.batch.trial.analysis import ACTION, NO_MONTH, WARNING, ItemSummary, SiteSummary, Trial
from rtcheck.batch.trial.control import ENOUGH_MONTHS
from rtcheck.batch.trial.plans import Item, TrialPlan
from rtcheck.batch.truth import telling as truth
from rtcheck.batch.truth.accepted import WORST_FIRST
from rtcheck.report.telling.outcomes import Kind
from rtcheck.report.telling.words import counted, typeset
from rtcheck.units import amount_text
from rtcheck.values import dataclass

Cell = str | float | None

VERDICTS: tuple[tuple[str, Kind, str], ...] = (
    ("fail", "over", "fail"),
    ("not_evaluated", "ne", "not evaluated"),
    ("error", "ne", "error or missing"),
    ("variation", "var", "pass with variation"),
    ("pass", "met", "pass"),
    ("excluded", "na", "excluded"),
)
OUTCOMES: tuple[tuple[str, Kind, str], ...] = (
    ("violated", "over", "Violated"),
    ("waived", "waived", "Waived"),
    ("variation", "var", "Variation"),
    ("not_evaluated", "ne", "Not evaluated"),
    ("met", "met", "Met"),
)
WORDS = {outcome: (kind, word) for outcome, kind, word in OUTCOMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTable:
    """A table with its title; `note` states what it shows, `widths` are of its columns in characters.

    `kept_columns`: after so many it has a column for each month or site, however many there are; else 0.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    note: str = ""
    kept_columns: int = 0


def headline(trial: Trial) -> tuple[str, str]:
    """(what fails, the rest): "4 of 48 plans fail", "; 41 pass, 3 could not be evaluated"."""
    number = trial.verdicts
    total = sum(number.values()) - number["excluded"]
    failing = f"{number['fail']} of {counted(total, 'plan')} {'fails' if number['fail'] == 1 else 'fail'}"
    passing = number["pass"] + number["variation"]
    variations = f", {number['variation']} of them with a variation" if number["variation"] else ""
    rest = [f"{passing} {'passes' if passing == 1 else 'pass'}{variations}"]
    unknown = number["not_evaluated"] + number["error"]
    rest += [f"{unknown} could not be evaluated"] if unknown else []
    rest += [f"{number['excluded']} excluded"] if number["excluded"] else []
    return failing, "; ".join(("", *rest))


def summary(trial: Trial) -> str:
    """What the trial consists of: protocols, sites, arms, months, deviations."""
    months = [month for month in trial.accrual.months if month != NO_MONTH]
    parts = [", ".join(trial.protocols)]
    parts += [counted(len(trial.sites), "site")] if trial.has_sites else []
    parts += [counted(len(trial.arms), "arm")] if len(trial.arms) > 1 else []
    parts += [f"{months[0]} to {months[-1]}" if len(months) > 1 else months[0]] if months else []
    waived = sum(each.item.outcome == "waived" for each in trial.deviations)
    parts.append(counted(len(trial.deviations), "deviation") + (f", {waived} with a waiver" if waived else ""))
    return " · ".join(filter(None, parts))


def rate_text(rate: Rate | None) -> str:
    """ "94 % (86 to 98 %)"."""
    if rate is None:
        return "none evaluated"
    return f"{100 * rate.share:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f} %)"


def spread_text(spread: Distribution | None) -> str:
    """ "18.9 (12.0 to 23.4)"."""
    return "" if spread is None else f"{spread.median:.1f} ({spread.minimum:.1f} to {spread.maximum:.1f})"


def off_text(item: Item) -> str:
    """By how much an item misses its limit: "3.35 Gy over"."""
    if item.margin is None or item.margin >= 0:
        return ""
    return f"{amount_text(-item.margin, item.unit)} off"


def funnel_text(trial: Trial) -> str:
    """What the funnel plot shows, or why there is none."""
    funnel = trial.funnel
    if funnel is None:
        return "No funnel plot: it needs three sites and both failing and passing plans."
    said = (
        f"{100 * funnel.overall:.0f} % of the plans with a verdict fail. By chance alone a site lies within the inner "
        f"limits with {100 * WARNING:.0f} % and within the outer ones with {100 * ACTION:.1f} % probability (exact "
        "binomial)."
    )
    outside = ", ".join(funnel.beyond)
    return f"{said} Outside the inner limits: {outside}." if outside else f"{said} No site lies outside."


def tables(trial: Trial, about: Sequence[tuple[str, str]]) -> Iterator[TrialTable]:
    """Every table of the report, in its order; empty ones are left out."""
    found = (
        _grades(trial), _open_values(trial),
        _accrual(trial), _items(trial), _doses(trial), _charts(trial), _sites(trial), _site_items(trial),
        _deviations(trial), _unchecked(trial), _plans(trial),
        TrialTable(title="Provenance", headings=("", ""), rows=tuple(about), widths=(20, 110)),
    )  # fmt: skip
    return (table for table in found if table.rows)


def _grades(trial: Trial) -> TrialTable:
    grades = trial.grades
    return TrialTable(
        title="Benchmark cases",
        headings=("Case", "Site", "Plan", "Grade", *(grade.capitalize() for grade in WORST_FIRST), "Reason"),
        rows=tuple(
            (sent.case, sent.site, sent.plan, sent.grade, *(sent.counts[grade] for grade in WORST_FIRST), sent.reason)
            for sent in (grades.submissions if grades else ())
        ),
        widths=(20, 16, 24, 20, 13, 13, 13, 13, 26),
        note=truth.summary(grades) if grades else "",
    )


def _open_values(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Differences from the truth",
        headings=("Case", "Site", "Plan", "Value", "Found", "Expected", "Grade"),
        rows=tuple(
            (sent.case, sent.site, sent.plan, each.column.name, each.found, each.expected, each.grade)
            for sent, each in (truth.open_values(trial.grades) if trial.grades else ())
        ),
        widths=(18, 16, 22, 26, 18, 24, 18),
        note="Every value of a benchmark case that is not per protocol.",
    )


def accrual_text(trial: Trial) -> str:
    """What the accrual counts."""
    several = trial.with_several_plans
    each = f" {counted(several, 'patient')} with several plans: each plan counts." if several else ""
    return f"Plans by site and month of enrolment; where that is not given, the month of the plan.{each}"


def _accrual(trial: Trial) -> TrialTable:
    accrual = trial.accrual
    by_site = zip(accrual.sites, accrual.counts, strict=True)
    rows: list[tuple[Cell, ...]] = [(site, sum(row), *row) for site, row in by_site]
    totals = [sum(row[n] for row in accrual.counts) for n in range(len(accrual.months))]
    rows += [("All sites", sum(totals), *totals)] if len(rows) > 1 else []
    return TrialTable(
        title="Accrual",
        headings=("Site", "Total", *accrual.months),
        rows=tuple(rows),
        widths=(22, 8, *(9 for _ in accrual.months)),
        note=accrual_text(trial),
        kept_columns=2,
    )


def _items(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Items of the protocol",
        headings=(
            "Item", "Kind", "Protocol", "Met", "Variation", "Violated", "Waived", "Not evaluated", "Met (95 % CI)",
            "Violated (95 % CI)",
        ),
        rows=tuple(
            (
                typeset(item.name), item.kind, item.protocol, item.met, item.variation, item.violated, item.waived,
                item.not_evaluated, rate_text(item.met_rate), rate_text(item.violated_rate),
            )
            for item in trial.items
        ),
        widths=(34, 13, 12, 7, 12, 11, 10, 12, 26, 26),
        note="Rates are of the plans in which the item was evaluated, with exact intervals; waived counts as violated.",
    )  # fmt: skip


def _doses(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Organ doses",
        headings=("Structure", "Metric", "Unit", *(f"{arm}: {what}" for arm in trial.arms for what in ("n", "median"))),
        rows=tuple(
            (
                each.structure, typeset(each.metric), each.unit,
                *(cell for spread in each.by_arm for cell in (spread.count if spread else 0, spread_text(spread))),
            )
            for each in trial.doses
        ),
        widths=(20, 14, 7, *(width for _ in trial.arms for width in (6, 24))),
        note="Median and range over the plans of each arm.",
    )  # fmt: skip


def charts_text(trial: Trial) -> str:
    """What the control charts show."""
    months = max((len(chart.months) for chart in trial.charts), default=0)
    provisional = f"; with {months} months they are provisional" if months < ENOUGH_MONTHS else ""
    return (
        "Mean of the plans of each month. Limits: three standard deviations of the mean, by the spread within months; "
        f"of failing plans 99.8 % of the binomial{provisional}."
    )


def _charts(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Control charts",
        headings=("Value", "Unit", "Months", "Plans", "Mean", "Limits of the last month", "Outside"),
        rows=tuple(
            (
                typeset(each.name), each.unit, len(each.months), sum(month.plans for month in each.months),
                f"{each.centre:.2f}", f"{each.months[-1].low:.2f} to {each.months[-1].high:.2f}",
                "; ".join(f"{month.month}: {month.mean:.2f}" for month in each.outside) or "none",
            )
            for each in trial.charts
        ),
        widths=(30, 7, 8, 8, 10, 26, 40),
        note=charts_text(trial) if trial.charts else "",
    )  # fmt: skip


def _sites(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Sites",
        headings=("Site", "Plans", *(word.capitalize() for _, _, word in VERDICTS), "Deviations", "Failing (95 % CI)"),
        rows=tuple(
            (
                site.site, site.plans, *(site.verdicts[verdict] for verdict, _, _ in VERDICTS), site.deviations,
                rate_text(site.fail_rate),
            )
            for site in trial.sites
        ),
        widths=(22, 8, *(12 for _ in VERDICTS), 11, 22),
        note=funnel_text(trial) if trial.has_sites else "",
    )  # fmt: skip


def _site_items(trial: Trial) -> TrialTable:
    rows = [
        (item_text(trial, item.protocol, item.name), *(met_text(site, number) for site in trial.sites))
        for number, item in enumerate(trial.items)
    ]
    return TrialTable(
        title="Sites side by side",
        headings=("Item", *(site.site for site in trial.sites)),
        rows=tuple(rows) if len(trial.sites) > 1 else (),
        widths=(40, *(14 for _ in trial.sites)),
        note="Plans that meet each item, of those in which it was evaluated.",
        kept_columns=1,
    )


def met_text(site: SiteSummary, number: int) -> str:
    """ "8/9": plans of a site that meet an item; "" where it was never evaluated."""
    met, evaluated = site.met[number]
    return f"{met}/{evaluated}" if evaluated else ""


def item_text(trial: Trial, protocol: str, name: str) -> str:
    """The item, with its protocol where the trial has several."""
    return typeset(name) + (f" ({protocol})" if len(trial.protocols) > 1 else "")


def _deviations(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Deviations",
        headings=("Plan", "Site", "Arm", "Item", "Found", "Off by", "Outcome", "Waiver"),
        rows=tuple(
            (
                each.plan.name, each.plan.site, each.plan.arm,
                item_text(trial, each.plan.protocol, each.item.name), each.item.found, off_text(each.item),
                WORDS[each.item.outcome][1], each.item.waiver,
            )
            for each in trial.deviations
        ),
        widths=(24, 14, 12, 32, 14, 15, 12, 40),
        note="Every item of every plan that is not met, with its waiver.",
    )  # fmt: skip


def _unchecked(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Not checked",
        headings=("Plan", "Site", "Arm", "What", "Reason"),
        rows=tuple((p.name, p.site, p.arm, p.status, p.reason) for p in trial.unchecked),
        widths=(26, 14, 12, 12, 80),
    )


def _plans(trial: Trial) -> TrialTable:
    return TrialTable(
        title="Plans",
        headings=("Plan", "Label", "Site", "Arm", "Month", "Protocol", "Verdict", "In doubt", "Reason"),
        rows=tuple(_plan(plan) for plan in trial.plans),
        widths=(30, 16, 16, 14, 10, 14, 14, 9, 80),
    )


def _plan(plan: TrialPlan) -> tuple[Cell, ...]:
    verdict = plan.verdict.replace("_", " ") if plan.is_checked else plan.status
    doubt = "yes" if plan.is_in_doubt else ""
    return plan.name, plan.label, plan.site, plan.arm, plan.month, plan.protocol, verdict, doubt, plan.reason


def counts_of(item: ItemSummary) -> list[tuple[Kind, int]]:
    """(kind, plans) of an item, worst first: the pieces of its bar."""
    return [(kind, getattr(item, outcome)) for outcome, kind, _ in OUTCOMES]


def counts_text(item: ItemSummary) -> str:
    """ "2 violated, 1 waived, 45 met"."""
    numbers = ((getattr(item, outcome), word.lower()) for outcome, _, word in OUTCOMES)
    return ", ".join(f"{number} {word}" for number, word in numbers if number)
