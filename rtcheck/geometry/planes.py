"""Structure -> Planes: the drawn loops, cleaned, by plane of constant z.

A plane's loops come out simple and oriented (outer loops counter-clockwise seen along +z with x right and y up, holes
clockwise), so that their winding number is one inside the structure and zero outside. What the planning system
wrote is often less tidy: duplicates, keyholes, overlaps. `mending.py` mends the planes that need it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry.arrays import group_rows, is_among, median, steps_between
from rtcheck.geometry.contours import Contour, Drawn, FloatArray, Mark, Structure, drawn
from rtcheck.geometry.loops import (
    PIXEL_MM,
    Loops,
    are_rinds,
    containment,
    joined,
    loops_in_plane,
    loops_of,
    untidy_planes,
)
from rtcheck.geometry.mending import mend_plane
from rtcheck.geometry.sections import Plane, Sections
from rtcheck.geometry.stacking import stacking
from rtcheck.notices import Notice
from rtcheck.values import dataclass

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

Z_DECIMALS = 3  # mm; DICOM decimal strings of one plane differ in the last digits
OFF_PLANE_TOLERANCE_MM = 0.1  # rounding in the file; more is a tilted contour
SAME_PLANE_MM = 0.05  # thinner slices are not imaged; this far apart one slice's contours may be written
XOR_LEFT_OVER = 1e-3  # of the largest loop; the thinnest rind that is drawn leaves ten times as much
FLAT_MM, FLAT_TIMES = 25.0, 4.0  # one slice of an organ: as wide as this, and this many times as wide as it is thick
DEFAULT_THICKNESS_MM = 3.0  # of slices, where neither planes nor images nor the file tell


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: cached_property needs a __dict__
class Planes:
    """Planes of a structure, ascending in z.

    `sections` are their loops. `reach_mm` (planes, 2) is half the way to the neighbouring slice of the set, below and
    above; `skipped` (planes - 1,) counts the slices between neighbouring planes on which nothing is drawn, and
    `is_bridged` says which of these gaps are filled all the same. `spacing_mm` is the planes' usual distance. `marks`
    are what is drawn without an area, on these planes or elsewhere.
    """

    sections: Sections
    spacing_mm: float
    reach_mm: FloatArray
    skipped: IntArray
    is_bridged: BoolArray
    notices: tuple[Notice, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __len__(self) -> int:
        return len(self.sections)

    @property
    def planes(self) -> tuple[Plane, ...]:
        return self.sections.planes

    @property
    def z_mm(self) -> FloatArray:
        return self.sections.z_mm

    def number_at(self, z_mm: float) -> int | None:
        """The number of the plane that lies at `z_mm`, None where none does."""
        above = int(np.searchsorted(self.z_mm, z_mm))
        beside_mm = self.z_mm[max(above - 1, 0) : above + 1].tolist()
        found = (k for k, at_mm in enumerate(beside_mm, max(above - 1, 0)) if is_same_plane(*sorted((at_mm, z_mm))))
        return next(found, None)

    def faces_mm(self, end_cap: float) -> tuple[FloatArray, FloatArray]:
        """The lower and the upper face of every plane's slab (planes,).

        Slabs meet half-way between planes; beside a gap that is not bridged they end half-way to the next slice, and
        the outermost reach outward by `end_cap` slices. [mm]
        """
        z_mm = self.z_mm
        half_mm = steps_between(z_mm) / 2
        below_mm = np.where(self.is_bridged, half_mm, self.reach_mm[1:, 0])
        above_mm = np.where(self.is_bridged, half_mm, self.reach_mm[:-1, 1])
        low_mm, high_mm = z_mm.copy(), z_mm.copy()
        low_mm[0] -= 2 * end_cap * self.reach_mm[0, 0]
        low_mm[1:] -= below_mm
        high_mm[:-1] += above_mm
        high_mm[-1] += 2 * end_cap * self.reach_mm[-1, 1]
        return low_mm, high_mm


def is_same_plane(low_mm: float, high_mm: float) -> bool:
    """Whether two z, low and high, are nearer to one another than any two slices. [mm]

    >>> is_same_plane(0.1, 0.14), is_same_plane(0.1, 0.15)
    (True, False)
    """
    return round(high_mm - low_mm, Z_DECIMALS) < SAME_PLANE_MM  # 0.15 - 0.1 is less than 0.05


def planes_of(structure: Structure) -> Planes:
    """The cleaned planes of a structure; no planes where nothing with an area was drawn.

    Raises GeometryError for contours that are not finite or not axial.
    """
    told = _Told(structure)
    contours = _usable_contours(structure, told)
    thickness_mm = structure.slab_thickness_mm or DEFAULT_THICKNESS_MM
    sections = _sections_of(_sorted_loops(contours, structure, told), told)
    if not len(sections):
        nothing = np.empty(0, dtype=np.int64)
        return Planes(
            sections=sections, spacing_mm=thickness_mm, reach_mm=np.empty((0, 2)), skipped=nothing,
            is_bridged=nothing.astype(np.bool_), notices=told.notices, marks=told.marks,
        )  # fmt: skip
    return _stacked(sections, structure, thickness_mm, told)


class _Told:
    """Collects the remarks made while one structure is cleaned, and the marks that are left of what was omitted."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure.name
        self._notices: list[Notice] = []
        self._marks = list(structure.marks)

    def tell(self, code: str, text: str) -> None:
        self._notices.append(Notice(code=code, text=text, structures=(self._structure,) if self._structure else ()))

    def omit(self, points_mm: FloatArray, z_mm: float) -> None:
        self._marks.append(Mark(z_mm=z_mm, points_mm=points_mm))

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(self._marks)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return tuple(self._notices)


