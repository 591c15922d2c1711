"""What pictures show and from where: organs, dose, CT or body; the spot; and the window of each plane.

One user unit of a picture is one millimetre. Across runs x (axial, coronal) or y (sagittal); down runs y or -z.
"""

from dataclasses import field

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.geometry.solid import Solid
from rtcheck.report.charts.palette import LineStyle
from rtcheck.report.slices.ct import CtVolume
from rtcheck.report.slices.outlines import Plane, outline
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]
Point = tuple[float, float, float]

PLANES: tuple[Plane, ...] = ("axial", "coronal", "sagittal")
AXES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}  # across, down, through
_NARROWEST_MM = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How fine a picture is: pixels of CT and wash, and how far a contour may be off."""

    ct_mm: float
    wash_mm: float
    contour_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Organ:
    """A structure to outline."""

    style: LineStyle
    solid: Solid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What is there to be cut: organs, dose with the levels of its wash, CT or body outline, and the box to show."""

    organs: tuple[Organ, ...]
    dose: DoseGrid | None
    levels_gy: tuple[float, ...]
    ct: CtVolume | None
    body: Solid | None
    low_mm: Point
    high_mm: Point
    cuts: dict[tuple[int, Plane, float], list[FloatArray]] = field(default_factory=dict)

    def cut(self, solid: Solid, plane: Plane, at_mm: float) -> list[FloatArray]:
        """The outline of one of the scene's solids, cut once: every layer and every fineness asks for it again."""
        key = (id(solid), plane, round(at_mm, 4))
        if key not in self.cuts:
            self.cuts[key] = outline(solid, plane, at_mm)
        return self.cuts[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What a picture shows: the organ, the point, and the limit whose isodose is drawn (`is_cold`: too little dose)."""

    organ: str
    position_mm: Point
    limit_gy: float | None = None
    marks_region: bool = False
    is_cold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One slice: the drawing and its caption."""

    svg: Markup
    caption: str
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The window of one view in millimetres: left, top, width, height; the plane and where it lies."""

    plane: Plane
    at_mm: float
    left: float
    top: float
    width: float
    height: float

    def nodes(self, step_mm: float) -> tuple[FloatArray, FloatArray]:
        """Pixel centres across and down, in picture coordinates."""
        columns, rows = max(int(self.width / step_mm), 1), max(int(self.height / step_mm), 1)
        across = self.left + (np.arange(columns) + 0.5) * self.width / columns
        down = self.top + (np.arange(rows) + 0.5) * self.height / rows
        return across, down

    def patient(self, across: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Patient x, y, z of a grid of picture coordinates, broadcastable to (down, across)."""
        through = np.full((1, 1), self.at_mm)
        u, v = across[None, :], down[:, None]
        match self.plane:
            case "axial":
                return u, v, through
            case "coronal":
                return u, through, -v
            case _:
                return through, u, -v

    def lines(self, scene: "Scene", solid: Solid) -> list[FloatArray]:
        """The outline of a solid in picture coordinates: z points down."""
        flip = np.array([1.0, 1.0 if self.plane == "axial" else -1.0])
        return [line * flip for line in scene.cut(solid, self.plane, self.at_mm)]

    def local(self, position_mm: Point) -> tuple[float, float]:
        """A patient point in the picture, from its left upper corner."""
        across, down, _ = AXES[self.plane]
        v = position_mm[down] * (1 if self.plane == "axial" else -1)
        return position_mm[across] - self.left, v - self.top


def frame_of(scene: Scene, spot: Spot, plane: Plane, half_mm: float | None) -> Frame:
    """The window of one plane through the spot: the scene's box, or `half_mm` to each side of the spot."""
    across, down, through = AXES[plane]
    low, high = list(scene.low_mm), list(scene.high_mm)
    if half_mm is not None:
        low = [middle - half_mm for middle in spot.position_mm]
        high = [middle + half_mm for middle in spot.position_mm]
    top = low[1] if plane == "axial" else -high[2]
    return Frame(
        plane=plane,
        at_mm=spot.position_mm[through],
        left=low[across],
        top=top,
        width=max(high[across] - low[across], _NARROWEST_MM),
        height=max(high[down] - low[down], _NARROWEST_MM),
    )
