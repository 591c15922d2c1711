"""The engine's settings: every one that can change a number, and nothing else."""

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

from rtcheck.errors import UsageError
from rtcheck.geometry.solid import EndCaps, Shape

DoseInterpolation = Literal["linear", "cubic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How the solid between planes and the dose between nodes are modelled (reported with every result).

    Raises UsageError for a choice that there is not.
    """

    shape: Shape = "slabs"
    end_caps: EndCaps = "half"
    dose_interpolation: DoseInterpolation = "linear"

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(EngineSettings).items():
            chosen, choices = getattr(self, name), get_args(kind)
            if chosen not in choices:
                raise UsageError(f"{name}: expected one of {', '.join(choices)}, not {chosen!r}.")


DEFAULT_SETTINGS = EngineSettings()
