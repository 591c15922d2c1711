"""Sets whose evidence is known to be incomplete: a limit is judged only where what is missing cannot turn it."""

from rtcheck.conformance.phantom import PhantomSet, dose_dataset, structures_dataset
from rtcheck.conformance.registry import asks, met, unanswered, violated
from rtcheck.conformance.shapes import BOXES, Box, dose_gy


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


@asks(
    unanswered("BODY", "Dmax < 60 Gy"),
    violated("BODY", "Dmax < 35 Gy"),
    met("PTV", "D50% >= 39.9 Gy"),
    unanswered("PTV", "Dmean < 41 Gy"),
    codes=("dose.saturated",),
)
def dose_cut_off_at_16_bits(s: PhantomSet) -> None:
    """The dose is cut off at 40 Gy, the highest 16-bit number."""
    s.dose = dose_dataset(dose_at=_at_most_40_gy, scaling=40.0 / 65535)


@asks(unanswered("BODY", "Dmax < 60 Gy"), violated("BODY", "Dmax < 35 Gy"), codes=("dose.saturated",))
def dose_cut_off_at_16_of_32_bits(s: PhantomSet) -> None:
    """The dose is cut off at the highest 16-bit number and stored in 32 bits."""
    s.dose = dose_dataset(dose_at=_at_most_40_gy, scaling=40.0 / 65535, bits=32)


@asks(unanswered("BODY", "Dmax < 60 Gy"), violated("BODY", "Dmax < 35 Gy"), codes=("dose.saturated",))
def dose_cut_off_at_12_bits(s: PhantomSet) -> None:
    """12 of 16 bits are stored, and the dose is cut off at the highest number."""
    s.dose = dose_dataset(dose_at=_at_most_40_gy, scaling=40.0 / 4095)
    s.dose.BitsStored, s.dose.HighBit = 12, 11


@asks(unanswered("PTV + 5 mm", "Dmax < 60 Gy"), unanswered("PTV | Kidney_L", "Dmax < 60 Gy"),
      codes=("dose.saturated",))  # fmt: skip
def expressions_where_the_dose_is_cut_off(s: PhantomSet) -> None:
    """The dose is cut off at 40 Gy, and limits refer to a margin and a union."""
    s.dose = dose_dataset(dose_at=_at_most_40_gy, scaling=40.0 / 65535)


def _at_most_40_gy(x_mm: float, y_mm: float, z_mm: float) -> float:
    return min(dose_gy(x_mm, y_mm, z_mm), 40.0)


@asks(unanswered("Kidneys", "Dmean < 60 Gy"), unanswered("Kidney_L | Kidney_R", "Dmean < 60 Gy"))
def one_kidney_of_two_without_contours(s: PhantomSet) -> None:
    """The right kidney is listed without contours; limits refer to both together."""
    right = Box(name="Kidney_R", number=6, type="ORGAN", low_mm=(-80.0, 12.3, -21.0), high_mm=(-55.0, 44.4, 39.0))
    s.structures = structures_dataset(boxes=(*BOXES, right))
    s.structures.ROIContourSequence[-1].ContourSequence = []


@asks(unanswered("BODY - PTV", "Dmax < 70 Gy"), unanswered("PTV | BODY", "V20Gy < 9000 cc"))
def part_of_an_expression_without_contours(s: PhantomSet) -> None:
    """The PTV is listed without contours; limits refer to the body without it and to both together."""
    s.structures.ROIContourSequence[_roi(s, 1)].ContourSequence = []


def _cut_at_z(s: PhantomSet, frames: int) -> None:
    """Omits the last frames of the dose."""
    kept = int(s.dose.NumberOfFrames) - frames
    s.dose.NumberOfFrames = kept
    s.dose.GridFrameOffsetVector = list(s.dose.GridFrameOffsetVector)[:kept]
    s.dose.PixelData = s.dose.PixelData[: kept * 2 * s.dose.Rows * s.dose.Columns]


@asks(unanswered("SpinalCord", "Dmean < 54 Gy"), violated("SpinalCord", "Dmax < 50 Gy"),
      met("SpinalCord", "Volume > 14 cc"), codes=("dose.partial-coverage",))  # fmt: skip
def grid_ends_in_the_cord_at_full_dose(s: PhantomSet) -> None:
    """The last six frames are missing, and the dose on the last one is that of the target."""
    _cut_at_z(s, 6)


@asks(met("SpinalCord", "Dmean < 40 Gy"), met("SpinalCord", "Dmax < 45 Gy"), codes=("dose.partial-coverage",))
def grid_ends_where_the_dose_has_faded(s: PhantomSet) -> None:
    """The last six frames are missing, and the dose on the last one is 1 Gy of 50 Gy: it fades towards the end."""
    s.dose = dose_dataset(dose_at=lambda _x, _y, z: 40.0 if z < 0 else max(40.0 - 2.0 * z, 1.0))
    _cut_at_z(s, 6)


@asks(met("SpinalCord", "Dmax < 61 Gy"), violated("SpinalCord", "Dmax < 60 Gy"))
def cord_within_the_last_voxels(s: PhantomSet) -> None:
    """The cord ends at z = 51 mm, and the last frame that is kept is at 52 mm."""
    _cut_at_z(s, 2)


@asks(unanswered("PTV", "CI_Paddick > 0.1"), unanswered("PTV", "Coverage > 10 %"), codes=("dose.partial-coverage",))
def index_of_a_target_outside_the_grid(s: PhantomSet) -> None:
    """The grid ends within the target."""
    _cut_at_z(s, 12)
