"""Counts by outcome as one bar, and a rate with its interval on a line from 0 to 100 %."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent


def stacked(counts: Sequence[tuple[str, int]], *, label: str, class_: str = "stack") -> Markup:
    """The bar of (kind, count), from left to right; of nothing an empty one."""
    total = sum(count for _, count in counts) or 1
    pieces, x = [], 0
    for kind, count in counts:
        if count:
            pieces.append(
                element("rect", class_=f"q-{kind}", x=percent(x / total), width=percent(count / total), height="100%")
            )
        x += count
    return element("svg", *pieces, class_=class_, role="img", aria_label=label)


def interval(low: float, share: float, high: float, *, label: str) -> Markup:
    """A rate as a dot on its interval; all from 0 to 1."""
    return element(
        "svg",
        element("line", class_="grid", x1="0", x2="100%", y1="50%", y2="50%"),
        element("line", class_="ci", x1=percent(low), x2=percent(high), y1="50%", y2="50%"),
        element("circle", class_="cd", cx=percent(share), cy="50%", r=4),
        class_="interval", role="img", aria_label=label,
    )  # fmt: skip
