"""Exact coverage of cells: against areas and moments by hand, and against a fine count of points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import shapes

from rtcheck.geometry.coverage import cover, cut_at_grid_lines
from rtcheck.geometry.loops import loops_in_plane


def coverage_of(*loops, rows=10, columns=10):
    edges = loops_in_plane([np.asarray(loop, dtype=float) for loop in loops]).edges_mm
    slab = np.zeros(len(edges), dtype=np.int64)
    return cover(cut_at_grid_lines(edges, slab, rows, columns), rows, columns)


def area_map(coverage, rows=10, columns=10):
    """The covered share of every cell (rows, columns)."""
    areas = np.zeros((rows, columns))
    areas[coverage.row, coverage.column] = coverage.area
    for row, column, length in zip(coverage.run_row, coverage.run_column, coverage.run_length, strict=True):
        areas[row, column : column + length] += 1
    return areas


def test_a_rectangle_covers_its_cells_by_their_share():
    areas = area_map(coverage_of(shapes.rectangle(1.25, 2.5, 2.5, 1.0)))
    expected = np.zeros((10, 10))
    expected[2, 1:4] = np.array([0.75, 1, 0.75]) * 0.5
    expected[3, 1:4] = np.array([0.75, 1, 0.75]) * 0.5
    assert areas == pytest.approx(expected)


def test_a_rectangle_on_the_grid_lines_fills_whole_cells():
    areas = area_map(coverage_of(shapes.rectangle(2, 3, 4, 2)))
    expected = np.zeros((10, 10))
    expected[3:5, 2:6] = 1
    assert areas == pytest.approx(expected)


def test_a_rectangle_over_the_whole_grid_fills_it():
    assert area_map(coverage_of(shapes.rectangle(-3, -5, 40, 50))) == pytest.approx(np.ones((10, 10)))
    assert area_map(coverage_of(shapes.rectangle(0, 0, 10, 10))) == pytest.approx(np.ones((10, 10)))


@pytest.mark.parametrize("corner", [(-3, 2), (8, 2), (2, -3), (2, 8), (-3, -3), (8, 8)])
def test_what_lies_outside_the_grid_is_cut_off(corner):
    expected = np.zeros((10, 10))
    x, y = corner
    expected[max(y, 0) : y + 5, max(x, 0) : x + 5] = 1
    assert area_map(coverage_of(shapes.square(x, y, 5))) == pytest.approx(expected)


def test_what_lies_wholly_beside_the_grid_covers_nothing():
    for x, y in [(-8, 2), (12, 2), (2, -8), (2, 12)]:
        assert area_map(coverage_of(shapes.square(x, y, 5))).sum() == pytest.approx(0)


def test_the_moments_of_a_triangle_are_those_of_its_centroid():
    c = coverage_of([[3.0, 4.0], [4.0, 4.0], [3.0, 5.0]])
    assert c.area == pytest.approx([0.5])
    assert (c.mean_u[0], c.mean_v[0]) == pytest.approx((1 / 3, 1 / 3))
    assert c.mean_uv[0] == pytest.approx(1 / 12)  # integral of uv over the triangle 1/24, by its area 1/2


def test_a_hole_within_one_cell_leaves_the_rest_of_it():
    c = coverage_of(shapes.square(3, 3, 1), shapes.square(3.25, 3.25, 0.5)[::-1])
    assert c.area == pytest.approx([0.75])
    assert c.mean_u == pytest.approx([0.5])


polygons = st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0.02, 0.98)), min_size=3, max_size=12).map(
    lambda parts: star(parts)
)


def star(parts):
    """A star-shaped polygon around (5, 5) that reaches beyond the grid in places."""
    angle = (np.arange(len(parts)) + np.array([p[1] for p in parts])) / len(parts) * 2 * np.pi
    radius = 7 * np.array([p[0] for p in parts])
    polygon = np.column_stack([5 + radius * np.cos(angle), 5 + radius * np.sin(angle)])
    return polygon if shoelace_area(polygon) > 0 else polygon[::-1]


def shoelace_area(polygon):
    x, y = polygon.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def is_inside(polygon, points):
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    px, py = points[:, :1], points[:, 1:]
    spans = (y0 > py) != (y1 > py)
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = spans & (px < x0 + (py - y0) * (x1 - x0) / (y1 - y0))
    return np.count_nonzero(crosses, axis=1) % 2 == 1


@settings(max_examples=40)
@given(polygons)
def test_the_covered_area_agrees_with_a_count_of_points(polygon):
    fine = (np.arange(400) + 0.5) / 40
    points = np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2)
    counted = is_inside(polygon, points).reshape(10, 40, 10, 40).mean(axis=(1, 3))
    assert area_map(coverage_of(polygon)) == pytest.approx(counted, abs=0.06)


@settings(max_examples=60)
@given(polygons, st.integers(1, 30), st.integers(1, 30))
def test_the_covered_areas_add_up_to_the_polygon_on_any_grid(polygon, rows, columns):
    polygon = (polygon + 3) / 16 * [columns, rows]  # wholly within the grid
    areas = area_map(coverage_of(polygon, rows=rows, columns=columns), rows, columns)
    assert areas.sum() == pytest.approx(shoelace_area(polygon))
