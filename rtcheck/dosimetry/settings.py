"""The engine's settings: every one that can change a number, and nothing else."""

from functools import cache
from typing import Literal, get_args, get_type_hints

from rtcheck.errors import UsageError
from rtcheck.geometry.solid import EndCaps, Gaps, Shape
from rtcheck.values import dataclass

DoseInterpolation = Literal["linear", "cubic"]
Outside = Literal["auto", "zero", "face", "maximum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How the solid between planes and the dose between nodes are modelled (reported with every result).

    The shape "auto" is interpolated, with cubic dose, for small targets (`geometry/build.is_small`), slabs elsewhere.
    `gaps` says what is taken of the space where slices of a structure are missing: bounds on every value, none of it
    (open), or all of it (filled). `outside` is the most that the dose is taken to be outside its grid: zero, the
    highest dose on the faces that the structure leaves through, or the grid's maximum; "auto" takes the faces' where
    that is below a tenth of the prescription of an external-beam plan, and the maximum elsewhere.

    Raises UsageError for a choice that there is not.
    """

    shape: Shape = "auto"
    end_caps: EndCaps = "half"
    dose_interpolation: DoseInterpolation = "linear"
    gaps: Gaps = "bounds"
    outside: Outside = "auto"

    def __post_init__(self) -> None:
        for name, choices in _choices().items():
            chosen = getattr(self, name)
            if chosen not in choices:
                raise UsageError(f"{name}: expected one of {', '.join(choices)}, not {chosen!r}.")


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    """What each setting can be."""
    return {name: get_args(kind) for name, kind in get_type_hints(EngineSettings).items()}


DEFAULT_SETTINGS = EngineSettings()
