"""The cubic dose: what it reproduces exactly, what it does at an edge, and a sphere in a curved dose."""

import numpy as np
import pytest
from support import shapes

from rtcheck.dosimetry.cubic import between_nodes, cubic_dose
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.build import build_solid

CUBIC = EngineSettings(dose_interpolation="cubic")


def paraboloid(x, y, z):
    """A dose of constant curvature, 40 Gy at the origin."""
    return 40 - 0.05 * (x**2 + y**2 + z**2)


def test_the_spline_goes_through_its_nodes_and_reproduces_a_parabola_everywhere():
    nodes = np.arange(7.0)
    at = np.linspace(0, 6, 61)
    assert between_nodes(nodes, 3 + 2 * nodes - nodes**2, at) == pytest.approx(3 + 2 * at - at**2)


def test_it_reproduces_a_polynomial_of_the_third_degree_between_inner_nodes():
    nodes = np.arange(8.0)
    at = np.linspace(2, 5, 31)
    assert between_nodes(nodes, nodes**3 + nodes**2, at) == pytest.approx(at**3 + at**2)


def test_the_top_of_a_bell_between_two_nodes_is_found_within_a_thousandth():
    nodes = np.arange(-20.0, 21.0, 2.0) + 0.9
    bell = 24 * np.exp(-((nodes / 5) ** 2) / 2)
    assert bell.max() < 0.99 * 24
    assert between_nodes(nodes, bell, np.linspace(-2, 2, 81)).max() == pytest.approx(24, rel=1e-3)


def test_an_edge_stays_within_the_range_of_its_nodes():
    """Catmull-Rom alone rises 7 % of the step above it."""
    values = np.where(np.arange(12) < 6, 60.0, 20.0)
    between = between_nodes(np.arange(12.0), values, np.linspace(0, 11, 221))
    assert (between.min(), between.max()) == pytest.approx((20.0, 60.0), abs=1e-9)
    assert np.all(np.diff(between) <= 1e-9)


def test_on_unequal_nodes_a_straight_line_stays_straight():
    nodes = np.array([0.0, 1.0, 3.0, 3.5, 6.0])
    at = np.linspace(0, 6, 50)
    assert between_nodes(nodes, 2 * nodes - 1, at) == pytest.approx(2 * at - 1)


def test_the_mean_dose_of_a_sphere_in_a_parabolic_dose_is_the_closed_form():
    # mean of r^2 over a ball is 3/5 R^2; linear interpolation on 4 mm falls short by 3/6 0.05 4^2 = 0.4 Gy
    solid = build_solid(shapes.sphere(10.0, 0.25))
    dose = shapes.dose_over(-20, 20, 4.0, paraboloid)
    expected = 40 - 0.05 * 0.6 * 10**2
    assert compute_dvh(solid, dose, settings=CUBIC).mean_gy == pytest.approx(expected, abs=0.03)
    assert compute_dvh(solid, dose).mean_gy == pytest.approx(expected - 0.4, abs=0.03)


def test_a_linear_dose_is_the_same_linear_and_cubic():
    solid = build_solid(shapes.sphere(8.0, 1.0))
    dose = shapes.dose_over(-20, 20, 3.0, shapes.gradient("x"))
    linear, cubic = compute_dvh(solid, dose), compute_dvh(solid, dose, settings=CUBIC)
    assert cubic.mean_gy == pytest.approx(linear.mean_gy, abs=1e-4)
    assert cubic.min_gy == pytest.approx(linear.min_gy, abs=1e-4)
    assert cubic.max_gy == pytest.approx(linear.max_gy, abs=1e-4)


def test_the_volume_outside_the_grid_and_the_grids_maximum_are_those_of_the_grid():
    solid = build_solid(shapes.cube(10.0, corner=(15, 0, 0)))
    dose = shapes.dose_over(-20, 20, 2.5, paraboloid)
    cubic = compute_dvh(solid, dose, settings=CUBIC)
    assert cubic.volume_outside_cc == pytest.approx(0.375)  # the last voxel ends at 21.25 mm
    assert cubic.grid_max_gy == pytest.approx(float(dose.dose_gy.max()))


def test_the_cubic_dose_of_a_steep_edge_is_not_negative():
    dose = shapes.dose_over(-20, 20, 2.0, lambda x, y, z: np.where(x > 0, 60.0, 0.0) + 0 * y + 0 * z)
    assert cubic_dose(dose, [build_solid(shapes.cube())]).dose_gy.min() == 0.0


def test_a_solid_wholly_outside_the_grid_has_no_dose():
    dose = shapes.dose_over(-20, 20, 2.0, 10.0)
    for corner in ((40, 0, 0), (-60, 0, 0), (0, 0, 50), (0, 0, -70)):
        dvh = compute_dvh(build_solid(shapes.cube(corner=corner)), dose, settings=CUBIC)
        assert dvh.volume_outside_cc == pytest.approx(1.0)


def test_a_grid_of_one_plane_stays_one_plane():
    dose = shapes.dose_on(np.arange(0, 30, 3.0), np.arange(0, 30, 3.0), [0.0], 10.0)
    assert len(cubic_dose(dose, [build_solid(shapes.cube())]).z_mm) == 1
