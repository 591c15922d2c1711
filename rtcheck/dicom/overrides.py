"""What the user states against or next to the plan: prescribed doses, fractions, and what the dose is of."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from rtcheck.case import Prescription
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

DoseIs = Literal["course", "per-fraction"]

MOST_GY = 400.0
"""A prescription above this is in cGy: radioembolisation, the highest, stays below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """`dose_rx_gy` is the plan's prescription, `dose_levels_gy` those of single targets by name, each once.

    `rx_source` says where the plan's comes from. Raises UsageError for a dose that cannot be a prescription in Gy.
    """

    dose_rx_gy: float | None = None
    dose_levels_gy: tuple[tuple[str, float], ...] = ()
    rx_source: str = "--dose-rx"
    fractions: int | None = None
    dose_is: DoseIs | None = None

    def __post_init__(self) -> None:
        if self.dose_rx_gy is not None:
            require_prescription(self.dose_rx_gy, f"{self.dose_rx_gy:g}")
        names: dict[str, float] = {}
        for name, dose_gy in self.dose_levels_gy:
            require_prescription(dose_gy, f"{name}={dose_gy:g}")
            if name in names:
                raise UsageError(
                    f"--dose-rx {name}={dose_gy:g}: {name} is given twice, with {names[name]:g} Gy before."
                )
            names[name] = dose_gy
        if self.fractions is not None and self.fractions < 1:
            raise UsageError(
                f"--fractions {self.fractions}: the number of fractions must be a whole number of at least 1."
            )

    @property
    def gives_prescription(self) -> bool:
        """Whether the user states any prescribed dose."""
        return self.dose_rx_gy is not None or bool(self.dose_levels_gy)

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """What the user prescribes, the plan's own prescription first."""
        main = () if self.dose_rx_gy is None else (_given(self.dose_rx_gy, source=self.rx_source),)
        return (*main, *(_given(dose_gy, target=name) for name, dose_gy in self.dose_levels_gy))

    @property
    def of_each_plan(self) -> "Overrides":
        """What is stated of every plan of a sum: what its dose is of. The rest is stated of the sum."""
        return Overrides(dose_is=self.dose_is)

    @property
    def of_their_sum(self) -> "Overrides":
        """What is stated of a sum of plans: its prescription and its fractions."""
        return replace(self, dose_is=None)

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given, by name, for the record."""
        options: dict[str, Any] = {
            "dose_rx_gy": self.dose_rx_gy,
            "dose_levels_gy": dict(self.dose_levels_gy) or None,
            "fractions": self.fractions,
            "dose_is": self.dose_is,
        }
        return {name: value for name, value in options.items() if value is not None}


def _given(dose_gy: float, *, target: str = "", source: str = "--dose-rx") -> Prescription:
    return Prescription(dose_gy=dose_gy, target=target, source=source, is_given=True)


NO_OVERRIDES = Overrides()


def overrides_of(
    dose_rx_gy: float | None, dose_levels_gy: Mapping[str, float] | None, fractions: int | None, dose_is: DoseIs | None
) -> Overrides:
    """The overrides as Python gives them."""
    return Overrides(
        dose_rx_gy=dose_rx_gy,
        dose_levels_gy=tuple((dose_levels_gy or {}).items()),
        fractions=fractions,
        dose_is=dose_is,
    )


def require_prescription(dose_gy: float, text: str) -> None:
    """Raises UsageError for what is not a prescribed total dose in Gy; `text` is what was given."""
    if not 0 < dose_gy < math.inf:
        raise UsageError(f"--dose-rx {text}: the prescription must be a dose above 0 Gy.")
    if dose_gy > MOST_GY:
        raise UsageError(
            f"--dose-rx {text}: {dose_gy:g} Gy is not a prescription. Doses are given in Gy, not cGy: "
            f"did you mean {dose_gy / 100:g}?"
        )
