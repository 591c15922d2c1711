"""DVHs thin enough to keep a million of: volume shares at even dose steps, two bytes each, compressed."""

import zlib

import numpy as np
from numpy.typing import NDArray

from rtcheck.dosimetry.dvh import Dvh

STEP_GY = 0.5
FULL = 65535  # uint16: a share is kept to 0.0015 %


def packed_shares(dvh: Dvh) -> bytes:
    """Volume share at 0, 0.5, 1, ... Gy up to the first dose that nothing receives; of no volume, nothing."""
    inside_cc = float(dvh.volume_at_least_cc[0]) if len(dvh.volume_at_least_cc) else 0.0
    if inside_cc <= 0.0:
        return zlib.compress(b"")
    dose_gy = np.arange(0.0, dvh.max_gy + 2 * STEP_GY, STEP_GY)
    shares = np.interp(dose_gy, dvh.dose_gy, dvh.volume_at_least_cc / inside_cc, left=1.0, right=0.0)
    return zlib.compress(np.rint(shares * FULL).astype("<u2").tobytes(), 6)


def shares_of(packed: bytes) -> NDArray[np.float64]:
    """The volume shares (0-1) back."""
    return np.frombuffer(zlib.decompress(packed), dtype="<u2") / FULL
