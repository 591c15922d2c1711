"""A result -> its bar against the limit, as a share of it (SVG in percent: text keeps its size at every width)."""

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent
from rtcheck.report.telling import outcomes
from rtcheck.results import Result

AXIS_END = 1.12  # of the limit: the limits of all rows stand on one vertical line
_LIMIT_AT = 1 / AXIS_END
_THIN = 0.005


def row_bar(result: Result) -> Markup:
    """The value as a share of its limit: grey, red beyond the limit; for lower bounds red where it falls short."""
    is_upper = result.goal.is_upper_limit
    zone = (
        element("rect", class_="zone", x=percent(_LIMIT_AT), width=percent(1 - _LIMIT_AT), height="100%")
        if is_upper
        else element("rect", class_="zone", width=percent(_LIMIT_AT), height="100%")
    )
    limit = element("line", class_="lim", x1=percent(_LIMIT_AT), x2=percent(_LIMIT_AT), y2="100%")
    base = element("line", class_="base", x1=0, x2=0, y2="100%")
    marks = _bar_marks(result) if result.goal.limit > 0 else []
    return element("svg", zone, base, *marks, limit, aria_hidden="true")


def _bar_marks(result: Result) -> list[Markup]:
    measurement, goal = result.measurement, result.goal
    if measurement.value is None:
        return [_bound(measurement.bounds[1] / goal.limit)] if measurement.bounds else []
    share = measurement.value / goal.limit
    marks = []
    if measurement.bounds and measurement.bounds[1] > measurement.bounds[0]:
        marks.append(_bound(measurement.bounds[1] / goal.limit))
    if measurement.low is not None and measurement.high is not None:
        low, high = _on_axis(measurement.low / goal.limit), _on_axis(measurement.high / goal.limit)
        marks.append(_rect("cb", low, max(high, low + _THIN), height=20))
    kind = outcomes.result_word(result).kind
    marks.append(
        _rect("b-edge" if kind == "edge" else "b-met", 0, _on_axis(min(share, 1) if goal.is_upper_limit else share))
    )
    if goal.is_upper_limit and share > 1:
        marks.append(_rect("b-over", _LIMIT_AT, max(_on_axis(share), _LIMIT_AT + _THIN)))
    if not goal.is_upper_limit and share < 1:
        marks.append(_rect("b-short", _on_axis(share), _LIMIT_AT))
    if share > AXIS_END:
        marks.append(
            element("svg", element("path", class_="more", d="M-9 -5-3 0-9 5"), x="100%", y="50%", overflow="visible")
        )
    elif measurement.uncertainty is not None:
        half = measurement.uncertainty / goal.limit
        ends = (percent(_on_axis(share - half)), percent(_on_axis(share + half)))
        marks.append(element("line", class_="un", x1=ends[0], x2=ends[1], y1="50%", y2="50%"))
    return marks


def _bound(share: float) -> Markup:
    return element(
        "rect", class_="hatch", x=1, width=percent(_on_axis(share)), y="50%", height=10, transform="translate(0,-5)"
    )


def _rect(kind: str, start: float, end: float, *, height: int = 10) -> Markup:
    return element(
        "rect", class_=kind, x=percent(start), width=percent(max(end - start, 0)), y="50%", height=height,
        transform=f"translate(0,-{height // 2})",
    )  # fmt: skip


def _on_axis(share: float) -> float:
    return min(max(share / AXIS_END, 0.0), 1.0)


def bar_axis() -> Markup:
    """The scale over the bars: 0, 25, 50 %, 75, limit."""
    marks = (
        (0, "0", "start", ""),
        (0.25, "25", "middle", "mid"),
        (0.5, "50 %", "middle", ""),
        (0.75, "75", "middle", "mid"),
    )
    texts = [
        element("text", text, class_=kind or None, x=percent(at / AXIS_END), y=12, text_anchor=anchor)
        for at, text, anchor, kind in (*marks, (1.0, "limit", "middle", ""))
    ]
    return element("svg", *texts, aria_hidden="true")
