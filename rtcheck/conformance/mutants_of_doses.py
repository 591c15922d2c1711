"""Mutants of the dose, one defect each."""

import numpy as np
from pydicom.uid import JPEGBaseline8Bit, JPEGLSLossless

from rtcheck.conformance.phantom import ROOT, PhantomSet, beam_share, dose_dataset, reference
from rtcheck.conformance.registry import refused, warns
from rtcheck.conformance.shapes import FRACTIONS, dose_gy


@refused("dose.relative-units")
def units_relative(s: PhantomSet) -> None:
    """DoseUnits is RELATIVE."""
    s.dose.DoseUnits = "RELATIVE"


@refused("dose.units")
def units_missing(s: PhantomSet) -> None:
    """DoseUnits is missing."""
    del s.dose.DoseUnits


@refused("dose.units")
def units_unknown(s: PhantomSet) -> None:
    """DoseUnits is CGY, which DICOM does not know."""
    s.dose.DoseUnits = "CGY"


@refused("dose.type-error")
def type_error(s: PhantomSet) -> None:
    """DoseType is ERROR: a difference of doses."""
    s.dose.DoseType = "ERROR"


@warns("dose.effective")
def type_effective(s: PhantomSet) -> None:
    """DoseType is EFFECTIVE."""
    s.dose.DoseType = "EFFECTIVE"


@warns("dose.type-missing")
def type_missing(s: PhantomSet) -> None:
    """DoseType is missing."""
    del s.dose.DoseType


@refused("dose.summation-type")
def summation_missing(s: PhantomSet) -> None:
    """DoseSummationType is missing."""
    del s.dose.DoseSummationType


@refused("dose.summation-type")
def summation_record(s: PhantomSet) -> None:
    """DoseSummationType is RECORD: what was delivered so far."""
    s.dose.DoseSummationType = "RECORD"


@refused("dose.summation-type")
def summation_control_point(s: PhantomSet) -> None:
    """DoseSummationType is CONTROL_POINT."""
    s.dose.DoseSummationType = "CONTROL_POINT"


@refused("dose.incomplete")
def one_beam_of_two(s: PhantomSet) -> None:
    """The only dose is that of one of two beams."""
    s.dose = dose_dataset(summation="BEAM", beam=1, dose_at=beam_share(0.6))


@refused("dose.incomplete")
def one_fraction_group_of_two(s: PhantomSet) -> None:
    """The plan has two fraction groups and the dose is that of one."""
    from copy import deepcopy

    second = deepcopy(s.plan.FractionGroupSequence[0])
    second.FractionGroupNumber = 2
    s.plan.FractionGroupSequence.append(second)
    s.dose.DoseSummationType = "FRACTION"


@warns("dose.fraction-group")
def lone_fraction_dose(s: PhantomSet) -> None:
    """DoseSummationType is FRACTION: software may take it for one fraction."""
    s.dose.DoseSummationType = "FRACTION"


@warns("dose.transformed")
def moved_by_registration(s: PhantomSet) -> None:
    """SpatialTransformOfDose is NON_RIGID."""
    s.dose.SpatialTransformOfDose = "NON_RIGID"


@refused("dose.scaling")
def scaling_missing(s: PhantomSet) -> None:
    """DoseGridScaling is missing."""
    del s.dose.DoseGridScaling


@refused("dose.scaling")
def scaling_zero(s: PhantomSet) -> None:
    """DoseGridScaling is 0."""
    s.dose.DoseGridScaling = 0


@refused("dose.scaling")
def scaling_negative(s: PhantomSet) -> None:
    """DoseGridScaling is below 0."""
    s.dose.DoseGridScaling = -0.002


@warns("dose.far-above-prescription")
def scaling_in_centigray(s: PhantomSet) -> None:
    """The numbers are cGy although DoseUnits says GY."""
    s.dose.DoseGridScaling = 0.2


@refused("dose.one-fraction")
def dose_of_one_fraction(s: PhantomSet) -> None:
    """DoseSummationType is PLAN and the numbers are those of one fraction."""
    s.dose.DoseGridScaling = 0.002 / FRACTIONS


@warns("dose.far-below-prescription")
def dose_of_one_beam_called_plan(s: PhantomSet) -> None:
    """DoseSummationType is PLAN and the numbers are those of the weaker beam."""
    s.dose.DoseGridScaling = 0.002 * 0.4


@warns("dose.target-off-prescription")
def dose_upside_down(s: PhantomSet) -> None:
    """The frames are stored in reverse under ascending offsets, of a dose that is steep along z."""
    s.dose = dose_dataset(dose_at=lambda x, y, z: dose_gy(x, y, z) - 0.8 * (z + 30))
    frames = np.frombuffer(s.dose.PixelData, "<u2").reshape(s.dose.NumberOfFrames, -1)
    s.dose.PixelData = frames[::-1].tobytes()


@refused("dose.offsets")
def offsets_missing(s: PhantomSet) -> None:
    """GridFrameOffsetVector is missing."""
    del s.dose.GridFrameOffsetVector


