"""Structure -> Solid: what the drawn planes say about the space between them, and what they leave open."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, reduce
from itertools import pairwise
from math import isinf

import numpy as np

from rtcheck.geometry.boolean import Operation, combine
from rtcheck.geometry.contours import FloatArray, Structure
from rtcheck.geometry.mending import area_mm2, common_area_mm2
from rtcheck.geometry.missing.doubtful import doubtful_parts, pointed_ends
from rtcheck.geometry.missing.gaps import Gap, gaps_of, slabs_filling, slabs_in
from rtcheck.geometry.missing.open_outlines import open_slabs
from rtcheck.geometry.missing.stack import Stack
from rtcheck.geometry.planes import Planes, planes_of
from rtcheck.geometry.solid import ANYTHING, EndCaps, Gaps, LoopSlabs, Shape, Slab, Solid
from rtcheck.notices import SMALL_TARGET, Notice
from rtcheck.timing import timed
from rtcheck.units import CC_PER_MM3

END_CAP_SLICES = {"none": 0.0, "half": 0.5, "full": 1.0}
"""How far the end planes reach outward, in slices. "half" gives every plane the same share."""

SMALL_CC = 20.0
LEAST_PLANES = 3
SAME_OUTLINE_MM = 0.02
"""A structure of up to so many cc, on so many planes or more, is small. In lesions of that size, drawn exactly or with
the errors of a hand, the interpolated shape with cubic dose is nearer to the truth; in small real organs with planes
left out it is not (`tests/validation`), so that only targets are interpolated (`checking/structures/roi_solids.py`).
Of a box or a cylinder, whose outlines are so near to each other on the mean, slabs are exact.
"""

SHOWN_GAPS = 5
KEPT_DRAWN = 8


@timed("geometry")
def build_solid(
    structure: Structure, *, shape: Shape = "slabs", end_caps: EndCaps = "half", gaps: Gaps = "bounds"
) -> Solid:
    """The solid of a structure; empty (never of volume zero) if no contour encloses an area.

    "slabs": the cross-section of each plane reaches half-way to its neighbours. "interpolated": the cross-section
    changes between the planes (see `interpolated.py`). "auto": interpolated where the structure is small, for targets.
    A single plane has the thickness that `planes_of` found for it.
    Raises GeometryError for contours that are not finite, not axial, or too tangled to outline a structure.

    >>> from rtcheck.geometry.contours import Contour
    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> contours = tuple(Contour(vertices_mm=np.insert(square, 2, z, axis=1)) for z in (0.0, 3.0, 6.0))
    >>> solid = build_solid(Structure(name="Box", number=1, contours=contours))
    >>> [(slab.z_low_mm, slab.z_high_mm) for slab in solid.slabs]
    [(-1.5, 1.5), (1.5, 4.5), (4.5, 7.5)]
    """
    if shape == "auto":
        if is_small(build_solid(structure)):
            return smooth_solid(structure, end_caps=end_caps, gaps=gaps)
        shape = "slabs"
    stack, found, doubtful = _drawn(structure)
    planes = stack.planes
    if shape == "interpolated" and len(planes) > 1:
        from rtcheck.geometry.interpolated import interpolated_solid

        solid = interpolated_solid(planes, end_caps=end_caps)
    else:
        solid = slabs_solid(planes, end_caps=end_caps)
    end_cap = _end_cap(planes, end_caps)
    opened = open_slabs(planes, end_cap=end_cap)
    solid = replace(solid, notices=(*solid.notices, *doubtful))
    if not found and not opened:
        return solid
    words = tuple(_gaps_in_words(found, opened, structure.name))
    taken = {"bounds": "values have bounds", "open": "taken as not part of it", "filled": "taken as filled"}[gaps]
    notices = (
        Notice(
            code="structure.missing-slices", text=f"{structure.name}: {what}, {taken}: {places}",
            structures=(structure.name,),
        ) for what, _, places in words
    )  # fmt: skip
    solid = replace(solid, notices=(*solid.notices, *notices))
    if gaps == "open":
        return solid
    why_all = tuple(f"{why} ({places})" for _, why, places in words)
    least = _with_slabs(solid, opened, "difference") if opened else None
    if gaps == "bounds" and any(isinf(gap.margin_mm) for gap in found):
        return solid.between(least, ANYTHING, why_all)
    in_gaps = slabs_in if gaps == "bounds" else slabs_filling
    added = (slab for gap in found for slab in in_gaps(gap, planes, end_cap=end_cap))
    filled = _with_slabs(solid, (*added, *opened), "union")
    return filled if gaps == "filled" else solid.between(least, filled, why_all)


@lru_cache(maxsize=KEPT_DRAWN)
def _drawn(structure: Structure) -> tuple[Stack, tuple[Gap, ...], tuple[Notice, ...]]:
    """The planes of a structure, where slices are missing between them and where they may be: of the last few, for all
    conventions alike."""
    stack = Stack(planes_of(structure))
    found = tuple(gaps_of(stack))
    return stack, found, tuple(_doubtful(stack, found, structure.name))


def is_small(slabs: Solid) -> bool:
    """Whether the shape "auto" interpolates a target, by its solid of slabs: small, complete, on enough planes, and
    with an outline that changes from plane to plane more often than not.

    The solid is that of the default end caps and gaps, so that these settings do not change the shape.

    >>> is_small(cube)  # 1 cc, but on one plane
    False
    """
    if len(slabs.slabs) < LEAST_PLANES or not slabs.is_certain:
        return False
    volume_mm3 = sum(abs(area_mm2(slab.edges_mm)) * (slab.z_high_mm - slab.z_low_mm) for slab in slabs.slabs)
    if volume_mm3 * CC_PER_MM3 > SMALL_CC:
        return False
    same = sum(_is_same_outline(one.edges_mm, other.edges_mm) for one, other in pairwise(slabs.slabs))
    return 2 * same < len(slabs.slabs) - 1


def _is_same_outline(one: FloatArray, other: FloatArray) -> bool:
    """Whether what lies between two outlines, spread along the first, is thinner than `SAME_OUTLINE_MM`."""
    least_mm2 = SAME_OUTLINE_MM * float(np.hypot(one[:, 2] - one[:, 0], one[:, 3] - one[:, 1]).sum())
    areas_mm2 = area_mm2(one), area_mm2(other)
    if abs(areas_mm2[0] - areas_mm2[1]) > least_mm2:
        return False
    return sum(areas_mm2) - 2 * common_area_mm2(one, other) <= least_mm2


def smooth_solid(structure: Structure, *, end_caps: EndCaps, gaps: Gaps) -> Solid:
    """The interpolated solid of a small target, whose dose is interpolated cubically, and a notice of it."""
    solid = build_solid(structure, shape="interpolated", end_caps=end_caps, gaps=gaps)
    text = f"{structure.name} is a small target, interpolated between its planes with cubic dose"
    notice = Notice(code=SMALL_TARGET, text=text, severity="info", structures=(structure.name,))
    return replace(solid, is_smooth=True, notices=(*solid.notices, notice))


def slabs_solid(planes: Planes, *, end_caps: EndCaps = "half") -> Solid:
    """Each plane as a slab that reaches half-way to its neighbours; next to a missing slice, half the nominal spacing.

    The outermost planes extend outward by `end_caps` (0, 1/2 or 1 spacing); a single plane always has its whole
    thickness.
    """
    if not len(planes):
        return Solid(notices=planes.notices)
    low_mm, high_mm = planes.faces_mm(_end_cap(planes, end_caps))
    loops, first_loop = planes.sections.loops, planes.sections.first_loop
    slabs = LoopSlabs(loops=loops, first_loop=first_loop, low_mm=low_mm, high_mm=high_mm)
    return Solid(slabs=slabs, notices=planes.notices)


def _end_cap(planes: Planes, end_caps: EndCaps) -> float:
    """How far the outermost planes reach outward, in slices; a single plane always has its whole thickness."""
    return END_CAP_SLICES[end_caps] if len(planes) > 1 else 0.5


def _with_slabs(solid: Solid, slabs: Iterable[Slab], operation: Operation) -> Solid:
    parts = (Solid(slabs=(slab,)) for slab in slabs if slab.z_high_mm > slab.z_low_mm)
    return reduce(lambda whole, part: combine(whole, part, operation), parts, solid)


def _doubtful(stack: Stack, gaps: Sequence[Gap], name: str) -> Iterator[Notice]:
    """Where slices may be missing and need not be."""
    if parts := doubtful_parts(stack, gaps):
        places = ", ".join(f"{low_mm:g} to {high_mm:g}" for low_mm, high_mm in parts[:SHOWN_GAPS])
        text = f"{name} ends, or nearly so, and begins again (z {places} mm): taken as drawn, but slices may be missing"
        yield Notice(code="structure.parts", text=text, structures=(name,))
    if ends_mm := pointed_ends(stack):
        places = ", ".join(f"{z_mm:g}" for z_mm in ends_mm)
        text = f"only points are drawn beyond an end of {name} (z {places} mm): its last slices may be missing"
        yield Notice(code="structure.points-beyond", text=text, structures=(name,))


def _gaps_in_words(gaps: Sequence[Gap], opened: Sequence[Slab], name: str) -> Iterator[tuple[str, str, str]]:
    """What is missing: as a remark, as the reason of bounds, and where."""
    if gaps:
        places = ", ".join(f"{gap.low_mm:g} to {gap.high_mm:g}" for gap in gaps[:SHOWN_GAPS])
        more = f" and {len(gaps) - SHOWN_GAPS} more" if len(gaps) > SHOWN_GAPS else ""
        yield f"slices are missing in {len(gaps)} gap(s)", f"slices of {name} are missing", f"z {places} mm{more}"
    if opened:
        low_mm, high_mm = min(slab.z_low_mm for slab in opened), max(slab.z_high_mm for slab in opened)
        yield f"{len(opened)} contour(s) are open", f"contours of {name} are open", f"z {low_mm:g} to {high_mm:g} mm"
