"""Shapes that are hard to rebuild from planes, in linear gradients: holes, keyholes, branches, leaning cylinders.

Each is given by its contours and by the length of its chords along y at (x, z); its volumes are integrals of those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from support import shapes
from validation.phantom import Phantom
from validation.truth import FloatArray, Truth

from rtcheck.geometry.contours import FloatArray as Loop
from rtcheck.geometry.contours import Structure

CENTRE_GY = 40.0
SPACINGS_MM = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """`loops` of a plane z; `chord` length along y [mm] at (x, z); within |x| < `width_mm`, |z| < `height_mm`."""

    name: str
    loops: Callable[[float], list[Loop]]
    chord: Callable[[FloatArray, FloatArray], FloatArray]
    width_mm: float
    height_mm: float
    has_flat_ends: bool = False


def phantoms(*, seed: int = 7) -> Iterator[Phantom]:
    """Every solid, spacing of contours and dose, and gradient, with planes at a random height."""
    random = np.random.default_rng(seed)
    for spacing_mm in SPACINGS_MM:
        for solid in SOLIDS:
            # A flat end lies half a slice beyond the last plane (18 mm hold whole slices); what is round lies anywhere.
            shift_mm = 0.5 * spacing_mm if solid.has_flat_ends else random.uniform(-0.5, 0.5) * spacing_mm
            structure = drawn(solid, spacing_mm=spacing_mm, shift_mm=shift_mm)
            for gradient in ("x", "z"):
                yield Phantom(
                    name=f"{solid.name}, gradient {gradient}, {spacing_mm:g} mm",
                    structure=structure,
                    dose=shapes.dose_over(
                        -32, 32, spacing_mm, shapes.gradient(gradient, centre_gy=CENTRE_GY), shift=0.41
                    ),
                    truth=_truth(solid, gradient),
                    left_out=("Volume",) if gradient == "z" else (),
                )


def drawn(solid: Solid, *, spacing_mm: float, shift_mm: float) -> Structure:
    """The contours of a solid on planes `spacing_mm` apart, one of them at `shift_mm`."""
    z_mm = shift_mm + spacing_mm * np.arange(-30, 30)
    planes = {z: solid.loops(z) for z in z_mm[np.abs(z_mm) < solid.height_mm - 1e-6].tolist()}
    return shapes.structure({z: loops for z, loops in planes.items() if loops})


def _truth(solid: Solid, gradient: str) -> Truth:
    x = np.linspace(-1, 1, 1201) * solid.width_mm
    z = np.linspace(-1, 1, 1201) * solid.height_mm
    chord_mm = solid.chord(x[:, None], z[None, :])
    s, other = (x, z) if gradient == "x" else (z, x)
    area_mm2 = np.trapezoid(chord_mm, other, axis=1 if gradient == "x" else 0)
    steps_mm3 = (area_mm2[1:] + area_mm2[:-1]) / 2 * np.diff(s)
    beyond_mm3 = np.append(np.cumsum(steps_mm3[::-1])[::-1], 0.0)
    there = slice(max(np.flatnonzero(area_mm2)[0] - 1, 0), np.flatnonzero(area_mm2)[-1] + 2)
    return Truth(dose_gy=CENTRE_GY + s[there], volume_at_least_cc=beyond_mm3[there] / 1000)


def _half_chord(x: FloatArray, radius: FloatArray | float) -> FloatArray:
    return np.sqrt(np.maximum(radius**2 - x**2, 0.0))


def _round(radius: FloatArray | float, z: FloatArray | float) -> FloatArray:
    """Radius of a ball's section at z."""
    return np.sqrt(np.maximum(radius**2 - np.asarray(z) ** 2, 0.0))


def _circles(*radii: float) -> list[Loop]:
    return [shapes.circle(radius) for radius in radii if radius > 0]


def _shell(z: float) -> list[Loop]:
    return _circles(float(_round(15, z)), float(_round(9, z)))


