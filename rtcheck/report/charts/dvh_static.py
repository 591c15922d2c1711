"""A DVH plot -> one SVG that needs no style and no script: for PDF, notebooks and wherever a plot stands alone."""

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.report.charts.axes import ticks
from rtcheck.report.charts.dvh import FLAGS, SHAPES, TOWARD, Curve, DvhPlot, Marker
from rtcheck.report.charts.svg import element, number
from rtcheck.units import PER_GY

FloatArray = NDArray[np.float64]

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 18, 38
_LETTER = 7.6  # px of a letter of a name, at most
_MUTED, _LINE = "#59636e", "#dde1e5"
_FONT = "Noto Sans, Liberation Sans, DejaVu Sans, Arial, sans-serif"


def dvh_svg(plot: DvhPlot, *, width: int = 700, height: int = 420) -> Markup:
    """The plot on white, `width` by `height` px, with every attribute inside."""
    frame = _Frame(plot, width, height)
    parts = [
        *frame.grid(),
        *(band for curve in plot.curves for band in frame.bands(curve)),
        *(frame.curve(curve) for curve in reversed(plot.curves)),
        *(frame.marker(marker) for marker in plot.markers if marker.dose_gy <= plot.dose_end_gy),
        *frame.labels(),
    ]
    return element(
        "svg", *parts, xmlns="http://www.w3.org/2000/svg", width=width, height=height, viewBox=f"0 0 {width} {height}",
        font_family=_FONT, font_size=11, role="img",
        aria_label=f"Cumulative dose volume histogram of {len(plot.curves)} structures",
    )  # fmt: skip


class _Frame:
    """Gy and percent -> px."""

    def __init__(self, plot: DvhPlot, width: int, height: int) -> None:
        self.plot = plot
        self.width, self.height = width - _LEFT - _RIGHT, height - _TOP - _BOTTOM

    def x(self, dose_gy: float) -> float:
        return _LEFT + dose_gy / self.plot.dose_end_gy * self.width

    def y(self, volume_percent: float) -> float:
        return _TOP + (100 - volume_percent) / 100 * self.height

    def grid(self) -> Iterator[Markup]:
        bottom, right = _TOP + self.height, _LEFT + self.width
        for mark in ticks(0, self.plot.dose_end_gy):
            x = self.x(mark)
            yield element("path", d=f"M{number(x)} {_TOP}V{number(bottom)}", stroke=_LINE)
            yield element(
                "text", f"{PER_GY[self.plot.unit] * mark:g}", x=x, y=bottom + 16, text_anchor="middle", fill=_MUTED
            )
        for mark in (0, 20, 40, 60, 80, 100):
            y = self.y(mark)
            yield element("path", d=f"M{_LEFT} {number(y)}H{number(right)}", stroke=_LINE)
            yield element("text", str(mark), x=_LEFT - 8, y=y + 4, text_anchor="end", fill=_MUTED)
        yield element("text", "Volume [%]", x=4, y=10, fill=_MUTED)
        yield element("text", f"Dose [{self.plot.unit}]", x=right, y=bottom + 33, text_anchor="end", fill=_MUTED)

    def _points(self, volume_percent: FloatArray) -> list[str]:
        step = self.plot.step_gy
        return [f"{number(self.x(n * step), 1)},{number(self.y(v), 1)}" for n, v in enumerate(volume_percent.tolist())]

    def curve(self, curve: Curve) -> Markup:
        zero = np.flatnonzero(curve.volume_percent <= 0)
        shown = curve.volume_percent[: zero[0] + 1] if len(zero) else curve.volume_percent
        return element(
            "path", d="M" + " ".join(self._points(shown)), fill="none", stroke=curve.style.light,
            stroke_width=3 if curve.is_failing else 2.25 if curve.is_target else 1.75, stroke_linejoin="round",
            stroke_dasharray=curve.style.dash or None,
        )  # fmt: skip

    def bands(self, curve: Curve) -> Iterator[Markup]:
        """The range of the samples, with a dotted edge, and the convention band."""
        colour = curve.style.light
        if curve.sampled_percent is not None:
            yield element(
                "path", d=self._outline(curve.sampled_percent), fill=colour, fill_opacity=0.1, stroke=colour,
                stroke_width=0.75, stroke_dasharray="1 2",
            )  # fmt: skip
        if curve.band_percent is not None:
            yield element("path", d=self._outline(curve.band_percent), fill=colour, fill_opacity=0.22)

    def _outline(self, band_percent: FloatArray) -> str:
        low, high = (self._points(side) for side in band_percent)
        return "M" + " ".join([*high, *reversed(low)]) + "Z"

    def marker(self, marker: Marker) -> Markup:
        colour = marker.style.light
        place = f"translate({number(self.x(marker.dose_gy))} {number(self.y(marker.volume_percent))})"
        if marker.shape == "flag":
            drawn = [element("path", d=FLAGS[marker.toward], fill="none", stroke=colour, stroke_width=2)]
        elif marker.shape == "goal":
            tail = element("path", d=TOWARD[marker.toward], stroke=colour, stroke_width=2)
            drawn = [tail, element("path", d=SHAPES["goal"], fill="#fff", stroke=colour, stroke_width=2)]
        else:
            drawn = [element("path", d=SHAPES[marker.shape], fill=colour, stroke="#fff")]
        return element("g", *drawn, transform=place)

    def labels(self) -> Iterator[Markup]:
        for label in self.plot.labels:
            x, y = self.x(label.dose_gy) + label.dx, self.y(label.volume_percent) + label.dy
            if label.anchor == "start":  # a narrow plot ends sooner than the one that the names were placed for
                x = min(x, _LEFT + self.width + _RIGHT - 2 - _LETTER * len(label.style.name))
            shared = {"x": number(x, 1), "y": number(y, 1), "text_anchor": label.anchor, "font_size": "12"}
            yield element("text", label.style.name, stroke="#fff", stroke_width="4", stroke_linejoin="round", **shared)
            yield element("text", label.style.name, fill=label.style.light, font_weight="600", **shared)
