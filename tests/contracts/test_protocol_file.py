"""A protocol file: the smallest and the fullest legal ones, and every fault at once with file and line."""

import re

import pytest
from support.command_line import run
from support.known_plans import FACT_RULES, box, check, constraints, outcomes, write_plan

SMALLEST = "name: mine\nconstraints:\n  - structure: PTV\n    goal: Dmax < 24 Gy\n"

# The contract's own example, with its comments.
FULLEST = (
    """
rtcheck: 1
name: apatinib
title: IMRT with apatinib for unresectable hepatocellular carcinoma
version: "2022.1"
sources: [{id: wang2022, citation: "...", url: "..."}]
prescription: {dose: 50-60 Gy, fractions: 25-30}
structures:
  Liver-GTV: {derive: Liver - all GTV, also_named: [normal liver, uninvolved liver]}
constraints:
  - structure: Liver-GTV
    goal: Dmean < 24 Gy
  - structure: [Kidney_L, Kidney_R]
    combine: each                      # each | any | together
    goal: Dmean < 15 Gy
    readings: [{combine: together}]    # another sensible reading of the source
eligibility:
  - {structure: Liver-GTV, goal: Volume > 30 cc}
"""
    + FACT_RULES
)


def test_the_smallest_file_has_a_name_and_constraints_of_structure_and_goal(tmp_path):
    assert check(write_plan(tmp_path / "plan"), SMALLEST).status == 0


@pytest.mark.parametrize("line", SMALLEST.splitlines())
def test_less_than_that_is_an_error(tmp_path, line):
    ran = check(write_plan(tmp_path / "plan"), SMALLEST.replace(line + "\n", ""))
    assert ran.status == 2
    assert "mine.yaml:" in ran.err


def test_the_example_of_the_contract_is_read_and_judged(tmp_path):
    """A liver of 48 cc less a GTV of 12 cc in 20 Gy, and two kidneys, in 20 Gy everywhere."""
    drawn = [
        box("Liver", size_mm=(40.0, 40.0, 30.0)),
        box("GTV", 2, type="GTV"),
        box("Kidney_L", 3, at_mm=(60.0, 0.0, 0.0)),
        box("Kidney_R", 4, at_mm=(-60.0, 0.0, 0.0)),
    ]
    ran = check(write_plan(tmp_path / "plan", drawn), FULLEST)
    assert (outcomes(ran), ran.status) == (["met", "violated", "violated"], 1)
    told = ran.json()
    assert [(each["item"], each["outcome"]) for each in told["eligibility"][:2]] == [
        ("Liver-GTV Volume", "met"),
        ("ecog", "not_evaluated"),
    ]
    assert told["protocol"]["version"] == "2022.1"


@pytest.mark.parametrize(("combine", "found"), [("each", ["violated", "met"]), ("any", ["met"]), ("together", ["met"])])
def test_structures_are_held_to_a_limit_each_any_or_together(tmp_path, combine, found):
    """19 Gy in one, 11 Gy in the other, 15 Gy in both together; the limit is 18 Gy."""
    drawn = [box("Kidney_L", at_mm=(40.0, 0.0, 0.0)), box("Kidney_R", 2, at_mm=(-40.0, 0.0, 0.0))]
    plan = write_plan(tmp_path / "plan", drawn, dose_gy=lambda x, y, z: 15.0 + 0.1 * x)
    line = f"{{structure: [Kidney_L, Kidney_R], combine: {combine}, goal: Dmean < 18 Gy}}"
    assert outcomes(check(plan, constraints(line))) == found


FAULTY = """name: mine
name: again
bogus: 1
prescription: {dose: 60-50 Gy, doze: 5 Gy}
structures:
  Ring: {derive: PTV + 5}
constraints:
  - {structure: PTV, goal: V20 < 30 %}
  - {structure: PTV, gaol: Dmax < 3 Gy}
  - {structure: PTV, goal: Dmax < 3 Gy, goal: Dmax < 4 Gy}
  - {structure: PTV, goal: D0.03 <= 45, priority: urgent}
  - {structure: PTV, goal: Dmax < 3 Gy, combine: all}
  - structure: PTV
    goal: Dmax < 54 Gy
    variation: Dmean < 60 Gy
  - {structure: PTV, goal: Dmax < 3 Gy, source: nobody}
eligibility:
  - {fact: ecog, is: 0-}
"""


def lines_in(text):
    return re.findall(r"mine\.yaml:(\d+):", text)


def test_every_fault_is_shown_at_once_with_its_line(tmp_path):
    ran = check(write_plan(tmp_path / "plan"), FAULTY)
    assert ran.status == 2
    assert set(map(int, lines_in(ran.err))) == {2, 3, 4, 6, 8, 9, 10, 11, 12, 15, 16, 18}
    for said in ("bogus", "doze", "gaol", "is given twice", "did you mean goal", "urgent", "nobody"):
        assert said in ran.err


def test_the_linter_and_the_check_show_the_same_faults(tmp_path):
    ran = check(write_plan(tmp_path / "plan"), FAULTY)
    linted = run("protocols", "lint", tmp_path / "mine.yaml")
    assert linted.status == 2
    assert lines_in(linted.out) == lines_in(ran.err)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "just text", "\tname: x\n", "name: [x\n", "name: x\nconstraints: 5\n", "name: x\nconstraints: []\n",
     "rtcheck: 2\n" + SMALLEST, "&a [*a]", "name: !!python/object:os.system x\n", "- name: x\n"],
)  # fmt: skip
def test_what_is_no_protocol_is_a_fault_with_its_place(tmp_path, text):
    ran = check(write_plan(tmp_path / "plan"), text)
    assert ran.status == 2
    assert "mine.yaml:" in ran.err
    assert "Traceback" not in ran.err


def test_a_protocol_that_was_written_in_another_encoding_is_a_fault(tmp_path):
    plan = write_plan(tmp_path / "plan")
    (tmp_path / "mine.yaml").write_bytes("name: für\n".encode("latin-1") + SMALLEST.encode())
    ran = run(plan, "-p", tmp_path / "mine.yaml")
    assert (ran.status, "UTF-8" in ran.err) == (2, True)
