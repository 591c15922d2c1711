"""Drawings -> the dose-volume histogram of a page: curves, limits as points and flags, labels in free places."""

from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.dosimetry.curve import completed
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.report.charts.axes import round_up, ticks
from rtcheck.report.charts.dvh_labels import Label, placed_labels
from rtcheck.report.charts.palette import LineStyle
from rtcheck.report.charts.svg import element, joined, number, percent
from rtcheck.report.telling.limits import limit_dose_gy
from rtcheck.report.telling.shown import is_target
from rtcheck.results import Drawing, DvhBand, Report, Result
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]

_MOST_POINTS = 250
_STEPS_GY = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One structure: `volume_percent` at multiples of the plot's step; `band_percent` (2, n) is the convention band.

    `sampled_percent` (2, n) is the range of 90 % of the samples under random setup errors.
    Of one that `is_clipped` by the dose grid the mean and maximum are the least that they can be.
    """

    style: LineStyle
    volume_percent: FloatArray
    band_percent: FloatArray | None
    volume_cc: float
    mean_gy: float
    max_gy: float
    is_clipped: bool
    is_target: bool
    is_failing: bool
    sampled_percent: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A limit or a value on the plot, at (`dose_gy`, `volume_percent`); `shape` is flag, disc, diamond or goal.

    `toward` tells on which side of a goal point the curve has to pass: left, right, below, above.
    """

    style: LineStyle
    shape: str
    dose_gy: float
    volume_percent: float
    toward: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DvhPlot:
    """All that is drawn: curves in legend order, markers, labels; `prescription_gy` allows a relative dose axis."""

    curves: tuple[Curve, ...]
    markers: tuple[Marker, ...]
    labels: tuple[Label, ...]
    dose_end_gy: float
    step_gy: float
    prescription_gy: float | None
    unit: DoseUnit = "Gy"

    def dose_text(self, dose_gy: float) -> str:
        """A dose as the legend shows it: "57.3", or "5735" in cGy."""
        return f"{dose_gy:.1f}" if self.unit == "Gy" else f"{PER_GY[self.unit] * dose_gy:.0f}"

    @property
    def has_own_colours(self) -> bool:
        """Whether the structure set has colours of its own for these structures."""
        return any(curve.style.own for curve in self.curves)

    @property
    def has_band(self) -> bool:
        return any(curve.band_percent is not None for curve in self.curves)

    @property
    def has_samples(self) -> bool:
        return any(curve.sampled_percent is not None for curve in self.curves)


def dvh_plot(
    report: Report, drawings: Sequence[Drawing], styles: dict[str, LineStyle], unit: DoseUnit = "Gy"
) -> DvhPlot | None:
    """The plot of these structures, or None where no structure has a volume in the dose."""
    drawn = [drawing for drawing in drawings if drawing.dvh.volume_cc > 0 and len(drawing.dvh.dose_gy) > 1]
    if not drawn:
        return None
    dose_end_gy = round_up(max(drawing.dvh.max_gy for drawing in drawn))
    step_gy = next((step for step in _STEPS_GY if dose_end_gy / step <= _MOST_POINTS), dose_end_gy / _MOST_POINTS)
    failing = {result.structure for result in report.results if result.outcome == "violated"}
    sampled = {band.structure: band for band in report.samples.bands} if report.samples else {}
    dose_gy = step_gy * np.arange(round(dose_end_gy / step_gy) + 1, dtype=np.float64)
    curves = tuple(
        _curve(each, styles[each.name], dose_gy, sampled.get(each.name), is_failing=each.name in failing)
        for each in drawn
    )
    plan = report.case.plan
    prescription = plan.prescription if plan else None
    by_name = {curve.style.name: curve for curve in curves}
    markers = tuple(marker for result in report.results for marker in _markers(result, by_name))
    return DvhPlot(
        curves=curves,
        markers=markers,
        labels=placed_labels([(curve.style, curve.volume_percent) for curve in curves], step_gy, dose_end_gy),
        dose_end_gy=dose_end_gy,
        step_gy=step_gy,
        prescription_gy=prescription.dose_gy if prescription else None,
        unit=unit,
    )