@refused("dose.offsets")
def offsets_too_few(s: PhantomSet) -> None:
    """GridFrameOffsetVector has one value less than there are frames."""
    s.dose.GridFrameOffsetVector = list(s.dose.GridFrameOffsetVector)[:-1]


@refused("dose.offsets")
def offsets_of_neither_kind(s: PhantomSet) -> None:
    """GridFrameOffsetVector begins neither with 0 nor with the position's z."""
    s.dose.GridFrameOffsetVector = [float(offset) + 17.0 for offset in s.dose.GridFrameOffsetVector]


@refused("dose.offsets")
def offsets_repeated(s: PhantomSet) -> None:
    """Two frames lie at the same place."""
    s.dose.GridFrameOffsetVector = [0.0, 0.0, *list(s.dose.GridFrameOffsetVector)[2:]]


@warns("dose.offsets-uneven")
def offsets_uneven(s: PhantomSet) -> None:
    """A frame is not where an even spacing would put it."""
    offsets = list(s.dose.GridFrameOffsetVector)
    offsets[5] = float(offsets[5]) + 1.0
    s.dose.GridFrameOffsetVector = offsets


@refused("dose.offsets")
def offsets_absolute_of_a_prone_grid(s: PhantomSet) -> None:
    """Frame offsets are z positions, but the grid is not in the orientation that may have them."""
    s.dose = dose_dataset(orientation="HFP", offsets="absolute")


@refused("dose.geometry")
def orientation_missing(s: PhantomSet) -> None:
    """ImageOrientationPatient is missing."""
    del s.dose.ImageOrientationPatient


@refused("dose.oblique")
def orientation_tilted(s: PhantomSet) -> None:
    """The grid is tilted by 10 degrees."""
    s.dose.ImageOrientationPatient = [0.984808, 0.173648, 0, -0.173648, 0.984808, 0]


@refused("dose.oblique")
def orientation_not_square(s: PhantomSet) -> None:
    """Rows and columns run in the same direction."""
    s.dose.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]


@refused("dose.oblique")
def orientation_of_zeros(s: PhantomSet) -> None:
    """All direction cosines are 0."""
    s.dose.ImageOrientationPatient = [0, 0, 0, 0, 0, 0]


@refused("dose.geometry")
def position_missing(s: PhantomSet) -> None:
    """ImagePositionPatient is missing."""
    del s.dose.ImagePositionPatient


@warns("dose.partial-coverage")
def position_elsewhere(s: PhantomSet) -> None:
    """The grid is shifted by 8 cm along z and misses organs."""
    x, y, z = (float(value) for value in s.dose.ImagePositionPatient)
    s.dose.ImagePositionPatient = [x, y, z + 80]


@refused("dose.geometry")
def spacing_missing(s: PhantomSet) -> None:
    """PixelSpacing is missing."""
    del s.dose.PixelSpacing


@refused("dose.geometry")
def spacing_zero(s: PhantomSet) -> None:
    """PixelSpacing is 0."""
    s.dose.PixelSpacing = [0, 0]


@warns("dose.partial-coverage", "dose.target-off-prescription")
def spacing_swapped(s: PhantomSet) -> None:
    """PixelSpacing has the columns' distance first."""
    s.dose.PixelSpacing = list(s.dose.PixelSpacing)[::-1]


@warns("dose.partial-coverage", "dose.target-off-prescription")
def rows_and_columns_swapped(s: PhantomSet) -> None:
    """Rows and Columns have each other's value."""
    s.dose.Rows, s.dose.Columns = s.dose.Columns, s.dose.Rows


@warns("dose.partial-coverage")
def grid_cuts_an_organ(s: PhantomSet) -> None:
    """The last six frames are missing: the dose ends inside organs."""
    kept = int(s.dose.NumberOfFrames) - 6
    frame_bytes = 2 * s.dose.Rows * s.dose.Columns
    s.dose.NumberOfFrames = kept
    s.dose.GridFrameOffsetVector = list(s.dose.GridFrameOffsetVector)[:kept]
    s.dose.PixelData = s.dose.PixelData[: kept * frame_bytes]


@refused("dose.pixel-length", "dose.offsets")
def frames_too_few(s: PhantomSet) -> None:
    """NumberOfFrames is one less than are stored."""
    s.dose.NumberOfFrames = int(s.dose.NumberOfFrames) - 1


@refused("dose.pixel-length")
def rows_too_many(s: PhantomSet) -> None:
    """Rows is one more than are stored."""
    s.dose.Rows += 1


@refused("dose.pixel-length")
def pixels_missing_at_the_end(s: PhantomSet) -> None:
    """PixelData is shorter than the grid."""
    s.dose.PixelData = s.dose.PixelData[:-100]


@refused("dose.pixel-length")
def bits_allocated_wrong(s: PhantomSet) -> None:
    """BitsAllocated is 32 where 16 are stored."""
    s.dose.BitsAllocated = s.dose.BitsStored = 32
    s.dose.HighBit = 31


