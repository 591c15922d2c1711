"""The isotoxic result -> a picture: prescription along x, each constraint as a bar up to where it breaks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from rtcheck.report.axis import ticks
from rtcheck.report.svg import element, percent
from rtcheck.report.words import typeset

_LEFT = 0.25
_TOP, _LINE = 38, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The prescription at which one constraint breaks; None where that is not known."""

    structure: str
    goal: str
    prescription_gy: float | None
    is_binding: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a plan can be scaled: what the page says and draws."""

    planned_gy: float
    fractions: int | None
    limits: tuple[Limit, ...]
    unrounded_gy: float | None
    allowed_gy: float | None
    advice: tuple[str, ...] = ()


def reach_of(isotoxic: Any) -> Reach | None:
    """The picture's values from a report's isotoxic part, be it the JSON form or an object with the same names."""
    planned = _part(isotoxic, "planned_gy") if isotoxic is not None else None
    if planned is None:
        return None
    binding = _part(isotoxic, "binding")
    bound = (_part(binding, "structure"), _part(binding, "goal")) if binding is not None else None
    limits = [_limit(entry, bound) for entry in _part(isotoxic, "limits") or ()]
    limits.sort(key=lambda limit: math.inf if limit.prescription_gy is None else limit.prescription_gy)
    return Reach(
        planned_gy=float(planned),
        fractions=_part(isotoxic, "fractions"),
        limits=tuple(limits),
        unrounded_gy=_part(isotoxic, "unrounded_gy"),
        allowed_gy=_part(isotoxic, "allowed_gy"),
        advice=tuple(map(str, _part(isotoxic, "advice") or ())),
    )


def _limit(entry: Any, bound: tuple[Any, Any] | None) -> Limit:
    structure, goal = _part(entry, "structure"), _part(entry, "goal")
    goal_text = goal if isinstance(goal, str) else getattr(goal, "text", "")
    return Limit(
        structure=str(structure),
        goal=typeset(goal_text),
        prescription_gy=_part(entry, "prescription_gy"),
        is_binding=bound == (structure, goal),
    )


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def reach_picture(reach: Reach) -> Markup:
    """The bars, the planned prescription as a line, the highest allowed one as a dashed line."""
    known = [limit.prescription_gy for limit in reach.limits if limit.prescription_gy is not None]
    low, high = _window(reach, known)
    bottom = _TOP + len(reach.limits) * _LINE

    def at(gy: float) -> float:
        return _LEFT + (min(max(gy, low), high) - low) / (high - low) * (1 - _LEFT - 0.05)

    parts = []
    if reach.unrounded_gy is not None:
        start = at(reach.unrounded_gy)
        parts.append(
            element("rect", class_="no", x=percent(start), width=percent(at(high) - start), y=34, height=bottom - 34)
        )
    for mark in ticks(low, high, most=6):
        x = percent(at(mark))
        parts.append(element("line", class_="gd", x1=x, x2=x, y1=34, y2=bottom))
        parts.append(element("text", f"{mark:g}", x=x, y=bottom + 18, text_anchor="middle"))
    parts.append(element("text", "Gy", x="100%", y=bottom + 18, text_anchor="end"))
    for n, limit in enumerate(reach.limits):
        parts += _bar(limit, _TOP + n * _LINE, low, high, at)
    parts += _lines(reach, at, bottom)
    said = "; ".join(f"{limit.structure} {_said(limit)}" for limit in reach.limits)
    return element(
        "svg", *parts, class_="reach", height=bottom + 26, role="img",
        aria_label=f"Prescription at which each constraint breaks: {said}",
    )  # fmt: skip


def _said(limit: Limit) -> str:
    return "unknown" if limit.prescription_gy is None else f"{_floor(limit.prescription_gy)} Gy"


def _floor(gy: float) -> str:
    """Rounded down, always: the allowed prescription is never overstated."""
    return f"{math.floor(gy * 10 + 1e-6) / 10:.1f}"


def _window(reach: Reach, known: Sequence[float]) -> tuple[float, float]:
    """The part of the prescription axis worth drawing: around the plan and the nearest limits."""
    near = [gy for gy in known if 0.7 * reach.planned_gy <= gy <= 1.3 * reach.planned_gy]
    ends = [reach.planned_gy, *near, *([reach.unrounded_gy] if reach.unrounded_gy else [])]
    low, high = min(ends), max(ends)
    pad = max(0.25 * (high - low), 0.05 * reach.planned_gy)
    return max(0.0, math.floor(low - pad)), float(math.ceil(high + pad))


def _bar(limit: Limit, y: int, low: float, high: float, at: Any) -> list[Markup]:
    name = element("text", limit.structure, class_="nm", x=0, y=y + 15)
    goal = element("text", limit.goal, class_="goal", x=percent(_LEFT), dx=-10, y=y + 15, text_anchor="end")
    start, gy = percent(at(low)), limit.prescription_gy
    if gy is None:
        box = element("rect", class_="un2", x=start, width=percent(at(high) - at(low)), y=y + 4, height=14)
        return [name, goal, box, element("text", "unknown: not evaluated", x=start, dx=8, y=y + 15)]
    width = max(at(gy) - at(low), 0.002)
    bar = element("rect", class_="bd" if limit.is_binding else "ok", x=start, width=percent(width), y=y + 4, height=14)
    text = f"→ {_floor(gy)}" if gy > high else f"{_floor(gy)}, binding" if limit.is_binding else _floor(gy)
    is_inside = limit.is_binding and width > 0.18
    label = element(
        "text", text, class_="bt" if is_inside else "v", x=percent(at(gy)), dx=-7 if is_inside else 8, y=y + 15,
        text_anchor="end" if is_inside else None,
    )  # fmt: skip
    return [name, goal, bar, label]


def _lines(reach: Reach, at: Any, bottom: int) -> list[Markup]:
    planned, parts = percent(at(reach.planned_gy)), []
    is_right = reach.unrounded_gy is None or reach.planned_gy >= reach.unrounded_gy
    parts.append(element("line", class_="pl", x1=planned, x2=planned, y1=18, y2=bottom))
    side, shift = ("start", -4) if is_right else ("end", 4)
    parts.append(
        element("text", f"planned {reach.planned_gy:g}", class_="hd", x=planned, dx=shift, y=12, text_anchor=side)
    )
    if reach.unrounded_gy is not None:
        most = percent(at(reach.unrounded_gy))
        side, shift = ("end", 4) if is_right else ("start", -4)
        parts.append(element("line", class_="bl", x1=most, x2=most, y1=18, y2=bottom))
        text = f"at most {_floor(reach.unrounded_gy)}"
        parts.append(element("text", text, class_="hd r", x=most, dx=shift, y=12, text_anchor=side))
    return parts