def _usable_contours(structure: Structure, told: _Told) -> list[Contour]:
    """The contours that can enclose an area: three points or more."""
    usable = [contour for contour in structure.contours if len(contour.vertices_mm) >= 3]
    dropped = [contour.vertices_mm for contour in structure.contours if len(contour.vertices_mm) < 3]
    if dropped:
        told.tell("structure.few-points", f"{len(dropped)} contour(s) with fewer than three points omitted")
    for point_mm in (each for vertices_mm in dropped for each in vertices_mm[np.isfinite(vertices_mm).all(axis=1)]):
        told.omit(point_mm[None, :2], float(point_mm[2]))
    return usable


def _sorted_loops(contours: Sequence[Contour], structure: Structure, told: _Told) -> Loops:
    """All loops of a structure, ascending in z, without exact duplicates and without loops of no area."""
    if not contours:
        return loops_in_plane([])
    points_mm = np.concatenate([contour.vertices_mm for contour in contours])
    counts = np.array([len(contour.vertices_mm) for contour in contours])
    found = drawn(points_mm, counts)
    z_mm = _joined_planes_mm(_plane_positions_mm(found, structure.name), told)
    loops = loops_of(found, z_mm, np.array([contour.is_xor for contour in contours]))
    has_area = loops.measures.has_area
    if not has_area.all():
        told.tell("structure.zero-area", f"{np.count_nonzero(~has_area)} contour(s) without area omitted")
        lines = loops.select(np.flatnonzero(~has_area))
        for vertices_mm, at_mm in zip(lines.each(), lines.z_mm.tolist(), strict=True):
            told.omit(vertices_mm, at_mm)
        loops = loops.select(np.flatnonzero(has_area))
    first = loops.first_of_duplicates()
    if len(first) < len(loops):
        told.tell("structure.duplicate-contours", f"{len(loops) - len(first)} exact duplicate contour(s) omitted")
    return loops.select(first[np.argsort(loops.z_mm[first], kind="stable")])


