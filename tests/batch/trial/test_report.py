"""The report of a trial against counts by hand: seven plans of three sites, and two that were not checked."""

import json
import re
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.command_line import run

from rtcheck.batch.store import ListedPlan, PlanRecord, open_store
from rtcheck.batch.trial.analysis import analysed
from rtcheck.batch.trial.letters import letters_of
from rtcheck.batch.trial.plans import trial_plans
from rtcheck.batch.trial.telling import accrual_text, headline

HOSTILE = '=1+1<script>alert("x")</script>'
# name, site, arm, enrolled, Stomach Dmax, outcome, verdict
PLANS = [
    ("A-1", "Lyon", "250 mg", "2026-01-05", 50.0, "met", "pass"),
    ("A-2", "Lyon", "250 mg", "2026-01-20", 56.0, "violated", "fail"),
    ("A-3", "Lyon", "500 mg", "2026-03-01", 55.0, "waived", "pass"),
    ("B-1", HOSTILE, "250 mg", "2026-01-07", 52.0, "met", "pass"),
    ("B-2", HOSTILE, "500 mg", "", 40.0, "met", "pass"),
    ("C-1", "Oslo", "500 mg", "2026-03-09", None, "not_evaluated", "not_evaluated"),
    ("C-2", "Oslo", "500 mg", "2026-03-10", 30.0, "met", "pass"),
]


def report(value, outcome):
    limit = {
        "structure": "Stomach", "metric": "Dmax", "goal": "Dmax < 54 Gy", "value": value, "unit": "Gy",
        "margin": None if value is None else 54.0 - value, "outcome": outcome, "notes": [], "undefined": None,
        "waiver": "abuts (Dr. Example, until 2027-01-01)" if outcome == "waived" else None,
        "matches": [{"reason": "no ROI is named Stomach" if value is None else None}],
    }  # fmt: skip
    dose = {"item": "Prescribed dose", "expected": "50 Gy", "found": "50.00 Gy", "outcome": "met", "given": True,
            "warns_only": False, "note": ""}  # fmt: skip
    ecog = {**dose, "item": "ECOG", "expected": "0-1", "found": "not given", "outcome": "not_evaluated", "given": False}
    return {
        "constraints": [limit], "prescription": [dose], "eligibility": [ecog], "plan_checks": [],
        "case": {"plan": {"planned_on": "2026-02-11"}},
    }  # fmt: skip


