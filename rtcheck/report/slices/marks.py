"""What stands over a slice: the cross, names, orientation letters, the scale bar."""

from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.report.charts.svg import element, number
from rtcheck.report.slices.scene import Frame, Scene, Spot

FloatArray = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom. [mm of the picture]"""

LETTERS = {"axial": ("A", "P", "R", "L"), "coronal": ("S", "I", "R", "L"), "sagittal": ("S", "I", "A", "P")}
_MOST_NAMES, _LETTER_MM = 7, 6.0


def cross(spot: Spot, frame: Frame) -> list[Markup]:
    """A cross with an open middle, so that what it points at is seen."""
    x, y = (number(value, 1) for value in frame.local(spot.position_mm))
    path = f"M{x} {y}m-16 0h11m10 0h11M{x} {y}m0-16v11m0 10v11"
    return [element("path", class_="xk", d=path), element("path", class_="x", d=path)]


def names(scene: Scene, frame: Frame, spots: Sequence[Spot], *, is_small: bool) -> list[Markup]:
    """The names of the largest outlines in free places: a name covers no other, no letter, not the cross or the scale.

    In small pictures only the first of the spots' own. One that finds no free place is left out.
    """
    own = {spot.organ for spot in spots}
    outlines = [(organ.style, _largest(frame.lines(scene, organ.solid))) for organ in scene.organs]
    present = [(style, line) for style, line in outlines if line is not None]
    present.sort(key=lambda pair: (pair[0].name not in own, -_area(pair[1])))
    taken = [*_letter_boxes(frame, is_small=is_small), _scale_box(frame), _cross_box(spots[0], frame)]
    drawn = []
    for style, line in present[: 1 if is_small else _MOST_NAMES]:
        is_own, width = style.name in own, _LETTER_MM * len(style.name)
        if not is_own and np.ptp(line[:, 0]) < 0.6 * width:
            continue
        seats = _seats(line, frame, width, is_own=is_own)
        x, y = next((seat for seat in seats if not _is_covered(_box(*seat, width), taken)), (None, None))
        if x is not None and y is not None:
            taken.append(_box(x, y, width))
            place = {"x": number(x, 1), "y": number(y, 1), "text_anchor": "middle"}
            drawn.append(element("text", style.name, class_=f"nm cn {style.key}", **place))
    return drawn


def _seats(line: FloatArray, frame: Frame, width: float, *, is_own: bool) -> Iterator[tuple[float, float]]:
    """Where a name may stand, best first: at the top of its own outline, at the bottom of others, else at the other
    end or half way, in the middle or to a side; always inside the picture."""
    x, (low_x, high_x) = float(line[:, 0].mean()), (float(line[:, 0].min()), float(line[:, 0].max()))
    top, bottom = float(line[:, 1].min()) + 14, float(line[:, 1].max()) - 8
    rows = (top, bottom, (top + bottom) / 2) if is_own else (bottom, top, (top + bottom) / 2)
    for at_x in (x, (x + high_x) / 2, (x + low_x) / 2):
        for at_y in rows:
            inside_x = min(max(at_x - frame.left, width / 2 + 4), frame.width - width / 2 - 4)
            yield inside_x, min(max(at_y - frame.top, 12), frame.height - 6)


def _box(x: float, y: float, width: float) -> Box:
    """What a name centred at x on the line y covers."""
    return x - width / 2, y - 9, x + width / 2, y + 2.5


def _is_covered(box: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    return any(left < r and right > x and top < b and bottom > y for x, y, r, b in taken)


def _cross_box(spot: Spot, frame: Frame) -> Box:
    x, y = frame.local(spot.position_mm)
    return x - 6, y - 6, x + 6, y + 6


def _letter_boxes(frame: Frame, *, is_small: bool) -> list[Box]:
    """What the orientation letters cover: a letter is about as wide as high."""
    boxes = []
    for _, x, y, anchor in _letter_places(frame, is_small=is_small):
        left = x - {"start": 0.0, "middle": 5.5, "end": 11.0}[anchor]
        boxes.append((left - 1, y - 11, left + 12, y + 2))
    return boxes


def _largest(lines: list[FloatArray]) -> FloatArray | None:
    return max(lines, key=_area, default=None)


def _area(line: FloatArray) -> float:
    x, y = line.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def letters(frame: Frame, *, is_small: bool) -> list[Markup]:
    """The orientation letters at the rims."""
    return [
        element("text", letter, class_="ol", x=number(x, 1), y=number(y, 1), text_anchor=anchor)
        for letter, x, y, anchor in _letter_places(frame, is_small=is_small)
    ]


def _letter_places(frame: Frame, *, is_small: bool) -> list[tuple[str, float, float, str]]:
    """Each letter with its place and anchor."""
    top, bottom, left, right = LETTERS[frame.plane]
    width, height = frame.width, frame.height
    places = [
        (top, width / 2, 13.0, "middle"),
        (left, 5.0, height / 2 + 4, "start"),
        (right, width - 5, height / 2 + 4, "end"),
    ]
    return places if is_small else [*places, (bottom, width / 2, height - 5, "middle")]


def _scale_mm(frame: Frame) -> int:
    return 50 if frame.width >= 180 else 20


def _scale_box(frame: Frame) -> Box:
    return 6.0, frame.height - 24, 14.0 + _scale_mm(frame), frame.height


def scale(frame: Frame) -> Markup:
    """A bar of 5 cm, or of 2 cm in narrow pictures."""
    length = _scale_mm(frame)
    y = frame.height - 9
    bar = element("path", class_="sb", d=f"M10 {number(y, 1)}v-4m0 4h{length}m0 0v-4")
    text = element("text", f"{length // 10} cm", x=number(10 + length / 2, 1), y=number(y - 4, 1), text_anchor="middle")
    return element("g", bar, text)
