"""Slices are a property of the set: which planes are neighbours, how far each reaches, and what is no gap."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import shapes

from rtcheck.geometry.build import build_solid
from rtcheck.geometry.planes import planes_of
from rtcheck.geometry.slices import (
    filled_in_mm,
    lie_between,
    planes_between,
    skips_regularly,
    slice_grids,
    without_strays_mm,
)

SQUARE = shapes.square(0, 0, 10)
MIXED = [-50, -45, -40, -35, -30, -25, *range(-20, 21, 2), 25, 30, 35, 40, 45, 50]
"""Slices of 2 mm in the middle and of 5 mm elsewhere."""


def drawn_on(z_mm, slices_mm=None, *, loop=SQUARE, thickness_mm=None):
    structure = shapes.structure({float(z): [loop] for z in z_mm}, thickness_mm=thickness_mm)
    slices = None if slices_mm is None else np.array(sorted(slices_mm), dtype=float)
    return replace(structure, slices_mm=slices)


def volume_cc(structure, **options):
    return shapes.volume_mm3(build_solid(structure, **options)) / 1000


def codes(structure):
    return [notice.code for notice in build_solid(structure).notices]


def test_a_structure_on_every_slice_of_a_scan_of_2_and_5_mm_has_no_gap():
    """Its end planes reach half of 5 mm outward: 105 mm in all."""
    cord = drawn_on(MIXED, MIXED)
    assert volume_cc(cord) == pytest.approx(100 * 105 / 1000)
    assert codes(cord) == []


@pytest.mark.parametrize("slices_mm", [None, MIXED], ids=["alone in its set", "in a set that has them all"])
def test_no_slice_of_mixed_spacing_is_missing_even_where_nothing_else_tells_the_slices(slices_mm):
    assert codes(drawn_on(MIXED, slices_mm)) == []


def test_a_plane_reaches_half_way_to_the_slice_that_comes_next_in_the_set():
    """Drawn from z = -4 to 20 mm: half of 2 mm below, half of 5 mm above, though its own spacing is 2 mm."""
    assert volume_cc(drawn_on(range(-4, 21, 2), MIXED)) == pytest.approx(100 * (1 + 24 + 2.5) / 1000)


def test_two_areas_of_one_slice_30_mm_apart_are_not_slabs_of_30_mm():
    twice = drawn_on([0, 30], range(-60, 61, 3))
    assert volume_cc(twice) == pytest.approx(100 * 2 * 3 / 1000)


def test_two_areas_of_one_slice_alone_in_their_set_have_the_stated_thickness():
    assert volume_cc(drawn_on([0, 30], [0, 30], thickness_mm=3.0)) == pytest.approx(100 * 2 * 3 / 1000)


@pytest.mark.parametrize("one_of", [2, 3])
def test_a_structure_drawn_on_every_second_or_third_slice_is_filled(one_of):
    """13 planes 3 x n mm apart, each as thick: nothing is missing."""
    z_mm = 3.0 * one_of * np.arange(13)
    sparse = drawn_on(z_mm, 3.0 * np.arange(-9, 80))
    assert volume_cc(sparse) == pytest.approx(100 * 13 * 3 * one_of / 1000)
    assert codes(sparse) == ["structure.regular-gaps"]
    assert build_solid(sparse).is_certain


def test_areas_on_every_fifth_slice_that_do_not_lie_over_one_another_are_no_slabs_of_15_mm():
    """Six areas of one slice of 3 mm, each far aside of the last."""
    planes = {float(z): [shapes.square(30 * k, 0, 10)] for k, z in enumerate(range(0, 76, 15))}
    areas = replace(shapes.structure(planes), slices_mm=np.arange(-30.0, 120, 3))
    assert volume_cc(areas) == pytest.approx(6 * 0.3)
    assert codes(areas) == []


def test_slices_drawn_one_and_one_and_then_every_second_one_are_filled():
    """1 mm slices up to 10, then every second one up to 20: the last plane stands for 2 mm, as its neighbour does."""
    z_mm = [*range(11), 12, 14, 16, 18, 20]
    assert volume_cc(drawn_on(z_mm, range(-5, 30))) == pytest.approx(100 * (20 + 0.5 + 1) / 1000)


def test_one_slice_left_out_of_many_is_missing():
    z_mm = [z for z in range(0, 61, 3) if z != 30]
    left_out = drawn_on(z_mm, range(-30, 91, 3))
    assert codes(left_out) == ["structure.missing-slices"]
    assert volume_cc(left_out) == pytest.approx(100 * 20 * 3 / 1000)


def test_a_plane_that_somebody_drew_between_two_slices_is_no_slice_of_the_others():
    """At z = 31.5 mm, between slices 3 mm apart: the others have no gap there and end where they did."""
    slices_mm = [*range(-30, 91, 3), 31.5, 61.5]
    others = drawn_on(range(0, 61, 3), slices_mm)
    assert codes(others) == []
    assert volume_cc(others) == pytest.approx(100 * 21 * 3 / 1000)


@given(st.lists(st.floats(-0.01, 0.01), min_size=21, max_size=21))
def test_positions_that_jitter_by_a_hundredth_of_a_millimetre_change_nothing(jitter_mm):
    """Both the structure's planes and the set's slices are written with it."""
    z_mm = np.round(3.0 * np.arange(21) + jitter_mm, 3)
    structure = drawn_on(z_mm, 3.0 * np.arange(-5, 40))
    assert codes(structure) == []
    assert volume_cc(structure) == pytest.approx(100 * 63 / 1000, abs=100 * 0.04 / 1000)


def test_positions_rounded_to_whole_millimetres_are_no_gaps():
    """Slices of 1.5 mm written as 0, 2, 3, 5, 6, 8 ..."""
    z_mm = np.floor(1.5 * np.arange(20) + 0.5)
    assert codes(drawn_on(z_mm)) == []


def test_a_structure_drawn_on_a_finer_grid_than_the_others_leaves_them_as_they_are():
    """One on every millimetre, four on every third: a small one of two planes among them has no gap."""
    fine, coarse = np.arange(0.0, 60.5, 1.0), np.arange(-30.0, 90.5, 3.0)
    planes_mm = {1: coarse, 2: fine, 3: coarse[10:20], 4: np.array([12.0, 15.0]), 5: coarse[12:30]}
    grids = slice_grids(planes_mm)
    assert [sorted(grid.roi_numbers) for grid in grids] == [[2], [1, 3, 4, 5]]
    small = drawn_on([12.0, 15.0], grids[1].slices_mm)
    assert (codes(small), volume_cc(small)) == ([], pytest.approx(100 * 6 / 1000))
    itself = drawn_on(fine, grids[0].slices_mm)
    assert volume_cc(itself) == pytest.approx(100 * 61 / 1000)


def test_structures_on_two_interleaved_grids_are_told_apart():
    odd, even = np.arange(-29.5, 60, 3.0), np.arange(-28.0, 60, 3.0)
    grids = slice_grids({1: odd, 2: odd[5:15], 3: even[3:20], 4: even[8:12]})
    assert [sorted(grid.roi_numbers) for grid in grids] == [[1, 2], [3, 4]]
    assert lie_between(even, odd)
    assert not lie_between(odd[3:9], odd)
    assert [codes(drawn_on(even[3:20], grids[1].slices_mm)), codes(drawn_on(odd, grids[0].slices_mm))] == [[], []]


@pytest.mark.parametrize(("shift_mm", "missing", "count"), [(1.0, 0, 20), (1.5, 10, 10), (1.5, 18, 0), (0.2, 0, 0)])
def test_planes_of_one_structure_on_two_grids_are_counted_slips_of_single_ones_are_not(shift_mm, missing, count):
    """21 planes 3 mm apart, as all have, and 20 shifted ones of which some are missing."""
    own_mm = np.arange(-30.0, 31, 3)
    both_mm = np.sort(np.concatenate([own_mm, own_mm[missing:-1] + shift_mm]))
    assert planes_between(both_mm, np.arange(-60.0, 61, 3)) == count


def test_a_structure_on_every_second_slice_skips_regularly_than_the_set_and_islands_are_not():
    slices_mm = np.arange(0.0, 100, 3.0)
    assert skips_regularly(slices_mm[::2], slices_mm)
    islands_mm = np.concatenate([slices_mm[:5], slices_mm[12:16], slices_mm[25:30]])
    assert not skips_regularly(islands_mm, slices_mm)
    assert not skips_regularly(slices_mm[[0, 10, 20, 30]], slices_mm)  # 30 mm apart: areas of one slice


def test_images_say_which_slices_there_are_where_every_structure_skips_one():
    images_mm = np.arange(0.0, 100, 2.5)
    kept = np.delete(images_mm[4:20], 7)
    (grid,) = slice_grids({1: kept, 2: kept[2:]}, [images_mm])
    assert grid.slices_mm.tolist() == images_mm.tolist()
    assert codes(drawn_on(kept, grid.slices_mm)) == ["structure.missing-slices"]


def test_images_that_are_not_those_of_the_contours_make_no_gaps():
    """The scan lies 1.25 mm off the planes: they keep a grid of their own."""
    planes_mm = np.arange(10.0, 60, 2.5)
    images, own = slice_grids({1: planes_mm}, [np.arange(1.25, 100, 2.5)])
    assert (images.roi_numbers, own.roi_numbers) == ((), (1,))
    assert lie_between(planes_mm, images.slices_mm)
    assert codes(drawn_on(planes_mm, own.slices_mm)) == []


@pytest.mark.parametrize(
    ("slices_mm", "filled_mm"),
    [
        ([0, 3, 6, 15, 18, 21], [0, 3, 6, 9, 12, 15, 18, 21]),  # two slices on which nothing is drawn
        ([0, 5, 10, 12, 14, 16], [0, 5, 10, 12, 14, 16]),  # a change of spacing
        ([0, 3, 6, 36, 66, 69, 72], list(range(0, 73, 3))),  # an area of one slice in the middle
        ([0, 1, 3, 4, 6, 7, 9, 10], [0, 1, 3, 4, 6, 7, 9, 10]),  # 1.5 mm, written in whole millimetres
        ([0, 40], [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40]),  # too far apart to be neighbours: 4 mm are stated
    ],
)
def test_slices_on_which_nothing_is_drawn_are_filled_in(slices_mm, filled_mm):
    assert filled_in_mm(np.array(slices_mm, dtype=float), 4.0).tolist() == filled_mm


@given(st.lists(st.floats(0.3, 20.0), min_size=1, max_size=40))
def test_filling_in_and_leaving_out_keep_the_ends_and_the_structures_own_planes(gaps_mm):
    planes_mm = np.round(np.concatenate([[0.0], np.cumsum(gaps_mm)]), 3)
    filled = filled_in_mm(planes_mm, 3.0)
    assert np.isin(planes_mm, filled).all()
    assert (np.diff(filled) > 0).all()
    kept = without_strays_mm(filled, planes_mm[::2])
    assert (kept[0], kept[-1]) == (filled[0], filled[-1])
    assert np.isin(planes_mm[::2], kept).all()


@given(st.lists(st.floats(0.5, 12.0), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_whatever_the_slices_a_solid_holds_each_of_its_planes_and_no_part_of_it_twice(gaps_mm, random):
    z_mm = np.round(np.cumsum(gaps_mm), 3)
    slices_mm = np.round([random.uniform(-20, float(z_mm[-1]) + 20) for _ in range(40)], 3)
    slabs = build_solid(drawn_on(z_mm, slices_mm)).slabs
    assert [slab.z_low_mm < z < slab.z_high_mm for slab, z in zip(slabs, planes_of(drawn_on(z_mm)).z_mm, strict=True)]
    faces = np.array([(slab.z_low_mm, slab.z_high_mm) for slab in slabs])
    assert (faces[1:, 0] >= faces[:-1, 1] - 1e-9).all()
