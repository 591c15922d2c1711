"""Control charts against Montgomery's table of c4 and limits worked out by hand."""

import pytest

from rtcheck.batch.trial.control import chart_of_means, control_charts, unbiasing
from rtcheck.batch.trial.plans import TrialPlan


@pytest.mark.parametrize(("number", "c4"), [(2, 0.7979), (3, 0.8862), (5, 0.9400), (10, 0.9727), (25, 0.9896)])
def test_c4_is_that_of_montgomerys_table(number, c4):
    assert unbiasing(number) == pytest.approx(c4, abs=5e-5)


def test_limits_are_three_standard_deviations_of_a_months_mean_by_the_spread_within_months():
    """Within months s2 = (2 + 2 + 2) / 3 = 2; c4(4) = 0.9213; 3 x 1.4142 / 0.9213 / sqrt(2) = 3.256."""
    chart = chart_of_means("Stomach Dmax", "Gy", {"2026-01": [9, 11], "2026-02": [9, 11], "2026-03": [9, 11]})
    assert chart.centre == 10
    assert [(month.low, month.high) for month in chart.months] == [pytest.approx((6.744, 13.256), abs=1e-3)] * 3
    assert chart.outside == ()


def test_a_month_that_differs_does_not_widen_the_limits():
    chart = chart_of_means("Stomach Dmax", "Gy", {"1": [9, 11], "2": [9, 11], "3": [29, 31], "4": [10]})
    widths = [month.high - month.low for month in chart.months]
    assert widths[0] == pytest.approx(2 * 3.256, abs=2e-3)
    assert widths[3] == pytest.approx(widths[0] * 2**0.5)  # one plan instead of two
    assert [month.month for month in chart.outside] == ["1", "2", "3", "4"]  # the mean of all is 15.7


@pytest.mark.parametrize(
    "months", [{"1": [9, 11], "2": [9, 11]}, {"1": [9], "2": [8], "3": [7]}, {"1": [9, 9], "2": [9], "3": [9]}]
)
def test_there_is_no_chart_of_too_few_months_or_without_a_spread_within_them(months):
    assert chart_of_means("Stomach Dmax", "Gy", months) is None


def test_failing_plans_have_exact_limits_and_plans_that_were_not_evaluated_do_not_count():
    verdicts = {"2026-01": "pfff", "2026-02": "pppp" * 10, "2026-03": "pppn"}
    words = {"p": "pass", "f": "fail", "n": "not_evaluated"}
    plans = [
        TrialPlan(key=f"{month}{n}", name="", status="checked", verdict=words[each], month=month)
        for month, all_of in verdicts.items()
        for n, each in enumerate(all_of)
    ]
    (chart,) = control_charts(plans)
    assert chart.centre == pytest.approx(100 * 3 / 47)
    assert [month.plans for month in chart.months] == [4, 40, 3]
    assert [month.month for month in chart.outside] == ["2026-01"]
