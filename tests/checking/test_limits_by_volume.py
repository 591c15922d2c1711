"""Limits that depend on a volume. The PTV is a box of 12 cc (2 x 2 x 3 cm) with 20 Gy in it, or what a test draws."""

import json
import re
from dataclasses import asdict

import pytest
from jsonschema import Draft202012Validator
from support.command_line import run
from support.known_plans import box, check, constraints, write_plan

import rtcheck
from rtcheck.batch.index_page import _mark
from rtcheck.batch.work import _constraint_row
from rtcheck.errors import ProtocolError
from rtcheck.protocol.exporters import export_protocol
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.file.schema import protocol_schema
from rtcheck.protocol.file.volume_table import goals_between
from rtcheck.protocol.importers.yaml_writer import protocol_to_yaml
from rtcheck.protocol.lint import lint
from rtcheck.report.charts.overlay import plan_styles
from rtcheck.report.pages.batch_index import index_mark
from rtcheck.report.pages.comparison.compared import comparison_of
from rtcheck.report.pages.comparison.html import limit_marks

TABLE = "{structure: PTV, goal: {%s}%s}"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return write_plan(tmp_path_factory.mktemp("by_volume") / "plan")


def judged(plan, rows, more=""):
    (found,) = check(plan, constraints(TABLE % (rows, more))).json()["constraints"]
    return found


LIMITS = [
    ("10 cc: Dmean <= 18 Gy, 20 cc: Dmean <= 28 Gy", 20.0, "met"),  # 18 + 0.2 x 10
    ("10 cc: Dmean < 18 Gy, 20 cc: Dmean < 28 Gy", 20.0, "violated"),
    ("20 cc: Dmean <= 28 Gy, 10 cc: Dmean <= 18 Gy", 20.0, "met"),  # the order of the rows does not matter
    ("0.012 cc: Dmean > 5 Gy, 12 cc: Dmean > 19 Gy, 20 cc: Dmean > 30 Gy", 19.0, "met"),
    ("10 cc: Dmean < 2500 cGy, 20 cc: Dmean < 2400 cGy", 24.8, "met"),
    ("'< 12 cc': Dmean < 10 Gy, 12-20 cc: Dmean < 21 Gy", 21.0, "met"),
    ("10-12 cc: Dmean < 21 Gy, 12-20 cc: Dmean < 19 Gy", 19.0, "violated"),  # the stricter one where two meet
]


def test_the_limit_is_that_of_the_volume(plan):
    found = check(plan, constraints(*(TABLE % (rows, "") for rows, _, _ in LIMITS))).json()["constraints"]
    assert [(each["limit"], each["outcome"]) for each in found] == [
        (pytest.approx(limit), outcome) for _, limit, outcome in LIMITS
    ]


@pytest.mark.parametrize(
    "rows", ["13 cc: Dmean < 50 Gy, 20 cc: Dmean < 50 Gy", "5-8 cc: Dmean < 50 Gy, 13-20 cc: Dmean < 50 Gy"]
)
def test_outside_the_table_nothing_is_judged(plan, rows):
    found = judged(plan, rows)
    assert (found["outcome"], found["limit"], found["value"]) == ("not_evaluated", None, None)
    assert found["undefined"].startswith("the volume of PTV is 12.00 cc, and the table of limits covers ")


def test_the_variation_has_a_table_of_its_own(plan):
    """At 12 cc the goal is 16 Gy, and the variation 21 Gy: 20 Gy is within."""
    found = judged(
        plan, "10 cc: Dmean < 15 Gy, 20 cc: Dmean < 20 Gy", ", variation: {10 cc: Dmean < 20 Gy, 20 cc: Dmean < 25 Gy}"
    )
    assert (found["outcome"], found["goal"], found["variation"]) == ("variation", "Dmean < 16 Gy", "Dmean < 21 Gy")


def test_another_structure_can_choose_the_limit(tmp_path):
    plan = write_plan(tmp_path / "plan", [box("PTV", type="PTV"), box("Heart", 2, at_mm=(50, 0, 0))])
    line = "{structure: Heart, goal: {10 cc: Dmean < 21 Gy, 20 cc: Dmean < 11 Gy}, by_volume: %s}"
    told = check(plan, constraints(line % "PTV", line % "GTV")).json()
    Draft202012Validator(json.loads(run("schema", "report").out)).validate(told)
    of_ptv, of_missing = told["constraints"]
    assert (of_ptv["goal"], of_ptv["outcome"], of_ptv["by_volume"]["of"]) == ("Dmean < 19 Gy", "violated", "PTV")
    assert of_missing["outcome"] == "not_evaluated"
    assert "depends on the volume of GTV, which is unknown" in of_missing["undefined"]


