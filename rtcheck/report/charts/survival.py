"""Kaplan-Meier curves as steps: percent upward, months across, one line style for each group."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.axes import round_up, ticks
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH
from rtcheck.report.charts.svg import element

Steps = Sequence[tuple[float, float]]
"""(month, survival from then on), beginning at (0, 1)."""


def survival_plot(curves: Sequence[tuple[str, str, Steps]], *, label: str) -> Markup:
    """The plot of (style key, dash, steps); `label` says what it shows to those who cannot see it."""
    end = round_up(max((steps[-1][0] for _, _, steps in curves), default=1.0) or 1.0)
    marks = ticks(0, end)
    frame = []
    for mark in marks:
        x = mark / end * WIDTH
        said = f"{mark:g} months" if mark == marks[-1] else f"{mark:g}"
        frame.append(element("line", class_="grid", x1=x, x2=x, y1=0, y2=HEIGHT))
        anchor = "end" if mark == marks[-1] else "middle"
        frame.append(element("text", said, x=x, y=HEIGHT + 22, text_anchor=anchor))
    for share in (0, 20, 40, 60, 80, 100):
        y = (1 - share / 100) * HEIGHT
        frame.append(element("line", class_="grid", x1=0, x2=WIDTH, y1=y, y2=y))
        frame.append(element("text", f"{share} %" if share == 100 else f"{share}", x=-7, y=y + 6, text_anchor="end"))
    lines = [
        element("path", class_=f"curve c {key}", d=_path(steps, end), fill="none", stroke_dasharray=dash or None)
        for key, dash, steps in curves
    ]
    return element("svg", *frame, *lines, viewBox=VIEW_BOX, class_="bandplot", role="img", aria_label=label)


def _path(steps: Steps, end: float) -> str:
    """Across at the level of each step, then down to the next."""
    first, *others = steps
    moves = [f"M{first[0] / end * WIDTH:.1f},{(1 - first[1]) * HEIGHT:.1f}"]
    moves += [f"H{month / end * WIDTH:.1f}V{(1 - share) * HEIGHT:.1f}" for month, share in others]
    return "".join(moves)
