"""The frame of a small DVH plot, several of which stand side by side: percent upward, dose across."""

from collections.abc import Iterator

from markupsafe import Markup

from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.svg import element
from rtcheck.units import PER_GY, DoseUnit

WIDTH, HEIGHT = 520, 240
VIEW_BOX = f"-62 -14 {WIDTH + 74} {HEIGHT + 42}"  # with room for figures of the size that the style sheet gives them


def small_grid(dose_end_gy: float, unit: DoseUnit = "Gy") -> Iterator[Markup]:
    """Lines and figures; the last of each axis tells the unit."""
    marks = ticks(0, dose_end_gy)
    for mark in marks:
        x, is_last = mark / dose_end_gy * WIDTH, mark == marks[-1]
        dose = f"{PER_GY[unit] * mark:g}"
        said, anchor = (f"{dose} {unit}", "end") if is_last and x > 0.9 * WIDTH else (dose, "middle")
        yield element("line", class_="grid", x1=x, x2=x, y1=0, y2=HEIGHT)
        yield element("text", said, x=min(x, WIDTH), y=HEIGHT + 22, text_anchor=anchor)
    for share in (0, 20, 40, 60, 80, 100):
        y = (1 - share / 100) * HEIGHT
        yield element("line", class_="grid", x1=0, x2=WIDTH, y1=y, y2=y)
        yield element("text", f"{share} %" if share == 100 else f"{share}", x=-7, y=y + 6, text_anchor="end")
