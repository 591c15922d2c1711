"""Two protocols organ by organ: what is paired, and the EQD2 next to the physical dose."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.command_line import run

from rtcheck.errors import UsageError
from rtcheck.protocol.choosing.alpha_beta import assumed_alpha_beta
from rtcheck.protocol.choosing.comparing import compared
from rtcheck.protocol.file.load import load_protocol, read_protocol

USUAL = assumed_alpha_beta([])


def protocol(folder, name, fractions, *limits, extra=""):
    path = Path(folder, f"{name}.yaml")
    lines = "\n".join(f"- {{{limit}}}" for limit in limits)
    path.write_text(
        f"name: {name}\n{f'fractions: {fractions!r}' if fractions else ''}\n{extra}\nconstraints:\n{lines}\n"
    )
    return read_protocol(path)


def row(organs, structure, metric):
    (organ,) = [each for each in organs if each.structure == structure]
    return next(each for each in organ.rows if each.metric == metric)


# Worked by hand: EQD2 = D (D/n + a/b) / (2 + a/b).
@pytest.mark.parametrize(
    ("name", "structure", "metric", "eqd2_gy"),
    [
        ("tg101_5fx", "SpinalCord", "D0.035cc", 60.0),  # 30 Gy, 30 (6 + 2) / 4
        ("tg101_5fx", "Cochlea_L/R", "D0.035cc", 40.0),  # 25 Gy, 25 (5 + 3) / 5
        ("tg101_3fx", "SpinalCord", "V18Gy", 36.0),  # 18 (6 + 2) / 4
        ("uk_sabr_2022_3fx", "Liver", "Dmean", 13 * (13 / 3 + 3) / 5),
        ("keynote_975_50gy_25fx", "SpinalCord", "D0.03cc", 45 * (45 / 25 + 2) / 4),
    ],
)
def test_the_eqd2_of_a_limit(name, structure, metric, eqd2_gy):
    found = row(compared(load_protocol(name), load_protocol(name), alpha_beta=USUAL), structure, metric)
    assert found.first[0].eqd2_gy == pytest.approx((eqd2_gy, eqd2_gy))
    assert found.is_same


@given(st.floats(0.5, 80), st.integers(1, 40), st.floats(1, 15))
def test_two_gray_fractions_are_their_own_eqd2_and_larger_ones_count_more(tmp_path_factory, dose, fractions, ratio):
    dose = round(dose, 3)
    one = protocol(tmp_path_factory.mktemp("p"), "p", fractions, f"structure: Heart, goal: Dmean < {dose} Gy")
    (organ,) = compared(one, one, alpha_beta=lambda _: ratio)
    assert organ.rows[0].first[0].eqd2_gy is not None
    low, high = organ.rows[0].first[0].eqd2_gy
    assert low == high
    per_fraction = dose / fractions
    assert (low > dose) == (per_fraction > 2) or low == pytest.approx(dose)


def test_metrics_of_both_share_a_row_and_others_stand_alone(tmp_path):
    one = protocol(tmp_path, "one", 5, "structure: Heart, goal: Dmean < 5 Gy", "structure: Heart, goal: V20Gy < 5 %")
    two = protocol(tmp_path, "two", 5, "structure: Heart, goal: Dmean < 5 Gy", "structure: Heart, goal: V25Gy < 5 %")
    (heart,) = compared(one, two, alpha_beta=USUAL)
    assert [(r.metric, len(r.first), len(r.second), r.is_same) for r in heart.rows] == [
        ("Dmean", 1, 1, True),
        ("V20Gy", 1, 0, False),
        ("V25Gy", 0, 1, False),
    ]


def test_both_sides_are_one_organ_and_an_organs_structures_follow_each_other(tmp_path):
    one = protocol(
        tmp_path,
        "one",
        5,
        "structure: [Lung_L, Lung_R], goal: Dmean < 5 Gy",
        "structure: Heart, goal: Dmean < 5 Gy",
        "structure: [Kidney_L, Kidney_R], combine: any, goal: Dmean < 5 Gy",
    )
    two = protocol(tmp_path, "two", 5, "structure: Lungs, goal: Dmean < 5 Gy", "structure: Kidneys, goal: Dmean < 9 Gy")
    found = [organ.structure for organ in compared(one, two, alpha_beta=USUAL)]
    assert found == ["Lung_L/R", "Lungs", "Heart", "Kidney_L or Kidney_R", "Kidneys"]


@pytest.mark.parametrize(
    ("stated", "given_fractions", "eqd2_gy"),
    [
        ("42-44", None, (45 * (45 / 44 + 3) / 5, 45 * (45 / 42 + 3) / 5)),
        (">= 20", None, None),
        (">= 20", 30, (45 * (1.5 + 3) / 5,) * 2),
        (">= 20", 10, None),  # not a number that the protocol allows
        ("5", 30, (45 * (9 + 3) / 5,) * 2),  # what the protocol states holds
        ("", None, None),
        ("", 30, (45 * (1.5 + 3) / 5,) * 2),
    ],
)
def test_an_open_number_of_fractions_gives_no_eqd2_unless_it_is_stated(tmp_path, stated, given_fractions, eqd2_gy):
    one = protocol(tmp_path, "one", stated, "structure: Heart, goal: Dmax < 45 Gy")
    (organ,) = compared(one, one, alpha_beta=USUAL, fractions=given_fractions)
    assert organ.rows[0].first[0].eqd2_gy == (pytest.approx(eqd2_gy) if eqd2_gy else None)


@pytest.mark.parametrize("goal", ["Dmax < 105 %", "D95% >= 95 %", "V95% >= 98 %", "Dmax < 3 Gy/fx", "Volume > 700 cc"])
def test_what_is_no_physical_dose_in_gray_has_no_eqd2(tmp_path, goal):
    one = protocol(tmp_path, "one", 5, f"structure: PTV, goal: '{goal}'")
    (organ,) = compared(one, one, alpha_beta=USUAL)
    assert organ.rows[0].first[0].eqd2_gy is None


def test_a_limit_in_eqd2_is_its_own(tmp_path):
    one = protocol(tmp_path, "one", 5, "structure: Rectum, goal: 'EQD2[3] D2cc < 65 Gy'")
    (organ,) = compared(one, one, alpha_beta=USUAL)
    assert organ.rows[0].first[0].eqd2_gy == (65.0, 65.0)


def test_the_protocols_own_alpha_beta_comes_first_then_the_stated_then_the_usual_one(tmp_path):
    definition = "structures: {Lungs: {alpha_beta: 4}}"
    one = protocol(tmp_path, "one", 5, "structure: Lungs, goal: Dmean < 5 Gy", extra=definition)
    (organ,) = compared(one, one, alpha_beta=assumed_alpha_beta(["8"]))
    assert organ.alpha_beta_gy == 4
    told = assumed_alpha_beta(["2.5", "cord=2"])
    assert (told("SpinalCord_PRV05"), told("Heart")) == (2.0, 2.5)
    assert [USUAL(name) for name in ("PTV_7000", "Brainstem", "OpticNrv_L", "Rectum")] == [10.0, 2.0, 2.0, 3.0]


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "nan", "inf", "SpinalCord=", "SpinalCord=two"])
def test_an_alpha_beta_that_is_no_positive_number_is_a_usage_error(text):
    with pytest.raises(UsageError, match="expected a number above 0"):
        assumed_alpha_beta([text])


# --- the command --------------------------------------------------------------------------------------------------


def test_the_table_shows_physical_dose_and_eqd2_side_by_side():
    found = run("protocols", "compare", "uk_sabr_2022_5fx", "uk_sabr_2022_3fx")
    assert found.status == 0
    (line,) = [line for line in found.out.splitlines() if line.startswith("Brain ")]
    assert line.split() == ["Brain", "2", "D20cc", "<", "24", "Gy", "*", "40.8", "<", "20", "Gy", "*", "43.3"]
    assert "7 metrics limited by both, 3 of them alike" in found.out
    assert max(len(line) for line in found.out.splitlines() if line.startswith((" ", "L", "K"))) <= 80


def test_the_json_keeps_to_its_schema_and_holds_the_numbers():
    told = run("protocols", "compare", "tg101_5fx", "hytec_5fx", "-f", "json").json()
    Draft202012Validator(json.loads(run("schema", "protocol-comparison").out)).validate(told)
    (cord,) = [organ for organ in told["organs"] if organ["structure"] == "SpinalCord"]
    by_metric = {one["metric"]: one for one in cord["metrics"]}
    assert by_metric["D0.035cc"]["a"][0]["eqd2_gy"] == pytest.approx([60.0, 60.0])
    assert by_metric["Dmax"]["b"][0]["limit"] == 25.3
    assert (by_metric["D0.035cc"]["b"], by_metric["Dmax"]["a"]) == ([], [])


def test_a_protocol_equals_itself():
    told = run("protocols", "compare", "apatinib", "apatinib", "-f", "json").json()
    assert all(one["same"] for organ in told["organs"] for one in organ["metrics"])


def test_the_list_keeps_to_its_schema_and_holds_the_limits_on_the_organ():
    words = ("protocols", "list", "--site", "liver", "--fractions", "5", "--organ", "Kidney", "-f", "json")
    told = run(*words).json()
    Draft202012Validator(json.loads(run("schema", "protocols").out)).validate(told)
    assert told["query"] == {"site": "liver", "fractions": 5, "organ": "Kidney"}
    first = told["protocols"][0]
    assert (first["name"], first["fractions"]) == ("uw_liver_sbrt_5fx", "5")
    assert [limit["goal"] for limit in first["limits"]] == ["D33.3% < 15 Gy"]
    assert first["sources"][0]["url"].startswith("https://")


def test_the_list_prints_the_limits_on_an_organ_and_how_many_protocols_there_are():
    found = run("protocols", "list", "--fractions", "3", "--organ", "ureter")
    assert found.out == (
        "uk_sabr_2022_3fx: UK SABR consensus 2022, three fractions (partial)\n"
        "  Ureter_L, Ureter_R: D0.1cc < 40 Gy\n\n"
        "1 protocol for 3 fractions, organ ureter.\n"
    )


def test_a_list_of_nothing_says_so():
    found = run("protocols", "list", "--organ", "Thymus")
    assert (found.status, found.out) == (0, "No included protocol matches organ Thymus.\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "--fractions", "0"), "fractions"),
        (("list", "--organ", "Kidny"), "Kidney"),
        (("compare", "tg101_5fx"), "B"),
        (("compare", "tg101_5fx", "nothing"), "No included protocol is named"),
        (("compare", "tg101_5fx", "tg101_3fx", "--alpha-beta", "x"), "expected a number above 0"),
        (("list", "-o", "list.pdf"), "does not write pdf"),
    ],
)
def test_a_wrong_question_exits_2(words, told):
    found = run("protocols", *words)
    assert found.status == 2
    assert told in found.err
