"""Exact intervals and funnel limits against published numbers, closed forms and scipy."""

import pytest
from scipy.stats import beta, binom

from rtcheck.batch.rates import exact_rate, funnel_limit


@pytest.mark.parametrize(("count", "of"), [(0, 1), (1, 1), (2, 5), (6, 9), (15, 148), (81, 263), (999, 1000)])
def test_intervals_are_the_quantiles_of_beta_distributions(count, of):
    rate = exact_rate(count, of)
    assert rate.low == pytest.approx(beta.ppf(0.025, count, of - count + 1) if count else 0.0, abs=1e-10)
    assert rate.high == pytest.approx(beta.ppf(0.975, count + 1, of - count) if count < of else 1.0, abs=1e-10)


def test_newcombes_examples_of_exact_intervals():
    """Newcombe. Stat Med 1998; 17: 857-872, table I, method 5: 81/263 and 15/148."""
    found = [(round(rate.low, 4), round(rate.high, 4)) for rate in (exact_rate(81, 263), exact_rate(15, 148))]
    assert found == [(0.2527, 0.3676), (0.0578, 0.1617)]


def test_the_interval_of_none_of_ten_ends_where_none_of_ten_has_a_chance_of_a_fortieth():
    assert exact_rate(0, 10).high == pytest.approx(1 - 0.025 ** (1 / 10), abs=1e-12)


def test_a_rate_of_nobody_is_refused():
    with pytest.raises(ValueError, match="does not exist"):
        exact_rate(0, 0)


@pytest.mark.parametrize(("of", "share", "probability"), [(9, 0.2, 0.975), (40, 0.1, 0.999), (13, 0.5, 0.025)])
def test_a_funnel_limit_lies_between_the_plans_around_the_quantile(of, share, probability):
    """Spiegelhalter 2005: the limit interpolates between the smallest count of at least this probability and the one
    below it."""
    plans = binom.ppf(probability, of, share)
    limit = of * funnel_limit(of, share, probability)
    assert plans - 1 <= limit <= plans
    inside = (binom.cdf(plans, of, share) - probability) / binom.pmf(plans, of, share)
    assert limit == pytest.approx(plans - inside, abs=1e-9)


def test_where_no_plan_fails_the_funnel_has_no_width():
    assert funnel_limit(10, 0.0, 0.975) == 0.0
