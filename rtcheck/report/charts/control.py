"""A control chart: the mean of each month as a dot, between the limits of that month."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH
from rtcheck.report.charts.svg import element

_MOST_MONTHS_NAMED = 6
Point = tuple[str, int, float, float, float]
"""Month, plans, mean, lower and upper limit."""


def control_plot(points: Sequence[Point], centre: float, unit: str, *, label: str) -> Markup:
    """The plot; months are equally far apart, and dots outside their limits are marked."""
    lows, highs = [min(low, mean) for _, _, mean, low, _ in points], [max(high, mean) for _, _, mean, _, high in points]
    room = 0.08 * (max(highs) - min(lows)) or 1.0
    start, end = min(lows) - room, max(highs) + room
    step = WIDTH / len(points)

    def y(value: float) -> float:
        return (1 - (value - start) / (end - start)) * HEIGHT

    pieces = [_band(step, [(y(low), y(high)) for _, _, _, low, high in points])]
    for mark in ticks(start, end, most=5):
        pieces.append(element("line", class_="grid", x1=0, x2=WIDTH, y1=y(mark), y2=y(mark)))
        pieces.append(element("text", f"{mark:g}", x=-7, y=y(mark) + 6, text_anchor="end"))
    pieces.append(element("line", class_="fn mean", x1=0, x2=WIDTH, y1=y(centre), y2=y(centre)))
    middles = [(number + 0.5) * step for number in range(len(points))]
    line = " ".join(f"{x:.1f},{y(point[2]):.1f}" for x, point in zip(middles, points, strict=True))
    pieces.append(element("path", class_="cl", d=f"M{line}", fill="none"))
    every = -(-len(points) // _MOST_MONTHS_NAMED)
    for number, (x, (month, plans, mean, low, high)) in enumerate(zip(middles, points, strict=True)):
        told = element("title", f"{month}: {mean:.4g} {unit} over {plans} plans, limits {low:.4g} to {high:.4g}")
        kind = "fd" if low <= mean <= high else "fd hot"
        pieces.append(element("circle", told, class_=kind, cx=x, cy=y(mean), r=5.5))
        if number % every == 0:
            pieces.append(element("text", month, x=x, y=HEIGHT + 22, text_anchor="middle"))
    return element("svg", *pieces, viewBox=VIEW_BOX, class_="bandplot control", role="img", aria_label=label)


def _band(step: float, limits: Sequence[tuple[float, float]]) -> Markup:
    """The limits as a band with a step at each month."""
    edges = [(number * step, (number + 1) * step) for number in range(len(limits))]
    upper = [
        f"{x:.1f},{high:.1f}" for (left, right), (_, high) in zip(edges, limits, strict=True) for x in (left, right)
    ]
    lower = [f"{x:.1f},{low:.1f}" for (left, right), (low, _) in zip(edges, limits, strict=True) for x in (left, right)]
    return element("path", class_="fn inner", d="M" + " ".join([*upper, *reversed(lower)]) + "Z")
