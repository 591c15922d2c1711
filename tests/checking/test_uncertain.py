"""Uncertainties: what is exact stays so on finer cells; the band says which convention flips a limit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, gradient, sphere

from rtcheck.checking.check import check
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.build import build_solid


def bumpy(x, y, z):
    """A dose with curvature in all directions, 20 to 40 Gy."""
    return 30.0 + 10.0 * np.sin(x / 9.0) * np.cos(y / 11.0) * np.cos(z / 13.0)


@pytest.mark.parametrize("shape", [sphere(7.0, 1.0), sphere(15.0, 3.0), cube(10.0, corner=(-3.0, 1.0, 2.0))])
def test_mean_extremes_and_volume_do_not_change_on_finer_cells(shape):
    """The reason why they carry no more than rounding as their uncertainty."""
    solid, dose = build_solid(shape), dose_over(-30.0, 30.0, 2.5, bumpy)
    once, finer = compute_dvh(solid, dose), compute_dvh(solid, dose, refinement=2)
    for name in ("volume_cc", "mean_gy", "min_gy", "max_gy"):
        assert getattr(finer, name) == pytest.approx(getattr(once, name), rel=1e-6), name


def report_on(tmp_path, goal, **options):
    """A ball of 15 mm in 16 Gy at its centre, 1 Gy/mm along z; planes at half millimetres."""
    ball = replace(sphere(15.0, 3.0), name="Heart")
    dose = dose_over(-40.0, 40.0, 2.0, gradient("z", centre_gy=40.0))
    protocol = protocol_of(tmp_path, f"name: band\nconstraints:\n  - {{structure: Heart, goal: {goal}}}\n")
    return check(case_of([ball], dose), protocol, **options).results[0]


def test_the_median_dose_of_a_ball_lies_within_its_uncertainty(tmp_path):
    """By symmetry it is the dose at the centre."""
    found = report_on(tmp_path, "D50% < 100 Gy").measurement
    assert found.uncertainty < 0.2
    assert abs(found.value - 40.0) <= found.uncertainty + 1e-6


def test_the_band_is_computed_near_the_limit_and_on_request_only(tmp_path):
    assert report_on(tmp_path, "D2% < 100 Gy").measurement.low is None
    assert report_on(tmp_path, "D2% < 100 Gy", band=True).measurement.low is not None
    assert report_on(tmp_path, "D2% < 53 Gy").measurement.low is not None


def test_without_bands_a_limit_that_only_conventions_reach_is_not_borderline(tmp_path):
    found = report_on(tmp_path, "Dmax < 54.5 Gy", band="none")
    assert (found.measurement.low, found.outcome, found.is_borderline) == (None, "violated", False)
    assert found.measurement.uncertainty is not None


def test_end_caps_flip_a_maximum_at_the_end_of_an_organ(tmp_path):
    """The end planes lie at 13.5 mm; half a cap reaches to 15 mm and 55 Gy, none to 53.5 Gy, a full one to 56.5 Gy."""
    found = report_on(tmp_path, "Dmax < 54.5 Gy")
    assert found.measurement.value == pytest.approx(55.0, abs=1e-4)
    assert found.outcome == "violated"
    assert found.is_borderline
    assert "no end caps" in found.band_flips
    assert "full end caps" not in found.band_flips
    assert found.measurement.low <= 53.5 + 1e-4
    assert found.measurement.high >= 56.5 - 1e-4


def test_a_limit_outside_the_band_is_not_borderline(tmp_path):
    assert not report_on(tmp_path, "Dmax < 57 Gy").is_borderline
    assert math.isclose(report_on(tmp_path, "Dmean < 41 Gy").measurement.value, 40.0, rel_tol=1e-6)


def test_the_step_of_the_stored_dose_is_an_uncertainty(tmp_path):
    """18 Gy in steps of 60 / 65535 Gy is stored as 17.9996: the limit < 18 seems to be met, and all of it below 18."""
    step_gy = 60.0 / 65535
    stored_gy = float(np.float32(step_gy * round(18.0 / step_gy)))
    assert stored_gy < 18.0
    dose = replace(dose_over(-30.0, 30.0, 3.0, stored_gy), step_gy=step_gy)
    text = "name: x\nconstraints: [{structure: Liver, goal: Dmean < 18 Gy}, {structure: Liver, goal: V18Gy < 50 %}]\n"
    liver = replace(cube(20.0, corner=(-10.0, -10.0, -10.0)), name="Liver")
    mean, volume = check(case_of([liver], dose), protocol_of(tmp_path, text)).results
    assert mean.measurement.uncertainty == pytest.approx(step_gy / 2, rel=0.05)
    assert (mean.outcome, mean.is_borderline) == ("met", True)
    assert volume.measurement.uncertainty == pytest.approx(100.0, rel=1e-3)
    assert volume.is_borderline
