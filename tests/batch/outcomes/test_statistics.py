"""Outcomes against the two trials' own numbers and published examples."""

import pytest

from rtcheck.batch.outcomes.escalation import DoseLevel, step_of, three_plus_three

MISSING = "needs pip install 'rtcheck[outcomes]'"


def test_apatinib_stops_after_two_of_five_and_finds_250_mg() -> None:
    """Wang et al. BMC Cancer 2022; 22: 771: none of 3, then 2 of 5."""
    planned = ("250 mg", "500 mg", "750 mg")
    assert three_plus_three([DoseLevel("250 mg", 3, 0)], planned=planned).next_level == "500 mg"
    one_of_three = three_plus_three([DoseLevel("250 mg", 3, 0), DoseLevel("500 mg", 3, 1)], planned=planned)
    assert (one_of_three.steps[-1], one_of_three.next_level) == ("expand", "500 mg")
    found = three_plus_three([DoseLevel("250 mg", 3, 0), DoseLevel("500 mg", 5, 2)], planned=planned)
    assert (found.mtd, found.is_mtd_a_minimum, found.next_level) == ("250 mg", False, "")


def test_axitinib_escalates_three_times_and_finds_at_least_3_mg() -> None:
    """Yang et al.: none of 3 at each of three levels; the MTD was defined as the highest."""
    levels = [DoseLevel(f"{mg} mg", 3, 0) for mg in (1, 2, 3)]
    found = three_plus_three(levels, planned=[level.name for level in levels])
    assert (found.mtd, found.is_mtd_a_minimum) == ("3 mg", True)


def test_an_mtd_that_needs_six_patients_asks_for_them() -> None:
    levels = [DoseLevel("1 mg", 3, 0), DoseLevel("2 mg", 3, 2)]
    assert (three_plus_three(levels, confirmed=True).next_level, three_plus_three(levels, confirmed=True).mtd) == (
        "1 mg",
        "",
    )
    assert three_plus_three([DoseLevel("1 mg", 6, 1), levels[1]], confirmed=True).mtd == "1 mg"


def test_an_exceeded_first_level_has_no_mtd() -> None:
    assert three_plus_three([DoseLevel("1 mg", 2, 2)]).mtd == ""


@pytest.mark.parametrize(
    ("levels", "next_level"),
    [
        ([("1", 3, 1), ("2", 3, 2)], "1"),  # 1 of 3 is not yet safe enough to be the MTD
        ([("1", 3, 0), ("3", 3, 2)], "2"),  # a level was jumped
        ([("2", 3, 3)], "1"),
        ([("1", 3, 1), ("2", 3, 0)], "1"),
        ([("1", 3, 0), ("2", 6, 1)], "3"),
    ],
)
def test_a_level_below_that_is_open_comes_first(levels: list[tuple[str, int, int]], next_level: str) -> None:
    found = three_plus_three([DoseLevel(*level) for level in levels], planned=("1", "2", "3"))
    assert (found.next_level, found.mtd) == (next_level, "")


@pytest.mark.parametrize(
    ("evaluable", "with_dlt", "step"),
    [(2, 0, "wait"), (2, 1, "wait"), (3, 0, "escalate"), (3, 1, "expand"), (3, 2, "exceeded"), (5, 1, "expand"),
     (6, 1, "escalate"), (6, 2, "exceeded"), (4, 0, "escalate")],
)  # fmt: skip
def test_the_steps_of_the_rule(evaluable: int, with_dlt: int, step: str) -> None:
    assert step_of(DoseLevel("x", evaluable, with_dlt)) == step


def test_six_of_nine_responded() -> None:
    """66.7 % in the apatinib paper; the exact interval is in tables of the binomial (29.9 to 92.5 %)."""
    pytest.importorskip("scipy", reason=MISSING)
    from rtcheck.batch.outcomes.response import response_rates
    from rtcheck.batch.rates import exact_rate

    rates = response_rates(["PR"] * 6 + ["SD"] * 3)
    assert rates["Overall response"].text == "6/9 = 66.7 % (95 % CI 29.9 to 92.5 %)"
    assert (rates["Disease control"].low, rates["Disease control"].high) == (pytest.approx(0.6637, abs=1e-4), 1.0)
    assert exact_rate(0, 10).high == pytest.approx(0.3085, abs=1e-4)  # 1 - 0.025 ** (1 / 10)


