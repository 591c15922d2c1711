"""The analytic phantom: boxes in a dose that rises evenly, so that every metric has a closed form."""

from rtcheck.values import dataclass

PLANE_SPACING_MM = 3.0
"""Distance of the contours' planes; a box reaches half of it beyond its first and last plane."""

PRESCRIBED_GY = 50.0
FRACTIONS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box along the axes; `low_mm` and `high_mm` are its corners (x, y, z). Its hole goes all through in z."""

    name: str
    number: int
    type: str
    low_mm: tuple[float, float, float]
    high_mm: tuple[float, float, float]
    hole_mm: tuple[float, float, float, float] | None = None
    """x low, y low, x high, y high of a hole with the same centre."""

    @property
    def centre_mm(self) -> tuple[float, float, float]:
        x, y, z = ((low + high) / 2 for low, high in zip(self.low_mm, self.high_mm, strict=True))
        return x, y, z

    @property
    def planes_mm(self) -> tuple[float, ...]:
        """The z of its contours."""
        count = round((self.high_mm[2] - self.low_mm[2]) / PLANE_SPACING_MM)
        return tuple(self.low_mm[2] + PLANE_SPACING_MM * (k + 0.5) for k in range(count))

    @property
    def volume_cc(self) -> float:
        width, depth, height = (high - low for low, high in zip(self.low_mm, self.high_mm, strict=True))
        hole_mm2 = 0.0
        if self.hole_mm:
            hole_mm2 = (self.hole_mm[2] - self.hole_mm[0]) * (self.hole_mm[3] - self.hole_mm[1])
        return (width * depth - hole_mm2) * height / 1000

    @property
    def mean_gy(self) -> float:
        """The dose at the centre, for the dose is linear and the box (and its hole) symmetric."""
        return dose_gy(*self.centre_mm)

    @property
    def max_gy(self) -> float:
        return max(self._corner_doses_gy())

    @property
    def min_gy(self) -> float:
        return min(self._corner_doses_gy())

    def _corner_doses_gy(self) -> list[float]:
        ends = tuple(zip(self.low_mm, self.high_mm, strict=True))
        return [dose_gy(x, y, z) for x in ends[0] for y in ends[1] for z in ends[2]]


def dose_gy(x_mm: float, y_mm: float, z_mm: float) -> float:
    """The phantom's dose: the prescription at the target's centre, rising evenly towards left, back and feet."""
    return PRESCRIBED_GY + 0.05 * (x_mm - 20.3) + 0.2 * (y_mm - 10.7) - 0.1 * (z_mm - 1.5)


PTV = Box(name="PTV", number=1, type="PTV", low_mm=(5.3, -4.3, -30.0), high_mm=(35.3, 25.7, 33.0))
LIVER = Box(
    name="Liver", number=2, type="ORGAN", low_mm=(-80.2, -60.4, -42.0), high_mm=(-10.2, 60.4, 42.0),
    hole_mm=(-60.2, -20.4, -30.2, 20.4),
)  # fmt: skip
CORD = Box(name="SpinalCord", number=3, type="ORGAN", low_mm=(-6.1, 30.2, -51.0), high_mm=(6.1, 41.9, 51.0))
KIDNEY = Box(name="Kidney_L", number=4, type="ORGAN", low_mm=(45.6, 12.3, -21.0), high_mm=(71.2, 44.4, 39.0))
BODY = Box(name="BODY", number=5, type="EXTERNAL", low_mm=(-92.4, -68.8, -51.0), high_mm=(92.4, 68.8, 51.0))
BOXES = (PTV, LIVER, CORD, KIDNEY, BODY)
