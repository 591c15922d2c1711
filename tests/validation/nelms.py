"""The phantoms of Nelms et al. 2015 (Med Phys 42:4435): a sphere, cylinders and cones in linear gradients.

Radius 12 mm, height 24 mm, 16 Gy at the centre, 1 Gy/mm toward posterior or superior. The cylinder and the cone stand
along z or lie along y. Contours lie on z = -12 .. 12 mm; where a section shrinks to a point or a line it is drawn
0.01 mm wide. The truth counts half a slice beyond the flat ends of what stands; the minimum and the maximum along z are
those of the drawn slices. Volumes are counted once for both gradients: 340 values of fine contours, 255 of coarse ones.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from support import shapes
from validation.phantom import Phantom
from validation.truth import FloatArray, Truth, segment_area

from rtcheck.geometry.contours import Structure

R, H, CENTRE_GY = 12.0, 24.0, 16.0
POLE_MM = 0.005  # half the width of what is drawn at a pole
FINE = tuple((0.2, dose_mm) for dose_mm in (0.4, 1.0, 2.0, 3.0))
COARSE = tuple((mm, mm) for mm in (1.0, 2.0, 3.0))

VolumeBeyond = Callable[[FloatArray], FloatArray]  # mm3 beyond s mm from the centre, along the gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A solid: its outline in a plane z, how far beyond its ends the contours' slices reach, and its volumes."""

    name: str
    outline: Callable[[float], FloatArray]
    cap: float  # in slices, at the flat ends across z
    volume_beyond: Callable[
        [str, float], tuple[VolumeBeyond, float, float]
    ]  # gradient, cap_mm -> volume, least s, most s


def phantoms(spacings: tuple[tuple[float, float], ...]) -> Iterator[Phantom]:
    """All bodies and gradients for (contour, dose) spacings in mm."""
    for contour_mm, dose_mm in spacings:
        for body in BODIES:
            structure = _drawn(body, contour_mm)
            drawn_mm = _drawn_reach_mm(structure, contour_mm)
            cap_mm = body.cap * contour_mm
            for gradient in ("y", "z"):
                dose = shapes.dose_over(-18, 18, dose_mm, shapes.gradient(gradient), shift=0.37)
                yield Phantom(
                    name=f"{body.name}, gradient {gradient}, contours {contour_mm:g} mm, dose {dose_mm:g} mm",
                    structure=structure,
                    dose=dose,
                    truth=_truth(*body.volume_beyond(gradient, cap_mm), drawn=drawn_mm if gradient == "z" else None),
                    left_out=("Volume",) if gradient == "z" else (),
                )


def _drawn(body: Body, spacing_mm: float) -> Structure:
    planes = {z: [body.outline(z)] for z in np.linspace(-12, 12, round(24 / spacing_mm) + 1).tolist()}
    return shapes.structure(planes)


def _drawn_reach_mm(structure: Structure, spacing_mm: float) -> tuple[float, float]:
    """From half a slice below the lowest plane to half a slice above the highest."""
    z = [float(contour.vertices_mm[0, 2]) for contour in structure.contours]
    return min(z) - spacing_mm / 2, max(z) + spacing_mm / 2


def _truth(volume_beyond: VolumeBeyond, low: float, high: float, *, drawn: tuple[float, float] | None) -> Truth:
    s = np.linspace(low, high, 2001)
    extremes_gy = None if drawn is None else (CENTRE_GY + drawn[0], CENTRE_GY + drawn[1])
    return Truth(dose_gy=CENTRE_GY + s, volume_at_least_cc=volume_beyond(s) / 1000, extremes_gy=extremes_gy)


def _circle(radius: float) -> FloatArray:
    return shapes.circle(max(radius, POLE_MM))


def _lying(radius_at: Callable[[FloatArray], FloatArray], first_y_at: Callable[[float], float], z: float) -> FloatArray:
    """The section at z of a body of revolution about y, which begins at y = `first_y_at`(z)."""
    z = min(abs(z), math.sqrt(R**2 - POLE_MM**2))
    y = np.linspace(min(first_y_at(z), 12 - 2 * POLE_MM), 12, 2001)
    x = np.sqrt(np.maximum(radius_at(y) ** 2 - z**2, POLE_MM**2))
    return np.column_stack([np.concatenate([x, -x[::-1]]), np.concatenate([y, y[::-1]])])


def _sphere(gradient: str, cap_mm: float) -> tuple[VolumeBeyond, float, float]:
    return lambda s: np.pi / 3 * (R - s) ** 2 * (2 * R + s), -R, R


def _cylinder(axis: str) -> Callable[[str, float], tuple[VolumeBeyond, float, float]]:
    def volume(gradient: str, cap_mm: float) -> tuple[VolumeBeyond, float, float]:
        if gradient == axis:
            return lambda s: np.pi * R**2 * (12 + cap_mm - s), -12 - cap_mm, 12 + cap_mm
        return lambda s: (H + 2 * cap_mm) * np.array([float(segment_area(np.array(R), each)) for each in s]), -R, R

    return volume


def _cone(axis: str) -> Callable[[str, float], tuple[VolumeBeyond, float, float]]:
    def along(s: FloatArray, cap_mm: float) -> FloatArray:
        body = np.pi * R**2 * H / 3 * (1 - ((np.minimum(s, 12) + 12) / H) ** 3)
        return body + np.pi * R**2 * (cap_mm - np.maximum(0.0, s - 12))

    def across(s: FloatArray, cap_mm: float) -> FloatArray:
        z = np.linspace(0, H, 4001)
        body = [float(np.trapezoid(segment_area(R * z / H, each), z)) for each in s]
        return np.array(body) + cap_mm * np.array([float(segment_area(np.array(R), each)) for each in s])

    def volume(gradient: str, cap_mm: float) -> tuple[VolumeBeyond, float, float]:
        if gradient == axis:
            return lambda s: along(s, cap_mm), -12.0, 12 + cap_mm
        return lambda s: across(s, cap_mm), -R, R

    return volume


BODIES = (
    Body(name="sphere", outline=lambda z: _circle(np.sqrt(max(R**2 - z**2, 0))), cap=0.0, volume_beyond=_sphere),
    Body(name="standing cylinder", outline=lambda z: _circle(R), cap=0.5, volume_beyond=_cylinder("z")),
    Body(
        name="lying cylinder",
        outline=lambda z: _lying(lambda y: np.full_like(y, R), lambda z: -12.0, z),
        cap=0.0,
        volume_beyond=_cylinder("y"),
    ),
    Body(name="standing cone", outline=lambda z: _circle(R * (z + 12) / H), cap=0.5, volume_beyond=_cone("z")),
    Body(
        name="lying cone",
        outline=lambda z: _lying(lambda y: R * (y + 12) / H, lambda z: z * H / R - 12, z),
        cap=0.0,
        volume_beyond=_cone("y"),
    ),
)
