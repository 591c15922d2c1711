"""Clinical facts: not given they change nothing, unless eligibility is required; and a slip of the pen is told."""

import pytest
from support.command_line import run
from support.known_plans import FACT_RULES, check, constraints, write_plan

RULES = f"eligibility:\n  - {{structure: PTV, goal: Volume > 7 cc}}\n{FACT_RULES}"
MET = {
    "ecog": "1",
    "child_pugh": "A",
    "hiv": "no",
    "haemoglobin": "3.0",
    "bilirubin": "{value: 25.4, uln: 17}",
    "stroke": "2025-02-27",
    "hbv_infected": "no",
    "reference_date": "2025-08-28",
}


def judged(folder, facts, *options):
    """Status, verdict, eligibility verdict and the outcome of each clinical fact."""
    if facts is not None:
        (folder / "facts.yaml").write_text("".join(f"{name}: {value}\n" for name, value in facts.items()))
        options = (*options, "--facts", folder / "facts.yaml")
    ran = check(write_plan(folder / "plan"), constraints("PTV: Dmax < 24 Gy", more=RULES), *options)
    told = ran.json()
    found = {each["item"]: each["outcome"] for each in told["eligibility"]}
    return ran.status, told["verdict"], told["eligibility_verdict"], found


def test_facts_that_nobody_gave_are_listed_and_change_nothing(tmp_path):
    status, verdict, eligibility, found = judged(tmp_path, None)
    assert (status, verdict, eligibility) == (0, "pass", "not_evaluated")
    assert found["PTV Volume"] == "met"
    assert {outcome for item, outcome in found.items() if item != "PTV Volume"} == {"not_evaluated"}


def test_facts_that_nobody_gave_count_where_eligibility_is_required(tmp_path):
    assert judged(tmp_path, None, "--require-eligibility")[:3] == (3, "not_evaluated", "not_evaluated")


@pytest.mark.parametrize("required", [[], ["--require-eligibility"]])
def test_a_patient_who_meets_all_is_eligible(tmp_path, required):
    status, verdict, eligibility, found = judged(tmp_path, MET, *required)
    assert (status, verdict, eligibility) == (0, "pass", "pass")
    assert found.pop("antiviral") == "not_applicable"
    assert set(found.values()) == {"met"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ecog", "2"),
        ("child_pugh", "C"),
        ("hiv", "yes"),
        ("haemoglobin", "2.99"),
        ("bilirubin", "{value: 25.5, uln: 17}"),  # 1.5 x 17 is no longer below it
        ("stroke", "2025-02-28"),  # 6 calendar months to the day
        ("stroke", "2025-08-01"),
        ("hbv_infected", "yes\nantiviral: no"),
    ],
)
def test_an_unmet_fact_fails_the_eligibility_and_the_plan_only_where_it_is_required(tmp_path, name, value):
    facts = {**MET, name: value}
    assert judged(tmp_path, facts)[:3] == (0, "pass", "fail")
    assert judged(tmp_path, facts, "--require-eligibility")[:3] == (1, "fail", "fail")


def test_a_value_that_cannot_be_read_is_not_evaluated(tmp_path):
    status, _, eligibility, found = judged(tmp_path, {**MET, "ecog": "perhaps"}, "--require-eligibility")
    assert (status, eligibility, found["ecog"]) == (3, "not_evaluated", "not_evaluated")


def test_a_summary_never_calls_met_what_was_not_evaluated(tmp_path):
    (tmp_path / "facts.yaml").write_text("ecog: perhaps\n")
    more = "eligibility:\n  - {fact: ecog, is: 0-1}\nprescription: {target: CTV, dose: 50 Gy}\n"
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 24 Gy", more=more))
    options = ("-p", tmp_path / "mine.yaml", "--facts", tmp_path / "facts.yaml")
    told = run(write_plan(tmp_path / "plan"), *options).out
    assert "Prescription not evaluated (Prescribed dose). Eligibility: 1 not evaluated (ecog)." in told


@pytest.mark.parametrize(
    ("facts", "doubted"),
    [
        ("female: yes\nage: 61\n", ["female"]),
        ("age: 45\n", ["age"]),
        ("female: no\nage: 62\n", []),  # of the day on which it was written down, perhaps
        ("ecog: 1\n", []),
    ],
)
def test_facts_that_contradict_sex_or_birth_date_are_in_doubt(tmp_path, facts, doubted):
    def born(files):
        for each in (files.plan, files.dose, files.structures):
            each.PatientSex, each.PatientBirthDate = "M", "19620514"
        files.plan.RTPlanDate = "20240311"

    (tmp_path / "facts.yaml").write_text(facts)
    plan = write_plan(tmp_path / "plan", change=born)
    options = ("--facts", tmp_path / "facts.yaml", "--strict")
    ran = check(plan, constraints("PTV: Dmax < 24 Gy"), *options)
    texts = [each["text"] for each in ran.json()["doubts"] if each["code"] == "facts.other-patient"]
    assert [text.split(":")[0].rpartition(" ")[2] for text in texts] == doubted
    assert ran.status == (3 if doubted else 0)
    assert "1962" not in "".join(texts)


@pytest.mark.parametrize(("name", "is_warning"), [("ecgo", True), ("shoe_size", False)])
def test_a_fact_that_nobody_asked_for_is_told_and_a_slip_of_the_pen_is_a_warning(tmp_path, name, is_warning):
    facts = {key: value for key, value in MET.items() if key != "ecog"} | {name: "1"}
    (tmp_path / "facts.yaml").write_text("".join(f"{key}: {value}\n" for key, value in facts.items()))
    plan = write_plan(tmp_path / "plan")
    ran = check(plan, constraints("PTV: Dmax < 24 Gy", more=RULES), "--facts", tmp_path / "facts.yaml")
    (told,) = [each for each in ran.json()["warnings"] if each["code"] == "facts.unused"]
    assert name in told["text"]
    assert (told["severity"], "did you mean ecog?" in told["text"]) == (
        ("warning", True) if is_warning else ("info", False)
    )


@pytest.mark.parametrize(
    "text", ["ecog: 1\necog: 2\n", "- ecog\n", "ecog: [1, 2]\n", "bilirubin: {value: 1, ulm: 2}\n"]
)
def test_a_faulty_file_of_facts_is_a_wrong_question_with_its_line(tmp_path, text):
    (tmp_path / "facts.yaml").write_text(text)
    plan = write_plan(tmp_path / "plan")
    ran = check(plan, constraints("PTV: Dmax < 24 Gy", more=RULES), "--facts", tmp_path / "facts.yaml")
    assert ran.status == 2
    assert "facts.yaml:" in ran.err


@pytest.mark.parametrize("form", ["table", "json", "html", "markdown", "junit"])
def test_a_slip_of_the_pen_is_told_in_every_report_that_has_a_place_for_warnings(tmp_path, form):
    (tmp_path / "facts.yaml").write_text("ecgo: 1\n")
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 24 Gy", more=RULES))
    words = ["-p", tmp_path / "mine.yaml", "--facts", tmp_path / "facts.yaml", "-f", form]
    told = run(write_plan(tmp_path / "plan"), *words).out
    assert "facts.unused" in told
    assert "ecgo" in told