@refused("dose.pixel-format")
def bits_allocated_odd(s: PhantomSet) -> None:
    """BitsAllocated is 12."""
    s.dose.BitsAllocated = s.dose.BitsStored = 12
    s.dose.HighBit = 11


@refused("dose.pixel-format")
def high_bit_elsewhere(s: PhantomSet) -> None:
    """HighBit does not fit BitsStored."""
    s.dose.HighBit = 11


@refused("dose.pixel-format")
def several_samples(s: PhantomSet) -> None:
    """SamplesPerPixel is 3."""
    s.dose.SamplesPerPixel = 3


@refused("dose.pixel-format")
def inverted_grey_scale(s: PhantomSet) -> None:
    """PhotometricInterpretation is MONOCHROME1."""
    s.dose.PhotometricInterpretation = "MONOCHROME1"


@warns("dose.signed")
def signed_numbers(s: PhantomSet) -> None:
    """PixelRepresentation is signed."""
    s.dose = dose_dataset(bits=32)
    s.dose.PixelRepresentation = 1


@refused("dose.negative")
def negative_doses(s: PhantomSet) -> None:
    """A part of the dose is far below 0."""
    s.dose = dose_dataset(bits=32)
    s.dose.PixelRepresentation = 1
    pixels = np.frombuffer(s.dose.PixelData, "<i4").copy()
    pixels[: len(pixels) // 10] *= -1
    s.dose.PixelData = pixels.tobytes()


@refused("dose.lossy")
def compressed_with_loss(s: PhantomSet) -> None:
    """The dose was compressed with loss at some time."""
    s.dose.LossyImageCompression = "01"


@refused("dose.lossy")
def lossy_transfer_syntax(s: PhantomSet) -> None:
    """The dose is stored as JPEG baseline."""
    from pydicom.encaps import encapsulate

    s.dose.add_new("PixelData", "OB", encapsulate([b"\xff\xd8\xff\xd9"] * int(s.dose.NumberOfFrames)))
    s.dose["PixelData"].is_undefined_length = True
    s.dose_syntax = JPEGBaseline8Bit


@refused("dose.compressed")
def lossless_but_undecodable(s: PhantomSet) -> None:
    """The dose is said to be JPEG-LS lossless, and no decoder can make anything of it."""
    from pydicom.encaps import encapsulate

    frame = bytes(s.dose.Rows * s.dose.Columns)
    s.dose.add_new("PixelData", "OB", encapsulate([frame] * int(s.dose.NumberOfFrames)))
    s.dose["PixelData"].is_undefined_length = True
    s.dose_syntax = JPEGLSLossless


@refused("dose.too-large")
def claims_a_monstrous_grid(s: PhantomSet) -> None:
    """The header claims 60000 x 60000 x 10000 voxels."""
    s.dose.Rows = s.dose.Columns = 60_000
    s.dose.NumberOfFrames = 10_000


@warns("dose.saturated")
def saturated(s: PhantomSet) -> None:
    """The dose is cut off at the highest number that 16 bits hold."""
    s.dose = dose_dataset(scaling=60 / 65535)


@refused("dose.empty")
def zeros(s: PhantomSet) -> None:
    """The dose is 0 everywhere."""
    s.dose.PixelData = bytes(len(s.dose.PixelData))


@refused("dose.single-plane")
def single_plane(s: PhantomSet) -> None:
    """The dose has one frame."""
    s.dose.NumberOfFrames = 1
    s.dose.GridFrameOffsetVector = [0.0]
    s.dose.PixelData = s.dose.PixelData[: 2 * s.dose.Rows * s.dose.Columns]


@warns("dose.no-pixels")
def no_pixels(s: PhantomSet) -> None:
    """The RTDOSE holds no grid."""
    del s.dose.PixelData


@warns("dose.not-referenced", "link.by-frame")
def refers_to_an_unknown_plan(s: PhantomSet) -> None:
    """The dose refers to a plan that is not there."""
    s.dose.ReferencedRTPlanSequence = [reference("RTPLAN", f"{ROOT}.99")]


@refused("frame.mismatch")
def dose_in_another_frame(s: PhantomSet) -> None:
    """The dose is in another frame of reference."""
    s.dose.FrameOfReferenceUID = f"{ROOT}.98"


@warns("frame.missing")
def dose_without_frame(s: PhantomSet) -> None:
    """The dose gives no frame of reference."""
    del s.dose.FrameOfReferenceUID


@refused("patient.mismatch")
def dose_of_another_patient(s: PhantomSet) -> None:
    """The dose has another PatientID."""
    s.dose.PatientID = "SOMEONE"


@refused("patient.mismatch")
def dose_of_another_name(s: PhantomSet) -> None:
    """The dose has another PatientName."""
    s.dose.PatientName = "Someone"


@refused("structures.plan-and-dose-differ")
def dose_on_another_structure_set(s: PhantomSet) -> None:
    """The dose refers to another structure set than the plan."""
    s.dose.ReferencedStructureSetSequence = [reference("RTSTRUCT", f"{ROOT}.97")]