def _plane_positions_mm(contours: Drawn, name: str) -> FloatArray:
    """The z of every contour. [mm] Raises GeometryError where a contour is not finite or leaves its plane."""
    if not contours.is_finite:
        raise GeometryError(f"{name}: a contour has a coordinate that is not a finite number")
    low_mm, high_mm = contours.low_z_mm, contours.high_z_mm
    tilt_mm = float((high_mm - low_mm).max())
    if tilt_mm > OFF_PLANE_TOLERANCE_MM:
        raise GeometryError(
            f"{name}: a contour spans {tilt_mm:.2f} mm in z; expected contours in axial planes "
            f"(constant z to {OFF_PLANE_TOLERANCE_MM} mm)"
        )
    return np.round((low_mm + high_mm) / 2, Z_DECIMALS)


def _joined_planes_mm(z_mm: FloatArray, told: _Told) -> FloatArray:
    """The z of every contour, one and the same for those of planes that are nearer than any two slices. [mm]

    A loop and its hole whose z differ in rounding are drawn on one slice; as two planes they would have hardly any
    thickness, and the hole would be filled.
    """
    gaps_mm = np.round(steps_between(np.sort(z_mm)), Z_DECIMALS)
    if ((gaps_mm == 0) | (gaps_mm >= SAME_PLANE_MM)).all():
        return z_mm
    rows, plane = group_rows(z_mm[:, np.newaxis])
    planes_mm = rows[:, 0]
    first_mm: list[float] = []
    for here_mm in planes_mm.tolist():
        first_mm.append(first_mm[-1] if first_mm and is_same_plane(first_mm[-1], here_mm) else here_mm)
    joined = len(first_mm) - len(set(first_mm))
    if not joined:
        return z_mm
    told.tell("structure.planes-joined", f"{joined} plane(s) closer than {SAME_PLANE_MM} mm to another merged with it")
    return np.array(first_mm)[plane]


@dataclass(slots=True, kw_only=True)
class _Oddities:
    """On how many planes loops were odd; `thin` are the numbers of planes with a rind."""

    thin: set[int]
    united: int = 0
    wound_twice: int = 0
    vanished: int = 0
    cancelled: int = 0

    def tell(self, told: _Told) -> None:
        if self.united:
            text = f"partly overlapping contours on {self.united} plane(s) were merged"
            told.tell("structure.overlapping-contours", text)
        if self.thin:
            text = f"nested contours less than {PIXEL_MM:g} mm apart leave only a rind on {len(self.thin)} plane(s)"
            told.tell("structure.rind", f"{text}: one may be a second copy of the other")
        if self.wound_twice:
            text = f"contours on {self.wound_twice} plane(s) run around the same area twice, which is taken as a hole"
            told.tell("structure.wound-twice", f"{text}: they may have been drawn twice")
        if self.vanished:
            told.tell("structure.zero-area", f"contours on {self.vanished} plane(s) as thin as a line were omitted")
        if self.cancelled:
            text = f"XOR contours of {self.cancelled} plane(s) cancel each other almost completely"
            told.tell("structure.xor-cancels", text)


def _sections_of(loops: Loops, told: _Told) -> Sections:
    """The loops, simple and oriented. Planes whose loops touch or cross, or are XOR, are mended one by one."""
    inner, outer = containment(loops)
    depth = np.bincount(inner, minlength=len(loops))
    needs_mending = untidy_planes(loops, inner, outer)
    thin = set(loops.plane_index[inner[are_rinds(loops, inner, outer)]].tolist()) if len(inner) else set()
    odd = _Oddities(thin=thin - needs_mending)
    sections = Sections(loops=loops.oriented(depth), depth=depth)
    if needs_mending:
        sections = _mended(sections, sorted(needs_mending), odd, told)
    odd.tell(told)
    return sections


