"""Isotoxic prescription: the worked values of the algorithm, on cubes in a uniform dose, whose mean is that dose."""

from dataclasses import replace

import pytest
from support.cases import case_of, protocol_of
from support.shapes import cube, dose_over, gradient

from rtcheck.checking.check import check
from rtcheck.checking.courses.borrowed import borrowed
from rtcheck.checking.what_if.headroom import tightest
from rtcheck.checking.what_if.isotoxic import isotoxic_prescription

AXITINIB_LIKE = """
name: isotoxic
prescription: {dose: 37.5-67.5 Gy, fractions: 15}
constraints:
  - {structure: Liver-GTV, goal: Dmean <= 18 Gy}
"""


def organ(name: str, side: float = 20.0):
    return replace(cube(side, corner=(-side / 2, -side / 2, -side / 2)), name=name)


def uniform(dose_gy: float):
    return dose_over(-30.0, 30.0, 3.0, dose_gy)


def prescribed(
    tmp_path, mean_gy: float, *, planned_gy: float = 45.0, protocol: str = AXITINIB_LIKE, fractions: int = 15
):
    case = case_of([organ("Liver-GTV")], uniform(mean_gy), prescription_gy=planned_gy, fractions=fractions)
    found = isotoxic_prescription(check(case, protocol_of(tmp_path, protocol)))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("planned_gy", "mean_gy", "unrounded_gy", "allowed_gy"),
    [(45.0, 16.2, 50.0, 49.5), (60.0, 24.0, 45.0, 45.0), (45.0, 21.6, 37.5, 37.5), (45.0, 18.0, 45.0, 45.0)],
)
def test_the_prescription_is_scaled_to_the_liver_limit_and_rounded_down(
    tmp_path, planned_gy, mean_gy, unrounded_gy, allowed_gy
):
    found = prescribed(tmp_path, mean_gy, planned_gy=planned_gy)
    assert found.unrounded_gy == pytest.approx(unrounded_gy, rel=1e-6)
    assert found.allowed_gy == pytest.approx(allowed_gy)
    assert found.binding.structure == "Liver-GTV"


def test_a_liver_with_much_room_is_limited_by_the_top_of_the_range(tmp_path):
    found = prescribed(tmp_path, 9.0)
    assert [limit.prescription_gy for limit in found.limits] == pytest.approx([90.0])
    assert found.allowed_gy == 67.5
    assert found.binding.metric == "prescription"
    assert any("more than 5 %" in advice for advice in found.advice)


def test_a_liver_that_allows_less_than_the_range_is_not_treatable_with_this_plan(tmp_path):
    found = prescribed(tmp_path, 22.0)
    assert found.unrounded_gy == pytest.approx(36.818, abs=5e-4)
    assert found.allowed_gy is None
    assert found.is_out_of_reach
    assert "Not treatable with this plan" in found.advice[0]


@pytest.mark.parametrize(("variation_gy", "most_gy", "allowed_gy"), [(20, 40.909, 37.5), (18.3, 37.432, None)])
def test_a_limit_whose_acceptable_variation_allows_the_range_does_not_make_the_plan_untreatable(
    tmp_path, variation_gy, most_gy, allowed_gy
):
    """22 Gy at 45 Gy: 18 Gy at 36.8 Gy, and the variation at 45 Gy times its limit over 22."""
    text = AXITINIB_LIKE.replace("18 Gy}", f'18 Gy, variation: "Dmean <= {variation_gy} Gy"}}')
    found = prescribed(tmp_path, 22.0, protocol=text)
    assert found.limits[0].variation_gy == pytest.approx(most_gy, abs=1e-3)
    assert (found.allowed_gy, found.is_variation) == (allowed_gy, allowed_gy is not None)
    assert found.is_out_of_reach == (allowed_gy is None)
    assert f"36.81 Gy ({int(100 * most_gy) / 100:.2f} Gy within the variation <= {variation_gy} Gy)" in found.advice[0]


def test_a_strict_limit_that_lands_on_a_step_gives_one_step_less(tmp_path):
    # 24 Gy at 60 Gy: the limit < 24 Gy is not attained at 60 Gy itself; one step of 0.1 Gy in 30 fractions less
    strict = (
        "name: strict\nprescription: {dose: 50-60 Gy}\nconstraints: [{structure: Liver-GTV, goal: Dmean < 24 Gy}]\n"
    )
    assert prescribed(tmp_path, 24.0, planned_gy=60.0, protocol=strict, fractions=30).allowed_gy == pytest.approx(57.0)


def test_no_prescription_is_given_while_a_required_limit_is_unknown(tmp_path):
    text = AXITINIB_LIKE + "  - {structure: Stomach, goal: Dmax < 54 Gy}\n"
    found = prescribed(tmp_path, 16.2, protocol=text)
    assert found.unrounded_gy == pytest.approx(50.0, rel=1e-6)
    assert found.allowed_gy is None
    assert not found.is_complete
    assert not found.is_out_of_reach
    assert [notice.code for notice in found.notices] == ["isotoxic.unknown-limit"]


