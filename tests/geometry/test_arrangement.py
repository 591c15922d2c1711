"""Overlays of loops that cross themselves and each other in every degenerate way: coordinates on a coarse grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.geometry.loops import loops_in_plane
from rtcheck.geometry.overlay import boundary

coarse = st.integers(0, 7)
loops = st.lists(st.tuples(coarse, coarse), min_size=3, max_size=25).map(lambda points: np.array(points, dtype=float))


def area(inside, *drawn):
    """The area where `inside` holds for the odd-even membership in each of the drawn loops."""
    edges = loops_in_plane(drawn).edges_mm
    region = np.repeat(np.arange(len(drawn)), [len(loop) for loop in drawn])
    outline, _ = boundary(edges, np.zeros(len(edges), dtype=np.int64), region, lambda winding: inside(winding % 2 != 0))
    x0, y0, x1, y1 = outline.T
    return float(np.sum(x0 * y1 - x1 * y0)) / 2


def in_any(members):
    return members.any(axis=1)


def in_all(members):
    return members.all(axis=1)


def is_inside(loop, points):
    x0, y0 = loop.T
    x1, y1 = np.roll(loop, -1, axis=0).T
    px, py = points[:, :1], points[:, 1:]
    spans = (y0 > py) != (y1 > py)
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = spans & (px < x0 + (py - y0) * (x1 - x0) / (y1 - y0))
    return np.count_nonzero(crosses, axis=1) % 2 == 1


@settings(max_examples=60)
@given(loops)
def test_the_area_of_a_loop_that_crosses_itself_agrees_with_a_count_of_points(loop):
    fine = (np.arange(210) + 0.5) / 30
    points = np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2)
    assert area(in_any, loop) == pytest.approx(is_inside(loop, points).mean() * 49, abs=0.5)


@settings(max_examples=100)
@given(loops, loops)
def test_union_and_intersection_of_tangled_loops_are_as_large_as_both(first, second):
    both = area(in_any, first, second) + area(in_all, first, second)
    assert both == pytest.approx(area(in_any, first) + area(in_any, second), abs=1e-3)


@settings(max_examples=60)
@given(loops, st.sampled_from([1e-7, 1e-6, 1e-5, 1e-4, 1e-3]), st.integers(0, 1000))
def test_loops_equal_but_for_noise_have_their_area_in_common(loop, noise_mm, seed):
    noisy = loop + np.random.default_rng(seed).normal(0, noise_mm, loop.shape)
    length = np.hypot(*(np.roll(loop, -1, axis=0) - loop).T).sum()
    tolerance = 5 * (noise_mm + 1e-3) * length + 1e-3
    assert area(in_all, loop, noisy) == pytest.approx(area(in_any, loop), abs=tolerance)


def test_planes_do_not_see_one_another():
    square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]], dtype=float)
    edges = loops_in_plane([square, square + 1]).edges_mm
    outline, plane = boundary(edges, np.repeat([0, 1], 4), np.zeros(8, dtype=np.int64), lambda w: w[:, 0] % 2 != 0)
    assert np.bincount(plane).tolist() == [4, 4]
    assert len(outline) == 8
