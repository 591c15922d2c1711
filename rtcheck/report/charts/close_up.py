"""A result -> its close-up: the value, other readings and other programs' values near the limit, in the unit itself."""

from collections.abc import Sequence
from math import isfinite

from markupsafe import Markup

from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.svg import element, joined, percent
from rtcheck.report.telling import amounts, outcomes, words
from rtcheck.results import CrossCheck, ReadingResult, Result
from rtcheck.units import amount_text
from rtcheck.values import dataclass

_HALF_A_RANGE = 0.13  # of the picture's width: half of "10.37 to 52.39"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    """One line of the close-up."""

    label: str
    value: float
    uncertainty: float = 0.0
    band: tuple[float, float] | None = None
    bounds: tuple[float, float] | None = None
    kind: str = ""

    @property
    def ends(self) -> tuple[float, ...]:
        """All values that the line reaches."""
        around = (self.value - self.uncertainty, self.value + self.uncertainty)
        return (*around, *(self.band or ()), *(bound for bound in self.bounds or () if isfinite(bound)))

    def text(self, unit: str, limit: float) -> str:
        """The value, or its bounds where evidence is missing."""
        said = amounts.range_text(*self.bounds, unit) if self.bounds else amount_text(self.value, unit, beside=limit)
        return said.removesuffix(unit).rstrip()


def close_up(result: Result, checks: Sequence[CrossCheck] = ()) -> Markup:
    """The value, its readings and other programs' values near the limit, in the unit itself; empty without a value."""
    points = _points(result, checks)
    if not points or result.goal.limit <= 0:
        return Markup("")
    return _Picture(result, points).draw()


def _points(result: Result, checks: Sequence[CrossCheck]) -> list[_Point]:
    """The value asked for, its readings against the same limit, and other programs' values."""
    asked = (f"{result.goal.metric.text} (protocol)", result.measurement, outcomes.result_word(result).kind)
    readings = [(_reading_label(r), r.measurement, outcomes.outcome_word(r.outcome).kind) for r in _same_unit(result)]
    points = [_point(label, measurement, kind) for label, measurement, kind in (asked, *readings)]
    others = [
        _Point(label=program, value=value)
        for check in checks
        if check.structure == result.structure and check.metric == result.goal.metric.text
        for program, value, _ in check.others
        if value is not None
    ]
    return [point for point in points if point is not None] + others


def _point(label: str, measurement: Measurement, kind: str) -> _Point | None:
    if measurement.value is None:
        return None
    low, high = measurement.low, measurement.high
    band = (low, high) if low is not None and high is not None else None
    return _Point(
        label=label, value=measurement.value, uncertainty=measurement.uncertainty or 0.0, band=band,
        bounds=measurement.bounds if measurement.is_uncertain else None, kind=kind,
    )  # fmt: skip


def _same_unit(result: Result) -> list[ReadingResult]:
    return [r for r in result.readings if r.goal.unit == result.goal.unit and r.goal.limit == result.goal.limit]


def _reading_label(reading: ReadingResult) -> str:
    text = reading.label.split(",")[0]
    return text if len(text) <= 26 else text[:25].rstrip() + "…"


class _Picture:
    """The geometry of one close-up: labels on the left 43 %, values on a scale around the limit."""

    LEFT, RIGHT_PAD, TOP, LINE = 0.43, 0.08, 26, 22

    def __init__(self, result: Result, points: list[_Point]) -> None:
        self.goal, self.points = result.goal, points
        ends = [result.goal.limit]
        for point in points:
            ends += point.ends
        span = max(max(ends) - min(ends), 0.02 * result.goal.limit)
        marks = ticks(max(min(ends) - 0.12 * span, 0.0), max(ends) + 0.12 * span, most=5)
        self.low = min(marks[0], max(min(ends) - 0.1 * span, 0.0))
        self.high = max(marks[-1], max(ends) + 0.1 * span)
        self.marks = marks

    def at(self, value: float) -> float:
        """Where a value stands; one without an end at the right border."""
        value = min(value, self.high)
        return self.LEFT + (value - self.low) / (self.high - self.low) * (1 - self.LEFT - self.RIGHT_PAD)

    def draw(self) -> Markup:
        bottom = self.TOP + len(self.points) * self.LINE
        limit = self.at(self.goal.limit)
        zone = (limit, 1.0) if self.goal.is_upper_limit else (self.LEFT, limit)
        said = words.limit_text(self.goal)
        parts = [
            element(
                "rect", class_="zone", x=percent(zone[0]), width=percent(zone[1] - zone[0]), y=20, height=bottom - 22
            ),
            *(self._tick(mark, bottom) for mark in self.marks),
            element("line", class_="base", x1=percent(self.LEFT), x2="100%", y1=bottom - 2, y2=bottom - 2),
            element("line", class_="lim", x1=percent(limit), x2=percent(limit), y1=18, y2=bottom - 2),
            element("text", f"limit {said}", class_="lt", x=percent(limit), y=12, text_anchor="middle"),
            *(self._line(point, self.TOP + 8 + n * self.LINE) for n, point in enumerate(self.points)),
        ]
        listed = "; ".join(f"{p.label} {p.text(self.goal.unit, self.goal.limit)} {self.goal.unit}" for p in self.points)
        return element("svg", *parts, class_="cu", height=bottom + 20, role="img", aria_label=f"Limit {said}: {listed}")

    def _tick(self, mark: float, bottom: int) -> Markup:
        x = percent(self.at(mark))
        text = element("text", f"{mark:g}", x=x, y=bottom + 16, text_anchor="middle")
        return text + element("line", class_="base", x1=x, x2=x, y1=bottom - 2, y2=bottom + 3)

    def _line(self, point: _Point, y: int) -> Markup:
        at, right = self.at(point.value), max(point.ends)
        parts = [element("text", point.label, class_="lb", x=0, y=y + 4)]
        if point.band:
            low, high = self.at(point.band[0]), self.at(point.band[1])
            parts.append(element("rect", class_="cb", x=percent(low), width=percent(high - low), y=y - 6, height=12))
        if point.bounds:
            low, high = self.at(point.bounds[0]), self.at(point.bounds[1])
            parts.append(element("rect", class_="hatch", x=percent(low), width=percent(high - low), y=y - 8, height=16))
        if point.uncertainty and not point.bounds:
            ends = (self.at(point.value - point.uncertainty), self.at(point.value + point.uncertainty))
            parts.append(element("line", class_="un", x1=percent(ends[0]), x2=percent(ends[1]), y1=y, y2=y))
        if not point.bounds:
            parts.append(element("circle", class_=f"pt {point.kind}".strip(), cx=percent(at), cy=y, r=4))
        at, dx, anchor = self._seat(point, right)
        text = point.text(self.goal.unit, self.goal.limit)
        parts.append(element("text", text, class_="lb", x=percent(at), dx=dx, y=y + 4, text_anchor=anchor))
        return joined(parts)

    def _seat(self, point: _Point, right: float) -> tuple[float, int, str]:
        """Where the number stands: right of its point, or over the middle of its bounds."""
        if not point.bounds:
            return self.at(right), 8, "start"
        middle = (self.at(point.bounds[0]) + self.at(point.bounds[1])) / 2
        return min(max(middle, self.LEFT + _HALF_A_RANGE), 1 - _HALF_A_RANGE), 0, "middle"
