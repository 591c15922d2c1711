"""A funnel plot: the share of each site by its number of plans, between the limits that chance alone would keep."""

from collections.abc import Sequence

from markupsafe import Markup

from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.small_plot import HEIGHT, VIEW_BOX, WIDTH
from rtcheck.report.charts.svg import element

Limits = tuple[float, float, float, float]
_LABEL_PX = 17  # height of a site's name, below which two would run into each other


def funnel_plot(
    sites: Sequence[tuple[str, int, float]],
    sizes: Sequence[int],
    limits: Sequence[Limits],
    overall: float,
    *,
    beyond: Sequence[str] = (),
    label: str,
) -> Markup:
    """The plot of (site, plans, share); `limits` at each of `sizes`, outer and inner, from below to above."""
    end = sizes[-1]
    top = _top(max([share for _, _, share in sites] + [overall, *(limit[2] for limit in limits[2:])]))

    def x(plans: float) -> float:
        return plans / end * WIDTH

    def y(share: float) -> float:
        return (1 - min(share, top) / top) * HEIGHT

    def band(low: int, high: int) -> str:
        upper = [f"{x(n):.1f},{y(each[high]):.1f}" for n, each in zip(sizes, limits, strict=True)]
        lower = [f"{x(n):.1f},{y(each[low]):.1f}" for n, each in zip(sizes, limits, strict=True)]
        return "M" + " ".join([*upper, *reversed(lower)]) + "Z"

    frame = [
        element("path", class_="fn outer", d=band(0, 3)),
        element("path", class_="fn inner", d=band(1, 2)),
    ]
    for mark in ticks(0, end):
        said = f"{mark:g} plans" if mark == ticks(0, end)[-1] else f"{mark:g}"
        frame.append(element("text", said, x=x(mark), y=HEIGHT + 22, text_anchor="end" if "p" in said else "middle"))
    for mark in ticks(0, 100 * top, most=5):
        at = y(mark / 100)
        frame.append(element("line", class_="grid", x1=0, x2=WIDTH, y1=at, y2=at))
        frame.append(element("text", f"{mark:g} %", x=-7, y=at + 6, text_anchor="end"))
    frame.append(element("line", class_="fn mean", x1=0, x2=WIDTH, y1=y(overall), y2=y(overall)))
    dots = [_dot(x(n), y(share), f"{site}: {100 * share:.0f} % of {n}", site in beyond) for site, n, share in sites]
    names = _names([(x(n), y(share), site, site in beyond) for site, n, share in sites])
    return element(
        "svg", *frame, *dots, *names, viewBox=VIEW_BOX, class_="bandplot funnel", role="img", aria_label=label
    )


def _top(share: float) -> float:
    """The end of the axis: a round share, at most all."""
    return min(next((each for each in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if share <= each), 1.0), 1.0)


def _dot(x: float, y: float, said: str, is_beyond: bool) -> Markup:
    return element("circle", element("title", said), class_="fd hot" if is_beyond else "fd", cx=x, cy=y, r=5.5)


def _names(places: Sequence[tuple[float, float, str, bool]]) -> list[Markup]:
    """The sites' names next to their dots; one that would run into another is left out, those beyond come first."""
    found: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for x, y, site, is_beyond in sorted(places, key=lambda each: not each[3]):
        if any(abs(x - other_x) < 110 and abs(y - other_y) < _LABEL_PX for other_x, other_y in taken):
            continue
        taken.append((x, y))
        is_right = x > 0.8 * WIDTH
        found.append(
            element(
                "text", site[:18], class_="hot" if is_beyond else None, x=x - 10 if is_right else x + 10,
                y=y + 6, text_anchor="end" if is_right else "start",
            )
        )  # fmt: skip
    return found
