"""Two structure sets and a map between their frames of reference -> a doubt if the map cannot be right."""

from collections.abc import Iterator

import numpy as np

from rtcheck.case import Case
from rtcheck.errors import RtcheckError
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.transforms.affine import IDENTITY, FloatArray
from rtcheck.geometry.transforms.maps import Map
from rtcheck.notices import Notice

FAR_MM = 20.0
"""Structures of one name that lie farther apart, while the inverse brings them to half of it, put the map in doubt."""

MOST_COMPARED = 12


def notices_of_shared_structures(home: Case, other: Case, to_home: Map, name: str) -> Iterator[Notice]:
    """A doubt if structures of one name lie far apart, and the inverse or no registration brings them closer."""
    pairs = _shared_centres(home, other)
    if not pairs:
        return
    here, there = (np.array(points) for points in zip(*pairs, strict=True))

    def apart_mm(moved: Map) -> float:
        distances_mm = np.linalg.norm(moved.at(there) - here, axis=1)
        known = distances_mm[np.isfinite(distances_mm)]
        return float(np.median(known)) if len(known) else float("inf")

    found_mm, inverse_mm, unmoved_mm = (apart_mm(each) for each in (to_home, to_home.inverse, IDENTITY))
    if np.isfinite(found_mm) and found_mm > FAR_MM and min(inverse_mm, unmoved_mm) < found_mm / 2:
        yield Notice(
            code="registration.implausible",
            text=(
                f"Structures of the same name lie {found_mm:.0f} mm apart (median of {len(pairs)}) after the dose of "
                f"{name} was moved, {inverse_mm:.0f} mm with the inverse of the registration and {unmoved_mm:.0f} mm "
                "without it: its direction or its frames of reference may be wrong"
            ),
        )


def _shared_centres(home: Case, other: Case) -> list[tuple[FloatArray, FloatArray]]:
    """The centres of the structures that both sets have by one name. [mm]"""
    if home.structures is None or other.structures is None:
        return []
    there = {roi.name.casefold(): roi for roi in other.structures if roi.contours}
    shared = [
        (roi, there[roi.name.casefold()]) for roi in home.structures if roi.contours and roi.name.casefold() in there
    ]
    centres = []
    for one, two in shared[:MOST_COMPARED]:
        try:
            loaded = (home.structures.load(one.number), other.structures.load(two.number))
        except RtcheckError:
            continue
        if loaded[0].contours and loaded[1].contours:
            centres.append((_centre_mm(loaded[0]), _centre_mm(loaded[1])))
    return centres


def _centre_mm(structure: Structure) -> FloatArray:
    """The middle of the box around all points. (3,)"""
    points = np.concatenate([contour.vertices_mm for contour in structure.contours])
    middle: FloatArray = (points.min(axis=0) + points.max(axis=0)) / 2
    return middle
