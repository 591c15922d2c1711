"""An upper abdomen as fields: one set of organs, made individual by a stretch, the liver's size and the tumour."""

from dataclasses import dataclass

import numpy as np
from solids import FloatArray, Places, Point, blended, contours_in_plane, ellipsoid, tube, wavy, without

# The scan: axial planes 3 mm apart, from below the kidneys to above the dome of the liver.
# DICOM LPS: x to the patient's left, y to the back, z to the head.
PLANES_MM = np.arange(-135.0, 117.1, 3.0)
TRACING_GRID_MM = 2.0
PLANE_GAP_MM = 3.0
POINT_CC = TRACING_GRID_MM**2 * PLANE_GAP_MM / 1000
HALF_WIDTH_MM = 190.0
HALF_DEPTH_MM = 130.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What makes one patient differ from another."""

    stretch: Point = (1.0, 1.0, 1.0)
    liver_margin_mm: float = -11.0
    tumour: Point = (-70.0, 5.0, 20.0)
    tumour_radii_mm: Point = (27.0, 24.0, 26.0)
    phase: float = 0.0


def fields_at(build: Build, places: Places) -> dict[str, FloatArray]:
    """Every organ and target by its TG-263 name, and in lower case the bones and vessels that only the CT shows."""
    at = tuple(p / s for p, s in zip(places, build.stretch, strict=True))
    x, _, z = at
    trunk = skin(at)
    cavity = trunk + 26
    spine = tube(at, [(0, 34, -160), (0, 28, -60), (0, 36, 40), (0, 40, 140)], 21.0)
    cord_path: list[Point] = [(0, 62, -160), (0, 57, -60), (0, 65, 40), (0, 69, 140)]
    aorta = tube(at, [(6, 6, -160), (7, 0, -60), (10, 8, 40), (14, 12, 140)], 10.0)

    heart = wavy(ellipsoid(at, (28, -42, 112), (54, 42, 40)), at, height_mm=3, length_mm=17)
    kidney_l = _kidney(at, (66, 42, -42), side=1.0)
    kidney_r = _kidney(at, (-64, 42, -62), side=-1.0)
    stomach = without(np.maximum(_stomach(at), cavity), spine, kidney_l, aorta)
    duodenum = without(_duodenum(at), spine, kidney_r, stomach)
    gallbladder = ellipsoid(at, (-46, -54, -52), (14, 16, 24))
    liver = np.maximum(_liver(at, build), cavity)
    liver = without(liver, spine, kidney_r, stomach, duodenum, heart, aorta, gallbladder)
    bowel = without(np.maximum(_bowel(at), cavity), spine, kidney_l, kidney_r, stomach, duodenum, liver, aorta)
    spleen = without(np.maximum(ellipsoid(at, (104, 32, 30), (24, 36, 44)), cavity), stomach, kidney_l)
    colon = np.minimum(tube(at, [(112, 12, -160), (114, 20, -30)], 14), tube(at, [(-102, 0, -160), (-98, 0, -96)], 17))
    colon = without(colon, bowel, liver, kidney_l, kidney_r, spleen)

    gtv = wavy(ellipsoid(at, build.tumour, build.tumour_radii_mm), at, height_mm=5, length_mm=13, phase=build.phase)
    gtv = np.maximum(gtv, liver + 1)
    ctv = np.maximum(gtv - 5, liver)
    chest = without(np.maximum(trunk + 20, _above_diaphragm(at)), spine, aorta, heart, liver, stomach, spleen)
    return {
        "External": trunk,
        "Liver": liver,
        "GTV": gtv,
        "CTV": ctv,
        "PTV": np.maximum(ctv - 6, trunk + 5),
        "Kidney_L": kidney_l,
        "Kidney_R": kidney_r,
        "Stomach": stomach,
        "Duodenum": duodenum,
        "Bowel_Small": bowel,
        "SpinalCord": np.maximum(tube(at, cord_path, 6.0), np.abs(z + 9) - 117),
        "Heart": heart,
        "Lung_L": np.maximum(chest, 22 - x),
        "Lung_R": np.maximum(chest, x + 18),
        "spine": spine,
        "canal": tube(at, cord_path, 10.0),
        "aorta": aorta,
        "gallbladder": gallbladder,
        "spleen": spleen,
        "colon": colon,
        "cavity": cavity,
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """One structure: `loops` of (n, 3) points in mm, plane by plane; `points` (m, 3) of a regular grid inside it."""

    loops: list[FloatArray]
    points: FloatArray


def drawn(build: Build, names: list[str]) -> dict[str, Drawn]:
    """The named structures on all planes of the scan, the loops rounded to 0.1 mm. A point stands for `POINT_CC`."""
    x_mm = np.arange(-HALF_WIDTH_MM, HALF_WIDTH_MM + 0.1, TRACING_GRID_MM)
    y_mm = np.arange(-HALF_DEPTH_MM, HALF_DEPTH_MM + 0.1, TRACING_GRID_MM)
    x, y = np.meshgrid(x_mm, y_mm)
    loops: dict[str, list[FloatArray]] = {name: [] for name in names}
    points: dict[str, list[FloatArray]] = {name: [] for name in names}
    for z_mm in PLANES_MM:
        fields = fields_at(build, (x, y, np.full_like(x, z_mm)))
        for name in names:
            spacing_mm = 6.0 if name == "External" else 3.5
            for loop in contours_in_plane(fields[name], x_mm, y_mm, spacing_mm=spacing_mm):
                loops[name].append(np.column_stack([np.round(loop, 1), np.full(len(loop), z_mm)]))
            inside = fields[name] < 0
            points[name].append(np.column_stack([x[inside], y[inside], np.full(np.count_nonzero(inside), z_mm)]))
    return {name: Drawn(loops=loops[name], points=np.vstack(points[name])) for name in names}


def skin(at: Places) -> FloatArray:
    """An oval trunk, a little narrower at the waist, flatter at the back."""
    x, y, z = at
    waist = 1 - 0.03 * np.exp(-(((z + 60) / 60) ** 2))
    half_depth_mm = np.where(y > 0, 100.0, 112.0)
    oval = (np.abs(x / 166) ** 2.4 + np.abs(y / half_depth_mm) ** 2.4) ** (1 / 2.4)
    return (oval / waist - 1) * 125


def _liver(at: Places, build: Build) -> FloatArray:
    right_lobe = ellipsoid(at, (-72, 0, 2), (66, 80, 88))
    left_lobe = ellipsoid(at, (2, -52, 32), (78, 34, 40))
    whole = blended(right_lobe, left_lobe, blend_mm=30) - build.liver_margin_mm
    return wavy(whole, at, height_mm=4, length_mm=23, phase=build.phase)


def _kidney(at: Places, centre: Point, *, side: float) -> FloatArray:
    """A bean, its lower pole outward, its hilum towards the spine; `side` is 1 on the left, -1 on the right."""
    x, y, z = centre
    bean = tube(at, [(x - side * 5, y + 4, z + 27), (x, y, z), (x + side * 7, y - 6, z - 27)], 24.0)
    hilum = ellipsoid(at, (x - side * 28, y - 10, z), (17, 15, 18))
    return without(wavy(bean, at, height_mm=2, length_mm=12), hilum, gap_mm=0.0)


def _stomach(at: Places) -> FloatArray:
    fundus = ellipsoid(at, (62, 0, 42), (34, 34, 32))
    body_and_antrum = tube(at, [(62, -8, 30), (58, -30, 0), (40, -46, -24), (8, -46, -34)], 19.0)
    return wavy(blended(fundus, body_and_antrum, blend_mm=25), at, height_mm=4, length_mm=14)


def _duodenum(at: Places) -> FloatArray:
    path = [(-14, -40, -36), (-34, -26, -40), (-42, -6, -56), (-40, -2, -84), (-22, 0, -94), (14, -14, -96)]
    return wavy(tube(at, path, 12.0), at, height_mm=2, length_mm=9)


def _bowel(at: Places) -> FloatArray:
    """Loops of small bowel in front of the spine and to the left, below the stomach."""
    path = [
        (14, -14, -96), (40, -20, -84), (72, -30, -76), (92, -24, -92), (78, -50, -104), (44, -66, -96), (14, -58, -88),
        (-14, -66, -100), (-30, -50, -118), (4, -34, -124), (40, -30, -122), (76, -20, -128), (92, 4, -112),
    ]  # fmt: skip
    return wavy(tube(at, path, 13.0), at, height_mm=2, length_mm=8)


def _above_diaphragm(at: Places) -> FloatArray:
    """The chest ends at a bowl-shaped floor that is deepest at the back."""
    x, y, z = at
    return 62 - 0.55 * np.clip(y, -60, 80) - 0.0012 * x**2 - z
