"""An IMRT plan and its dose: fluence maps of a few 6 MV beams, optimised against the anatomy, and what they deposit.

A toy of a dose engine with the features that a real dose shows: penumbra, scatter, build-up, attenuation, divergence,
entrance doses that differ from beam to beam, and organs spared at a price. Doses are Gy for the whole course.
"""

from dataclasses import dataclass

import numpy as np
from anatomy import PLANES_MM, Build, fields_at, skin
from solids import FloatArray, Places, Point

SOURCE_DISTANCE_MM = 1000.0
ATTENUATION_PER_MM = 0.0046
PIXEL_MM = 4.0
PIXELS = 64
SPREADS_MM = ((0.88, 3.0), (0.09, 22.0), (0.03, 60.0))
"""Share and standard deviation of the parts of a beam's lateral spread: penumbra, near and far scatter."""
STEPS = 40
RING_WEIGHT = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """An organ, the dose above which it is spared, and how hard."""

    organ: str
    limit_gy: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the planner asks for."""

    dose_rx_gy: float
    gantry_deg: tuple[float, ...]
    aims: tuple[Aim, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreatedBeam:
    """One beam's fluence, (rows along z, columns across the beam), and its share of the dose at the isocentre."""

    gantry_deg: float
    fluence: FloatArray
    isocentre_gy: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Treatment:
    """What was planned: the dose (frames, rows, columns) in Gy, its grid, the isocentre and the beams."""

    grid: Grid
    dose_gy: FloatArray
    isocentre_mm: Point
    beams: tuple[TreatedBeam, ...]

    def dose_at(self, points: FloatArray) -> FloatArray:
        """Dose at points (n, 3) inside the grid, by trilinear interpolation. [Gy]"""
        axes = (self.grid.z_mm, self.grid.y_mm, self.grid.x_mm)
        place = [(p - axis[0]) / (axis[1] - axis[0]) for p, axis in zip(points.T[::-1], axes, strict=True)]
        first = [np.floor(p).astype(np.int64) for p in place]
        dose_gy = np.zeros(len(points))
        for corner in np.ndindex(2, 2, 2):
            share = [np.where(c, p - f, 1 - (p - f)) for c, p, f in zip(corner, place, first, strict=True)]
            dose_gy += np.prod(share, axis=0) * self.dose_gy[tuple(f + c for f, c in zip(first, corner, strict=True))]
        return dose_gy


class Beam:
    """How a beam's fluence pixels reach a list of places: bilinear in the beam's eye view, times the depth dose."""

    def __init__(self, gantry_deg: float, isocentre_mm: Point, at: Places, depth_mm: FloatArray) -> None:
        x, y, z = (p - c for p, c in zip(at, isocentre_mm, strict=True))
        sine, cosine = np.sin(np.radians(gantry_deg)), np.cos(np.radians(gantry_deg))
        magnified = SOURCE_DISTANCE_MM / (SOURCE_DISTANCE_MM + cosine * y - sine * x)
        column = np.clip((cosine * x + sine * y) * magnified / PIXEL_MM + PIXELS / 2, 0, PIXELS - 1.001)
        row = np.clip(z * magnified / PIXEL_MM + PIXELS / 2, 0, PIXELS - 1.001)
        first = np.floor(row).astype(np.int64) * PIXELS + np.floor(column).astype(np.int64)
        u, v = column % 1, row % 1
        depth_dose = np.exp(-ATTENUATION_PER_MM * depth_mm) * (1 - 0.5 * np.exp(-depth_mm / 5)) * magnified**2
        self.pixels = np.stack([first, first + 1, first + PIXELS, first + PIXELS + 1])
        self.weights = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v]) * depth_dose

    def dose(self, fluence: FloatArray) -> FloatArray:
        """What a fluence map deposits at the places."""
        return np.asarray((self.weights * _spread(fluence).ravel()[self.pixels]).sum(axis=0))

    def back_projected(self, amount: FloatArray) -> FloatArray:
        """The transpose of `dose`: an amount at each place, summed into the pixels that reach it."""
        summed = np.bincount(self.pixels.ravel(), (self.weights * amount).ravel(), minlength=PIXELS**2)
        return _spread(summed.reshape(PIXELS, PIXELS))


def planned(build: Build, wish: Wish, grid: Grid) -> Treatment:
    """The treatment that gives 95 % of the PTV the prescribed dose."""
    places = grid.places()
    fields = fields_at(build, places)
    in_ptv, in_body = fields["PTV"] < 0, fields["External"] < 0
    isocentre_mm = tuple(float(round(p[in_ptv].mean())) for p in places)

    sampled = in_body & _worth_sampling(fields["PTV"])
    sampled_fields = {name: field[sampled] for name, field in fields.items()}
    sampled_beams = _beams(build, wish, isocentre_mm, tuple(p[sampled] for p in places))
    fluences = _optimised(wish, sampled_fields, sampled_beams)

    at = tuple(p[in_body] for p in places)
    by_beam = [b.dose(f) for b, f in zip(_beams(build, wish, isocentre_mm, at), fluences, strict=True)]
    dose_gy = np.zeros(grid.shape)
    dose_gy[in_body] = np.sum(by_beam, axis=0)
    scale = wish.dose_rx_gy / np.quantile(dose_gy[in_ptv], 0.05)
    isocentre = np.argmin(sum((p - c) ** 2 for p, c in zip(at, isocentre_mm, strict=True)))
    treated = tuple(
        TreatedBeam(gantry_deg=angle, fluence=fluence * scale, isocentre_gy=float(dose[isocentre]) * scale)
        for angle, fluence, dose in zip(wish.gantry_deg, fluences, by_beam, strict=True)
    )
    return Treatment(grid=grid, dose_gy=dose_gy * scale, isocentre_mm=isocentre_mm, beams=treated)


