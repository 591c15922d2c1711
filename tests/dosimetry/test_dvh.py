"""The DVH as a whole: grids of any kind, clipping, extremes and their place, and what must not change it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import shapes

from rtcheck.dosimetry.curve import dose_at_volume_gy, volume_at_dose_cc
from rtcheck.dosimetry.dvh import compute_dvh
from rtcheck.geometry.boolean import combine
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Contour
from rtcheck.geometry.solid import Solid


def hill(x, y, z):
    """A smooth dose with its summit at (2, -1, 3)."""
    return 60 * np.exp(-((x - 2) ** 2 + (y + 1) ** 2 + 2 * (z - 3) ** 2) / 300)


def summary(dvh):
    """The numbers that two equal DVHs share."""
    shares = [dose_at_volume_gy(dvh, share * dvh.volume_inside_cc) for share in (0.98, 0.95, 0.5, 0.05, 0.02)]
    return [dvh.volume_cc, dvh.volume_outside_cc, dvh.mean_gy, dvh.min_gy, dvh.max_gy, *shares]


# --- extremes ----------------------------------------------------------------------------------------------------


def test_minimum_and_maximum_lie_on_nodes_inside_on_the_outline_and_on_slab_faces():
    dose = shapes.dose_over(-12, 12, 3, hill)
    cube = build_solid(shapes.cube(10, corner=(-5, -5, -5), spacing=2.5))
    dvh = compute_dvh(cube, dose)
    # The trilinear dose at every point of a fine grid that holds all nodes, faces and corners of the cube.
    fine = np.linspace(-5, 5, 41)
    samples = trilinear(dose, *np.meshgrid(fine, fine, fine, indexing="ij"))
    assert dvh.max_gy == pytest.approx(samples.max(), rel=1e-6)
    assert dvh.min_gy == pytest.approx(samples.min(), rel=1e-6)
    assert dvh.max_position_mm == pytest.approx((3, 0, 3))  # the node next to the summit
    assert trilinear(dose, *np.array(dvh.max_position_mm)[:, None])[0] == pytest.approx(dvh.max_gy, rel=1e-6)


def trilinear(dose, x, y, z):
    """Trilinear interpolation, written out."""
    total = np.zeros(np.shape(x))
    places = []
    for axis, position in ((dose.z_mm, z), (dose.y_mm, y), (dose.x_mm, x)):
        cell = np.clip(np.searchsorted(axis, position, side="right") - 1, 0, len(axis) - 2)
        places.append((cell, (position - axis[cell]) / (axis[cell + 1] - axis[cell])))
    for corner in itertools.product((0, 1), repeat=3):
        weight, index = 1.0, []
        for step, (cell, share) in zip(corner, places, strict=True):
            weight = weight * (share if step else 1 - share)
            index.append(cell + step)
        total = total + weight * dose.dose_gy[tuple(index)]
    return total


def test_the_maximum_on_a_slanted_edge_is_the_top_of_its_parabola():
    # dose xy on one cell; along the edge from (0, 4) to (4, 0) it is t (4 - t): highest, 4 Gy, in the middle
    dose = shapes.dose_on([0.0, 4.0], [0.0, 4.0], [-9.0, 9.0], lambda x, y, z: x * y + 0 * z)
    triangle = shapes.prism([np.array([[0, 0], [4, 0], [0, 4]])], low=-1, planes=2)
    dvh = compute_dvh(build_solid(triangle), dose)
    assert dvh.max_gy == pytest.approx(4.0)
    assert dvh.max_position_mm[:2] == pytest.approx((2, 2))


def test_a_maximum_on_a_dose_plane_inside_a_thick_slab_is_found():
    z = np.arange(-6.0, 6.1, 1.0)
    dose = shapes.dose_on([-9.0, 9.0], [-9.0, 9.0], z, lambda x, y, z: 10.0 + 5.0 * (z == 1) + 0 * (x + y))
    slab = shapes.structure({0.0: [shapes.square(-5, -5, 10)]}, thickness_mm=5.0)
    dvh = compute_dvh(build_solid(slab), dose)
    assert (dvh.min_gy, dvh.max_gy) == (10.0, 15.0)
    assert dvh.max_position_mm[2] == 1.0


@pytest.mark.parametrize("corner", list(itertools.product((-5.0, 0.0), repeat=3)))
def test_a_structure_on_the_border_of_the_grid_has_the_extremes_of_its_part_inside(corner):
    """The grid's last voxels end at -5 and 5 mm; beyond the nodes at -4 and 4 mm the dose stays as it is there."""
    dose = shapes.dose_over(-4, 4, 2, lambda x, y, z: 30.0 + x + 2 * y + 3 * z)
    dvh = compute_dvh(build_solid(shapes.cube(10, corner=corner)), dose)
    middle = [0.0 if low == -5.0 else (4 * 2.0 + 1 * 4.0) / 5 for low in corner]
    assert dvh.min_gy == pytest.approx(30 + np.maximum(corner, -4) @ [1, 2, 3], rel=1e-6)
    assert dvh.max_gy == pytest.approx(30 + 4 * (1 + 2 + 3), rel=1e-6)
    assert dvh.mean_gy == pytest.approx(30 + np.dot(middle, [1, 2, 3]), rel=1e-6)
    assert dvh.volume_inside_cc == pytest.approx(np.prod(5 - np.array(corner)) / 1000)
    assert dvh.volume_cc == pytest.approx(1.0)


