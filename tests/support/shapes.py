"""A gallery of named shapes and doses with known volumes: contours of solids, untidy drawings, gradients."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry.contours import Contour, FloatArray, Structure
from rtcheck.geometry.solid import Solid

DoseFunction = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
Point = Sequence[float]


# --- loops in a plane: (n, 2) mm -------------------------------------------------------------------------------


def rectangle(x: float, y: float, width: float, height: float) -> FloatArray:
    """Corner (x, y), counter-clockwise."""
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], dtype=float)


def square(x: float, y: float, side: float) -> FloatArray:
    return rectangle(x, y, side, side)


def circle(radius: float, *, centre: Point = (0.0, 0.0), points: int = 360, of_equal_area: bool = True) -> FloatArray:
    """A regular polygon; by default with exactly the circle's area."""
    step = 2 * math.pi / points
    if of_equal_area:
        radius *= math.sqrt(step / math.sin(step))
    angle = np.arange(points) * step
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def keyhole(outer: ArrayLike, inner: ArrayLike) -> FloatArray:
    """One loop that goes along `outer`, over a bridge of no width around `inner`, and back: first points are joined."""
    outer, inner = np.asarray(outer, dtype=float), np.asarray(inner, dtype=float)
    return np.concatenate([outer, outer[:1], inner, inner[:1]])


# --- structures ------------------------------------------------------------------------------------------------


def contour(loop: ArrayLike, z: float, *, xor: bool = False) -> Contour:
    """A loop (n, 2) put into the plane z."""
    loop = np.asarray(loop, dtype=float)
    return Contour(vertices_mm=np.column_stack([loop, np.full(len(loop), z)]), is_xor=xor)


def structure(
    planes: dict[float, Iterable[ArrayLike]],
    *,
    name: str = "Shape",
    thickness_mm: float | None = None,
    xor: bool = False,
) -> Structure:
    """A structure from its loops by z."""
    contours = tuple(contour(loop, z, xor=xor) for z, loops in planes.items() for loop in loops)
    return Structure(name=name, number=1, contours=contours, slab_thickness_mm=thickness_mm)


def prism(
    loops: Iterable[ArrayLike], *, low: float = 0.0, planes: int = 10, spacing: float = 1.0, xor: bool = False
) -> Structure:
    """The same loops on every plane; with half end caps it fills z from `low` to `low + planes * spacing`."""
    loops = [np.asarray(loop, dtype=float) for loop in loops]
    return structure({low + (k + 0.5) * spacing: loops for k in range(planes)}, xor=xor)


def cube(side: float = 10.0, *, corner: Point = (0.0, 0.0, 0.0), spacing: float = 1.0) -> Structure:
    """A cube with its lowest corner at `corner`."""
    planes = round(side / spacing)
    return prism([square(corner[0], corner[1], side)], low=corner[2], planes=planes, spacing=side / planes)


def stack(radius_at: Callable[[float], float], z: Iterable[float], *, centre: Point = (0.0, 0.0, 0.0)) -> Structure:
    """Circles of radius `radius_at(z)`, relative to the centre; none where that is not positive."""
    return structure({centre[2] + k: [circle(radius_at(k), centre=centre[:2])] for k in z if radius_at(k) > 0})


def slice_positions(reach: float, spacing: float) -> FloatArray:
    """Planes `spacing` apart whose slabs fill -reach to reach; `reach` is rounded up to whole slabs."""
    half = math.ceil(2 * reach / spacing - 1e-9)
    return (np.arange(half) - (half - 1) / 2) * spacing


def sphere(radius: float, spacing: float, *, centre: Point = (0.0, 0.0, 0.0)) -> Structure:
    """Circles of a sphere, planes `spacing` apart and symmetric about its centre."""
    z = [k for k in slice_positions(radius, spacing) if abs(k) < radius]
    return stack(lambda k: math.sqrt(max(radius**2 - k**2, 0.0)), z, centre=centre)


def empty(name: str = "Empty") -> Structure:
    return Structure(name=name, number=1)


def rotated(shape: Structure, quarter_turns: int) -> Structure:
    """Turned about the z axis, counter-clockwise."""
    turn = np.linalg.matrix_power(np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]), quarter_turns % 4)
    return mapped(shape, lambda points: points @ turn.T.astype(float))


def mapped(shape: Structure, function: Callable[[FloatArray], FloatArray]) -> Structure:
    """The structure with a function applied to all points (n, 3)."""
    contours = tuple(Contour(vertices_mm=function(c.vertices_mm), is_xor=c.is_xor) for c in shape.contours)
    return Structure(name=shape.name, number=shape.number, contours=contours, slab_thickness_mm=shape.slab_thickness_mm)


# --- doses -----------------------------------------------------------------------------------------------------


def nodes(low: float, high: float, spacing: float) -> FloatArray:
    """Positions `spacing` apart from `low`, up to `high` or the first beyond it."""
    return low + spacing * np.arange(math.ceil((high - low) / spacing - 1e-9) + 1)


def dose_on(x: ArrayLike, y: ArrayLike, z: ArrayLike, function: DoseFunction | float) -> DoseGrid:
    """A dose grid with nodes at x, y, z and the dose of a function (or a number) there."""
    x, y, z = (np.asarray(axis, dtype=float) for axis in (x, y, z))
    if callable(function):
        dose: NDArray[np.float64] = function(x[None, None, :], y[None, :, None], z[:, None, None])
    else:
        dose = np.array(function, dtype=float)
    dose_gy = np.broadcast_to(dose, (len(z), len(y), len(x))).astype(np.float32)
    return DoseGrid(dose_gy=dose_gy, x_mm=x, y_mm=y, z_mm=z)


def dose_over(
    low: float, high: float, spacing: float, function: DoseFunction | float, *, shift: float = 0.0
) -> DoseGrid:
    """A cubic grid from `low` to `high` (moved by `shift`) on all axes."""
    axis = nodes(low + shift, high + shift, spacing)
    return dose_on(axis, axis, axis, function)


def gradient(axis: str, *, centre_gy: float = 16.0, gy_per_mm: float = 1.0) -> DoseFunction:
    """Dose rising linearly along x, y or z; `centre_gy` at the origin."""
    return lambda x, y, z: centre_gy + gy_per_mm * {"x": x, "y": y, "z": z}[axis]


# --- measures taken independently of the engine ----------------------------------------------------------------


def volume_mm3(solid: Solid) -> float:
    """Volume by the shoelace formula over each slab's edges."""
    total = 0.0
    for slab in solid.slabs:
        x0, y0, x1, y1 = slab.edges_mm.T
        total += float(np.sum(x0 * y1 - x1 * y0)) / 2 * (slab.z_high_mm - slab.z_low_mm)
    return total
