"""The engine's settings: every one that can change a number, and nothing else."""

from dataclasses import dataclass
from typing import Literal

from rtcheck.geometry.solid import EndCaps, Shape

DoseInterpolation = Literal["linear", "cubic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How the solid between planes and the dose between nodes are modelled (reported with every result)."""

    shape: Shape = "slabs"
    end_caps: EndCaps = "half"
    dose_interpolation: DoseInterpolation = "linear"


DEFAULT_SETTINGS = EngineSettings()
