"""Real organs with every second or third plane kept, against all their planes: what the shape between planes is worth.

The planes left out are known, so that the truth is the same organ with all of them (slabs). End caps are as thick as
the kept planes' spacing asks for; every place to begin is tried.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from support.real_data import REAL_DICOM
from validation.phantom import INTERPOLATED, SLABS, Deviation, values_of

from rtcheck.dicom import read_case
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh, compute_dvh
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.errors import RtcheckError
from rtcheck.geometry.build import SMALL_CC, build_solid
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.planes import planes_of

SETS = ("breast_eclipse", "prostate_pinnacle", "brain_pinnacle", "headneck_pinnacle")
LEAST_PLANES, MOST_CC = 9, 2000.0
COUNTED = ("Volume", "Dmean", "D99%", "D95%", "D5%", "D1%", "D0.03cc")  # extremes are those of the planes kept
SETTINGS = (SLABS, INTERPOLATED)
WAYS = {
    "slabs, linear": SLABS,
    "interpolated, linear": INTERPOLATED,
    "interpolated, cubic": replace(INTERPOLATED, dose_interpolation="cubic"),
}
CLASSES = ((5, "3 to 5"), (9, "6 to 9"), (20, "10 to 20"), (999, "more"))
SMALL = f"up to {SMALL_CC:g} cc"


def deviations() -> dict[tuple[str, int], list[Deviation]]:
    """By shape and by how many planes one was kept of (2 or 3)."""
    found: dict[tuple[str, int], list[Deviation]] = {}
    for structure, dose in organs():
        whole = values_of(_dvh(structure, dose, SLABS))
        for settings in SETTINGS:
            for one_of in (2, 3):
                some = found.setdefault((settings.shape, one_of), [])
                for first in range(one_of):
                    kept = values_of(_dvh(thinned(structure, one_of, first), dose, settings))
                    some += [
                        Deviation(phantom=structure.name, metric=metric, error=kept[metric] / whole[metric] - 1)
                        for metric in COUNTED
                        if metric in kept and metric in whole and whole[metric] > 0.01
                    ]
    return found


def target_deviations() -> dict[tuple[str, str], list[Deviation]]:
    """Of targets alone, by how they are calculated and by the planes kept; small ones once more."""
    found: dict[tuple[str, str], list[Deviation]] = {}
    seen: set[float] = set()
    for structure, dose in organs(is_target):
        whole = values_of(_dvh(structure, dose, SLABS))
        if whole["Volume"] in seen:  # a copy by another name
            continue
        seen.add(whole["Volume"])
        parts = [thinned(structure, one_of, first) for one_of in (2, 3, 4) for first in range(one_of)]
        for part in parts:
            planes = len({contour.vertices_mm[0, 2] for contour in part.contours})
            if not build_solid(part).is_certain:  # planes so far apart count as missing slices: no shape is assumed
                continue
            classes = [next(words for most, words in CLASSES if planes <= most)]
            classes += [SMALL] if whole["Volume"] <= SMALL_CC else []
            for name, settings in WAYS.items():
                kept = values_of(_dvh(part, dose, settings))
                own = [
                    Deviation(phantom=structure.name, metric=metric, error=kept[metric] / whole[metric] - 1)
                    for metric in COUNTED
                    if metric in kept and metric in whole and whole[metric] > 0.01
                ]
                for of_class in classes:
                    found.setdefault((of_class, name), []).extend(own)
    return found


def is_target(name: str) -> bool:
    """Whether a structure of the sets is a target by its name; their types are those of organs."""
    return name.upper().startswith(("GTV", "CTV", "ITV", "PTV", "TUMOR BED"))


def organs(is_wanted: Callable[[str], bool] = lambda name: True) -> Iterator[tuple[Structure, DoseGrid]]:
    """Every structure of the real sets that has enough planes, no missing slice, and lies wholly in the dose."""
    for name in SETS:
        case = read_case(Path(REAL_DICOM) / name)
        if case.dose is None or case.structures is None:
            continue
        for roi in filter(lambda roi: is_wanted(roi.name), case.structures.rois):
            try:
                structure = case.structures.load(roi.number)
                planes = planes_of(structure)
            except RtcheckError:
                continue
            if len(planes.planes) < LEAST_PLANES or not planes.is_bridged.all():
                continue
            dvh = _dvh(structure, case.dose, SLABS)
            if dvh.volume_outside_cc == 0 and dvh.volume_cc < MOST_CC and dvh.mean_gy > 0.5:
                yield structure, case.dose


def thinned(structure: Structure, one_of: int, first: int) -> Structure:
    """Every second or third plane, from the `first` on."""
    z_mm = np.round([contour.vertices_mm[0, 2] for contour in structure.contours], 2)
    kept = set(np.unique(z_mm)[first::one_of].tolist())
    contours = tuple(c for c, z in zip(structure.contours, z_mm.tolist(), strict=True) if z in kept)
    return Structure(name=structure.name, number=structure.number, contours=contours)


def _dvh(structure: Structure, dose: DoseGrid, settings: EngineSettings) -> Dvh:
    solid = build_solid(structure, shape=settings.shape, end_caps=settings.end_caps)
    return compute_dvh(solid, dose, settings=settings)
