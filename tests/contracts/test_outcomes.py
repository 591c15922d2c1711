"""What outcome, bounds, margin and borderline mean, on uniform doses and boxes: every number is a closed form."""

import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

ALL_OUTCOMES = {"met", "variation", "violated", "not_evaluated", "not_applicable", "waived"}

# --- the limit itself ---------------------------------------------------------------------------------------------

AT_THE_LIMIT = {
    "Dmean < {0} Gy": "violated",
    "Dmean <= {0} Gy": "met",
    "Dmean < {0}00 cGy": "violated",
    "Dmax < {0} Gy": "violated",
    "D0.03cc <= {0} Gy": "met",
    "D95% > {0} Gy": "violated",
    "D95% >= {0} Gy": "met",
    "V{0}Gy >= 100 %": "met",
    "CV{0}Gy <= 0 cc": "met",
    "DC5cc < {0} Gy": "violated",
}


@pytest.mark.parametrize("dose_gy", [24, 18])
@pytest.mark.parametrize(
    ("bits", "scaling"),
    [(16, 1e-3), (16, 2e-3), (16, 24.0 / 60000), (32, 1e-6), (32, 60.0 / (2**32 - 1)), (32, 24.0 / 48_000_000)],
)
def test_a_value_at_its_limit_meets_only_a_limit_that_includes_it(tmp_path, bits, scaling, dose_gy):
    plan = write_plan(tmp_path / "plan", dose_gy=dose_gy, bits=bits, scaling=scaling)
    found = check(plan, constraints(*(f"PTV: {goal.format(dose_gy)}" for goal in AT_THE_LIMIT))).json()["constraints"]
    assert [each["outcome"] for each in found] == list(AT_THE_LIMIT.values())
    assert {each["margin"] for each in found} == {0.0}


def test_a_volume_at_its_limit_is_judged_alike(tmp_path):
    """20 x 20 x 30 mm are 12 cc."""
    plan = write_plan(tmp_path / "plan")
    assert outcomes(check(plan, constraints("PTV: Volume > 12 cc", "PTV: Volume >= 12 cc"))) == ["violated", "met"]


# --- value, margin, unit ------------------------------------------------------------------------------------------


VALUES = [
    ("Dmean < 24 Gy", 20.0, "Gy", 4.0),
    ("Dmean < 15 Gy", 20.0, "Gy", -5.0),
    ("Dmin >= 15 Gy", 20.0, "Gy", 5.0),
    ("Dmin >= 24 Gy", 20.0, "Gy", -4.0),
    ("Dmean < 2400 cGy", 20.0, "Gy", 4.0),
    ("Dmean < 120 %", 100.0, "%", 20.0),  # of the 20 Gy prescribed
    ("Dmean < 1 Gy/fx", 0.8, "Gy", 0.2),  # 20 Gy in 25 fractions
    ("V10Gy <= 30 %", 100.0, "%", -70.0),
    ("V10Gy <= 30 cc", 12.0, "cc", 18.0),
    ("CV30Gy >= 7 cc", 12.0, "cc", 5.0),
    ("EQD2[3] Dmean < 24 Gy", 20.0 * (0.8 + 3.0) / 5.0, "Gy", 8.8),
]


def test_value_and_margin_are_in_the_unit_of_the_goal_and_a_margin_above_0_is_to_spare(tmp_path):
    ran = check(write_plan(tmp_path / "plan"), constraints(*(f"PTV: {goal}" for goal, *_ in VALUES)))
    for (goal, value, unit, margin), found in zip(VALUES, ran.json()["constraints"], strict=True):
        assert (found["value"], found["margin"]) == pytest.approx((value, margin), rel=1e-6), goal
        assert found["unit"] == unit
        assert found["outcome"] == ("met" if margin > 0 else "violated")


# --- every outcome ------------------------------------------------------------------------------------------------

