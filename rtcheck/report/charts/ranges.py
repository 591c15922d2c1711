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


def range_line(spread: Spread, end: float) -> Markup:
    """A box plot without outliers, on an axis that ends at `end`."""

    def at(value: float) -> str:
        return percent(max(value, 0.0) / end if end > 0 else 0.0)

    width = percent((spread.upper_quartile - spread.lower_quartile) / end if end > 0 else 0.0)
    return element(
        "svg",
        element("line", class_="whisker", x1=at(spread.minimum), x2=at(spread.maximum), y1="50%", y2="50%"),
        element("rect", class_="box", x=at(spread.lower_quartile), width=width, y="20%", height="60%"),
        element("line", class_="median", x1=at(spread.median), x2=at(spread.median), y1="10%", y2="90%"),
        class_="ranges", role="img",
        aria_label=f"median {spread.median:.4g}, range {spread.minimum:.4g} to {spread.maximum:.4g}",
    )  # fmt: skip
