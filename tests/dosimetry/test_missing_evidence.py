"""Missing evidence bounds every metric: doses cut off, doses outside the grid, solids known only between two others.

All expected numbers are counted by hand in doses that are linear or constant.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from support import shapes

from rtcheck.dosimetry.curve import Dvh, completed, with_volume_at
from rtcheck.dosimetry.dose_grid import with_faces
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.dosimetry.metric_terms import Metric, Quantity
from rtcheck.dosimetry.metrics import measure
from rtcheck.dosimetry.outside import beyond, part_of
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.boolean import combine
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.solid import Solid, unknown

CUBE = build_solid(shapes.cube(10, corner=(-5, -5, -5)))  # 1 cc


def metric(kind, unit="Gy", at=None, at_unit="cc", **others):
    quantity = None if at is None else Quantity(amount=at, unit=at_unit)
    return Metric(text=f"{kind}{at or ''}{at_unit if at else ''}", kind=kind, unit=unit, at=quantity, **others)


MEAN, MOST, LEAST = metric("Dmean"), metric("Dmax"), metric("Dmin")


def bounds(asked, dvh, **options):
    return measure(asked, dvh, **options).bounds


# --- the dose outside its grid -------------------------------------------------------------------------------------

# Its last voxel ends at x = 0, half-way through the cube: 2 Gy on that face, 40 Gy elsewhere on the faces.
HILL = shapes.dose_on(
    [-9.0, -7.0, -5.0, -3.0, -1.0], [-12.0, 0.0, 12.0], [-12.0, 0.0, 12.0],
    lambda x, y, z: np.where(x < -2, 40.0, 2.0) + 0 * (y + z),
)  # fmt: skip
# The mean over x = -5 to 0: 40 Gy for 2 mm, from 40 to 2 Gy over 2 mm, 2 Gy for 1 mm.
INSIDE_GY = (2 * 40 + 2 * 21 + 1 * 2) / 5


@pytest.mark.parametrize(
    ("outside", "negligible_gy", "most_gy"),
    [
        ("zero", None, 0.0),
        ("face", None, 2.0),
        ("maximum", None, 40.0),
        ("auto", None, 40.0),  # no prescription says what is little
        ("auto", 5.0, 2.0),  # 2 Gy are less than a tenth of 50 Gy
        ("auto", 1.5, 40.0),
    ],
)
def test_outside_its_grid_the_dose_is_at_most_what_the_rule_says(outside, negligible_gy, most_gy):
    dvh = compute_dvh(CUBE, HILL, settings=EngineSettings(outside=outside), negligible_gy=negligible_gy)
    assert dvh.volume_outside_cc == pytest.approx(0.5)
    answer = measure(MEAN, dvh)
    assert answer.value == pytest.approx(INSIDE_GY / 2)
    assert (answer.bounds or (answer.value,) * 2) == pytest.approx((INSIDE_GY / 2, (INSIDE_GY + most_gy) / 2))
    assert (answer.bounds is None) == (outside == "zero")


def test_only_the_faces_that_a_structure_leaves_through_count():
    part = part_of(HILL, None)
    assert part.faces_gy == (40.0, 2.0, 40.0, 40.0, 40.0, 40.0)
    below = shapes.prism([shapes.square(-6, -3, 4)], low=-40, planes=40)  # leaves through the low z face only
    from rtcheck.dosimetry.dose_around import outline_of

    assert beyond(outline_of(CUBE), part, "face").gy == 2.0
    assert beyond(outline_of(build_solid(below)), part, "face").gy == 40.0


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_the_voxels_of_the_grid_end_where_its_faces_are_for_any_interpolation(interpolation):
    """A uniform dose whose last nodes lie at 4 mm, in steps of 2: the cube to 5 mm lies inside."""
    dose = shapes.dose_over(-4, 4, 2, 20.0)
    dvh = compute_dvh(CUBE, dose, settings=EngineSettings(dose_interpolation=interpolation))
    assert (dvh.volume_outside_cc, dvh.possible) == (0.0, None)
    assert (dvh.min_gy, dvh.mean_gy, dvh.max_gy) == pytest.approx((20.0, 20.0, 20.0))


def test_nodes_on_the_faces_change_no_dose():
    dose = shapes.dose_over(-9, 9, 3, lambda x, y, z: 30.0 + x + 2 * y - z)
    plain, faced = compute_dvh(CUBE, dose), compute_dvh(CUBE, with_faces(dose))
    assert faced.mean_gy == pytest.approx(plain.mean_gy)
    assert with_faces(dose).low_mm == dose.low_mm == (-10.5,) * 3
    assert with_faces(with_faces(dose)) is not None


# --- doses that are cut off ----------------------------------------------------------------------------------------


def cut_off(function, most_gy):
    """The dose of a function, stored with nothing above `most_gy`."""
    dose = shapes.dose_over(-12, 12, 1.5, function)
    return replace(dose, dose_gy=np.minimum(dose.dose_gy, most_gy), is_cut_off=dose.dose_gy >= most_gy)


RISING = cut_off(lambda x, y, z: 30.0 + 4 * x + 0 * (y + z), 42.0)  # cut off from x = 3 on


def test_where_the_dose_is_cut_off_it_has_no_upper_bound():
    """From x = 1.5 on, where the cell's far nodes are cut off, the dose is open: 3.5 of 10 mm."""
    dvh = compute_dvh(CUBE, RISING)
    assert measure(MOST, dvh).value == pytest.approx(42.0)
    assert bounds(MOST, dvh) == (pytest.approx(42.0), math.inf)
    assert bounds(MEAN, dvh) == (pytest.approx(dvh.mean_gy), math.inf)
    assert bounds(LEAST, dvh) == pytest.approx((10.0, 10.0), abs=0.05)
    open_cc, above_40_cc = 0.35, 0.25
    assert bounds(metric("V", "cc", 40, "Gy"), dvh) == pytest.approx((above_40_cc, open_cc), abs=2e-3)
    assert bounds(metric("V", "%", 35, "Gy"), dvh) == pytest.approx((37.5, 37.5), abs=0.1)
    assert bounds(metric("D", at=0.30), dvh) == (pytest.approx(38.0, abs=0.05), math.inf)
    assert bounds(metric("D", at=0.40), dvh) == pytest.approx((34.0, 34.0), abs=0.05)
    assert "cut off" in measure(MOST, dvh).reasons[0]
    assert "42 Gy" in measure(MOST, dvh).reasons[0]


