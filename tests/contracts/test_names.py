"""What a name in a protocol is matched to, seen from outside."""

import pytest
from support.command_line import run
from support.known_plans import box, check, codes, constraints, outcomes, write_plan

SIDE = (40.0, 0.0, 0.0)  # clear of the box in the middle


def matched(ran):
    return [each["matched"] for each in ran.json()["constraints"]]


# --- spelling -----------------------------------------------------------------------------------------------------


def test_an_exact_spelling_wins_over_folded_ones(tmp_path):
    drawn = [box("heart"), box("Heart", 2, at_mm=SIDE), box("HEART", 3, at_mm=(-40.0, 0.0, 0.0))]
    ran = check(write_plan(tmp_path / "plan", drawn), constraints("Heart: Dmax < 24 Gy"))
    assert (matched(ran), ran.status) == ([["Heart"]], 0)


def test_two_names_equal_after_folding_are_ambiguous_and_the_message_says_what_to_write(tmp_path):
    drawn = [box("lung l"), box("LUNG_L", 2, at_mm=SIDE)]
    ran = check(write_plan(tmp_path / "plan", drawn), constraints("Lung_L: Dmax < 24 Gy"))
    (found,) = ran.json()["constraints"]
    assert (found["outcome"], found["matched"], ran.status) == ("not_evaluated", [], 3)
    assert "Lung_L: [lung l]" in found["notes"][0]
    (tmp_path / "clinic.yaml").write_text("Lung_L: [lung l]\n")
    settled = check(tmp_path / "plan", constraints("Lung_L: Dmax < 24 Gy"), "--aliases", tmp_path / "clinic.yaml")
    assert (matched(settled), settled.status) == ([["lung l"]], 0)


def test_a_near_miss_is_only_suggested(tmp_path):
    ran = check(write_plan(tmp_path / "plan", [box("Hearts_x")]), constraints("Heart: Dmax < 24 Gy"))
    assert (outcomes(ran), ran.status) == (["not_evaluated"], 3)


@pytest.mark.parametrize("name", ["MyOwnStructure", "zz Ring 3", "Mein Organ"])
def test_a_name_outside_tg_263_is_matched_literally_and_only_the_linter_complains(tmp_path, name):
    text = constraints(f"{name}: Dmax < 24 Gy")
    ran = check(write_plan(tmp_path / "plan", [box(name)]), text)
    assert (outcomes(ran), ran.status, ran.err) == (["met"], 0, "")
    assert name in run("protocols", "lint", tmp_path / "mine.yaml").out
    other = check(write_plan(tmp_path / "other", [box(f"{name} x")]), text)
    assert outcomes(other) == ["not_evaluated"]


# --- expressions and names ----------------------------------------------------------------------------------------

LIVER = "structures:\n  Liver-GTV: {derive: Liver - all GTV}\n"
WHOLE = box("Liver", size_mm=(40.0, 40.0, 30.0))  # 48 cc
GTV = box("GTV", 2, type="GTV")  # 12 cc inside it


def test_a_dash_with_spaces_is_an_operator_and_one_without_is_part_of_a_name(tmp_path):
    plan = write_plan(tmp_path / "plan", [WHOLE, GTV])
    derived, named = check(plan, constraints("Liver - GTV: Volume > 1 cc", "Liver-GTV: Volume > 1 cc")).json()[
        "constraints"
    ]
    assert derived["value"] == pytest.approx(36.0)
    assert named["outcome"] == "not_evaluated"