def dose_grid(spacing_mm: float, *, lowest_mm: float = PLANES_MM[0] - 9, highest_mm: float = PLANES_MM[-1] + 9) -> Grid:
    """Voxels around the trunk, from below the scan to above it unless told otherwise."""
    x_mm = spacing_mm * np.arange(np.floor(-176 / spacing_mm), np.ceil(176 / spacing_mm) + 1)
    y_mm = spacing_mm * np.arange(np.floor(-120 / spacing_mm), np.ceil(110 / spacing_mm) + 1)
    frames = int((highest_mm - lowest_mm) // spacing_mm) + 1
    return Grid(x_mm=x_mm + 0.7, y_mm=y_mm - 0.4, z_mm=lowest_mm + 0.5 + spacing_mm * np.arange(frames))


def _worth_sampling(ptv: FloatArray) -> FloatArray:
    """All voxels in and next to the PTV, every third of the others within 70 mm."""
    every_third = np.zeros(ptv.shape, dtype=bool)
    every_third[::3, ::3, ::3] = True
    return (ptv < 6) | (every_third & (ptv < 70))


def _beams(build: Build, wish: Wish, isocentre_mm: Point, at: Places) -> list[Beam]:
    return [Beam(angle, isocentre_mm, at, _depth_mm(build, angle, at)) for angle in wish.gantry_deg]


def _optimised(wish: Wish, fields: dict[str, FloatArray], beams: list[Beam]) -> list[FloatArray]:
    """One fluence map a beam: accelerated, preconditioned steps down the gradient of the squared deviations."""
    in_ptv = fields["PTV"] < 0
    wanted_gy = wish.dose_rx_gy * 1.02
    falloff_gy = wish.dose_rx_gy * np.maximum(np.exp(-np.maximum(fields["PTV"] - 5, 0) / 15), 0.2)
    inside = [(aim, (fields[aim.organ] < 0) & ~in_ptv) for aim in wish.aims]
    importance = np.where(in_ptv, 1.0, RING_WEIGHT) + sum(aim.weight * organ for aim, organ in inside)

    reach = [beam.back_projected((fields["PTV"] < 6).astype(float)) for beam in beams]
    opened = [r > 0.01 * r.max() for r in reach]
    open_dose = np.sum([beam.dose(o.astype(float)) for beam, o in zip(beams, opened, strict=True)], axis=0)
    step = [1.0 / np.maximum(beam.back_projected(importance * open_dose), 1e-9) for beam in beams]

    fluences = [o * wanted_gy / open_dose[in_ptv].mean() for o in opened]
    before = fluences
    for k in range(STEPS):
        ahead = [f + k / (k + 3) * (f - b) for f, b in zip(fluences, before, strict=True)]
        dose = np.sum([beam.dose(a) for beam, a in zip(beams, ahead, strict=True)], axis=0)
        change = np.where(in_ptv, wanted_gy - dose, -RING_WEIGHT * np.maximum(dose - falloff_gy, 0))
        for aim, organ in inside:
            change -= aim.weight * organ * np.maximum(dose - np.maximum(aim.limit_gy, falloff_gy), 0)
        before = fluences
        fluences = [
            o * np.maximum(a + s * beam.back_projected(change), 0)
            for o, a, s, beam in zip(opened, ahead, step, beams, strict=True)
        ]
    # Rounded, so that the last bits, in which processors differ, do not reach the files.
    return [np.round(fluence, 3) for fluence in fluences]


def _spread(fluence: FloatArray) -> FloatArray:
    """Fluence after penumbra and scatter."""
    return np.sum([share * blur @ fluence @ blur for share, blur in _BLURS], axis=0)


def _blur(sigma_mm: float) -> FloatArray:
    """A symmetric matrix that blurs a row of fluence pixels by a Gaussian."""
    distance_mm = PIXEL_MM * (np.arange(PIXELS)[:, None] - np.arange(PIXELS)[None, :])
    return np.exp(-0.5 * (distance_mm / sigma_mm) ** 2) * PIXEL_MM / (sigma_mm * np.sqrt(2 * np.pi))


_BLURS = tuple((share, _blur(sigma_mm)) for share, sigma_mm in SPREADS_MM)


def _depth_mm(build: Build, gantry_deg: float, at: Places) -> FloatArray:
    """Depth below the skin along a beam, looked up in one axial plane: the trunk hardly changes along z."""
    cell_mm = 4.0
    axis_mm = np.arange(-200.0, 200.1, cell_mm)
    x, y = np.meshgrid(axis_mm, axis_mm)
    sine, cosine = np.sin(np.radians(gantry_deg)), np.cos(np.radians(gantry_deg))
    table_mm = np.zeros_like(x)
    for walked_mm in np.arange(cell_mm / 2, 360, cell_mm):
        towards_source = (x + sine * walked_mm, y - cosine * walked_mm, np.zeros_like(x))
        in_trunk = skin(tuple(p / s for p, s in zip(towards_source, build.stretch, strict=True))) < 0
        table_mm += cell_mm * in_trunk
    column, row = ((p - axis_mm[0]) / cell_mm for p in at[:2])
    i, j = row.astype(np.int64), column.astype(np.int64)
    u, v = column - j, row - i
    low = table_mm[i, j] * (1 - u) + table_mm[i, j + 1] * u
    high = table_mm[i + 1, j] * (1 - u) + table_mm[i + 1, j + 1] * u
    return low * (1 - v) + high * v
