"""Radiobiology against worked values from publications and against closed forms."""

import math

import numpy as np
import pytest

from rtcheck.dosimetry import biology
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.metric_terms import LIVER_PRIMARY_DAWSON


def uniform_dvh(low_gy: float, high_gy: float, *, volume_cc: float = 100.0, bins: int = 2000) -> Dvh:
    """A structure whose dose is spread evenly over low..high: its cumulative DVH is a straight line."""
    dose_gy = np.linspace(low_gy, high_gy, bins + 1)
    return Dvh(
        dose_gy=dose_gy,
        volume_at_least_cc=np.linspace(volume_cc, 0.0, bins + 1),
        volume_cc=volume_cc,
        mean_gy=0.5 * (low_gy + high_gy),
        min_gy=low_gy,
        max_gy=high_gy,
        grid_max_gy=high_gy,
    )


def spike_dvh(dose_gy: float, *, volume_cc: float = 100.0) -> Dvh:
    return uniform_dvh(dose_gy * (1 - 1e-9), dose_gy, volume_cc=volume_cc, bins=1)


@pytest.mark.parametrize(("alpha_beta_gy", "expected_gy"), [(10.0, 72.0), (3.0, 100.0)])
def test_thirty_fractions_of_two_gray_have_the_bed_of_fowler_1989(alpha_beta_gy, expected_gy):
    assert biology.bed_gy(60.0, fractions=30, alpha_beta_gy=alpha_beta_gy) == pytest.approx(expected_gy)


def test_two_gray_fractions_are_their_own_eqd2():
    assert biology.eqd2_gy(50.0, fractions=25, alpha_beta_gy=3.0) == pytest.approx(50.0)


def test_the_cord_limit_of_45_gy_in_25_fractions_is_42_75_gy_in_two_gray_fractions():
    # 45 (1.8 + 2) / (2 + 2), by hand
    assert biology.eqd2_gy(45.0, fractions=25, alpha_beta_gy=2.0) == pytest.approx(42.75)


def test_the_cord_limit_of_45_gy_in_25_fractions_is_37_82_gy_in_15_fractions():
    # D (1 + D/30) = 85.5, by hand: D = 15 (sqrt(1 + 4 * 85.5 / 30) - 1)
    dose_gy = biology.same_effect_dose_gy(45.0, from_fractions=25, to_fractions=15, alpha_beta_gy=2.0)
    assert dose_gy == pytest.approx(37.82, abs=0.005)


def test_the_mean_eqd2_of_an_even_spread_is_the_integral_and_not_the_eqd2_of_the_mean():
    # dose 0..60 Gy in 30 fractions, alpha/beta 3: mean of D (D/30 + 3)/5 = (60^2/3/30 + 3 * 30)/5 = 26
    mapped = biology.with_mapped_dose(
        uniform_dvh(0.0, 60.0), lambda dose: biology.eqd2_gy(dose, fractions=30, alpha_beta_gy=3.0)
    )
    assert mapped.mean_gy == pytest.approx(26.0)
    assert biology.eqd2_gy(30.0, fractions=30, alpha_beta_gy=3.0) == pytest.approx(24.0)
    assert mapped.max_gy == pytest.approx(60.0)


@pytest.mark.parametrize("a", [1.0, 2.0, 8.0, 40.0])
def test_geud_of_an_even_spread_from_zero_is_the_power_mean(a):
    assert biology.generalized_eud_gy(uniform_dvh(0.0, 50.0), a=a) == pytest.approx(
        50.0 * (1 / (a + 1)) ** (1 / a), rel=1e-4
    )


def test_geud_of_a_uniform_dose_is_that_dose_for_any_a():
    for a in (-10.0, 0.5, 1.0, 12.0, 300.0):
        assert biology.generalized_eud_gy(spike_dvh(42.0), a=a) == pytest.approx(42.0)


def test_geud_with_a_far_below_zero_is_the_minimum():
    assert biology.generalized_eud_gy(uniform_dvh(20.0, 60.0), a=-100_000.0) == pytest.approx(20.0, rel=1e-3)


def test_geud_with_negative_a_of_a_target_with_a_cold_spot_of_zero_is_zero():
    assert biology.generalized_eud_gy(uniform_dvh(0.0, 60.0), a=-10.0) == 0.0


@pytest.mark.parametrize(("dose_gy", "expected"), [(39.8, 0.5), (39.8 * 1.12, 0.8413447), (39.8 * 0.76, 0.0227501)])
def test_lyman_ntcp_follows_the_normal_table(dose_gy, expected):
    assert biology.lyman_ntcp(dose_gy, m=0.12, td50_gy=39.8) == pytest.approx(expected, abs=1e-6)


def test_a_liver_given_td50_uniformly_in_the_fractions_of_the_model_has_an_even_risk():
    model = LIVER_PRIMARY_DAWSON
    fractions = model.td50_gy / model.fraction_gy
    assert biology.ntcp(spike_dvh(model.td50_gy), fractions=fractions, model=model) == pytest.approx(0.5)


def test_the_effective_volume_of_half_an_organ_at_the_reference_dose_with_n_one_is_half():
    assert biology.effective_volume(uniform_dvh(0.0, 50.0), n=1.0, reference_gy=50.0) == pytest.approx(0.5)


def test_poisson_tcp_of_a_uniform_dose_is_webb_and_nahums_formula():
    # 100 cc, 1e7 clonogens/cc, alpha 0.3 / Gy, alpha/beta 10 Gy, 30 x 2 Gy: BED 72 Gy, 1e9 exp(-21.6) = 0.4165 survive
    survivors = 1e9 * math.exp(-0.3 * 72.0)
    tcp = biology.poisson_tcp(spike_dvh(60.0), fractions=30, alpha_per_gy=0.3, alpha_beta_gy=10.0, clonogens_per_cc=1e7)
    assert survivors == pytest.approx(0.4161, abs=1e-3)
    assert tcp == pytest.approx(math.exp(-survivors), rel=1e-6)