# --- grids -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(True, False, False), (False, True, False), (False, False, True), (True, True, True)])
def test_a_grid_of_uneven_spacing_gives_the_exact_mean_and_straight_dvh_of_a_linear_dose(axes):
    even = np.arange(-15.0, 15.1, 2.5)
    uneven = np.array([-15.0, -9.1, -8.0, -4.2, -1.0, -0.7, 2.0, 5.0, 5.5, 9.0, 15.0])
    x, y, z = (uneven if is_uneven else even for is_uneven in axes)
    dose = shapes.dose_on(x, y, z, lambda x, y, z: 40 + x + 0.5 * y - 0.25 * z)
    dvh = compute_dvh(build_solid(shapes.sphere(7.0, 0.5, centre=(1.0, -2.0, 0.5))), dose)
    assert dvh.mean_gy == pytest.approx(40 + 1 - 1 - 0.125, rel=1e-5)
    assert dose_at_volume_gy(dvh, dvh.volume_cc / 2) == pytest.approx(39.875, abs=0.02)
    steepest = np.sqrt(1 + 0.25 + 0.0625)
    assert dvh.max_gy == pytest.approx(39.875 + 7 * steepest, abs=0.15)
    assert dvh.volume_outside_cc == 0.0


def test_the_grid_ends_half_a_step_beyond_its_outermost_nodes():
    dose = shapes.dose_on([-6.0, 0.0, 2.0], [-9.0, 9.0], [-9.0, 9.0], 10.0)
    dvh = compute_dvh(build_solid(shapes.cube(10, corner=(-5, -5, -5))), dose)
    assert dvh.volume_outside_cc == pytest.approx(0.2)  # from 3 to 5 of 10 mm
    assert dvh.volume_at_least_cc[0] == pytest.approx(0.8)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_in_the_outer_half_of_the_last_voxel_the_dose_is_that_of_its_node(axis):
    """The dose rises by 1 Gy/mm up to 44 Gy at the last node, 4 mm; the voxel, and the cube, end at 5 mm."""
    dose = shapes.dose_over(-8, 4, 2, lambda x, y, z: 40.0 + (x, y, z)[axis] + 0 * (x + y + z))
    dvh = compute_dvh(build_solid(shapes.cube(4, corner=[1 if k == axis else -2 for k in range(3)])), dose)
    assert dvh.volume_outside_cc == 0.0
    assert (dvh.min_gy, dvh.max_gy) == pytest.approx((41.0, 44.0))
    assert dvh.mean_gy == pytest.approx((3 * 42.5 + 44) / 4)
    assert volume_at_dose_cc(dvh, 44.0) == pytest.approx(0.064 / 4, rel=1e-4)


