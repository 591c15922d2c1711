"""Sets with contours that enclose no area, at an end or beside others, and with parts that end where they do or do not.

The cord has 0.428 cc a plane (see `questions_of_slices`).
"""

from collections.abc import Callable
from dataclasses import replace

from pydicom.dataset import Dataset

from rtcheck.conformance.phantom import PhantomSet, dose_dataset, structures_dataset
from rtcheck.conformance.questions_of_slices import HOT, hot_spot, keep
from rtcheck.conformance.registry import asks, met, unanswered, violated
from rtcheck.conformance.shapes import BOXES, KIDNEY, Box


def _top_of_the_cord(s: PhantomSet, slices: int, change: Callable[[Dataset], None]) -> None:
    """The cord's highest contours are changed, where 50 Gy replace 30 Gy."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z >= 44.0 else 30.0)
    keep(s, lambda z_mm: z_mm < 50, 3)
    for each in s.structures.ROIContourSequence[2].ContourSequence[-slices:]:
        change(each)


def _points(number: int) -> Callable[[Dataset], None]:
    """Leaves so many points of a contour."""

    def change(each: Dataset) -> None:
        each.NumberOfContourPoints, each.ContourData = number, each.ContourData[: 3 * number]

    return change


def _open(each: Dataset) -> None:
    each.ContourGeometricType = "OPEN_PLANAR"


def _without_type(each: Dataset) -> None:
    del each.ContourGeometricType


def _point(each: Dataset) -> None:
    each.ContourGeometricType = "POINT"
    _points(1)(each)


def _line(each: Dataset) -> None:
    """Three points on a line."""
    x, y, z, *_ = map(float, each.ContourData)
    each.NumberOfContourPoints, each.ContourData = 3, [x, y, z, x + 5, y, z, x + 10, y, z]


def _dot(each: Dataset) -> None:
    """A square of 0.25 mm2."""
    x, y, z, *_ = map(float, each.ContourData)
    each.NumberOfContourPoints = 4
    each.ContourData = [x, y, z, x + 0.5, y, z, x + 0.5, y + 0.5, z, x, y + 0.5, z]


_END_UNKNOWN = unanswered(*HOT), met("SpinalCord", "Dmean < 40 Gy"), violated("SpinalCord", "Dmax < 29 Gy")


@asks(*_END_UNKNOWN, codes=("contour.left-out",))
def end_of_open_contours(s: PhantomSet) -> None:
    """The four highest contours of the cord, in the high dose, are OPEN_PLANAR."""
    _top_of_the_cord(s, 4, _open)


@asks(unanswered("SpinalCord", "Dmax < 40 Gy"), codes=("contour.left-out",))
def end_of_one_contour_without_type(s: PhantomSet) -> None:
    """The highest contour of the cord has no geometric type."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z >= 52.0 else 30.0)
    _without_type(s.structures.ROIContourSequence[2].ContourSequence[-1])


@asks(*_END_UNKNOWN, codes=("contour.left-out",))
def end_of_points(s: PhantomSet) -> None:
    """The four highest contours of the cord are POINT."""
    _top_of_the_cord(s, 4, _point)


@asks(*_END_UNKNOWN, codes=("contour.left-out",))
def end_of_contours_with_two_points(s: PhantomSet) -> None:
    """The four highest contours of the cord have two points each."""
    _top_of_the_cord(s, 4, _points(2))


@asks(*_END_UNKNOWN, codes=("structure.zero-area",))
def end_of_contours_without_area(s: PhantomSet) -> None:
    """The four highest contours of the cord are straight lines."""
    _top_of_the_cord(s, 4, _line)


@asks(unanswered("SpinalCord", "Volume > 13 cc"), met("SpinalCord", "Volume > 12.4 cc"))
def end_of_dots(s: PhantomSet) -> None:
    """The cord's 29 planes are 12.4 cc; four higher contours enclose a quarter of a square millimetre each."""
    _top_of_the_cord(s, 4, _dot)


