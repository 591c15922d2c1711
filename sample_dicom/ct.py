"""A CT picture of the anatomy: the Hounsfield units of a portal-venous scan, with noise that is always the same."""

import numpy as np
from anatomy import Build, fields_at
from solids import FloatArray

X_MM = np.arange(-174.0, 174.1, 1.5)
Y_MM = np.arange(-122.0, 112.1, 1.5)
HOUNSFIELD: dict[str, float] = {
    "Lung_L": -790, "Lung_R": -790, "Stomach": 25, "Duodenum": 35, "Bowel_Small": 40, "Heart": 130, "aorta": 165,
    "Kidney_L": 170, "Kidney_R": 170, "Liver": 108, "gallbladder": 8, "spleen": 118, "colon": -20, "spine": 190,
    "canal": 30, "SpinalCord": 45,
}  # fmt: skip
NOISE_HU = 9.0


def hounsfield(build: Build, z_mm: float) -> FloatArray:
    """One axial slice, rows along y (`Y_MM`), columns along x (`X_MM`)."""
    x, y = np.meshgrid(X_MM, Y_MM)
    fields = fields_at(build, (x, y, np.full_like(x, z_mm)))
    trunk = fields["External"]
    hu = np.full_like(x, -1000.0)
    hu = _painted(hu, trunk, 45.0)
    hu = _painted(hu, np.maximum(trunk + 3, -9 - trunk), -105.0)
    hu = _painted(hu, fields["cavity"] + 2, -95.0)
    hu = _painted(hu, _ribs(x, y, z_mm, trunk), 320.0)
    for name, value in HOUNSFIELD.items():
        hu = _painted(hu, fields[name], value)
    hu = _painted(hu, np.maximum(fields["spine"] + 3, -fields["canal"]), 120.0)
    hu = _painted(hu, fields["GTV"], 78.0)
    hu = _painted(hu, fields["GTV"] + 12, 55.0)
    hu = _painted(hu, np.maximum(fields["Stomach"] + 4, y + 26 + 0.1 * z_mm), -850.0)
    hu = _painted(hu, np.maximum(fields["colon"] + 3, y - 6), -850.0)
    in_patient = NOISE_HU * _noise(x.shape, seed=round(z_mm)) * (trunk < 0)
    return hu + in_patient + 4 * _noise(x.shape, seed=round(z_mm) + 1000)


def _painted(hu: FloatArray, field: FloatArray, value: float) -> FloatArray:
    """The picture with an organ painted on, its edge softened over about a pixel."""
    share = np.clip(0.5 - field / 2.0, 0, 1)
    return hu * (1 - share) + value * share


def _ribs(x: FloatArray, y: FloatArray, z_mm: float, trunk: FloatArray) -> FloatArray:
    """Ribs as an axial plane cuts them: ovals in the chest wall that wander from plane to plane; none in the flanks."""
    turn = 11 * np.arctan2(y, x) + z_mm / 14 * np.sign(x)
    along_wall_mm = np.arctan2(np.sin(turn), np.cos(turn)) * 130 / 11
    oval = np.hypot(trunk + 17, along_wall_mm / 2.2) - 5
    return oval + np.where((y < -70) | (z_mm < -70), 50, 0)


def _noise(shape: tuple[int, int], *, seed: int) -> FloatArray:
    """Noise of unit variance with a grain of about two pixels, from an integer hash: the same on every machine."""
    state = np.arange(shape[0] * shape[1], dtype=np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    white = ((state ^ (state >> np.uint64(31))) >> np.uint64(11)).astype(np.float64).reshape(shape) / 2**53 - 0.5
    grain = white + np.roll(white, 1, axis=0) + np.roll(white, 1, axis=1) + np.roll(white, (1, 1), axis=(0, 1))
    return grain * np.sqrt(3.0)