def record(name, status="checked", **more):
    return PlanRecord(
        plan_key=f"{name}/plan.dcm", protocol="apatinib", protocol_version="1", fingerprint="f", status=status,
        eligibility_verdict="pass", exit_status=0, program_version="0", **more,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    with open_store(folder) as store:
        about = {"program_version": "0", "root": "r", "protocols": "apatinib 1"}
        run_id = store.begin_run(started_at="2026-11-28T05:00:00Z", **about)
        for name, _, _, _, value, outcome, verdict in PLANS:
            blob = zlib.compress(json.dumps(report(value, outcome)).encode())
            store.put(run_id, record(name, verdict=verdict, reason="", report=blob))
        for name, status, reason in (("A-4", "excluded", "Excluded: withdrew"), ("C-3", "error", "No plan found.")):
            more = {"verdict": "not_evaluated", "reason": reason, "report": zlib.compress(b"{}")}
            store.put(run_id, record(name, status, **more))
        told = [*(plan[:4] for plan in PLANS), ("A-4", "Lyon", "", "2026-01-06"), ("C-3", "Oslo", "", "")]
        store.put_listed(
            ListedPlan(plan_key=f"{name}/plan.dcm", line=n, site=site, arm=arm, enrolled=enrolled)
            for n, (name, site, arm, enrolled) in enumerate(told, 2)
        )
        store.end_run(run_id, finished_at="2026-11-28T05:01:00Z")
    return folder


@pytest.fixture
def trial(folder):
    with open_store(folder) as store:
        return analysed(trial_plans(store, 1, {}))


def test_a_plan_under_two_protocols_counts_once_with_the_worse_verdict(trial):
    """A-1 passes one protocol and fails the other, C-1 cannot be evaluated and passes: 2 of Lyon's 3 fail now."""
    again = {"A-1/plan.dcm": "fail", "C-1/plan.dcm": "pass"}
    more = [
        replace(plan, protocol="other", verdict=again[plan.key], items=()) for plan in trial.plans if plan.key in again
    ]
    both = analysed([*trial.plans, *more])
    assert both.verdicts == {"fail": 2, "pass": 4, "not_evaluated": 1, "excluded": 1, "error": 1}
    assert headline(both)[0] == "2 of 8 plans fail"
    lyon = next(site for site in both.sites if site.site == "Lyon")
    assert (lyon.verdicts["fail"], lyon.judged) == (2, 3)
    assert sum(map(sum, both.accrual.counts)) == 9


def test_accrual_counts_every_plan_of_the_table_once_by_site_and_month(trial):
    """B-2 has no day of enrolment: the month of its plan counts; C-3 has neither."""
    accrual = trial.accrual
    assert accrual.months == ("2026-01", "2026-02", "2026-03", "no date")
    assert dict(zip(accrual.sites, accrual.counts, strict=True)) == {
        HOSTILE: (1, 1, 0, 0), "Lyon": (3, 0, 1, 0), "Oslo": (0, 0, 2, 1),
    }  # fmt: skip
    assert accrual.cumulated == (4, 5, 8)


def test_the_accrual_states_that_patients_have_several_plans(trial):
    assert trial.with_several_plans == 0
    patients = {"A-1/plan.dcm": "7", "A-2/plan.dcm": "7", "B-1/plan.dcm": "8"}
    plans = [replace(plan, patient=patients.get(plan.key, "")) for plan in trial.plans]
    both = analysed([*plans, *(replace(plan, protocol="other") for plan in plans)])
    assert accrual_text(both).endswith(" 1 patient with several plans: each plan counts.")


def test_items_are_counted_with_waivers_apart_and_rates_of_what_was_evaluated(trial):
    found = {item.name: item for item in trial.items}
    stomach = found["Stomach Dmax < 54 Gy"]
    numbers = (stomach.met, stomach.variation, stomach.violated, stomach.waived, stomach.not_evaluated)
    assert numbers == (4, 0, 1, 1, 1)
    assert (stomach.met_rate.count, stomach.met_rate.of, stomach.violated_rate.count) == (4, 6, 2)
    assert found["Prescribed dose: 50 Gy"].met == 7
    assert "ECOG: 0-1" not in found  # no plan states it


def test_organ_doses_by_arm_are_median_and_range(trial):
    (stomach,) = trial.doses
    assert trial.arms == ("250 mg", "500 mg")
    first, second = stomach.by_arm
    assert (first.count, first.median, first.minimum, first.maximum) == (3, 52.0, 50.0, 56.0)
    assert (second.count, second.median, second.minimum, second.maximum) == (3, 40.0, 30.0, 55.0)


def test_plans_without_an_arm_have_a_column_of_their_own(trial):
    alone = [replace(plan, arm="" if plan.key == "A-1/plan.dcm" else plan.arm) for plan in trial.plans]
    assert analysed(alone).arms == ("250 mg", "500 mg", "arm not given")
    assert [spread.count for spread in analysed(alone).doses[0].by_arm] == [2, 3, 1]
    assert analysed([replace(plan, arm="") for plan in alone]).arms == ("all plans",)


def test_every_deviation_has_its_plan_and_its_waiver(trial):
    found = [(each.plan.name, each.item.outcome, each.item.waiver[:5]) for each in trial.deviations]
    assert found == [("A-2", "violated", ""), ("A-3", "waived", "abuts")]


def test_sites_are_compared_by_the_plans_with_a_verdict(trial):
    found = {site.site: (site.plans, site.verdicts["fail"], site.judged) for site in trial.sites}
    assert found == {HOSTILE: (2, 0, 2), "Lyon": (4, 1, 3), "Oslo": (3, 0, 1)}
    assert trial.funnel.overall == pytest.approx(1 / 6)
    assert trial.funnel.beyond == ()


def test_letters_go_to_plans_with_something_to_mend_and_not_to_those_excluded(trial):
    letters = {letter.plan.name: letter for letter in letters_of(trial)}
    assert set(letters) == {"A-2", "C-1", "C-3"}
    over, missing = letters["A-2"].queries
    assert (over.item, over.found) == ("Stomach Dmax < 54 Gy", "56.00 Gy, 2.00 Gy off")
    assert missing.found == "ECOG: 0-1"
    assert "send the structure set again" in letters["C-1"].queries[0].request


def test_the_report_is_written_in_three_formats_that_agree_and_twice_the_same(folder, tmp_path):
    names = ("trial.html", "trial.xlsx", "trial.pdf")
    words = [word for name in names for word in ("--report", tmp_path / name)]
    assert run("cohort", folder, *words).status == 0
    page = (tmp_path / "trial.html").read_text("utf-8")
    assert "<script>alert" not in page
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "1 of 8 plans fails; 5 pass; 2 could not be evaluated; 1 excluded." in text
    workbook = load_workbook(tmp_path / "trial.xlsx")
    items = list(workbook["Items of the protocol"].iter_rows(values_only=True))
    row = dict(zip(items[0], next(row for row in items if row[0].startswith("Stomach")), strict=True))
    assert (row["Met"], row["Violated"], row["Waived"], row["Not evaluated"]) == (4, 1, 1, 1)
    assert row["Met (95 % CI)"] == "67 % (22 to 96 %)"
    assert all(cell.data_type != "f" for sheet in workbook for line in sheet.iter_rows() for cell in line)
    assert (tmp_path / "trial.pdf").read_bytes().startswith(b"%PDF-")
    before = {name: (tmp_path / name).read_bytes() for name in ("trial.html", "trial.pdf")}
    assert run("cohort", folder, *words).status == 0
    assert before == {name: (tmp_path / name).read_bytes() for name in before}


def test_letters_are_a_folder_of_pages_or_one_file(folder, tmp_path):
    assert run("cohort", folder, "--letters", tmp_path / "letters").status == 0
    pages = sorted(path.name for path in (tmp_path / "letters").iterdir())
    assert pages == ["001_Lyon_A-2.html", "002_Oslo_C-1.html", "003_Oslo_C-3.html"]
    (tmp_path / "letters" / "002_Lyon_A-3.html").write_text("a plan that was mended since")
    assert "not to be sent: " in (again := run("cohort", folder, "--letters", tmp_path / "letters").out)
    assert again.count("not to be sent: ") == again.count("002_Lyon_A-3.html") == 1
    assert run("cohort", folder, "--letters", tmp_path / "all.pdf").status == 0
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    assert run("cohort", folder, "--letters", tmp_path / "all.docx").status == 2


def test_letterhead_and_unit_are_those_of_the_command(folder, tmp_path):
    (tmp_path / "head.yaml").write_text("name: Trial office\n")
    looks = ("--unit", "cGy", "--letterhead", tmp_path / "head.yaml")
    page, letters = tmp_path / "trial.html", tmp_path / "letters.html"
    assert run("cohort", folder, "--report", page, "--letters", letters, *looks).status == 0
    for file in (page, letters):
        text = file.read_text("utf-8")
        assert "Trial office" in text
        assert "200 cGy off" in text  # 56 Gy where 54 Gy are allowed
        assert "Stomach Dmax &lt; 5400 cGy" in text


def test_a_joined_table_gives_sites_where_the_batch_has_none(folder, tmp_path):
    with open_store(folder) as store:
        store.put_listed(())
    (tmp_path / "sites.csv").write_text("Prüfplan,centre\nA-1,Rome\nA-2,Rome\n", "utf-8")
    words = ("--report", tmp_path / "trial.html")
    assert run("cohort", folder, *words, "--join", tmp_path / "sites.csv").status == 0
    assert "Rome" in (tmp_path / "trial.html").read_text("utf-8")
    (tmp_path / "sites.csv").write_text("plan,centre\nnobody,Rome\n")
    refused = run("cohort", folder, *words, "--join", tmp_path / "sites.csv")
    assert refused.status == 2
    assert "for example 'A-1'" in refused.err


def test_the_batchs_own_arms_group_the_cohort(folder, tmp_path):
    said = run("cohort", folder, "--by", "arm", "-o", tmp_path)
    assert said.status == 0, said.err
    assert run("cohort", folder, "--by", "stage", "-o", tmp_path).status == 2


def test_a_report_of_another_kind_is_refused(folder, tmp_path):
    refused = run("cohort", folder, "--report", Path(tmp_path, "trial.docx"))
    assert refused.status == 2
    assert ".html, .pdf or .xlsx" in refused.err
    refused = run("cohort", folder, "--report", tmp_path / "trial.html", "-o", tmp_path / "page.html")
    assert refused.status == 2
    assert not (tmp_path / "trial.html").exists()
