"""The stored numbers of an RTDOSE: format checked against what is there before anything is allocated."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.encoding import tags
from rtcheck.dicom.encoding.dataset import DataSet
from rtcheck.dicom.finding.sources import (
    DEFLATED_SYNTAX,
    EXPLICIT_BIG_SYNTAX,
    EXPLICIT_LITTLE_SYNTAX,
    IMPLICIT_LITTLE_SYNTAX,
    DicomFile,
)
from rtcheck.errors import DicomError
from rtcheck.values import dataclass

MAX_VOXELS = 256 * 1024**2
"""A dose of more nodes than this (1 GiB as float32) is refused; clinical grids have 1 to 50 million."""

RLE_SYNTAX = "1.2.840.10008.1.2.5"
_UNCOMPRESSED = (IMPLICIT_LITTLE_SYNTAX, EXPLICIT_LITTLE_SYNTAX, DEFLATED_SYNTAX, EXPLICIT_BIG_SYNTAX)

# Lossless forms that pydicom decodes where the optional decoders are installed.
_LOSSLESS = {
    RLE_SYNTAX: "RLE",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless",
    "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.201": "HTJ2K lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K lossless",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """How many numbers of how many bits are stored."""

    frames: int
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool

    @property
    def voxels(self) -> int:
        return self.frames * self.rows * self.columns

    @property
    def size_bytes(self) -> int:
        return self.voxels * self.bits_allocated // 8

    @property
    def highest_value(self) -> int:
        """The highest number that can be stored."""
        return int(2 ** (self.bits_stored - self.is_signed)) - 1


def read_pixel_format(dataset: DataSet) -> PixelFormat:
    """Shape and bits. Refuses what a dose cannot have, before anything is allocated."""
    frames = dataset.whole_number(tags.NUMBER_OF_FRAMES)
    allocated = dataset.unsigned(tags.BITS_ALLOCATED)
    stored = dataset.unsigned(tags.BITS_STORED) or allocated
    pixel_format = PixelFormat(
        frames=1 if frames is None else frames,
        rows=dataset.unsigned(tags.ROWS) or 0,
        columns=dataset.unsigned(tags.COLUMNS) or 0,
        bits_allocated=allocated or 0,
        bits_stored=stored or 0,
        is_signed=dataset.unsigned(tags.PIXEL_REPRESENTATION) == 1,
    )
    shape = f"{pixel_format.frames} frames of {pixel_format.rows} rows and {pixel_format.columns} columns"
    if min(pixel_format.frames, pixel_format.rows, pixel_format.columns) < 1:
        raise DicomError(f"The dose has {shape}; expected at least one of each.", code="dose.pixel-format")
    if pixel_format.voxels > MAX_VOXELS:
        raise DicomError(f"The dose claims {shape}, more than rtcheck reads ({MAX_VOXELS}).", code="dose.too-large")
    _check_bits(dataset, pixel_format)
    return pixel_format


def _check_bits(dataset: DataSet, pixel_format: PixelFormat) -> None:
    high_bit = dataset.unsigned(tags.HIGH_BIT)
    allocated, stored = pixel_format.bits_allocated, pixel_format.bits_stored
    if allocated not in (16, 32) or not 1 <= stored <= allocated:
        text = f"The dose stores {stored} of {allocated} bits; expected 16 or 32."
        raise DicomError(text, code="dose.pixel-format")
    if high_bit is not None and high_bit != stored - 1:
        text = f"The highest bit of the dose is {high_bit} where {stored} bits are stored; {stored - 1} expected."
        raise DicomError(text, code="dose.pixel-format")
    if (dataset.unsigned(tags.SAMPLES_PER_PIXEL) or 1) != 1:
        raise DicomError("The dose has several samples per pixel; 1 expected.", code="dose.pixel-format")
    photometric = dataset.code(tags.PHOTOMETRIC_INTERPRETATION)
    if photometric not in ("", "MONOCHROME2"):
        text = f"The photometric interpretation of the dose is {photometric}; MONOCHROME2 expected."
        raise DicomError(text, code="dose.pixel-format")
    if dataset.code(tags.LOSSY_IMAGE_COMPRESSION) == "01":
        raise DicomError("The dose uses lossy compression; its values are not exact.", code="dose.lossy")


def stored_frames(file: DicomFile, pixel_format: PixelFormat) -> NDArray[Any]:
    """The stored integers, (frames, rows, columns); a view of the file's bytes where they are not compressed."""
    if tags.PIXEL_DATA not in file.dataset:
        raise DicomError("The RTDOSE has no dose grid (no PixelData).", code="dose.no-pixels")
    if file.transfer_syntax in _UNCOMPRESSED:
        frames = _uncompressed(file.dataset, pixel_format)
    else:
        frames = _decompressed(file, pixel_format)
    unused = pixel_format.bits_allocated - pixel_format.bits_stored
    if unused:
        frames = (frames << unused) >> unused  # what lies above the stored bits is not part of the number
    return frames


def _uncompressed(dataset: DataSet, pixel_format: PixelFormat) -> NDArray[Any]:
    element = dataset.elements[tags.PIXEL_DATA]
    length = element.end - element.start
    if length - pixel_format.size_bytes not in (0, 1):
        raise DicomError(
            f"The dose grid has {length} bytes where {pixel_format.frames} x {pixel_format.rows} x "
            f"{pixel_format.columns} numbers of {pixel_format.bits_allocated} bits need {pixel_format.size_bytes}.",
            code="dose.pixel-length",
        )
    kind = "i" if pixel_format.is_signed else "u"
    dtype = np.dtype(f"{dataset.encoding.byte_order}{kind}{pixel_format.bits_allocated // 8}")
    flat = np.frombuffer(dataset.buffer, dtype, pixel_format.voxels, element.start)
    return flat.reshape(pixel_format.frames, pixel_format.rows, pixel_format.columns)


def _decompressed(file: DicomFile, pixel_format: PixelFormat) -> NDArray[Any]:
    """By pydicom and the decoders that are installed. Lossy forms are refused."""
    name = _LOSSLESS.get(file.transfer_syntax)
    if name is None:
        text = f"The encoding of the dose is lossy or unknown (transfer syntax {file.transfer_syntax})."
        raise DicomError(text, code="dose.lossy")
    element = file.dataset.elements[tags.PIXEL_DATA]
    # Run-length coding makes at most 128 bytes of 2: a header that claims far more is not believed.
    if pixel_format.size_bytes > 2000 * (element.end - element.start):
        raise DicomError("The compressed dose is far too short for its size.", code="dose.pixel-length")
    import warnings
    from io import BytesIO

    from pydicom import dcmread
    from pydicom.pixels.decoders.base import get_decoder

    if not get_decoder(file.transfer_syntax).is_available:
        package = "pylibjpeg-openjpeg" if name.startswith("HTJ2K") else "'rtcheck[jpeg]'"
        raise DicomError(
            f"The dose is compressed ({name}), and no decoder for it is installed. Install one with: pip install "
            f"{package}, or export the dose uncompressed.",
            code="dose.compressed",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = np.asarray(dcmread(BytesIO(file.content), force=True).pixel_array)
    except Exception as error:  # decoders raise whatever they like
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DicomError(
            f"The dose is compressed ({name}) and cannot be decoded: {reason}", code="dose.compressed"
        ) from None
    if math.prod(frames.shape) != pixel_format.voxels:
        raise DicomError("The shape of the compressed dose differs from its header.", code="dose.pixel-length")
    return frames.reshape(pixel_format.frames, pixel_format.rows, pixel_format.columns)
