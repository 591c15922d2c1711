"""The goal language, through a protocol file: what is read, what is the same, and what is an error with its place."""

import pytest
from support.known_plans import check, constraints, write_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """12 cc in 20 Gy everywhere, 50 Gy in 25 fractions."""
    return write_plan(tmp_path_factory.mktemp("goals") / "plan")


def asked(plan, goal):
    return check(plan, constraints(f"PTV: {goal}"))


@pytest.mark.parametrize(
    ("spellings", "value", "unit"),
    [
        (("Dmean < 24 Gy", "Mean[Gy] < 24", "dmean<24Gy", "Mean[cGy] < 2400", "Dmean[Gy] < 24 Gy"), 20.0, "Gy"),
        (("D0.03cc <= 45 Gy", "D0.03cc[Gy] <= 45", "D0.03 CC <= 45 GY", "D0.03mL <= 4500 cGy"), 20.0, "Gy"),
        (("V20Gy < 30 %", "V20Gy[%] < 30", "V2000cGy < 30 %", "v20gy < 30%"), 100.0, "%"),
        (("CV15Gy >= 700 cc", "CV15Gy[cc] >= 700", "CV1500cGy >= 700 mL", "CV15Gy ≥ 700 cm3"), 0.0, "cc"),
        (("DC7cc < 15 Gy", "DC7cc[Gy] < 15", "DC7 mL < 1500 cGy"), 20.0, "Gy"),
        (("D95% >= 95 %", "D95%[%] >= 95"), 100.0, "%"),
        (("V95% >= 98 %", "V95%[%] >= 98"), 100.0, "%"),
        (("Volume > 7 cc", "Volume[cc] > 7", "Volume > 7 mL"), 12.0, "cc"),
        (("Dmax < 54 Gy", "Max[Gy] < 54"), 20.0, "Gy"),
        (("EQD2[3] Dmean < 24 Gy", "EQD2[3]Dmean < 24 Gy"), 15.2, "Gy"),
        (("gEUD[8] < 40 Gy",), 20.0, "Gy"),
        (("HI < 1", "HI_ICRU83 < 1"), 0.0, ""),
        (("Dmax < 3 Gy/fx",), 0.8, "Gy"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)  # fmt: skip
def test_each_spelling_asks_for_the_same(plan, spellings, value, unit):
    found = [asked(plan, spelling).json()["constraints"][0] for spelling in spellings]
    assert [each["value"] for each in found] == pytest.approx([value] * len(spellings), rel=1e-5, abs=1e-6)
    assert {each["unit"] for each in found} == {unit}
    assert len({(each["goal"], each["outcome"], each["margin"]) for each in found}) == 1


@pytest.mark.parametrize(
    ("goal", "place", "said"),
    [
        ("D0.03 <= 45", 5, "unit"),
        ("D0.03 <= 45 Gy", 5, "unit"),
        ("V20 < 30 %", 3, "unit"),
        ("D5 < 3 Gy", 2, "unit"),
        ("Dmean < 24", 10, "unit"),
        ("V20Gy <= 30", 11, "unit"),
        ("Dmean 24 Gy", 5, "<"),
        ("Dmean == 24 Gy", 6, "<"),
        ("Dmeam < 24 Gy", 0, "Dmean"),
        ("Dmean < -3 Gy", 8, "number"),
        ("Dmean < 24 cc", 11, "dose"),
        ("V20cc < 30 %", 1, "dose"),
        ("EQD2 Dmax < 45 Gy", 4, "alpha/beta"),
        ("gEUD < 45 Gy", 4, "a"),
        ("D0.03cc[Gy] <= 45 cc", 18, "twice"),
    ],
)
def test_a_fault_shows_the_text_and_underlines_the_place(plan, goal, place, said):
    ran = asked(plan, goal)
    assert ran.status == 2
    assert "mine.yaml:4: constraints[0].goal:" in ran.err
    assert said in ran.err
    *_, text, mark = ran.err.splitlines()
    assert text.strip() == goal
    assert mark.index("^") - text.index(goal) == place


def test_an_other_reading_of_a_bare_number_is_told(plan):
    assert "other programs read it in different ways" in asked(plan, "V20 < 30 %").err


@pytest.mark.parametrize("goal", ["Mean[cGy] < 2400", "V20Gy[%] < 30", "D0.03mL <= 4500 cGy", "Dmax < 3 Gy/fx"])
def test_the_report_s_own_text_of_a_goal_asks_for_the_same(plan, goal):
    (first,) = asked(plan, goal).json()["constraints"]
    (again,) = asked(plan, first["goal"]).json()["constraints"]
    assert again == first
