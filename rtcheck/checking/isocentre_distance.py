"""The distance from a structure's centre to the plan's isocentre: of lesions that are treated with one isocentre."""

import math

from rtcheck.case import Case
from rtcheck.geometry.centre import centre_mm
from rtcheck.geometry.solid import Solid
from rtcheck.plan_facts import Millimetres

SAME_POINT_MM = 0.5
"""Isocentres nearer than this are one: systems round to a tenth of a millimetre, couches to half of one."""


def distance_to_isocentre_mm(solid: Solid, case: Case) -> float | str:
    """From the centre of volume to the isocentre [mm]; or why it is unknown, in a clause."""
    if not solid.is_certain:
        return f"its centre is unknown: {'; '.join(solid.reasons)}"
    centre, isocentre = centre_mm(solid), _isocentre_mm(case)
    if centre is None:
        return "the structure is empty: no contour encloses an area"
    return isocentre if isinstance(isocentre, str) else math.dist(centre, isocentre)


def _isocentre_mm(case: Case) -> Millimetres | str:
    """The one isocentre of the treatment beams, or why there is none."""
    if case.stated.load_plan is None:
        return "there is no plan" if case.plan is None else "a sum of plans has no single isocentre"
    beams = case.stated.load_plan().treating
    own = [[point.isocentre_mm for point in beam.points if point.isocentre_mm is not None] for beam in beams]
    if not own or not all(own):
        return "the plan does not state the isocentre of every treatment beam"
    first = own[0][0]
    farthest_mm = max(math.dist(first, point) for points in own for point in points)
    if farthest_mm > SAME_POINT_MM:
        return f"the plan has several isocentres, up to {farthest_mm:.0f} mm apart"
    return first
