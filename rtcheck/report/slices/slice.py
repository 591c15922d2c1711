"""One slice as SVG: CT or body below, dose as colour wash, contours, the limit's isodose, and the marks over them."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.geometry.levels.level_lines import level_lines, simplified
from rtcheck.report.charts.svg import element, number
from rtcheck.report.slices.dose_sampling import sampled
from rtcheck.report.slices.marks import cross, letters, names, scale
from rtcheck.report.slices.outlines import Plane, inside
from rtcheck.report.slices.png import data_url, grey_png, indexed_png
from rtcheck.report.slices.scene import PLANES, Frame, Quality, Scene, Spot, View, frame_of

FloatArray = NDArray[np.float64]

WASH = ((68, 61, 171), (122, 63, 192), (180, 74, 158), (224, 93, 103), (245, 143, 58), (252, 210, 60))
_WASH_ALPHA, _WASH_ALPHA_ALONE = 120, 190  # over a CT, and over nothing
_FINE_MM = 1.0  # grid for isodose lines and the region over the limit
_LEAST_CT = 0.15  # of the picture's rows: a strip of one slice is no CT to look at


def draw_view(
    scene: Scene, spots: Sequence[Spot], plane: Plane, quality: Quality, *, key: str, half_mm: float | None = None
) -> View:
    """The slice of `plane` through the first spot; `half_mm` crops it around that. `key` makes its ids unique.

    The other spots are near it: their organs and limits are marked as well.
    """
    spot = spots[0]
    frame = frame_of(scene, spot, plane, half_mm)
    own = tuple(dict.fromkeys(each.organ for each in spots))
    backdrop, alpha = _backdrop(scene, frame, quality)
    layers = [
        *backdrop,
        *_wash(scene, frame, quality, alpha),
        element("g", *_contours(scene, frame, quality, own, key + plane[0]), class_="cn"),
        *_limits(scene, spots, frame, quality),
        *cross(spot, frame),
        *names(scene, frame, spots, is_small=half_mm is not None),
        *letters(frame, is_small=half_mm is not None),
        scale(frame),
    ]
    caption = _caption(plane, frame.at_mm)
    svg = element(
        "svg", *layers, viewBox=f"0 0 {number(frame.width)} {number(frame.height)}", role="img",
        aria_label=f"{caption}: {', '.join(own)} at the marked point",
    )  # fmt: skip
    return View(svg=svg, caption=caption, width_mm=frame.width, height_mm=frame.height)


def _caption(plane: Plane, at_mm: float) -> str:
    at = f"{'zyx'[PLANES.index(plane)]} {round(at_mm):+d} mm".replace("-", "−")
    return f"{plane.capitalize()}, {at}" + (", seen from the feet" if plane == "axial" else "")


def _backdrop(scene: Scene, frame: Frame, quality: Quality) -> tuple[list[Markup], int]:
    """The CT, or the body filled where there is none here; and how opaque the wash over it should be."""
    if scene.ct is not None and (frame.plane != "axial" or scene.ct.has_slice_at(frame.at_mm)):
        grey = scene.ct.sampled(*frame.patient(*frame.nodes(quality.ct_mm)))
        if grey.any(axis=1).mean() >= _LEAST_CT:
            return [_image(data_url(grey_png(grey)), frame)], _WASH_ALPHA
    lines = frame.lines(scene, scene.body) if scene.body is not None else []
    return [element("path", class_="body", d=_path(lines, frame, 0.5))] if lines else [], _WASH_ALPHA_ALONE


def _image(url: str, frame: Frame, class_: str | None = None) -> Markup:
    size = {"width": number(frame.width), "height": number(frame.height)}
    return element("image", href=url, class_=class_, preserveAspectRatio="none", **size)


def _wash(scene: Scene, frame: Frame, quality: Quality, alpha: int) -> list[Markup]:
    if scene.dose is None:
        return []
    dose = sampled(scene.dose, *frame.patient(*frame.nodes(quality.wash_mm)))
    bands = np.searchsorted(np.array(scene.levels_gy), dose, side="right").astype(np.uint8)
    if not bands.any():
        return []
    palette = [(0, 0, 0, 0), *((*colour, alpha) for colour in WASH[: len(scene.levels_gy)])]
    return [_image(data_url(indexed_png(bands, palette)), frame, "wash")]


def _contours(scene: Scene, frame: Frame, quality: Quality, own: Sequence[str], key: str) -> list[Markup]:
    """Outlines, each with a dark rim, the organs of the picture last and strongest; its data stand in the file once."""
    drawn = []
    for place, organ in enumerate(sorted(scene.organs, key=lambda organ: organ.style.name in own)):
        path = _path(frame.lines(scene, organ.solid), frame, quality.contour_mm)
        if path:
            classes = f"c {organ.style.key}" + (" own" if organ.style.name in own else "")
            name = f"{key}{place}"
            drawn.append(element("defs", element("path", id=name, d=path)))
            drawn.append(element("use", href=f"#{name}", class_="hl"))
            drawn.append(element("use", href=f"#{name}", class_=classes, stroke_dasharray=organ.style.dash or None))
    return drawn


def _path(lines: Sequence[FloatArray], frame: Frame, tolerance_mm: float) -> str:
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


def _limits(scene: Scene, spots: Sequence[Spot], frame: Frame, quality: Quality) -> list[Markup]:
    """The isodose of each limit, and what is on its wrong side, each drawn once."""
    drawn = [each for spot in spots for each in _limit(scene, spot, frame, quality)]
    return list(dict.fromkeys(drawn))


def _limit(scene: Scene, spot: Spot, frame: Frame, quality: Quality) -> list[Markup]:
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
        is_inside = inside(frame.lines(scene, organ.solid), across, down)
        region = level_lines(np.where(is_inside, wrong, -np.abs(wrong) - 1e-6), across, down)
        path = _path(region, frame, quality.contour_mm)
        if path:
            drawn.append(element("path", class_="cold" if spot.is_cold else "ov", d=path))
    return drawn
