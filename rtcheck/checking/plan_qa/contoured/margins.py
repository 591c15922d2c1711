"""The margin from one structure to the one around it: the smallest in each direction."""

from collections.abc import Iterator
from math import hypot, inf

import numpy as np

from rtcheck.checking.kept import Kept
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, unknown
from rtcheck.checking.plan_qa.contoured.body import edge_distance_mm, slab_at
from rtcheck.checking.plan_qa.contoured.drawn import are_inside
from rtcheck.checking.plan_qa.contoured.shapes import contains, outside
from rtcheck.checking.plan_qa.subject import Subject
from rtcheck.checking.range_text import range_words
from rtcheck.geometry.contours import FloatArray
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.units import amount_text

PIXEL_MM = 0.5
"""A margin that is short by less is as planning systems draw it, who round to pixels."""

NOTHING_CC = 0.01
"""Of the inner structure outside the outer one: rounding of points on a common face makes less."""

HEIGHT_MM = 0.01
"""Slices nearer along z than this are at one height."""

_DIRECTIONS = ("left", "right", "posterior", "anterior", "superior", "inferior")  # +x -x +y -y +z -z of LPS


def smallest(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Each pair: the smallest distance between the surfaces, in the plane and along z, against the least wanted.

    Along z margins are whole slices: one that is short by less than half of one counts as drawn.
    """
    for inner, outer, allowed in rule.value:
        item = f"Margin from {inner} to {outer}"
        expected = range_words(Range(low=allowed.low), "mm")
        try:
            solids = subject.solid_of(inner), subject.solid_of(outer)
            yield _answer(*solids, subject.anatomy.kept, allowed.low or 0.0, item, expected)
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=expected)


def _answer(inner: Solid, outer: Solid, kept: Kept, least_mm: float, item: str, expected: str) -> Answer:
    if not inner.is_certain or not outer.is_certain:
        raise Unknown("slices are missing")
    left = outside(inner, outer, kept)
    if left.least_cc > NOTHING_CC:
        found = f"{amount_text(left.least_cc, 'cc')} of {amount_text(left.volume_cc, 'cc')} outside"
        return answer(False, found, value=0.0, item=item, expected=expected, place=left.place)
    by_direction = directional_mm(inner, outer)
    in_plane_mm, z_mm = _in_plane_mm(inner, outer)
    along_mm = min(by_direction[4:])
    half_slice_mm = max(slab.z_high_mm - slab.z_low_mm for slab in outer.slabs) / 2
    oblique_mm, oblique_z_mm = _oblique_mm(inner, outer, least_mm, half_slice_mm)
    smallest_mm = min(in_plane_mm, along_mm, oblique_mm)
    note = ", ".join(f"{name} {value:.1f}" for name, value in zip(_DIRECTIONS, by_direction, strict=True))
    is_met = oblique_mm == inf and in_plane_mm >= least_mm - PIXEL_MM and along_mm >= least_mm - half_slice_mm
    place = f"smallest at z {z_mm:.4g} mm" if in_plane_mm <= along_mm else "smallest along z"
    if oblique_mm <= min(in_plane_mm, along_mm):
        place = f"smallest between z {oblique_z_mm:.4g} mm and a neighbouring slice"
    return answer(is_met, f"{smallest_mm:.1f} mm", value=round(smallest_mm, 3), item=item, expected=expected,
                  place=place, note=f"{note} mm")  # fmt: skip


def directional_mm(inner: Solid, outer: Solid) -> tuple[float, ...]:
    """The smallest margin toward +x, -x, +y, -y, +z, -z: from the inner outline to where the outer one is left. [mm]

    The inner structure must be inside.
    """
    least = [inf] * 6
    for slab in inner.slabs:
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        around = slab_at(outer, middle_mm)
        points_mm = slab.edges_mm[:, :2]
        if around is None:
            return (0.0,) * 6
        for axis in (0, 1):
            for side, sign in ((2 * axis, 1.0), (2 * axis + 1, -1.0)):
                least[side] = min(least[side], _ray_mm(points_mm, around.edges_mm, axis, sign))
    least[4] = _along_z_mm(inner, outer, up=True)
    least[5] = _along_z_mm(inner, outer, up=False)
    return tuple(least)


def _ray_mm(points_mm: FloatArray, edges_mm: FloatArray, axis: int, sign: float) -> float:
    """The least distance from points (n, 2) along an axis to edges (m, 4). [mm]"""
    across = 1 - axis
    a0, b0, a1, b1 = edges_mm[:, axis], edges_mm[:, across], edges_mm[:, 2 + axis], edges_mm[:, 2 + across]
    level = points_mm[:, across][:, None]
    spans = (b0 <= level) != (b1 <= level)
    rise = np.where(b1 == b0, inf, b1 - b0)
    ahead_mm = sign * (a0 + (level - b0) / rise * (a1 - a0) - points_mm[:, axis][:, None])
    ahead_mm = np.where(spans & (ahead_mm >= 0), ahead_mm, inf)
    return float(ahead_mm.min())


def _in_plane_mm(inner: Solid, outer: Solid) -> tuple[float, float]:
    """The least distance between the outlines in one slice, and at which height. [mm]"""
    least_mm, place_mm = inf, 0.0
    for slab in inner.slabs:
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        around = slab_at(outer, middle_mm)
        if around is None:
            return 0.0, middle_mm
        near_mm = _between_outlines_mm(slab, around)
        if near_mm < least_mm:
            least_mm, place_mm = near_mm, middle_mm
    return least_mm, place_mm


def _between_outlines_mm(one: Slab, other: Slab) -> float:
    """The least distance between the outlines of two slabs, seen along z. [mm]"""
    return min(
        edge_distance_mm(one.edges_mm[:, :2], other.edges_mm), edge_distance_mm(other.edges_mm[:, :2], one.edges_mm)
    )


def _oblique_mm(inner: Solid, outer: Solid, least_mm: float, half_slice_mm: float) -> tuple[float, float]:
    """The least distance from a slice of the inner outline to another slice of the outer one that is too short, and at
    which height; inf where none is. Half a slice and half a pixel less than a sphere of the margin count as drawn. [mm]
    """
    shortest_mm, place_mm = inf, 0.0
    for slab in inner.slabs:
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        for other in outer.slabs:
            rise_mm = abs((other.z_low_mm + other.z_high_mm) / 2 - middle_mm)
            needed_mm2 = least_mm**2 - (rise_mm + half_slice_mm) ** 2
            if rise_mm < HEIGHT_MM or needed_mm2 <= PIXEL_MM**2:
                continue
            is_around = _covers(other, slab)
            apart_mm = _between_outlines_mm(slab, other) if is_around else 0.0
            if (not is_around or apart_mm < needed_mm2**0.5 - PIXEL_MM) and hypot(apart_mm, rise_mm) < shortest_mm:
                shortest_mm, place_mm = hypot(apart_mm, rise_mm), middle_mm
    return shortest_mm, place_mm


def _covers(outer: Slab, inner: Slab) -> bool:
    """Whether the cross-section of one slab holds that of another: no corner of that is outside, none of its own in."""
    corners, others = inner.edges_mm[:, :2], outer.edges_mm[:, :2]
    held = are_inside(corners, np.zeros(len(corners), dtype=np.int64), Solid(slabs=(outer,)))
    inward = are_inside(others, np.zeros(len(others), dtype=np.int64), Solid(slabs=(inner,)))
    return bool(held.all() and not inward.any())


def _along_z_mm(inner: Solid, outer: Solid, *, up: bool) -> float:
    """The least way along z from the inner structure to where the outer one is left. [mm]"""
    least_mm = inf
    slabs = inner.slabs
    for index, slab in enumerate(slabs):
        beyond = slabs[index + 1] if up and index + 1 < len(slabs) else slabs[index - 1] if not up and index else None
        points_mm = slab.edges_mm[:, :2]
        middles_mm = (slab.edges_mm[:, :2] + slab.edges_mm[:, 2:]) / 2
        inward_mm = np.concatenate([points_mm + 0.02 * (points_mm.mean(axis=0) - points_mm), middles_mm])
        face_mm = slab.z_high_mm if up else slab.z_low_mm
        for x, y in inward_mm.tolist():
            if beyond is not None and contains(inner, (x, y, (beyond.z_low_mm + beyond.z_high_mm) / 2)):
                continue  # the structure itself goes on there
            least_mm = min(least_mm, _way_mm(outer, x, y, face_mm, up=up))
    return least_mm


def _way_mm(outer: Solid, x: float, y: float, face_mm: float, *, up: bool) -> float:
    """How far the outer structure goes on from a face at (x, y). [mm]"""
    reached_mm = face_mm
    slabs = outer.slabs if up else tuple(reversed(outer.slabs))
    for slab in slabs:
        low_mm, high_mm = slab.z_low_mm, slab.z_high_mm
        if (high_mm <= face_mm + 1e-6) if up else (low_mm >= face_mm - 1e-6):
            continue
        is_next = (low_mm <= reached_mm + 1e-3) if up else (high_mm >= reached_mm - 1e-3)
        if not is_next or not contains(outer, (x, y, (low_mm + high_mm) / 2)):
            break
        reached_mm = high_mm if up else low_mm
    return abs(reached_mm - face_mm)