def test_a_structure_all_of_which_is_cut_off_is_known_from_below_only():
    dvh = compute_dvh(build_solid(shapes.cube(4, corner=(5, -2, -2))), RISING)
    for asked in (MEAN, MOST, LEAST, metric("D", at=0.01), metric("D", at=95, at_unit="%")):
        assert bounds(asked, dvh) == (pytest.approx(42.0), math.inf)
    assert bounds(metric("V", "%", 45, "Gy"), dvh) == pytest.approx((0.0, 100.0))
    assert bounds(metric("V", "%", 40, "Gy"), dvh) == pytest.approx((100.0, 100.0))


def test_a_structure_away_from_where_the_dose_is_cut_off_is_certain():
    assert compute_dvh(build_solid(shapes.cube(4, corner=(-6, -2, -2))), RISING).possible is None


def test_cut_off_and_outside_the_grid_come_together():
    """The cube reaches from 5 to 15 mm, the grid to 12.75 mm: 77.5 % are 42 Gy or more, the rest is not known."""
    solid = build_solid(shapes.cube(10, corner=(5, -5, -5)))
    dvh = compute_dvh(solid, RISING)
    assert bounds(MEAN, dvh) == (pytest.approx(42 * 0.775), math.inf)
    assert bounds(metric("V", "%", 50, "Gy"), dvh) == pytest.approx((0.0, 77.5), abs=0.05)
    assert len(measure(MEAN, dvh).reasons) == 2


def test_the_cubic_dose_is_open_wherever_a_dose_that_is_cut_off_takes_part():
    cubic = compute_dvh(CUBE, RISING, settings=EngineSettings(dose_interpolation="cubic"))
    linear = compute_dvh(CUBE, RISING)
    asked = metric("V", "cc", 41.9, "Gy")
    assert bounds(asked, cubic)[1] >= bounds(asked, linear)[1]
    assert bounds(MOST, cubic)[1] == math.inf


# --- solids known only between two ----------------------------------------------------------------------------------

# The column is 2 x 2 cm wide and 40 mm long; a slab of 10 mm in its middle may belong to it or not.
SLOPE = shapes.dose_over(-30, 30, 2.5, lambda x, y, z: 40.0 + z + 0 * (x + y))


def block(low, high):
    return build_solid(shapes.prism([shapes.square(-10, -10, 20)], low=low, planes=high - low))


ENDS = combine(block(-20, -5), block(5, 20), "union")
COLUMN = Solid(slabs=ENDS.slabs).between(None, combine(ENDS, block(-5, 5), "union"), ("the middle is missing",))


def test_a_slab_that_may_be_missing_bounds_every_metric():
    """12 cc at 20 to 35 and 45 to 60 Gy are drawn, 4 cc at 35 to 45 Gy may be."""
    dvh = compute_dvh(COLUMN, SLOPE)
    assert measure(metric("Volume", "cc"), dvh).value == pytest.approx(12.0)
    assert bounds(metric("Volume", "cc"), dvh) == pytest.approx((12.0, 16.0))
    assert bounds(MOST, dvh) == pytest.approx((60.0, 60.0))
    assert bounds(metric("V", "cc", 40, "Gy"), dvh) == pytest.approx((6.0, 8.0), rel=1e-3)
    assert bounds(metric("CV", "cc", 40, "Gy"), dvh) == pytest.approx((6.0, 8.0), rel=1e-3)
    assert bounds(metric("D", at=8.0), dvh) == pytest.approx((30.0, 40.0), abs=0.05)
    # Of the percentages the hot or the cold half of the missing slab alone takes them furthest: 8 of 14, or 6 of 14 cc.
    assert bounds(metric("V", "%", 40, "Gy"), dvh) == pytest.approx((600 / 14, 800 / 14), rel=1e-3)
    # The mean is 40 Gy with all of it or none; with its hot part (above the mean that it makes) a little more.
    low, high = bounds(MEAN, dvh)
    hottest = max((12 * 40 + (5 - t) * 0.4 * (42.5 + t / 2)) / (12 + (5 - t) * 0.4) for t in np.linspace(0, 5, 501))
    assert (low, high) == pytest.approx((80 - hottest, hottest), abs=0.01)


