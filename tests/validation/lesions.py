"""Small targets drawn by hand: balls, ellipsoids, lobed lesions and PTV around them, whose outlines waver.

Half of them lie in a dose that falls off from the middle, half in one that is flat inside and falls off around them.
The truth is counted on a fine lattice of points inside the true shape, with the dose's formula. The contours are
sections of that shape with errors of 0.3 to 1 mm, which are alike over some millimetres of a contour and independent
from slice to slice (smoother in a PTV, which is made by a margin); the narrowest sections are drawn every other time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import contourpy
import numpy as np
from support import shapes
from validation.phantom import Phantom
from validation.truth import FallOff, FloatArray, Truth

from rtcheck.geometry.contours import Structure

KINDS = ("ball", "ellipsoid", "lobed", "PTV")
RADII_MM = (2.0, 3.0, 4.5, 6.0, 8.0, 10.5, 13.0, 16.0)  # of the ball of about the same volume: 0.03 to 17 cc
SLICES_MM = (1.0, 2.0, 3.0)
ERRORS_MM = (0.3, 0.6, 1.0)  # standard deviation of an outline
ALIKE_MM = 5.0  # along a contour, over which its error is alike
MARGIN_MM = 2.0
POINT_MM, ROUNDED_MM = 1.0, 0.1  # spacing of a contour's points and how they are stored
NARROW_MM = 2.0  # a section up to so wide is drawn every other time
NARROWEST_SIGMA_MM = 4.0
BEYOND_MM, PENUMBRA_MM = 2.0, 2.0  # of the flat dose: where it is half, and how it falls off (80 to 20 % in 5.5 mm)
LEAST_PLANES = 3
COUNTED = 40  # points of the true shape along its radius

VOLUMES_CC = {"below 0.2 cc": 0.2, "0.2 to 1 cc": 1.0, "1 to 5 cc": 5.0, "5 to 20 cc": 20.0}
PLANES = {"3 to 5 slices": 5, "6 to 9 slices": 9, "over 9 slices": 99}
CLASSES = (*VOLUMES_CC, *PLANES, *KINDS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lobe:
    """An ellipsoid with axes along x, y, z."""

    centre_mm: FloatArray
    half_axes_mm: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lesion:
    """The union of ellipsoids; of a PTV its balls have grown by the margin, so that the margin is exact."""

    lobes: tuple[_Lobe, ...]
    is_smoother: bool

    def depth(self, x: FloatArray, y: FloatArray, z: FloatArray | float) -> FloatArray:
        """Above 0 inside."""
        return np.maximum.reduce([1 - _squared(lobe, x, y, z) for lobe in self.lobes])

    @property
    def ends_mm(self) -> tuple[FloatArray, FloatArray]:
        low = np.min([lobe.centre_mm - lobe.half_axes_mm for lobe in self.lobes], axis=0)
        high = np.max([lobe.centre_mm + lobe.half_axes_mm for lobe in self.lobes], axis=0)
        return low, high


def phantoms(
    *,
    kinds: Sequence[str] = KINDS,
    radii_mm: Sequence[float] = RADII_MM,
    slices_mm: Sequence[float] = SLICES_MM,
    places: int = 2,
    seed: int = 2026,
) -> Iterator[Phantom]:
    """Every kind, size, slice thickness and error at `places` random places, where enough planes are drawn."""
    random = np.random.default_rng(seed)
    for kind in kinds:
        for radius_mm in radii_mm:
            for slice_mm in slices_mm:
                for error_mm in ERRORS_MM:
                    for place in range(places):
                        lesion = _lesion(kind, radius_mm, random)
                        structure = _drawn(lesion, slice_mm, error_mm, random)
                        if _planes(structure) >= LEAST_PLANES:
                            yield _phantom(kind, lesion, structure, radius_mm, slice_mm, is_flat=place % 2 == 1)


def classes_of(phantom: Phantom) -> tuple[str, str, str]:
    """The classes of a phantom: by its true volume, by its planes, and its kind."""
    planes, volume_cc = _planes(phantom.structure), phantom.truth.volume_cc
    by_volume = next(words for words, most in VOLUMES_CC.items() if volume_cc <= most)
    return by_volume, next(words for words, most in PLANES.items() if planes <= most), phantom.name


def _planes(structure: Structure) -> int:
    return len({contour.vertices_mm[0, 2] for contour in structure.contours})


def _lesion(kind: str, radius_mm: float, random: np.random.Generator) -> _Lesion:
    centre_mm = random.uniform(-1.5, 1.5, 3)
    if kind == "ball":
        lobes = [_Lobe(centre_mm=centre_mm, half_axes_mm=np.full(3, radius_mm))]
    elif kind == "ellipsoid":
        stretch = np.exp(random.uniform(-0.35, 0.35, 3))
        half_axes_mm = radius_mm * stretch / np.cbrt(stretch.prod())
        lobes = [_Lobe(centre_mm=centre_mm, half_axes_mm=half_axes_mm)]
    else:
        inner_mm = max(radius_mm - MARGIN_MM, radius_mm / 2) if kind == "PTV" else radius_mm
        lobes = []
        for size in (0.85, 0.65, 0.55):
            toward = random.normal(size=3)
            away_mm = inner_mm * (1 - size) * 1.6 * toward / np.linalg.norm(toward)
            reach_mm = size * inner_mm + (radius_mm - inner_mm)
            lobes.append(_Lobe(centre_mm=centre_mm + away_mm, half_axes_mm=np.full(3, reach_mm)))
    return _Lesion(lobes=tuple(lobes), is_smoother=kind == "PTV")


def _squared(lobe: _Lobe, x: FloatArray, y: FloatArray, z: FloatArray | float) -> FloatArray:
    (x0, y0, z0), (a, b, c) = lobe.centre_mm, lobe.half_axes_mm
    return ((x - x0) / a) ** 2 + ((y - y0) / b) ** 2 + ((z - z0) / c) ** 2


def _drawn(lesion: _Lesion, slice_mm: float, error_mm: float, random: np.random.Generator) -> Structure:
    """Contours on the slices through a lesion."""
    low_mm, high_mm = lesion.ends_mm
    planes_mm = slice_mm * np.arange(np.ceil(low_mm[2] / slice_mm), np.floor(high_mm[2] / slice_mm) + 1)
    step_mm = (high_mm - low_mm).max() / 160
    x_mm, y_mm = (np.arange(low_mm[k] - 4 * step_mm, high_mm[k] + 4 * step_mm, step_mm) for k in (0, 1))
    drawn: dict[float, list[FloatArray]] = {}
    for z_mm in planes_mm.tolist():
        depth = lesion.depth(x_mm[None, :], y_mm[:, None], z_mm)
        for loop in contourpy.contour_generator(x_mm, y_mm, depth).lines(0.0):
            widest_mm = float(np.ptp(loop, axis=0).max())
            if len(loop) < 8 or (not lesion.is_smoother and widest_mm <= NARROW_MM and random.random() < 0.5):
                continue
            alike_mm = ALIKE_MM * (2 if lesion.is_smoother else 1)
            drawn.setdefault(z_mm, []).append(_by_hand(loop[:-1], error_mm, alike_mm, random))
    return shapes.structure(drawn)


def _by_hand(loop: FloatArray, error_mm: float, alike_mm: float, random: np.random.Generator) -> FloatArray:
    """A loop with points about 1 mm apart, moved along its normal by a smooth random error; no more than a third of
    its width."""
    steps_mm = np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1)
    around_mm = float(steps_mm.sum())
    at_mm = np.concatenate([[0.0], np.cumsum(steps_mm)])
    count = max(round(around_mm / POINT_MM), 8)
    closed = np.vstack([loop, loop[:1]])
    wanted_mm = (np.arange(count) + random.random()) % count * around_mm / count
    points = np.column_stack([np.interp(wanted_mm, at_mm, closed[:, axis]) for axis in (0, 1)])
    along = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
    waves = np.arange(1, count // 2 + 1)
    strength = np.exp(-0.25 * (2 * np.pi * waves * alike_mm / around_mm) ** 2)
    strength = np.concatenate([[np.sqrt(0.5)], strength])  # the first is alike all around
    waves = np.concatenate([[0], waves])
    phase = 2 * np.pi * np.outer(np.arange(count) / count, waves)
    sizes = error_mm * strength / np.linalg.norm(strength) * random.normal(size=(2, len(waves)))
    error = np.cos(phase) @ sizes[0] + np.sin(phase) @ sizes[1]
    most_mm = float(np.ptp(points, axis=0).min()) / 6
    return np.round(points + normal * np.clip(error, -most_mm, most_mm)[:, None], round(-np.log10(ROUNDED_MM)))


def _phantom(
    kind: str, lesion: _Lesion, structure: Structure, radius_mm: float, slice_mm: float, *, is_flat: bool
) -> Phantom:
    low_mm, high_mm = lesion.ends_mm
    centre_mm = (low_mm + high_mm) / 2
    fall_off: Callable[[FloatArray], FloatArray] = FallOff(
        maximum_gy=24.0, sigma_mm=float(np.hypot(radius_mm, NARROWEST_SIGMA_MM))
    )
    if is_flat:
        edge_mm = radius_mm + BEYOND_MM
        fall_off = lambda r_mm: 24.0 / (1 + np.exp((r_mm - edge_mm) / PENUMBRA_MM))  # noqa: E731

    def dose(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return fall_off(np.sqrt((x - centre_mm[0]) ** 2 + (y - centre_mm[1]) ** 2 + (z - centre_mm[2]) ** 2))

    reach_mm = float((high_mm - low_mm).max()) / 2 + 4 * slice_mm + 3
    return Phantom(
        name=kind,
        structure=structure,
        dose=shapes.dose_over(-reach_mm, reach_mm, slice_mm, dose, shift=0.31),
        truth=_counted(lesion, dose, radius_mm / COUNTED),
    )


def _counted(lesion: _Lesion, dose: shapes.DoseFunction, step_mm: float) -> Truth:
    low_mm, high_mm = lesion.ends_mm
    x, y, z = (np.arange(low_mm[k], high_mm[k] + step_mm, step_mm) + 0.37 * step_mm for k in range(3))
    x, y, z = x[None, None, :], y[None, :, None], z[:, None, None]
    inside_gy = np.sort(dose(x, y, z)[lesion.depth(x, y, z) > 0])
    volume_cc = np.arange(len(inside_gy), 0, -1) * step_mm**3 / 1000
    every = max(len(inside_gy) // 20_000, 1)
    return Truth(dose_gy=inside_gy[::every], volume_at_least_cc=volume_cc[::every])
