"""Hand-made anatomy and dose for reports: ellipsoids, crossed beams, DVHs sampled from them, good enough to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh
from rtcheck.geometry.solid import Slab, Solid
from rtcheck.results import Drawing

SLICE_MM = 3.0


@dataclass(frozen=True)
class Ellipsoid:
    """An organ: centre and half axes in mm."""

    name: str
    kind: str
    centre: tuple[float, float, float]
    half: tuple[float, float, float]

    def is_inside(self, x: Any, y: Any, z: Any) -> Any:
        offsets = zip((x, y, z), self.centre, self.half, strict=True)
        return sum(((at - middle) / half) ** 2 for at, middle, half in offsets) <= 1


ORGANS = (
    Ellipsoid("PTV", "PTV", (-38, -28, 18), (38, 34, 36)),
    Ellipsoid("GTV", "GTV", (-38, -28, 18), (29, 26, 27)),
    Ellipsoid("Liver", "ORGAN", (-50, -18, 10), (92, 72, 78)),
    Ellipsoid("Stomach", "ORGAN", (46, -34, 6), (52, 34, 52)),
    Ellipsoid("Duodenum", "ORGAN", (-6, -12, -26), (22, 15, 24)),
    Ellipsoid("Kidney_L", "ORGAN", (62, 48, -30), (26, 24, 52)),
    Ellipsoid("Kidney_R", "ORGAN", (-62, 50, -40), (26, 24, 52)),
    Ellipsoid("SpinalCord", "ORGAN", (0, 66, 0), (7, 6, 400)),
    Ellipsoid("Heart", "ORGAN", (22, -40, 108), (50, 42, 40)),
    Ellipsoid("Bag_Bowel", "ORGAN", (10, -40, -100), (95, 55, 52)),
)


def loop_edges(xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """Directed edges (n, 4) of the loop through these vertices."""
    return np.column_stack([xs, ys, np.roll(xs, -1), np.roll(ys, -1)])


def ellipsoid_solid(organ: Ellipsoid, *, holes: Sequence[Ellipsoid] = ()) -> Solid:
    """A stack of ellipses, counter-clockwise outside and clockwise in the holes."""
    slabs = []
    for z in np.arange(-120.0, 121.0, SLICE_MM):
        edges = [ellipse_edges(organ, z), *(ellipse_edges(hole, z)[:, [2, 3, 0, 1]] for hole in holes)]
        if len(edges[0]):
            slabs.append(Slab(z_low_mm=z - SLICE_MM / 2, z_high_mm=z + SLICE_MM / 2, edges_mm=np.concatenate(edges)))
    return Solid(slabs=tuple(slabs))


def ellipse_edges(organ: Ellipsoid, z: float) -> np.ndarray:
    scale = 1 - ((z - organ.centre[2]) / organ.half[2]) ** 2
    if scale <= 0.02:
        return np.zeros((0, 4))
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    wobble = np.sqrt(scale) * (1 + 0.06 * np.sin(3 * angle + z / 40))
    return loop_edges(
        organ.centre[0] + organ.half[0] * wobble * np.cos(angle),
        organ.centre[1] + organ.half[1] * wobble * np.sin(angle),
    )


def phantom_dose(peak_gy: float = 56.0) -> DoseGrid:
    """Five crossed beams through the target on a 4 mm grid."""
    x, y, z = (np.arange(low, high, 4.0) for low, high in ((-170, 171), (-115, 116), (-120, 121)))
    zz, yy, xx = np.meshgrid(z - 18, y + 28, x + 38, indexing="ij")
    total = np.zeros(zz.shape)
    for degrees in (0, 45, 150, 210, 280):
        angle = np.radians(degrees)
        across = xx * np.cos(angle) + yy * np.sin(angle)
        along = -xx * np.sin(angle) + yy * np.cos(angle)
        width = 1 / (1 + np.exp((np.abs(across) - 38) / 3)) / (1 + np.exp((np.abs(zz) - 38) / 3))
        total += width * np.exp(-along / 420)
    dose = (peak_gy * total / total.max()).astype(np.float32)
    dose.setflags(write=False)
    return DoseGrid(dose_gy=dose, x_mm=x, y_mm=y, z_mm=z)


def sampled_dvh(organ: Ellipsoid, dose: DoseGrid, *, without: Ellipsoid | None = None) -> Dvh:
    """The DVH of the grid nodes inside, good enough to draw."""
    zz, yy, xx = np.meshgrid(dose.z_mm, dose.y_mm, dose.x_mm, indexing="ij")
    inside = organ.is_inside(xx, yy, zz)
    if without is not None:
        inside &= ~without.is_inside(xx, yy, zz)
    values = dose.dose_gy[inside]
    cc_each = 0.064
    edges = np.linspace(0, float(values.max()), 400)
    volume = np.array([(values >= edge).sum() for edge in edges]) * cc_each
    volume[-1] = 0.0
    places = np.column_stack([xx[inside], yy[inside], zz[inside]])
    return Dvh(
        dose_gy=edges,
        volume_at_least_cc=volume,
        volume_cc=float(len(values) * cc_each),
        mean_gy=float(values.mean()),
        min_gy=float(values.min()),
        max_gy=float(values.max()),
        grid_max_gy=float(dose.dose_gy.max()),
        min_position_mm=tuple(places[values.argmin()].tolist()),
        max_position_mm=tuple(places[values.argmax()].tolist()),
    )


def phantom_drawings(dose: DoseGrid) -> tuple[Drawing, ...]:
    """Ten structures, the liver without the GTV among them."""
    by_name = {organ.name: organ for organ in ORGANS}
    drawings = []
    for organ in ORGANS:
        is_liver = organ.name == "Liver"
        gtv = by_name["GTV"] if is_liver else None
        drawings.append(
            Drawing(
                name="Liver-GTV" if is_liver else organ.name,
                roi_type=organ.kind,
                dvh=sampled_dvh(organ, dose, without=gtv),
                solid=ellipsoid_solid(organ, holes=[gtv] if gtv else []),
            )
        )
    return tuple(drawings)
