"""Structures' colours and dashes: hue and dash together tell any two apart, on paper, on dark and over a CT."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStyle:
    """One structure's line: `key` is its CSS class; `light`, `dark` and `on_black` its colours on those grounds."""

    key: str
    name: str
    light: str
    dark: str
    on_black: str
    dash: str = ""


@dataclass(frozen=True, slots=True)
class _Hue:
    light: str
    dark: str
    on_black: str
    dash: str = ""


# Contrast of each on its ground is 4.7 or better (tests/report/test_palette.py computes it).
_NAMED: Final[tuple[tuple[str, _Hue], ...]] = (
    (r"PTV", _Hue("#c8005f", "#ff6fae", "#ff9ccb")),
    (r"GTV|IGTV", _Hue("#6e0a38", "#e0558f", "#ff5fa5", "7 3")),
    (r"CTV|ITV", _Hue("#9b1c6b", "#f29ac5", "#f7b6d6", "2 2.5")),
    (r"Liver", _Hue("#7a4a00", "#b98232", "#e2b36a")),
    (r"Stomach", _Hue("#cf4400", "#ff8748", "#ff9a63")),
    (r"Duodenum", _Hue("#5f6f00", "#dbe26a", "#dbe26a", "2 2.5")),
    (r"Bowel|Bag_Bowel|Spc_Bowel|Colon", _Hue("#00806f", "#3fd0b4", "#52dcc1", "12 3 2 3")),
    (r"Kidney_R", _Hue("#1769d2", "#6fb1ff", "#8cc2ff", "7 3")),
    (r"Kidney", _Hue("#1769d2", "#6fb1ff", "#8cc2ff")),
    (r"SpinalC", _Hue("#14204f", "#eef1f6", "#eef1f6", "2 2.5")),
    (r"Heart", _Hue("#8146c4", "#b792ff", "#c6a8ff", "9 2 2 2 2 2")),
)
_OTHERS: Final = (
    _Hue("#9a3412", "#fdba74", "#fdba74"),
    _Hue("#0369a1", "#7dd3fc", "#7dd3fc"),
    _Hue("#4d7c0f", "#bef264", "#bef264"),
    _Hue("#a21caf", "#f0abfc", "#f0abfc"),
    _Hue("#475569", "#cbd5e1", "#cbd5e1"),
    _Hue("#be123c", "#fda4af", "#fda4af"),
    _Hue("#166534", "#86efac", "#86efac"),
    _Hue("#7e22ce", "#d8b4fe", "#d8b4fe"),
)
DASHES: Final = ("", "7 3", "2 2.5", "12 3 2 3", "9 2 2 2 2 2", "4 2", "14 4", "1 3")


def line_styles(names: Sequence[str]) -> dict[str, LineStyle]:
    """A line for each name, no two alike: the design's colours where the organ is known, others in turn."""
    styles: dict[str, LineStyle] = {}
    taken: set[tuple[str, str]] = set()
    others = count()
    for number, name in enumerate(dict.fromkeys(names)):
        hue = _named_hue(name) or _OTHERS[next(others) % len(_OTHERS)]
        dash = next((d for d in (hue.dash, *DASHES) if (hue.light, d) not in taken), hue.dash)
        taken.add((hue.light, dash))
        styles[name] = LineStyle(
            key=f"s{number}", name=name, light=hue.light, dark=hue.dark, on_black=hue.on_black, dash=dash
        )
    return styles


def _named_hue(name: str) -> _Hue | None:
    return next((hue for pattern, hue in _NAMED if re.match(pattern, name, re.IGNORECASE)), None)


def style_rules(styles: Sequence[LineStyle]) -> str:
    """The CSS that gives each structure's class its colour `--c`: light, dark, and on the pictures' black."""
    light = "".join(f".{s.key}{{--c:{s.light}}}" for s in styles)
    dark = "".join(f".{s.key}{{--c:{s.dark}}}" for s in styles)
    black = "".join(f".sl .{s.key}{{--c:{s.on_black}}}" for s in styles)
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}{black}"
