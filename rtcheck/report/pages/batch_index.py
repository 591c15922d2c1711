"""Many plans -> one page: which fail and why, each constraint over all plans, a table to sort and filter."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from rtcheck.report.charts.strips import Strip, strip_axis, strip_svg, strips_of
from rtcheck.report.charts.svg import element, percent
from rtcheck.report.formats.page import page_style, rendered_page, running_foot
from rtcheck.report.telling import amounts, outcomes, words
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.outcomes import RANKS, Kind
from rtcheck.report.telling.tally import QUIET
from rtcheck.report.templates import template_text
from rtcheck.results import Report, Result
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass

_MOST_MARKS = 14  # more would make a row of several lines; the rest is counted
_STRIP_WORDS: dict[Kind, str] = {
    "over": "violated",
    "edge": "borderline",
    "var": "within variation",
    "waived": "waived",
    "ne": "not evaluated",
    "na": "not applicable",
}
_NEAR, _BEYOND = 0.30, 0.08  # the tightest constraint's bar runs from -30 % of the limit to +8 %


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMark:
    """One constraint of one plan: `share` is the value over its limit, `margin` a share of the limit (> 0 to spare)."""

    structure: str
    goal: str
    kind: Kind
    word: str
    value: str = ""
    margin_text: str = ""
    share: float | None = None
    margin: float | None = None
    is_upper: bool = True
    reason: str = ""

    @property
    def text(self) -> str:
        """ "Stomach Dmax < 54 Gy: Violated, 55.20 Gy": what pointing at the mark shows."""
        return f"{self.structure} {self.goal}: " + ", ".join(filter(None, (self.word, self.value or self.reason)))

    @property
    def metric(self) -> str:
        """The goal without its limit: the limits of a column stand on one line already."""
        return re.split(" [<>≤≥]", self.goal)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One plan: `name` is what the row is called, `href` its report. Plans without a report say why in `reason`."""

    name: str
    plan: str = ""
    href: str = ""
    kind: Kind
    word: str
    marks: tuple[IndexMark, ...] = ()
    dose_gy: float | None = None
    date: str = ""
    reason: str = ""
    doubts: str = ""

    def count(self, *kinds: Kind) -> int:
        return sum(mark.kind in kinds for mark in self.marks)

    @property
    def shown_marks(self) -> tuple[IndexMark, ...]:
        """The marks in protocol order; where they are many only those that are not plainly met."""
        if len(self.marks) <= _MOST_MARKS:
            return self.marks
        return tuple(mark for mark in self.marks if mark.kind not in QUIET)[:_MOST_MARKS]

    @property
    def told_of_hidden_marks(self) -> str:
        """ "3 more, met": the marks that are not shown, and what they are where no reader need look at them."""
        shown = set(map(id, self.shown_marks))
        hidden = Counter(mark.kind for mark in self.marks if id(mark) not in shown)
        if not hidden.keys() <= QUIET:
            return f"{hidden.total()} more"
        return f"{hidden.total()} more, {'met or not applicable' if hidden['na'] else 'met'}"

    @property
    def tightest(self) -> IndexMark | None:
        """The constraint with the least to spare, or the most over."""
        valued = [mark for mark in self.marks if mark.margin is not None and mark.kind not in ("ne", "na")]
        return min(valued, key=lambda mark: mark.margin or 0.0, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many plans are not excluded, and how many checks came to which verdict."""

    plans: int
    words: Counter[tuple[Kind, str]]

    def of_kind(self, kind: Kind) -> int:
        return sum(number for (each, _), number in self.words.items() if each == kind)


def index_row(report: Report, *, name: str = "", href: str = "") -> IndexRow:
    """The row of one checked plan; its name is the patient's ID where none is given."""
    plan, word = report.case.plan, outcomes.verdict_word(report)
    prescription = plan.prescription if plan else None
    return IndexRow(
        name=name or report.case.patient.id or "unnamed",
        plan=plan.label if plan else "",
        href=href,
        kind=word.kind,
        word=word.text.capitalize(),
        marks=tuple(index_mark(result) for result in report.results),
        dose_gy=prescription.dose_gy if prescription else None,
        date=plan.planned_on.isoformat() if plan and plan.planned_on else "",
        reason="" if report.verdict == "pass" else report.reason,
        doubts=" ".join(doubt_lines(report)),
    )


def index_mark(result: Result) -> IndexMark:
    """The mark of one result."""
    word, goal, measurement = outcomes.result_word(result), result.goal, result.measurement
    value, limit, stated = measurement.value, goal.limit, result.goal_of_any_plan
    has_share = value is not None and limit > 0
    reasons = [match.reason for match in result.matched if match.reason]
    return IndexMark(
        structure=result.structure,
        goal=words.typeset(stated) if stated != goal.text else words.goal_text(goal, measurement),
        kind=word.kind,
        word=word.text,
        value="" if value is None else amounts.bounds_text(measurement) or amounts.value_text(measurement, limit=limit),
        margin_text=amounts.margin_text(result.margin, goal),
        share=value / limit if has_share and value is not None else None,
        margin=result.margin / limit if has_share and result.margin is not None else None,
        is_upper=goal.is_upper_limit,
        reason=(reasons or [measurement.undefined or ""])[0],
    )


def render_index(
    rows: Iterable[IndexRow],
    *,
    protocol: str = "",
    command: str = "",
    about: Sequence[tuple[str, str]] = (),
    date_heading: str = "Date",
    live_s: int = 0,
    unit: DoseUnit = "Gy",
    totals: Totals | None = None,
) -> str:
    """The page. `about` are lines of (label, text) on the run; `date_heading` tells which date the rows have.

    `unit` is that of their texts. `totals` are of all, where there are more than the rows, or several of one plan.
    Rows come worst first. With `live_s` the page loads itself again after so many seconds, unless it is being used.
    """
    plans = sorted(rows, key=_worst_first)
    strips = strips_of([(row.name, row.marks) for row in plans])
    if totals is None:
        totals = Totals(plans=len(plans), words=Counter((row.kind, row.word) for row in plans))
    counts = [(*each, totals.words[each]) for each in sorted(totals.words, key=lambda each: RANKS[each[0]])]
    failing = tuple(row.name for row in plans if row.kind == "over")
    return rendered_page(
        "index.html.j2",
        style=page_style("index.css") + running_foot(f"rtcheck batch · {protocol}"),
        script=template_text("index.js"),
        unit=unit,
        per_gy=PER_GY[unit],
        title=f"rtcheck batch: {_said(totals)}",
        page_kind="batch report",
        sections=_sections(has_strips=bool(strips), has_run=bool(command or about)),
        protocol=protocol,
        plans=plans,
        counts=counts,
        total=totals.words.total(),
        said=_said(totals),
        failing=words.listed(failing, most=8, of=totals.of_kind("over")),
        strips=[(strip, strip_svg(strip), _strip_counts(strip)) for strip in strips],
        strip_axis=strip_axis(),
        bars=[_tightest_bar(row.tightest) for row in plans],
        sort_keys=[json.dumps(_sort_keys(row)) for row in plans],
        command=command,
        about=about,
        date_heading=date_heading,
        live_s=live_s,
    )


def _sections(*, has_strips: bool, has_run: bool) -> list[tuple[str, str]]:
    present = {"plans": ("Plans", True), "cohort": ("Cohort", has_strips), "run": ("Run", has_run)}
    return [(id_, name) for id_, (name, is_there) in present.items() if is_there]


def _worst_first(row: IndexRow) -> tuple[int, float, str]:
    tightest = row.tightest
    return (RANKS[row.kind], tightest.margin or 0.0 if tightest else 0.0, row.name)


def _sort_keys(row: IndexRow) -> list[str | float | None]:
    """In the order of the columns that sort: name, verdict, met, violated, not evaluated, margin, dose, date."""
    margin = row.tightest.margin if row.tightest else None
    met = row.count("met", "edge", "var")
    return [row.name, RANKS[row.kind], met, row.count("over"), row.count("ne"), margin, row.dose_gy, row.date]


def _said(totals: Totals) -> str:
    """ "5 of 24 plans fail; 16 pass; 3 could not be evaluated in full"; of several checks of a plan, of checks."""
    number = {kind: totals.of_kind(kind) for kind in RANKS}
    passing = number["met"] + number["edge"] + number["var"]
    total = totals.words.total() - number["na"]
    what = ("" if total == totals.plans else f"{total} checks of ") + words.counted(totals.plans, "plan")
    parts = [f"{number['over']} of {what} {'fails' if number['over'] == 1 else 'fail'}"]
    close = f", {number['edge']} of them borderline" if number["edge"] else ""
    parts += [f"{passing} pass{'es' if passing == 1 else ''}{close}"] if passing else []
    parts += [f"{number['ne']} could not be evaluated in full"] if number["ne"] else []
    parts += [f"{number['na']} excluded"] if number["na"] else []
    return "; ".join(parts)


def _strip_counts(strip: Strip) -> list[tuple[Kind, str]]:
    counted = [(kind, sum(mark.kind == kind for _, mark in strip.marks)) for kind in _STRIP_WORDS]
    return [(kind, f"{count} {_STRIP_WORDS[kind]}") for kind, count in counted if count]


def _tightest_bar(mark: IndexMark | None) -> Markup:
    """The margin of the tightest constraint on either side of its limit."""
    if mark is None or mark.margin is None:
        return Markup("")
    limit = _NEAR / (_NEAR + _BEYOND)
    at = min(max((_NEAR - mark.margin) / (_NEAR + _BEYOND), 0.0), 1.0)
    start, end = sorted((at, limit))
    kind = {"over": "b-over", "waived": "b-edge", "var": "b-edge", "edge": "b-edge"}.get(mark.kind, "b-met")
    return element(
        "svg",
        element("rect", class_="zone", x=percent(limit), width=percent(1 - limit), height="100%"),
        element(
            "rect",
            class_=kind,
            x=percent(start),
            width=percent(max(end - start, 0.008)),
            y="50%",
            height=10,
            transform="translate(0,-5)",
        ),
        element("line", class_="lim", x1=percent(limit), x2=percent(limit), y2="100%"),
        aria_hidden="true",
    )
