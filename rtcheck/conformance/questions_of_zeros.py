"""Sets with a dose of exactly 0: in air, where that is right, and within the patient, where none was calculated.

In all of them the dose is 0.2 Gy below z = -42 mm: low doses are not cut off.
"""

import math
from collections.abc import Callable

from rtcheck.conformance.phantom import PhantomSet, dose_dataset
from rtcheck.conformance.registry import asks, met, unanswered, violated
from rtcheck.conformance.shapes import BODY, LIVER, PTV, Box, dose_gy

ZERO = ("dose.zero",)

Point = tuple[float, ...]


def _where(s: PhantomSet, is_calculated: Callable[[Point], bool]) -> None:
    """The phantom's dose where it was calculated, and 0 elsewhere."""

    def dose(*at_mm: float) -> float:
        return (dose_gy(*at_mm) if at_mm[2] > -42 else 0.2) if is_calculated(at_mm) else 0.0

    s.dose = dose_dataset(dose_at=dose)


def _holds(box: Box, at_mm: Point) -> bool:
    return all(low < at < high for low, at, high in zip(box.low_mm, at_mm, box.high_mm, strict=True))


@asks(met("Kidney_L", "Dmean < 60 Gy"), met("BODY", "Dmax < 75 Gy"), met("SpinalCord", "Dmax < 60 Gy"))
def no_dose_in_air(s: PhantomSet) -> None:
    """The dose is 0 outside the body."""
    _where(s, lambda at_mm: _holds(BODY, at_mm))


@asks(unanswered("Kidney_L", "Dmean < 45 Gy"), met("PTV", "D50% >= 49 Gy"), codes=ZERO)
def dose_cropped_through_an_organ(s: PhantomSet) -> None:
    """The dose is 0 beyond a box that ends within the left kidney, inside the grid."""
    _where(s, lambda at_mm: at_mm[0] < 57)


@asks(
    unanswered("Liver", "Dmean < 40 Gy"), unanswered("Liver", "V30Gy < 80 %"), met("PTV", "D50% >= 49 Gy"), codes=ZERO
)
def dose_of_one_half_missing(s: PhantomSet) -> None:
    """The dose is 0 on the right of x = -50 mm, as where one of two halves of a field is missing."""
    _where(s, lambda at_mm: at_mm[0] > -50)


@asks(unanswered("SpinalCord", "Dmean < 48 Gy"), violated("SpinalCord", "Dmax < 50 Gy"), codes=ZERO)
def planes_of_zeros(s: PhantomSet) -> None:
    """Three planes of the dose within the organs are 0."""
    _where(s, lambda at_mm: at_mm[2] not in (0, 4, 8))


@asks(
    unanswered("Liver", "Dmean < 50 Gy"), unanswered("Liver", "Dmax < 66 Gy"), met("PTV", "D50% >= 49 Gy"), codes=ZERO
)
def dose_masked_by_an_organ(s: PhantomSet) -> None:
    """The dose is 0 within the liver's outline."""
    _where(s, lambda at_mm: not _holds(LIVER, at_mm))


@asks(unanswered("SpinalCord", "Dmean < 45 Gy"), unanswered("Kidney_L", "Dmean < 45 Gy"), codes=ZERO)
def dose_masked_around_the_target(s: PhantomSet) -> None:
    """The dose is 0 further than 25 mm from the target's centre."""
    _where(s, lambda at_mm: math.dist(at_mm, PTV.centre_mm) < 25)


@asks(unanswered("Kidney_L", "Dmean < 45 Gy"), codes=ZERO)
def dose_of_protons_cropped(s: PhantomSet) -> None:
    """The dose of an ion plan is 0 beyond a box that ends within the left kidney."""
    s.plan.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.8"
    dose_cropped_through_an_organ(s)
