"""CT slices by path -> one small grey volume for pictures: windowed, about a millimetre a pixel."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtcheck.dicom.ct_slice import hounsfield
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]
Pixels = NDArray[np.uint8]

WINDOW_HU = (-160.0, 240.0)
LEVELS = 48
PIXEL_MM = 1.0
MOST_SLICES = 600
_FARTHEST_MM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CtVolume:
    """Grey values (z, y, x), 0 to 255 in `LEVELS` steps; all axes ascending in mm."""

    grey: Pixels
    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray

    def sampled(self, x_mm: FloatArray, y_mm: FloatArray, z_mm: FloatArray) -> Pixels:
        """The nearest pixels at broadcastable places; black outside and further than 5 mm from any slice."""
        k, j, i = (_nearest(axis, at) for axis, at in ((self.z_mm, z_mm), (self.y_mm, y_mm), (self.x_mm, x_mm)))
        is_there = np.abs(self.z_mm[k] - z_mm) <= _FARTHEST_MM
        is_there = is_there & (np.abs(self.y_mm[j] - y_mm) <= PIXEL_MM) & (np.abs(self.x_mm[i] - x_mm) <= PIXEL_MM)
        return np.where(is_there, self.grey[k, j, i], 0).astype(np.uint8)

    def has_slice_at(self, z_mm: float) -> bool:
        return bool(np.abs(self.z_mm - z_mm).min() <= _FARTHEST_MM)


def _nearest(axis: FloatArray, at: FloatArray) -> NDArray[np.int64]:
    if len(axis) == 1:
        return np.zeros(np.shape(at), dtype=np.int64)
    above = np.clip(np.searchsorted(axis, at), 1, len(axis) - 1)
    return np.asarray(np.where(at - axis[above - 1] < axis[above] - at, above - 1, above), dtype=np.int64)


def read_ct(paths: Sequence[Path]) -> CtVolume | None:
    """The volume, or None where no slice can be read: pictures do without a CT rather than stop a report."""
    slices = {}
    shared: tuple[FloatArray, FloatArray] | None = None
    for path in paths[:MOST_SLICES]:
        read = _read_slice(path, shared)
        if read is not None:
            z_mm, grey, shared = read
            slices[round(z_mm, 3)] = grey
    if not slices or shared is None:
        return None
    z = sorted(slices)
    return CtVolume(grey=np.stack([slices[at] for at in z]), x_mm=shared[0], y_mm=shared[1], z_mm=np.array(z))


def _read_slice(
    path: Path, shared: tuple[FloatArray, FloatArray] | None
) -> tuple[float, Pixels, tuple[FloatArray, FloatArray]] | None:
    """One axial slice on the pixels shared by all: (z, grey, axes); None for whatever does not fit."""
    import warnings

    try:
        with warnings.catch_warnings():  # pydicom quotes the file in its own
            warnings.simplefilter("ignore")
            x, y, z, pixels = hounsfield(path)
    except Exception:  # whatever a damaged slice raises: the page does without it
        return None
    x_mm, y_mm = shared or tuple(
        np.arange(axis.min(), axis.max() + 1e-6, max(PIXEL_MM, _step(axis))) for axis in (x, y)
    )
    columns, rows = (np.argsort(axis) for axis in (x, y))
    taken = pixels[np.ix_(rows[_nearest(y[rows], y_mm)], columns[_nearest(x[columns], x_mm)])]
    return z, _grey(taken), (x_mm, y_mm)


def _step(axis: FloatArray) -> float:
    return float(abs(axis[1] - axis[0])) if len(axis) > 1 else PIXEL_MM


def _grey(hounsfield: FloatArray) -> Pixels:
    low, high = WINDOW_HU
    share = np.clip((hounsfield - low) / (high - low), 0, 1)
    return (np.round(share * (LEVELS - 1)) * (255 / (LEVELS - 1))).astype(np.uint8)
