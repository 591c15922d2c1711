"""A surrogate contains the structure: it can prove upper limits on Dmax, D_cc and V_cc, and it can violate nothing."""

import pytest
from support.known_plans import box, check, constraints, outcomes, write_plan

CANAL = "structures:\n  SpinalCord: {surrogates: [SpinalCanal]}\n"


@pytest.fixture
def plan(tmp_path):
    """The canal has 12 cc in 20 Gy everywhere; no cord is drawn."""
    return write_plan(tmp_path / "plan", [box("SpinalCanal"), box("PTV", 2, at_mm=(40.0, 0.0, 0.0), type="PTV")])


@pytest.mark.parametrize(
    "goal",
    ["Dmax < 24 Gy", "Dmax <= 20 Gy", "D0.03cc < 24 Gy", "V10Gy < 13 cc", "V20% < 13 cc", "EQD2[2] Dmax < 24 Gy"],
)
def test_a_pass_of_an_upper_limit_on_a_maximum_or_a_volume_in_cc_counts(plan, goal):
    ran = check(plan, constraints(f"SpinalCord: {goal}", more=CANAL))
    (found,) = ran.json()["constraints"]
    assert (found["outcome"], ran.status) == ("met", 0)
    assert (found["structure"], found["matched"]) == ("SpinalCord", ["SpinalCanal"])
    assert "SpinalCanal" in found["notes"][0]


@pytest.mark.parametrize(
    "goal",
    [
        "Dmax < 15 Gy",  # fails
        "D0.03cc < 20 Gy",
        "V10Gy < 12 cc",
        "Dmean < 24 Gy",  # passes, of metrics that a superset proves nothing about
        "V10Gy <= 100 %",
        "D2% < 24 Gy",
        "D95% >= 1 Gy",
        "Dmin > 1 Gy",
        "Dmax > 1 Gy",
        "CV30Gy > 1 cc",
        "DC1cc < 24 Gy",
        "gEUD[20] < 24 Gy",
        "Volume > 1 cc",
        "Volume < 20 cc",
        "HI < 1",
    ],
)
def test_anything_else_is_not_evaluated(plan, goal):
    ran = check(plan, constraints(f"SpinalCord: {goal}", more=CANAL))
    assert (outcomes(ran), ran.status) == (["not_evaluated"], 3)


def test_a_variation_is_no_way_around_it(plan):
    line = "{structure: SpinalCord, goal: Dmax < 15 Gy, variation: Dmax < 24 Gy}"
    assert outcomes(check(plan, constraints(line, more=CANAL))) == ["not_evaluated"]


def test_a_structure_that_is_drawn_itself_needs_no_surrogate(tmp_path):
    cord = box("SpinalCord", 2, size_mm=(10.0, 10.0, 30.0))
    plan = write_plan(tmp_path / "plan", [box("SpinalCanal"), cord])
    (found,) = check(plan, constraints("SpinalCord: Dmean < 24 Gy", more=CANAL)).json()["constraints"]
    assert (found["outcome"], found["matched"]) == ("met", ["SpinalCord"])


def test_an_expression_over_a_structure_that_is_not_drawn_takes_no_surrogate(plan):
    lines = ["SpinalCord + 5 mm: Dmax < 24 Gy", "SpinalCanal - SpinalCord: Dmax < 24 Gy"]
    assert outcomes(check(plan, constraints(*lines, more=CANAL))) == ["not_evaluated", "not_evaluated"]
