"""Two doses on one set of structures -> by how much they differ in each, and the share of points that pass gamma.

For recalculations: a second dose engine, another algorithm, a plan on a new image in the same frame of reference.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from rtcheck.checking.courses.added_doses import resampled
from rtcheck.dosimetry.curve import dose_at_volume_gy
from rtcheck.dosimetry.dose_grid import DoseGrid, FloatArray
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.errors import UsageError
from rtcheck.extras import needed
from rtcheck.geometry.solid import Solid
from rtcheck.patterns import pattern
from rtcheck.results import Report
from rtcheck.values import dataclass

CUTOFF_PERCENT = 10.0
"""Points with less of the highest reference dose take no part in gamma (TG-218)."""

INTERPOLATION = 10
"""Steps in the distance criterion at which the other dose is looked at (Wendling 2007)."""

PYTHONS_OF_PYMEDPHYS = "It is published for Python 3.11 and 3.12."

_CRITERIA = pattern(r"\s*(?P<dose>\d+(?:\.\d+)?)\s*%\s*/\s*(?P<distance>\d+(?:\.\d+)?)\s*mm\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaCriteria:
    """Dose difference as % of the highest reference dose (global), and distance to agreement. [%, mm]"""

    dose_percent: float
    distance_mm: float

    @property
    def text(self) -> str:
        """ "3 %/2 mm"."""
        return f"{self.dose_percent:g} %/{self.distance_mm:g} mm"


def parse_gamma(text: str) -> GammaCriteria:
    """The criteria in "3%/2mm". Raises UsageError for other texts.

    >>> parse_gamma("3%/2mm").text
    '3 %/2 mm'
    """
    found = _CRITERIA.fullmatch(text)
    if found is None or not 0 < float(found["dose"]) <= 20 or not 0 < float(found["distance"]) <= 20:
        raise UsageError(f"--gamma {text}: expected a dose difference and a distance, such as 3%/2mm.")
    return GammaCriteria(dose_percent=float(found["dose"]), distance_mm=float(found["distance"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureDifference:
    """The second dose less the first within one structure. [Gy]

    `low_gy` and `high_gy` are exceeded by 98 % and by 2 % of its volume; `compared` is the share of it in both grids.
    """

    structure: str
    mean_gy: float
    low_gy: float
    high_gy: float
    compared: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaResult:
    """The share (0 to 1) of `points` of the first grid that pass, with the first dose as reference."""

    criteria: GammaCriteria
    passing: float
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseDifference:
    """How a second dose differs from the first."""

    structures: tuple[StructureDifference, ...]
    gamma: GammaResult | None = None


def dose_difference(first: Report, second: Report, criteria: GammaCriteria | None) -> DoseDifference:
    """The difference in the structures of the first report, and gamma where it is asked for.

    Raises UsageError for doses that are missing, or in different frames of reference, and MissingExtraError for gamma
    without pymedphys.
    """
    doses = first.case.dose, second.case.dose
    if doses[0] is None or doses[1] is None:
        raise UsageError("The doses cannot be compared: one plan has none.")
    if doses[0].frame_of_reference_uid != doses[1].frame_of_reference_uid:
        raise UsageError("The doses cannot be compared point by point: they are in different frames of reference.")
    solids = {drawing.name: drawing.solid for drawing in first.drawings()}
    return DoseDifference(
        structures=_by_structure(doses[0], doses[1], solids),
        gamma=gamma_of(doses[0], doses[1], criteria) if criteria else None,
    )


def _by_structure(first: DoseGrid, second: DoseGrid, solids: Mapping[str, Solid]) -> tuple[StructureDifference, ...]:
    """Statistics of the difference at the nodes of the first grid that both know, trilinear between them."""
    axes_mm = [_shared_nodes(axis, first, second) for axis in range(3)]
    one, two = (resampled(dose, dose.dose_gy, axes_mm) for dose in (first, second))
    least_gy = float((two - one).min())  # a DVH is of doses that are not negative
    x_mm, y_mm, z_mm = axes_mm
    apart = DoseGrid(
        dose_gy=np.asarray(two - one - least_gy, dtype=np.float32), x_mm=x_mm, y_mm=y_mm, z_mm=z_mm,
        frame_of_reference_uid=first.frame_of_reference_uid,
    )  # fmt: skip
    found = []
    for name, solid in solids.items():
        dvh = compute_dvh(solid, apart)
        inside = replace(dvh, volume_cc=dvh.volume_inside_cc, volume_outside_cc=0.0)
        if inside.volume_cc > 0 and inside.mean_gy is not None:
            low_gy, high_gy = (dose_at_volume_gy(inside, share * inside.volume_cc) for share in (0.98, 0.02))
            found.append(
                StructureDifference(
                    structure=name,
                    mean_gy=inside.mean_gy + least_gy,
                    low_gy=low_gy + least_gy,
                    high_gy=high_gy + least_gy,
                    compared=inside.volume_cc / dvh.volume_cc,
                )
            )
    return tuple(found)


def _shared_nodes(axis: int, first: DoseGrid, second: DoseGrid) -> FloatArray:
    nodes = first.axes_mm[axis]
    kept: FloatArray = nodes[(nodes >= second.axes_mm[axis][0]) & (nodes <= second.axes_mm[axis][-1])]
    if len(kept) < 2:
        raise UsageError("The doses cannot be compared: their grids do not overlap.")
    return kept


def gamma_of(first: DoseGrid, second: DoseGrid, criteria: GammaCriteria) -> GammaResult:
    """By pymedphys, at the nodes of the first grid within the second."""
    pymedphys = needed("pymedphys", extra="gamma", what="Gamma needs", otherwise=PYTHONS_OF_PYMEDPHYS)
    needed("scipy.interpolate", extra="gamma", what="Gamma needs")
    axes_mm = [_shared_nodes(axis, first, second) for axis in range(3)]
    reference = resampled(first, first.dose_gy, axes_mm)
    values = pymedphys.gamma(
        tuple(axes_mm[::-1]), reference, (second.z_mm, second.y_mm, second.x_mm), second.dose_gy.astype(np.float64),
        criteria.dose_percent, criteria.distance_mm, lower_percent_dose_cutoff=CUTOFF_PERCENT,
        interp_fraction=INTERPOLATION, max_gamma=1.01, skip_once_passed=True, global_normalisation=first.max_gy,
        interp_algo="pymedphys" if find_spec("numba") else "scipy",
    )  # fmt: skip
    known = values[np.isfinite(values)]
    if not known.size:
        raise UsageError(f"Gamma cannot be computed: no point has {CUTOFF_PERCENT:g} % of the highest dose.")
    return GammaResult(criteria=criteria, passing=float((known <= 1.0).mean()), points=int(known.size))
