"""The JSON of a request -> what a robustness check varies: shifts and margins, or setup errors drawn at random."""

from collections.abc import Mapping
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.values import dataclass
from rtcheck.web.desk.question import millimetres
from rtcheck.web.refusals import Refusal

MOST_MM = 50.0
MOST_SAMPLES = 2000
"""More are for the command line: the page waits for them."""

Millimetres = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variations:
    """Shifts along x, y, z and a margin, or with `samples` the deviations of random and systematic errors. [mm]"""

    shift_mm: Millimetres = (0.0, 0.0, 0.0)
    margin_mm: float = 0.0
    samples: int = 0
    seed: int = 1
    random_mm: Millimetres = (0.0, 0.0, 0.0)
    systematic_mm: Millimetres = (0.0, 0.0, 0.0)

    def options(self) -> dict[str, Any]:
        """The same as arguments of a check."""
        if not self.samples:
            return {"robust_mm": self.shift_mm, "robust_margin_mm": self.margin_mm}
        from rtcheck.checking.what_if.sampling import Sampling

        return {
            "sampling": Sampling(
                count=self.samples,
                random_mm=self.random_mm,
                systematic_mm=self.systematic_mm,
                margin_mm=self.margin_mm,
                seed=self.seed,
            )
        }


def variations_of(values: Mapping[str, Any]) -> Variations:
    """What is varied; a Refusal where it is nothing, or too much."""
    margin_mm = _size(values, "margin_mm")
    if not values.get("samples"):
        shift_mm = _along_axes(values, "shift")
        if not any(shift_mm):
            raise Refusal(400, "web.bad-request", f"Shifts and margin are 0 to {MOST_MM:g} mm, one above 0.")
        return Variations(shift_mm=shift_mm, margin_mm=margin_mm)
    samples, seed = values["samples"], values.get("seed", 1)
    if type(samples) is not int or not 10 <= samples <= MOST_SAMPLES:
        raise Refusal(400, "web.bad-request", f"Samples: expected 10 to {MOST_SAMPLES}; --samples takes more.")
    if type(seed) is not int or seed < 0:
        raise Refusal(400, "web.bad-request", "The seed must be a whole number of at least 0.")
    drawn = Variations(
        samples=samples,
        seed=seed,
        random_mm=_along_axes(values, "random"),
        systematic_mm=_along_axes(values, "systematic"),
        margin_mm=margin_mm,
    )
    try:
        drawn.options()
    except UsageError as error:
        raise Refusal(400, "web.bad-request", str(error)) from None
    return drawn


def _along_axes(values: Mapping[str, Any], kind: str) -> Millimetres:
    x, y, z = (_size(values, f"{kind}_{axis}_mm") for axis in "xyz")
    return x, y, z


def _size(values: Mapping[str, Any], key: str) -> float:
    size_mm = millimetres(values, key) if values.get(key) else 0.0
    if not 0 <= size_mm <= MOST_MM:
        raise Refusal(400, "web.bad-request", f"Shifts and margin are 0 to {MOST_MM:g} mm, one above 0.")
    return size_mm
