"""Sets whose evidence is known to be incomplete: a limit is judged only where what is missing cannot turn it."""

from rtcheck.conformance.phantom import PhantomSet, dose_dataset
from rtcheck.conformance.registry import asks, met, unanswered, violated


def _roi(s: PhantomSet, number: int) -> int:
    """The place of a ROI's contours."""
    return next(k for k, roi in enumerate(s.structures.ROIContourSequence) if roi.ReferencedROINumber == number)


@asks(unanswered("PTV", "D50% >= 49 Gy"), met("Liver", "Dmean < 45 Gy"))
def target_listed_without_contours(s: PhantomSet) -> None:
    """The PTV is listed and has no contours."""
    del s.structures.ROIContourSequence[_roi(s, 1)]


@asks(unanswered("PTV", "D50% >= 49 Gy"), met("Liver", "Dmean < 45 Gy"))
def target_without_contour_items(s: PhantomSet) -> None:
    """The PTV has an entry for its contours, which is empty."""
    s.structures.ROIContourSequence[_roi(s, 1)].ContourSequence = []


@asks(violated("BODY", "Dmax < 30 Gy"), met("Liver", "Dmean < 45 Gy"))
def dose_of_bits_enough(s: PhantomSet) -> None:
    """The dose is stored in 32 bits, and no voxel holds the highest number."""
    s.dose = dose_dataset(bits=32)
