"""Fields on a lattice: the compiled kernel against its numpy twin, which is the reference."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.kernels import in_numpy, needs_compiled

from rtcheck.errors import GeometryError
from rtcheck.geometry import _kernel
from rtcheck.geometry.between_planes import Bridge, Ending, Plane
from rtcheck.geometry.contours import Contour, Structure
from rtcheck.geometry.interpolated import interpolated_solid
from rtcheck.geometry.lattice import Lattice
from rtcheck.geometry.layering import Layering
from rtcheck.geometry.level_set import zero_level, zero_level_in_numpy
from rtcheck.geometry.margins.distance import squared_distances, squared_distances_in_numpy
from rtcheck.geometry.plane_field import (
    PlaneField,
    boundary_tiles,
    boundary_tiles_in_numpy,
    edges_around,
    filled_loops,
    filled_loops_in_numpy,
    nodes_shared,
    nodes_shared_in_numpy,
    overlapping,
)
from rtcheck.geometry.planes import planes_of

pytestmark = needs_compiled

ROUNDING = 1e-12
LATTICE = Lattice.around(np.array([0.0, 0.0]), np.array([20.0, 14.0]), spacing_mm=1.0)

# On nodes' columns and rows, between them, repeated, and far apart: pieces without length and level edges come along.
ordinates = st.one_of(st.integers(0, 14).map(float), st.floats(0, 14), st.integers(0, 13).map(lambda n: n + 0.0137))
loops = st.lists(st.tuples(ordinates, ordinates), min_size=3, max_size=9).map(np.array)
planes = st.lists(loops, min_size=1, max_size=4).map(tuple)
some_tiles = st.sets(st.integers(0, len(LATTICE.all_tiles) - 1), min_size=1).map(lambda tiles: np.array(sorted(tiles)))
seeds = st.integers(0, 2**32 - 1)


def rough(seed, *shape):
    """Numbers with zeros, ties and saddles among them."""
    random = np.random.default_rng(seed)
    return np.where(random.random(shape) < 0.3, random.integers(-1, 2, shape), random.normal(size=shape))


@given(planes)
@settings(max_examples=80)
def test_loops_are_filled_with_the_same_nodes(plane):
    ours, reference = filled_loops(LATTICE, plane), filled_loops_in_numpy(LATTICE, plane)
    areas = reference.radius_mm**2 * np.pi
    np.testing.assert_allclose(ours.radius_mm**2 * np.pi, areas, rtol=0, atol=1e-9)
    assume(areas.min() > 1e-6)  # a line has no direction to be turned to
    np.testing.assert_array_equal(ours.owner, reference.owner)
    for mine, its in zip(ours.loops_mm, reference.loops_mm, strict=True):
        np.testing.assert_array_equal(mine, its)


@given(planes, planes)
@settings(max_examples=80)
def test_loops_share_the_same_nodes_and_cross_the_same_tiles(plane, other):
    filled, facing = filled_loops(LATTICE, plane), filled_loops(LATTICE, other)
    shared, has_nodes = nodes_shared(filled, facing)
    its_shared, its_nodes = nodes_shared_in_numpy(filled, facing)
    np.testing.assert_array_equal(shared, its_shared)
    if not shared.all():  # of loops that share nodes nobody has to know whether they have any
        np.testing.assert_array_equal(has_nodes, its_nodes)
    with in_numpy():
        expected = overlapping(filled, facing)
    assert overlapping(filled, facing) == expected
    both = (filled.is_inside, facing.is_inside, *(np.vstack([*map(edges_around, each)]) for each in (plane, other)))
    np.testing.assert_array_equal(boundary_tiles(LATTICE, *both), boundary_tiles_in_numpy(LATTICE, *both))


@given(planes, some_tiles, st.data())
@settings(max_examples=80)
def test_the_fields_of_planes_are_the_same(plane, tiles, data):
    chosen = tuple(sorted(data.draw(st.sets(st.integers(0, len(plane) - 1), min_size=1))))
    field = PlaneField(LATTICE, filled_loops_in_numpy(LATTICE, plane), chosen)
    np.testing.assert_allclose(field.at(tiles), field.compute_in_numpy(tiles), rtol=ROUNDING, atol=1e-12)
    np.testing.assert_array_equal(field.at(tiles[::2]), field.at(tiles)[::2])


@given(loops, some_tiles)
@settings(max_examples=80)
def test_distances_from_edges_are_the_same(loop, tiles):
    edges = edges_around(loop)
    np.testing.assert_allclose(
        squared_distances(LATTICE, tiles, edges), squared_distances_in_numpy(LATTICE, tiles, edges),
        rtol=ROUNDING, atol=1e-12,
    )  # fmt: skip


@given(some_tiles, seeds)
@settings(max_examples=80)
def test_edges_around_what_is_negative_are_the_same_to_the_last_bit(tiles, seed):
    field = rough(seed, len(tiles), 5, 5)
    np.testing.assert_array_equal(zero_level(LATTICE, tiles, field), zero_level_in_numpy(LATTICE, tiles, field))


@given(st.lists(planes, min_size=6, max_size=6), some_tiles, st.booleans(), st.booleans(), seeds)
@settings(max_examples=80, deadline=None)
def test_layers_are_the_same(loops_of, tiles, is_alone, has_holes, seed):
    def plane(k):
        filled = filled_loops_in_numpy(LATTICE, loops_of[k])
        return Plane(z_mm=3.0 * k, field=PlaneField(LATTICE, filled, filled.everything))

    innermost, below, low, high, above, island = (plane(k) for k in range(6))
    outer = Bridge(below=None if is_alone else below, low=low, high=high, above=None if has_holes else above)
    forms = [[outer, Ending(end=low, inner=below, innermost=None, reach_mm=7.5)]]
    if has_holes:
        forms += [
            [
                Ending(end=high, inner=None, innermost=None, reach_mm=6.0),
                Bridge(below=None, low=low, high=high, above=above),
            ]
        ]
        forms += [[Ending(end=low, inner=below, innermost=innermost, reach_mm=9.0)]]
    elif is_alone:
        forms += [[], [Ending(end=island, inner=None, innermost=None, reach_mm=12.0)]]
    inside = tuple(filled_loops_in_numpy(LATTICE, loops_of[k]).is_inside for k in (2, 3))
    layering = Layering(lattice=LATTICE, inside=inside, level_mm2=np.random.default_rng(seed).uniform(0, 0.3))
    faces_mm = np.linspace(6.0, 9.0, 7)
    for z_mm in (6.0, 7.1, 20.0):
        lowest_mm2 = layering.lowest_in_numpy(forms, tiles, z_mm)
        assert layering.lowest_mm2(forms, tiles, z_mm) == pytest.approx(lowest_mm2, rel=ROUNDING, abs=1e-9)
    try:
        reference = layering.layers_in_numpy(forms, tiles, faces_mm)
    except IndexError:  # the surface runs off the lattice
        with pytest.raises(GeometryError, match="runs off"):
            layering.layers(forms, tiles, faces_mm)
        return
    ours = layering.layers(forms, tiles, faces_mm)
    assert len(ours) == len(reference) == 6
    for mine, its in zip(ours, reference, strict=True):
        np.testing.assert_allclose(mine, its, rtol=0, atol=1e-9)


def test_layers_without_any_field_or_tile_are_empty():
    inside = (np.zeros((LATTICE.node_rows, LATTICE.node_columns), dtype=bool),) * 2
    layering = Layering(lattice=LATTICE, inside=inside, level_mm2=0.1)
    no_tiles = np.empty(0, dtype=np.int64)
    for forms in ([], [[]]):
        assert [len(edges) for edges in layering.layers(forms, no_tiles, np.array([0.0, 1.0, 2.0]))] == [0, 0]
        assert [len(edges) for edges in layering.layers(forms, np.array([9]), np.array([0.0, 1.0]))] == [0]


@given(seeds, st.integers(2, 5), st.sampled_from(["none", "half", "full"]))
@settings(max_examples=25, deadline=None)
def test_interpolated_solids_are_the_same(seed, count, end_caps):
    random = np.random.default_rng(seed)
    contours = []
    for k in range(count):
        for centre in ((0.0, 0.0), (25.0, 0.0))[: random.integers(1, 3)]:
            for radius in (random.uniform(4, 9), random.uniform(1, 3))[: random.integers(1, 3)]:
                angle = np.sort(random.uniform(0, 2 * np.pi, 20))
                wobble = radius * (1 + 0.1 * random.uniform(-1, 1, 20))
                xy = np.array(centre) + wobble[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
                contours.append(Contour(vertices_mm=np.insert(xy, 2, 3.0 * k, axis=1)))
    found = planes_of(Structure(name="Organ", number=1, contours=tuple(contours)))
    ours = interpolated_solid(found, end_caps=end_caps)
    with in_numpy():
        reference = interpolated_solid(found, end_caps=end_caps)
    assert [slab.z_low_mm for slab in ours.slabs] == [slab.z_low_mm for slab in reference.slabs]
    for mine, its in zip(ours.slabs, reference.slabs, strict=True):
        np.testing.assert_allclose(mine.edges_mm, its.edges_mm, rtol=0, atol=1e-9)
    assert all(low.z_high_mm <= high.z_low_mm + 1e-9 for low, high in pairwise(ours.slabs))


def test_tiles_off_the_lattice_and_loops_without_points_are_refused():
    edges = edges_around(np.array([[0.0, 0], [1, 0], [1, 1]]))
    numbers = LATTICE.numbers
    for tile in (-1, len(LATTICE.all_tiles)):
        with pytest.raises(ValueError, match="outside its lattice"):
            _kernel.native.squared_distances(edges, np.array([tile]), np.empty(25), numbers)
    with pytest.raises(ValueError, match="too short"):
        _kernel.native.squared_distances(edges, np.array([0, 1]), np.empty(25), numbers)
    with pytest.raises(ValueError, match="no points"):
        _kernel.native.fill(
            edges, np.array([0, 3, 3]), np.empty(6), np.empty(2), np.empty(LATTICE.node_rows * 99, np.int32), numbers
        )


def test_fields_that_are_none_or_of_another_lattice_are_refused():
    native, numbers, other = _kernel.native, LATTICE.numbers, (0.0, 0.0, 1.0, 5, 5)
    square = edges_around(np.array([[0.2, 0.2], [3, 0.2], [3, 3]]))
    one = np.array([0]), np.ones(1), np.ones(1, np.int64)
    field = native.field(square, np.array([0, 3]), *one[1:], np.zeros(25, np.int32), other)
    kinds, z, tiles, faces = np.array([1, 0, 0, -1, -1, -1]), np.zeros(5), np.array([0]), np.array([0.0, 1.0])
    inside, counts = np.zeros(LATTICE.node_rows * LATTICE.node_columns, bool), np.zeros(1, np.int64)
    with pytest.raises(ValueError, match="no such fields"):
        native.zone((field,), kinds, z, tiles, inside, inside, faces, counts, 0.1, numbers)
    for wrong in ([2, 0, 0, -1, -1, -1], [1, 0, 1, -1, -1, -1], [0, 0, 0, 0, -1, 0], [1, 0, 0, -1, 0, -1]):
        with pytest.raises(ValueError, match="no such fields"):
            native.zone((field,), np.array(wrong), z, tiles, inside, inside, faces, counts, 0.1, other)
    with pytest.raises(ValueError, match="PyCapsule"):
        native.zone((None,), kinds, z, tiles, inside, inside, faces, counts, 0.1, numbers)
    with pytest.raises(ValueError, match="outside its lattice"):
        native.field_at(field, np.array([1]), np.empty(25))
    with pytest.raises(ValueError, match="too short"):
        native.field_at(field, np.array([0]), np.empty(24))
