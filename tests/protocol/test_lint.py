"""The linter: what it finds, in which line, with what advice, and what it leaves in peace."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rtcheck.errors import UsageError
from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.lint import lint

HEAD = """\
name: mine
sources: [{id: paper, citation: A paper}]
constraints:
"""

Found = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """What the linter finds in constraints that begin in line 4, as (line, code)."""

    def find(constraints: str, more: str = "") -> list[tuple[int, str]]:
        path = tmp_path / "mine.yaml"
        path.write_text(f"{HEAD}{constraints}{more}", "utf-8")
        messages = lint(path)
        assert all(message.suggestion and message.file == str(path) for message in messages)
        return [(message.line, message.code) for message in messages]

    return find


def constraints(*goals: str, structure: str = "Liver") -> str:
    return "".join(f'  - {{structure: {structure}, goal: "{goal}"}}\n' for goal in goals)


@pytest.mark.parametrize("name", protocol_files())
def test_the_protocols_in_the_box_have_no_errors(name: str) -> None:
    assert [str(message) for message in lint(name) if message.severity == "error"] == []


@pytest.mark.parametrize("name", ["apatinib", "axitinib"])
def test_the_protocols_of_the_two_trials_are_without_a_remark(name: str) -> None:
    assert [str(message) for message in lint(name)] == []


@pytest.mark.parametrize(
    ("structure", "goal", "code"),
    [
        ("Liver", "V20Gy > 100 %", "goal.impossible"),
        ("Liver", "V20Gy <= 100 %", "goal.impossible"),
        ("Liver", "V20Gy < 0 %", "goal.impossible"),
        ("Liver", "Dmean >= 0 Gy", "goal.impossible"),
        ("PTV", "Coverage > 1", "goal.impossible"),
        ("PTV", "V95% >= 0.95 %", "goal.impossible"),
        ("PTV", "D95% >= 1 %", "goal.impossible"),
        ("PTV", "D120% >= 50 Gy", "goal.impossible"),
        ("SpinalCord", "Dmax < 4500 Gy", "goal.impossible"),
        ("Liver", "V2000Gy < 30 %", "goal.impossible"),
        ("Liver", "D700cc < 15 Gy", "metric.d-or-dc"),
        ("SpinalCord", "D0.03% < 45 Gy", "goal.unit"),
        ("SpinalCord", "DC0.03cc < 45 Gy", "metric.d-or-dc"),
        ("Liver", "V15Gy >= 700 cc", "metric.v-or-cv"),
        ("Liver", "CV15Gy <= 30 %", "metric.v-or-cv"),
        ("PTV", "D95% <= 50 Gy", "goal.direction"),
        ("Liver", "Dmean > 24 Gy", "goal.direction"),
        ("Liver", "Dmean < 26 %", "goal.unit"),
        ("BrainStem", "D0.5cc <= 0.36 Gy", "goal.unit"),
        ("PTV", "D95% >= 0.95 Gy", "goal.unit"),
        ("'\"Liver & GTV\"'", "Dmean < 24 Gy", "name.quoted-expression"),
        ("PTV", "HI < 1.2", "metric.index"),  # Dmax / prescription, RTOG
        ("PTV", "CI >= 0.8", "metric.index"),  # van't Riet's or Paddick's
        ("Livr", "Dmean < 24 Gy", "name.unknown"),
        ("Liver", "V20 <= 30 %", "metric.bare"),
        ("Liver", "D0.03 <= 30 Gy", "metric.bare"),
        ("Liver", "Dmaen < 24 Gy", "file.fault"),
    ],
)
def test_a_suspect_goal_is_found_in_its_line(found: Found, structure: str, goal: str, code: str) -> None:
    assert (4, code) in found(constraints(goal, structure=structure))


@pytest.mark.parametrize(
    ("structure", "goal"),
    [
        ("Liver", "CV15Gy >= 700 cc"),
        ("Liver", "DC700cc < 15 Gy"),
        ("Liver", "V20Gy <= 30 %"),
        ("Bowel_Large", "D200cc < 30 Gy"),
        ("PTV", "V95% >= 98 %"),
        ("PTV", "D2% <= 107 %"),
        ("LN_Ax_L", "D95% >= 95 %"),
        ("Lens_L", "Dmax < 0.5 Gy"),
        ("PTV", "D95% >= 95 %"),
        ("PTV", "V95% >= 100 %"),
        ("SpinalCord", "D0.03cc <= 45 Gy"),
        ("PTV", "BED[10] D95% >= 250 Gy"),
        ("all GTV", "D98% >= 95 %"),
        ("PTV", "HI < 0.15"),
        ("PTV", "CI < 1.2"),
        ("PTV", "CI_Paddick >= 0.8"),
    ],
)
def test_a_sound_goal_is_left_in_peace(found: Found, structure: str, goal: str) -> None:
    assert found(constraints(goal, structure=structure)) == []


@pytest.mark.parametrize(("goal", "severity"), [("D95% >= 0.5 Gy", "error"), ("Dmean >= 0.5 Gy/fx", "warning")])
def test_a_dose_that_any_plan_gives_a_target_is_an_error(tmp_path: Path, goal: str, severity: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + constraints(goal, structure="PTV"), encoding="utf-8")
    assert [each.severity for each in lint(path) if each.code == "goal.unit"] == [severity]


def test_a_conformity_index_between_two_limits_is_sound(found: Found) -> None:
    two = constraints("CI_RTOG >= 0.9", structure="PTV") + "  - {structure: PTV, goal: CI_RTOG <= 1.2}\n"
    assert [code for _, code in found(two) if code == "metric.index"] == []


@pytest.mark.parametrize(
    ("goal", "variation", "is_inverted"),
    [
        ("D95% >= 98 %", "D95% >= 95 %", False),
        ("D95% >= 95 %", "D95% >= 98 %", True),
        ("Dmax < 45 Gy", "Dmax < 48 Gy", False),
        ("Dmax < 45 Gy", "Dmax < 43 Gy", True),
        ("Dmax < 45 Gy", "Dmax < 45 Gy", True),
        ("Dmax < 45 Gy", "Dmax <= 45 Gy", False),
        ("Dmax <= 45 Gy", "Dmax < 45 Gy", True),
    ],
)
def test_a_variation_must_be_looser_than_its_goal(found: Found, goal: str, variation: str, is_inverted: bool) -> None:
    codes = found(f"  - {{structure: PTV, goal: {goal}, variation: {variation}}}\n")
    assert codes == ([(4, "variation.inverted")] if is_inverted else [])


@pytest.mark.parametrize(
    "goal", ["V0Gy >= 95 %", "V0% >= 95 %", "V0Gy >= 5 cc", "CV0Gy < 5 cc", "EQD2[3] Dmax < 4500 Gy"]
)
def test_a_volume_at_no_dose_and_an_eqd2_in_cgy_are_errors(found: Found, goal: str):
    """All of a structure receives at least 0 Gy, and nothing receives less; 45 Gy are 4500 cGy."""
    assert (4, "goal.impossible") in found(constraints(goal))
    assert found(constraints("V5Gy >= 95 %", structure="PTV") + constraints("BED[2] Dmax < 3960 Gy")) == []


@pytest.mark.parametrize(("goal", "variation"), [("D2cc < 50 Gy", "D2cc < 5000 Gy"), ("V95% >= 95 %", "V95% >= 0.9 %")])
def test_a_variation_that_any_plan_meets_is_an_error(found: Found, goal: str, variation: str) -> None:
    codes = found(f"  - {{structure: PTV, goal: {goal}, variation: {variation}}}\n")
    assert codes == [(4, "goal.impossible")]


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ("Dmax < 54 Gy", "Dmax < 60 Gy"),
        ("Dmax < 54 Gy", "Dmax <= 54 Gy"),
        ("Dmax < 54 Gy", "D0.03cc < 54 Gy"),
        ("Dmax < 54 Gy", "V54Gy < 5 cc"),
        ("Dmax < 54 Gy", "Dmean < 54 Gy"),
        ("D2cc < 40 Gy", "D5cc < 45 Gy"),
        ("V20Gy <= 20 %", "V25Gy <= 30 %"),
        ("Dmin >= 50 Gy", "D95% >= 48 Gy"),
        ("D98% >= 50 Gy", "V50Gy >= 95 %"),
    ],
)
def test_a_limit_that_another_one_implies_is_found(found: Found, strong: str, weak: str) -> None:
    assert (5, "goal.implied") in found(constraints(strong, weak, structure="PTV"))
    assert (4, "goal.implied") in found(constraints(weak, strong, structure="PTV"))


@pytest.mark.parametrize("goals", [("D2cc < 40 Gy", "V40Gy < 2 cc"), ("V40Gy < 2 cc", "D2cc < 40 Gy")])
def test_of_two_limits_that_say_the_same_the_later_one_is_found(found: Found, goals: tuple[str, str]) -> None:
    assert found(constraints(*goals, structure="Stomach")) == [(5, "goal.implied")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("D0.03cc < 54 Gy", "Dmax < 60 Gy"),
        ("V20Gy <= 30 %", "V30Gy <= 20 %"),
        ("Dmean < 20 Gy", "Dmax < 54 Gy"),
        ("D2cc < 40 Gy", "D5% < 45 Gy"),
        ("EQD2[3] Dmax < 40 Gy", "Dmax < 45 Gy"),
        ("Dmax < 54 Gy", "Dmax < 105 %"),
    ],
)
def test_limits_that_do_not_follow_from_one_another_are_left_in_peace(found: Found, first: str, second: str) -> None:
    assert found(constraints(first, second, structure="Stomach")) == []


def test_an_advisory_limit_does_not_make_a_required_one_superfluous(found: Found) -> None:
    advisory = "  - {structure: Stomach, goal: Dmax < 50 Gy, priority: advisory}\n"
    assert found(advisory + constraints("Dmax < 54 Gy", structure="Stomach")) == []


def test_limits_for_different_plans_are_not_compared(found: Found) -> None:
    low = "  - {structure: Stomach, goal: Dmax < 30 Gy, fractions: 5}\n"
    high = "  - {structure: Stomach, goal: Dmax < 54 Gy, fractions: 25-30}\n"
    assert found(low + high) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Dmean < 20 Gy", "Dmean > 30 Gy"),
        ("Dmean < 20 Gy", "Dmean >= 20 Gy"),
        ("D95% >= 60 Gy", "V50Gy <= 30 %"),
        ("Dmax < 60 Gy", "D2cc >= 66 Gy"),
    ],
)
def test_limits_that_cannot_hold_together_are_found(found: Found, first: str, second: str) -> None:
    assert (5, "goals.contradict") in found(constraints(first, second, structure="PTV"))


def test_coverage_and_a_maximum_go_together(found: Found) -> None:
    assert found(constraints("D95% >= 60 Gy", "Dmax <= 66 Gy", structure="PTV")) == []


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}{constraints('Dmax < 9 Gy', structure='Stomac')}", "utf-8")
    (message,) = lint(path)
    assert "Stomach" in message.suggestion


def test_names_defined_in_the_protocol_are_known(found: Found) -> None:
    defined = "structures:\n  Odd Organ: {also_named: oddity}\n"
    assert found(constraints("Dmax < 9 Gy", structure="Odd Organ"), defined) == []


def test_a_definition_that_nothing_uses_is_found(found: Found) -> None:
    defined = "structures:\n  Heart: {also_named: cor}\n"
    assert found(constraints("Dmax < 9 Gy"), defined) == [(6, "definition.unused")]


def test_names_behind_a_derivation_are_looked_up(found: Found) -> None:
    defined = "structures:\n  NormalLiver: {derive: Livr - all GTV}\n"
    assert found(constraints("Dmean < 9 Gy", structure="NormalLiver"), defined) == [(6, "name.unknown")]


def test_limits_without_a_source_are_found(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nconstraints:\n  - {structure: Liver, goal: Dmean < 24 Gy}\n", "utf-8")
    (message,) = lint(path)
    assert (message.line, message.code) == (3, "source.missing")


def test_with_several_sources_each_limit_must_name_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    sources = "sources:\n  - {id: a, citation: A}\n  - {id: b, url: https://example.org}\n  - {id: c}\n"
    limits = "  - {structure: Liver, goal: Dmean < 24 Gy, source: a}\n  - {structure: Heart, goal: Dmean < 9 Gy}\n"
    path.write_text(f"name: mine\n{sources}constraints:\n{limits}", "utf-8")
    assert [(message.line, message.code) for message in lint(path)] == [
        (4, "source.unused"),
        (5, "source.empty"),
        (5, "source.unused"),
        (8, "source.missing"),
    ]


def test_entries_that_change_nothing_are_found(found: Found) -> None:
    alone = "  - {structure: Liver, goal: Dmean < 9 Gy, combine: together}\n"
    same = "  - {structure: Heart, goal: Dmean < 9 Gy, readings: [{goal: Dmean < 9 Gy}]}\n"
    assert found(alone + same) == [(4, "entry.idle"), (5, "entry.idle")]


def test_every_fault_of_a_faulty_file_is_a_message_with_its_line(found: Found) -> None:
    assert found("  - {structure: Liver, goal: V20 < 3 %}\n  - {structur: Liver, goal: Dmean < 3 Gy}\n") == [
        (4, "metric.bare"),
        (5, "file.fault"),
        (5, "file.fault"),
    ]


def test_a_message_reads_as_file_line_and_advice(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}{constraints('V20Gy > 100 %', structure='PTV')}", "utf-8")
    (message,) = lint(path)
    assert str(message) == (
        f'{path}:4: error [goal.impossible] "V20Gy > 100 %" can never hold: V20Gy is at most 100 %\n'
        "    -> check the number against the source"
    )


def test_only_the_file_itself_is_linted_not_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(f"{HEAD}{constraints('V20Gy > 100 %')}", "utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nextends: base.yaml\n", "utf-8")
    assert lint(path) == ()


def test_several_files_are_linted_in_their_order(tmp_path: Path) -> None:
    paths = [tmp_path / "b.yaml", tmp_path / "a.yaml"]
    for path in paths:
        path.write_text(f"{HEAD}{constraints('V20Gy > 100 %', structure='PTV')}", "utf-8")
    assert [message.file for message in lint(paths)] == [str(path) for path in paths]


def test_a_file_that_does_not_exist_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        lint("missing/mine.yaml")


@pytest.mark.parametrize(
    ("entry", "suggestion"),
    [
        ("{structure: Liver, goal: V20 < 3 %}", "write V20Gy or V20%, as in the source"),
        ("{structure: Liver, goal: D5 < 3 Gy}", "write D5cc or D5%, as in the source"),
        ("{structure: Liver, goal: Dmaen < 3 Gy}", "write Dmean"),
        ("{structure: Liver}", "add `goal:`"),
        (
            "{structure: Liver, goal: Dmean < 3 Gy, goal: Dmean < 4 Gy}",
            "one entry per goal: repeat the structure in an entry of its own",
        ),
    ],
)
def test_a_fault_is_answered_with_what_to_write(tmp_path: Path, entry: str, suggestion: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{HEAD}  - {entry}\n", "utf-8")
    (message,) = lint(path)
    assert message.suggestion == suggestion


@pytest.mark.parametrize(
    ("goal", "score", "codes"),
    [
        ("Dmean < 26 Gy", "[0 at 20 Gy, 10 at 26 Gy]", ["score.direction"]),
        ("Dmean >= 26 Gy", "[10 at 20 Gy, 0 at 26 Gy]", ["score.direction"]),
        ("Dmean < 26 Gy", "[10 at 20 Gy]", ["entry.idle"]),
        ("Dmean < 26 Gy", "[10 at 20 Gy, 0 at 26 Gy]", []),
        ("Dmean < 26 Gy", "[0 at 10 Gy, 10 at 20 Gy, 0 at 26 Gy]", []),
    ],
)
def test_a_score_that_rises_where_the_goal_falls(found: Found, goal: str, score: str, codes: list[str]) -> None:
    said = found(f'  - {{structure: PTV, goal: "{goal}", score: {score}}}\n')
    assert [code for _, code in said] == codes
