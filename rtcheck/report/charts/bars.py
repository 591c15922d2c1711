"""A result -> its bar against the limit, as a share of it (SVG in percent: text keeps its size at every width)."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent
from rtcheck.report.telling import outcomes
from rtcheck.results import Result

AXIS_END = 1.12  # of the limit: the limits of all rows stand on one vertical line
_FARTHEST = 1.5  # of the limit: no acceptable variation draws the axis out beyond this
_THIN = 0.005


def axis_end(results: Sequence[Result]) -> float:
    """The end of the axis that all rows share, as a share of the limit: a little beyond the widest variation."""
    shares = [share for result in results if (share := _variation_share(result)) is not None]
    return max(AXIS_END, *(min(1.04 * share, _FARTHEST) for share in shares)) if shares else AXIS_END


def row_bar(result: Result, end: float = AXIS_END) -> Markup:
    """The value as a share of its limit: grey, red beyond the limit; for lower bounds red where it falls short.

    A dashed line is the end of the acceptable variation; between it and the limit the ground has its own tint.
    """
    return _Bar(result, end).draw()


def _variation_share(result: Result) -> float | None:
    """The variation's limit as a share of the limit; None where there is none in the same terms."""
    variation, goal = result.constraint.variation, result.goal
    if variation is None or goal.limit <= 0 or (variation.metric, variation.unit) != (goal.metric, goal.unit):
        return None
    return variation.limit / goal.limit


class _Bar:
    """One bar in percent of the cell's width."""

    def __init__(self, result: Result, end: float) -> None:
        self.result, self.goal, self.measurement = result, result.goal, result.measurement
        self.end, self.limit_at = end, 1 / end

    def draw(self) -> Markup:
        limit = element("line", class_="lim", x1=percent(self.limit_at), x2=percent(self.limit_at), y2="100%")
        base = element("line", class_="base", x1=0, x2=0, y2="100%")
        marks = self.marks() if self.goal.limit > 0 else []
        return element("svg", *self.zones(), base, *marks, limit, aria_hidden="true")

    def on_axis(self, share: float) -> float:
        return min(max(share / self.end, 0.0), 1.0)

    def zones(self) -> list[Markup]:
        """The tinted side of the limit, and the variation's part of it with its own end."""
        share = _variation_share(self.result)
        start, end = (self.limit_at, 1.0) if self.goal.is_upper_limit else (0.0, self.limit_at)
        if share is None:
            return [_ground("zone", start, end)]
        at = self.on_axis(share)
        line = element("line", class_="lim2", x1=percent(at), x2=percent(at), y2="100%")
        if self.goal.is_upper_limit:
            return [_ground("zone2", start, at), _ground("zone", at, end), line]
        return [_ground("zone", start, at), _ground("zone2", at, end), line]

    def marks(self) -> list[Markup]:
        measurement, limit = self.measurement, self.goal.limit
        if measurement.value is None:
            return [self.bound(measurement.bounds[1] / limit)] if measurement.bounds else []
        share = measurement.value / limit
        marks = []
        if measurement.bounds and measurement.bounds[1] > measurement.bounds[0]:
            marks.append(self.bound(measurement.bounds[1] / limit))
        if measurement.low is not None and measurement.high is not None:
            low, high = self.on_axis(measurement.low / limit), self.on_axis(measurement.high / limit)
            marks.append(_rect("cb", low, max(high, low + _THIN), height=20))
        return [*marks, *self.value(share), *self.end_of(share)]

    def value(self, share: float) -> list[Markup]:
        """The bar itself, and what is beyond the limit or short of it."""
        kind = outcomes.result_word(self.result).kind
        is_upper, beyond = self.goal.is_upper_limit, "b-var" if kind == "var" else "b-over"
        inside = self.on_axis(min(share, 1) if is_upper else share)
        marks = [_rect("b-edge" if kind == "edge" else "b-met", 0, inside)]
        if is_upper and share > 1:
            marks.append(_rect(beyond, self.limit_at, max(self.on_axis(share), self.limit_at + _THIN)))
        if not is_upper and share < 1:
            marks.append(_rect("b-short var" if kind == "var" else "b-short", self.on_axis(share), self.limit_at))
        return marks

    def end_of(self, share: float) -> list[Markup]:
        """An arrow where the value is beyond the axis, else its uncertainty."""
        if share > self.end:
            arrow = element("path", class_="more", d="M-9 -5-3 0-9 5")
            return [element("svg", arrow, x="100%", y="50%", overflow="visible")]
        if self.measurement.uncertainty is None:
            return []
        half = self.measurement.uncertainty / self.goal.limit
        ends = (percent(self.on_axis(share - half)), percent(self.on_axis(share + half)))
        return [element("line", class_="un", x1=ends[0], x2=ends[1], y1="50%", y2="50%")]

    def bound(self, share: float) -> Markup:
        width = percent(self.on_axis(share))
        return element("rect", class_="hatch", x=1, width=width, y="50%", height=10, transform="translate(0,-5)")


def _ground(kind: str, start: float, end: float) -> Markup:
    x = percent(start) if start else None
    return element("rect", class_=kind, x=x, width=percent(max(end - start, 0.0)), height="100%")


def _rect(kind: str, start: float, end: float, *, height: int = 10) -> Markup:
    return element(
        "rect", class_=kind, x=percent(start), width=percent(max(end - start, 0)), y="50%", height=height,
        transform=f"translate(0,-{height // 2})",
    )  # fmt: skip


def bar_axis(end: float = AXIS_END) -> Markup:
    """The scale over the bars: 0, 25, 50 %, 75, limit."""
    marks = (
        (0, "0", "start", ""),
        (0.25, "25", "middle", "mid"),
        (0.5, "50 %", "middle", ""),
        (0.75, "75", "middle", "mid"),
    )
    texts = [
        element("text", text, class_=kind or None, x=percent(at / end), y=12, text_anchor=anchor)
        for at, text, anchor, kind in (*marks, (1.0, "limit", "middle", ""))
    ]
    return element("svg", *texts, aria_hidden="true")