WAIVER = "waivers:\n  - {constraint: PTV Dmax < 15 Gy, reason: agreed, who: the board, until: 2099-12-31}\n"


def test_there_are_six_outcomes(tmp_path):
    plan = write_plan(tmp_path / "plan")
    (tmp_path / "waivers.yaml").write_text(WAIVER)
    ran = check(
        plan,
        constraints(
            "PTV: Dmax < 24 Gy",
            "{structure: PTV, goal: Dmean < 15 Gy, variation: Dmean < 24 Gy}",
            "PTV: D95% < 15 Gy",
            "Heart: Dmax < 15 Gy",
            "{structure: PTV, goal: Dmax < 1 Gy, when: prescription > 50 Gy}",
            "PTV: Dmax < 15 Gy",
        ),
        "--waivers",
        tmp_path / "waivers.yaml",
    )
    assert outcomes(ran) == ["met", "variation", "violated", "not_evaluated", "not_applicable", "waived"]
    assert set(outcomes(ran)) == ALL_OUTCOMES
    assert ran.status == 1


@pytest.mark.parametrize(
    "line",
    [
        "{structure: PTV, goal: Dmax < 15 Gy, priority: advisory}",
        "{structure: PTV, goal: Dmax < 15 Gy, variation: Dmax < 24 Gy}",
        "PTV: Dmax < 15 Gy",
    ],
)
def test_advisory_violations_variations_and_valid_waivers_exit_0(tmp_path, line):
    (tmp_path / "waivers.yaml").write_text(WAIVER)
    waivers = ("--waivers", tmp_path / "waivers.yaml") if not line.startswith("{") else ()
    assert check(write_plan(tmp_path / "plan"), constraints("PTV: Dmin > 1 Gy", line), *waivers).status == 0


@pytest.mark.parametrize(
    "waiver",
    [
        WAIVER.replace("2099", "2020"),
        WAIVER.replace("Dmax < 15 Gy", "Dmax < 16 Gy"),
        WAIVER.replace("}", ", plan: another}"),
    ],
    ids=["expired", "of another limit", "of another plan"],
)
def test_a_waiver_that_does_not_hold_changes_nothing(tmp_path, waiver):
    (tmp_path / "waivers.yaml").write_text(waiver)
    ran = check(write_plan(tmp_path / "plan"), constraints("PTV: Dmax < 15 Gy"), "--waivers", tmp_path / "waivers.yaml")
    assert (outcomes(ran), ran.status) == (["violated"], 1)


def test_borderline_is_a_flag_that_changes_neither_outcome_nor_exit_status(tmp_path):
    """20 Gy everywhere: any limit at 20 Gy lies within the uncertainty."""
    plan = write_plan(tmp_path / "plan")
    for goal, outcome, status in (("Dmax <= 20 Gy", "met", 0), ("Dmax < 20 Gy", "violated", 1)):
        ran = check(plan, constraints(f"PTV: {goal}"))
        (found,) = ran.json()["constraints"]
        assert (found["outcome"], found["borderline"], ran.status) == (outcome, True, status)


# --- partly outside the dose grid ---------------------------------------------------------------------------------

# The grid's last nodes lie at x = 100 mm, and it ends half a step of 5 mm beyond: half of this box of 96 cc lies
# outside. Inside it gets 20 Gy, outside 0 to 20 Gy: a dose of 20 Gy on the grid's faces does not end there.
HALF_OUTSIDE = box("Heart", at_mm=(102.5, 0.0, 0.0), size_mm=(40.0, 40.0, 60.0))


