"""The page's drawings as SVG documents of their own, on white paper, for formats that know no style sheet."""

import re
from collections.abc import Iterable

from rtcheck.patterns import pattern
from rtcheck.report.charts.palette import LineStyle
from rtcheck.report.templates import template_text

_ROOT = pattern(r"<svg([^>]*)>")


def standalone(svg: str, width: float, height: float, *, rules: str = "") -> str:
    """A drawing in percent or with a viewBox, set into a document of `width` by `height` px."""
    attributes = _ROOT.match(svg)
    if attributes is None:
        return ""
    kept = re.sub(r'\s(?:width|height|class|role|aria-[a-z]+)="[^"]*"', "", attributes.group(1))
    inner = f'<svg{kept} width="{width:g}" height="{height:g}" overflow="visible">{svg[attributes.end() :]}'
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    style = f"<style>{template_text('static.css')}{rules}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}{inner}</svg>'


def plan_rules(styles: Iterable[LineStyle]) -> str:
    """The colours of the plans that are compared."""
    lines = "".join(f".c.{s.key}{{stroke:{s.light}}}.pm.{s.key}{{fill:{s.light}}}" for s in styles)
    return ".curve{stroke-width:2.25;fill:none}.grid{stroke:#dde1e5}.off{display:none}" + lines


def picture_rules(styles: Iterable[LineStyle]) -> str:
    """The colours of contours and names over black."""
    return "text{fill:#fff;font-size:9.5px}" + "".join(
        f".c.{s.key}{{stroke:{s.on_black}}}.nm.{s.key}{{fill:{s.on_black}}}" for s in styles
    )
