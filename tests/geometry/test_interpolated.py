"""The shape between planes, against closed forms."""

import math
from collections import Counter

import numpy as np
import pytest
from support import shapes
from support.shapes import volume_mm3

from rtcheck.geometry.build import build_solid


def interpolated(structure, end_caps="half"):
    return build_solid(structure, shape="interpolated", end_caps=end_caps)


def is_closed(slab):
    starts = Counter(map(tuple, slab.edges_mm[:, :2].tolist()))
    return starts == Counter(map(tuple, slab.edges_mm[:, 2:].tolist()))


def reach_mm(solid):
    return solid.slabs[0].z_low_mm, solid.slabs[-1].z_high_mm


@pytest.mark.parametrize(("radius", "spacing"), [(1.5, 1.0), (2.5, 1.0), (5.0, 2.0), (12.0, 3.0), (40.0, 5.0)])
def test_a_sphere_has_its_volume_however_few_planes_show_it(radius, spacing):
    solid = interpolated(shapes.sphere(radius, spacing, centre=(0.3, -0.7, 0.0)))
    assert volume_mm3(solid) == pytest.approx(4 / 3 * math.pi * radius**3, rel=2e-3)


def test_a_sphere_whose_poles_lie_a_whole_slice_beyond_its_end_planes_is_closed_at_them():
    planes = np.arange(-9.0, 9.1, 3.0)
    solid = interpolated(shapes.stack(lambda z: math.sqrt(144 - z * z), planes))
    assert volume_mm3(solid) == pytest.approx(4 / 3 * math.pi * 12**3, rel=2e-3)
    assert reach_mm(solid) == pytest.approx((-12, 12), abs=0.5)


@pytest.mark.parametrize(("end_caps", "reach"), [("none", 9.0), ("half", 10.0), ("full", 11.0)])
def test_a_cylinder_ends_where_its_caps_say(end_caps, reach):
    solid = interpolated(shapes.stack(lambda z: 8.0, np.arange(-9.0, 9.1, 2.0)), end_caps)
    assert reach_mm(solid) == pytest.approx((-reach, reach))
    assert volume_mm3(solid) == pytest.approx(math.pi * 64 * 2 * reach, rel=2e-3)


def test_a_cone_between_two_planes_is_a_cone():
    solid = interpolated(shapes.stack(lambda z: 4.0 + z, [0.0, 2.0, 4.0, 6.0]), "none")
    assert volume_mm3(solid) == pytest.approx(math.pi / 3 * (10**3 - 4**3), rel=5e-3)


def test_no_cap_reaches_beyond_the_outline_of_its_end_plane():
    solid = interpolated(shapes.stack(lambda z: 4.0 + 2 * z, [0.0, 2.0, 4.0, 6.0]), "full")
    cap = [slab for slab in solid.slabs if slab.z_low_mm >= 6.0]
    assert cap
    assert max(np.abs(slab.edges_mm).max() for slab in cap) <= 16.05


def test_a_hollow_sphere_has_the_volume_of_the_shell():
    planes = np.arange(-13.5, 13.6, 3.0)
    section = {
        z: [shapes.circle(math.sqrt(225 - z * z)), *([shapes.circle(math.sqrt(81 - z * z))] if abs(z) < 9 else [])]
        for z in planes.tolist()
    }
    assert volume_mm3(interpolated(shapes.structure(section))) == pytest.approx(
        4 / 3 * math.pi * (15**3 - 9**3), rel=5e-3
    )


def test_two_loops_that_meet_one_become_one_and_keep_the_volume_between_their_areas():
    apart = [shapes.circle(5.0, centre=(x, 0.0)) for x in (-6.0, 6.0)]
    joined = [shapes.rectangle(-11, -5, 22, 10)]
    solid = interpolated(shapes.structure({0.0: apart, 2.0: apart, 4.0: joined, 6.0: joined}), "none")
    area_apart, area_joined = 2 * math.pi * 25, 220.0
    total = volume_mm3(solid)
    assert 2 * area_apart + 2 * area_joined + 2 * area_apart < total < 2 * area_apart + 4 * area_joined


def test_a_loop_without_a_counterpart_ends_within_half_a_slice():
    both = [shapes.circle(5.0), shapes.circle(4.0, centre=(30.0, 0.0))]
    solid = interpolated(shapes.structure({0.0: both, 2.0: both, 4.0: both[:1], 6.0: both[:1]}), "none")
    beside = [slab for slab in solid.slabs if slab.edges_mm[:, 0].max() > 20]
    assert beside[-1].z_high_mm == pytest.approx(3.0)


def test_a_missing_slice_is_not_bridged():
    square = shapes.square(0, 0, 20)
    solid = interpolated(shapes.structure({z: [square] for z in (0.0, 2.0, 4.0, 10.0, 12.0, 14.0)}))
    assert not any(slab.z_low_mm < 7.0 < slab.z_high_mm for slab in solid.slabs)
    assert volume_mm3(solid) == pytest.approx(400 * 12, rel=5e-3)


@pytest.mark.parametrize("spacing", [1.0, 2.5])
def test_the_outline_of_every_layer_is_closed(spacing):
    shell = {
        float(z): [shapes.circle(14.0 + 0.5 * z, centre=(z, 0)), shapes.circle(3.0, centre=(z, 2.0))]
        for z in np.arange(-8, 8.1, spacing)
    }
    solid = interpolated(shapes.structure(shell))
    assert all(is_closed(slab) for slab in solid.slabs)


def layers_between_mm(solid, low, high):
    return [slab.z_high_mm - slab.z_low_mm for slab in solid.slabs if low - 1e-9 < slab.z_low_mm < high - 1e-9]


@pytest.mark.parametrize(("radius", "slope", "layers"), [(41, 0, 2), (41, 0.3, 2), (41, 0.4, 4), (39, 0, 4), (8, 0, 4)])
def test_where_a_large_structure_is_steep_it_has_half_as_many_layers(radius, slope, layers):
    solid = interpolated(shapes.stack(lambda z: radius + slope * z, np.arange(-6.0, 6.1, 3.0)))
    assert layers_between_mm(solid, 0.0, 3.0) == pytest.approx([3.0 / layers] * layers)
    assert layers_between_mm(solid, 6.0, 7.5) == pytest.approx([0.75] * 2)


def test_where_a_large_tilted_cylinder_moves_aside_its_layers_are_thin():
    section = {z: [shapes.circle(50.0, centre=(z, 0.0))] for z in (0.0, 3.0, 6.0)}
    assert len(layers_between_mm(interpolated(shapes.structure(section)), 0.0, 3.0)) == 4


def test_a_large_sphere_has_its_volume_and_thin_layers_toward_its_poles():
    solid = interpolated(shapes.sphere(60.0, 3.0))
    assert volume_mm3(solid) == pytest.approx(4 / 3 * math.pi * 60**3, rel=1e-4)
    # The radius changes by a third of the step in z at a height of 60 / sqrt(10) = 19 mm.
    assert set(np.round(layers_between_mm(solid, -15.0, 15.0), 3)) == {1.5}
    assert max(layers_between_mm(solid, 24.0, 61.0)) <= 0.75 + 1e-9


def test_a_structure_of_one_plane_is_its_slab():
    one = shapes.structure({1.0: [shapes.square(0, 0, 10)]}, thickness_mm=3.0)
    assert volume_mm3(interpolated(one)) == pytest.approx(300.0)


def test_an_empty_structure_is_an_empty_solid():
    assert interpolated(shapes.empty()).is_empty
