"""Report -> its pictures: three slices through each place that fails or is borderline, and through hottest points."""

from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.case import Case
from rtcheck.errors import RtcheckError
from rtcheck.geometry.solid import Solid
from rtcheck.report.charts.palette import LineStyle
from rtcheck.report.charts.svg import element, number
from rtcheck.report.slices.ct import read_ct
from rtcheck.report.slices.scene import PLANES, Organ, Point, Quality, Scene, View
from rtcheck.report.slices.slice import WASH, draw_view
from rtcheck.report.slices.wanted import Wanted, hottest_places, places_of, title_of, where_of
from rtcheck.report.telling import words
from rtcheck.report.telling.amounts import position_text
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_text import text_in
from rtcheck.report.telling.outcomes import RANKS, Kind
from rtcheck.report.telling.shown import is_target
from rtcheck.results import Drawing, Report
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass

BUDGET_BYTES = 300_000  # of pictures in a page that has to stay under 500 kB
# From fine to coarse: the first that keeps the budget is taken. (places that fail, hottest points)
_QUALITIES = (
    (Quality(ct_mm=1.0, wash_mm=1.0, contour_mm=0.3), Quality(ct_mm=2.0, wash_mm=2.0, contour_mm=0.5)),
    (Quality(ct_mm=1.5, wash_mm=1.5, contour_mm=0.4), Quality(ct_mm=2.5, wash_mm=2.0, contour_mm=0.6)),
    (Quality(ct_mm=2.0, wash_mm=2.0, contour_mm=0.5), Quality(ct_mm=3.0, wash_mm=2.5, contour_mm=0.8)),
    (Quality(ct_mm=3.0, wash_mm=2.5, contour_mm=0.8), Quality(ct_mm=4.0, wash_mm=3.0, contour_mm=1.0)),
    (Quality(ct_mm=4.0, wash_mm=3.0, contour_mm=1.2), Quality(ct_mm=6.0, wash_mm=4.0, contour_mm=1.5)),
)
_LEVELS = (0.2, 0.4, 0.6, 0.8, 0.95, 1.07)  # of the prescription
_HOTTEST_HALF_MM = 65.0
_FARTHEST_MM = 160.0  # above and below the targets
_RIM_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """Three slices through one point; `columns` is the CSS class that gives them one scale."""

    key: str
    kind: Kind
    title: str
    said: str
    columns: str
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All pictures of a page. `pictured` tells which set shows a row's place."""

    main: tuple[PictureSet, ...]
    hottest: tuple[PictureSet, ...]
    legend: Markup
    said: str
    has_cold: bool
    pictured: dict[str, str]
    style: str


def pictures_of(
    report: Report,
    rows: Sequence[Row],
    drawings: Sequence[Drawing],
    styles: dict[str, LineStyle],
    unit: DoseUnit = "Gy",
) -> Pictures | None:
    """The pictures, as fine as the budget allows; None without a dose or without anything to point at."""
    by_name = {drawing.name: drawing for drawing in drawings if not drawing.solid.is_empty}
    if report.case.dose is None or not by_name:
        return None
    main = list(places_of(rows, by_name))
    hottest = hottest_places(by_name, {(spot.organ, spot.position_mm) for wanted in main for spot in wanted.spots})
    if not main and not hottest:
        return None
    scene = _scene(report, list(by_name.values()), styles)
    for fine, coarse in _QUALITIES[_first_to_try(scene, main, hottest, by_name) :]:
        main_sets = [_main_set(scene, wanted, f"p{n}", fine) for n, wanted in enumerate(main, 1)]
        hot_sets = [_hot_set(scene, wanted, f"h{n}", by_name, coarse, unit) for n, wanted in enumerate(hottest, 1)]
        if _size((*main_sets, *hot_sets)) <= BUDGET_BYTES:
            break
    main_sets, hot_sets, left_out = _within_budget(main_sets, hot_sets)
    return Pictures(
        main=tuple(main_sets),
        hottest=tuple(hot_sets),
        legend=_legend(scene.levels_gy, unit),
        said=_said(bool(main), left_out),
        has_cold=any(wanted.spot.is_cold for wanted in main),
        pictured={row.key: f"p{n}" for n, wanted in enumerate(main[: len(main_sets)], 1) for row in wanted.every_row},
        style=_column_rule(scene),
    )


def _said(has_main: bool, left_out: int) -> str:
    said = (
        "Three slices through each place where a limit is exceeded or borderline."
        if has_main
        else "No limit is exceeded or borderline; these are the hottest points."
    )
    more = f" {words.counted(left_out, 'more place')} omitted to keep the page small." if left_out else ""
    return said + more


def _first_to_try(scene: Scene, main: Sequence[Wanted], hottest: Sequence[Wanted], by_name: dict[str, Drawing]) -> int:
    """The finest quality at which all sets would keep the budget, if they were like the first of their kind."""
    for index, (fine, coarse) in enumerate(_QUALITIES[:-1]):
        expected = len(main) * _size([_main_set(scene, wanted, "p", fine) for wanted in main[:1]])
        expected += len(hottest) * _size([_hot_set(scene, wanted, "h", by_name, coarse) for wanted in hottest[:1]])
        if expected <= BUDGET_BYTES:
            return index
    return len(_QUALITIES) - 1


def _size(sets: Iterable[PictureSet]) -> int:
    return sum(len(view.svg) for picture in sets for view in picture.views)


