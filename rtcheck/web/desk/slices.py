"""A checked case and a plane -> what is drawn of it: the dose on its own nodes, outlines, and the CT as a picture.

Across runs x (axial, coronal) or y (sagittal), down y or z, in patient millimetres. The dose is interpolated through
the plane alone; within it the page interpolates between the nodes, which together is trilinear.
"""

import base64
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.case import Case
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.errors import RtcheckError
from rtcheck.geometry.levels.level_lines import thinned
from rtcheck.geometry.solid import Solid
from rtcheck.report.slices.ct import CtVolume, read_ct
from rtcheck.report.slices.dose_sampling import sampled
from rtcheck.report.slices.outlines import Plane, outline
from rtcheck.report.slices.png import data_url, quick_grey_png
from rtcheck.report.slices.scene import AXES, PLANES
from rtcheck.report.telling.shown import shown_drawings
from rtcheck.results import Report
from rtcheck.web.refusals import Refusal

MOST_CUTS = 4_000
CONTOUR_MM = 0.1
CT_MM = 1.0
RIM_MM, BESIDE_MM = 12.0, 60.0
_STEPS = 65_535  # of the dose in the page: 16 bits

FloatArray = NDArray[np.float64]


@dataclass(slots=True, kw_only=True, eq=False)
class Pictures:
    """What the slices of one case share: the CT, once it is read, the body, and the outlines that were cut."""

    ct: CtVolume | None = None
    has_begun: bool = False
    is_read: bool = False
    body: Solid | None = None
    extents: dict[Solid, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    cuts: "OrderedDict[tuple[Solid, Plane, float], list[list[list[float]]]]" = field(default_factory=OrderedDict)

    def begin(self, case: Case) -> None:
        """Read CT and body aside: the first slices are shown without them."""
        if self.has_begun:
            return
        self.has_begun = True
        Thread(target=self._read, args=(case,), daemon=True).start()

    def _read(self, case: Case) -> None:
        try:
            self.body = _body(case)
            self.ct = read_ct(case.images)
        finally:
            self.is_read = True

    def extent(self, solids: list[Solid]) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest x, y, z of all these solids. [mm]"""
        for solid in solids:
            if solid not in self.extents:
                self.extents[solid] = _extent(solid)
        lows, highs = zip(*(self.extents[solid] for solid in solids), strict=True)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def cut(self, solid: Solid, plane: Plane, at_mm: float) -> list[list[list[float]]]:
        """The outline of a solid in a plane as closed lines of points, cut once."""
        key = (solid, plane, round(at_mm, 3))
        if key not in self.cuts:
            while len(self.cuts) >= MOST_CUTS:
                self.cuts.popitem(last=False)
            lines = [thinned(line, CONTOUR_MM) for line in outline(solid, plane, at_mm)]
            self.cuts[key] = [np.round(line, 1).tolist() for line in lines if len(line) > 2]
        return self.cuts[key]


def box_values(case: Case, report: Report, pictures: Pictures) -> dict[str, Any] | None:
    """What the slices show: the extent of structures and dose, the levels of the wash; None without a dose."""
    dose = case.dose
    if dose is None:
        return None
    solids = [each.solid for each in shown_drawings(report) if not each.solid.is_empty]
    axes = (dose.x_mm, dose.y_mm, dose.z_mm)
    low, high = np.array([axis[0] for axis in axes]), np.array([axis[-1] for axis in axes])
    if solids:
        near_low, near_high = pictures.extent(solids)
        low, high = np.maximum(low, near_low - BESIDE_MM), np.minimum(high, near_high + BESIDE_MM)
    plan = case.plan
    stated_gy = plan.prescription.dose_gy if plan and plan.prescription else None
    return {
        "low_mm": np.round(low - RIM_MM, 1).tolist(),
        "high_mm": np.round(high + RIM_MM, 1).tolist(),
        "reference_gy": dose.max_gy if stated_gy is None else stated_gy,
        "is_of_maximum": stated_gy is None,
        "max_gy": dose.max_gy,
        "step_mm": {plane: _step(dose, plane) for plane in PLANES},
        "has_images": bool(case.images),
    }


def slice_values(case: Case, report: Report, pictures: Pictures, plane: str, at_mm: float) -> dict[str, Any]:
    """One slice. `ct` is a picture, "reading" while it is not there yet, or None where there is none here."""
    chosen = next((each for each in PLANES if each == plane), None)
    if chosen is None:
        raise Refusal(400, "web.bad-request", "plane: expected axial, coronal or sagittal.")
    pictures.begin(case)
    outlines = [
        {"name": each.name, "lines": lines}
        for each in shown_drawings(report)
        if _reaches(each.solid, chosen, at_mm) and (lines := pictures.cut(each.solid, chosen, at_mm))
    ]
    body = pictures.body
    return {
        "plane": plane,
        "at_mm": at_mm,
        "dose": _dose(case.dose, chosen, at_mm) if case.dose else None,
        "outlines": outlines,
        "body": pictures.cut(body, chosen, at_mm) if body is not None and _reaches(body, chosen, at_mm) else [],
        "ct": _ct(case, pictures, chosen, at_mm),
    }


def _dose(dose: DoseGrid, plane: Plane, at_mm: float) -> dict[str, Any] | None:
    """The dose in the plane at the grid's nodes, as 16-bit steps of the highest dose; None outside the grid."""
    across, down, through = AXES[plane]
    axes = (dose.x_mm, dose.y_mm, dose.z_mm)
    if not axes[through][0] <= at_mm <= axes[through][-1]:
        return None
    index = min(max(int(np.searchsorted(axes[through], at_mm, side="right")) - 1, 0), max(len(axes[through]) - 2, 0))
    share = 0.0
    if len(axes[through]) > 1:
        share = float((at_mm - axes[through][index]) / (axes[through][index + 1] - axes[through][index]))
    values = np.take(dose.dose_gy, index, axis=2 - through) * (1 - share)
    if share:
        values = values + np.take(dose.dose_gy, index + 1, axis=2 - through) * share
    steps = np.round(np.clip(values / max(dose.max_gy, 1e-9), 0, 1) * _STEPS).astype("<u2")
    return {
        "across_mm": np.round(axes[across], 3).tolist(),
        "down_mm": np.round(axes[down], 3).tolist(),
        "gy_per_step": dose.max_gy / _STEPS,
        "steps": base64.b64encode(steps.tobytes()).decode(),
    }


def _ct(case: Case, pictures: Pictures, plane: Plane, at_mm: float) -> dict[str, Any] | str | None:
    ct = pictures.ct
    if ct is None:
        return "reading" if case.images and not pictures.is_read else None
    if plane == "axial" and not ct.has_slice_at(at_mm):
        return None
    across, down, _ = AXES[plane]
    axes = (ct.x_mm, ct.y_mm, ct.z_mm)
    u = np.arange(axes[across][0], axes[across][-1] + CT_MM / 2, CT_MM)
    v = np.arange(axes[down][0], axes[down][-1] + CT_MM / 2, CT_MM)
    places: list[FloatArray] = [np.full((1, 1), at_mm)] * 3
    places[across], places[down] = u[None, :], v[:, None]
    grey = ct.sampled(*places)
    if not grey.any():
        return None
    return {
        "url": data_url(quick_grey_png(grey)),
        "left_mm": float(u[0] - CT_MM / 2),
        "top_mm": float(v[0] - CT_MM / 2),
        "width_mm": len(u) * CT_MM,
        "height_mm": len(v) * CT_MM,
    }


def point_values(
    case: Case, position_mm: tuple[float, float, float], solid_of: Callable[[int], Solid]
) -> dict[str, Any]:
    """The dose at a point, and every drawn structure that it lies in."""
    x, y, z = (np.array([[each]]) for each in position_mm)
    dose_gy = float(sampled(case.dose, x, y, z)[0, 0]) if case.dose else None
    inside = []
    for roi in case.structures or ():
        if not roi.contours:
            continue
        try:
            solid = solid_of(roi.number)
        except RtcheckError:
            continue
        if _contains(solid, position_mm):
            inside.append(roi.name)
    return {"position_mm": list(position_mm), "dose_gy": dose_gy, "structures": inside}


def _contains(solid: Solid, position_mm: tuple[float, float, float]) -> bool:
    """Whether the point lies in the solid's slab there, by its winding number."""
    x, y, z = position_mm
    slab = next((each for each in solid.slabs if each.z_low_mm <= z < each.z_high_mm), None)
    if slab is None:
        return False
    x0, y0, x1, y1 = slab.edges_mm.T
    up, down = (y0 <= y) & (y1 > y), (y1 <= y) & (y0 > y)
    is_left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
    return bool((up & (is_left > 0)).sum() - (down & (is_left < 0)).sum())


def _reaches(solid: Solid, plane: Plane, at_mm: float) -> bool:
    if solid.is_empty:
        return False
    return plane != "axial" or solid.slabs[0].z_low_mm <= at_mm < solid.slabs[-1].z_high_mm


def _step(dose: DoseGrid, plane: Plane) -> float:
    axis = (dose.x_mm, dose.y_mm, dose.z_mm)[AXES[plane][2]]
    return round(float(np.median(np.diff(axis))), 3) if len(axis) > 1 else 1.0


def _extent(solid: Solid) -> tuple[FloatArray, FloatArray]:
    corners = np.concatenate([slab.edges_mm[:, :2] for slab in solid.slabs])
    low = np.array([*corners.min(axis=0), solid.slabs[0].z_low_mm])
    return low, np.array([*corners.max(axis=0), solid.slabs[-1].z_high_mm])


def _body(case: Case) -> Solid | None:
    """The patient's outline, where the structure set has one."""
    structures = case.structures
    for roi in structures or ():
        if structures is not None and roi.type == "EXTERNAL" and roi.contours:
            try:
                return structures.slabs(roi.number)
            except RtcheckError:
                return None
    return None
