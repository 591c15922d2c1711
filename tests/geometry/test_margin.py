"""Margins in three dimensions, against Steiner's formula and other closed forms."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from support import shapes
from support.shapes import volume_mm3

from rtcheck.geometry.build import build_solid
from rtcheck.geometry.margins.margin import QUICK, grow
from rtcheck.geometry.solid import Solid

BOX = (30.0, 20.0, 24.0)


def box() -> Solid:
    return build_solid(shapes.prism([shapes.rectangle(0, 0, BOX[0], BOX[1])], planes=8, spacing=3.0))


def extent_mm(solid):
    points = np.concatenate([slab.edges_mm[:, :2] for slab in solid.slabs])
    z = [face for slab in solid.slabs for face in (slab.z_low_mm, slab.z_high_mm)]
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return [x0, x1, y0, y1, min(z), max(z)]


def is_closed(slab):
    starts = Counter(map(tuple, slab.edges_mm[:, :2].tolist()))
    return starts == Counter(map(tuple, slab.edges_mm[:, 2:].tolist()))


def steiner_mm3(margin):
    """Volume of the box grown by a ball."""
    a, b, c = BOX
    faces, edges = 2 * (a * b + b * c + a * c), a + b + c
    return a * b * c + faces * margin + math.pi * edges * margin**2 + 4 / 3 * math.pi * margin**3


@pytest.mark.parametrize("margin", [1.0, 3.0, 5.0, 10.0])
def test_a_box_grown_by_a_margin_has_steiners_volume(margin):
    assert volume_mm3(grow(box(), (margin,) * 6)) == pytest.approx(steiner_mm3(margin), rel=1e-3)


@pytest.mark.parametrize("margin", [1.0, 3.0, 5.0])
def test_a_box_shrunk_by_a_margin_is_a_smaller_box(margin):
    a, b, c = (side - 2 * margin for side in BOX)
    shrunk = grow(box(), (-margin,) * 6)
    assert volume_mm3(shrunk) == pytest.approx(a * b * c, rel=5e-3)
    expected = [margin, BOX[0] - margin, margin, BOX[1] - margin, margin, BOX[2] - margin]
    assert extent_mm(shrunk) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("spacing", "radius", "margin"), [(1.0, 20.0, 5.0), (3.0, 30.0, 8.0), (0.5, 20.0, -5.0)])
def test_a_sphere_grown_is_the_larger_sphere(spacing, radius, margin):
    grown = grow(build_solid(shapes.sphere(radius, spacing)), (margin,) * 6)
    assert volume_mm3(grown) == pytest.approx(4 / 3 * math.pi * (radius + margin) ** 3, rel=4e-3)


def test_six_different_margins_reach_as_far_as_each_says_with_ellipsoidal_octants():
    left, right, posterior, anterior, superior, inferior = margins = (2.0, 5.0, 3.0, 8.0, 4.0, 6.0)
    a, b, c = BOX
    along_x, along_y, along_z = left + right, posterior + anterior, superior + inferior
    slabs = a * b * along_z + b * c * along_x + a * c * along_y
    edges = math.pi / 4 * (c * along_x * along_y + a * along_y * along_z + b * along_x * along_z)
    corners = math.pi / 6 * along_x * along_y * along_z
    grown = grow(box(), margins)
    assert volume_mm3(grown) == pytest.approx(a * b * c + slabs + edges + corners, rel=1e-3)
    expected = [-right, a + left, -anterior, b + posterior, -inferior, c + superior]
    assert extent_mm(grown) == pytest.approx(expected, abs=0.02)


def test_shrinking_by_six_margins_takes_each_from_its_own_side():
    shrunk = grow(box(), (-2.0, -5.0, -3.0, -8.0, -4.0, -6.0))
    assert extent_mm(shrunk) == pytest.approx([5.0, 28.0, 8.0, 17.0, 6.0, 20.0], abs=0.02)


@pytest.mark.parametrize(
    ("margins", "factor"),
    [((5, 0, 0, 0, 0, 0), 35 / 30), ((0, 0, 0, 0, 5, 0), 29 / 24), ((0, 0, 0, 0, -5, 0), 19 / 24)],
)
def test_a_margin_on_one_side_moves_that_side_alone(margins, factor):
    assert volume_mm3(grow(box(), margins)) == pytest.approx(math.prod(BOX) * factor, rel=2e-3)


def test_growing_a_sphere_along_z_alone_stretches_it():
    grown = grow(build_solid(shapes.sphere(15.0, 1.0)), (0, 0, 0, 0, 5, 5))
    assert volume_mm3(grown) == pytest.approx(4 / 3 * math.pi * 15**3 + math.pi * 15**2 * 10, rel=4e-3)


def test_a_hole_narrower_than_twice_the_margin_closes():
    holed = build_solid(shapes.prism([shapes.square(0, 0, 30), shapes.square(12, 12, 6)], planes=10, spacing=3.0))
    grown = grow(holed, (4.0,) * 6)
    a, margin = 30.0, 4.0
    solid = a**3 + 6 * a * a * margin + 3 * math.pi * a * margin**2 + 4 / 3 * math.pi * margin**3
    assert volume_mm3(grown) == pytest.approx(solid, rel=1e-3)


def test_a_missing_slice_is_filled_by_a_margin_of_more_than_half_of_it():
    square = shapes.square(0, 0, 20)
    parted = build_solid(shapes.structure({z: [square] for z in (0.0, 2.0, 4.0, 10.0, 12.0, 14.0)}))
    grown = grow(parted, (3.0,) * 6)
    heights = [(slab.z_low_mm, slab.z_high_mm) for slab in grown.slabs]
    assert heights[0][0] == pytest.approx(-4.0)
    assert heights[-1][1] == pytest.approx(18.0)
    assert all(low == pytest.approx(high) for (_, high), (low, _) in pairwise(heights))


def test_shrinking_by_more_than_half_the_width_leaves_nothing():
    assert grow(box(), (-11.0,) * 6).is_empty


def test_an_empty_solid_stays_empty():
    assert grow(Solid(), (5.0,) * 6).is_empty


def test_no_margin_changes_nothing():
    solid = box()
    assert tuple(grow(solid, (0.0,) * 6).slabs) == tuple(solid.slabs)


@pytest.mark.parametrize(
    "margins", [(3, 3, 3, 3, 3, 3), (5, 2, 5, 2, 5, 2), (0, 4, 0, 4, 3, 3), (-2, -2, -2, -2, -2, -2)]
)
def test_the_outline_of_every_layer_is_closed(margins):
    grown = grow(build_solid(shapes.sphere(9.0, 1.0, centre=(3.3, -1.7, 0.4))), margins)
    assert all(is_closed(slab) for slab in grown.slabs)


@pytest.mark.parametrize("margin", [1.0, 3.0])
def test_a_quick_margin_is_within_half_a_percent_of_steiner(margin):
    grown = grow(box(), (margin,) * 6, fineness=QUICK)
    assert volume_mm3(grown) == pytest.approx(steiner_mm3(margin), rel=5e-3)
    shrunk = grow(box(), (-margin,) * 6, fineness=QUICK)
    a, b, c = (side - 2 * margin for side in BOX)
    assert volume_mm3(shrunk) == pytest.approx(a * b * c, rel=5e-3)
