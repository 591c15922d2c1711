"""Structures' colours and dashes: hue and dash together tell any two apart, on paper, on dark and over a CT."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Final

from rtcheck.values import dataclass

Rgb = tuple[int, int, int]
WHITE, DARK, BLACK = (255, 255, 255), (21, 25, 30), (0, 0, 0)
LEAST_CONTRAST = 4.5  # names are set in these colours, too


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStyle:
    """One structure's line: `key` is its CSS class; `light`, `dark` and `on_black` its colours on those grounds.

    `own` are the same of the structure set's colour, made as dark or as bright as it takes to be seen there.
    """

    key: str
    name: str
    light: str
    dark: str
    on_black: str
    dash: str = ""
    own: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Hue:
    light: str
    dark: str
    on_black: str
    dash: str = ""


# Contrast of each on its ground is 4.7 or better (tests/report/test_palette.py computes it).
_PTV, _CTV = r"PTV", r"CTV|ITV"
_NAMED: Final[tuple[tuple[str, _Hue], ...]] = (
    (_PTV, _Hue("#c8005f", "#ff6fae", "#ff9ccb")),
    (r"GTV|IGTV", _Hue("#6e0a38", "#e0558f", "#ff5fa5", "7 3")),
    (_CTV, _Hue("#9b1c6b", "#f29ac5", "#f7b6d6", "2 2.5")),
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
# Of several targets of one kind: neighbours of the kind's own hue, from rust to violet.
_MORE_TARGETS: Final[dict[str, tuple[_Hue, ...]]] = {
    _PTV: (
        _Hue("#7a1fa2", "#d59bf0", "#e0b3f7"),
        _Hue("#a13d00", "#ffab78", "#ffbd94"),
        _Hue("#3a49c4", "#a3b0ff", "#b5c0ff"),
    ),
    _CTV: (
        _Hue("#5b2a86", "#c9a4ee", "#d6bbf3", "2 2.5"),
        _Hue("#8a4b10", "#f0bd8a", "#f4cba4", "2 2.5"),
    ),
}
DASHES: Final = ("", "7 3", "2 2.5", "12 3 2 3", "9 2 2 2 2 2", "4 2", "14 4", "1 3")


def line_styles(names: Sequence[str], own: Mapping[str, Rgb | None] | None = None) -> dict[str, LineStyle]:
    """A line for each name, no two alike: the design's colours where the organ is known, others in turn.

    Targets of one kind differ in hue as well as in dash. `own` are the display colours of the structure set.
    """
    styles: dict[str, LineStyle] = {}
    taken: set[tuple[str, str]] = set()
    others = count()
    for number, name in enumerate(dict.fromkeys(names)):
        hues = _named_hues(name) or (_OTHERS[next(others) % len(_OTHERS)],)
        lines = _lines(hues)
        hue, dash = next((line for line in lines if (line[0].light, line[1]) not in taken), (hues[0], hues[0].dash))
        taken.add((hue.light, dash))
        colour = (own or {}).get(name)
        styles[name] = LineStyle(
            key=f"s{number}",
            name=name,
            light=hue.light,
            dark=hue.dark,
            on_black=hue.on_black,
            dash=dash,
            own=None if colour is None else own_colours(colour),
        )
    return styles


def _lines(hues: Sequence[_Hue]) -> Iterator[tuple[_Hue, str]]:
    """The lines of these hues, best first: the first of each hue has a dash of its own, too."""
    dashes = tuple(dict.fromkeys((hues[0].dash, *DASHES)))
    for shift in range(len(dashes)):
        for place, hue in enumerate(hues):
            yield hue, dashes[(place + shift) % len(dashes)]


def with_own_colours(styles: Mapping[str, LineStyle]) -> dict[str, LineStyle]:
    """The lines in the structure set's colours, where it has them."""
    return {
        name: replace(style, light=style.own[0], dark=style.own[1], on_black=style.own[2]) if style.own else style
        for name, style in styles.items()
    }


@cache
def own_colours(colour: Rgb) -> tuple[str, str, str]:
    """A display colour on white, on dark and on black: mixed with ink or white until its contrast suffices."""
    return _seen_on(colour, WHITE, toward=BLACK), _seen_on(colour, DARK, toward=WHITE), _seen_on(colour, BLACK, WHITE)


def _seen_on(colour: Rgb, ground: Rgb, toward: Rgb) -> str:
    mixes = (tuple(round(a + (b - a) * step / 40) for a, b in zip(colour, toward, strict=True)) for step in range(41))
    seen = next(mix for mix in mixes if contrast(mix, ground) >= LEAST_CONTRAST)
    return "#{:02x}{:02x}{:02x}".format(*seen)


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """The contrast ratio of two colours (WCAG 2.2, relative luminance of sRGB), from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _named_hues(name: str) -> tuple[_Hue, ...]:
    """The hues of a known organ or kind of target; () for other names."""
    for pattern, hue in _NAMED:
        if re.match(pattern, name, re.IGNORECASE):
            return (hue, *_MORE_TARGETS.get(pattern, ()))
    return ()


def style_rules(styles: Sequence[LineStyle]) -> str:
    """The CSS that gives each structure's class its colour `--c`: light, dark, and on the pictures' black.

    Inside `.own` the structure set's colours take the place of ours.
    """
    own = [(s.key, s.own) for s in styles if s.own]
    ours = [(s.key, (s.light, s.dark, s.on_black)) for s in styles]
    return _colour_rules(ours, "") + (_colour_rules(own, ".own ") if own else "")


def _colour_rules(colours: Sequence[tuple[str, tuple[str, str, str]]], within: str) -> str:
    light, dark, black = (
        "".join(f"{within}{where}.{key}{{--c:{three[n]}}}" for key, three in colours)
        for n, where in enumerate(("", "", ".sl "))
    )
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}{black}"
