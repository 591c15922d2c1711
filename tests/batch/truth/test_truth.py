"""Truth tables of benchmark cases: cells by their meaning, submissions of two sites against grades by hand."""

import json
import sqlite3
import zlib

import pytest
from support.command_line import run

from rtcheck.batch.store import ListedPlan, PlanRecord, open_store
from rtcheck.batch.truth.accepted import accepted, tolerances, worst


@pytest.mark.parametrize(
    ("cell", "column", "per_protocol", "variation", "unacceptable"),
    [
        ("60", "", (60.0, 60), (), (60.1, 59.9, "60 Gy")),
        ("20.5 ± 0.5", "", (20.0, 21.0), (), (19.99, 21.01)),
        ("20 +/- 1 / +-2", "", (19.0, 21.0), (18.0, 22.0), (17.9, 22.1)),
        ("200 ± 2 % / ± 5 %", "", (196.0, 204.0), (190.0, 210.0), (189.9, 210.1)),
        ("20", "± 1 / ± 2", (19.0, 21.0), (18.0, 22.0), (22.1,)),
        ("20 ± 3", "± 1 / ± 2", (17.0, 23.0), (), (16.9,)),  # a tolerance in the cell replaces that of the column
        ("20,5 ± 0,5", "± 0,1", (20.0, 21.0), (), (19.99, 21.01)),
        ("6 or 10 / 15 | 18", "", (6, 10), (15, 18), (8,)),
        ("22-24 / 20 to 26", "", (22.0, 24.0), (20.0, 26.0), (26.01,)),
        ("< 54 / <= 56", "", (53.9,), (54.0, 56.0), (56.1,)),
        ("IMRT or VMAT / 3D", "", ("IMRT", "vmat"), ("3D",), ("", "static", 3.0)),
    ],
)
def test_a_cell_grades_values(cell, column, per_protocol, variation, unacceptable):
    found = accepted(cell, tolerances(column) if column else ())
    assert {found.grade(value) for value in per_protocol} == {"per protocol"}
    assert {found.grade(value) for value in variation} <= {"acceptable variation"}
    assert {found.grade(value) for value in unacceptable} == {"unacceptable"}


def test_a_value_of_which_only_bounds_are_known_is_graded_where_all_between_them_have_one_grade():
    cell = accepted("20 ± 2 / ± 4")
    assert cell.grade_between(18.5, 21.5) == "per protocol"
    assert cell.grade_between(10.0, 30.0) == "not evaluated"  # both ends are unacceptable, 20 between them is not
    assert cell.grade_between(21.0, 23.0) == "not evaluated"
    assert cell.grade_between(24.5, 30.0) == "unacceptable"


@pytest.mark.parametrize("cell", ["± 2", "20 ±", "20 ± 1 / ± 2 / ± 3", "24-22", "20 or", "20 ± x", "IMRT / ± 2"])
def test_a_cell_of_another_form_is_an_error(cell):
    with pytest.raises(ValueError, match=r"expected|range|empty|needs"):
        accepted(cell)


def test_a_submission_is_as_bad_as_its_worst_value_and_never_good_without_values():
    assert worst(["per protocol", "not evaluated", "acceptable variation"]) == "not evaluated"
    assert worst(["not evaluated", "unacceptable"]) == "unacceptable"
    assert worst([]) == "not evaluated"


def limit(structure, value, **more):
    return {"structure": structure, "metric": "Dmax", "goal": "Dmax < 54 Gy", "value": value, "unit": "Gy",
            "margin": None, "outcome": "met", "waiver": None, "undefined": None, "notes": [], "matches": [],
            "bounds": None, **more}  # fmt: skip


def energy(value):
    return {"item": "Beam energy", "expected": "6 MV", "found": f"{value} MV", "value": value, "outcome": "met",
            "given": True, "warns_only": False, "note": ""}  # fmt: skip


SURROGATE = {"surrogate": True, "reason": None}
PLANS = [  # key, patient, site, Stomach, more of it, beam energies
    ("lyon/c1", "BENCH-1", "Lyon", 50.5, {}, (6, 6)),
    ("oslo/c1", "BENCH-1", "Oslo", 52.0, {}, (6, 10)),
    ("lyon/c2", "BENCH-2", "Lyon", 40.0, {"matches": [SURROGATE]}, (6,)),
    ("oslo/c2", "BENCH-2", "Oslo", 47.0, {}, (6,)),
    ("oslo/c9", "OTHER", "Oslo", 1.0, {}, (6,)),
]


def test_a_unit_chooses_between_two_limits_on_one_metric(results):
    with open_store(results) as store:
        report = {"constraints": [limit("PTV", 95.0, unit="%"), limit("PTV", 47.5)], "plan_checks": [energy(6)]}
        record = PlanRecord(
            plan_key="rome/plan.dcm", protocol="p", protocol_version="1", fingerprint="f", status="checked",
            verdict="pass", eligibility_verdict="pass", exit_status=0, reason="", patient_id="ROME",
            report=zlib.compress(json.dumps(report).encode()),
        )  # fmt: skip
        store.put(1, record)
    assert "add the unit, [%] or [Gy]" in graded(results, "case,PTV Dmax ± 1\nROME,47\n").err
    assert "ROME (rome): per protocol" in graded(results, "case,PTV Dmax [Gy] ± 1\nROME,47\n").out
    assert "ROME (rome): per protocol" in graded(results, "case,PTV Dmax [%] ± 1\nROME,95\n").out