def _curve(
    drawing: Drawing, style: LineStyle, dose_gy: FloatArray, sampled: DvhBand | None, *, is_failing: bool
) -> Curve:
    main = _percent_at(drawing.dvh, dose_gy)
    others = [_percent_at(dvh, dose_gy) for dvh in drawing.conventions]
    band = np.stack([np.min([main, *others], axis=0), np.max([main, *others], axis=0)]) if others else None
    return Curve(
        style=style,
        volume_percent=main,
        band_percent=band,
        sampled_percent=None if sampled is None else _sampled_percent(sampled, dose_gy),
        volume_cc=drawing.dvh.volume_cc,
        mean_gy=completed(drawing.dvh, 0.0).mean_gy,
        max_gy=drawing.dvh.max_gy,
        is_clipped=drawing.dvh.volume_outside_cc > 0,
        is_target=is_target(drawing),
        is_failing=is_failing,
    )


def _sampled_percent(band: DvhBand, dose_gy: FloatArray) -> FloatArray:
    sides = [100 * np.interp(dose_gy, band.dose_gy, side, right=0.0) for side in (band.low, band.high)]
    return np.stack(sides)


def _percent_at(dvh: Dvh, dose_gy: FloatArray) -> FloatArray:
    return 100 / dvh.volume_cc * np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc, right=0.0)


def _markers(result: Result, curves: dict[str, Curve]) -> Iterator[Marker]:
    """The limit of one constraint on its curve, and for Dmax and Dmean the value found."""
    metric, goal = result.goal.metric, result.goal
    curve = curves.get(result.structure)
    if curve is None or metric.biology != "physical" or metric.per_fraction:
        return
    limit_gy = limit_dose_gy(result)
    if metric.kind in ("Dmax", "Dmean") and limit_gy is not None:
        yield Marker(
            style=curve.style,
            shape="flag",
            dose_gy=limit_gy,
            volume_percent=0,
            toward="left" if goal.is_upper_limit else "right",
        )
        value = curve.max_gy if metric.kind == "Dmax" else curve.mean_gy
        yield Marker(
            style=curve.style, shape="disc" if metric.kind == "Dmax" else "diamond", dose_gy=value, volume_percent=0
        )
    if metric.at is None:
        return
    if metric.kind in ("D", "DC") and limit_gy is not None:
        share = _share(metric.at.amount, metric.at.unit, curve.volume_cc)
        at = share if metric.kind == "D" else 100 - share
        yield Marker(
            style=curve.style,
            shape="goal",
            dose_gy=limit_gy,
            volume_percent=at,
            toward="left" if goal.is_upper_limit else "right",
        )
    if metric.kind in ("V", "CV"):
        share = _share(goal.limit, goal.unit, curve.volume_cc)
        at, is_upper = (share, goal.is_upper_limit) if metric.kind == "V" else (100 - share, not goal.is_upper_limit)
        if limit_gy is not None:
            yield Marker(
                style=curve.style,
                shape="goal",
                dose_gy=limit_gy,
                volume_percent=at,
                toward="below" if is_upper else "above",
            )


def _share(amount: float, unit: str, volume_cc: float) -> float:
    return amount if unit == "%" else 100 * amount / volume_cc


def plot_svg(plot: DvhPlot) -> Markup:
    """The plot for the page: percent coordinates outside, Gy and percent inside; the script reads `d` and `data-`."""
    end, placed = plot.dose_end_gy, {label.style for label in plot.labels}
    bands = [path for curve in plot.curves for path in _band_paths(curve, plot.step_gy)]
    paths = [_curve_path(curve, plot.step_gy) for curve in reversed(plot.curves)]
    inner = element(
        "svg", *bands, *paths, class_="cv", width="100%", height="100%", viewBox=f"0 -100 {number(end)} 100",
        preserveAspectRatio="none",
    )  # fmt: skip
    parts = [
        element("g", *_grid(plot), class_="gr"),
        inner,
        element("line", class_="cur off", y2="100%"),
        *(_marker(marker, end) for marker in plot.markers if marker.dose_gy <= end),
        *(_label(label, end) for label in plot.labels),
        *(_unplaced(curve.style) for curve in plot.curves if curve.style not in placed),
        element("rect", class_="sel off"),
        element("text", "Volume [%]", id="yu", x=0, dx=-40, y=-4, dy=-6),
        element("text", f"Dose [{plot.unit}]", id="xu", x="100%", y="100%", dy=34, text_anchor="end"),
    ]
    return element(
        "svg", *parts, id="dvh", data_max=number(end), data_step=str(plot.step_gy), tabindex=0, role="group",
        data_rx=number(plot.prescription_gy, 4) if plot.prescription_gy else None, data_unit=plot.unit,
        aria_label=f"Cumulative dose volume histogram of {len(plot.curves)} structures. Arrow keys move the reading "
        "line, plus and minus zoom, Escape shows all again; the table lists the values.",
    )  # fmt: skip