def test_coverage_gives_the_lowest_prescription_and_the_window(tmp_path):
    # target at 45 Gy, must have D95% >= 42 Gy: holds from 45 * 42/45 = 42 Gy; organ at 15 of 18 Gy: up to 54 Gy
    text = AXITINIB_LIKE + "  - {structure: PTV, goal: D95% >= 42 Gy}\n"
    halves = dose_over(-30.0, 30.0, 1.0, lambda x, y, z: 15.0 + 30.0 * (x > 10.0) + 0.0 * (y + z))
    target = replace(cube(10.0, corner=(12.0, -5.0, -5.0)), name="PTV")
    liver = replace(cube(10.0, corner=(-5.0, -5.0, -5.0)), name="Liver-GTV")
    case = case_of([liver, target], halves, prescription_gy=45.0, fractions=15)
    found = isotoxic_prescription(check(case, protocol_of(tmp_path, text)))
    assert found.lowest_gy == pytest.approx(42.0, rel=1e-5)
    assert found.allowed_gy == pytest.approx(54.0)
    assert "from 42.00 Gy to 54 Gy" in " ".join(found.advice)


def test_the_tightest_constraint_is_the_one_whose_scale_is_least(tmp_path):
    text = AXITINIB_LIKE + "  - {structure: SpinalCord, goal: Dmax < 45 Gy}\n"
    case = case_of([organ("Liver-GTV"), organ("SpinalCord", 10.0)], uniform(16.2), prescription_gy=45.0, fractions=15)
    report = check(case, protocol_of(tmp_path, text))
    assert tightest(report.results).structure == "Liver-GTV"
    assert [result.headroom.scale for result in report.results] == pytest.approx([18 / 16.2, 45 / 16.2])


def test_a_sparing_goal_flips_when_the_coldest_volume_reaches_its_dose(tmp_path):
    # 8 cc, dose 6..26 Gy along x: the coldest 2 cc reach 11 Gy, so CV15Gy >= 2 cc holds up to the scale 15/11
    case = case_of([organ("Liver")], dose_over(-30.0, 30.0, 3.0, gradient("x")))
    text = "name: sparing\nconstraints: [{structure: Liver, goal: CV15Gy >= 2 cc}]\n"
    (result,) = check(case, protocol_of(tmp_path, text)).results
    assert result.headroom.is_upper
    assert result.headroom.scale == pytest.approx(15 / 11, rel=1e-3)


def test_a_cord_limit_for_25_fractions_is_held_in_15_by_its_eqd2(tmp_path):
    # 45 Gy in 25 at alpha/beta 2 is EQD2 42.75; in 15 fractions that is 37.82 Gy: a cord at 30 of 45 Gy allows 56.7 Gy
    text = """
name: conventional
fractions: 25-25
structures: {SpinalCord: {alpha_beta: 2}}
constraints:
  - {structure: SpinalCord, goal: Dmax < 45 Gy}
  - {structure: Stomach, goal: Dmax < 54 Gy}
"""
    other, notices = borrowed(protocol_of(tmp_path, text), 15)
    assert [notice.code for notice in notices] == ["isotoxic.limit-converted", "isotoxic.limit-refused"]
    case = case_of([organ("SpinalCord")], uniform(30.0), prescription_gy=45.0, fractions=15)
    empty = protocol_of(tmp_path, "name: x\nconstraints: [{structure: SpinalCord, goal: Dmax < 99 Gy}]\n")
    found = isotoxic_prescription(check(case, empty), added=check(case, other))
    assert found.binding.added_from == "conventional"
    assert found.unrounded_gy == pytest.approx(45.0 * 37.82 / 30.0, abs=0.02)


def test_a_plan_without_fractions_has_no_isotoxic_prescription(tmp_path):
    case = case_of([organ("Liver-GTV")], uniform(16.2), fractions=None)
    assert isotoxic_prescription(check(case, protocol_of(tmp_path, AXITINIB_LIKE))) is None


def test_what_no_prescription_mends_is_said_beside_it(tmp_path):
    """16.2 of 45 Gy are 36 % at every scale; the lower limit alone would hold from 25 Gy on."""
    more = "  - {structure: Liver-GTV, goal: D95% >= 95 %}\n  - {structure: Liver-GTV, goal: Dmin >= 9 Gy}\n"
    found = prescribed(tmp_path, 16.2, protocol=AXITINIB_LIKE.rstrip() + "\n" + more)
    assert found.allowed_gy == 49.5
    assert "No prescription meets all constraints: at any dose, this plan does not meet Liver-GTV D95% >= 95 %." in (
        found.advice
    )
    assert not any("hold together" in advice for advice in found.advice)
    assert not found.meets_all


@pytest.mark.parametrize(
    ("goal", "meets_all"),
    [
        ("Dmin >= 9 Gy", True),  # at 45 Gy it has 16.2 Gy
        ("Dmin >= 20 Gy", False),  # from 55.6 Gy on; 49.5 Gy are allowed
        ("Dmin >= 20 Gy, variation: Dmin >= 15 Gy", True),
        ("Dmin >= 20 Gy, priority: advisory", True),
    ],
)
def test_coverage_that_needs_more_than_the_organs_allow_is_not_met_by_any_prescription(tmp_path, goal, meets_all):
    more = f"  - {{structure: Liver-GTV, goal: {goal}}}\n"
    found = prescribed(tmp_path, 16.2, protocol=AXITINIB_LIKE.rstrip() + "\n" + more)
    assert (found.allowed_gy, found.meets_all) == (49.5, meets_all)
