"""`rtcheck dvh`: metrics by their text as asked, on a box in a dose that rises evenly, where each has a closed form."""

import pytest
from support.command_line import run
from support.known_plans import box, write_plan

# 40 x 20 x 30 mm = 24 cc around x = 0, and 0.5 Gy/mm along x: 10 Gy at the right face to 30 Gy at the left one.
VOLUME_CC, LEAST_GY, MOST_GY = 24.0, 10.0, 30.0


@pytest.fixture(scope="module")
def rising(tmp_path_factory):
    shape = box("PTV", size_mm=(40.0, 20.0, 30.0))
    folder = tmp_path_factory.mktemp("rising")
    return write_plan(folder / "plan", [shape], dose_gy=lambda x, y, z: 20.0 + 0.5 * x)


def volume_at_least_cc(dose_gy):
    return VOLUME_CC * (MOST_GY - dose_gy) / (MOST_GY - LEAST_GY)


def dose_of_hottest_gy(share):
    return MOST_GY - share * (MOST_GY - LEAST_GY)


CLOSED_FORMS = [
    ("Dmean", 20.0, "Gy"),
    ("Dmax", 30.0, "Gy"),
    ("Dmin", 10.0, "Gy"),
    ("Dmedian", 20.0, "Gy"),
    ("Volume", 24.0, "cc"),
    ("V20Gy", volume_at_least_cc(20.0), "cc"),
    ("V2000cGy", volume_at_least_cc(20.0), "cc"),
    ("V25Gy[%]", 25.0, "%"),
    ("V25Gy[cc]", volume_at_least_cc(25.0), "cc"),
    ("V75%", volume_at_least_cc(15.0), "cc"),  # of the 20 Gy prescribed
    ("CV15Gy", VOLUME_CC - volume_at_least_cc(15.0), "cc"),
    ("CV15Gy[%]", 25.0, "%"),
    ("D95%", dose_of_hottest_gy(0.95), "Gy"),
    ("D2%", dose_of_hottest_gy(0.02), "Gy"),
    ("D2%[%]", dose_of_hottest_gy(0.02) / 20.0 * 100.0, "%"),
    ("D6cc", dose_of_hottest_gy(0.25), "Gy"),
    ("D6 CC", dose_of_hottest_gy(0.25), "Gy"),
    ("D6cm3[cGy]", dose_of_hottest_gy(0.25), "Gy"),
    ("D6mL", dose_of_hottest_gy(0.25), "Gy"),
    ("D24cc", 10.0, "Gy"),
    ("DC6cc", 15.0, "Gy"),
    ("DC25%", 15.0, "Gy"),
    ("gEUD[1]", 20.0, "Gy"),
]


def test_each_metric_is_its_closed_form_under_the_text_as_asked(rising):
    words = [word for text, _, _ in CLOSED_FORMS for word in ("-m", text)]
    (row,) = run("dvh", rising, "--roi", "PTV", *words, "-f", "json").json()["structures"]
    assert list(row["metrics"]) == [text for text, _, _ in CLOSED_FORMS]
    assert row["volume_cc"] == pytest.approx(VOLUME_CC)
    for text, value, unit in CLOSED_FORMS:
        found = row["metrics"][text]
        assert (found["value"], found["unit"]) == (pytest.approx(value, rel=1e-3), unit), text
        assert found["undefined"] is None


def test_a_converted_dose_is_its_formula(tmp_path):
    """20 Gy in 25 fractions with alpha/beta 3 Gy: EQD2 = 20 (0.8 + 3) / (2 + 3), BED = 20 (1 + 0.8 / 3)."""
    words = ["-m", "EQD2[3] Dmax", "-m", "BED[3] Dmean", "-m", "EQD2[3] V15Gy[%]", "-f", "json"]
    (row,) = run("dvh", write_plan(tmp_path / "plan"), *words).json()["structures"]
    values = [each["value"] for each in row["metrics"].values()]
    assert values == pytest.approx([15.2, 20.0 * (1.0 + 0.8 / 3.0), 100.0], rel=1e-5)


@pytest.mark.parametrize("metric", ["D24.1cc", "D100cc", "D2000%", "DC24.1cc", "D24100mL"])
def test_a_dose_to_more_than_the_structure_holds_is_undefined_and_never_zero(rising, metric):
    (row,) = run("dvh", rising, "-m", metric, "-f", "json").json()["structures"]
    found = row["metrics"][metric]
    assert found["value"] is None
    assert "24" in found["undefined"] or "%" in found["undefined"]


def test_a_homogeneous_target_has_the_indices_of_the_textbook(tmp_path):
    """50 Gy everywhere: D2% = D98% = D50%, so HI of ICRU 83 is 0 and that of RTOG, Dmax over prescription, is 1."""
    words = ["-m", "HI", "-m", "HI_RTOG", "-m", "Coverage", "-f", "json"]
    (row,) = run("dvh", write_plan(tmp_path / "plan", dose_gy=50.0), *words).json()["structures"]
    values = [each["value"] for each in row["metrics"].values()]
    assert values == pytest.approx([0.0, 1.0, 1.0], abs=1e-5)


def test_without_metrics_the_usual_ones_are_given_and_no_uncertainty_unless_asked(rising):
    plain, asked = (run("dvh", rising, "-f", "json", *more).json()["structures"][0] for more in ([], ["--uncertainty"]))
    assert {"Dmean", "Dmin", "Dmax"} <= plain["metrics"].keys()
    assert {each["uncertainty"] for each in plain["metrics"].values()} == {None}
    for metric, closed_form in (("Dmean", 20.0), ("Dmin", LEAST_GY), ("Dmax", MOST_GY)):
        found = asked["metrics"][metric]
        assert abs(found["value"] - closed_form) <= found["uncertainty"] < 0.1, metric