def _grid(plot: DvhPlot) -> Iterator[Markup]:
    for mark in ticks(0, plot.dose_end_gy):
        x = percent(mark / plot.dose_end_gy)
        yield element("line", x1=x, x2=x, y2="100%")
        yield element("text", f"{PER_GY[plot.unit] * mark:g}", x=x, y="100%", dy=16, text_anchor="middle")
    for mark in (0, 20, 40, 60, 80, 100):
        y = f"{100 - mark}%"
        yield element("line", y1=y, y2=y, x2="100%")
        yield element("text", str(mark), y=y, dx=-8, dy=4, text_anchor="end")


def _points(dose_step_gy: float, volume_percent: FloatArray) -> list[str]:
    return [f"{number(n * dose_step_gy)},{_short(value)}" for n, value in enumerate(volume_percent)]


def _short(value: float) -> str:
    return number(float(value), 2 if value < 5 else 1)


def _curve_path(curve: Curve, step_gy: float) -> Markup:
    zero = np.flatnonzero(curve.volume_percent <= 0)
    shown = curve.volume_percent[: zero[0] + 1] if len(zero) else curve.volume_percent
    weight = " f" if curve.is_failing else " t" if curve.is_target else ""
    return element(
        "path", class_=f"{curve.style.key}{weight}", data_n=curve.style.key, transform="scale(1,-1)",
        d="M" + " ".join(_points(step_gy, shown)), stroke_dasharray=curve.style.dash or None,
    )  # fmt: skip


def _band_paths(curve: Curve, step_gy: float) -> Iterator[Markup]:
    for name, band in (("smp", curve.sampled_percent), ("bnd", curve.band_percent)):
        if band is not None:
            last = int(np.flatnonzero(band[1] > 0).max(initial=0)) + 2
            low, high = (_points(step_gy, side[:last]) for side in band)
            outline = "M" + " ".join([*high, *reversed(low)]) + "Z"
            yield element("path", class_=f"{name} {curve.style.key}", d=outline, transform="scale(1,-1)")


SHAPES = {
    "disc": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "diamond": "M0-5 5 0 0 5-5 0Z",
    "goal": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0",
}
TOWARD = {"left": "M-5 0h-7", "right": "M5 0h7", "below": "M0 5v7", "above": "M0-5v-7"}
FLAGS = {"left": "M0 0V-18M0-18h-6", "right": "M0 0V-18M0-18h6"}


def _marker(marker: Marker, dose_end_gy: float) -> Markup:
    if marker.shape == "flag":
        drawn = [element("path", d=FLAGS[marker.toward])]
    elif marker.shape == "goal":
        drawn = [element("path", d=TOWARD[marker.toward]), element("path", class_="h", d=SHAPES["goal"])]
    else:
        drawn = [element("path", class_="d", d=SHAPES[marker.shape])]
    return _at(drawn, f"mk {marker.style.key}", marker.dose_gy, marker.volume_percent, dose_end_gy)


def _label(label: Label, dose_end_gy: float) -> Markup:
    text = element("text", label.style.name, class_="dl", x=label.dx, y=label.dy, text_anchor=label.anchor)
    return _at([text], f"lb0 {label.style.key}", label.dose_gy, label.volume_percent, dose_end_gy)


def _unplaced(style: LineStyle) -> Markup:
    """A name without a place in the plot as it opens; the script may find it one."""
    text = element("text", style.name, class_="dl")
    return element("svg", text, class_=f"lb0 {style.key} off", data_x="0", data_y="0", overflow="visible")


def _at(drawn: list[Markup], classes: str, dose_gy: float, volume_percent: float, dose_end_gy: float) -> Markup:
    return element(
        "svg", joined(drawn), class_=classes, data_x=number(dose_gy, 3), data_y=number(volume_percent, 3),
        x=percent(dose_gy / dose_end_gy), y=percent(1 - volume_percent / 100), overflow="visible",
    )  # fmt: skip