@pytest.fixture
def results(tmp_path):
    with open_store(tmp_path) as store:
        run_id = store.begin_run(started_at="2026-11-28T05:00:00Z", program_version="0", root="r", protocols="p")
        for key, patient, _, value, more, energies in PLANS:
            report = {"constraints": [limit("Stomach", value, **more)], "plan_checks": list(map(energy, energies))}
            store.put(run_id, PlanRecord(
                plan_key=f"{key}/plan.dcm", protocol="p", protocol_version="1", fingerprint="f", status="checked",
                verdict="pass", eligibility_verdict="pass", exit_status=0, reason="", patient_id=patient, fractions=25,
                report=zlib.compress(json.dumps(report).encode()),
            ))  # fmt: skip
        store.put_listed(ListedPlan(plan_key=f"{key}/plan.dcm", line=2, site=site) for key, _, site, *_ in PLANS)
    return tmp_path


def graded(results, table):
    (results / "truth.csv").write_text(table, encoding="utf-8")
    return run("cohort", str(results), "--truth", str(results / "truth.csv"))


def test_every_submission_of_every_site_is_graded_by_hand_count(results):
    table = "case,Fractions,Stomach Dmax [cGy] ± 1 % / ± 5 %,Beam energy\nBENCH-1,25,5000,6 / 10\nBENCH-2,25,4700,6\n"
    answer = graded(results, table + "BENCH-3,25,,\n")
    told = [line for line in answer.out.splitlines() if line.startswith("BENCH")]
    assert told == [
        "BENCH-1 (Lyon, lyon/c1): per protocol",  # 5050 of 5000 cGy: 1 %
        "BENCH-1 (Oslo, oslo/c1): acceptable variation",  # 4 %, and one beam of 10 MV
        "BENCH-2 (Lyon, lyon/c2): not evaluated",  # measured on a surrogate: not the value of the stomach
        "BENCH-2 (Oslo, oslo/c2): per protocol",
        "BENCH-3 (Lyon): not evaluated: no plan was submitted",
        "BENCH-3 (Oslo): not evaluated: no plan was submitted",
    ]
    summary = "4 submissions: 1 not evaluated, 1 acceptable variation, 2 per protocol. 2 plans were not submitted."
    assert summary in answer.out
    assert "Not in the truth table: oslo/c9." in answer.out
    assert answer.status == 3


def test_the_doubts_of_a_plan_are_listed_with_its_grades(results):
    with sqlite3.connect(results / "results.sqlite") as store:
        store.execute("UPDATE plans SET doubts = 'The dose may be cut off.' WHERE plan_key = 'oslo/c2/plan.dcm'")
    answer = graded(results, "case,Fractions\nBENCH-2,25\n")
    lines = answer.out.splitlines()
    place = lines.index("BENCH-2 (Oslo, oslo/c2): per protocol")
    assert lines[place + 1] == "    In doubt: The dose may be cut off."
    assert "2 submissions: 2 per protocol. 1 plan is in doubt." in answer.out


def test_an_unacceptable_value_is_exit_status_1(results):
    answer = graded(results, "case;Stomach Dmax ± 0.5\nBENCH-2;47\nlyon/c1;51.5\n")
    assert "Stomach Dmax: 50.50 Gy; expected 51.5 ± 0.5 Gy: unacceptable" in answer.out
    assert answer.status == 1


def test_a_table_that_excel_saved_in_the_western_code_page_is_read(results):
    (results / "excel.csv").write_bytes("case;Stomach Dmax [Gy] \xb1 1\nBENCH-2;47\nlyon/c1;51\n".encode("cp1252"))
    answer = run("cohort", str(results), "--truth", str(results / "excel.csv"))
    assert "lyon/c1 (Lyon): per protocol" in answer.out


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("case,Stomach Dmax\nBENCH-1,50\n", "no tolerance"),
        ("case,Stomach Dmax\nBENCH-1,high\n", "expected numbers"),
        ("case;Stomach Dmax [cGy] ± 1\nBENCH-1;5,000\n", "expected numbers"),  # thousands, or 5.000?
        ("case,Liver Dmean ± 1\nBENCH-1,50\n", "known are stomach dmax"),
        ("case,fractions\nBENCH-1,25\noslo/c1,25\n", "row 2 names the same plan"),
        ("case,V95% [%] ± 2 %\nBENCH-1,95\n", "ambiguous"),
        ("case,fractions\nNOBODY,25\n", "for example"),
    ],
)
def test_a_table_that_cannot_be_meant_is_a_usage_error(results, table, fault):
    answer = graded(results, table)
    assert answer.status == 2
    assert fault in answer.err


def test_the_trial_report_has_the_grades(results):
    table = results / "truth.csv"
    table.write_text("case,fractions\nBENCH-1,30\nBENCH-2,25\n", encoding="utf-8")
    page = results / "trial.html"
    run("cohort", str(results), "--truth", str(table), "--report", str(page))
    text = page.read_text("utf-8")
    assert "4 submissions: 2 unacceptable, 2 per protocol." in text
    assert "unacceptable; expected 30" in text
