"""Best responses (RECIST) -> rates with exact confidence intervals."""

from collections.abc import Sequence

from rtcheck.batch.rates import Rate, exact_rate

RESPONDED = ("CR", "PR")
CONTROLLED = ("CR", "PR", "SD")
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


def response_rates(responses: Sequence[str]) -> dict[str, Rate]:
    """Overall response and disease control of all patients who were assessed; NE counts as no response."""
    if not responses:
        return {}
    return {
        name: exact_rate(sum(each in counted for each in responses), len(responses))
        for name, counted in (("Overall response", RESPONDED), ("Disease control", CONTROLLED))
    }