def test_a_structure_that_only_touches_the_grid_lies_outside():
    dose = shapes.dose_on([7.5, 12.5], [-9.0, 9.0], [-9.0, 9.0], 10.0)
    dvh = compute_dvh(build_solid(shapes.cube(10, corner=(-5, -5, -5))), dose)
    assert dvh.volume_outside_cc == pytest.approx(1.0)
    assert np.isnan(dvh.mean_gy)


def test_a_structure_beside_the_grid_whose_bounding_box_overlaps_it_lies_outside():
    ring = shapes.prism([shapes.square(-20, -20, 40), shapes.square(-19, -19, 38)], low=-5)
    dvh = compute_dvh(build_solid(ring), shapes.dose_over(-9, 9, 3, 10.0))
    assert dvh.volume_outside_cc == dvh.volume_cc == pytest.approx((1600 - 38**2) * 10 / 1000)


def test_a_slab_over_many_dose_planes_has_the_dvh_of_all_of_them():
    axis = shapes.nodes(-10, 10, 1)
    dose = shapes.dose_on(axis, axis, axis, lambda x, y, z: z**2 + 0 * (x + y))
    slab = build_solid(shapes.structure({0.0: [shapes.square(-5, -5, 10)]}, thickness_mm=20.0))
    dvh = compute_dvh(slab, dose)
    assert dose_at_volume_gy(dvh, dvh.volume_cc / 2) == pytest.approx(25, rel=0.01)
    assert dose_at_volume_gy(dvh, dvh.volume_cc / 10) == pytest.approx(81, rel=0.01)


def test_the_mean_from_the_histogram_is_the_mean_computed_by_itself():
    dvh = compute_dvh(build_solid(shapes.sphere(9, 2)), shapes.dose_over(-14, 14, 2.5, hill))
    middle = (dvh.dose_gy[1:] + dvh.dose_gy[:-1]) / 2
    from_histogram = np.dot(middle, -np.diff(dvh.volume_at_least_cc)) / dvh.volume_cc
    assert from_histogram == pytest.approx(dvh.mean_gy, rel=2e-4)


# --- what changes nothing ----------------------------------------------------------------------------------------

outlines = st.builds(lambda seed, points: np.round(wobbly(seed, points), 3), st.integers(0, 10_000), st.integers(3, 30))


def wobbly(seed, points):
    random = np.random.default_rng(seed)
    angle = np.arange(points) * 2 * np.pi / points
    radius = random.uniform(2, 9, points)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def case(outline, spacing=2.0):
    return shapes.prism([outline], low=-5.0, planes=4, spacing=spacing), shapes.dose_over(-12, 12, 2.5, hill, shift=0.3)


@settings(max_examples=30)
@given(outlines)
def test_a_dvh_never_rises_and_runs_from_the_whole_volume_to_nothing(outline):
    structure, dose = case(outline)
    dvh = compute_dvh(build_solid(structure), dose)
    assert (np.diff(dvh.dose_gy) > 0).all()
    assert (np.diff(dvh.volume_at_least_cc) <= 0).all()
    assert dvh.volume_at_least_cc[0] == pytest.approx(dvh.volume_cc)
    assert dvh.volume_at_least_cc[-1] == pytest.approx(0, abs=1e-9)
    assert dvh.dose_gy[0] == pytest.approx(dvh.min_gy, abs=0.02)
    assert dvh.dose_gy[-1] == pytest.approx(dvh.max_gy, abs=0.02)
    assert dvh.min_gy <= dvh.mean_gy <= dvh.max_gy


@settings(max_examples=20)
@given(outlines, st.tuples(*[st.integers(-200, 200)] * 3))
def test_moving_patient_and_dose_together_changes_nothing(outline, shift):
    structure, dose = case(outline)
    moved = shapes.mapped(structure, lambda points: points + shift)
    grid = shapes.dose_on(dose.x_mm + shift[0], dose.y_mm + shift[1], dose.z_mm + shift[2], 0.0)
    grid.dose_gy.flags.writeable = True
    grid.dose_gy[:] = dose.dose_gy
    before, after = compute_dvh(build_solid(structure), dose), compute_dvh(build_solid(moved), grid)
    assert summary(after) == pytest.approx(summary(before), rel=1e-5, abs=1e-6)


