"""Words about a result: what scaling the whole dose would do, on results whose scale is known by hand."""

from dataclasses import replace

import pytest
from support.reports import phantom_report

from rtcheck.dosimetry.metric_terms import Measurement, Unit
from rtcheck.report.telling.amounts import value_with_uncertainty
from rtcheck.report.telling.patient import cards_of
from rtcheck.report.telling.robustness import scale_to_flip
from rtcheck.results import Headroom, Outcome, Result


def scaled(outcome: Outcome, scale: float | None, *, is_upper: bool = True, is_clipped: bool = False) -> Result:
    """A result that flips at this scale."""
    measured = Measurement(value=20.0, unit="Gy", bounds=(10.0, 20.0) if is_clipped else None)
    headroom = Headroom(scale=scale, is_upper=is_upper)
    return replace(phantom_report().results[0], outcome=outcome, headroom=headroom, measurement=measured)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (scaled("met", 2.41720), "is met up to a dose scale of 241.7 %"),
        (scaled("met", 0.94165, is_upper=False), "is met down to a dose scale of 94.2 %"),
        # 54 of 57.346 Gy are 94.165 %: at 94.2 % it would still be 54.02 Gy.
        (scaled("violated", 0.94165), "would be met at a dose scale below 94.1 %"),
        (scaled("variation", 0.94165), "would be met at a dose scale below 94.1 %"),
        (scaled("violated", 1.05011, is_upper=False), "would be met at a dose scale above 105.1 %"),
        (scaled("violated", 0.0), "cannot be met by scaling the dose"),
        (scaled("not_evaluated", 0.85764, is_clipped=True), "would be met at a dose scale below 85.7 %"),
        (scaled("not_evaluated", 1.2), ""),  # a surrogate's value is inconclusive
        (scaled("violated", None), ""),
    ],
)
def test_the_scale_is_rounded_to_the_side_on_which_the_sentence_is_true(result: Result, said: str) -> None:
    assert scale_to_flip(result) == said


@pytest.mark.parametrize(
    ("value", "unit", "uncertainty", "said"),
    [
        (0.93, "", 0.0012, "0.930 ± 0.001"),
        (3.99, "", 0.0234, "3.990 ± 0.023"),
        (1.05, "", 3e-7, "1.050 ± 0.001"),  # as fine as the value is printed
        (23.41, "Gy", 0.0004, "23.41 ± 0.01 Gy"),
        (0.123, "cc", 0.002, "0.123 ± 0.002 cc"),
        (99.78, "%", 0.044, "99.8 ± 0.04 %"),
        (230.0, "cc", 12.0, "230.0 ± 12 cc"),
    ],
)
def test_an_uncertainty_is_as_fine_as_its_value(value: float, unit: Unit, uncertainty: float, said: str) -> None:
    assert value_with_uncertainty(Measurement(value=value, unit=unit, uncertainty=uncertainty)) == said


def test_the_number_of_fractions_is_stated_without_a_prescription():
    report = phantom_report()
    assert report.case.plan is not None
    for fractions, line in ((22, "22 fractions"), (None, "number of fractions unknown")):
        case = replace(report.case, plan=replace(report.case.plan, prescriptions=(), fractions=fractions))
        cards = {card.label: card for card in cards_of(replace(report, case=case), anonymous=False)}
        assert (cards["Prescription"].title, cards["Prescription"].lines) == ("unknown", (line,))