def _mended(drawn: Sections, numbers: Sequence[int], odd: _Oddities, told: _Told) -> Sections:
    """The sections with the planes of these numbers mended, or without them where nothing is left of their loops."""
    vertices, first = drawn.loops.each(), drawn.first_loop.tolist()
    area_mm2 = np.abs(drawn.loops.signed_area_mm2)
    kept = np.flatnonzero(~is_among(drawn.loops.plane_index, np.array(numbers)))
    parts, depths = [drawn.loops.select(kept)], [drawn.depth[kept]]
    for number in numbers:
        own, z_mm = slice(first[number], first[number + 1]), float(drawn.z_mm[number])
        is_xor = bool(drawn.loops.is_xor[own].any())
        made = mend_plane(vertices[own], is_xor)
        left_mm2 = float(made.loops.signed_area_mm2.sum())
        odd.united += made.overlaps
        odd.wound_twice += made.is_wound_twice
        odd.cancelled += is_xor and left_mm2 < XOR_LEFT_OVER * float(area_mm2[own].max())
        odd.vanished += not len(made.loops) and not is_xor
        if len(made.loops) > 1 and are_rinds(made.loops, *containment(made.loops)).any():
            odd.thin.add(number)
        if not len(made.loops):
            told.omit(np.concatenate(vertices[own]), z_mm)
        parts.append(replace(made.loops, z_mm=np.full(len(made.loops), z_mm)))
        depths.append(made.depth)
    loops, depth = joined(parts), np.concatenate(depths)
    order = np.argsort(loops.z_mm, kind="stable")
    return Sections(loops=loops.select(order), depth=depth[order])


def _stacked(sections: Sections, structure: Structure, thickness_mm: float, told: _Told) -> Planes:
    """The planes among the slices of the set."""
    z_mm = sections.z_mm
    is_stated = len(sections) == 1 and structure.slab_thickness_mm is not None
    slices_mm = None if is_stated else structure.slices_mm
    marks = told.marks
    stack = stacking(z_mm, slices_mm, thickness_mm, goes_on=lambda skipped: _are_opposite(sections, skipped, marks))
    bridged_mm = steps_between(z_mm)[stack.is_bridged]
    if filled := int(np.count_nonzero(stack.is_bridged & (stack.skipped > 0))):
        told.tell(
            "structure.regular-gaps",
            f"slices are skipped regularly between {filled + 1} planes; what lies between is filled",
        )
    if len(sections) == 1:
        _tell_of_single_plane(structure, float(stack.reach_mm.sum()), told)
        _tell_of_flatness(sections, float(stack.reach_mm.sum()), told)
    return Planes(
        sections=sections,
        spacing_mm=median(bridged_mm) if len(bridged_mm) else float(stack.reach_mm.sum(axis=1).mean()),
        reach_mm=stack.reach_mm,
        skipped=stack.skipped,
        is_bridged=stack.is_bridged,
        notices=told.notices,
        marks=marks,
    )


def _are_opposite(sections: Sections, skipped: IntArray, marks: Sequence[Mark]) -> BoolArray:
    """Whether outlines of neighbouring planes lie over one another, of those with slices between them (planes - 1,).

    Slices with marks were drawn on, and are not skipped but missing.
    """
    z_mm, marks_mm = sections.z_mm.tolist(), [mark.z_mm for mark in marks]
    opposite = [
        bool(skips)
        and not any(z_mm[gap] < mark_mm < z_mm[gap + 1] for mark_mm in marks_mm)
        and sections.are_opposite(gap)
        for gap, skips in enumerate(skipped.tolist())
    ]
    return np.array(opposite, dtype=np.bool_)


def _tell_of_single_plane(structure: Structure, thickness_mm: float, told: _Told) -> None:
    if structure.slab_thickness_mm:
        source = "the thickness that the file states"
    elif structure.slices_mm is not None and len(structure.slices_mm) > 1:
        source = "the spacing of the structure set's slices"
    else:
        source = "a default, as nothing states the spacing"
    told.tell("structure.single-plane", f"only one plane: thickness taken as {thickness_mm:g} mm from {source}")


def _tell_of_flatness(sections: Sections, thickness_mm: float, told: _Told) -> None:
    """A lens or a chiasm may fit into one slice; what is far wider was most likely not contoured on the others."""
    width_mm = 2 * math.sqrt(float(sections.outer_area_mm2.sum()) / math.pi)
    if width_mm > max(FLAT_MM, FLAT_TIMES * thickness_mm):
        text = f"contoured on one plane only, {width_mm:.0f} mm across: its other slices may not have been contoured"
        told.tell("structure.flat", text)
