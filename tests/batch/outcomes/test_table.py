"""Tables of outcomes: what is read, what is refused and where, and the two trials through the command."""

import json
from pathlib import Path

import pytest
from support.command_line import run

from rtcheck.batch.outcomes.analysis import Asked, analysed
from rtcheck.batch.outcomes.of_plans import plan_of_each
from rtcheck.batch.outcomes.table import read_outcomes
from rtcheck.batch.plan_names import plan_names, told_by_plan
from rtcheck.batch.store import PlanRecord, open_store
from rtcheck.cli.commands.cohort import _groups
from rtcheck.errors import UsageError

APATINIB = """\
patient;dose level;evaluable;toxicity;grade;dlt;response;start;death;last follow-up
1;250 mg;;;;;PR;2020-01-01;2020-12-01;
2;250 mg;no;;;;SD;2020-02-01;;2020-04-01
3;250 mg;;hypertension;2;no;PR;2020-03-01;2021-03-01;
4;250 mg;;;;;PR;2020-03-01;;2021-06-01
5;500 mg;;;;;PR;2020-03-01;;2021-03-01
6;500 mg;;;;;SD;2020-03-01;;2021-12-01
7;500 mg;;leukopenia;3;yes;PR;2020-03-01;;2021-12-01
8;500 mg;;;;;PR;2020-03-01;;2020-09-01
9;500 mg;;leukopenia;3;yes;SD;2020-03-01;;2021-12-01
"""


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """Results of two plans whose patients and folders have different names."""
    folder = tmp_path / "results"
    folder.mkdir()
    record = PlanRecord(
        plan_key="site_a/patient 7/plan.dcm", protocol="apatinib", protocol_version="1", fingerprint="f",
        status="checked", verdict="pass", eligibility_verdict="pass", exit_status=0, reason="", plan_label="Liver",
        patient_id="7",
    )  # fmt: skip
    with open_store(folder) as store:
        run_id = store.begin_run(started_at="", program_version="0", root="plans", protocols="apatinib 1")
        store.put(run_id, record)
    return folder


def written(folder: Path, text: str) -> Path:
    path = folder / "outcomes.csv"
    path.write_text(text, "utf-8")
    return path