@settings(max_examples=20)
@given(outlines, st.sampled_from([1, 2, 3]), st.booleans())
def test_turning_by_quarters_and_mirroring_change_nothing(outline, turns, mirror):
    structure, dose = case(outline)
    turned = shapes.rotated(structure, turns)
    values = np.rot90(dose.dose_gy, -turns, axes=(1, 2))  # rows run along y, which points down in an image
    x, y = dose.x_mm, dose.y_mm
    for _ in range(turns):
        x, y = -y[::-1], x
    if mirror:
        turned = shapes.mapped(turned, lambda points: points * [-1, 1, 1])
        x, values = -x[::-1], values[:, :, ::-1]
    grid = shapes.dose_on(x, y, dose.z_mm, lambda *_: values)
    before, after = compute_dvh(build_solid(structure), dose), compute_dvh(build_solid(turned), grid)
    assert summary(after) == pytest.approx(summary(before), rel=1e-4, abs=1e-5)


@settings(max_examples=20)
@given(outlines, outlines)
def test_the_dvhs_of_union_and_intersection_add_up_to_those_of_the_operands(first, second):
    dose = case(first)[1]
    a, b = (build_solid(case(outline)[0]) for outline in (first, second))
    parts = [volume_above(solid, dose) for solid in (a, b, combine(a, b, "union"), combine(a, b, "intersection"))]
    assert parts[2] + parts[3] == pytest.approx(parts[0] + parts[1], abs=0.02 * parts[2].max() + 1e-4)


def volume_above(solid: Solid, dose):
    """Volumes that receive at least 20, 40 and 55 Gy. [cc]"""
    if solid.is_empty:
        return np.zeros(3)
    dvh = compute_dvh(solid, dose)
    return np.interp([20, 40, 55], dvh.dose_gy, dvh.volume_at_least_cc, left=dvh.volume_cc, right=0.0)


@settings(max_examples=20)
@given(outlines)
def test_refinement_changes_neither_volume_nor_mean_nor_extremes(outline):
    structure, dose = case(outline)
    solid = build_solid(structure)
    coarse, fine = compute_dvh(solid, dose), compute_dvh(solid, dose, refinement=2)
    assert summary(fine)[:5] == pytest.approx(summary(coarse)[:5], rel=1e-5)
    assert summary(fine)[5:] == pytest.approx(summary(coarse)[5:], abs=0.5)


def test_the_direction_of_drawing_changes_nothing():
    structure, dose = case(wobbly(3, 12))
    backward = type(structure)(
        name="B", number=2, contours=tuple(Contour(vertices_mm=c.vertices_mm[::-1]) for c in structure.contours)
    )
    assert summary(compute_dvh(build_solid(backward), dose)) == summary(compute_dvh(build_solid(structure), dose))


def test_a_shape_drawn_with_a_keyhole_and_with_a_nested_hole_has_one_dvh():
    outer, hole = shapes.circle(9, points=40), shapes.circle(4, points=24)
    dose = shapes.dose_over(-12, 12, 2.5, hill)
    nested, bridged = (
        compute_dvh(build_solid(shapes.prism(loops, low=-5)), dose)
        for loops in ([outer, hole], [shapes.keyhole(outer, hole[::-1])])
    )
    assert summary(bridged) == pytest.approx(summary(nested), rel=1e-6)


def test_extremes_come_from_the_drawn_solid_where_one_is_given():
    drawn, other = (build_solid(shapes.cube(side, corner=(-side / 2,) * 3)) for side in (10, 6))
    dvh = compute_dvh(other, shapes.dose_over(-12, 12, 2, shapes.gradient("x")), drawn=drawn)
    assert (dvh.min_gy, dvh.max_gy) == pytest.approx((11, 21))
    assert dvh.volume_cc == pytest.approx(0.216)
