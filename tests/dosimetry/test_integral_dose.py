"""The integral dose of a structure: mean dose times volume, by hand; its units, bounds, scale and what it is not."""

import pytest
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan

from rtcheck.errors import GoalSyntaxError
from rtcheck.protocol.language.goal import make_goal, parse_goal, parse_metric


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """12 cc in a dose of 40 Gy + 0.1 Gy/mm along x: 20 mm off the axis 42 Gy on average, 0.504 Gy L."""
    organ = box("Bowel", 2, at_mm=(20.0, 0.0, 0.0))
    folder = tmp_path_factory.mktemp("ramp") / "plan"
    return write_plan(folder, [box("PTV", type="PTV"), organ], dose_gy=lambda x, y, z: 40.0 + 0.1 * x + 0.0 * y * z)


def test_it_is_mean_dose_times_volume_with_the_scale_at_its_limit(ramp):
    ran = check(ramp, constraints("Bowel: IntegralDose < 0.63 Gy L", "Bowel: IntegralDose <= 500 Gy·cc"))
    first, second = ran.json()["constraints"]
    assert (first["value"], first["unit"], first["limit"]) == (pytest.approx(0.504, rel=1e-4), "Gy·L", 0.63)
    assert (first["outcome"], second["outcome"], second["limit"]) == ("met", "violated", 0.5)
    assert first["headroom"]["scale"] == pytest.approx(1.25, rel=1e-4)
    assert second["achievable"]["value"] < second["value"]


def test_in_cgy_its_unit_stays(ramp):
    (ramp.parent / "mine.yaml").write_text(constraints("Bowel: IntegralDose < 0.63 Gy L"), "utf-8")
    told = run(ramp, "-p", ramp.parent / "mine.yaml", "--unit", "cGy", "--format", "csv").out
    assert "0.504" in told
    assert "Gy·L" in told
    assert "cGy·L" not in told


def test_outside_the_dose_grid_it_has_bounds(tmp_path):
    half_out = box(
        "Bowel", 2, at_mm=(105.0, 0.0, 0.0), size_mm=(20.0, 20.0, 30.0)
    )  # from 95 mm; the grid ends at 102.5
    plan = write_plan(tmp_path / "plan", [box("PTV", type="PTV"), half_out], dose_gy=50.0)
    told = check(plan, constraints("Bowel: IntegralDose < 0.5 Gy L")).json()["constraints"][0]
    assert told["bounds"] == pytest.approx([0.225, 0.6], rel=1e-3)  # 4.5 of 12 cc get 50 Gy, the others at most as much
    assert told["outcome"] == "not_evaluated"


@pytest.mark.parametrize("unit", ["Gy L", "Gy·L", "Gy.L", "GyL", "Gy litres"])
def test_litres_are_written_in_many_ways(unit):
    goal = parse_goal(f"IntegralDose < 1.5 {unit}")
    assert (goal.limit, goal.unit) == (1.5, "Gy·L")
    assert parse_goal(goal.text) == goal == make_goal(goal.metric, "<", 1.5)


@pytest.mark.parametrize("unit", ["Gy cc", "Gy·cm3", "Gy mL", "Gy.cm³"])
def test_cubic_centimetres_are_thousandths_of_a_litre(unit):
    assert parse_goal(f"IntegralDose < 1500 {unit}").limit == 1.5


@pytest.mark.parametrize(
    "text", ["IntegralDose < 3 Gy", "IntegralDose < 3 cc", "Dmean < 3 Gy L", "V20Gy < 3 Gy L", "D2GyL < 3 Gy",
             "EQD2[3] IntegralDose < 3 Gy L", "IntegralDose < 3"],
)  # fmt: skip
def test_it_is_neither_a_dose_nor_a_volume(text):
    with pytest.raises(GoalSyntaxError):
        parse_goal(text)


def test_a_metric_of_dvh_needs_no_unit(ramp):
    assert parse_metric("IntegralDose").unit == "Gy·L"
    told = run("dvh", ramp, "--roi", "Bowel", "--metric", "IntegralDose", "--format", "json").json()
    assert told["structures"][0]["metrics"]["IntegralDose"]["value"] == pytest.approx(0.504, rel=1e-4)
