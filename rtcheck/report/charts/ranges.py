"""The range of values with its quartiles and median on a line from 0."""

from typing import Protocol

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent


class Spread(Protocol):
    """Least, quartiles, median and greatest."""

    @property
    def minimum(self) -> float: ...
    @property
    def lower_quartile(self) -> float: ...
    @property
    def median(self) -> float: ...
    @property
    def upper_quartile(self) -> float: ...
    @property
    def maximum(self) -> float: ...


def range_line(
    spread: Spread, end: float, *marks: Markup, class_: str = "ranges", thickness: int = 60, told: str = ""
) -> Markup:
    """A box plot on an axis that ends at `end`: whiskers over the whole range, quartiles, median, and further marks.

    `thickness` is that of the box in percent of the height; `told` ends what is read aloud.
    """
    width = place_on(end, spread.upper_quartile - spread.lower_quartile)
    least, median, greatest = (place_on(end, value) for value in (spread.minimum, spread.median, spread.maximum))
    top = (100 - thickness) // 2
    return element(
        "svg",
        element("line", class_="whisker", x1=least, x2=greatest, y1="50%", y2="50%"),
        element("rect", class_="box", x=place_on(end, spread.lower_quartile), width=width, y=f"{top}%",
                height=f"{thickness}%"),
        element("line", class_="median", x1=median, x2=median, y1=f"{top - 10}%", y2=f"{110 - top}%"),
        *marks,
        class_=class_, role="img",
        aria_label=f"median {spread.median:.4g}, range {spread.minimum:.4g} to {spread.maximum:.4g}{told}",
    )  # fmt: skip


def place_on(end: float, value: float) -> str:
    """Where a value stands on an axis from 0 to `end`."""
    return percent(max(value, 0.0) / end if end > 0 else 0.0)
