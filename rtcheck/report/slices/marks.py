"""What stands over a slice: the cross, names, orientation letters, the scale bar."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.report.charts.svg import element, number
from rtcheck.report.slices.scene import Frame, Scene, Spot

FloatArray = NDArray[np.float64]

LETTERS = {"axial": ("A", "P", "R", "L"), "coronal": ("S", "I", "R", "L"), "sagittal": ("S", "I", "A", "P")}
_MOST_NAMES, _LETTER_MM = 7, 6.0


def cross(spot: Spot, frame: Frame) -> list[Markup]:
    """A cross with an open middle, so that what it points at is seen."""
    x, y = (number(value, 1) for value in frame.local(spot.position_mm))
    path = f"M{x} {y}m-16 0h11m10 0h11M{x} {y}m0-16v11m0 10v11"
    return [element("path", class_="xk", d=path), element("path", class_="x", d=path)]


def names(scene: Scene, frame: Frame, own: str, *, is_small: bool) -> list[Markup]:
    """The names of the largest outlines where they do not cover one another; in small pictures only the own."""
    outlines = [(organ.style, _largest(frame.lines(scene, organ.solid))) for organ in scene.organs]
    present = [(style, line) for style, line in outlines if line is not None]
    present.sort(key=lambda pair: (pair[0].name != own, -_area(pair[1])))
    seats: list[tuple[float, float, float]] = []
    drawn = []
    for style, line in present[: 1 if is_small else _MOST_NAMES]:
        is_own, width = style.name == own, _LETTER_MM * len(style.name)
        x, y = _seat(line, frame, width, is_own=is_own)
        is_wide = is_own or np.ptp(line[:, 0]) >= 0.6 * width
        if is_wide and all(abs(y - sy) > 11 or abs(x - sx) > (width + sw) / 2 for sx, sy, sw in seats):
            seats.append((x, y, width))
            place = {"x": number(x, 1), "y": number(y, 1), "text_anchor": "middle"}
            drawn.append(element("text", style.name, class_=f"nm cn {style.key}", **place))
    return drawn


def _seat(line: FloatArray, frame: Frame, width: float, *, is_own: bool) -> tuple[float, float]:
    """Where a name stands: at the top of its own outline, at the bottom of others, and always inside the picture."""
    x = float(line[:, 0].mean() - frame.left)
    y = float(line[:, 1].min() - frame.top + 14) if is_own else float(line[:, 1].max() - frame.top - 8)
    return min(max(x, width / 2 + 12), frame.width - width / 2 - 12), min(max(y, 26), frame.height - 24)


def _largest(lines: list[FloatArray]) -> FloatArray | None:
    return max(lines, key=_area, default=None)


def _area(line: FloatArray) -> float:
    x, y = line.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def letters(frame: Frame, *, is_small: bool) -> list[Markup]:
    """The orientation letters at the rims."""
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


def scale(frame: Frame) -> Markup:
    """A bar of 5 cm, or of 2 cm in narrow pictures."""
    length = 50 if frame.width >= 180 else 20
    y = frame.height - 9
    bar = element("path", class_="sb", d=f"M10 {number(y, 1)}v-4m0 4h{length}m0 0v-4")
    text = element("text", f"{length // 10} cm", x=number(10 + length / 2, 1), y=number(y - 4, 1), text_anchor="middle")
    return element("g", bar, text)
