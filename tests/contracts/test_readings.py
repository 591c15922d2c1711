"""Other readings of a limit are listed and flagged; they change neither an outcome nor the exit status."""

import pytest
from support.known_plans import box, check, codes, constraints, write_plan

KIDNEYS = [box("Kidney_L", at_mm=(40.0, 0.0, 0.0)), box("Kidney_R", 2, at_mm=(-40.0, 0.0, 0.0))]


def rising(x_mm, y_mm, z_mm):
    """15 Gy in the middle, 19 Gy at the left kidney's centre and 11 Gy at the right one's."""
    return 15.0 + 0.1 * x_mm


@pytest.mark.parametrize(
    ("combine", "limit", "found", "status", "reading", "is_flagged"),
    [
        ("each", 18, ["violated", "met"], 1, "together", True),  # together 15 Gy: met
        ("together", 18, ["met"], 0, "each", True),
        ("any", 18, ["met"], 0, "each", True),
        ("each", 24, ["met", "met"], 0, "together", False),
        ("each", 10, ["violated", "violated"], 1, "together", False),
    ],
)
def test_a_reading_is_listed_and_flagged_only_where_it_would_come_out_otherwise(
    tmp_path, combine, limit, found, status, reading, is_flagged
):
    line = (
        f"{{structure: [Kidney_L, Kidney_R], combine: {combine}, goal: Dmean < {limit} Gy, "
        f"readings: [{{combine: {reading}}}]}}"
    )
    ran = check(write_plan(tmp_path / "plan", KIDNEYS, dose_gy=rising), constraints(line))
    told = ran.json()["constraints"]
    assert [each["outcome"] for each in told] == found
    assert ran.status == status
    assert all(each["readings"] for each in told)
    assert ("reading.changes-verdict" in codes(ran)) == is_flagged


def test_a_reading_with_another_metric_is_evaluated_beside_the_limit(tmp_path):
    """20 Gy everywhere: the maximum fails where the mean would pass."""
    line = "{structure: PTV, goal: Dmax < 15 Gy, readings: [{label: mean, goal: Dmean < 24 Gy}]}"
    ran = check(write_plan(tmp_path / "plan"), constraints(line))
    (found,) = ran.json()["constraints"]
    (reading,) = found["readings"]
    assert (found["outcome"], reading["outcome"], ran.status) == ("violated", "met", 1)
    assert reading["label"] == "mean"
    assert "reading.changes-verdict" in codes(ran)


def test_a_reading_that_cannot_be_evaluated_says_nothing(tmp_path):
    line = "{structure: PTV, goal: Dmax < 24 Gy, readings: [{label: heart, structure: Heart}]}"
    ran = check(write_plan(tmp_path / "plan"), constraints(line))
    assert ran.status == 0
    assert "reading.changes-verdict" not in codes(ran)


def test_a_flagged_reading_can_be_made_a_refusal(tmp_path):
    line = "{structure: PTV, goal: Dmax < 24 Gy, readings: [{goal: Dmax < 15 Gy}]}"
    plan = write_plan(tmp_path / "plan")
    assert check(plan, constraints(line)).status == 0
    assert check(plan, constraints(line), "--error", "reading.changes-verdict").status == 3