def test_near_a_step_the_volume_of_other_programs_is_in_the_verdict(plan):
    """Without its end caps the box has 10.8 cc, with whole ones 13.2 cc: both sides of a step at 13 cc."""
    found = judged(plan, "1-13 cc: Dmean < 21 Gy, 13-20 cc: Dmean < 19 Gy")
    assert (found["outcome"], found["borderline"], found["by_volume"]["close"]) == ("met", True, True)
    assert re.search(r"\(10\.80 cc to 13\.2\d cc\) the limit is < 19 Gy to < 21 Gy", " ".join(found["notes"]))
    far = judged(plan, "1-14 cc: Dmean < 21 Gy, 14-20 cc: Dmean < 19 Gy")
    assert (far["outcome"], far["borderline"]) == ("met", False)


def test_a_volume_that_is_not_known_decides_only_what_all_its_limits_decide(tmp_path):
    """Three slices of the box are missing: the volume lies between what is drawn and the whole."""

    def gap(files):
        contours = files.structures.ROIContourSequence[0].ContourSequence
        del contours[4:7]

    plan = write_plan(tmp_path / "plan", change=gap)
    step = judged(plan, "1-10 cc: Dmean < 19 Gy, 10-20 cc: Dmean < 21 Gy")
    assert step["outcome"] == "not_evaluated"
    assert "so that the limit is < 19 Gy to < 21 Gy" in " ".join(step["notes"])
    assert judged(plan, "1-10 cc: Dmean < 21 Gy, 10-20 cc: Dmean < 25 Gy")["outcome"] == "met"
    assert judged(plan, "11 cc: Dmean < 50 Gy, 20 cc: Dmean < 50 Gy")["outcome"] == "not_evaluated"  # it may have less


def test_each_lesion_has_the_limit_of_its_own_volume(tmp_path):
    small = box("PTV_2", 2, at_mm=(60, 0, 0), size_mm=(10, 20, 30), type="PTV")  # 6 cc
    plan = write_plan(tmp_path / "plan", [box("PTV_1", type="PTV"), small])
    line = "{structure: each PTV, goal: {6 cc: Dmean < 30 Gy, 12 cc: Dmean < 18 Gy}}"
    found = check(plan, constraints(line)).json()["constraints"]
    assert [(each["structure"], each["goal"], each["outcome"]) for each in found] == [
        ("PTV_1", "Dmean < 18 Gy", "violated"), ("PTV_2", "Dmean < 30 Gy", "met"),
    ]  # fmt: skip


LUNG = load_protocol("rtog_0813_5fx")
R50 = next(one for one in LUNG.constraints if one.goal.metric.kind == "R50")


@pytest.mark.parametrize(
    ("volume_cc", "limit", "variation"),
    [(1.8, 5.9, 7.5), (28, 4.4, 5.4), (5.6, 5.3, 6.25), (60, 3.75, 4.9), (110.5, 3.2, 4.2), (163, 2.9, 3.7)],
)
def test_rtog_0813_between_the_rows_of_its_table(volume_cc, limit, variation):
    """Each in the middle between two rows of table 1, or at an end of it."""
    limits = [goals_between(each, volume_cc, volume_cc)[0].limit for each in (R50.goal, R50.variation)]
    assert limits == pytest.approx([limit, variation])
    assert goals_between(R50.goal, 1.7, 1.7) is None
    assert goals_between(R50.goal, 163.1, 163.1) is None


def test_an_interpolated_limit_is_rounded_to_its_strict_side():
    """At 23 cc R50 < 4.5 - 0.2 / 12 = 4.48333...; D2cm < 54 + 4 / 12 = 54.3333..."""
    d2cm = next(one for one in LUNG.constraints if one.volume_of)
    goals = [goals_between(each.goal, 23, 23)[0].text for each in (R50, d2cm)]
    assert goals == ["R50 < 4.4833", "Dmax < 54.333 %"]


def test_a_table_survives_being_written(tmp_path):
    (tmp_path / "again.yaml").write_text(protocol_to_yaml(LUNG), encoding="utf-8")
    again = load_protocol(str(tmp_path / "again.yaml"))
    told = [(one.goal, one.variation, one.volume_of) for one in LUNG.constraints]
    assert [(one.goal, one.variation, one.volume_of) for one in again.constraints] == told


def test_what_no_form_of_another_program_can_state_is_named_as_lost():
    exported = export_protocol(LUNG, "clearplan")
    assert "PTV, R50 < 5.9 to 2.9 by volume: omitted, because its limit depends on a volume" in exported.losses
    assert "R50" not in exported.text


