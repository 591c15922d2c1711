"""Missing slices bound what a structure can be; parts that begin and end where they do are no gaps."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support import shapes

from rtcheck.geometry.boolean import combine
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Mark
from rtcheck.geometry.margins.margin import grow
from rtcheck.geometry.solid import ANYTHING, Solid, unknown

SQUARE = shapes.square(0, 0, 10)
SLICES = np.arange(-60.0, 160.0, 3.0)


def drawn(planes, slices_mm=SLICES):
    return replace(shapes.structure(planes), slices_mm=slices_mm)


def volume_cc(solid):
    return shapes.volume_mm3(solid) / 1000


def ball(radius_mm, centre_mm, z_mm=SLICES):
    """Circles of a ball on the slices that it reaches."""
    x, y, z = centre_mm
    reached = [at for at in z_mm if abs(at - z) < radius_mm]
    return {at: shapes.circle(math.sqrt(radius_mm**2 - (at - z) ** 2), centre=(x, y), points=90) for at in reached}


def together(*parts):
    planes = {}
    for part in parts:
        for z, loop in part.items():
            planes.setdefault(z, []).append(loop)
    return drawn(planes)


def has_gap(structure):
    return "structure.missing-slices" in [notice.code for notice in build_solid(structure).notices]


def column(z_mm, loop=SQUARE):
    return {float(z): loop for z in z_mm}


def test_a_missing_slab_in_the_middle_bounds_the_solid_by_what_is_drawn_and_by_the_gap_filled():
    """A column of 100 mm2: 15 of 21 slices of 3 mm are drawn, the others lie in the gap."""
    z_mm = [z for z in range(0, 61, 3) if not 24 <= z <= 39]
    solid = build_solid(together(column(z_mm)))
    assert volume_cc(solid) == pytest.approx(15 * 0.3)
    assert volume_cc(solid.at_least) == pytest.approx(15 * 0.3)
    assert volume_cc(solid.at_most) == pytest.approx(21 * 0.3)
    assert solid.reasons == ("slices of Shape are missing (z 21 to 42 mm)",)


@pytest.mark.parametrize(("gaps", "slices"), [("open", 20), ("filled", 21)])
def test_who_knows_what_lies_in_the_gap_may_say_so(gaps, slices):
    z_mm = [z for z in range(0, 61, 3) if z != 30]
    solid = build_solid(together(column(z_mm)), gaps=gaps)
    assert (volume_cc(solid), solid.is_certain) == (pytest.approx(slices * 0.3), True)


def test_in_a_gap_between_different_outlines_the_most_is_both_of_them_all_the_way():
    """100 and 400 mm2, the one within the other, and two slices of 3 mm missing: filled half and half, at most 400."""
    planes = column(range(0, 31, 3)) | column(range(39, 70, 3), shapes.square(-5, -5, 20))
    structure = together(planes)
    drawn_cc = 11 * 0.3 + 11 * 1.2
    assert volume_cc(build_solid(structure)) == pytest.approx(drawn_cc)
    assert volume_cc(build_solid(structure).at_most) == pytest.approx(drawn_cc + 2 * 1.2)
    assert volume_cc(build_solid(structure, gaps="filled")) == pytest.approx(drawn_cc + 0.3 + 1.2)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([ball(12, (0, 0, 0)), ball(12, (0, 0, 42))], id="two lesions over one another"),
        pytest.param([ball(12, (0, 0, 0)), ball(12, (40, 0, 0)), ball(10.5, (0, 0, 36))], id="three, two side by side"),
        pytest.param([column(range(0, 31, 3)), column(range(60, 91, 3), shapes.square(60, 0, 10))], id="far aside"),
        pytest.param([column([0]), column([30], shapes.square(40, 0, 10))], id="areas of one slice, apart"),
        pytest.param([column(range(0, 61, 3)), column(range(75, 136, 3), shapes.square(90, 0, 10))], id="two kidneys"),
    ],
)
def test_parts_that_end_where_they_do_are_no_gap(parts):
    structure = together(*parts)
    assert not has_gap(structure)
    assert build_solid(structure).is_certain


def test_lungs_and_lesions_of_one_structure_that_begin_and_end_apart_are_no_gaps():
    """The left part reaches from 0 to 60, the right one from 30 to 120, and a third one from 90 on."""
    left, right = column(range(0, 61, 3)), column(range(30, 121, 3), shapes.square(80, 0, 10))
    third = column(range(90, 121, 3), shapes.square(-80, 0, 10))
    assert not has_gap(together(left, right, third))


@pytest.mark.parametrize("z_missing", [[30], [30, 33]], ids=["one slice", "two slices"])
def test_one_outline_left_out_where_another_goes_on_is_a_gap(z_missing):
    """Two columns of 100 mm2 in one structure: on those slices only one of them is drawn."""
    left = column(z for z in range(0, 61, 3) if z not in z_missing)
    structure = together(left, column(range(0, 61, 3), shapes.square(40, 0, 10)))
    solid = build_solid(structure)
    assert has_gap(structure)
    assert volume_cc(solid) == pytest.approx((2 * 21 - len(z_missing)) * 0.3)
    assert volume_cc(solid.at_most) == pytest.approx(2 * 21 * 0.3)


@pytest.mark.parametrize(
    ("side_mm", "slices", "is_gap"),
    [(10, 5, True), (10, 20, True), (11, 20, True), (13, 5, False), (13, 2, True), (10, 22, False)],
)
def test_over_more_slices_one_outline_among_several_is_missing_where_both_ends_are_much_alike(side_mm, slices, is_gap):
    """11 mm: 83 % of the larger square are shared, 13 mm: 59 %."""
    lower, upper_z_mm = column(range(0, 31, 3)), [30 + 3 * (slices + 1 + k) for k in range(10)]
    other = column(range(0, int(max(upper_z_mm)) + 1, 3), shapes.square(40, 0, 10))
    assert has_gap(together(lower, column(upper_z_mm, shapes.square(0, 0, side_mm)), other)) == is_gap


def test_of_two_areas_of_one_slice_that_face_one_another_nobody_knows_what_lies_between():
    solid = build_solid(together(column([0, 30])))
    assert volume_cc(solid) == pytest.approx(2 * 0.3)
    assert solid.at_most.is_anything


@pytest.mark.parametrize(("drawn", "missing", "is_known"), [(3, 6, True), (3, 7, False), (2, 4, True), (2, 5, False)])
def test_where_more_slices_are_missing_than_drawn_and_outlines_change_nothing_is_known(drawn, missing, is_known):
    """Slices of 3 mm on either side of a column that moves aside by 0.2 mm a slice, and of one that is straight."""
    numbers = [k for k in range(2 * drawn + missing) if not drawn <= k < drawn + missing]
    oblique = build_solid(together({3.0 * k: shapes.square(0.2 * k, 0, 10) for k in numbers}))
    assert oblique.at_most.is_anything != is_known
    straight = build_solid(together(column(3.0 * k for k in numbers)))
    assert volume_cc(straight.at_most) == pytest.approx((2 * drawn + missing) * 0.3)


def test_of_a_gap_in_an_outline_that_is_wider_than_any_patient_nothing_is_known():
    """A wild coordinate: what could lie between would be computed on a lattice of 200 m."""
    planes = column([0, 3, 6]) | {z: shapes.rectangle(-1e5, -1e5, 2e5, 2e5 + z) for z in (12.0, 15.0, 18.0)}
    solid = build_solid(together(planes))
    assert solid.at_most.is_anything
    assert not solid.is_empty


def test_the_most_in_a_gap_changes_from_slice_to_slice_as_much_as_the_slices_around_do():
    """A column that moves aside by 2 mm a slice of 3 mm; two are missing, one slice from either end."""
    planes = {3.0 * k: shapes.square(2 * k, 0, 10) for k in range(21)}
    whole = build_solid(together(planes))
    solid = build_solid(together({z: loop for z, loop in planes.items() if z not in (30, 33)}))
    assert volume_cc(combine(whole, solid.at_most, "difference")) == 0
    wide_mm2 = (16 + 2 * 2) * (10 + 2 * 2) - (4 - math.pi) * 2**2
    assert volume_cc(solid.at_most) == pytest.approx(19 * 0.3 + 6 * wide_mm2 / 1000, rel=5e-3)


def test_a_slice_left_out_of_an_oblique_structure_is_a_gap():
    """It moves aside by 5 mm a slice of 3 mm, and its outlines, 6 mm wide, do not overlap over the gap."""
    planes = {float(z): shapes.square(5 * z / 3, 0, 6) for z in range(0, 61, 3) if z != 30}
    assert has_gap(together(planes))


def test_a_slice_left_out_of_the_middle_of_a_ball_is_a_gap_and_none_at_its_ends():
    whole = ball(15, (0, 0, 0))
    for z in whole:
        left_out = together({at: loop for at, loop in whole.items() if at != z})
        assert has_gap(left_out) == (abs(z) < 12), z


@pytest.mark.parametrize("missing", range(1, 8))
@pytest.mark.parametrize("first", range(3, 12))
def test_the_bounds_hold_a_ball_whichever_slices_between_others_are_missing(first, missing):
    """Of 19 slices of a ball, three or more are left at either end: the middle is wider than both."""
    whole = ball(29, (0, 0, 0))
    gone = sorted(whole)[first : min(first + missing, len(whole) - 3)]
    solid = build_solid(together({z: loop for z, loop in whole.items() if z not in gone}))
    full = build_solid(together(whole))
    assert volume_cc(combine(full, solid.at_most, "difference")) < 1e-6 * volume_cc(full)


@pytest.mark.parametrize("shape", ["slabs", "interpolated"])
def test_the_bounds_hold_the_whole_column_whatever_the_shape(shape):
    z_mm = range(0, 61, 3)
    gappy = build_solid(together(column(z for z in z_mm if z != 30)), shape=shape)
    whole = volume_cc(build_solid(together(column(z_mm)), shape=shape))
    assert volume_cc(gappy) < whole == pytest.approx(volume_cc(gappy.at_most), rel=2e-3)


@pytest.mark.parametrize(
    ("sides_mm", "is_doubt"),
    [
        pytest.param([10, 10, 7.75], True, id="60 % at once"),
        pytest.param([10, 9.3, 8.5, 7.75], True, id="60 % by and by"),
        pytest.param([10, 9.9, 9.8, 9.7], True, id="hardly narrower"),
        pytest.param([10, 9, 8, 7], True, id="49 %, but only nothing after three slices more"),
        pytest.param([10, 10, 7], False, id="49 % at once"),
        pytest.param([10, 8, 5], False, id="25 %"),
    ],
)
def test_ends_that_face_one_another_are_those_of_two_parts_only_where_they_have_shrunk_to_tips(sides_mm, is_doubt):
    """Two columns of squares with their narrow ends toward each other, and seven slices of 3 mm between them."""
    lower = {3.0 * k: shapes.square(-side / 2, -side / 2, side) for k, side in enumerate(sides_mm)}
    top = max(lower) + 8 * 3.0
    upper = {top + max(lower) - z: loop for z, loop in lower.items()}
    assert has_gap(together(lower, upper)) == is_doubt


# --- what is made of structures that are not certain -------------------------------------------------------------

GAPPY = build_solid(together(column(z for z in range(0, 61, 3) if z != 30)))  # 20 to 21 slices of 0.3 cc
BLOCK = build_solid(together(column(range(-30, 91, 3), shapes.square(-10, -10, 30))))  # 41 slices of 2.7 cc


@pytest.mark.parametrize(
    ("a", "b", "operation", "least_cc", "most_cc"),
    [
        (GAPPY, BLOCK, "intersection", 20 * 0.3, 21 * 0.3),
        (BLOCK, GAPPY, "difference", 41 * 2.7 - 21 * 0.3, 41 * 2.7 - 20 * 0.3),
        (GAPPY, BLOCK, "union", 41 * 2.7, 41 * 2.7),
        (BLOCK, unknown("B is not drawn"), "difference", 0.0, 41 * 2.7),
        (BLOCK, unknown("B is not drawn"), "intersection", 0.0, 41 * 2.7),
    ],
)
def test_what_is_made_of_a_structure_with_a_gap_lies_between_the_extremes(a, b, operation, least_cc, most_cc):
    made = combine(a, b, operation)
    assert (volume_cc(made.at_least), volume_cc(made.at_most)) == pytest.approx((least_cc, most_cc))
    assert made.reasons == a.reasons + b.reasons


def test_a_union_with_what_is_not_known_is_no_less_than_the_other_and_can_be_anything():
    made = combine(BLOCK, unknown("B is listed without contours"), "union")
    assert volume_cc(made.at_least) == volume_cc(made) == pytest.approx(41 * 2.7)
    assert made.at_most.is_anything
    assert combine(made, BLOCK, "difference").at_most.is_anything
    assert grow(made, (5.0,) * 6).at_most.is_anything


def test_a_margin_around_a_structure_with_a_gap_has_bounds_as_well():
    """Grown by 2 mm along z the gap of 3 mm is closed: 13 x 13 mm at both ends of all but rounding."""
    grown = grow(GAPPY, (0.0, 0.0, 0.0, 0.0, 2.0, 2.0))
    assert volume_cc(grown) == pytest.approx(100 * 67 / 1000, rel=5e-3)
    assert volume_cc(grown.at_most) == pytest.approx(100 * 67 / 1000, rel=5e-3)
    assert volume_cc(grow(GAPPY, (0.0, 0.0, 0.0, 0.0, -1.0, -1.0))) < volume_cc(
        grow(GAPPY, (0.0, 0.0, 0.0, 0.0, -1.0, -1.0)).at_most
    )


def test_solids_that_are_certain_stay_so():
    assert combine(BLOCK, BLOCK, "union").is_certain
    assert grow(BLOCK, (1.0,) * 6).is_certain
    assert not Solid().is_anything
    assert ANYTHING.is_anything


# --- ends that are lines, and rinds --------------------------------------------------------------------------------


@pytest.mark.parametrize("width_mm", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("spacing_mm", [1.0, 2.0, 3.0])
def test_contours_that_are_nearly_lines_mark_the_ends_of_a_lying_cylinder(spacing_mm, width_mm):
    """Radius 12 mm, length 24 mm; without its two ends, 24 mm long and nearly no wide, up to 5 % are lost."""
    z_mm = np.arange(-12, 12.1, spacing_mm)
    planes = {}
    for z in z_mm:
        width = 2 * math.sqrt(max(144 - z**2, 0.0)) or width_mm
        planes[z] = [shapes.rectangle(-width / 2, -12, width, 24)]
    volume = volume_cc(build_solid(shapes.structure(planes), shape="interpolated"))
    assert volume == pytest.approx(math.pi * 144 * 24 / 1000, rel=0.004)


@pytest.mark.parametrize(("apart_mm", "is_rind"), [(0.3, True), (0.9, True), (1.1, False), (3.0, False)])
def test_nested_loops_less_than_a_pixel_apart_leave_a_rind_and_say_so(apart_mm, is_rind):
    """The hole is the outline again, drawn that much further in: 4 x apart x (20 - apart) mm2 are left of 400."""
    loops = [shapes.square(0, 0, 20), shapes.square(apart_mm, apart_mm, 20 - 2 * apart_mm)]
    structure = shapes.structure({0.0: loops, 3.0: loops, 6.0: loops})
    solid = build_solid(structure)
    assert volume_cc(solid) == pytest.approx(9 * 4 * apart_mm * (20 - apart_mm) / 1000)
    notices = [notice for notice in solid.notices if notice.code == "structure.rind"]
    assert bool(notices) == is_rind
    assert all("3 plane(s)" in notice.text and notice.structures == ("Shape",) for notice in notices)


def test_a_hole_that_comes_near_its_outline_on_one_side_only_is_no_rind():
    loops = [shapes.square(0, 0, 20), shapes.rectangle(0.3, 5, 10, 10)]
    assert build_solid(shapes.structure({0.0: loops, 3.0: loops})).notices == ()


def dot(side_mm=0.5):
    return shapes.square(5, 5, side_mm)


def test_slices_between_those_of_a_regular_drawing_on_which_points_are_drawn_are_missing():
    """A column of 100 mm2 on every third slice of 3 mm, seven times: without points what lies between is filled."""
    every_third = together(column(range(0, 61, 9)))
    assert build_solid(every_third).is_certain
    solid = build_solid(marked(every_third, [3, 6, 12, 15, 21, 24, 30, 33, 39, 42, 48, 51], POINT, is_open=False))
    assert volume_cc(solid.at_least) == pytest.approx(7 * 0.3)
    assert volume_cc(combine(build_solid(together(column(range(0, 55, 3)))), solid.at_most, "difference")) == 0


@pytest.mark.parametrize("sliver", [dot(), dot(1.4), shapes.rectangle(0, 5, 10, 0.1)], ids=["dot", "1.96 %", "line"])
@pytest.mark.parametrize("slices", [1, 5], ids=["one slice", "five slices"])
def test_slivers_between_full_outlines_hide_no_gap(sliver, slices):
    """21 slices of 100 mm2 and 3 mm; on some of them only a dot or a line is drawn."""
    z_mm = [30 + 3 * k for k in range(slices)]
    solid = build_solid(together(column(range(0, 61, 3)) | column(z_mm, sliver)))
    assert volume_cc(solid.at_least) == pytest.approx((21 - slices) * 0.3, rel=0.02)
    assert volume_cc(solid.at_most) == pytest.approx(21 * 0.3)
    assert solid.reasons == (f"slices of Shape are missing (z 27 to {30 + 3 * slices} mm)",)


@pytest.mark.parametrize(
    "planes",
    [
        pytest.param(column(range(0, 31, 3)) | column([33, 36], dot()), id="thin end above"),
        pytest.param(column([0, 3], dot()) | column(range(6, 31, 3)), id="thin end below"),
        pytest.param(column(range(0, 61, 3)) | column([30], dot(1.5)), id="a waist of 2.25 %"),
    ],
)
def test_thin_ends_and_waists_are_no_gap(planes):
    assert not has_gap(together(planes))


@pytest.mark.parametrize("sliver", [dot(), shapes.rectangle(0, 5, 10, 0.1)], ids=["dot", "line"])
@pytest.mark.parametrize("slices", [1, 2, 5])
def test_slivers_in_one_column_hide_no_gap_where_another_goes_on(sliver, slices):
    """Two columns of 100 mm2, 21 slices of 3 mm each; on some of them only a dot or a line is drawn in the one."""
    z_mm = [30 + 3 * k for k in range(slices)]
    other = column(range(0, 61, 3), shapes.square(40, 0, 10))
    solid = build_solid(together(column(range(0, 61, 3)) | column(z_mm, sliver), other))
    assert volume_cc(solid.at_most) == pytest.approx(2 * 21 * 0.3)
    assert volume_cc(solid.at_least) == pytest.approx((2 * 21 - slices) * 0.3, rel=0.02)
    assert solid.reasons == (f"slices of Shape are missing (z 27 to {30 + 3 * slices} mm)",)


def test_thin_branches_beside_a_column_are_no_gap():
    """A part that goes on as a branch of 2.25 mm2, which is more than a pixel and more than 2 %."""
    other = column(range(0, 61, 3), shapes.square(40, 0, 10))
    assert not has_gap(together(column(range(0, 31, 3)) | column(range(33, 61, 3), dot(1.5)), other))


# --- contours that enclose no area ---------------------------------------------------------------------------------


def marked(structure, z_mm, points_mm=SQUARE, *, is_open=True):
    marks = tuple(Mark(z_mm=float(z), points_mm=points_mm, is_open=is_open) for z in z_mm)
    return replace(structure, marks=(*structure.marks, *marks))


POINT = np.array([[5.0, 5.0]])
SHORT = together(column(range(0, 31, 3)))  # 11 slices of 100 mm2 and 3 mm


@pytest.mark.parametrize("end_caps", ["none", "half"])
@pytest.mark.parametrize(
    ("z_mm", "points_mm", "is_open", "slices"),
    [
        pytest.param([33], SQUARE, True, 1, id="one open contour"),
        pytest.param([-3, -6], SQUARE, True, 2, id="two below"),
        pytest.param([33, 36], POINT, False, 0, id="points on two slices mark the tip"),
        pytest.param([33, 36, 39], POINT, False, 3, id="points on three slices"),
        pytest.param([-3, -6, -9, -12], POINT, False, 4, id="points on four below"),
        pytest.param([33, 36, 39, 60], POINT, False, 3, id="a point far away is not of the run"),
        pytest.param([60, 90, 120], POINT, False, 0, id="points here and there"),
    ],
)
def test_beyond_an_end_contours_without_area_are_missing_slices(z_mm, points_mm, is_open, slices, end_caps):
    solid = build_solid(marked(SHORT, z_mm, points_mm, is_open=is_open), end_caps=end_caps)
    drawn_cc = 11 * 0.3 if end_caps == "half" else 10 * 0.3
    assert volume_cc(solid.at_least) == pytest.approx(drawn_cc)
    assert volume_cc(solid.at_most) == pytest.approx(drawn_cc + slices * 0.3)
    assert solid.is_certain == (slices == 0)
    if slices:
        end, far = (30, 30 + 3 * slices) if max(z_mm) > 0 else (-3 * slices, 0)
        assert solid.reasons == (f"slices of Shape are missing (z {end} to {far} mm)",)


def test_beyond_an_end_that_grows_toward_it_points_may_hold_wider_slices():
    """The lower part of a ball, and points alone on the slices above up to its middle."""
    whole = ball(29, (0, 0, 0))
    full = build_solid(together({z: loop for z, loop in whole.items() if z <= 0}))
    lower = together({z: loop for z, loop in whole.items() if z < -12})
    solid = build_solid(marked(lower, [z for z in whole if -12 <= z <= 0], POINT, is_open=False))
    assert volume_cc(combine(full, solid.at_most, "difference")) < 1e-6 * volume_cc(full)


@pytest.mark.parametrize(("dots", "slices"), [(2, 0), (3, 3), (5, 5)])
def test_dots_beyond_an_end_are_points(dots, slices):
    """0.25 mm2 a slice: the most is the full width as far as they go."""
    z_mm = [33 + 3 * k for k in range(dots)]
    solid = build_solid(together(column(range(0, 31, 3)) | column(z_mm, dot())))
    assert volume_cc(solid.at_most) == pytest.approx((11 + slices) * 0.3, rel=1e-3)


@pytest.mark.parametrize("flat", [np.array([[0.0, 0], [10, 0]]), np.array([[0.0, 0], [5, 0], [10, 0]])])
def test_closed_contours_without_area_beyond_an_end_are_points_too(flat):
    solid = build_solid(together(column(range(0, 31, 3)) | column([33, 36, 39], flat)))
    assert volume_cc(solid.at_most) == pytest.approx(14 * 0.3)


def test_points_beyond_one_columns_end_are_missing_slices_of_it_where_another_goes_on():
    """Two columns; of the one, points alone are left on ten slices at its upper end."""
    other = column(range(0, 61, 3), shapes.square(40, 0, 10))
    structure = marked(together(column(range(0, 31, 3)), other), range(33, 61, 3), POINT, is_open=False)
    solid = build_solid(structure)
    assert (volume_cc(solid), volume_cc(solid.at_most)) == pytest.approx(((11 + 21) * 0.3, 2 * 21 * 0.3))


def test_points_beyond_a_fragment_beside_a_column_are_its_tip():
    """A fragment of 4 mm2, as thresholds leave them, and points on three slices above it."""
    fragment = column(range(0, 31, 3), shapes.square(40, 0, 2))
    structure = marked(
        together(column(range(0, 61, 3)), fragment), [33, 36, 39], np.array([[41.0, 1.0]]), is_open=False
    )
    assert build_solid(structure).is_certain


def test_an_open_contour_beside_a_loop_may_be_a_part_and_one_within_it_a_hole():
    """On one of 11 slices: 100 mm2 beside, and 16 within, all of it 3 mm thick."""
    beside = marked(SHORT, [15], shapes.square(40, 0, 10))
    solid = build_solid(marked(beside, [15], shapes.square(3, 3, 4)))
    assert volume_cc(solid.at_most) == pytest.approx(12 * 0.3)
    assert volume_cc(solid.at_least) == pytest.approx(11 * 0.3 - 0.048)
    assert solid.reasons == ("contours of Shape are open (z 13.5 to 16.5 mm)",)
    assert build_solid(beside, gaps="open").is_certain
    assert volume_cc(build_solid(beside, gaps="filled")) == pytest.approx(12 * 0.3)


def test_open_contours_in_a_gap_may_be_wider_than_both_its_sides():
    """100 mm2 below and above, and open contours of 400 mm2 around it on two slices of 3 mm between."""
    whole = marked(
        together(column(z for z in range(0, 61, 3) if z not in (30, 33))), [30, 33], shapes.square(-5, -5, 20)
    )
    solid = build_solid(whole)
    assert (volume_cc(solid), volume_cc(solid.at_most)) == pytest.approx((19 * 0.3, 19 * 0.3 + 2 * 1.2))


def test_an_open_copy_of_a_loop_and_points_on_drawn_slices_are_no_doubt():
    solid = build_solid(marked(marked(SHORT, [15, 18]), [0, 3, 6, 9, 30], POINT, is_open=False))
    assert solid.is_certain
    assert solid.notices == ()


def test_a_structure_of_one_slice_goes_on_with_an_open_contour():
    """Its outline may be wider there by as much as slices are apart: 16 mm, with rounded corners."""
    solid = build_solid(marked(together(column([0])), [3]))
    wide_mm2 = 16**2 - (4 - math.pi) * 3**2
    assert (volume_cc(solid), volume_cc(solid.at_most)) == pytest.approx((0.3, 0.3 + 3 * wide_mm2 / 1000), rel=5e-3)


def centred(side_mm):
    return shapes.square(-side_mm / 2, -side_mm / 2, side_mm)


def test_points_beyond_an_end_where_an_organ_narrows_may_stand_for_wider_slices():
    """Sides of 12, 12, 11, 9 and 8 mm are drawn; 9 to 12 mm are not, but a point on each of those slices."""
    sides_mm = [12, 12, 11, 9, 8, 9, 10, 11, 12]
    planes = {3.0 * k: centred(side) for k, side in enumerate(sides_mm)}
    lower = together({z: loop for z, loop in planes.items() if z < 15})
    most = build_solid(marked(lower, [15, 18, 21, 24], POINT, is_open=False)).at_most
    assert volume_cc(combine(build_solid(together(planes)), most, "difference")) == 0
    assert volume_cc(most) < 0.003 * (144 + 144 + 121 + 81 + 64 + 4 * 20**2)  # corners move by 1.4 mm a slice


# --- what may be missing and need not be ---------------------------------------------------------------------------


BESIDE = shapes.square(40, 0, 10)


def doubts(structure):
    return {notice.code for notice in build_solid(structure).notices} & {"structure.parts", "structure.points-beyond"}


@pytest.mark.parametrize(
    ("parts", "is_doubt"),
    [
        pytest.param([column(range(0, 31, 3)), column(range(60, 91, 3), shapes.square(25, 0, 10))], True, id="aside"),
        pytest.param([column(range(0, 31, 3)), column(range(60, 91, 3), shapes.square(90, 0, 10))], False, id="apart"),
        pytest.param([ball(12, (0, 0, 0)), ball(12, (0, 0, 42))], False, id="two lesions over one another"),
        pytest.param(
            [column(range(0, 31, 3)), column(range(102, 133, 3)), column(range(0, 133, 3), BESIDE)],
            True, id="one outline among several, over 23 slices",
        ),
        pytest.param(
            [column(range(0, 31, 3)), column(range(48, 79, 3), centred(20)), column(range(0, 79, 3), BESIDE)],
            True, id="unlike ends",
        ),
        pytest.param(
            [column(range(0, 31, 3)), column(range(0, 79, 3), shapes.square(40, 0, 10))], False, id="ends for good"
        ),
        pytest.param([column(range(0, 61, 3)) | column([30], dot(3))], True, id="a slice of which 9 % are left"),
        pytest.param([column(range(0, 61, 3)) | column([30, 33], dot(3)), column(range(0, 61, 3), BESIDE)],
                     True, id="of one outline among several, on two slices"),
        pytest.param([column(range(0, 61, 3)) | column([30], dot(4))], False, id="a waist of 16 %"),
    ],
)  # fmt: skip
def test_a_structure_that_stops_at_its_full_width_and_begins_again_is_in_doubt(parts, is_doubt):
    structure = together(*parts)
    assert doubts(structure) == ({"structure.parts"} if is_doubt else set())
    assert build_solid(structure).is_certain


def islands(z_mm, side_mm=10, aside_mm=0.0):
    """Seven squares in a row."""
    return [column(z_mm, shapes.square(aside_mm + 20 * k, 0, side_mm)) for k in range(7)]


@pytest.mark.parametrize(
    ("parts", "is_doubt"),
    [
        pytest.param([*islands(range(0, 61, 3))], False, id="all of them"),
        pytest.param([*islands(range(0, 25, 3)), *islands(range(39, 64, 3), aside_mm=200)], True, id="on either side"),
        pytest.param([*islands([*range(0, 28, 3), *range(33, 61, 3)]), *islands([30], 3)], True, id="9 % are left"),
        pytest.param([*islands([*range(0, 28, 3), *range(33, 61, 3)]), *islands([30], 4)], False, id="16 % are left"),
    ],
)
def test_many_islands_that_all_stop_and_begin_again_are_in_doubt(parts, is_doubt):
    assert doubts(together(*parts)) == ({"structure.parts"} if is_doubt else set())


@pytest.mark.parametrize(
    ("planes", "z_mm", "is_doubt"),
    [
        pytest.param(column(range(0, 31, 3)), [33], True, id="full width"),
        pytest.param(column(range(0, 31, 3)), [-3, -6], True, id="two below"),
        pytest.param(column(range(0, 31, 3)), [45], False, id="somewhere else"),
        pytest.param(column(range(0, 31, 3)), [30], False, id="on the last slice"),
        pytest.param(column(range(0, 31, 3)) | column([33], centred(3)), [36], False, id="a thin end"),
        pytest.param(ball(12, (0, 0, 0)), [12], False, id="a ball"),
    ],
)
def test_a_point_beyond_an_end_is_in_doubt_unless_it_marks_a_tip(planes, z_mm, is_doubt):
    pointed = marked(together(planes), z_mm, POINT, is_open=False)
    assert doubts(pointed) == ({"structure.points-beyond"} if is_doubt else set())
