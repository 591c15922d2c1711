"""Ellipsoids, a cylinder and barrels whose end planes lie half a slice inside their ends, in linear gradients."""

from collections.abc import Iterator

import numpy as np
from support import shapes
from validation.phantom import Phantom
from validation.truth import FloatArray, Truth

from rtcheck.geometry.contours import Structure

CENTRE_GY = 24.0
HALF_AXES_MM = {
    "sphere": (12.0, 12.0, 12.0),
    "small sphere": (6.0, 6.0, 6.0),
    "tall ellipsoid": (9.0, 9.0, 18.0),
    "flat ellipsoid": (15.0, 15.0, 9.0),
    "ellipsoid of three axes": (14.0, 10.0, 12.0),
}
BARREL_REACH_MM = 12.0  # a barrel is an ellipsoid of half height 24 mm cut off half-way; the cylinder never ends
SPACINGS_MM = (1.0, 2.0, 3.0)


def phantoms() -> Iterator[Phantom]:
    """Every solid with contours and dose at 1, 2 and 3 mm; minimum and maximum are those of the drawn contours."""
    for spacing_mm in SPACINGS_MM:
        for name, (a, b, c) in HALF_AXES_MM.items():
            yield from _both_gradients(name, a, b, c, c, spacing_mm)
        yield from _both_gradients("barrel", 12.0, 10.0, 24.0, BARREL_REACH_MM, spacing_mm)
        yield from _both_gradients("cylinder", 12.0, 12.0, np.inf, BARREL_REACH_MM, spacing_mm)


def _both_gradients(name: str, a: float, b: float, c: float, reach_mm: float, spacing_mm: float) -> Iterator[Phantom]:
    """An ellipsoid with half axes a, b, c along x, y, z, cut off at z = -reach and reach."""
    ellipse = shapes.circle(1.0, points=720) * [a, b]
    z = shapes.slice_positions(reach_mm, spacing_mm) * (2 * reach_mm / spacing_mm) / np.ceil(2 * reach_mm / spacing_mm)
    structure = shapes.structure({each: [ellipse * np.sqrt(1 - (each / c) ** 2)] for each in z.tolist()})
    for gradient in ("y", "z"):
        s = np.linspace(-1, 1, 4001) * (b if gradient == "y" else reach_mm)
        volume_mm3 = _beyond_along_y(s, a, b, c, reach_mm) if gradient == "y" else _beyond_along_z(s, a, b, c)
        yield Phantom(
            name=f"{name}, gradient {gradient}, {spacing_mm:g} mm",
            structure=structure,
            dose=shapes.dose_over(-24, 24, spacing_mm, shapes.gradient(gradient, centre_gy=CENTRE_GY), shift=0.37),
            truth=Truth(
                dose_gy=CENTRE_GY + s,
                volume_at_least_cc=volume_mm3 / 1000,
                extremes_gy=_drawn_gy(structure, gradient, reach_mm),
            ),
            left_out=("Volume",) if gradient == "z" else (),
        )


def _beyond_along_z(s: FloatArray, a: float, b: float, c: float) -> FloatArray:
    def below(z: FloatArray) -> FloatArray:
        return np.pi * a * b * (z - z**3 / (3 * c**2))

    return below(s[-1:]) - below(s)


def _beyond_along_y(s: FloatArray, a: float, b: float, c: float, reach_mm: float) -> FloatArray:
    """The section at y is an ellipse with half axes a w, c w, w^2 = 1 - (y / b)^2, cut off at z = -reach and reach."""
    w = np.sqrt(np.maximum(1 - (s / b) ** 2, 0.0))
    if np.isinf(c):
        area = 4 * a * w * reach_mm
    else:
        u = np.minimum(reach_mm / np.maximum(c * w, 1e-12), 1.0)
        area = 2 * a * c * w**2 * (u * np.sqrt(1 - u**2) + np.arcsin(u))
    steps = (area[1:] + area[:-1]) / 2 * np.diff(s)
    return np.append(np.cumsum(steps[::-1])[::-1], 0.0)


def _drawn_gy(structure: Structure, gradient: str, reach_mm: float) -> tuple[float, float]:
    if gradient == "z":
        return CENTRE_GY - reach_mm, CENTRE_GY + reach_mm
    y_mm = np.concatenate([contour.vertices_mm[:, 1] for contour in structure.contours])
    return CENTRE_GY + float(y_mm.min()), CENTRE_GY + float(y_mm.max())
