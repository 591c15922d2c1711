"""One constraint over many plans -> a strip: each plan a mark at its share of the limit."""

from collections.abc import Sequence
from statistics import median
from typing import Protocol

from markupsafe import Markup

from rtcheck.report.charts.svg import element, percent
from rtcheck.report.telling.outcomes import Kind
from rtcheck.values import dataclass

_END = 1.12  # of the limit
_LANES = (0, 1, -1, 2, -2)
_LANE_PX, _MARK_WIDTH = 8, 0.0135
_SHAPES: dict[str, Markup] = {
    "edge": element("path", d="M0-5.4 5.4 0 0 5.4-5.4 0Z"),
    "var": element("path", d="M0-5.2 5.6 4.6H-5.6Z"),
    "over": element("path", d="M-2.3-5.4H2.3L5.4-2.3V2.3L2.3 5.4H-2.3L-5.4 2.3V-2.3Z"),
}
_DISC = element("circle", r=3.6)


class Mark(Protocol):
    """What a strip needs of one plan's mark."""

    @property
    def structure(self) -> str: ...
    @property
    def goal(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def value(self) -> str: ...
    @property
    def share(self) -> float | None: ...
    @property
    def is_upper(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Strip:
    """One constraint, and each plan's mark by the plan's name."""

    structure: str
    goal: str
    marks: tuple[tuple[str, Mark], ...]


def strips_of(plans: Sequence[tuple[str, Sequence[Mark]]]) -> list[Strip]:
    """The constraints in the order in which they come up, with their marks."""
    found: dict[tuple[str, str], list[tuple[str, Mark]]] = {}
    for name, marks in plans:
        for mark in marks:
            found.setdefault((mark.structure, mark.goal), []).append((name, mark))
    return [Strip(structure, goal, tuple(marks)) for (structure, goal), marks in found.items()]


def strip_svg(strip: Strip) -> Markup:
    """The marks side by side, dodging one another; the short tick is the median."""
    valued = sorted(
        ((mark.share, name, mark) for name, mark in strip.marks if mark.share is not None), key=lambda v: v[0]
    )
    is_upper = all(mark.is_upper for _, mark in strip.marks)
    limit = 1 / _END
    zone = (limit, 1 - limit) if is_upper else (0.0, limit)
    parts = [
        element("rect", class_="zone", x=percent(zone[0]), width=percent(zone[1]), height="100%"),
        element("line", class_="base", y1="100%", y2="100%", x2="100%"),
    ]
    lanes_end = dict.fromkeys(_LANES, -1.0)
    for share, name, mark in valued:
        at = min(share / _END, 1.0)
        lane = next((lane for lane in _LANES if at - lanes_end[lane] > _MARK_WIDTH), 0)
        lanes_end[lane] = at
        title = element("title", f"{name}: {mark.value}")
        shape = element("g", title, _SHAPES.get(mark.kind, _DISC), transform=f"translate(0,{lane * _LANE_PX})")
        kind = mark.kind if mark.kind in ("edge", "over", "var", "waived", "ne") else "met"
        parts.append(
            element("svg", shape, class_=f"p p-{kind}", data_id=name, x=percent(at), y="50%", overflow="visible")
        )
    parts.append(element("line", class_="lim", x1=percent(limit), x2=percent(limit), y2="100%"))
    if valued:
        middle = percent(min(median(share for share, _, _ in valued) / _END, 1.0))
        parts.append(element("line", class_="md", x1=middle, x2=middle, y1=2, y2=10))
    label = f"{strip.structure} {strip.goal}: {len(valued)} plans against the limit"
    return element("svg", *parts, class_="strip", role="img", aria_label=label)


def strip_axis() -> Markup:
    """The scale over the strips."""
    marks = (
        (0.0, "0", "start"),
        (0.25, "25", "middle"),
        (0.5, "50 %", "middle"),
        (0.75, "75", "middle"),
        (1.0, "limit", "middle"),
    )
    texts = [element("text", text, x=percent(at / _END), y=12, text_anchor=anchor) for at, text, anchor in marks]
    return element("svg", *texts, aria_hidden="true")
