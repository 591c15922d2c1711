"""One structure or one constraint in several plans -> curves over each other, and marks on one scale."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.axes import round_up
from rtcheck.report.charts.palette import LineStyle, line_styles
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH, small_grid
from rtcheck.report.charts.svg import element, percent
from rtcheck.units import PER_GY, DoseUnit

_POINTS = 160
_END = 1.12  # of the limit
_LANE_PX = 11


def plan_styles(count: int) -> list[LineStyle]:
    """A line for each plan, told apart by hue and dash; their classes are s0, s1, ..."""
    return list(line_styles([f"plan {number}" for number in range(count)]).values())


def overlay(name: str, dvhs: Sequence[tuple[LineStyle, Dvh]], unit: DoseUnit = "Gy") -> Markup:
    """The curves of one structure, one for each plan; `data-d` has the doses' step and `data-n` the plan's class."""
    end = round_up(max(dvh.max_gy for _, dvh in dvhs))
    paths = [_curve(style, dvh, end) for style, dvh in dvhs]
    return element(
        "svg", *small_grid(end, unit), *paths, element("line", class_="cur off", y1=0, y2=HEIGHT), viewBox=VIEW_BOX,
        class_="bandplot", role="img", data_end=str(end), data_width=WIDTH, data_height=HEIGHT,
        data_unit=unit, aria_label=f"DVHs of {name} in {len(dvhs)} plans, 0 to {PER_GY[unit] * end:g} {unit}",
    )  # fmt: skip


def _curve(style: LineStyle, dvh: Dvh, end: float) -> Markup:
    doses = np.linspace(0.0, dvh.max_gy, _POINTS)
    shares = np.interp(doses, dvh.dose_gy, dvh.volume_at_least_cc / dvh.volume_inside_cc, left=1.0, right=0.0)
    points = zip((doses / end * WIDTH).tolist(), ((1 - shares) * HEIGHT).tolist(), strict=True)
    d = "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element(
        "path", class_=f"curve c {style.key}", d=d, fill="none", stroke_dasharray=style.dash or None, data_n=style.key
    )


def marks_on_limit(shares: Sequence[tuple[LineStyle, float | None, str]], *, is_upper: bool) -> Markup:
    """One mark a plan at its share of the limit, one above the other; pointing at it shows its text."""
    at = percent(1 / _END)
    zone = {"x": at, "width": percent(1 - 1 / _END)} if is_upper else {"width": at}
    marks = []
    for lane, (style, share, text) in enumerate(shares):
        if share is None:
            continue
        y = (lane - (len(shares) - 1) / 2) * _LANE_PX
        mark = element("circle", element("title", text), class_=f"pm {style.key}", r=4.5, cy=y)
        marks.append(element("svg", mark, x=percent(min(max(share / _END, 0.0), 1.0)), y="50%", overflow="visible"))
    ground = element("rect", class_="zone", height="100%", **zone)
    base = element("line", class_="base", x1=0, x2=0, y2="100%")
    limit = element("line", class_="lim", x1=at, x2=at, y2="100%")
    return element("svg", ground, base, limit, *marks, aria_hidden="true")


def key_of(style: LineStyle) -> Markup:
    """A sample of a plan's line."""
    line = element("line", class_=f"curve c {style.key}", x2=26, y1=6, y2=6, stroke_dasharray=style.dash or None)
    return element("svg", line, width=28, height=12, aria_hidden="true")