def test_the_aml_data_of_r_survival() -> None:
    """R: survfit(Surv(time, status) ~ x, data = aml), survdiff of the same: medians 31 and 23, chi2 3.4, p 0.07."""
    pytest.importorskip("lifelines", reason=MISSING)
    from rtcheck.batch.outcomes.survival import Time, kaplan_meier

    maintained = [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]
    control = [(5, 1), (5, 1), (8, 1), (8, 1), (12, 1), (16, 0), (23, 1), (27, 1), (30, 1), (33, 1), (43, 1), (45, 1)]
    found = kaplan_meier(
        "Overall survival",
        {name: [Time(t, bool(e)) for t, e in rows] for name, rows in (("yes", maintained), ("no", control))},
    )
    assert [curve.median for curve in found.curves] == [31.0, 23.0]
    assert [(curve.patients, curve.events) for curve in found.curves] == [(11, 7), (12, 11)]
    assert found.statistic == pytest.approx(3.396, abs=1e-3)
    assert found.p_value == pytest.approx(0.0653, abs=1e-4)
    at_13 = dict(zip(found.curves[0].months, found.curves[0].survival, strict=True))[13.0]
    assert at_13 == pytest.approx(0.8182, abs=1e-4)  # R's summary: 0.818
    assert found.curves[0].at_risk[0] == (0.0, 11)


def test_medians_of_small_groups_are_those_of_r() -> None:
    """R's survfit of events at 1, 2, 3 and 4 has the median 2.5, in the middle of the step at one half.

    Of a single event at 4 it has the median 4, and NA for both bounds.
    """
    pytest.importorskip("lifelines", reason=MISSING)
    from rtcheck.batch.outcomes.survival import Time, kaplan_meier
    from rtcheck.batch.outcomes.told import median_text

    groups = {"four": [Time(n, True) for n in (1.0, 2.0, 3.0, 4.0)], "one": [Time(4.0, True)]}
    four, one = kaplan_meier("Overall survival", groups).curves
    assert (four.median, one.median) == (2.5, 4.0)
    assert four.median_high is None
    assert (one.median_low, one.median_high, one.high) == (None, None, (1.0, 1.0))
    assert median_text(one) == "median 4.0 months (too few patients for a 95 % CI), 1 event in 1 patient"


def test_the_challenger_data_of_dalal_1989() -> None:
    """Logistic regression of O-ring damage on temperature: 15.0429 - 0.2322 T, p 0.032 (R's glm on the same data)."""
    pytest.importorskip("statsmodels", reason=MISSING)
    from rtcheck.batch.outcomes.dose_response import dose_response

    degrees = [53, 57, 58, 63, 66, 67, 67, 67, 68, 69, 70, 70, 70, 70, 72, 73, 75, 75, 76, 76, 78, 79, 81]
    damaged = [n in (0, 1, 2, 3, 11, 12, 17) for n in range(23)]
    found = dose_response("temperature", "damage", list(map(float, degrees)), damaged)
    assert found.logistic_intercept
    assert found.logistic_slope
    assert found.logistic_intercept.value == pytest.approx(15.0429, abs=1e-3)
    assert found.logistic_slope.value == pytest.approx(-0.2322, abs=1e-4)
    assert found.logistic_p_value == pytest.approx(0.0320, abs=1e-4)
    assert found.lkb_td50 is None  # it becomes rarer with the temperature
    assert "few" in found.warnings[0]


def test_no_fit_where_the_metric_separates_all() -> None:
    pytest.importorskip("statsmodels", reason=MISSING)
    from rtcheck.batch.outcomes.dose_response import dose_response

    mixed = dose_response("Dmean", "grade 2", [1.0, 2.0, 2.0, 3.0], [False, True, False, True])
    assert mixed.roc_area
    assert mixed.roc_area.value == 0.875  # three of four pairs in order, one tied
    assert mixed.logistic_slope is None  # no value overlaps: the likelihood has no maximum
    same = dose_response("Dmean", "grade 2", [2.0, 2.0, 2.0], [False, True, False])
    assert (same.logistic_slope, same.warnings[-1]) == (
        None,
        "The metric is the same in all patients: nothing can be fitted.",
    )
    found = dose_response("Dmean", "grade 2", [1.0, 2.0, 3.0, 4.0], [False, False, True, True])
    assert found.logistic_slope is None
    assert found.roc_area
    assert (found.roc_area.value, found.roc_area.low) == (1.0, None)
    assert any("separates" in warning for warning in found.warnings)


def test_a_probit_fit_is_the_model_of_lyman() -> None:
    """Patients in exact proportion to the model with TD50 40 Gy and m 0.25 give these parameters back."""
    pytest.importorskip("statsmodels", reason=MISSING)
    from statistics import NormalDist

    from rtcheck.batch.outcomes.dose_response import dose_response

    values, events = [], []
    for dose_gy in range(10, 71, 2):
        ill = round(400 * NormalDist().cdf((dose_gy - 40) / (0.25 * 40)))
        values += [float(dose_gy)] * 400
        events += [n < ill for n in range(400)]
    found = dose_response("gEUD", "pneumonitis", values, events)
    assert found.lkb_td50
    assert found.lkb_m
    assert found.lkb_td50.value == pytest.approx(40.0, abs=0.1)
    assert found.lkb_m.value == pytest.approx(0.25, abs=0.003)