def _keyholed_shell(z: float) -> list[Loop]:
    loops = _shell(z)
    return [shapes.keyhole(loops[0], loops[1][::-1])] if len(loops) == 2 else loops


def _shell_chord(x: FloatArray, z: FloatArray) -> FloatArray:
    return 2 * _half_chord(x, _round(15, z)) - 2 * _half_chord(x, _round(9, z))


LEAN = 0.6  # mm sideways per mm of height


def _leaning(z: float) -> list[Loop]:
    return [shapes.circle(8.0, centre=(LEAN * z, 0.0))]


def _leaning_chord(x: FloatArray, z: FloatArray) -> FloatArray:
    return 2 * _half_chord(x - LEAN * z, 8.0)


def _apart(z: FloatArray | float) -> FloatArray:
    """Half the distance between the branches' axes: they part at z = -4 mm, where the circles of 6 mm come apart."""
    return np.maximum(0.0, (np.asarray(z) + 18.0) * 6.0 / 14.0)


def _branching(z: float) -> list[Loop]:
    a, radius = float(_apart(z)), 6.0
    if a >= radius:
        return [shapes.circle(radius, centre=(0.0, side * a)) for side in (-1, 1)]
    half = np.arccos(-a / radius) - 1e-9  # two overlapping circles as one loop
    angle = np.linspace(-half, half, 181)
    upper = np.column_stack([radius * np.sin(angle), a + radius * np.cos(angle)])
    return [np.concatenate([upper, -upper])]


def _branching_chord(x: FloatArray, z: FloatArray) -> FloatArray:
    half = _half_chord(x, 6.0)
    return np.where(half > 0, np.minimum(4 * half, 2 * half + 2 * _apart(z)), 0.0)


def _bent(z: float) -> list[Loop]:
    return [shapes.circle(7.0, centre=(0.03 * z**2 - 4.0, 0.0))]


def _bent_chord(x: FloatArray, z: FloatArray) -> FloatArray:
    return 2 * _half_chord(x - 0.03 * z**2 + 4.0, 7.0)


def _standing_ring(z: float) -> list[Loop]:
    """A torus about the y axis: radius 11 mm, 4 mm thick; its sections part into two."""
    x = np.linspace(-15, 15, 1201)
    half = _half_chord(np.hypot(x, z) - 11.0, 4.0)
    loops = []
    for piece in np.split(np.arange(len(x)), np.flatnonzero(np.diff(half > 0)) + 1):
        if half[piece[0]] > 0 and len(piece) > 2:
            ends = np.array([[x[piece[0]], 0.0]]), np.array([[x[piece[-1]], 0.0]])
            there = np.column_stack([x[piece], half[piece]])
            loops.append(np.concatenate([ends[0], there, ends[1], (there * [1, -1])[::-1]]))
    return loops


def _standing_ring_chord(x: FloatArray, z: FloatArray) -> FloatArray:
    return 2 * _half_chord(np.hypot(x, z) - 11.0, 4.0)


SOLIDS = (
    Solid(name="shell", loops=_shell, chord=_shell_chord, width_mm=15, height_mm=15),
    Solid(name="keyholed shell", loops=_keyholed_shell, chord=_shell_chord, width_mm=15, height_mm=15),
    Solid(
        name="leaning cylinder",
        loops=_leaning,
        chord=_leaning_chord,
        width_mm=8 + LEAN * 18,
        height_mm=18,
        has_flat_ends=True,
    ),
    Solid(name="branching", loops=_branching, chord=_branching_chord, width_mm=6, height_mm=18, has_flat_ends=True),
    Solid(name="bent cylinder", loops=_bent, chord=_bent_chord, width_mm=13, height_mm=18, has_flat_ends=True),
    Solid(name="standing ring", loops=_standing_ring, chord=_standing_ring_chord, width_mm=15, height_mm=15),
)
