"""The isotoxic result -> a picture: prescription along x, each constraint as a bar up to where it breaks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from markupsafe import Markup

from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.svg import Attribute, element, percent
from rtcheck.report.telling.dose_text import number_in, text_in
from rtcheck.report.telling.words import counted, typeset
from rtcheck.results import Isotoxic, PrescriptionLimit
from rtcheck.units import DoseUnit

_LEFT = 0.25
_TOP, _LINE = 38, 26
_FAR = 3  # times the end of the axis: beyond it a number says nothing
_FEW = 16  # so many limits are all drawn, near or far


def reach_pictures(
    reach: Isotoxic, *, most: int = _FEW, unit: DoseUnit = "Gy"
) -> tuple[tuple[Markup, ...], tuple[str, ...]]:
    """The bars, the planned prescription as a line, the highest allowed one as a dashed line; and what they leave out.

    In pieces of `most` bars, each with its own axis, so that a page of paper holds one. Where there are many limits
    those beyond the axis are not drawn but put into words, those far beyond it by their number.
    """
    limits = sorted(reach.limits, key=_breaks_at)
    low, high = _window(reach)
    beyond = [limit for limit in limits if _is_beyond(limit, low, high)] if len(limits) > _FEW else []
    drawn = [limit for limit in limits if limit not in beyond]
    starts = range(0, max(len(drawn), 1), most)
    pictures = tuple(_picture(reach, drawn[start : start + most], unit) for start in starts)
    return pictures, _in_words(beyond, high, unit)


def _in_words(beyond: Sequence[PrescriptionLimit], high: float, unit: DoseUnit) -> tuple[str, ...]:
    far = [limit for limit in beyond if limit.is_upper and _breaks_at(limit) >= _FAR * high]
    near = [limit for limit in beyond if limit not in far]
    said = tuple(_limit(limit, typeset(limit.goal), unit) for limit in near)
    far_end = text_in(f"{_FAR * high:.0f} Gy", unit)
    return (*said, f"{counted(len(far), 'limit')} not before {far_end}") if far else said


def _limit(limit: PrescriptionLimit, goal: str, unit: DoseUnit) -> str:
    """A limit and where it breaks; the name of its structure stays as it is."""
    varied = ""
    if limit.variation_gy is not None:
        varied = f", within {typeset(limit.variation)} {_said(replace(limit, prescription_gy=limit.variation_gy))}"
    return f"{limit.structure} {text_in(f'{goal} {_said(limit)}{varied}', unit)}"


def _is_beyond(limit: PrescriptionLimit, low: float, high: float) -> bool:
    """Whether the limit breaks outside the axis, where its bar would only say so."""
    gy = limit.prescription_gy
    return gy is not None and (gy > high if limit.is_upper else gy < low)


def _picture(reach: Isotoxic, limits: Sequence[PrescriptionLimit], unit: DoseUnit) -> Markup:
    low, high = _window(reach)
    bottom = _TOP + len(limits) * _LINE

    def at(gy: float) -> float:
        return _LEFT + (min(max(gy, low), high) - low) / (high - low) * (1 - _LEFT - 0.05)

    parts = []
    if reach.unrounded_gy is not None:
        start = at(reach.unrounded_gy)
        width = percent(at(high) - start)
        parts.append(element("rect", class_="no", x=percent(start), width=width, y=34, height=bottom - 34))
    for mark in ticks(low, high, most=6):
        x = percent(at(mark))
        parts.append(element("line", class_="gd", x1=x, x2=x, y1=34, y2=bottom))
        parts.append(element("text", number_in(f"{mark:g}", unit), x=x, y=bottom + 18, text_anchor="middle"))
    parts.append(element("text", unit, x="100%", y=bottom + 18, text_anchor="end"))
    for n, limit in enumerate(limits):
        parts += _bar(limit, limit == reach.binding, _TOP + n * _LINE, (low, high), at, unit)
    parts += _lines(reach, at, bottom, unit)
    said = "; ".join(_limit(limit, limit.goal, unit) for limit in limits)
    return element(
        "svg", *parts, class_="reach", height=bottom + 26, role="img",
        aria_label=f"Prescription at which each limit is reached: {said}",
    )  # fmt: skip


def _breaks_at(limit: PrescriptionLimit) -> float:
    return math.inf if limit.prescription_gy is None else limit.prescription_gy


def _said(limit: PrescriptionLimit) -> str:
    if limit.prescription_gy is None:
        return "unknown"
    return f"{'up to' if limit.is_upper else 'from'} {_rounded(limit)} Gy"


def _rounded(limit: PrescriptionLimit) -> str:
    """Rounded to the safe side: what is allowed is never overstated."""
    assert limit.prescription_gy is not None
    return (
        _floor(limit.prescription_gy) if limit.is_upper else f"{math.ceil(limit.prescription_gy * 10 - 1e-6) / 10:.1f}"
    )


def _floor(gy: float) -> str:
    return f"{math.floor(gy * 10 + 1e-6) / 10:.1f}"


def _window(reach: Isotoxic) -> tuple[float, float]:
    """The part of the prescription axis worth drawing: around the plan, the range and the nearest limits."""
    planned = reach.planned_gy
    known = [limit.prescription_gy for limit in reach.limits if limit.prescription_gy is not None]
    near = [gy for gy in known if 0.7 * planned <= gy <= 1.3 * planned]
    ends = [planned, *near, *(gy for gy in (reach.unrounded_gy, reach.low_gy, reach.high_gy) if gy)]
    low, high = min(ends), max(ends)
    pad = max(0.12 * (high - low), 0.03 * planned)
    return max(0.0, math.floor(low - pad)), float(math.ceil(high + pad))


def _bar(
    limit: PrescriptionLimit,
    is_binding: bool,
    y: int,
    ends: tuple[float, float],
    at: Callable[[float], float],
    unit: DoseUnit,
) -> list[Markup]:
    low, high = ends
    name = element("text", limit.structure, class_="nm", x=0, y=y + 15)
    goal_text = text_in(typeset(limit.goal), unit) + (f" ({limit.added_from})" if limit.added_from else "")
    goal = element("text", goal_text, class_="goal", x=percent(_LEFT), dx=-10, y=y + 15, text_anchor="end")
    gy = limit.prescription_gy
    if gy is None:
        box = element("rect", class_="un2", x=percent(at(low)), width=percent(at(high) - at(low)), y=y + 4, height=14)
        reason = "not evaluated" if limit.reason else "does not change with the dose"
        return [name, goal, box, element("text", reason, x=percent(at(low)), dx=8, y=y + 15)]
    start, end = (low, gy) if limit.is_upper else (gy, high)
    width = max(at(end) - at(start), 0.002)
    kind = "bd" if is_binding else "ok"
    bar = element("rect", class_=kind, x=percent(at(start)), width=percent(width), y=y + 4, height=14)
    return [name, goal, bar, *_bar_text(limit, is_binding, y, high, at, width, unit)]


def _bar_text(
    limit: PrescriptionLimit,
    is_binding: bool,
    y: int,
    high: float,
    at: Callable[[float], float],
    width: float,
    unit: DoseUnit,
) -> list[Markup]:
    """The prescription at the bar's open end; inside the bar where there is no room beside it."""
    gy = limit.prescription_gy or 0.0
    if not limit.is_upper:
        text = f"from {_rounded(limit)}"
        return [element("text", number_in(text, unit), class_="bt", x=percent(at(gy)), dx=7, y=y + 15)]
    is_far = gy > high
    beyond = f"→ {_rounded(limit)}" if gy < _FAR * high else f"→ over {_FAR * high:.0f}"
    text = beyond if is_far else f"{_rounded(limit)}, binding" if is_binding else _rounded(limit)
    is_inside = is_far or (is_binding and width > 0.3)
    beside: dict[str, Attribute] = {"class_": "v", "dx": 8}
    side: dict[str, Attribute] = {"class_": "bt", "dx": -7, "text_anchor": "end"} if is_inside else beside
    return [element("text", number_in(text, unit), x=percent(at(gy)), y=y + 15, **side)]


def _lines(reach: Isotoxic, at: Callable[[float], float], bottom: int, unit: DoseUnit) -> list[Markup]:
    planned, parts = percent(at(reach.planned_gy)), []
    is_right = reach.unrounded_gy is None or reach.planned_gy >= reach.unrounded_gy
    parts.append(element("line", class_="pl", x1=planned, x2=planned, y1=18, y2=bottom))
    side, shift = ("start", -4) if is_right else ("end", 4)
    text = number_in(f"planned {reach.planned_gy:g}", unit)
    parts.append(element("text", text, class_="hd", x=planned, dx=shift, y=12, text_anchor=side))
    if reach.unrounded_gy is not None:
        most = percent(at(reach.unrounded_gy))
        side, shift = ("end", 4) if is_right else ("start", -4)
        parts.append(element("line", class_="bl", x1=most, x2=most, y1=18, y2=bottom))
        text = number_in(f"at most {_floor(reach.unrounded_gy)}", unit)
        parts.append(element("text", text, class_="hd r", x=most, dx=shift, y=12, text_anchor=side))
    return parts
