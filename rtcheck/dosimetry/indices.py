"""Plan indices: how well the high dose fits the target, from the DVHs of the target and of the body.

Volumes in cc. `prescription_gy` is the reference isodose. The body DVH is that of External, or of the `whole_grid`: an
index that looks inside the target only would call any plan conformal. Definitions as collected in PMC5965485, table 1.
"""

import numpy as np

from rtcheck.dosimetry.curve import dose_at_volume_gy, volume_at_dose_cc
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.values import dataclass

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
    """The volumes from which the indices of a target are computed, at one prescription. [cc]

    `body` is the DVH of External, or of `whole_grid(dose)`.

    >>> volumes = target_volumes(dvh, dvh, prescription_gy=20.0)
    >>> volumes.target_cc, round(volumes.covered_cc, 2), round(volumes.half_isodose_cc, 2)
    (100.0, 50.0, 75.0)
    """
    return TargetVolumes(
        target_cc=target.volume_cc,
        isodose_cc=volume_at_dose_cc(body, prescription_gy),
        covered_cc=volume_at_dose_cc(target, prescription_gy),
        half_isodose_cc=volume_at_dose_cc(body, 0.5 * prescription_gy),
    )


def ci_rtog(volumes: TargetVolumes) -> float | None:
    """RTOG conformity index, PIV / TV: prescription isodose volume over target volume. None without a target.

    1 is ideal, but it can also be 1 if the isodose lies elsewhere. Shaw 1993, IJROBP 27:1231.

    >>> ci_rtog(TargetVolumes(target_cc=50.0, isodose_cc=60.0, covered_cc=48.0, half_isodose_cc=200.0))
    1.2
    """
    return _ratio(volumes.isodose_cc, volumes.target_cc)


def conformation_number(volumes: TargetVolumes) -> float | None:
    """Conformation number, (TV_PIV / TV) (TV_PIV / PIV). None without a target or an isodose.

    van't Riet 1997, IJROBP 37:731.

    >>> conformation_number(TargetVolumes(target_cc=50.0, isodose_cc=60.0, covered_cc=48.0, half_isodose_cc=200.0))
    0.768
    """
    return _ratio(volumes.covered_cc**2, volumes.target_cc * volumes.isodose_cc)


def ci_paddick(volumes: TargetVolumes) -> float | None:
    """Paddick conformity index, TV_PIV^2 / (TV PIV): the same number as that of van't Riet.

    Paddick 2000, J Neurosurg 93 Suppl 3:219.
    """
    return conformation_number(volumes)


def gradient_index(volumes: TargetVolumes) -> float | None:
    """Gradient index, the volume at half the prescription over the volume at the prescription.

    Paddick & Lippitz 2006, J Neurosurg 105 Suppl:194. None without an isodose.

    >>> gradient_index(TargetVolumes(target_cc=50.0, isodose_cc=60.0, covered_cc=48.0, half_isodose_cc=180.0))
    3.0
    """
    return _ratio(volumes.half_isodose_cc, volumes.isodose_cc)


def r50(volumes: TargetVolumes) -> float | None:
    """R50, the volume at half the prescription over the target volume: intermediate dose spillage of the RTOG lung
    trials.

    >>> r50(TargetVolumes(target_cc=50.0, isodose_cc=60.0, covered_cc=48.0, half_isodose_cc=200.0))
    4.0
    """
    return _ratio(volumes.half_isodose_cc, volumes.target_cc)


def coverage(volumes: TargetVolumes) -> float | None:
    """Part of the target, 0 to 1, that receives the prescription: TV_PIV / TV. None without a target.

    >>> coverage(TargetVolumes(target_cc=50.0, isodose_cc=60.0, covered_cc=48.0, half_isodose_cc=200.0))
    0.96
    """
    return _ratio(volumes.covered_cc, volumes.target_cc)


def hi_icru83(target: Dvh) -> float | None:
    """Homogeneity index (D2% - D98%) / D50%; 0 is homogeneous. ICRU Report 83, 3.7.1.

    The target must lie entirely inside the dose grid. None for a target without dose.

    >>> round(hi_icru83(dvh), 3)  # (39.2 - 0.8) / 20
    1.92
    """
    near_max_gy, near_min_gy, median_gy = homogeneity_doses_gy(target)
    return (near_max_gy - near_min_gy) / median_gy if median_gy >= LEAST_MEDIAN_GY else None


def homogeneity_doses_gy(target: Dvh) -> tuple[float, float, float]:
    """D2%, D98% and D50% of a target inside the dose grid. [Gy]

    >>> [round(dose_gy, 1) for dose_gy in homogeneity_doses_gy(dvh)]
    [39.2, 0.8, 20.0]
    """
    near_max_gy, near_min_gy, median_gy = (
        dose_at_volume_gy(target, share * target.volume_cc) for share in (0.02, 0.98, 0.50)
    )
    return near_max_gy, near_min_gy, median_gy


def hi_rtog(target: Dvh, *, prescription_gy: float) -> float | None:
    """RTOG homogeneity index, maximum dose over prescription isodose. Shaw 1993.

    >>> hi_rtog(dvh, prescription_gy=32.0)
    1.25
    """
    return _ratio(target.max_gy, prescription_gy)


def whole_grid(dose: DoseGrid) -> Solid:
    """The box of the whole dose grid as a solid; its DVH is used for the body if no External is contoured.

    >>> len(whole_grid(slope).slabs)
    1
    """
    left, right, front, back = dose.x_mm[0], dose.x_mm[-1], dose.y_mm[0], dose.y_mm[-1]
    corners = np.array([[left, front], [right, front], [right, back], [left, back]])
    edges_mm = np.hstack([corners, np.roll(corners, -1, axis=0)])
    return Solid(slabs=(Slab(z_low_mm=float(dose.z_mm[0]), z_high_mm=float(dose.z_mm[-1]), edges_mm=edges_mm),))


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0.0 else None
