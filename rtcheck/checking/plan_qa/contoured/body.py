"""The body outline: what lies outside it, how near to the skin targets come, and what lies in the couch."""

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

import numpy as np

from rtcheck.checking.measurement import volume_cc
from rtcheck.checking.plan_qa.answers import Answer, Unknown, answer, in_range, listed, unknown
from rtcheck.checking.plan_qa.contoured.inside_outline import clear_within, lies_well_inside
from rtcheck.checking.plan_qa.contoured.shapes import between, outside, shared_cc
from rtcheck.checking.plan_qa.contoured.slices import anatomy_of, is_helper
from rtcheck.checking.plan_qa.delivery.documents import couch_rois
from rtcheck.checking.plan_qa.subject import EXTERNAL, Subject
from rtcheck.checking.range_text import range_words
from rtcheck.checking.structures.found import Found
from rtcheck.geometry.boolean import combine
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Contour, FloatArray, Structure
from rtcheck.geometry.outlines import is_any_inside, outlines_of
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.protocol.file.model import CheckRule, Range
from rtcheck.protocol.names.targets import kind_of_target_name
from rtcheck.units import amount_text

LEAST_OUTSIDE_CC = 0.5
LEAST_OUTSIDE = 0.01
"""More than both, of an organ or of a GTV or CTV, is outside: skin and body outline are drawn with other tools."""

NOTHING_CC = 0.01
"""Outside the body: rounding of points on a common face makes less."""

LEAST_IN_COUCH_CC = 0.1