BOUNDS = [
    ("Dmean < 21 Gy", (10.0, 20.0), "met"),
    ("Dmean < 20 Gy", (10.0, 20.0), "not_evaluated"),
    ("Dmean < 15 Gy", (10.0, 20.0), "not_evaluated"),
    ("Dmean < 10 Gy", (10.0, 20.0), "violated"),
    ("Dmax < 21 Gy", (20.0, 20.0), "met"),
    ("Dmin > 1 Gy", (0.0, 20.0), "not_evaluated"),
    ("V10Gy < 50 cc", (48.0, 96.0), "not_evaluated"),
    ("V10Gy < 40 cc", (48.0, 96.0), "violated"),
    ("V10Gy <= 100 %", (50.0, 100.0), "met"),
    ("CV10Gy > 10 cc", (0.0, 48.0), "not_evaluated"),
    ("CV10Gy > 50 cc", (0.0, 48.0), "violated"),
    ("DC10cc < 21 Gy", (0.0, 20.0), "met"),
    ("D95% > 19 Gy", (0.0, 20.0), "not_evaluated"),
    ("D40cc > 19 Gy", (20.0, 20.0), "met"),
]


def test_a_clipped_structure_meets_only_if_both_bounds_meet_and_violates_only_if_both_violate(tmp_path):
    ran = check(write_plan(tmp_path / "plan", [HALF_OUTSIDE]), constraints(*(f"Heart: {goal}" for goal, *_ in BOUNDS)))
    for (goal, bounds, outcome), found in zip(BOUNDS, ran.json()["constraints"], strict=True):
        assert found["bounds"] == pytest.approx(bounds, rel=1e-6, abs=1e-9), goal
        assert bounds[0] - 1e-9 <= found["value"] <= bounds[1] + 1e-9, goal
        assert found["outcome"] == outcome, goal
    assert "dose.partial-coverage" in codes(ran)


@pytest.mark.parametrize("form", ["table", "html", "markdown", "junit"])
def test_no_report_tells_one_bound_of_a_clipped_structure_as_its_value(tmp_path, form):
    plan = write_plan(tmp_path / "plan", [HALF_OUTSIDE])
    (tmp_path / "mine.yaml").write_text(constraints("Heart: Dmean < 15 Gy"))
    told = run(plan, "-p", tmp_path / "mine.yaml", "-f", form).out
    assert "10.00 to 20.00" in told
    assert "10.00 Gy, " not in told
    assert "10.00 ±" not in told


@pytest.mark.parametrize(("goal", "status"), [("Dmean < 21 Gy", 0), ("Dmean < 10 Gy", 1), ("Dmean < 15 Gy", 3)])
def test_a_clipped_structure_that_could_be_either_exits_3(tmp_path, goal, status):
    assert check(write_plan(tmp_path / "plan", [HALF_OUTSIDE]), constraints(f"Heart: {goal}")).status == status


def test_the_volume_of_a_clipped_structure_is_known_whole(tmp_path):
    (found,) = check(
        write_plan(tmp_path / "plan", [HALF_OUTSIDE]), constraints("Heart: Volume > 95 cc")
    ).json()["constraints"]  # fmt: skip
    assert found["value"] == pytest.approx(96.0)
    assert found["outcome"] == "met"


@pytest.mark.parametrize("at_mm", [100.0, 300.0], ids=["half outside", "wholly outside"])
def test_the_homogeneity_of_a_target_outside_the_dose_grid_is_no_pass(tmp_path, at_mm):
    target = box("PTV", at_mm=(at_mm, 0.0, 0.0), size_mm=(40.0, 40.0, 60.0))
    assert outcomes(check(write_plan(tmp_path / "plan", [target]), constraints("PTV: HI < 1"))) == ["not_evaluated"]


def test_low_and_high_are_the_convention_band(tmp_path):
    """Ten planes 3 mm apart of 4 cm2: 27 mm high without end caps, 33 mm with full ones, 30 mm as it stands."""
    (found,) = check(write_plan(tmp_path / "plan"), constraints("PTV: V10Gy < 40 cc"), "--band").json()["constraints"]
    assert [found["low"], found["value"], found["high"]] == pytest.approx([10.8, 12.0, 13.2], rel=5e-3)
