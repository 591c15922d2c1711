"""Every metric on doses whose answers are plain, at exact limits, and where it has no answer."""

import pytest
from support import shapes

from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.dosimetry.metric_terms import Metric, Quantity
from rtcheck.dosimetry.metrics import measure
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.solid import Solid

CUBE = build_solid(shapes.cube(10, corner=(-5, -5, -5)))  # 1 cc
RAMP = shapes.dose_over(-12, 12, 2, shapes.gradient("x"))  # 11 Gy to 21 Gy over the cube
TEN_GY = shapes.dose_over(-12, 12, 2, 10.0)


def metric(kind, unit="Gy", at=None, at_unit="cc", **more):
    return Metric(text=kind, kind=kind, unit=unit, at=None if at is None else Quantity(amount=at, unit=at_unit), **more)


ALL = [
    metric("Dmean"),
    metric("Dmax"),
    metric("Dmin"),
    metric("D", at=0.03),
    metric("D", at=95, at_unit="%"),
    metric("DC", at=0.5),
    metric("V", "cc", 20, "Gy"),
    metric("V", "%", 95, "%"),
    metric("CV", "cc", 15, "Gy"),
    metric("CV", "%", 15, "Gy"),
    metric("gEUD", parameter=2.0),
]


def value(asked, dose=RAMP, solid=CUBE, **relative_to):
    answer = measure(asked, compute_dvh(solid, dose), **relative_to)
    assert answer.undefined is None
    assert answer.unit == asked.unit
    return answer.value


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (metric("Volume", "cc"), 1.0),
        (metric("Dmean"), 16.0),
        (metric("Dmax"), 21.0),
        (metric("Dmin"), 11.0),
        (metric("D", at=95, at_unit="%"), 11.5),
        (metric("D", at=0.5), 16.0),
        (metric("D", at=0.03), 20.7),
        (metric("DC", at=0.3), 14.0),
        (metric("V", "cc", 18.5, "Gy"), 0.25),
        (metric("V", "%", 18.5, "Gy"), 25.0),
        (metric("V", "%", 50, "%"), 100.0),  # of 20 Gy
        (metric("V", "cc", 80, "%"), 0.5),
        (metric("CV", "cc", 13.5, "Gy"), 0.25),
        (metric("CV", "%", 80, "%"), 50.0),
        (metric("Dmean", "%"), 80.0),
        (metric("D", "%", 0.5), 80.0),
        (metric("Dmax", per_fraction=True), 2.1),
    ],
)
def test_a_one_cc_cube_in_a_ramp_from_11_to_21_gy(asked, expected):
    assert value(asked, prescription_gy=20.0, fractions=10) == pytest.approx(expected, abs=0.02)


def test_eqd2_and_bed_are_taken_voxel_by_voxel_and_so_is_the_prescription():
    twice = {"biology": "EQD2", "alpha_beta_gy": 3.0}
    # 21 Gy in 10 fractions: 21 (2.1 + 3) / 5; 20 Gy in 10 fractions of 2 Gy stays 20 Gy
    assert value(metric("Dmax", **twice), fractions=10) == pytest.approx(21 * 5.1 / 5, rel=1e-6)
    assert value(metric("Dmax", "%", **twice), fractions=10, prescription_gy=20) == pytest.approx(
        105 * 5.1 / 5, rel=1e-6
    )
    assert value(metric("Dmax", biology="BED", alpha_beta_gy=10), fractions=10) == pytest.approx(21 * 1.21, rel=1e-6)
    # the mean of D (D/10 + 3)/5 over D = 11..21 is (mean of D^2)/50 + 3/5 mean of D
    assert value(metric("Dmean", **twice), fractions=10) == pytest.approx((256 + 100 / 12) / 50 + 9.6, rel=1e-3)


def test_geud_of_a_uniform_dose_is_that_dose():
    assert value(metric("gEUD", parameter=8.0), TEN_GY) == pytest.approx(10.0)


# --- exact limits ------------------------------------------------------------------------------------------------


def test_a_uniform_dose_is_every_dose_metric_exactly():
    for asked in (
        metric("Dmean"),
        metric("Dmax"),
        metric("Dmin"),
        metric("D", at=0.03),
        metric("D", at=100, at_unit="%"),
    ):
        assert value(asked, TEN_GY) == 10.0


@pytest.mark.parametrize("dose_gy", [10.0, 20.0, 45.0, 0.1, 66.6])
def test_volume_at_least_the_uniform_dose_is_all_of_it_and_above_it_none(dose_gy):
    uniform = shapes.dose_over(-12, 12, 2.5, dose_gy)
    assert value(metric("V", "%", dose_gy, "Gy"), uniform) == 100.0
    assert value(metric("V", "%", dose_gy * 1.001, "Gy"), uniform) == 0.0
    assert value(metric("CV", "cc", dose_gy, "Gy"), uniform) == 0.0
    assert value(metric("CV", "cc", dose_gy * 1.001, "Gy"), uniform) == pytest.approx(1.0)


@pytest.mark.parametrize("plateau_gy", [20.0, 33.5, 7.3])
def test_a_plateau_exactly_at_the_asked_dose_counts(plateau_gy):
    # nodes 2 mm apart: full dose for x >= 0, none for x <= -2, a ramp between
    dose = shapes.dose_over(-12, 12, 2, lambda x, y, z: plateau_gy * (x > -1) + 60.0 * (x > 7) + 0 * (y + z))
    assert value(metric("V", "%", plateau_gy, "Gy"), dose) == pytest.approx(50.0, abs=0.1)
    assert value(metric("D", at=0.5), dose) == pytest.approx(plateau_gy, abs=1e-6)
    assert value(metric("D", at=40, at_unit="%"), dose) == pytest.approx(plateau_gy, abs=1e-6)