def nothing_outside(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No organ, GTV or CTV lies outside the body. A PTV may: its margin is of the set-up, not of the patient.

    Where the body is not contoured, above or below, nothing can be said of what lies there.
    """
    body = subject.found(EXTERNAL)
    assert body.solid is not None
    outline = filled_outline(subject, body) if body.solid.is_certain else body.solid
    low_mm, high_mm = outline.at_most.slabs[0].z_low_mm, outline.at_most.slabs[-1].z_high_mm
    clear = clear_within(outline)
    off: dict[str, str] = {}
    unsure = []
    for roi, drawn in anatomy_of(subject):
        is_other = roi.number in body.match.numbers or roi.type in ("EXTERNAL", "PTV") or _is_planning(roi.name)
        if is_other or is_helper(roi.name) or (outline.is_certain and lies_well_inside(drawn, outline, clear)):
            continue
        solid = subject.solid_of_roi(roi)
        beside = between(solid, low_mm, high_mm)
        found = outside(beside, outline, subject.anatomy.kept)
        allowed_cc = max(LEAST_OUTSIDE_CC, LEAST_OUTSIDE * found.volume_cc)
        if found.least_cc > allowed_cc:
            cc = f"{amount_text(found.most_cc, 'cc')} of {amount_text(found.volume_cc, 'cc')}"
            off[roi.name] = f"{roi.name} {cc}, {found.place}"
        elif found.most_cc > allowed_cc or volume_cc(solid) - volume_cc(beside) > allowed_cc:
            unsure.append(roi.name)
    expected = "nothing outside the body"
    if unsure and not off:
        reach = f"the body outline, from z {low_mm:.4g} to {high_mm:.4g} mm, does not show it for {listed(unsure)}"
        yield unknown(reach, expected=expected)
        return
    text = f"outside: {listed(off)}" if off else "nothing"
    yield answer(not off, text, value=float(len(off)), place="; ".join(list(off.values())[:4]), expected=expected)


def filled_outline(subject: Subject, body: Found) -> Solid:
    """The body without its holes: air that is cut out of the outline is not outside the patient."""
    assert body.solid is not None
    structures = [subject.anatomy.contours_of(number) for number in body.match.numbers]
    outer = [tuple(each for each, depth in _with_depth(one) if depth == 0 or each.is_xor) for one in structures]
    if all(len(own) == len(one.contours) for own, one in zip(outer, structures, strict=True)):
        return body.solid
    filled = [build_solid(replace(one, contours=own)) for one, own in zip(structures, outer, strict=True)]
    return reduce(lambda one, other: combine(one, other, "union"), filled)


def _with_depth(structure: Structure) -> Iterator[tuple[Contour, int]]:
    """The contours of each plane with the number of others around them."""
    planes: dict[float, list[Contour]] = {}
    for contour in structure.contours:
        planes.setdefault(float(contour.vertices_mm[0, 2]), []).append(contour)
    for contours in planes.values():
        depths = loops_depth([contour.vertices_mm[:, :2] for contour in contours])
        yield from zip(contours, depths, strict=True)


def loops_depth(loops_mm: list[FloatArray]) -> list[int]:
    """How many loops (n, 2) of one plane lie around each."""
    if len(loops_mm) == 1:
        return [0]
    outlines = outlines_of(loops_mm)
    return [
        sum(
            other is not own and other.area_mm2 > own.area_mm2 and is_any_inside(own.vertices_mm[:1], other)
            for other in outlines
        )
        for own in outlines
    ]


def _is_planning(name: str) -> bool:
    return kind_of_target_name(name) == "PTV"


def crop_from_skin(subject: Subject, rule: CheckRule) -> Iterator[Answer]:
    """Each structure keeps its distance from the skin, in every slice."""
    body = subject.solid_of(EXTERNAL)
    for name, allowed in rule.value:
        item = f"{name} to skin"
        try:
            solid = subject.solid_of(name)
            if not solid.is_certain or not body.is_certain:
                raise Unknown("slices are missing")
            least_mm, place = _least_to_skin(solid, body)
            if (left := outside(solid, body, subject.anatomy.kept)).least_cc > NOTHING_CC:
                least_mm, place = 0.0, f"outside the body, {left.place}"
        except Unknown as why:
            yield unknown(why.reason, item=item, expected=range_words(at_least(allowed), "mm"))
        else:
            yield in_range(at_least(allowed), round(least_mm, 2), "mm", item=item, place=place)


def at_least(allowed: Range) -> Range:
    """ "3 mm" as a distance to keep: at least 3 mm."""
    return replace(allowed, high=None) if allowed.low is not None and allowed.low == allowed.high else allowed


def _least_to_skin(solid: Solid, body: Solid) -> tuple[float, str]:
    """The least distance from the solid's outline to the body's in one slice. [mm]"""
    least_mm, place = np.inf, ""
    for slab in solid.slabs:
        middle_mm = (slab.z_low_mm + slab.z_high_mm) / 2
        around = slab_at(body, middle_mm)
        if around is None:
            raise Unknown(f"the body is not contoured at z {middle_mm:.4g} mm")
        near_mm = min(
            edge_distance_mm(slab.edges_mm[:, :2], around.edges_mm),
            edge_distance_mm(around.edges_mm[:, :2], slab.edges_mm),
        )
        if near_mm < least_mm:
            least_mm, place = near_mm, f"z {middle_mm:.4g} mm"
    return float(least_mm), place


def slab_at(solid: Solid, z_mm: float) -> Slab | None:
    """The slab of a solid at a height; None where there is none."""
    return next((slab for slab in solid.slabs if slab.z_low_mm <= z_mm < slab.z_high_mm), None)


def edge_distance_mm(points_mm: FloatArray, edges_mm: FloatArray) -> float:
    """The least distance of points (n, 2) from edges (m, 4). [mm]"""
    start, along = edges_mm[:, :2], edges_mm[:, 2:] - edges_mm[:, :2]
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    offset = points_mm[:, None, :] - start
    share = np.clip((offset * along).sum(axis=2) / length2, 0.0, 1.0)
    return float(np.hypot(*np.moveaxis(offset - share[:, :, None] * along, 2, 0)).min())


def nothing_in_couch(subject: Subject, _: CheckRule) -> Iterator[Answer]:
    """No target, organ or body outline reaches into a support structure."""
    supports = couch_rois(subject)
    if not supports:
        yield Answer(found="no support structure", outcome="not_applicable", expected="nothing in the couch")
        return
    off, unsure = [], []
    numbers = {support.number for support in supports}
    for roi, support in ((roi, support) for roi, _ in anatomy_of(subject) for support in supports):
        if roi.number not in numbers:
            solids = subject.solid_of_roi(roi), subject.solid_of_roi(support)
            least_cc, most_cc = shared_cc(*solids, subject.anatomy.kept, LEAST_IN_COUCH_CC)
            if least_cc > LEAST_IN_COUCH_CC:
                off.append(f"{roi.name} in {support.name}, {amount_text(least_cc, 'cc')}")
            elif most_cc > LEAST_IN_COUCH_CC:
                unsure.append(f"{roi.name} in {support.name}")
    if unsure and not off:
        raise Unknown(f"slices are missing: {listed(unsure)}")
    yield answer(not off, listed(off) or "nothing", value=float(len(off)), expected="nothing in the couch")
