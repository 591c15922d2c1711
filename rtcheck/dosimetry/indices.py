"""Plan indices: how well the high dose fits the target, from the DVHs of the target and of the body.

Volumes in cc. `prescription_gy` is the reference isodose. The body DVH is that of External, or of the `whole_grid`: an
index that looks inside the target only would call any plan conformal. Definitions as collected in PMC5965485, table 1.
"""

from dataclasses import dataclass

import numpy as np

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metrics import dose_at_volume_gy, volume_at_dose_cc
from rtcheck.geometry.solid import Slab, Solid

LEAST_MEDIAN_GY = 1e-3  # a target with less has no dose that could be homogeneous


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVolumes:
    """What the conformity indices are made of.

    `target_cc` TV; `isodose_cc` PIV, the body volume at or above the prescription; `covered_cc` TV_PIV, the part of the
    target there; `half_isodose_cc` the body volume at or above half the prescription.
    """

    target_cc: float
    isodose_cc: float
    covered_cc: float
    half_isodose_cc: float


def target_volumes(target: Dvh, body: Dvh, *, prescription_gy: float) -> TargetVolumes:
    """The volumes of one target at one prescription."""
    return TargetVolumes(
        target_cc=target.volume_cc,
        isodose_cc=volume_at_dose_cc(body, prescription_gy),
        covered_cc=volume_at_dose_cc(target, prescription_gy),
        half_isodose_cc=volume_at_dose_cc(body, 0.5 * prescription_gy),
    )


def ci_rtog(volumes: TargetVolumes) -> float | None:
    """PIV / TV. 1 is ideal, but 1 elsewhere than the target is 1 too. Shaw 1993, IJROBP 27:1231. None: no target."""
    return _ratio(volumes.isodose_cc, volumes.target_cc)


def conformation_number(volumes: TargetVolumes) -> float | None:
    """(TV_PIV / TV) (TV_PIV / PIV). van't Riet 1997, IJROBP 37:731. None without target or isodose."""
    return _ratio(volumes.covered_cc**2, volumes.target_cc * volumes.isodose_cc)


def ci_paddick(volumes: TargetVolumes) -> float | None:
    """TV_PIV^2 / (TV PIV). Paddick 2000, J Neurosurg 93 Suppl 3:219. The same number as van't Riet's."""
    return conformation_number(volumes)


def gradient_index(volumes: TargetVolumes) -> float | None:
    """PIV at half the prescription / PIV. Paddick & Lippitz 2006, J Neurosurg 105 Suppl:194."""
    return _ratio(volumes.half_isodose_cc, volumes.isodose_cc)


def r50(volumes: TargetVolumes) -> float | None:
    """PIV at half the prescription / target volume, the RTOG lung trials' intermediate dose spillage."""
    return _ratio(volumes.half_isodose_cc, volumes.target_cc)


def coverage(volumes: TargetVolumes) -> float | None:
    """TV_PIV / TV, 0-1."""
    return _ratio(volumes.covered_cc, volumes.target_cc)


def hi_icru83(target: Dvh) -> float | None:
    """(D2% - D98%) / D50%; 0 is homogeneous. ICRU Report 83, 3.7.1. None for a target without dose.

    Of a target that lies wholly in the dose grid.
    """
    near_max_gy, near_min_gy, median_gy = (
        dose_at_volume_gy(target, share * target.volume_cc) for share in (0.02, 0.98, 0.50)
    )
    return (near_max_gy - near_min_gy) / median_gy if median_gy >= LEAST_MEDIAN_GY else None


def hi_rtog(target: Dvh, *, prescription_gy: float) -> float | None:
    """Dmax / prescription isodose. Shaw 1993."""
    return _ratio(target.max_gy, prescription_gy)


def whole_grid(dose: DoseGrid) -> Solid:
    """The box of the whole dose grid as a solid: its DVH stands in for the body's where no External is drawn."""
    left, right, front, back = dose.x_mm[0], dose.x_mm[-1], dose.y_mm[0], dose.y_mm[-1]
    corners = np.array([[left, front], [right, front], [right, back], [left, back]])
    edges_mm = np.hstack([corners, np.roll(corners, -1, axis=0)])
    return Solid(slabs=(Slab(z_low_mm=float(dose.z_mm[0]), z_high_mm=float(dose.z_mm[-1]), edges_mm=edges_mm),))


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0.0 else None
