"""The level of an isodose -> the solid that receives at least that dose of the plan, built once."""

from collections.abc import Callable
from dataclasses import field

from rtcheck.dosimetry.dose_grid import DoseGrid
from rtcheck.dosimetry.settings import Outside
from rtcheck.geometry.solid import Solid
from rtcheck.protocol.names.isodoses import Level
from rtcheck.values import dataclass


@dataclass(frozen=True, kw_only=True, eq=False)
class Isodoses:
    """The isodoses of one dose; `reference` gives the prescription that percentages are of, or None and why.

    `outside` is what is taken of the dose where the grid of a plan has ended.
    """

    dose: DoseGrid | None
    outside: Outside
    reference: Callable[[], tuple[float | None, str]]
    _known: dict[float, Solid] = field(default_factory=dict)

    def solid(self, level: Level) -> tuple[Solid | None, str]:
        """The isodose, and what dose it is of; without one the reason."""
        if self.dose is None:
            return None, "there is no dose"
        if level.unit == "Gy":
            level_gy, said = level.amount, ""
        else:
            prescribed_gy, reason = self.reference()
            if prescribed_gy is None:
                return None, reason
            level_gy = level.amount * prescribed_gy
            said = f", {level_gy:g} Gy"
        if level_gy not in self._known:
            from rtcheck.dosimetry.isodose import isodose_solid

            self._known[level_gy] = isodose_solid(self.dose, level_gy, rule=self.outside)
        return self._known[level_gy], f"isodose of the plan's dose{said}"
