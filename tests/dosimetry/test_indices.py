"""Plan indices on a sphere in a dose that falls linearly from the centre: every isodose is a sphere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from support.shapes import cube, dose_over

from rtcheck.dosimetry import indices
from rtcheck.dosimetry.dvh import Dvh, compute_dvh
from rtcheck.dosimetry.metrics import measure
from rtcheck.geometry.build import build_solid
from rtcheck.protocol.language.goal import parse_metric

CENTRE_GY, FALL_GY_PER_MM = 60.0, 1.0


def sphere_cc(radius_mm: float) -> float:
    return 4 / 3 * math.pi * radius_mm**3 * 1e-3


def radial_dvh(radius_mm: float) -> Dvh:
    """A sphere around the dose centre: the volume at or above D is the sphere of radius 60 - D, up to its own."""
    dose_gy = np.linspace(CENTRE_GY - radius_mm * FALL_GY_PER_MM, CENTRE_GY, 20001)
    at_least_cc = sphere_cc(1.0) * ((CENTRE_GY - dose_gy) / FALL_GY_PER_MM) ** 3
    return Dvh(
        dose_gy=dose_gy,
        volume_at_least_cc=at_least_cc,
        volume_cc=sphere_cc(radius_mm),
        mean_gy=CENTRE_GY - 0.75 * radius_mm,
        min_gy=float(dose_gy[0]),
        max_gy=CENTRE_GY,
        grid_max_gy=CENTRE_GY,
    )


def volumes(*, target_mm: float = 20.0, prescription_gy: float) -> indices.TargetVolumes:
    return indices.target_volumes(radial_dvh(target_mm), radial_dvh(58.0), prescription_gy=prescription_gy)


def test_a_prescription_isodose_on_the_target_surface_is_perfectly_conformal():
    exact = volumes(prescription_gy=40.0)
    assert indices.ci_rtog(exact) == pytest.approx(1.0, rel=1e-4)
    assert indices.ci_paddick(exact) == pytest.approx(1.0, rel=1e-4)
    assert indices.coverage(exact) == pytest.approx(1.0, rel=1e-4)


def test_an_isodose_larger_than_the_target_lowers_paddick_and_raises_rtog():
    # isodose radius 25 around a target of radius 20
    loose = volumes(prescription_gy=35.0)
    assert indices.ci_rtog(loose) == pytest.approx((25 / 20) ** 3, rel=1e-4)
    assert indices.ci_paddick(loose) == pytest.approx((20 / 25) ** 3, rel=1e-4)


def test_an_isodose_smaller_than_the_target_lowers_all_three():
    # isodose radius 15 inside a target of radius 20
    tight = volumes(prescription_gy=45.0)
    assert indices.ci_rtog(tight) == pytest.approx((15 / 20) ** 3, rel=1e-4)
    assert indices.conformation_number(tight) == pytest.approx((15 / 20) ** 3, rel=1e-4)
    assert indices.coverage(tight) == pytest.approx((15 / 20) ** 3, rel=1e-4)


def test_gradient_index_and_r50_compare_the_half_dose_sphere():
    # prescription 40 Gy: radius 20; half of it, 20 Gy: radius 40
    exact = volumes(prescription_gy=40.0)
    assert indices.gradient_index(exact) == pytest.approx(8.0, rel=1e-4)
    assert indices.r50(exact) == pytest.approx(8.0, rel=1e-4)


def test_icru_homogeneity_of_the_sphere():
    # the hottest share v of a sphere of radius 20 lies within 20 v^(1/3) of the centre
    dose_at = {share: 60.0 - 20.0 * share ** (1 / 3) for share in (0.02, 0.5, 0.98)}
    expected = (dose_at[0.02] - dose_at[0.98]) / dose_at[0.5]
    assert indices.hi_icru83(radial_dvh(20.0)) == pytest.approx(expected, rel=1e-4)
    assert indices.hi_rtog(radial_dvh(20.0), prescription_gy=40.0) == pytest.approx(1.5)


def test_a_prescription_above_all_dose_covers_nothing_and_has_no_paddick_index():
    never = volumes(prescription_gy=61.0)
    assert indices.coverage(never) == 0.0
    assert indices.ci_rtog(never) == 0.0
    assert indices.ci_paddick(never) is None
    assert indices.gradient_index(never) is None


@given(prescription_gy=some.floats(0.5, 120.0), alpha_beta_gy=some.sampled_from([2.5, 3.0, 10.0]))
def test_every_metric_of_a_volume_at_the_uniform_dose_itself_counts_all_of_it(
    prescription_gy: float, alpha_beta_gy: float
) -> None:
    """A cube in its body, both at the prescription: all of either receives at least that, and half of that."""
    dose = dose_over(-30.0, 30.0, 5.0, prescription_gy)  # stored in single precision, as files are
    target = compute_dvh(build_solid(cube(20.0, corner=(-10.0, -10.0, -10.0))), dose)
    body = compute_dvh(build_solid(cube(40.0, corner=(-20.0, -20.0, -20.0))), dose)

    def measured(text: str) -> float | None:
        return measure(parse_metric(text), target, prescription_gy=prescription_gy, fractions=20).value

    at_prescription = f"{prescription_gy!r}Gy"
    for text in ("V100%[%]", f"V{at_prescription}[%]", f"EQD2[{alpha_beta_gy:g}] V100%[%]", "V50%[%]"):
        assert measured(text) == pytest.approx(100.0, rel=1e-9), text
    for text in ("CV100%[cc]", f"CV{at_prescription}[cc]"):
        assert measured(text) == pytest.approx(0.0, abs=1e-9), text
    assert measured("D100%[Gy]") == pytest.approx(prescription_gy, rel=1e-6)
    both = indices.target_volumes(target, body, prescription_gy=prescription_gy)
    assert indices.coverage(both) == pytest.approx(1.0, rel=1e-9)
    assert indices.ci_rtog(both) == indices.r50(both) == pytest.approx(8.0, rel=1e-9)
    assert indices.ci_paddick(both) == indices.conformation_number(both) == pytest.approx(1 / 8, rel=1e-9)
    assert indices.gradient_index(both) == pytest.approx(1.0, rel=1e-9)
    assert indices.hi_icru83(target) == pytest.approx(0.0, abs=1e-6)
    assert indices.hi_rtog(target, prescription_gy=prescription_gy) == pytest.approx(1.0, rel=1e-6)
