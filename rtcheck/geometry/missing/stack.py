"""The outlines of a structure's planes, one over another: which of them go on, which end, and where marks are."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from rtcheck.geometry.arrays import median
from rtcheck.geometry.contours import FloatArray, Mark
from rtcheck.geometry.outlines import (
    Outline,
    apart_mm,
    boxes_overlap,
    outlines_among,
    outlines_of,
    overlap,
    overlap_any,
)
from rtcheck.geometry.planes import Planes
from rtcheck.values import dataclass

SLIVER = 0.02  # of another plane's area; dots and lines between full outlines are no cross-section
TIP_SHARE = 0.5  # of its part's cross-section that a tip has at most ...
TIP_STEPS = 2  # ... and so many steps on it would be nothing, if its area went on shrinking as it does
NEAR_STEPS = 3  # behind an end, which say how much outlines change there from slice to slice
MOST_OUTLINES = 5  # on a plane, on average; of more, as thresholds leave them, some stop and begin everywhere
TIP_PLANES = 3  # behind a tip, among which its part's cross-section is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """How many planes are drawn behind an end, and how far the outlines of those next to it are apart a slice. [mm]"""

    planes: int
    changes_mm: tuple[float, ...]


class Stack:
    """The outer loops of every plane, found once."""

    def __init__(self, planes: Planes) -> None:
        self.planes, self.sections = planes, planes.sections
        self.z_mm = planes.z_mm
        self._of_plane: dict[int, tuple[Outline, ...]] = {}
        self._stopping: dict[tuple[int, int, float], tuple[Outline, ...]] = {}
        self._boxes_mm: dict[int, tuple[FloatArray, FloatArray]] = {}

    def __len__(self) -> int:
        return len(self.z_mm)

    def __getitem__(self, k: int) -> tuple[Outline, ...]:
        if k not in self._of_plane:
            first, last = self.sections.first_outer[k : k + 2].tolist()
            self._of_plane[k] = outlines_among(self.sections.loops, self.sections.outer[first:last].tolist())
        return self._of_plane[k]

    @cached_property
    def slices(self) -> list[int]:
        """The number of each plane among the slices of the set, counted from the lowest (planes,)."""
        numbers: list[int] = np.concatenate([[0], np.cumsum(self.planes.skipped + 1)]).tolist()
        return numbers

    @cached_property
    def has_islands(self) -> bool:
        """Whether the structure is made of so many outlines that how one of them goes on says nothing."""
        return len(self.sections.loops) > MOST_OUTLINES * len(self)

    @cached_property
    def largest_mm2(self) -> float:
        """The largest area of a plane, holes filled."""
        return float(self.sections.outer_area_mm2.max(initial=0.0))

    def area_mm2(self, k: int) -> float:
        """The area of plane `k`, holes filled."""
        return float(self.sections.outer_area_mm2[k])

    @cached_property
    def usual_step(self) -> float:
        """How many slices a step from plane to plane usually goes on."""
        return median(np.diff(self.slices).astype(np.float64)) if len(self) > 1 else 1.0

    @cached_property
    def _marks(self) -> dict[int, list[Mark]]:
        """The marks on each plane."""
        on: dict[int, list[Mark]] = {}
        for mark in self.planes.marks:
            if (k := self.planes.number_at(mark.z_mm)) is not None:
                on.setdefault(k, []).append(mark)
        return on

    def is_bridged(self, k: int, to: int) -> bool:
        """Whether plane `to` exists and what lies between it and its neighbour `k` is filled."""
        return 0 <= to < len(self) and bool(self.planes.is_bridged[min(k, to)])

    def stopping(self, k: int, to: int, *, sliver: float = SLIVER) -> tuple[Outline, ...]:
        """The outlines of plane `k` that do not go on in plane `to`: they overlap nothing there, or slivers only."""
        key = (k, to, sliver)
        if key not in self._stopping:
            others = self[to]
            goes_on = overlap_any(self[k], others)
            least_mm2 = min((other.area_mm2 for other in others), default=0.0)
            self._stopping[key] = tuple(
                outline
                for outline, overlaps in zip(self[k], goes_on, strict=True)
                if not overlaps
                or (
                    least_mm2 < sliver * outline.area_mm2 and _opposite_mm2(outline, others) < sliver * outline.area_mm2
                )
            )
        return self._stopping[key]

    def near(self, outline: Outline, k: int) -> list[Outline]:
        """The outlines of plane `k` whose boxes overlap that of an outline of another plane."""
        if k not in self._boxes_mm:
            each = self[k]
            self._boxes_mm[k] = np.array([other.low_mm for other in each]), np.array([other.high_mm for other in each])
        low_mm, high_mm = self._boxes_mm[k]
        is_near = ((low_mm <= outline.high_mm) & (outline.low_mm <= high_mm)).all(axis=1)
        return [self[k][number] for number in np.flatnonzero(is_near).tolist()]

    def is_dotted(self, outline: Outline, k: int, *, most_mm2: float) -> bool:
        """Whether plane `k` has a mark, or loops of less than that area, where an outline of another plane would be."""
        marks = outlines_of([mark.points_mm for mark in self._marks.get(k, ())])
        is_marked = any(boxes_overlap(outline, mark) for mark in marks)
        return is_marked or any(other.area_mm2 < most_mm2 for other in self.near(outline, k))

    def behind(self, outlines: Sequence[Outline], k: int, inward: int) -> "Behind":
        """What is drawn from outlines of plane `k` on inward, for as long as it goes on."""
        planes, changes_mm = 1, list[float]()
        while outlines and self.is_bridged(k, k + inward):
            following = [other for other in self[k + inward] if any(overlap(each, other) for each in outlines)]
            if following and len(changes_mm) < NEAR_STEPS:
                slices = abs(self.slices[k + inward] - self.slices[k]) / self.usual_step
                changes_mm.append(apart_mm(outlines, following) / slices)
            planes, k, outlines = planes + bool(following), k + inward, following
        return Behind(planes=planes, changes_mm=tuple(changes_mm))

    def closes_within_mm(self, outline: Outline, k: int, inward: int) -> float | None:
        """How far beyond plane `k` nothing is left of a tip if its area goes on shrinking as it does; None of no tip.

        A tip has shrunk far from its part's cross-section, and fast. The area of an ellipsoid falls faster toward its
        end. [mm]
        """
        areas_mm2, at, behind = [outline.area_mm2], k, [outline]
        while len(areas_mm2) <= TIP_PLANES and self.is_bridged(at, at + inward):
            at += inward
            behind = [other for other in self[at] if any(overlap(each, other) for each in behind)]
            areas_mm2.append(sum(other.area_mm2 for other in behind))
        if len(areas_mm2) < 2:
            return None
        shrinks_mm2 = areas_mm2[1] - areas_mm2[0]
        if areas_mm2[0] > min(TIP_SHARE * max(areas_mm2), TIP_STEPS * shrinks_mm2):
            return None
        return areas_mm2[0] / shrinks_mm2 * abs(float(self.z_mm[k] - self.z_mm[k + inward]))


def _opposite_mm2(outline: Outline, others: Iterable[Outline]) -> float:
    return sum(other.area_mm2 for other in others if overlap(outline, other))
