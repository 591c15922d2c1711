"""Structure -> Planes: the drawn loops, cleaned, by plane of constant z.

A plane's loops come out simple and oriented (outer loops counter-clockwise seen along +z with x right and y up, holes
clockwise), so that their winding number is one inside the structure and zero outside. What the planning system
wrote is often less tidy: duplicates, keyholes, overlaps. `arrangement.py` mends the planes that need it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rtcheck.errors import GeometryError
from rtcheck.geometry.arrays import median
from rtcheck.geometry.contours import Contour, FloatArray, Mark, Structure
from rtcheck.geometry.loops import PIXEL_MM, Loops, are_rinds, concatenate, containment, untidy_planes
from rtcheck.geometry.mending import mend_plane
from rtcheck.geometry.outlines import boxes_overlap, outlines_of
from rtcheck.geometry.stacking import stacking
from rtcheck.notices import Notice

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

Z_DECIMALS = 3  # mm; DICOM decimal strings of one plane differ in the last digits
OFF_PLANE_TOLERANCE_MM = 0.1  # rounding in the file; more is a tilted contour
SAME_PLANE_MM = 0.05  # thinner slices are not imaged; this far apart one slice's contours may be written
XOR_LEFT_OVER = 1e-3  # of the largest loop; the thinnest rind that is drawn leaves ten times as much
DEFAULT_THICKNESS_MM = 3.0  # of slices, where neither planes nor images nor the file tell


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """One simple closed loop: `vertices_mm` (n, 2), counter-clockwise where `depth` is even, clockwise where odd.

    `depth` counts the loops around it: 0 is an outer loop, 1 a hole, 2 an island in a hole.
    """

    vertices_mm: FloatArray
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """The loops of one z. `edges_mm` (n, 4) are the same loops as directed edges, interior on the left."""

    z_mm: float
    loops: tuple[Loop, ...]
    edges_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """Planes of a structure, ascending in z.

    `reach_mm` (planes, 2) is half the way to the neighbouring slice of the set, below and above; `skipped`
    (planes - 1,) counts the slices between neighbouring planes on which nothing is drawn, and `is_bridged` says which
    of these gaps are filled all the same. `spacing_mm` is the planes' usual distance. `marks` are what is drawn without
    an area, on these planes or elsewhere.
    """

    planes: tuple[Plane, ...]
    spacing_mm: float
    reach_mm: FloatArray
    skipped: IntArray
    is_bridged: BoolArray
    notices: tuple[Notice, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def z_mm(self) -> FloatArray:
        return np.array([plane.z_mm for plane in self.planes], dtype=np.float64)

    def number_at(self, z_mm: float) -> int | None:
        """The number of the plane that lies at `z_mm`, None where none does."""
        above = bisect_left(self.planes, z_mm, key=lambda plane: plane.z_mm)
        beside = range(max(above - 1, 0), min(above + 1, len(self.planes)))
        return next((k for k in beside if is_same_plane(*sorted((self.planes[k].z_mm, z_mm)))), None)

    def faces_mm(self, end_cap: float) -> tuple[FloatArray, FloatArray]:
        """The lower and the upper face of every plane's slab (planes,).

        Slabs meet half-way between planes; beside a gap that is not bridged they end half-way to the next slice, and
        the outermost reach outward by `end_cap` slices. [mm]
        """
        z_mm = self.z_mm
        half_mm = np.diff(z_mm) / 2
        below_mm = np.where(self.is_bridged, half_mm, self.reach_mm[1:, 0])
        above_mm = np.where(self.is_bridged, half_mm, self.reach_mm[:-1, 1])
        low_mm = z_mm - np.insert(below_mm, 0, 2 * end_cap * self.reach_mm[0, 0])
        high_mm = z_mm + np.append(above_mm, 2 * end_cap * self.reach_mm[-1, 1])
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
    planes = _planes_from_loops(_sorted_loops(contours, structure, told), told) if contours else ()
    if not planes:
        nothing = np.empty(0, dtype=np.int64)
        return Planes(
            planes=(), spacing_mm=thickness_mm, reach_mm=np.empty((0, 2)), skipped=nothing,
            is_bridged=nothing.astype(np.bool_), notices=told.notices, marks=told.marks,
        )  # fmt: skip
    return _stacked(planes, structure, thickness_mm, told)


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
    points_mm = np.concatenate([contour.vertices_mm for contour in contours])
    counts = np.array([len(contour.vertices_mm) for contour in contours])
    z_mm = _joined_planes_mm(_plane_positions_mm(points_mm, counts, structure.name), told)
    loops = concatenate(points_mm[:, :2], counts, z_mm, np.array([contour.is_xor for contour in contours]))
    has_area = loops.has_area
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


def _plane_positions_mm(points_mm: FloatArray, counts: IntArray, name: str) -> FloatArray:
    """The z of every contour. [mm] Raises GeometryError where a contour is not finite or leaves its plane."""
    if not np.isfinite(points_mm).all():
        raise GeometryError(f"{name}: a contour has a coordinate that is not a finite number")
    starts = np.cumsum(counts) - counts
    low_mm = np.minimum.reduceat(points_mm[:, 2], starts)
    high_mm = np.maximum.reduceat(points_mm[:, 2], starts)
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
    planes_mm, plane = np.unique(z_mm, return_inverse=True)
    first_mm: list[float] = []
    for here_mm in planes_mm.tolist():
        first_mm.append(first_mm[-1] if first_mm and is_same_plane(first_mm[-1], here_mm) else here_mm)
    joined = len(first_mm) - len(set(first_mm))
    if not joined:
        return z_mm
    told.tell("structure.planes-joined", f"{joined} plane(s) closer than {SAME_PLANE_MM} mm to another merged with it")
    return np.array(first_mm)[plane]


def _planes_from_loops(loops: Loops, told: _Told) -> tuple[Plane, ...]:
    """Planes of simple, oriented loops. Planes whose loops touch or cross, or are XOR, are mended one by one."""
    if not len(loops):
        return ()
    inner, outer = containment(loops)
    depth = np.bincount(inner, minlength=len(loops))
    needs_mending = untidy_planes(loops)
    oriented = loops.oriented(depth)
    vertices, edges_mm, starts = oriented.each(), oriented.edges_mm, np.append(oriented.starts, len(oriented.points_mm))
    firsts = np.flatnonzero(np.diff(loops.z_mm, prepend=-np.inf))
    area_mm2 = np.abs(loops.signed_area_mm2)
    planes = []
    united = cancelled = vanished = wound_twice = 0
    thin = {int(plane) for plane in loops.plane_index[inner[are_rinds(loops, inner, outer)]]} - needs_mending
    for index, (first, last) in enumerate(pairwise([*firsts.tolist(), len(loops)])):
        z_mm = float(loops.z_mm[first])
        if index in needs_mending:
            is_xor = bool(loops.is_xor[first:last].any())
            made = mend_plane(vertices[first:last], is_xor)
            mended = made.loops
            united += made.overlaps
            wound_twice += made.is_wound_twice
            left_mm2 = mended.signed_area_mm2.sum() if len(mended) else 0.0
            cancelled += is_xor and bool(left_mm2 < XOR_LEFT_OVER * area_mm2[first:last].max())
            vanished += not len(mended) and not is_xor
            if len(mended) > 1 and are_rinds(mended, *containment(mended)).any():
                thin.add(index)
            if len(mended):
                planes.append(_plane(z_mm, mended.each(), made.depth, mended.edges_mm))
            else:
                told.omit(np.concatenate(vertices[first:last]), z_mm)
        else:
            planes.append(_plane(z_mm, vertices[first:last], depth[first:last], edges_mm[starts[first] : starts[last]]))
    if united:
        told.tell("structure.overlapping-contours", f"partly overlapping contours on {united} plane(s) were merged")
    if thin:
        text = f"nested contours less than {PIXEL_MM:g} mm apart leave only a rind on {len(thin)} plane(s)"
        told.tell("structure.rind", f"{text}: one may be a second copy of the other")
    if wound_twice:
        text = f"contours on {wound_twice} plane(s) run around the same area twice, which is taken as a hole"
        told.tell("structure.wound-twice", f"{text}: they may have been drawn twice")
    if vanished:
        told.tell("structure.zero-area", f"contours on {vanished} plane(s) as thin as a line were omitted")
    if cancelled:
        told.tell("structure.xor-cancels", f"XOR contours of {cancelled} plane(s) cancel each other almost completely")
    return tuple(planes)


def _plane(z_mm: float, vertices: Sequence[FloatArray], depth: IntArray, edges_mm: FloatArray) -> Plane:
    loops = tuple(Loop(vertices_mm=v, depth=d) for v, d in zip(vertices, depth.tolist(), strict=True))
    return Plane(z_mm=z_mm, loops=loops, edges_mm=edges_mm)


def _stacked(planes: tuple[Plane, ...], structure: Structure, thickness_mm: float, told: _Told) -> Planes:
    """The planes among the slices of the set."""
    z_mm = np.array([plane.z_mm for plane in planes])
    is_stated = len(planes) == 1 and structure.slab_thickness_mm is not None
    slices_mm = None if is_stated else structure.slices_mm
    stack = stacking(z_mm, slices_mm, thickness_mm, goes_on=lambda skipped: _are_opposite(planes, skipped, told.marks))
    bridged_mm = np.diff(z_mm)[stack.is_bridged]
    if filled := int(np.count_nonzero(stack.is_bridged & (stack.skipped > 0))):
        told.tell(
            "structure.regular-gaps",
            f"slices are skipped regularly between {filled + 1} planes; what lies between is filled",
        )
    if len(planes) == 1:
        _tell_of_single_plane(structure, float(stack.reach_mm.sum()), told)
    return Planes(
        planes=planes,
        spacing_mm=median(bridged_mm) if len(bridged_mm) else float(stack.reach_mm.sum(axis=1).mean()),
        reach_mm=stack.reach_mm,
        skipped=stack.skipped,
        is_bridged=stack.is_bridged,
        notices=told.notices,
        marks=told.marks,
    )


def _are_opposite(planes: tuple[Plane, ...], skipped: IntArray, marks: Sequence[Mark]) -> BoolArray:
    """Whether outlines of neighbouring planes lie over one another, of those with slices between them (planes - 1,).

    Slices with marks were drawn on, and are not skipped but missing.
    """
    outlines = {
        k: outlines_of([loop.vertices_mm for loop in planes[k].loops if loop.depth == 0])
        for gap in np.flatnonzero(skipped).tolist()
        for k in (gap, gap + 1)
    }
    opposite = [
        bool(skips)
        and not any(planes[gap].z_mm < mark.z_mm < planes[gap + 1].z_mm for mark in marks)
        and any(boxes_overlap(one, other) for one in outlines[gap] for other in outlines[gap + 1])
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