def test_bounds_hold_the_metric_of_any_solid_between_the_two():
    """Thirty solids that have a random part of the slab in question."""
    dvh = compute_dvh(COLUMN, SLOPE)
    random = np.random.default_rng(1)
    asked = [MEAN, MOST, LEAST, metric("Volume", "cc"), metric("V", "%", 42, "Gy"), metric("V", "cc", 37, "Gy"),
             metric("D", at=50, at_unit="%"), metric("D", at=2.0), metric("CV", "%", 44, "Gy"), metric("DC", at=3.0),
             metric("gEUD", parameter=8.0), metric("Dmean", biology="EQD2", alpha_beta_gy=3.0)]  # fmt: skip
    allowed = {each.text + each.biology: bounds(each, dvh, fractions=20) for each in asked}
    for _ in range(30):
        x, y = random.uniform(-10, 8, 2)
        low, high = sorted(random.uniform(-5, 5, 2))
        height = max(round(high - low), 1)
        part = shapes.prism([shapes.rectangle(x, y, 10 - x, 10 - y)], low=round(low), planes=height)
        part = combine(build_solid(part), block(-5, 5), "intersection")
        true = compute_dvh(combine(ENDS, part, "union"), SLOPE)
        for each in asked:
            least, most = allowed[each.text + each.biology]
            value = measure(each, true, fractions=20).value
            assert least - 0.01 <= value <= most + 0.01, each.text


def test_a_union_with_a_structure_without_contours_is_bounded_from_below_only():
    dvh = compute_dvh(combine(block(-20, 20), unknown("B is listed without contours"), "union"), SLOPE)
    assert bounds(metric("Volume", "cc"), dvh) == (pytest.approx(16.0), math.inf)
    assert bounds(MOST, dvh) == (pytest.approx(60.0), math.inf)
    assert bounds(MEAN, dvh)[1] == math.inf
    assert bounds(metric("V", "cc", 40, "Gy"), dvh) == (pytest.approx(8.0, rel=1e-3), math.inf)
    assert bounds(metric("D", at=2.0), dvh)[0] == pytest.approx(55.0, abs=0.05)
    assert bounds(metric("V", "%", 40, "Gy"), dvh) == pytest.approx((0.0, 100.0), abs=1e-3)
    assert bounds(LEAST, dvh) == pytest.approx((0.0, 20.0))


def test_what_a_structure_without_contours_is_taken_from_is_bounded_from_above():
    dvh = compute_dvh(combine(block(-20, 20), unknown("B is listed without contours"), "difference"), SLOPE)
    assert bounds(metric("Volume", "cc"), dvh) == pytest.approx((0.0, 16.0))
    assert bounds(MOST, dvh) == pytest.approx((0.0, 60.0))
    assert bounds(metric("V", "cc", 40, "Gy"), dvh) == pytest.approx((0.0, 8.0), rel=1e-3, abs=1e-9)
    assert bounds(MEAN, dvh)[1] == pytest.approx(60.0, abs=1.0)


# --- the curves themselves -----------------------------------------------------------------------------------------


def flat(*steps):
    """A DVH of volumes that each receive one dose, by (Gy, cc)."""
    empty = np.empty(0)
    dvh = Dvh(dose_gy=empty, volume_at_least_cc=empty, volume_cc=0.0, mean_gy=np.nan, min_gy=np.nan, max_gy=np.nan)
    for dose_gy, volume_cc in steps:
        dvh = with_volume_at(dvh, volume_cc, dose_gy)
    return dvh


@pytest.mark.parametrize("order", [(10.0, 20.0, 30.0), (30.0, 20.0, 10.0), (20.0, 10.0, 30.0), (20.0, 20.0, 5.0)])
def test_volumes_at_one_dose_add_up_in_any_order(order):
    dvh = flat(*((dose_gy, 2.0) for dose_gy in order))
    assert (np.diff(dvh.dose_gy) > 0).all()
    assert (np.diff(dvh.volume_at_least_cc) <= 0).all()
    assert (dvh.volume_cc, dvh.mean_gy) == pytest.approx((6.0, np.mean(order)))
    assert (dvh.min_gy, dvh.max_gy) == (min(order), max(order))
    for dose_gy in order:
        above_cc = 2.0 * sum(each >= dose_gy for each in order)
        assert measure(metric("V", "cc", dose_gy, "Gy"), dvh).value == pytest.approx(above_cc)


def test_a_dvh_with_nothing_outside_is_complete_as_it_is():
    dvh = flat((10.0, 1.0))
    assert completed(dvh, 0.0) is dvh