@pytest.mark.parametrize(
    ("rows", "more", "fault"),
    [
        ("10 cc: Dmean < 18 Gy, 20: Dmean < 28 Gy", "", "expected a unit after"),
        ("10 cc: Dmean < 18 Gy", "", "a table needs at least two volumes"),
        ("10 cc: Dmean < 18 Gy, 20 cc: Dmean <= 28 Gy", "", "the same metric, sign and unit"),
        ("10 cc: Dmean < 18 Gy, 20 cc: Dmean < 28 %", "", "the same metric, sign and unit"),
        ("10 cc: Dmean < 18 Gy, 20-30 cc: Dmean < 28 Gy", "", "all of them are ranges"),
        ("10-25 cc: Dmean < 18 Gy, 20-30 cc: Dmean < 28 Gy", "", "two rows for the same volume"),
        ("10 cc: Dmean < 18 Gy, 10.0 cc: Dmean < 28 Gy", "", "two rows for the same volume"),
        ("10 cc: Dmean < 18 Gy, 20 cc: Dmean < 28 Gy", ", by_volume: each PTV", "is not one structure"),
    ],
)
def test_a_faulty_table_is_refused(rows, more, fault):
    with pytest.raises(ProtocolError, match=fault):
        rtcheck.parse_protocol(constraints(TABLE % (rows, more)))


def test_by_volume_without_a_table_is_refused():
    with pytest.raises(ProtocolError, match="by_volume needs a goal with limits at volumes"):
        rtcheck.parse_protocol(constraints("{structure: PTV, goal: Dmean < 18 Gy, by_volume: PTV}"))


def test_rows_out_of_line_and_stricter_variations_are_linted(tmp_path):
    rows = "10 cc: R50 < 5, 20 cc: R50 < 4, 30 cc: R50 < 4.5"
    more = ", variation: {10 cc: R50 < 6, 20 cc: R50 < 3, 30 cc: R50 < 5}"
    path = tmp_path / "mine.yaml"
    path.write_text(constraints(TABLE % (rows, more)), encoding="utf-8")
    told = [message.code for message in lint(path)]
    assert told.count("table.uneven") == 2
    assert told.count("variation.inverted") == 1


def test_the_protocols_schema_allows_the_same_tables():
    schema = Draft202012Validator(protocol_schema())
    one = {"structure": "PTV", "goal": {"10 cc": "R50 < 5", "20 cc": "R50 < 4"}, "by_volume": "PTV"}
    assert schema.is_valid({"name": "mine", "constraints": [one]})
    assert not schema.is_valid({"name": "mine", "constraints": [{**one, "goal": {"10": "R50 < 5"}}]})


def test_every_plan_has_its_own_limit_under_one_goal(plan):
    """So that a batch compares them: in the index of one with the limit of its plan, 25 + 0.2 x 10 Gy."""
    protocol = rtcheck.parse_protocol(constraints(TABLE % ("10 cc: Dmean < 25 Gy, 20 cc: Dmean < 35 Gy", "")))
    (result,) = rtcheck.check(plan, protocol).results
    row = asdict(_constraint_row(result))
    mark = _mark(row, "Gy")
    assert (row["goal"], mark.goal) == (("Dmean < 25 Gy to 35 Gy by volume",) * 2)
    assert (mark.share, mark.margin) == (pytest.approx(20 / 27), pytest.approx(7 / 27))


def test_a_comparison_holds_each_plan_against_its_own_limit(plan, tmp_path):
    """12 and 6 cc: 20 Gy against 27 Gy and against 21 Gy, in one row."""
    small = write_plan(tmp_path / "small", [box("PTV", size_mm=(10, 20, 30), type="PTV")])
    rows = "6 cc: Dmean < 21 Gy, 12 cc: Dmean < 27 Gy"
    protocol = rtcheck.parse_protocol(constraints(TABLE % (rows, "")))
    reports = [rtcheck.check(path, protocol) for path in (plan, small)]
    (row,) = comparison_of(reports, ["a", "b"]).rows
    assert row.goal == "Dmean < 21 Gy to 27 Gy by volume"
    assert [each.goal for each in row.rows] == ["Dmean < 27 Gy", "Dmean < 21 Gy"]
    assert [index_mark(report.results[0]).share for report in reports] == pytest.approx([20 / 27, 20 / 21])
    first, second = map(float, re.findall(r'<svg x="([\d.]+)%"', str(limit_marks(row, plan_styles(2)))))
    assert first / second == pytest.approx(21 / 27, rel=0.01)
