"""An edge soup -> closed loops: for those who need outlines (drawing, distances), not areas."""

import math

import numpy as np

from rtcheck.geometry.contours import FloatArray

Point = tuple[float, float]


def loops_of_edges(edges: FloatArray) -> list[FloatArray]:
    """The closed loops, each (n, 2) [mm], of directed and balanced edges x0, y0, x1, y1 (n, 4).

    Every point must be left as often as it is reached. Loops that meet in a point are kept apart there.

    >>> [len(loop) for loop in loops_of_edges(cube.slabs[0].edges_mm)]
    [4]
    """
    leaving: dict[Point, list[Point]] = {}
    for x0, y0, x1, y1 in edges.tolist():
        leaving.setdefault((x0, y0), []).append((x1, y1))
    loops = []
    while leaving:
        start = next(iter(leaving))
        loops.append(np.array(_walk(start, leaving)))
    return [loop for loop in loops if len(loop) >= 3]


def _walk(start: Point, leaving: dict[Point, list[Point]]) -> list[Point]:
    """Follow edges from `start` until it is reached again, using them up; at a crossroads the leftmost turn."""
    path = [start]
    came_from, here = start, _take(start, None, leaving)
    while here != start:
        path.append(here)
        came_from, here = here, _take(here, came_from, leaving)
    return path


def _take(here: Point, came_from: Point | None, leaving: dict[Point, list[Point]]) -> Point:
    ways = leaving[here]
    if len(ways) == 1 or came_from is None:
        way = ways.pop()
    else:
        way = max(ways, key=lambda to: _turn(came_from, here, to))
        ways.remove(way)
    if not ways:
        del leaving[here]
    return way


def _turn(before: Point, here: Point, after: Point) -> float:
    """The angle turned at `here`, left positive, -pi to pi."""
    in_x, in_y = here[0] - before[0], here[1] - before[1]
    out_x, out_y = after[0] - here[0], after[1] - here[1]
    return math.atan2(in_x * out_y - in_y * out_x, in_x * out_x + in_y * out_y)
