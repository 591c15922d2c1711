"""Best responses (RECIST) -> rates with exact confidence intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from rtcheck.batch.outcomes.extra import statistics

RESPONDED = ("CR", "PR")
CONTROLLED = ("CR", "PR", "SD")
RESPONSES = ("CR", "PR", "SD", "PD", "NE")
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of patients with its confidence interval, all from 0 to 1."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.count / self.of

    @property
    def text(self) -> str:
        """ "6/9 = 66.7 % (95 % CI 29.9 to 92.5 %)"."""
        return (
            f"{self.count}/{self.of} = {100 * self.share:.1f} % "
            f"({100 * CONFIDENCE:.0f} % CI {100 * self.low:.1f} to {100 * self.high:.1f} %)"
        )


def exact_rate(count: int, of: int) -> Rate:
    """The rate with its exact (Clopper-Pearson) interval. Clopper and Pearson. Biometrika 1934; 26: 404-413.

    Raises:
        ValueError: of nobody, or more than all.
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"{count} of {of} is no share of patients")
    beta = statistics("scipy.stats").beta
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, count, of - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return Rate(count, of, low, high)


def response_rates(responses: Sequence[str]) -> dict[str, Rate]:
    """Overall response and disease control of all patients who were assessed; NE counts as no response."""
    if not responses:
        return {}
    return {
        name: exact_rate(sum(each in counted for each in responses), len(responses))
        for name, counted in (("Overall response", RESPONDED), ("Disease control", CONTROLLED))
    }