@asks(met(*HOT), codes=("contour.left-out",))
def tip_of_points(s: PhantomSet) -> None:
    """Points on two slices mark the upper tip of the cord, outside the high dose."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 50.0 if z >= 48.0 else 30.0)
    keep(s, lambda z_mm: z_mm < 44, 3)
    for each in s.structures.ROIContourSequence[2].ContourSequence[-2:]:
        _point(each)


_KIDNEYS = Box(name="Kidneys", number=8, type="ORGAN", low_mm=(-60.0, 20.0, -36.0), high_mm=(-30.0, 50.0, 36.0))
_BOTH_SIDES = tuple(_KIDNEYS if box is KIDNEY else box for box in BOXES)


def _kidneys(s: PhantomSet, change: Callable[[Dataset], None], is_changed: Callable[[float], bool]) -> None:
    """An ROI of two kidneys, in 50 Gy from z = 0 to 4 mm; contours of the right one are changed on some planes."""
    hot_spot(s)
    s.structures = structures_dataset(boxes=_BOTH_SIDES)
    left = structures_dataset(boxes=(replace(_KIDNEYS, low_mm=(30.0, 20.0, -36.0), high_mm=(60.0, 50.0, 36.0)),))
    drawn = s.structures.ROIContourSequence[3].ContourSequence
    for each in drawn:
        if is_changed(float(each.ContourData[2])):
            change(each)
    drawn.extend(left.ROIContourSequence[0].ContourSequence)


@asks(unanswered("Kidneys", "Volume > 129 cc"), met("Kidneys", "Volume > 110 cc"))
def dots_in_one_of_two_parts(s: PhantomSet) -> None:
    """One ROI of two kidneys, 129.6 cc; on five slices the contours of the right one are dots."""
    _kidneys(s, _dot, lambda z_mm: -6 < z_mm < 9)


@asks(unanswered("Kidneys", "Volume > 129 cc"), met("Kidneys", "Volume > 110 cc"), codes=("contour.left-out",))
def open_contours_in_one_of_two_parts(s: PhantomSet) -> None:
    """One ROI of two kidneys, 129.6 cc; on five slices the contours of the right one are OPEN_PLANAR."""
    _kidneys(s, _open, lambda z_mm: -6 < z_mm < 9)


@asks(unanswered("Kidneys", "Volume > 129 cc"), met("Kidneys", "Volume > 90 cc"), codes=("contour.left-out",))
def points_at_the_end_of_one_of_two_parts(s: PhantomSet) -> None:
    """One ROI of two kidneys, 129.6 cc; the right one has but points on its twelve upper slices."""
    _kidneys(s, _point, lambda z_mm: z_mm > 0)


@asks(met("Kidneys", "Volume > 48 cc"), met("Kidneys", "Volume < 49 cc"), met("Kidneys", "Dmax < 31 Gy"))
def parts_aside_above_and_below(s: PhantomSet) -> None:
    """One ROI of two kidneys, 48.6 cc, 60 mm aside from one another: one ends below the hot spot, one begins above."""
    _kidneys(s, _open, lambda _z: False)
    drawn = s.structures.ROIContourSequence[3].ContourSequence
    is_right = [float(each.ContourData[0]) < 0 for each in drawn]
    heights_mm = [float(each.ContourData[2]) for each in drawn]
    kept = [(z_mm < -6 if right else z_mm > 12) for right, z_mm in zip(is_right, heights_mm, strict=True)]
    s.structures.ROIContourSequence[3].ContourSequence = [each for each, keep in zip(drawn, kept, strict=True) if keep]


@asks(unanswered(*HOT), met("SpinalCord", "Dmean < 40 Gy"))
def gap_between_tapered_ends(s: PhantomSet) -> None:
    """The cord is not contoured on five slices around the hot spot, and 60 % as large on those below and above."""
    hot_spot(s)
    keep(s, lambda z_mm: not -6 < z_mm < 9, 3)
    for each in s.structures.ROIContourSequence[2].ContourSequence:
        if -9 < float(each.ContourData[2]) < 12:
            x0, x1 = -0.6 * 6.1, 0.6 * 6.1
            each.ContourData = [x0, 30.2, each.ContourData[2], x1, 30.2, each.ContourData[2],
                                x1, 41.9, each.ContourData[2], x0, 41.9, each.ContourData[2]]  # fmt: skip


@asks(unanswered("Liver", "Volume > 650 cc"), met("Liver", "Volume > 600 cc"), codes=("contour.left-out",))
def hole_of_open_contours(s: PhantomSet) -> None:
    """The contours of the liver's hole are OPEN_PLANAR: 607 cc with the hole, 710 cc without."""
    s.structures = structures_dataset(holes="nested")
    for each in s.structures.ROIContourSequence[1].ContourSequence[1::2]:
        _open(each)
