"""Mutants of the dose grid and its stored values, one defect each."""

import numpy as np
from pydicom.uid import JPEGBaseline8Bit, JPEGLSLossless

from rtcheck.conformance.phantom import PhantomSet, dose_dataset
from rtcheck.conformance.registry import refused, warns


@refused("dose.offsets")
def offsets_missing(s: PhantomSet) -> None:
    """GridFrameOffsetVector is missing."""
    del s.dose.GridFrameOffsetVector


@refused("dose.offsets")
def offsets_too_few(s: PhantomSet) -> None:
    """GridFrameOffsetVector has one value fewer than there are frames."""
    s.dose.GridFrameOffsetVector = list(s.dose.GridFrameOffsetVector)[:-1]


@refused("dose.offsets")
def offsets_of_neither_kind(s: PhantomSet) -> None:
    """GridFrameOffsetVector starts neither with 0 nor with the z of ImagePositionPatient."""
    s.dose.GridFrameOffsetVector = [float(offset) + 17.0 for offset in s.dose.GridFrameOffsetVector]


@refused("dose.offsets")
def offsets_repeated(s: PhantomSet) -> None:
    """Two frames lie at the same place."""
    s.dose.GridFrameOffsetVector = [0.0, 0.0, *list(s.dose.GridFrameOffsetVector)[2:]]


@warns("dose.offsets-uneven")
def offsets_uneven(s: PhantomSet) -> None:
    """The frames are not evenly spaced."""
    offsets = list(s.dose.GridFrameOffsetVector)
    offsets[5] = float(offsets[5]) + 1.0
    s.dose.GridFrameOffsetVector = offsets


@warns("dose.offsets-uneven", "dose.frames-missing")
def frames_missing(s: PhantomSet) -> None:
    """Two frames in the middle of the dose are missing."""
    frames, rows, columns = s.dose.NumberOfFrames, s.dose.Rows, s.dose.Columns
    kept = np.delete(np.arange(frames), [11, 12])
    stored = np.frombuffer(s.dose.PixelData, dtype="<u2").reshape(frames, rows, columns)[kept]
    s.dose.GridFrameOffsetVector = [list(s.dose.GridFrameOffsetVector)[frame] for frame in kept]
    s.dose.NumberOfFrames, s.dose.PixelData = len(kept), stored.tobytes()


@refused("dose.offsets")
def offsets_absolute_of_a_prone_grid(s: PhantomSet) -> None:
    """Frame offsets are z positions, which the orientation of the grid does not permit."""
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
    """PixelSpacing has the column spacing first."""
    s.dose.PixelSpacing = list(s.dose.PixelSpacing)[::-1]


@warns("dose.partial-coverage", "dose.target-off-prescription")
def rows_and_columns_swapped(s: PhantomSet) -> None:
    """Rows and Columns are swapped."""
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
    """NumberOfFrames is one less than the number of stored frames."""
    s.dose.NumberOfFrames = int(s.dose.NumberOfFrames) - 1


@refused("dose.pixel-length")
def rows_too_many(s: PhantomSet) -> None:
    """Rows is one more than the number of stored rows."""
    s.dose.Rows += 1


@refused("dose.pixel-length")
def pixels_missing_at_the_end(s: PhantomSet) -> None:
    """PixelData is shorter than the grid."""
    s.dose.PixelData = s.dose.PixelData[:-100]


@refused("dose.pixel-length")
def bits_allocated_wrong(s: PhantomSet) -> None:
    """BitsAllocated is 32, but 16 bits are stored."""
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
    """Part of the dose is far below 0."""
    s.dose = dose_dataset(bits=32)
    s.dose.PixelRepresentation = 1
    pixels = np.frombuffer(s.dose.PixelData, "<i4").copy()
    pixels[: len(pixels) // 10] *= -1
    s.dose.PixelData = pixels.tobytes()


@refused("dose.lossy")
def compressed_with_loss(s: PhantomSet) -> None:
    """The dose was once stored with lossy compression."""
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
    """The transfer syntax is JPEG-LS lossless, but the pixel data cannot be decoded."""
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


@refused("dose.single-plane")
def single_plane(s: PhantomSet) -> None:
    """The dose has one frame."""
    s.dose.NumberOfFrames = 1
    s.dose.GridFrameOffsetVector = [0.0]
    s.dose.PixelData = s.dose.PixelData[: 2 * s.dose.Rows * s.dose.Columns]


@refused("dose.geometry")
def position_beyond_reason(s: PhantomSet) -> None:
    """The grid begins a hundred metres from the origin."""
    s.dose.ImagePositionPatient = [1e5, -75.0, -60.0]


@refused("dose.geometry")
def spacing_beyond_reason(s: PhantomSet) -> None:
    """The grid points are one picometre apart."""
    s.dose.PixelSpacing = [1e-9, 1e-9]


@warns("dose.partial-coverage")
def grid_beside_every_structure(s: PhantomSet) -> None:
    """The frame offsets have the wrong sign, so that no structure is inside the grid."""
    s.dose.GridFrameOffsetVector = [-float(offset) for offset in s.dose.GridFrameOffsetVector]
    s.dose.ImagePositionPatient = [-100.0, -75.0, -62.0]