def test_the_apatinib_trial_stops_at_500_mg_and_six_of_nine_responded(batch: Path, tmp_path: Path) -> None:
    pytest.importorskip("lifelines", reason="needs pip install 'rtcheck[outcomes]'")
    table = written(tmp_path, APATINIB)
    ran = run("cohort", batch, "--outcomes", table, "--levels", "250 mg,500 mg,750 mg", "-o", tmp_path / "page.html")
    assert ran.status == 0
    assert "The MTD is 250 mg (0 of 3 patients with a DLT)" in ran.out
    assert "Overall response: 6/9 = 66.7 %" in ran.out
    told = json.loads((tmp_path / "outcomes.json").read_text())
    assert [(each["evaluable"], each["with_dlt"]) for each in told["levels"]] == [(3, 0), (5, 2)]
    assert "The MTD is 250 mg" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plan name,grade\n1,2\n", "outcomes.csv:1: no column patient; the columns are plan name, grade"),
        ("patient,id\n1,2\n", "outcomes.csv:1: patient and id both name the patient"),
        ("patient,grade\n1,6\n", 'outcomes.csv:2: grade "6"; expected a CTCAE grade from 0 to 5'),
        ("patient,toxicity,grade\n1,pain,\n", 'outcomes.csv:2: the toxicity "pain" has no grade'),
        ("patient,response\n1,better\n", 'outcomes.csv:2: response "better"; expected CR, PR, SD, PD, NE'),
        ("patient,start\n1,01.02.2020\n", 'start "01.02.2020"; expected a date like 2026-11-28'),
        ("patient,start,death\n1,2020-02-01,2020-01-01\n", "a date lies before the start"),
        ("patient,death,follow-up\n1,2020-02-01,2020-03-01\n", "a date lies after the death"),
        ("patient,level\n1,a\n1,b\n", "outcomes.csv:3: level differs from an earlier row"),
        ("patient,dlt\n1,maybe\n", 'outcomes.csv:2: dlt "maybe"; expected yes or no'),
        ("patient,level\n,a\n", "outcomes.csv:2: no patient in this row"),
        ("patient\n", "no patients below the headings"),
        ("patient,level\n1,250 mg\n2,250mg\n", "'250 mg' and '250mg' differ in capitals or blanks alone"),
        ("patient,level\na,1\nA,1\n", "the patients 'a' and 'A'"),
    ],
)
def test_what_a_table_must_not_say_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_outcomes(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_level_that_is_not_planned_is_refused_and_a_patient_without_one_is_noted(tmp_path: Path) -> None:
    table = read_outcomes(written(tmp_path, "patient,level,dlt\n1,1 mg,no\n2,,yes\n"))
    assert (
        "1 of 2 patients have no dose level and are not counted in the 3 + 3 rule." in analysed(table, Asked()).remarks
    )
    with pytest.raises(UsageError, match="the table also has 1 mg"):
        analysed(table, Asked(levels=("2 mg", "3 mg")))


def test_one_toxicity_is_compared_with_a_metric(tmp_path: Path) -> None:
    pytest.importorskip("statsmodels", reason="needs pip install 'rtcheck[outcomes]'")
    table = read_outcomes(written(tmp_path, "patient,toxicity,grade\n1,Pain,3\n2,fatigue,2\n3,pain,1\n4,,\n"))
    metric = {"Liver Dmean": {name: float(name) for name in "1234"}}
    found = [analysed(table, Asked(metrics=metric, toxicity=name)).dose_responses[0] for name in ("", "pain")]
    assert [each.events for each in found] == [2, 1]
    assert found[1].endpoint == "pain of grade 2 or more"


def test_several_rows_are_one_patient_with_several_toxicities(tmp_path: Path) -> None:
    found = read_outcomes(written(tmp_path, "patient,toxicity,grade,level\n1,pain,1,a\n1,fatigue,3,\n2,,,a\n"))
    first, second = found.patients
    assert (first.worst_grade(), first.has_dlt, first.level) == (3, True, "a")
    assert (second.worst_grade(), second.has_dlt) == (0, False)


@pytest.mark.parametrize(
    "name", ["7", "Patient 7", "Patient 8", "site_a/patient 7", "site_a/patient 7/plan.dcm", "Liver"]
)
def test_plans_are_joined_by_every_name_that_people_see(batch: Path, tmp_path: Path, name: str) -> None:
    table = tmp_path / "sites.csv"
    table.write_text(f"plan,site\n{name},A\n", "utf-8")
    ran = run("cohort", batch, "--join", table, "--by", "site")
    assert ran.status == (0 if name != "Patient 8" else 2)


def test_a_join_that_names_no_plan_shows_a_name_that_works(batch: Path, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("plan,site\nnobody,A\n", "utf-8")
    ran = run("cohort", batch, "--join", table, "--by", "site")
    assert ran.status == 2
    assert "for example 'site_a/patient 7'" in ran.err


def test_a_join_loses_no_plan_and_takes_no_name_twice(batch: Path, tmp_path: Path) -> None:
    with open_store(batch) as store:
        store.put(1, PlanRecord(
            plan_key="site_b/plan.dcm", protocol="apatinib", protocol_version="1", fingerprint="f", status="checked",
            verdict="pass", eligibility_verdict="pass", exit_status=0, reason="", patient_id="8",
        ))  # fmt: skip
        named = [(2, "7", "A"), (3, " LIVER", "B")]
        assert told_by_plan(named, plan_names(store, 1), path="t") == {"site_a/patient 7/plan.dcm": "B"}
        with pytest.raises(UsageError, match="t:4: the plan of row 2 again"):
            told_by_plan([*named, (4, "7 ", "C")], plan_names(store, 1), path="t")
        joined = written(tmp_path, "plan,site\n7,A\n")
        assert _groups(store, 1, joined, "site") == {"site_a/patient 7/plan.dcm": "A", "site_b/plan.dcm": "no site"}


def test_two_names_of_one_plan_are_not_two_patients(batch: Path, tmp_path: Path) -> None:
    table = read_outcomes(written(tmp_path, "patient,grade\n7,2\nLiver,0\n"))
    with open_store(batch) as store, pytest.raises(UsageError, match="'7' and 'Liver' are names of one plan"):
        plan_of_each(table.patients, plan_names(store, 1), path="t")


def test_no_progression_free_survival_without_a_column_of_progressions(tmp_path: Path) -> None:
    rows = "a,2020-01-01,2020-05-01,,PR\nb,2020-01-01,,2021-01-01,\nc,,,,SD\n"
    found = analysed(read_outcomes(written(tmp_path, f"patient,start,death,last follow-up,response\n{rows}")), Asked())
    assert [each.endpoint for each in found.survival] == ["Overall survival"]
    assert found.remarks == (
        "1 of 3 patients have no response stated and are not in the rates.",
        "1 of 3 patients have no start or no last date and are not in the curves.",
    )


def test_the_page_of_a_cohort_does_not_replace_the_table_of_outcomes(batch: Path, tmp_path: Path) -> None:
    table = written(tmp_path, "patient,response\n7,PR\n")
    ran = run("cohort", batch, "--outcomes", table, "-o", tmp_path / "outcomes.html")
    assert ran.status == 2
    assert "would be replaced" in ran.err
    assert table.read_text() == "patient,response\n7,PR\n"
    assert not (tmp_path / "outcomes.html").exists()


def test_a_page_is_written_where_it_is_asked_for(batch: Path, tmp_path: Path) -> None:
    assert run("cohort", batch, "-o", tmp_path / "out" / "trial.html").status == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["trial.csv", "trial.html"]
    assert run("cohort", batch, "-o", tmp_path / "trial.pdf").status == 2