@pytest.mark.parametrize(
    ("side_mm", "is_warned"), [(20.0, False), (20.1, False), (22.0, True)], ids=["equal", "within 2 %", "beyond 2 %"]
)
def test_a_drawn_structure_is_used_first_and_compared_with_its_derivation(tmp_path, side_mm, is_warned):
    """Derived 48 - 12 = 36 cc; the drawn one is a box of 60 x 20 (or a bit more) x 30 mm."""
    drawn = box("Liver-GTV", 3, size_mm=(60.0, side_mm, 30.0))
    ran = check(write_plan(tmp_path / "plan", [WHOLE, GTV, drawn]), constraints("Liver-GTV: Volume > 1 cc", more=LIVER))
    (found,) = ran.json()["constraints"]
    assert found["matched"] == ["Liver-GTV"]
    assert found["value"] == pytest.approx(60.0 * side_mm * 30.0 / 1000)
    assert ("structure.derivation-differs" in codes(ran)) == is_warned


@pytest.mark.parametrize(
    ("expression", "volume_cc"),
    [
        ("Liver - all GTV", 36.0),
        ("Liver | GTV", 48.0),
        ("Liver|GTV", 48.0),
        ("Liver & GTV", 12.0),
        ("(Liver - GTV) | GTV", 48.0),
        ('"Liver" - GTV', 36.0),
        ("GTV + (L 10, R 10) mm", 24.0),
    ],
)
def test_an_expression_is_the_volume_that_its_signs_say(tmp_path, expression, volume_cc):
    plan = write_plan(tmp_path / "plan", [WHOLE, GTV])
    (row,) = run("dvh", plan, "--roi", expression, "-m", "Volume", "-f", "json").json()["structures"]
    assert row["volume_cc"] == pytest.approx(volume_cc, rel=0.01)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("5350 (VMAT)", "5350 (VMAT)"),
        ("5350 (VMAT)", '"5350 (VMAT)"'),
        ("Lung(L)", "Lung(L)"),
        ("x - y", '"x - y"'),
        ("a, b", '"a, b"'),
        ("A | B", '"A | B"'),
        ("(old) Heart", '"(old) Heart"'),
        ('the "new" one', "'the \"new\" one'"),
        ("Kid's", "Kid's"),
    ],
)
def test_every_name_can_be_written_alone_and_in_an_expression(tmp_path, name, written):
    plan = write_plan(tmp_path / "plan", [box(name, size_mm=(40.0, 40.0, 30.0)), GTV])
    in_yaml = written.replace("'", "''")
    text = constraints(
        f"{{structure: '{in_yaml}', goal: Volume > 1 cc}}", f"{{structure: '{in_yaml} - GTV', goal: Volume > 1 cc}}"
    )
    alone, less = check(plan, text).json()["constraints"]
    assert (alone["structure"], alone["matched"], alone["value"]) == (name, [name], pytest.approx(48.0))
    assert (set(less["matched"]), less["value"]) == ({name, "GTV"}, pytest.approx(36.0))


def test_a_quoted_name_that_is_not_drawn_is_not_derived_after_all(tmp_path):
    plan = write_plan(tmp_path / "plan", [WHOLE, GTV])
    assert outcomes(check(plan, constraints("{structure: '\"Liver - x\"', goal: Volume > 1 cc}"))) == ["not_evaluated"]
    drawn = ["{structure: '\"Liver - GTV\" | GTV', goal: Volume > 1 cc}"]
    assert outcomes(check(plan, constraints(*drawn))) == ["not_evaluated"]


@pytest.mark.parametrize("text", ["a, b", "(Liver", "Liver -", "Liver + 5", "Liver (x & y)"])
def test_a_text_that_is_neither_name_nor_expression_is_an_error_with_its_place(tmp_path, text):
    plan = write_plan(tmp_path / "plan", [WHOLE])
    in_protocol = check(plan, constraints(f"{{structure: '{text}', goal: Volume > 1 cc}}"))
    on_the_command_line = run("dvh", plan, "--roi", text)
    for ran in (in_protocol, on_the_command_line):
        assert ran.status == 2
        assert ran.err.rstrip().endswith("^")


def test_the_error_about_brackets_says_that_quotes_help(tmp_path):
    ran = run("dvh", write_plan(tmp_path / "plan", [WHOLE]), "--roi", "a, b")
    assert "in quotes" in ran.err
