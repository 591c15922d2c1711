"""Report -> fragments for a notebook: the constraint table and the DVH plot, each whole in itself."""

from markupsafe import Markup

from rtcheck.report.content import content_of
from rtcheck.report.dvh_plot import dvh_plot
from rtcheck.report.dvh_static import dvh_svg
from rtcheck.report.glyphs import INKS, glyph_svg
from rtcheck.report.palette import line_styles
from rtcheck.report.shown import shown_drawings
from rtcheck.report.svg import element, joined
from rtcheck.results import Report

_CELL = "text-align:left;padding:3px 14px 3px 0"


def report_fragment(report: Report, *, anonymous: bool = False) -> Markup:
    """The verdict's sentence, the constraint table and the DVH plot."""
    return joined([verdict_fragment(report, anonymous=anonymous), table_fragment(report), dvh_fragment(report)])


def verdict_fragment(report: Report, *, anonymous: bool = False) -> Markup:
    """The verdict and why, in one line."""
    content = content_of(report, anonymous=anonymous)
    ink = INKS[content.verdict.kind]
    stamp = element("b", content.verdict.text, style=f"color:{ink};padding-right:10px")
    return element("p", stamp, "".join(piece.text for piece in content.sentence))


def table_fragment(report: Report) -> Markup:
    """The constraints as a plain table: notebooks bring their own styles."""
    heads = [element("th", name, style=_CELL) for name in ("", "Structure", "Goal", "Value", "Margin", "Outcome")]
    rows = [
        element(
            "tr",
            element("td", Markup(glyph_svg(row.word.kind)), style=_CELL),
            element("td", row.structure, style=_CELL),
            element("td", row.goal, style=_CELL),
            element("td", row.value or "no value", style=_CELL),
            element("td", row.margin, style=_CELL),
            element("td", row.word.text, style=f"{_CELL};color:{INKS[row.word.kind]}"),
        )
        for row in content_of(report).rows
    ]
    return element("table", element("tr", *heads), *rows)


def dvh_fragment(report: Report) -> Markup:
    """The DVH plot as SVG; nothing where no structure has a dose."""
    drawings = shown_drawings(report)
    plot = dvh_plot(report, drawings, line_styles([drawing.name for drawing in drawings]))
    return dvh_svg(plot) if plot else Markup("")
