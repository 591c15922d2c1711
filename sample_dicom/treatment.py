"""An IMRT plan and its dose: fluence maps of a few 6 MV beams, optimised against the anatomy, and what they deposit.

A toy of a dose engine with the features that a real dose shows: penumbra, scatter, build-up, attenuation, divergence,
entrance doses that differ from beam to beam, and organs spared at a price. Doses are Gy for the whole course.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anatomy import PLANES_MM, Build, fields_at, skin
from solids import FloatArray, Places, Point

SOURCE_DISTANCE_MM = 1000.0
ATTENUATION_PER_MM = 0.0046
PIXEL_MM = 4.0
PIXELS = 64
SPREADS_MM = ((0.88, 3.0), (0.09, 22.0), (0.03, 60.0))
"""Share and standard deviation of the parts of a beam's lateral spread: penumbra, near and far scatter."""
ITERATIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """An organ, the dose above which it is spared, and how hard."""

    organ: str
    limit_gy: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Voxel centres of a dose grid, in mm."""

    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(frames, rows, columns)"""
        return self.z_mm.size, self.y_mm.size, self.x_mm.size

    def places(self) -> Places:
        z, y, x = np.meshgrid(self.z_mm, self.y_mm, self.x_mm, indexing="ij")
        return x, y, z


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedBeam:
    """One beam's optimised fluence, (rows along z, columns across the beam), and its share of the dose at the isocentre."""

    gantry_deg: float
    fluence: FloatArray
    isocentre_gy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What was planned: the dose (frames, rows, columns) in Gy, its grid, the isocentre and the beams."""

    grid: Grid
    dose_gy: FloatArray
    isocentre_mm: Point
    beams: tuple[TreatedBeam, ...]

    def dose_at(self, points: FloatArray) -> FloatArray:
        """Dose at points (n, 3), by trilinear interpolation; they lie inside the grid. [Gy]"""
        axes = (self.grid.z_mm, self.grid.y_mm, self.grid.x_mm)
        place = [(p - axis[0]) / (axis[1] - axis[0]) for p, axis in zip(points.T[::-1], axes, strict=True)]
        first = [np.floor(p).astype(np.int64) for p in place]
        dose_gy = np.zeros(len(points))
        for corner in np.ndindex(2, 2, 2):
            share = [np.where(c, p - f, 1 - (p - f)) for c, p, f in zip(corner, place, first, strict=True)]
            dose_gy += np.prod(share, axis=0) * self.dose_gy[tuple(f + c for f, c in zip(first, corner, strict=True))]
        return dose_gy


class Beam:
    """How one beam's fluence pixels reach a list of places: bilinear in the beam's eye view, times the depth dose."""

    def __init__(self, gantry_deg: float, isocentre_mm: Point, at: Places, depth_mm: FloatArray) -> None:
        x, y, z = (p - c for p, c in zip(at, isocentre_mm, strict=True))
        sine, cosine = np.sin(np.radians(gantry_deg)), np.cos(np.radians(gantry_deg))
        beyond_isocentre_mm = cosine * y - sine * x
        magnified = SOURCE_DISTANCE_MM / (SOURCE_DISTANCE_MM + beyond_isocentre_mm)
        column = (cosine * x + sine * y) * magnified / PIXEL_MM + PIXELS / 2
        row = z * magnified / PIXEL_MM + PIXELS / 2
        column, row = np.clip(column, 0, PIXELS - 1.001), np.clip(row, 0, PIXELS - 1.001)
        first = np.floor(row).astype(np.int64) * PIXELS + np.floor(column).astype(np.int64)
        u, v = column % 1, row % 1
        depth_dose = np.exp(-ATTENUATION_PER_MM * depth_mm) * (1 - 0.5 * np.exp(-depth_mm / 5)) * magnified**2
        self.pixels = np.stack([first, first + 1, first + PIXELS, first + PIXELS + 1])
        self.weights = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v]) * depth_dose

    def dose(self, fluence: FloatArray) -> FloatArray:
        return np.asarray((self.weights * spread(fluence).ravel()[self.pixels]).sum(axis=0))

    def back_projected(self, amount: FloatArray) -> FloatArray:
        summed = np.bincount(self.pixels.ravel(), (self.weights * amount).ravel(), minlength=PIXELS**2)
        return spread(summed.reshape(PIXELS, PIXELS))


def planned(
    build: Build, *, gantry_deg: tuple[float, ...], dose_rx_gy: float, aims: tuple[Aim, ...], grid: Grid
) -> Treatment:
    """The treatment that gives 95 % of the PTV the prescribed dose."""
    places = grid.places()
    fields = fields_at(build, places)
    isocentre_mm = tuple(float(round(p[fields["PTV"] < 0].mean())) for p in places)
    fluences = _optimised_fluences(build, fields, places, isocentre_mm, gantry_deg, dose_rx_gy, aims)

    in_body = fields["External"] < 0
    at = tuple(p[in_body] for p in places)
    by_beam = [
        Beam(a, isocentre_mm, at, depth(build, at, a)).dose(f) for a, f in zip(gantry_deg, fluences, strict=True)
    ]
    dose_gy = np.zeros(grid.shape)
    dose_gy[in_body] = np.sum(by_beam, axis=0)
    scale = dose_rx_gy / np.quantile(dose_gy[fields["PTV"] < 0], 0.05)
    nearest = np.argmin(sum((p - c) ** 2 for p, c in zip(at, isocentre_mm, strict=True)))
    beams = tuple(
        TreatedBeam(gantry_deg=angle, fluence=fluence * scale, isocentre_gy=float(dose[nearest]) * scale)
        for angle, fluence, dose in zip(gantry_deg, fluences, by_beam, strict=True)
    )
    return Treatment(grid=grid, dose_gy=dose_gy * scale, isocentre_mm=isocentre_mm, beams=beams)


def _optimised_fluences(build, fields, places, isocentre_mm, gantry_deg, dose_rx_gy, aims) -> list[FloatArray]:
    """One fluence map a beam, after some preconditioned steps down the gradient of the squared deviations from what is wanted."""
    every_third = np.zeros(places[0].shape, dtype=bool)
    every_third[::3, ::3, ::3] = True
    used = (fields["External"] < 0) & ((fields["PTV"] < 6) | (every_third & (fields["PTV"] < 70)))
    at = tuple(p[used] for p in places)
    fields = {name: field[used] for name, field in fields.items()}
    in_ptv = fields["PTV"] < 0
    falloff_gy = dose_rx_gy * np.maximum(np.exp(-np.maximum(fields["PTV"] - 4, 0) / 22), 0.25)
    importance = np.where(in_ptv, 1.0, 0.15) + sum(aim.weight * (fields[aim.organ] < 0) for aim in aims)

    beams = [Beam(angle, isocentre_mm, at, depth(build, at, angle)) for angle in gantry_deg]
    reach = [beam.back_projected((fields["PTV"] < 4).astype(float)) for beam in beams]
    opened = [r > 0.01 * r.max() for r in reach]
    whole_dose = np.sum([beam.dose(o.astype(float)) for beam, o in zip(beams, opened, strict=True)], axis=0)
    step_size = [1.5 / np.maximum(beam.back_projected(importance * whole_dose), 1e-9) for beam in beams]
    fluences = [o * dose_rx_gy / whole_dose[in_ptv].mean() for o in opened]
    for _ in range(ITERATIONS):
        dose = np.sum([beam.dose(fluence) for beam, fluence in zip(beams, fluences, strict=True)], axis=0)
        change = np.where(in_ptv, dose_rx_gy * 1.02 - dose, -0.15 * np.maximum(dose - falloff_gy, 0))
        for aim in aims:
            change -= aim.weight * (fields[aim.organ] < 0) * np.maximum(dose - aim.limit_gy, 0)
        for i, beam in enumerate(beams):
            fluences[i] = opened[i] * np.maximum(fluences[i] + step_size[i] * beam.back_projected(change), 0)
    return fluences


def spread(fluence: FloatArray) -> FloatArray:
    """Fluence after penumbra and scatter."""
    return sum(share * blur @ fluence @ blur for share, blur in zip((s for s, _ in SPREADS_MM), _BLURS, strict=True))


def _blur(sigma_mm: float) -> FloatArray:
    """A symmetric matrix that blurs a row of fluence pixels by a Gaussian."""
    distance_mm = PIXEL_MM * (np.arange(PIXELS)[:, None] - np.arange(PIXELS)[None, :])
    return np.exp(-0.5 * (distance_mm / sigma_mm) ** 2) * PIXEL_MM / (sigma_mm * np.sqrt(2 * np.pi))


_BLURS = tuple(_blur(sigma_mm) for _, sigma_mm in SPREADS_MM)


def depth(build: Build, at: Places, gantry_deg: float) -> FloatArray:
    """Depth below the skin along a beam, from a table of one axial plane: the trunk hardly changes along z. [mm]"""
    step_mm = 4.0
    axis_mm = np.arange(-200.0, 200.1, step_mm)
    x, y = np.meshgrid(axis_mm, axis_mm)
    sine, cosine = np.sin(np.radians(gantry_deg)), np.cos(np.radians(gantry_deg))
    table = np.zeros_like(x)
    for walked_mm in np.arange(step_mm / 2, 360, step_mm):
        table += step_mm * _in_trunk(build, x + sine * walked_mm, y - cosine * walked_mm)
    column, row = ((p - axis_mm[0]) / step_mm for p in at[:2])
    i, j = row.astype(np.int64), column.astype(np.int64)
    u, v = column - j, row - i
    low = table[i, j] * (1 - u) + table[i, j + 1] * u
    high = table[i + 1, j] * (1 - u) + table[i + 1, j + 1] * u
    return low * (1 - v) + high * v


def _in_trunk(build: Build, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    at = tuple(p / s for p, s in zip((x, y, np.zeros_like(x)), build.stretch, strict=True))
    return skin(at) < 0


def dose_grid(spacing_mm: float, *, lowest_mm: float = PLANES_MM[0] - 9, highest_mm: float = PLANES_MM[-1] + 9) -> Grid:
    """Voxels around the trunk, from below the scan to above it unless told otherwise."""
    x_mm = spacing_mm * np.arange(np.floor(-176 / spacing_mm), np.ceil(176 / spacing_mm) + 1)
    y_mm = spacing_mm * np.arange(np.floor(-120 / spacing_mm), np.ceil(110 / spacing_mm) + 1)
    frames = int((highest_mm - lowest_mm) // spacing_mm) + 1
    return Grid(x_mm=x_mm + 0.7, y_mm=y_mm - 0.4, z_mm=lowest_mm + 0.5 + spacing_mm * np.arange(frames))
