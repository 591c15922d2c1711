"""The isotoxic result -> how far the prescription can go, as sentences."""

from rtcheck.report.telling.words import typeset
from rtcheck.results import Isotoxic
from rtcheck.values import dataclass

_CAVEAT = "Organ limits are not corrected for fractionation."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the prescription can go: `result` has the numbers for whoever draws them."""

    result: Isotoxic
    scaled: str
    allowed: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join((*self.allowed, *self.advice))


def reach_of(reach: Isotoxic | None) -> Reach | None:
    """The sentences; None where the protocol leaves no dose open."""
    if reach is None:
        return None
    fractions = f" at {reach.fractions} fractions" if reach.fractions else ""
    return Reach(
        result=reach,
        scaled=f"Same plan, scaled in dose{fractions}. Bars end where a limit is reached.",
        allowed=_allowed(reach),
        advice=(*map(typeset, reach.advice), _CAVEAT),
    )


def _allowed(reach: Isotoxic) -> tuple[str, ...]:
    if reach.allowed_gy is not None:
        each = reach.allowed_gy / reach.fractions
        return (f"Allowed prescription, rounded down: {reach.allowed_gy:g} Gy ({each:.2f} Gy × {reach.fractions}).",)
    if reach.is_out_of_reach:
        return ("Not treatable with this plan within the protocol.",)
    return ("No prescription is given: a required limit is unknown.",)
