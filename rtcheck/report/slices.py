"""One slice as SVG: CT or body below, dose as colour wash, contours, the limit's isodose, a cross, a scale, letters.

One user unit is one millimetre. Across the picture runs x (axial, coronal) or y (sagittal); down it runs y or -z.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry.solid import Solid
from rtcheck.report.ct import CtVolume
from rtcheck.report.dose_sampling import sampled
from rtcheck.report.level_lines import level_lines, simplified
from rtcheck.report.outlines import Plane, inside, outline
from rtcheck.report.palette import LineStyle
from rtcheck.report.png import data_url, grey_png, indexed_png
from rtcheck.report.svg import element, number

FloatArray = NDArray[np.float64]
Point = tuple[float, float, float]

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
LETTERS = {"axial": ("A", "P", "R", "L"), "coronal": ("S", "I", "R", "L"), "sagittal": ("S", "I", "A", "P")}
_AXES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}  # across, down, through
WASH = ((68, 61, 171), (122, 63, 192), (180, 74, 158), (224, 93, 103), (245, 143, 58), (252, 210, 60))
_WASH_ALPHA, _WASH_ALPHA_ALONE = 120, 190  # over a CT, and over nothing
_FINE_MM = 1.0  # grid for isodose lines and the region over the limit
_NARROWEST_MM = 60.0
_LEAST_CT = 0.15  # of the picture's rows: a strip of one slice is no CT to look at


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How fine a picture is: pixels of CT and wash, and how far a contour may be off."""

    ct_mm: float
    wash_mm: float
    contour_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Organ:
    """A structure to outline."""

    style: LineStyle
    solid: Solid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What is there to be cut: organs, dose with the levels of its wash, CT or body outline, and the box to show."""

    organs: tuple[Organ, ...]
    dose: DoseGrid | None
    levels_gy: tuple[float, ...]
    ct: CtVolume | None
    body: Solid | None
    low_mm: Point
    high_mm: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What a picture shows: the organ, the point, and the limit whose isodose is drawn (`is_cold`: too little dose)."""

    organ: str
    position_mm: Point
    limit_gy: float | None = None
    marks_region: bool = False
    is_cold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One slice: the drawing and its caption."""

    svg: Markup
    caption: str
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The window of one view in millimetres: left, top, width, height; the plane and where it lies."""

    plane: Plane
    at_mm: float
    left: float
    top: float
    width: float
    height: float

    def nodes(self, step_mm: float) -> tuple[FloatArray, FloatArray]:
        """Pixel centres across and down, in picture coordinates."""
        columns, rows = max(int(self.width / step_mm), 1), max(int(self.height / step_mm), 1)
        across = self.left + (np.arange(columns) + 0.5) * self.width / columns
        down = self.top + (np.arange(rows) + 0.5) * self.height / rows
        return across, down

    def patient(self, across: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Patient x, y, z of a grid of picture coordinates, broadcastable to (down, across)."""
        through = np.full((1, 1), self.at_mm)
        u, v = across[None, :], down[:, None]
        match self.plane:
            case "axial":
                return u, v, through
            case "coronal":
                return u, through, -v
            case _:
                return through, u, -v


def draw_view(
    scene: Scene, spot: Spot, plane: Plane, quality: Quality, *, key: str, half_mm: float | None = None
) -> View:
    """The slice of `plane` through the spot; `half_mm` crops it around the spot. `key` makes its ids unique."""
    frame = _frame(scene, spot, plane, half_mm)
    own = spot.organ
    backdrop, alpha = _backdrop(scene, frame, quality)
    layers = [
        *backdrop,
        *_wash(scene, frame, quality, alpha),
        element("g", *_contours(scene, frame, quality, own, key + plane[0]), class_="cn"),
        *_limit(scene, spot, frame, quality),
        *_cross(spot, frame),
        *_names(scene, frame, own, is_small=half_mm is not None),
        *_letters(frame, is_small=half_mm is not None),
        _scale(frame),
    ]
    caption = _caption(plane, frame.at_mm)
    svg = element(
        "svg", *layers, viewBox=f"0 0 {number(frame.width)} {number(frame.height)}", role="img",
        aria_label=f"{caption}: {own} at the marked point",
    )  # fmt: skip
    return View(svg=svg, caption=caption, width_mm=frame.width, height_mm=frame.height)


def _caption(plane: Plane, at_mm: float) -> str:
    at = f"{'zyx'[PLANES.index(plane)]} {at_mm:+.0f} mm".replace("-", "−")
    return f"{plane.capitalize()}, {at}" + (", seen from the feet" if plane == "axial" else "")


def _frame(scene: Scene, spot: Spot, plane: Plane, half_mm: float | None) -> _Frame:
    across, down, through = _AXES[plane]
    low, high = list(scene.low_mm), list(scene.high_mm)
    if half_mm is not None:
        low = [middle - half_mm for middle in spot.position_mm]
        high = [middle + half_mm for middle in spot.position_mm]
    top = low[1] if plane == "axial" else -high[2]
    return _Frame(
        plane=plane,
        at_mm=spot.position_mm[through],
        left=low[across],
        top=top,
        width=max(high[across] - low[across], _NARROWEST_MM),
        height=max(high[down] - low[down], _NARROWEST_MM),
    )


def _backdrop(scene: Scene, frame: _Frame, quality: Quality) -> tuple[list[Markup], int]:
    """The CT, or the body filled where there is none here; and how opaque the wash over it should be."""
    if scene.ct is not None and (frame.plane != "axial" or scene.ct.has_slice_at(frame.at_mm)):
        grey = scene.ct.sampled(*frame.patient(*frame.nodes(quality.ct_mm)))
        if grey.any(axis=1).mean() >= _LEAST_CT:
            return [_image(data_url(grey_png(grey)), frame)], _WASH_ALPHA
    lines = _lines(scene.body, frame) if scene.body is not None else []
    return [element("path", class_="body", d=_path(lines, frame, 0.5))] if lines else [], _WASH_ALPHA_ALONE


def _image(url: str, frame: _Frame, class_: str | None = None) -> Markup:
    size = {"width": number(frame.width), "height": number(frame.height)}
    return element("image", href=url, class_=class_, preserveAspectRatio="none", **size)


def _wash(scene: Scene, frame: _Frame, quality: Quality, alpha: int) -> list[Markup]:
    if scene.dose is None:
        return []
    dose = sampled(scene.dose, *frame.patient(*frame.nodes(quality.wash_mm)))
    bands = np.searchsorted(np.array(scene.levels_gy), dose, side="right").astype(np.uint8)
    if not bands.any():
        return []
    palette = [(0, 0, 0, 0), *((*colour, alpha) for colour in WASH[: len(scene.levels_gy)])]
    return [_image(data_url(indexed_png(bands, palette)), frame, "wash")]


@lru_cache(maxsize=4096)
def _cut(solid: Solid, plane: Plane, at_mm: float) -> tuple[FloatArray, ...]:
    """Outlines are asked for again at each quality and by each layer."""
    return tuple(outline(solid, plane, at_mm))


def _lines(solid: Solid, frame: _Frame) -> list[FloatArray]:
    """The outline in picture coordinates."""
    flip = np.array([1.0, 1.0 if frame.plane == "axial" else -1.0])
    return [line * flip for line in _cut(solid, frame.plane, round(frame.at_mm, 4))]


def _contours(scene: Scene, frame: _Frame, quality: Quality, own: str, key: str) -> list[Markup]:
    """Outlines, each with a dark rim, the organ of the picture last and strongest; its data stand in the file once."""
    drawn = []
    for place, organ in enumerate(sorted(scene.organs, key=lambda organ: organ.style.name == own)):
        path = _path(_lines(organ.solid, frame), frame, quality.contour_mm)
        if path:
            classes = f"c {organ.style.key}" + (" own" if organ.style.name == own else "")
            name = f"{key}{place}"
            drawn.append(element("defs", element("path", id=name, d=path)))
            drawn.append(element("use", href=f"#{name}", class_="hl"))
            drawn.append(element("use", href=f"#{name}", class_=classes, stroke_dasharray=organ.style.dash or None))
    return drawn


def _path(lines: Sequence[FloatArray], frame: _Frame, tolerance_mm: float) -> str:
    """Closed lines as relative path data in tenths of a millimetre; those wholly outside the window are left out."""
    written = []
    for line in lines:
        local = line - [frame.left, frame.top]
        low, high = local.min(axis=0), local.max(axis=0)
        if high[0] < 0 or high[1] < 0 or low[0] > frame.width or low[1] > frame.height:
            continue
        tenths = np.round(simplified(local, tolerance_mm) * 10).astype(int)
        if len(tenths) < 3:
            continue
        steps = np.diff(tenths, axis=0)
        moves = " ".join(f"{_tenth(dx)},{_tenth(dy)}" for dx, dy in steps.tolist())
        written.append(f"M{_tenth(tenths[0, 0])},{_tenth(tenths[0, 1])}l{moves}z")
    return "".join(written)


def _tenth(value: int) -> str:
    return number(value / 10, 1)


def _limit(scene: Scene, spot: Spot, frame: _Frame, quality: Quality) -> list[Markup]:
    """The isodose of the limit, and the part of the organ on its wrong side: the only red in the picture."""
    if scene.dose is None or spot.limit_gy is None:
        return []
    across, down = frame.nodes(_FINE_MM)
    beyond = sampled(scene.dose, *frame.patient(across, down)) - spot.limit_gy
    drawn = []
    path = _path(level_lines(beyond, across, down), frame, quality.contour_mm)
    if path:
        drawn.append(element("path", class_="iso il", d=path))
    organ = next((organ for organ in scene.organs if organ.style.name == spot.organ), None)
    if organ is not None and spot.marks_region:
        wrong = -beyond if spot.is_cold else beyond
        is_inside = inside(_lines(organ.solid, frame), across, down)
        region = level_lines(np.where(is_inside, wrong, -np.abs(wrong) - 1e-6), across, down)
        path = _path(region, frame, quality.contour_mm)
        if path:
            drawn.append(element("path", class_="cold" if spot.is_cold else "ov", d=path))
    return drawn


def _local(spot: Spot, frame: _Frame) -> tuple[float, float]:
    across, down, _ = _AXES[frame.plane]
    v = spot.position_mm[down] * (1 if frame.plane == "axial" else -1)
    return spot.position_mm[across] - frame.left, v - frame.top


def _cross(spot: Spot, frame: _Frame) -> list[Markup]:
    x, y = (number(value, 1) for value in _local(spot, frame))
    cross = f"M{x} {y}m-16 0h11m10 0h11M{x} {y}m0-16v11m0 10v11"
    return [element("path", class_="xk", d=cross), element("path", class_="x", d=cross)]


def _names(scene: Scene, frame: _Frame, own: str, *, is_small: bool) -> list[Markup]:
    """The names of the largest outlines in the middle of them, where they do not cover one another."""
    seats: list[tuple[float, float, float]] = []
    drawn = []
    outlines = [(organ, _largest(_lines(organ.solid, frame))) for organ in scene.organs]
    present = [(organ, line) for organ, line in outlines if line is not None]
    present.sort(key=lambda pair: (pair[0].style.name != own, -_area(pair[1])))
    for organ, line in present[: 1 if is_small else 7]:
        width = 6.0 * len(organ.style.name)
        if not is_small and organ.style.name != own and np.ptp(line[:, 0]) < 0.6 * width:
            continue
        x, y = (float(v) for v in line.mean(axis=0) - [frame.left, frame.top])
        y = (
            float(line[:, 1].max() - frame.top - 8)
            if organ.style.name != own
            else float(line[:, 1].min() - frame.top + 14)
        )
        x, y = min(max(x, width / 2 + 12), frame.width - width / 2 - 12), min(max(y, 26), frame.height - 24)
        if all(abs(y - sy) > 11 or abs(x - sx) > (width + sw) / 2 for sx, sy, sw in seats):
            seats.append((x, y, width))
            drawn.append(
                element(
                    "text",
                    organ.style.name,
                    class_=f"nm cn {organ.style.key}",
                    x=number(x, 1),
                    y=number(y, 1),
                    text_anchor="middle",
                )
            )
    return drawn


def _largest(lines: list[FloatArray]) -> FloatArray | None:
    return max(lines, key=_area, default=None)


def _area(line: FloatArray) -> float:
    x, y = line.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _letters(frame: _Frame, *, is_small: bool) -> list[Markup]:
    top, bottom, left, right = LETTERS[frame.plane]
    width, height = frame.width, frame.height
    places = [
        (top, width / 2, 13.0, "middle"),
        (left, 5.0, height / 2 + 4, "start"),
        (right, width - 5, height / 2 + 4, "end"),
    ]
    places += [] if is_small else [(bottom, width / 2, height - 5, "middle")]
    return [
        element("text", letter, class_="ol", x=number(x, 1), y=number(y, 1), text_anchor=anchor)
        for letter, x, y, anchor in places
    ]


def _scale(frame: _Frame) -> Markup:
    """A bar of 5 cm, or of 2 cm in narrow pictures."""
    length = 50 if frame.width >= 180 else 20
    y = frame.height - 9
    bar = element("path", class_="sb", d=f"M10 {number(y, 1)}v-4m0 4h{length}m0 0v-4")
    text = element("text", f"{length // 10} cm", x=number(10 + length / 2, 1), y=number(y - 4, 1), text_anchor="middle")
    return element("g", bar, text)
