"""A structure in a dose whose DVH is known, and how far the engine's values are from the truth."""

from dataclasses import dataclass

from validation.truth import Truth

from rtcheck.dosimetry.curve import dose_at_volume_gy
from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.dvh import Dvh, compute_dvh
from rtcheck.dosimetry.settings import EngineSettings
from rtcheck.geometry.build import build_solid
from rtcheck.geometry.contours import Structure
from rtcheck.geometry.solid import Solid

SLABS = EngineSettings(shape="slabs")
AUTO = EngineSettings(shape="auto")
INTERPOLATED = EngineSettings(shape="interpolated")
SHARES = {"D99%": 0.99, "D95%": 0.95, "D5%": 0.05, "D1%": 0.01}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phantom:
    """`left_out` metrics are not counted (a volume that was counted already)."""

    name: str
    structure: Structure
    dose: DoseGrid
    truth: Truth
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """`error` of one metric of one phantom, relative to the true value."""

    phantom: str
    metric: str
    error: float


def deviations(phantom: Phantom, settings: EngineSettings = SLABS) -> list[Deviation]:
    """How far every metric is from the truth under `settings`; "auto" takes the phantom to be a target."""
    found = values_of(dvh_of(phantom, settings))
    true = phantom.truth.values()
    return [
        Deviation(phantom=phantom.name, metric=metric, error=found[metric] / true[metric] - 1)
        for metric in true
        if metric not in phantom.left_out and metric in found
    ]


def dvh_of(phantom: Phantom, settings: EngineSettings, *, refinement: int = 1) -> Dvh:
    solid = solid_of(phantom, settings)
    drawn = None
    if settings.shape != "slabs":
        drawn = build_solid(phantom.structure, end_caps=settings.end_caps)
    return compute_dvh(solid, phantom.dose, settings=settings, drawn=drawn, refinement=refinement)


def solid_of(phantom: Phantom, settings: EngineSettings) -> Solid:
    return build_solid(phantom.structure, shape=settings.shape, end_caps=settings.end_caps)


def values_of(dvh: Dvh) -> dict[str, float]:
    """The same metrics as the truth's, where they are defined."""
    found = {"Volume": dvh.volume_cc, "Dmin": dvh.min_gy, "Dmax": dvh.max_gy, "Dmean": dvh.mean_gy}
    for name, share in SHARES.items():
        found[name] = dose_at_volume_gy(dvh, share * dvh.volume_cc)
    if dvh.volume_cc >= 0.03:
        found["D0.03cc"] = dose_at_volume_gy(dvh, 0.03)
    return found
