"""The outcomes' shapes, told apart without colour: a 20 by 20 box in `currentColor` on `var(--paper)`."""

from typing import Final

from markupsafe import Markup

from rtcheck.report.telling.outcomes import LOOKS, Kind

GLYPHS: Final[dict[Kind, str]] = {
    "met": (
        '<circle cx="10" cy="10" r="9" fill="currentColor"/>'
        '<path d="M5.6 10.4 8.8 13.5 14.5 7" fill="none" stroke="var(--paper)" stroke-width="2.2"/>'
    ),
    "edge": (
        '<path d="M10 0 20 10 10 20 0 10Z" fill="currentColor"/>'
        '<path d="M5.8 8.6c1.4-1.5 2.8-1.3 4.2-.4s2.8 1 4.2-.5M5.8 12.6c1.4-1.5 2.8-1.3 4.2-.4s2.8 1 4.2-.5" '
        'fill="none" stroke="var(--paper)" stroke-width="1.7"/>'
    ),
    "var": (
        '<path d="M10 .9 19.8 18.4H.2Z" fill="currentColor"/>'
        '<path d="M10 6.4v6" stroke="var(--paper)" stroke-width="2.2"/>'
        '<circle cx="10" cy="15.3" r="1.25" fill="var(--paper)"/>'
    ),
    "over": (
        '<path d="M6.2.8h7.6l5.4 5.4v7.6l-5.4 5.4H6.2L.8 13.8V6.2Z" fill="currentColor"/>'
        '<path d="m6.4 6.4 7.2 7.2m0-7.2-7.2 7.2" stroke="var(--paper)" stroke-width="2.2"/>'
    ),
    "ne": (
        '<circle cx="10" cy="10" r="8.4" fill="none" stroke="currentColor" stroke-width="1.8" '
        'stroke-dasharray="3.4 1.88"/>'
        '<path d="M7.5 8a2.5 2.5 0 1 1 3.7 2.2c-.8.45-1.2.9-1.2 1.7" fill="none" stroke="currentColor" '
        'stroke-width="1.8"/>'
        '<circle cx="10" cy="14.4" r="1.15" fill="currentColor"/>'
    ),
    "na": ('<path d="M3.5 10h13" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>'),
    "waived": (
        '<rect x="1" y="1" width="18" height="18" rx="3" fill="currentColor"/>'
        '<path d="M4.6 14.6c1.8-5.6 3.2-8.2 4-7.7.9.5-1.4 6.3-.3 6.6.9.2 1.9-3.1 2.8-2.8.7.3-.2 2.6.6 '
        '2.7.8.1 1.6-1.2 3.7-1.3" fill="none" stroke="var(--paper)" stroke-width="1.6" '
        'stroke-linecap="round"/>'
    ),
}


def symbols() -> Markup:
    """All shapes as symbols for `<use href="#g-met">`."""
    written = "".join(f'<symbol id="g-{kind}" viewBox="0 0 20 20">{shape}</symbol>' for kind, shape in GLYPHS.items())
    return Markup(f'<svg width="0" height="0" hidden>{written}</svg>')


def glyph_svg(kind: Kind, *, ink: str = "", paper: str = "#fff") -> str:
    """One shape as an SVG document of its own, in its ink or another."""
    shape = GLYPHS[kind].replace("currentColor", ink or LOOKS[kind].ink).replace("var(--paper)", paper)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" width="20" height="20">{shape}</svg>'


def kind_rules() -> str:
    """The CSS of the outcomes: ink `--k` and tint `--t` of each class, on light and on dark paper."""
    light = "".join(f"--{kind}:{look.ink};--{kind}-t:{look.tint};" for kind, look in LOOKS.items())
    dark = "".join(f"--{kind}:{look.ink_dark};--{kind}-t:{look.tint_dark};" for kind, look in LOOKS.items())
    classes = "".join(f".{kind}{{--k:var(--{kind});--t:var(--{kind}-t)}}" for kind in LOOKS)
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{classes}\n"
