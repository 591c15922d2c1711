"""Accrual: the plans of each month as columns, and all up to then as a line."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.axes import round_up, ticks
from rtcheck.report.charts.small_plot import WIDTH
from rtcheck.report.charts.svg import element

_HEIGHT = 170
_VIEW_BOX = f"-30 -14 {2 * WIDTH + 68} {_HEIGHT + 36}"
_MOST_MONTHS_NAMED = 14


def accrual_plot(months: Sequence[str], counts: Sequence[int], cumulated: Sequence[int], *, label: str) -> Markup:
    """The plot; both series share one axis of plans."""
    width = 2 * WIDTH
    end = round_up(max(cumulated))
    step = width / len(months)
    every = -(-len(months) // _MOST_MONTHS_NAMED)
    pieces = []
    for mark in ticks(0, end, most=5):
        y = (1 - mark / end) * _HEIGHT
        pieces.append(element("line", class_="grid", x1=0, x2=width, y1=y, y2=y))
        pieces.append(element("text", f"{mark:g}", x=-7, y=y + 4, text_anchor="end"))
    points = []
    for number, (month, count, total) in enumerate(zip(months, counts, cumulated, strict=True)):
        x, height = number * step, count / end * _HEIGHT
        pieces.append(
            element("rect", class_="am", x=x + 0.15 * step, y=_HEIGHT - height, width=0.7 * step, height=height)
        )
        if number % every == 0:
            pieces.append(element("text", month, x=x + step / 2, y=_HEIGHT + 18, text_anchor="middle"))
        points.append(f"{x + step / 2:.1f},{(1 - total / end) * _HEIGHT:.1f}")
    pieces.append(element("path", class_="al", d="M" + " ".join(points), fill="none"))
    pieces.append(element("text", f"{cumulated[-1]}", x=width + 6, y=(1 - cumulated[-1] / end) * _HEIGHT + 4))
    return element("svg", *pieces, viewBox=_VIEW_BOX, class_="bandplot accrual", role="img", aria_label=label)
