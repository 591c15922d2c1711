"""The scale at which a limit is reached, against the worked values of isotoxic prescription and closed forms."""

import numpy as np
import pytest

from rtcheck.dosimetry.dvh import Dvh
from rtcheck.dosimetry.scaling import depends_on_scale, scale_at_limit, scaled
from rtcheck.protocol.language.goal import parse_metric


def even_dvh(low_gy: float, high_gy: float, *, volume_cc: float = 1000.0, outside_cc: float = 0.0) -> Dvh:
    """Dose spread evenly over low..high."""
    return Dvh(
        dose_gy=np.linspace(low_gy, high_gy, 2001),
        volume_at_least_cc=np.linspace(volume_cc - outside_cc, 0.0, 2001),
        volume_cc=volume_cc,
        mean_gy=0.5 * (low_gy + high_gy),
        min_gy=low_gy,
        max_gy=high_gy,
        volume_outside_cc=outside_cc,
        grid_max_gy=high_gy,
    )


def with_mean(mean_gy: float) -> Dvh:
    return even_dvh(0.0, 2.0 * mean_gy)


@pytest.mark.parametrize(
    ("prescription_gy", "mean_liver_dose_gy", "unrounded_gy"),
    [(45.0, 16.2, 50.0), (60.0, 24.0, 45.0), (45.0, 9.0, 90.0), (45.0, 22.0, 36.818182), (45.0, 21.6, 37.5)],
)
def test_the_isotoxic_prescription_is_the_planned_one_times_eighteen_over_the_mean_liver_dose(
    prescription_gy, mean_liver_dose_gy, unrounded_gy
):
    scale = scale_at_limit(parse_metric("Dmean"), 18.0, with_mean(mean_liver_dose_gy))
    assert prescription_gy * scale == pytest.approx(unrounded_gy, rel=1e-7)


def test_v20_at_most_30_percent_with_d30_of_25_gy_allows_four_fifths_of_the_dose():
    # an even spread 0..v: D30% = 0.7 v = 25 Gy
    lung = even_dvh(0.0, 25.0 / 0.7)
    assert scale_at_limit(parse_metric("V20Gy[%]"), 30.0, lung) == pytest.approx(0.8, rel=1e-4)


def test_700_cc_below_15_gy_is_lost_when_the_coldest_700_cc_reach_15_gy():
    # of 1000 cc spread over 0..40 Gy the coldest 700 cc reach 28 Gy
    assert scale_at_limit(parse_metric("CV15Gy"), 700.0, even_dvh(0.0, 40.0)) == pytest.approx(15.0 / 28.0, rel=1e-4)


def test_an_organ_too_small_to_spare_what_is_asked_has_no_scale():
    assert scale_at_limit(parse_metric("CV15Gy"), 1200.0, even_dvh(0.0, 40.0)) is None


def test_a_uniform_eqd2_limit_scales_to_the_root_of_its_quadratic():
    # 45 Gy in 25 fractions at alpha/beta 2 is EQD2 42.75; in 15 fractions D (1 + D/30) = 85.5 gives 37.82 Gy
    cord = even_dvh(30.0 * (1 - 1e-9), 30.0)
    scale = scale_at_limit(parse_metric("EQD2[2] Dmax"), 42.75, cord, fractions=15)
    assert 30.0 * scale == pytest.approx(37.82, abs=0.005)


@pytest.mark.parametrize("text", ["Volume", "D95%[%]", "V95%", "HI_ICRU83"])
def test_what_is_relative_to_the_prescription_does_not_change(text):
    assert not depends_on_scale(parse_metric(text))
    assert scale_at_limit(parse_metric(text), 50.0, with_mean(10.0)) is None


def test_a_structure_partly_outside_the_dose_has_no_certain_scale():
    assert scale_at_limit(parse_metric("Dmean"), 18.0, even_dvh(0.0, 20.0, outside_cc=100.0)) is None


def test_a_scaled_dvh_measures_scaled_doses():
    double = scaled(with_mean(10.0), 2.0)
    assert (double.mean_gy, double.max_gy) == (20.0, 40.0)
    assert scale_at_limit(parse_metric("Dmean"), 18.0, double) == pytest.approx(0.9)