def test_d100_is_the_minimum_and_d_of_almost_nothing_the_maximum():
    assert value(metric("D", at=100, at_unit="%")) == pytest.approx(11.0)
    assert value(metric("D", at=1e-6)) == pytest.approx(21.0, abs=1e-3)
    assert value(metric("V", "%", 0, "Gy")) == 100.0


def test_d_of_exactly_the_whole_volume_is_defined():
    assert value(metric("D", at=1.0)) == pytest.approx(11.0)
    assert value(metric("DC", at=1.0)) == pytest.approx(21.0)


# --- undefined ---------------------------------------------------------------------------------------------------


def reason(asked, dvh, **relative_to):
    answer = measure(asked, dvh, **relative_to)
    assert answer.value is None
    assert answer.bounds is None
    return answer.undefined


def test_d2cc_of_a_one_cc_organ_is_undefined():
    dvh = compute_dvh(CUBE, RAMP)
    assert reason(metric("D", at=2), dvh) == "D2cc requires 2 cc, but the structure has only 1 cc"
    assert "DC700cc requires 700 cc" in reason(metric("DC", at=700), dvh)
    assert reason(metric("D", at=101, at_unit="%"), dvh)


@pytest.mark.parametrize("asked", [*ALL, metric("Volume", "cc")], ids=lambda m: m.text)
def test_an_empty_structure_has_no_metric(asked):
    assert "empty" in reason(asked, compute_dvh(Solid(), RAMP), prescription_gy=20.0)


@pytest.mark.parametrize("asked", ALL, ids=lambda m: m.text)
def test_a_structure_wholly_outside_the_dose_grid_has_no_dose_metric(asked):
    far = build_solid(shapes.cube(10, corner=(100, 0, 0)))
    assert "outside the dose grid" in reason(asked, compute_dvh(far, RAMP), prescription_gy=20.0)
    assert value(metric("Volume", "cc"), solid=far) == pytest.approx(1.0)


@pytest.mark.parametrize("asked", ALL, ids=lambda m: m.text)
def test_a_dose_of_one_frame_holds_no_volume_and_so_no_metric(asked):
    axis = shapes.nodes(-12, 12, 2)
    assert "outside the dose grid" in reason(asked, compute_dvh(CUBE, shapes.dose_on(axis, axis, [0.0], 10.0)))


def test_what_the_plan_does_not_say_makes_a_relative_metric_undefined():
    dvh = compute_dvh(CUBE, RAMP)
    assert reason(metric("V", "%", 95, "%"), dvh) == "the prescription is unknown"
    assert reason(metric("Dmean", "%"), dvh) == "the prescription is unknown"
    assert reason(metric("Dmax", per_fraction=True), dvh) == "the number of fractions is unknown"
    assert reason(metric("Dmax", biology="EQD2", alpha_beta_gy=3.0), dvh) == "the number of fractions is unknown"
    assert "alpha/beta" in reason(metric("Dmax", biology="EQD2"), dvh, fractions=10)
    assert reason(metric("NTCP", ""), dvh)


# --- partly outside the grid -------------------------------------------------------------------------------------

# The last voxel reaches from -2 to 0 mm: there the grid ends, with 29 Gy from its node at -1 mm on.
HALF_OUT = shapes.dose_on([-7.0, -5.0, -3.0, -1.0], [-12.0, 12.0], [-12.0, 12.0], lambda x, y, z: 30 + x + 0 * (y + z))


@pytest.mark.parametrize(
    ("asked", "expected", "bounds"),
    [
        (metric("Dmean"), 13.7, (13.7, 28.2)),  # half the cube at 27.4 Gy (4 mm at 27, 1 mm at 29), half at 0 or 29 Gy
        (metric("Dmax"), 29.0, (29.0, 29.0)),  # no dose outside is higher than the highest inside
        (metric("Dmin"), 0.0, (0.0, 25.0)),
        (metric("D", at=0.75), 0.0, (0.0, 27.5)),
        (metric("D", at=0.25), 27.5, (27.5, 29.0)),
        (metric("V", "cc", 20, "Gy"), 0.5, (0.5, 1.0)),
        (metric("V", "%", 27.5, "Gy"), 25.0, (25.0, 75.0)),
        (metric("CV", "cc", 20, "Gy"), 0.5, (0.0, 0.5)),
        (metric("DC", at=0.25), 0.0, (0.0, 27.5)),
    ],
    ids=lambda x: getattr(x, "text", ""),
)
def test_a_structure_half_outside_the_grid_has_bounds_and_its_volume_is_not_rescaled(asked, expected, bounds):
    dvh = compute_dvh(CUBE, HALF_OUT)
    assert dvh.volume_outside_cc == pytest.approx(0.5)
    answer = measure(asked, dvh)
    assert answer.value == pytest.approx(expected, abs=0.01)
    assert answer.bounds == pytest.approx(bounds, abs=0.01)


def test_the_volume_of_a_structure_half_outside_the_grid_is_known():
    answer = measure(metric("Volume", "cc"), compute_dvh(CUBE, HALF_OUT))
    assert (answer.value, answer.bounds) == (pytest.approx(1.0), None)
