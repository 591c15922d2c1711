"""Solids in a linear dose, against closed forms: Nelms et al. 2015 (Med Phys 42:4435), their shapes and spacings.

Centre dose 16 Gy, 1 Gy/mm; radius 12 mm, height 24 mm; s = D - 16 mm. The truth counts half-slice end caps: c is half
a contour spacing for solids whose flat ends are planes, 0 for the sphere.
"""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from support import shapes

from rtcheck.dosimetry.curve import dose_at_volume_gy, volume_at_dose_cc
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.build import build_solid

R, H = 12.0, 24.0


def segment_area(radius, s):
    """Area of the part of a disc beyond the distance s from its centre."""
    if radius <= 0:
        return 0.0
    s = min(max(s, -radius), radius)
    return radius**2 * math.acos(s / radius) - s * math.sqrt(radius**2 - s**2)


class Sphere:
    def __init__(self, axis, spacing):
        self.low, self.high, self.structure = -R, R, shapes.sphere(R, spacing)

    def volume_beyond(self, s):
        return math.pi / 3 * (R - s) ** 2 * (2 * R + s)


class Cylinder:
    def __init__(self, axis, spacing):
        self.c, self.axis = spacing / 2, axis
        self.low, self.high = (-R - self.c, R + self.c) if axis == "z" else (-R, R)
        self.structure = shapes.stack(lambda z: R, np.arange(-12, 12 + 1e-9, spacing))

    def volume_beyond(self, s):
        if self.axis == "z":
            return math.pi * R**2 * (12 + self.c - s)
        return (H + 2 * self.c) * segment_area(R, s)


class Cone:
    def __init__(self, axis, spacing):
        self.c, self.axis = spacing / 2, axis
        self.low, self.high = (-R, R + self.c) if axis == "z" else (-R, R)
        self.structure = shapes.stack(lambda z: R * (z + 12) / H, np.arange(-12, 12 + 1e-9, spacing))

    def volume_beyond(self, s):
        if self.axis == "z":
            body = 1 - ((min(s, 12) + 12) / H) ** 3
            return math.pi * R**2 * H / 3 * body + math.pi * R**2 * (self.c - max(0.0, s - 12))
        first = H * abs(s) / R
        integral = quad(
            lambda z: segment_area(R * z / H, s), 0, H, points=[first] if 0 < first < H else None, limit=200
        )
        return integral[0] + self.c * segment_area(R, s)


SOLIDS = [Sphere, Cylinder, Cone]


def case(kind, axis, contours_mm, dose_mm):
    """The solid with its closed form, and its DVH in a grid that is not aligned with it."""
    solid = kind(axis, contours_mm)
    dose = shapes.dose_over(-18, 18, dose_mm, shapes.gradient(axis), shift=0.37)
    return solid, compute_dvh(build_solid(solid.structure), dose)


def true_dose_gy(solid, share):
    """The dose that a share of the true volume receives at least."""
    total = solid.volume_beyond(solid.low)
    return 16 + brentq(lambda s: solid.volume_beyond(s) - share * total, solid.low, solid.high)


@pytest.mark.parametrize("dose_mm", [0.4, 1, 2, 3])
@pytest.mark.parametrize("axis", ["z", "y"])
@pytest.mark.parametrize("kind", SOLIDS)
def test_fine_contours_give_every_value_within_one_percent_of_its_closed_form(kind, axis, dose_mm):
    solid, dvh = case(kind, axis, 0.2, dose_mm)
    total_cc = solid.volume_beyond(solid.low) / 1000
    mean_gy = 16 + solid.low + quad(solid.volume_beyond, solid.low, solid.high, limit=300)[0] / total_cc / 1000
    assert dvh.volume_cc == pytest.approx(total_cc, rel=0.01)
    assert dvh.mean_gy == pytest.approx(mean_gy, rel=0.01)
    assert dvh.max_gy == pytest.approx(16 + solid.high, rel=0.01)
    for share in (0.99, 0.95, 0.5, 0.05, 0.01, 0.03 / total_cc):
        found = dose_at_volume_gy(dvh, share * dvh.volume_cc)
        assert found == pytest.approx(true_dose_gy(solid, share), rel=0.01), share


@pytest.mark.parametrize("spacing_mm", [1, 2, 3])
@pytest.mark.parametrize("axis", ["z", "y"])
@pytest.mark.parametrize("kind", SOLIDS)
def test_clinical_contours_and_doses_stay_within_three_percent(kind, axis, spacing_mm):
    # The near-minimum of a cone or sphere along its axis lies in slices that were not drawn: it is left to
    # tests/validation, which counts such values.
    solid, dvh = case(kind, axis, spacing_mm, spacing_mm)
    total_cc = solid.volume_beyond(solid.low) / 1000
    mean_gy = 16 + solid.low + quad(solid.volume_beyond, solid.low, solid.high, limit=300)[0] / total_cc / 1000
    assert dvh.volume_cc == pytest.approx(total_cc, rel=0.03)
    assert dvh.mean_gy == pytest.approx(mean_gy, rel=0.01)
    for share in (0.95, 0.5, 0.05, 0.01):
        found = dose_at_volume_gy(dvh, share * dvh.volume_cc)
        assert found == pytest.approx(true_dose_gy(solid, share), rel=0.03), share


def test_the_median_dose_of_a_sphere_in_a_linear_gradient_is_the_dose_at_its_centre():
    _, dvh = case(Sphere, "z", 3, 3)
    assert dose_at_volume_gy(dvh, dvh.volume_cc / 2) == pytest.approx(16.0, abs=0.01)
    assert dvh.mean_gy == pytest.approx(16.0, abs=1e-4)


def test_a_cube_in_a_linear_gradient_has_a_straight_dvh():
    dvh = compute_dvh(
        build_solid(shapes.cube(10, corner=(-5, -5, -5))), shapes.dose_over(-12, 12, 2.5, shapes.gradient("x"))
    )
    for dose_gy in np.linspace(11, 21, 41):
        assert volume_at_dose_cc(dvh, dose_gy) == pytest.approx((21 - dose_gy) / 10, abs=2e-3)
    assert (dvh.min_gy, dvh.mean_gy, dvh.max_gy) == pytest.approx((11, 16, 21), abs=1e-5)


def product_dose(x, y, z):
    return 20 + 0.03 * x * y + 0.02 * y * z + 0.01 * x * y * z / 5 + 0.5 * x


def test_the_mean_of_a_trilinear_dose_is_exact_on_any_grid():
    # The integral of 20 + 0.03 xy + 0.02 yz + 0.002 xyz + 0.5 x over the box 1..4, 2..7, 3..9, by hand.
    box = shapes.prism([shapes.rectangle(1, 2, 3, 5)], low=3.0, planes=6, spacing=1.0)
    x, y, z = 2.5, 4.5, 6.0
    exact = 20 + 0.03 * x * y + 0.02 * y * z + 0.002 * x * y * z + 0.5 * x
    for spacing in (1.0, 2.3, 5.0, 12.0):
        dvh = compute_dvh(build_solid(box), shapes.dose_over(-12, 14, spacing, product_dose))
        assert dvh.mean_gy == pytest.approx(exact, rel=1e-6)
