"""What a batch writes for other programs and for people: CSV, Parquet, the index, the cohort page."""

import csv
import io
import zlib
from dataclasses import replace

import pytest
from support.command_line import run

from rtcheck.batch import index_page
from rtcheck.batch.cohort import summarize
from rtcheck.batch.cohort_page import cohort_csv, cohort_page
from rtcheck.batch.export import COLUMNS, write_csv, write_parquet
from rtcheck.batch.index_page import write_index
from rtcheck.batch.store import CheckRow, ConstraintRow, PlanRecord, open_store

RECORD = PlanRecord(
    plan_key="=cmd|' /C calc'!A0/plan.dcm", protocol="apatinib", protocol_version="1", fingerprint="f",
    status="checked", verdict="fail", eligibility_verdict="pass", exit_status=1, reason="Stomach is over.",
    plan_label="<script>alert(1)</script>", patient_id="@SUM(A1)", report=zlib.compress(b"{}"),
    constraints=(
        ConstraintRow(
            structure="Stomach", metric="Dmax", goal="Dmax < 54 Gy", priority="required", value=55.2, unit="Gy",
            uncertainty=0.1, low=None, high=None, margin=-1.2, outcome="violated", borderline=False,
        ),
    ),
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path) as opened:
        run = opened.begin_run(started_at="", program_version="0", root="plans", protocols="apatinib 1")
        opened.put(run, RECORD)
        opened.put(run, replace(RECORD, plan_key="b/plan.dcm", verdict="pass", exit_status=0, constraints=()))
        yield opened


def test_the_csv_has_a_row_for_each_constraint_and_runs_no_formula(store, tmp_path):
    write_csv(store, 1, tmp_path / "results.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert len(rows) == 2
    failing = next(row for row in rows if row["verdict"] == "fail")
    assert failing["plan_key"].startswith("'=")
    assert failing["patient_id"].startswith("'@")
    assert float(failing["value"]) == 55.2


CHECK = CheckRow(
    code="plan.dose_grid", item="Dose grid spacing", expected="at most 2.5 mm", found="3 mm", place="", value=3.0,
    priority="required", outcome="violated",
)  # fmt: skip


def test_plan_checks_are_rows_of_the_tables_marks_of_the_index_and_lines_of_the_cohort(store, tmp_path):
    met = replace(CHECK, outcome="met", found="2 mm", value=2.0)
    store.put(1, replace(RECORD, plan_key="d/plan.dcm", checks=(CHECK, replace(CHECK, item="=Other"))))
    store.put(1, replace(RECORD, plan_key="e/plan.dcm", verdict="pass", checks=(met,)))
    write_csv(store, 1, tmp_path / "results.csv")
    rows = [row for row in csv.DictReader((tmp_path / "results.csv").open()) if row["metric"] == "plan.dose_grid"]
    told = [(row["goal"], row["found"], row["value"], row["outcome"]) for row in rows]
    assert told[0] == ("Dose grid spacing: at most 2.5 mm", "3 mm", "3.0", "violated")
    assert rows[1]["goal"].startswith("'=")
    assert told[2][1:] == ("2 mm", "2.0", "met")
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    assert "Dose grid spacing at most 2.5 mm: Violated, 3 mm" in (tmp_path / "index.html").read_text()
    found = {each.structure: (each.plans, each.met, each.violated) for each in summarize(store, 1)}
    assert found["Dose grid spacing"] == (2, 1, 1)
    assert "Dose grid spacing" in cohort_page("cohort", summarize(store, 1), (), plans=4)


def test_parquet_holds_the_same_rows(store, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(store, 1, tmp_path / "results.parquet")
    table = parquet.read_table(tmp_path / "results.parquet")
    assert table.column_names == list(COLUMNS)
    assert sorted(value for value in table["value"].to_pylist() if value is not None) == [55.2]


def test_the_index_escapes_what_comes_from_files(store, tmp_path):
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    page = (tmp_path / "index.html").read_text()
    assert "<script>alert" not in page
    assert "1.20 Gy over" in page


def test_the_index_calls_a_plan_by_its_folder_unless_another_lies_beside_it(store, tmp_path):
    store.put(1, replace(RECORD, plan_key="c/one.dcm"))
    store.put(1, replace(RECORD, plan_key="c/two.dcm"))
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    page = (tmp_path / "index.html").read_text()
    assert all(f'data-id="{name}"' in page for name in ("b", "c/one.dcm", "c/two.dcm"))


def test_a_plan_that_fails_by_no_constraint_says_in_the_index_by_what(store, tmp_path):
    met = replace(RECORD.constraints[0], value=50.0, margin=4.0, outcome="met")
    store.put(1, replace(RECORD, plan_key="d/plan.dcm", reason="Liver volume is too small.", constraints=(met,)))
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    page = (tmp_path / "index.html").read_text()
    assert page.count("Liver volume is too small.") == 1


def test_the_headline_counts_all_plans_though_the_page_shows_the_worst(store, tmp_path, monkeypatch):
    """The store holds one failing and one passing plan, of which one is also checked under a second protocol."""
    monkeypatch.setattr(index_page, "MOST_PLANS", 1)
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    page = (tmp_path / "index.html").read_text()
    assert "<title>rtcheck batch: 1 of 2 plans fails; 1 passes</title>" in page
    assert "The page shows the worst 1 of 2." in page
    store.put(1, replace(RECORD, plan_key="b/plan.dcm", protocol="axitinib"))
    write_index(store, 1, tmp_path / "index.html", has_reports=False)
    page = (tmp_path / "index.html").read_text()
    assert "<title>rtcheck batch: 2 of 3 checks of 2 plans fail; 1 passes</title>" in page


def test_the_cohort_page_shows_the_share_and_the_median(store):
    summaries = summarize(store, 1)
    page = cohort_page("cohort", summaries, (), plans=2)
    assert "0 of 1 (0 %)" in page
    assert "<b>55.2</b>" in page
    (row,) = csv.DictReader(io.StringIO(cohort_csv(summaries)))
    assert (row["plans"], row["violated"], row["median"]) == ("1", "1", "55.2")


def test_the_cohort_command_groups_by_a_column_of_a_table(store, tmp_path):
    (tmp_path / "sites.csv").write_text("plan,site\nb/plan.dcm,Lyon\n@SUM(A1),Taipei\n")
    said = run("cohort", tmp_path, "--join", str(tmp_path / "sites.csv"), "--by", "site")
    assert said.status == 0, said.err
    assert "Taipei" in said.out
    assert (tmp_path / "cohort.html").is_file()


def test_a_table_without_the_column_is_refused_with_the_columns_it_has(store, tmp_path):
    (tmp_path / "sites.csv").write_text("plan,site\nb,Lyon\n")
    said = run("cohort", tmp_path, "--join", str(tmp_path / "sites.csv"), "--by", "arm")
    assert said.status == 2
    assert "the columns are plan, site" in said.err


def test_cohort_of_a_folder_without_results_says_what_to_give(tmp_path):
    said = run("cohort", tmp_path)
    assert said.status == 2
    assert "rtcheck batch --out" in said.err
