"""Dose to effect: BED, EQD2, gEUD, NTCP and TCP, of doses and of whole DVHs.

Nothing here assumes an alpha/beta, a volume exponent or a TD50: the caller names every parameter.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import LymanModel

FloatArray = NDArray[np.float64]
LN2 = math.log(2.0)


def bed_gy(dose_gy: FloatArray | float, *, fractions: float, alpha_beta_gy: float) -> FloatArray | float:
    """Biologically effective dose, D (1 + d / (alpha/beta)) with d = D / fractions. [Gy]

    `dose_gy` is the total dose, a number or an array (any shape); the result has the same shape. Linear-quadratic model
    without repopulation: Fowler 1989, Br J Radiol 62:679.

    >>> bed_gy(60.0, fractions=30, alpha_beta_gy=10.0)
    72.0
    """
    return dose_gy * (1.0 + dose_gy / fractions / alpha_beta_gy)


def eqd2_gy(dose_gy: FloatArray | float, *, fractions: float, alpha_beta_gy: float) -> FloatArray | float:
    """Equivalent dose in 2 Gy fractions, D (d + alpha/beta) / (2 + alpha/beta) with d = D / fractions. [Gy]

    `dose_gy` is the total dose, a number or an array (any shape); the result has the same shape. Withers 1983, Cancer
    51:83.

    >>> round(eqd2_gy(48.0, fractions=4, alpha_beta_gy=10.0), 6)
    88.0
    """
    return equivalent_dose_gy(dose_gy, fractions=fractions, alpha_beta_gy=alpha_beta_gy, reference_fraction_gy=2.0)


def equivalent_dose_gy(
    dose_gy: FloatArray | float, *, fractions: float, alpha_beta_gy: float, reference_fraction_gy: float
) -> FloatArray | float:
    """Total dose with the same BED when given in fractions of `reference_fraction_gy`. [Gy]

    BED / (1 + reference fraction / (alpha/beta)). With 2 Gy this is EQD2. `dose_gy` is a number or an array (any
    shape); the result has the same shape.

    >>> round(equivalent_dose_gy(50.0, fractions=25, alpha_beta_gy=2.5, reference_fraction_gy=1.5), 2)
    56.25
    """
    bed = bed_gy(dose_gy, fractions=fractions, alpha_beta_gy=alpha_beta_gy)
    return bed / (1.0 + reference_fraction_gy / alpha_beta_gy)


def total_dose_of_bed(bed: float, *, fractions: float, alpha_beta_gy: float) -> float:
    """Total dose in `fractions` equal fractions that has this BED. [Gy]

    The positive root of D + D^2 / (n alpha/beta) = BED.

    >>> round(total_dose_of_bed(72.0, fractions=30, alpha_beta_gy=10.0), 6)
    60.0
    """
    n_ab = fractions * alpha_beta_gy
    return 0.5 * n_ab * (math.sqrt(1.0 + 4.0 * bed / n_ab) - 1.0)


def same_effect_dose_gy(dose_gy: float, *, from_fractions: float, to_fractions: float, alpha_beta_gy: float) -> float:
    """Total dose in `to_fractions` with the BED that `dose_gy` has in `from_fractions`. [Gy]

    >>> round(same_effect_dose_gy(60.0, from_fractions=30, to_fractions=20, alpha_beta_gy=10.0), 2)
    56.2
    """
    bed = float(bed_gy(dose_gy, fractions=from_fractions, alpha_beta_gy=alpha_beta_gy))
    return total_dose_of_bed(bed, fractions=to_fractions, alpha_beta_gy=alpha_beta_gy)


def with_mapped_dose(dvh: Dvh, effect: Callable[[FloatArray], FloatArray]) -> Dvh:
    """The DVH after a monotonically rising map of dose (EQD2, BED), applied voxel by voxel; volumes stay.

    `effect` maps an array of doses (n,) [Gy] to one of the same shape. The mean is not the map of the mean dose, but
    the integral of the map over the histogram.

    >>> doubled = with_mapped_dose(dvh, lambda dose_gy: 2 * dose_gy)
    >>> doubled.max_gy, round(doubled.mean_gy, 6)
    (80.0, 40.0)
    """
    mean_gy = mean_of(dvh, effect)
    minimum, maximum, grid_maximum = (float(v) for v in effect(np.array([dvh.min_gy, dvh.max_gy, dvh.grid_max_gy])))
    return replace(
        dvh, dose_gy=effect(dvh.dose_gy), mean_gy=mean_gy, min_gy=minimum, max_gy=maximum, grid_max_gy=grid_maximum
    )


def mean_of(dvh: Dvh, function: Callable[[FloatArray], FloatArray]) -> float:
    """Mean of `function(dose)` over the volume inside the dose grid; NaN if there is none.

    `function` maps an array of doses (n,) [Gy] to one of the same shape. Within a bin of the histogram the dose is
    uniformly distributed, so Simpson's rule is exact for polynomials up to the third degree.

    >>> round(mean_of(dvh, lambda dose_gy: dose_gy**2), 6)  # the integral of D^2 from 0 to 40, divided by 40
    533.333333
    """
    low, high = dvh.dose_gy[:-1], dvh.dose_gy[1:]
    weight = -np.diff(dvh.volume_at_least_cc)
    total = float(weight.sum())
    if total <= 0.0:
        return math.nan
    in_bin = (function(low) + 4.0 * function(0.5 * (low + high)) + function(high)) / 6.0
    return float(np.dot(weight, in_bin)) / total


def generalized_eud_gy(dvh: Dvh, *, a: float) -> float:
    """Generalised equivalent uniform dose, (sum v_i D_i^a)^(1/a) with volume fractions v_i. [Gy]

    a = 1 is the mean dose, a -> infinity the maximum, a -> -infinity the minimum. With a < 0, any volume without dose
    gives 0. Doses are divided by the maximum first (for a < 0 by the minimum), so that a large |a| does not overflow.
    Niemierko 1999, Med Phys 26:1100. Raises ValueError for a = 0.

    >>> round(generalized_eud_gy(dvh, a=1), 3), round(generalized_eud_gy(dvh, a=2), 3)
    (20.0, 23.094)
    """
    if not dvh.max_gy > 0.0:
        return 0.0
    if a == 0.0:
        raise ValueError("the parameter a of gEUD must not be 0")
    if a < 0.0 and dvh.min_gy <= 0.0:
        return 0.0
    low_gy, high_gy = max(dvh.min_gy, 0.0), dvh.max_gy
    scale_gy = high_gy if a > 0.0 else low_gy
    mean_power = mean_of(dvh, lambda dose: np.power(np.clip(dose, low_gy, high_gy) / scale_gy, a))
    return scale_gy * float(mean_power ** (1.0 / a))


def effective_volume(dvh: Dvh, *, n: float, reference_gy: float) -> float:
    """Fraction of the organ, 0 to 1, that has the same effect if it receives `reference_gy` uniformly.

    sum v_i (D_i / Dref)^(1/n): Kutcher & Burman 1989, Int J Radiat Oncol Biol Phys 16:1623.

    >>> round(effective_volume(dvh, n=1.0, reference_gy=40.0), 3)
    0.5
    """
    return mean_of(dvh, lambda dose: np.power(np.maximum(dose, 0.0) / reference_gy, 1.0 / n))


def lyman_ntcp(effective_dose_gy: float, *, m: float, td50_gy: float) -> float:
    """Complication probability, 0 to 1, of a uniform dose to the whole organ.

    The normal distribution function at u = (D - TD50) / (m TD50): Lyman 1985, Radiat Res 104:S13.

    >>> lyman_ntcp(39.8, m=0.12, td50_gy=39.8)
    0.5
    """
    u = (effective_dose_gy - td50_gy) / (m * td50_gy)
    return 0.5 * math.erfc(-u / math.sqrt(2.0))


def ntcp(dvh: Dvh, *, fractions: float, model: LymanModel) -> float:
    """Complication probability, 0 to 1, by a Lyman-Kutcher-Burman model.

    Voxel doses are converted to the fraction dose of the model and reduced to one dose by gEUD with a = 1/n.

    >>> from rtcheck.dosimetry.metric_terms import LIVER_PRIMARY_DAWSON
    >>> 0.0 < ntcp(dvh, fractions=25, model=LIVER_PRIMARY_DAWSON) < 0.05
    True
    """
    converted = with_mapped_dose(
        dvh,
        lambda dose: np.asarray(
            equivalent_dose_gy(
                dose,
                fractions=fractions,
                alpha_beta_gy=model.alpha_beta_gy,
                reference_fraction_gy=model.fraction_gy,
            )
        ),
    )
    return lyman_ntcp(generalized_eud_gy(converted, a=1.0 / model.n), m=model.m, td50_gy=model.td50_gy)


def poisson_tcp(
    dvh: Dvh, *, fractions: float, alpha_per_gy: float, alpha_beta_gy: float, clonogens_per_cc: float
) -> float:
    """Probability, 0 to 1, that no clonogenic cell survives: exp(-sum rho v_i exp(-alpha BED_i)).

    Linear-quadratic cell kill without repopulation: Webb & Nahum 1993, Phys Med Biol 38:653. Only the volume inside the
    dose grid is counted.

    >>> round(poisson_tcp(dvh, fractions=20, alpha_per_gy=0.3, alpha_beta_gy=10.0, clonogens_per_cc=0.0), 3)
    1.0
    """
    surviving = mean_of(
        dvh,
        lambda dose: np.exp(-alpha_per_gy * np.asarray(bed_gy(dose, fractions=fractions, alpha_beta_gy=alpha_beta_gy))),
    )
    volume_cc = dvh.volume_cc - dvh.volume_outside_cc
    return math.exp(-clonogens_per_cc * volume_cc * surviving)