def _within_budget(main: list[PictureSet], hottest: list[PictureSet]) -> tuple[list[PictureSet], list[PictureSet], int]:
    """The sets that fit, hottest points dropped first, from the end; and how many were dropped."""
    count = len(main) + len(hottest)
    while hottest and _size((*main, *hottest)) > BUDGET_BYTES:
        hottest = hottest[:-1]
    while len(main) > 1 and _size(main) > BUDGET_BYTES:
        main = main[:-1]
    return main, hottest, count - len(main) - len(hottest)


def _scene(report: Report, drawings: Sequence[Drawing], styles: dict[str, LineStyle]) -> Scene:
    organs = tuple(Organ(style=styles[drawing.name], solid=drawing.solid) for drawing in drawings)
    body = _body(report.case)
    ct = read_ct(report.case.images)
    low, high = _box(drawings, body)
    return Scene(
        organs=organs, dose=report.case.dose, levels_gy=_levels(report), ct=ct, body=body, low_mm=low, high_mm=high
    )


def _levels(report: Report) -> tuple[float, ...]:
    """The wash's levels: shares of the prescription, or of the highest dose where none is known, as round numbers."""
    plan, dose = report.case.plan, report.case.dose
    whole = plan.prescription.dose_gy if plan and plan.prescription else float(dose.dose_gy.max()) if dose else 0.0
    step = 1.0 if whole >= 20 else 0.1
    levels = sorted({round(round(share * whole / step) * step, 3) for share in _LEVELS})
    return tuple(level for level in levels if level > 0) or (1.0,)


def _body(case: Case) -> Solid | None:
    """The patient's outline, where the structure set has one."""
    for roi in case.structures or ():
        if roi.type == "EXTERNAL" and roi.contours:
            try:
                return case.structures.slabs(roi.number)  # type: ignore[union-attr]
            except RtcheckError:
                return None
    return None


def _box(drawings: Sequence[Drawing], body: Solid | None) -> tuple[Point, Point]:
    """What the large pictures show: the body across, the structures from head to foot."""
    low, high = _extent([drawing.solid for drawing in drawings])
    if body is not None and not body.is_empty:
        body_low, body_high = _extent([body])
        low, high = np.minimum(low, body_low), np.maximum(high, body_high)
    targets = [d.solid for d in drawings if is_target(d)] or [drawing.solid for drawing in drawings]
    near_low, near_high = _extent(targets)
    low[2], high[2] = max(low[2], near_low[2] - _FARTHEST_MM), min(high[2], near_high[2] + _FARTHEST_MM)
    return tuple((low - _RIM_MM).tolist()), tuple((high + _RIM_MM).tolist())


def _extent(solids: Sequence[Solid]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lows, highs = [], []
    for solid in solids:
        corners = np.concatenate([slab.edges_mm[:, :2] for slab in solid.slabs])
        lows.append([*corners.min(axis=0), solid.slabs[0].z_low_mm])
        highs.append([*corners.max(axis=0), solid.slabs[-1].z_high_mm])
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _main_set(scene: Scene, wanted: Wanted, key: str, quality: Quality) -> PictureSet:
    return PictureSet(
        key=key,
        kind=min((row.word.kind for row in wanted.every_row), key=lambda kind: RANKS[kind]),
        title=title_of(wanted),
        said=where_of(wanted),
        columns="big",
        views=tuple(draw_view(scene, wanted.spots, plane, quality, key=key) for plane in PLANES),
    )


def _hot_set(
    scene: Scene, wanted: Wanted, key: str, by_name: dict[str, Drawing], quality: Quality, unit: DoseUnit = "Gy"
) -> PictureSet:
    spot = wanted.spot
    dose_gy = by_name[spot.organ].dvh.max_gy
    views = tuple(draw_view(scene, wanted.spots, plane, quality, key=key, half_mm=_HOTTEST_HALF_MM) for plane in PLANES)
    said = f"{text_in(f'{dose_gy:.2f} Gy', unit)} at {position_text(spot.position_mm)}"
    title = words.listed([each.organ for each in wanted.spots])
    return PictureSet(key=key, kind="met", title=title, said=said, columns="", views=views)


def _column_rule(scene: Scene) -> str:
    """One scale for the three views: columns as wide as the millimetres they show."""
    x, y, _ = (high - low for low, high in zip(scene.low_mm, scene.high_mm, strict=True))
    narrow = f"@media screen and (max-width:780px){{.sl.big figure:last-child{{width:{min(y / x, 1):.0%}}}}}"
    return f".sl.big{{grid-template-columns:{x:.0f}fr {x:.0f}fr {y:.0f}fr}}{narrow}"


def _legend(levels_gy: tuple[float, ...], unit: DoseUnit) -> Markup:
    boxes = [
        element("rect", x=n * 46, width=46, height=12, fill=f"rgb({r},{g},{b})")
        for n, (r, g, b) in enumerate(WASH[: len(levels_gy)])
    ]
    texts = [
        element("text", f"{PER_GY[unit] * level:g}", x=n * 46, y=26, text_anchor="start" if n == 0 else "middle")
        for n, level in enumerate(levels_gy)
    ]
    end = len(levels_gy) * 46
    of = element("text", unit, x=number(end + (6 if unit == "cGy" else 0)), y=26, text_anchor="end")
    return element(
        "svg", *boxes, *texts, of, width=end + (10 if unit == "cGy" else 4), height=30, role="img",
        aria_label=f"Dose legend in {unit}",
    )  # fmt: skip
