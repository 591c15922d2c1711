"""Untidy drawings: however a shape was drawn, it has one volume. Expected areas are counted by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support import shapes

from rtcheck.errors import GeometryError
from rtcheck.geometry.arrays import distinct, median
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Contour, Structure
from rtcheck.geometry.planes import DEFAULT_THICKNESS_MM, planes_of

OUTER = shapes.square(0, 0, 10)
HOLE = shapes.square(3, 3, 4)


def area_mm2(*loops, xor=False):
    """The area of one plane, drawn as these loops."""
    shape = shapes.structure({0.0: loops}, thickness_mm=1.0, xor=xor)
    return shapes.volume_mm3(build_solid(shape))


def notice_codes(shape):
    return [notice.code for notice in build_solid(shape).notices]


@pytest.mark.parametrize(
    "drawing",
    [
        pytest.param([OUTER, HOLE], id="nested loops"),
        pytest.param([OUTER, HOLE[::-1]], id="nested loops of opposite direction"),
        pytest.param([HOLE, OUTER], id="the hole first"),
        pytest.param([OUTER[::-1], np.roll(HOLE, 2, axis=0)], id="other direction and start"),
        pytest.param([shapes.keyhole(OUTER, HOLE[::-1])], id="keyhole, hole clockwise"),
        pytest.param([shapes.keyhole(OUTER, HOLE)], id="keyhole, hole counter-clockwise"),
        pytest.param([shapes.keyhole(OUTER[::-1], HOLE)[::-1]], id="keyhole backward"),
        pytest.param([OUTER, HOLE, HOLE], id="the hole drawn twice"),
        pytest.param([OUTER, OUTER[::-1], HOLE], id="the outline drawn twice"),
        pytest.param([np.vstack([OUTER, OUTER[:1]]), np.vstack([HOLE, HOLE[:1]])], id="closed by its first point"),
    ],
)
def test_a_square_with_a_hole_has_84_mm2_however_it_is_drawn(drawing):
    assert area_mm2(*drawing) == pytest.approx(100 - 16, abs=1e-9)


def test_xor_loops_are_even_odd():
    assert area_mm2(OUTER, HOLE, xor=True) == pytest.approx(84)
    assert area_mm2(OUTER, shapes.square(5, 5, 10), xor=True) == pytest.approx(100 + 100 - 2 * 25)


def test_xor_loops_that_are_nearly_copies_cancel_and_say_so():
    # 0.004 mm beside one another they leave 2 x 10 x 0.004 mm2 of 100; a rind of 0.1 mm is no such case
    copies = [shapes.contour(loop, 0.0, xor=True) for loop in (OUTER, shapes.square(0.004, 0, 10))]
    beside = Structure(name="A", number=1, contours=tuple(copies), slab_thickness_mm=1.0)
    assert "structure.xor-cancels" in notice_codes(beside)
    rind = [shapes.contour(loop, 0.0, xor=True) for loop in (OUTER, shapes.square(0.1, 0.1, 9.8))]
    assert "structure.xor-cancels" not in notice_codes(replace(beside, contours=tuple(rind)))


@pytest.mark.parametrize("turn", [1, -1], ids=["counter-clockwise", "clockwise"])
def test_a_loop_that_runs_around_an_area_twice_is_named_and_a_keyhole_whose_hole_runs_back_is_not(turn):
    # Twice around 4 x 4 mm: nothing is left by even-odd. Keyholes of planning systems run back around their holes.
    twice = shapes.structure({0.0: [OUTER, np.vstack([HOLE, HOLE])[::turn] + np.array([20, 0])]}, thickness_mm=1.0)
    assert shapes.volume_mm3(build_solid(twice)) == pytest.approx(100)
    assert "structure.wound-twice" in notice_codes(twice)
    keyhole = shapes.structure({0.0: [shapes.keyhole(OUTER, HOLE[::-1])[::turn]]}, thickness_mm=1.0)
    assert "structure.wound-twice" not in notice_codes(keyhole)


def test_partly_overlapping_loops_are_united_with_a_notice():
    loops = [OUTER, shapes.square(5, 5, 10)]
    assert area_mm2(*loops) == pytest.approx(100 + 100 - 25)
    assert "structure.overlapping-contours" in notice_codes(shapes.structure({0.0: loops}))


def test_three_overlapping_loops_count_their_common_part_once():
    loops = [shapes.square(0, 0, 10), shapes.square(2, 2, 10), shapes.square(4, 4, 10)]
    assert area_mm2(*loops) == pytest.approx(100 + 36 + 36)


def test_an_island_in_a_hole_is_filled():
    assert area_mm2(OUTER, HOLE, shapes.square(4, 4, 1)) == pytest.approx(84 + 1)


def test_depth_counts_the_loops_around_also_where_loops_touch():
    loops = [OUTER, shapes.square(0, 2, 6), shapes.square(1, 3, 2)]
    plane = planes_of(shapes.structure({0.0: loops})).planes[0]
    assert shapes.volume_mm3(build_solid(shapes.structure({0.0: loops}, thickness_mm=1))) == pytest.approx(100 - 36 + 4)
    assert sorted(loop.depth for loop in plane.loops) == [0, 0]  # the hole opens the outline: the island stands free


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_nested_loops_are_filled_and_empty_by_turns(depth):
    loops = [shapes.square(k, k, 20 - 2 * k) for k in range(depth)]
    plane = planes_of(shapes.structure({0.0: loops})).planes[0]
    assert [loop.depth for loop in plane.loops] == list(range(depth))
    assert area_mm2(*loops) == pytest.approx(sum((-1) ** k * (20 - 2 * k) ** 2 for k in range(depth)))


def test_loops_side_by_side_are_added():
    assert area_mm2(OUTER, shapes.square(10, 0, 10)) == pytest.approx(200)
    assert area_mm2(OUTER, shapes.square(10, 10, 10)) == pytest.approx(200)
    assert area_mm2(OUTER, shapes.square(30, 0, 10)) == pytest.approx(200)


def test_a_hole_that_touches_the_outline_is_a_hole():
    assert area_mm2(OUTER, shapes.square(0, 2, 4)) == pytest.approx(84)
    assert area_mm2(OUTER, shapes.rectangle(0, 2, 10, 4)) == pytest.approx(60)


def test_a_hole_that_leaves_its_outline_by_a_rounding_error_is_a_hole():
    assert area_mm2(OUTER, shapes.rectangle(-0.01, 2, 4.01, 4)) == pytest.approx(84, abs=0.1)


def test_a_loop_drawn_twice_with_other_rounding_is_one_loop():
    assert area_mm2(shapes.circle(10), shapes.circle(10.004, points=355)) == pytest.approx(np.pi * 100, rel=2e-3)


def test_a_figure_of_eight_has_both_its_lobes():
    assert area_mm2(np.array([[0, 0], [10, 10], [10, 0], [0, 10]])) == pytest.approx(50)


def test_exact_duplicates_are_left_out_with_a_notice():
    assert "structure.duplicate-contours" in notice_codes(shapes.structure({0.0: [OUTER, OUTER]}))


def test_equal_loops_on_different_planes_are_no_duplicates():
    assert "structure.duplicate-contours" not in notice_codes(shapes.structure({0.0: [OUTER], 1.0: [OUTER]}))


def test_planes_are_sorted_and_z_is_rounded_to_a_thousandth():
    shape = shapes.structure({6.00004: [OUTER], 0.0: [OUTER], 2.99996: [OUTER], 3.00004: [shapes.square(20, 0, 10)]})
    planes = planes_of(shape)
    assert planes.z_mm.tolist() == [0.0, 3.0, 6.0]
    assert len(planes.planes[1].loops) == 2


def test_contours_of_two_points_or_no_area_are_left_out_with_a_notice():
    line = np.array([[0, 0], [5, 5], [10, 10]])
    shape = shapes.structure({0.0: [OUTER, line, OUTER[:2]]})
    assert area_mm2(OUTER, line, OUTER[:2]) == pytest.approx(100)
    assert {"structure.zero-area", "structure.few-points"} <= set(notice_codes(shape))


@pytest.mark.parametrize("loops", [[], [np.array([[0, 0], [5, 5], [10, 10]])], [OUTER[:2]], [np.array([[1, 1]] * 4)]])
def test_a_structure_without_an_area_is_an_empty_solid(loops):
    assert build_solid(shapes.structure({0.0: loops})).is_empty


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_coordinate_that_is_not_finite_is_refused(bad):
    vertices = shapes.contour(OUTER, 0.0).vertices_mm.copy()
    vertices[1, 0] = bad
    with pytest.raises(GeometryError, match="not a finite number"):
        build_solid(Structure(name="A", number=1, contours=(Contour(vertices_mm=vertices),)))


def test_a_tilted_contour_is_refused_and_a_slightly_uneven_one_is_flattened():
    vertices = shapes.contour(OUTER, 0.0).vertices_mm.copy()
    vertices[:2, 2] = 0.08
    flat = Structure(name="A", number=1, contours=(Contour(vertices_mm=vertices),), slab_thickness_mm=1.0)
    assert planes_of(flat).z_mm.tolist() == [0.04]
    vertices[:2, 2] = 0.2
    with pytest.raises(GeometryError, match=r"spans 0\.20 mm in z"):
        build_solid(Structure(name="A", number=1, contours=(Contour(vertices_mm=vertices),)))


def test_one_plane_takes_the_stated_thickness_else_the_default_and_says_so():
    stated = shapes.structure({0.0: [OUTER]}, thickness_mm=2.5)
    assert shapes.volume_mm3(build_solid(stated)) == pytest.approx(250)
    unstated = shapes.structure({0.0: [OUTER]})
    assert shapes.volume_mm3(build_solid(unstated)) == pytest.approx(100 * DEFAULT_THICKNESS_MM)
    assert notice_codes(stated) == notice_codes(unstated) == ["structure.single-plane"]


@pytest.mark.parametrize(("width_mm", "thickness_mm", "is_in_doubt"), [(24, 3, False), (26, 3, True), (26, 8, False)])
def test_a_structure_on_one_plane_is_in_doubt_where_it_is_far_wider_than_thick(width_mm, thickness_mm, is_in_doubt):
    """A disc; a lens of 10 mm and a chiasm of 15 mm fit into one slice."""
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    disc = np.column_stack([np.cos(angles), np.sin(angles)]) * width_mm / 2
    found = notice_codes(shapes.structure({0.0: [disc]}, thickness_mm=float(thickness_mm)))
    assert ("structure.flat" in found) == is_in_doubt


@pytest.mark.parametrize("end_caps", ["none", "half", "full"])
def test_one_plane_never_has_a_volume_of_zero(end_caps):
    shape = shapes.structure({0.0: [OUTER]}, thickness_mm=3.0)
    assert shapes.volume_mm3(build_solid(shape, end_caps=end_caps)) == pytest.approx(300)


@pytest.mark.parametrize(("end_caps", "height"), [("none", 9.0), ("half", 10.0), ("full", 11.0)])
def test_end_caps_reach_none_half_or_a_full_spacing_outward(end_caps, height):
    assert shapes.volume_mm3(build_solid(shapes.cube(10), end_caps=end_caps)) == pytest.approx(100 * height)


def test_a_missing_slice_is_not_bridged_and_is_reported():
    z = [0.0, 3.0, 6.0, 12.0, 15.0]
    shape = shapes.structure({k: [OUTER] for k in z})
    assert shapes.volume_mm3(build_solid(shape)) == pytest.approx(100 * 5 * 3)
    notice = next(n for n in build_solid(shape).notices if n.code == "structure.missing-slices")
    assert "6 to 12 mm" in notice.text
    assert notice.structure == shape.name


def test_a_gap_of_one_and_a_half_spacings_is_still_bridged():
    shape = shapes.structure({k: [OUTER] for k in (0.0, 2.0, 4.0, 7.0, 9.0)})
    assert shapes.volume_mm3(build_solid(shape)) == pytest.approx(100 * (9 + 2))


def test_a_hole_drawn_a_few_micrometres_off_its_outline_is_a_hole():
    shape = shapes.structure({0.0: [OUTER], 0.02: [HOLE], 3.0: [OUTER], 3.04: [HOLE]})
    assert notice_codes(shape) == ["structure.planes-joined"]
    assert shapes.volume_mm3(build_solid(shape)) == pytest.approx((100 - 16) * 6.0)  # two slabs of 3 mm


@pytest.mark.parametrize("spacing_mm", [0.05, 0.1, 0.125, 0.5])
def test_thin_slices_stay_apart_and_keep_their_volume(spacing_mm):
    """0.15 - 0.1 is less than 0.05 in double precision."""
    shape = shapes.structure({round(-7.3 + spacing_mm * k, 3): [OUTER, HOLE] for k in range(60)})
    assert notice_codes(shape) == []
    assert shapes.volume_mm3(build_solid(shape)) == pytest.approx((100 - 16) * 60 * spacing_mm)


def test_one_contour_written_twice_a_little_apart_counts_once():
    near = shapes.structure({0.0: [OUTER], 3.0: [OUTER], 3.02: [OUTER], 6.0: [OUTER]})
    assert shapes.volume_mm3(build_solid(near)) == pytest.approx(100 * 9)


def test_a_chain_of_near_planes_is_not_drawn_together_into_one():
    """40 planes 0.02 mm apart reach over 0.78 mm: taken three by three they are 14, of 0.06 mm each."""
    planes = planes_of(shapes.structure({round(0.02 * k, 3): [OUTER] for k in range(40)}))
    assert planes.z_mm == pytest.approx(0.06 * np.arange(14))


def test_a_sieve_of_sixteen_hundred_holes_in_two_crossing_outlines_is_measured():
    """Holes lie inside both outlines: 3,201 pairs of loops have something in common, and one of them crosses."""
    outlines = [shapes.rectangle(0, 0, 110, 100), shapes.rectangle(-10, 0, 110, 100)]
    holes = [shapes.square(2.5 * i + 1, 2.5 * j + 1, 1) for i in range(40) for j in range(40)]
    assert area_mm2(*outlines, *holes) == pytest.approx(120 * 100 - 1_600)


def test_loops_of_one_level_that_overlap_and_loops_apart_are_told_apart():
    """Three squares in a chain, each over a corner of the next, and one apart, with an island in its hole."""
    chain = [shapes.square(0, 0, 10), shapes.square(8, 8, 10), shapes.square(16, 16, 10)]
    apart = [shapes.square(40, 0, 9), shapes.square(42, 2, 5), shapes.square(43, 3, 3)]
    assert area_mm2(*chain, *apart) == pytest.approx(300 - 2 * 4 + 81 - 25 + 9)


def test_overlapping_loops_by_the_hundred_are_refused_before_they_fill_the_memory():
    loops = [shapes.square(0.01 * k, 0.01 * k, 10) for k in range(100)]
    with pytest.raises(GeometryError, match="too often to outline a structure"):
        planes_of(shapes.structure({0.0: loops}))


def test_a_tangle_of_random_points_is_refused_before_it_fills_the_memory():
    tangle = np.random.default_rng(0).uniform(0, 100, (5_000, 2))
    with pytest.raises(GeometryError, match="too often to outline a structure"):
        planes_of(shapes.structure({0.0: [tangle]}))


@pytest.mark.parametrize("numbers", [[3.0], [2.0, 9.0], [5.0, 1.0, 2.0], [4.0, 4.0, 1.0, 0.5]])
def test_the_median_and_the_distinct_numbers_are_numpys(numbers):
    assert median(np.array(numbers)) == np.median(numbers)
    whole = np.array(numbers * 2).astype(np.int64)
    assert distinct(whole).tolist() == np.unique(whole).tolist()
    assert distinct(whole[:0]).tolist() == []
