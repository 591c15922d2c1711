"""A table of plans: each plan with its own protocol and dose; nothing in it is skipped silently."""

import csv
import shutil
import sqlite3
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from pydicom import dcmread
from support.command_line import run
from support.samples import SAMPLES

from rtcheck.batch.plan_table.reading import read_plan_table
from rtcheck.errors import UsageError

ROOT = SAMPLES[0].parent
ROWS = [
    ("plan", "patient ID", "Protocol", "dose", "arm", "site", "enrolled", "excluded", "why", "stage"),
    ("axitinib_45gy_passes", "", "axitinib", "", "3 mg", "Taipei", "2024-03-01", "", "", "III"),
    ("Liver 56 Gy", "", "apatinib", "57,5", "250 mg", "-Lyon", "", "no", "", "II"),
    ("", "SAMPLE-4", "", "", "250 mg", "Lyon", "", "yes", "withdrew", "II"),
    ("never sent", "", "apatinib", "", "250 mg", "Lyon", "", "", "", ""),
]


def written(path: Path, rows=ROWS) -> Path:
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    else:
        workbook = Workbook()
        for row in rows:
            workbook.active.append(row)
        workbook.save(path)
    return path


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """The samples checked by a table, not all of which are in it."""
    folder = tmp_path_factory.mktemp("table")
    table = written(folder / "plans.csv")
    return run("batch", ROOT, "--table", table, "-o", folder / "out", "-j", "1"), folder / "out"


def rows(out: Path, query: str) -> list[tuple]:
    with sqlite3.connect(out / "results.sqlite") as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("plan,dose\nLiver 56 Gy,56\nLiver,57,5\n", r"plans\.csv:3: more cells than the 2 headings"),
        ('plan,arm\nA,"250 mg\nB,500 mg\nC,250 mg\n', r"plans\.csv: .*line 2: a quotation mark opens a cell"),
    ],
)
def test_a_table_whose_cells_are_torn_or_joined_is_refused(tmp_path, text, place):
    """57,5 without quotation marks would prescribe 57 Gy, and an open one would drop the plans below it."""
    path = tmp_path / "plans.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=place):
        read_plan_table(path)


def test_a_formula_without_its_value_is_not_an_empty_cell(tmp_path):
    path = written(tmp_path / "plans.xlsx", [("plan", "dose"), ("Liver 56 Gy", 56), ("Liver 50 Gy", "=28*2")])
    with pytest.raises(UsageError, match=r"plans\.xlsx:3: a formula without its value"):
        read_plan_table(path)


def test_a_dose_is_found_under_its_unit_and_never_dropped_for_another(tmp_path):
    path = tmp_path / "plans.csv"
    path.write_text("plan,Dose [Gy]\nLiver 56 Gy,56\n", encoding="utf-8")
    assert [row.dose for row in read_plan_table(path).rows] == ["56"]
    path.write_text("plan,Dose (cGy)\nLiver 56 Gy,5600\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r'plans\.csv:1: "Dose \(cGy\)": the doses of the table are in Gy'):
        read_plan_table(path)


def test_every_plan_is_checked_by_its_own_row_and_every_other_one_is_listed_with_the_reason(checked):
    said, out = checked
    assert said.status == 1
    assert said.out.startswith("6 plans: 1 pass, 1 fail, 3 error, 1 excluded")
    assert "columns not used: stage" in said.err
    found = {
        key.partition("/")[0]: told for key, *told in rows(out, "SELECT plan_key, protocol, exit_status FROM plans")
    }
    assert found == {
        "axitinib_45gy_passes": ["axitinib", 0],
        "apatinib_56gy_stomach_fails": ["apatinib", 1],
        "apatinib_liver_under_700cc": ["", 0],
        "apatinib_50gy_passes": ["", 3],
        "apatinib_incomplete": ["", 3],
        "never sent (row 5)": ["apatinib", 3],
    }
    reasons = dict(rows(out, "SELECT plan_key, reason FROM plans WHERE status IN ('error', 'excluded')"))
    assert reasons["apatinib_liver_under_700cc/plan.dcm"] == "Excluded: withdrew"
    assert reasons["never sent (row 5)"] == "No plan found for row 5 of plans.csv."
    assert reasons["apatinib_incomplete/plan.dcm"] == "Not checked: the plan is not in plans.csv."


def test_the_dose_of_a_row_with_a_decimal_comma_is_the_prescription_of_its_plan_alone(checked):
    _, out = checked
    doses = dict(rows(out, "SELECT protocol, prescription_gy FROM plans WHERE status = 'checked'"))
    assert doses == {"axitinib": 45.0, "apatinib": 57.5}


def test_arm_site_and_day_of_enrolment_are_kept(checked):
    _, out = checked
    found = rows(out, "SELECT line, arm, site, enrolled FROM listed ORDER BY line")
    assert found[0] == (2, "3 mg", "Taipei", "2024-03-01")
    assert found[1] == (3, "250 mg", "-Lyon", "")


def test_the_index_lists_what_was_not_checked(checked):
    page = (checked[1] / "index.html").read_text()
    assert "Excluded: withdrew" in page
    assert "No plan found for row 5" in page


def test_an_excel_table_says_the_same_as_the_csv(tmp_path):
    tables = [read_plan_table(written(tmp_path / name)) for name in ("plans.csv", "plans.xlsx")]
    assert tables[0].rows == tables[1].rows


def test_all_bad_cells_are_named_with_row_and_column(tmp_path):
    bad = [
        ("plan", "fractions", "enrolled", "excluded", "why"),
        ("a", "2.5", "01/02/2024", "perhaps", ""),
        ("", "25", "", "", ""),
        ("c", "", "", "yes", ""),
    ]
    with pytest.raises(UsageError) as refused:
        read_plan_table(written(tmp_path / "plans.csv", bad))
    found = [line.split("plans.csv:")[1].partition(": ")[::2] for line in str(refused.value).splitlines()]
    columns = [(line, text.partition(":")[0]) for line, text in found]
    assert columns == [("2", "fractions"), ("2", "enrolled"), ("2", "excluded"), ("3", "plan"), ("4", "why")]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([("plan", "protocol"), ("Liver 50 Gy", "apatinib")], "2: plan: 3 plans have this name (apatinib_50gy_pa"),
        (
            [("plan", "protocol"), ("Liver 56 Gy", "apatinib"), ("apatinib_56gy_stomach_fails", "apatinib")],
            "3: plan: the plan of row 2 again",
        ),
        ([("plan", "protcol"), ("Liver 56 Gy", "apatinib")], 'unknown column "protcol"; did you mean protocol?'),
        ([("plan", "dose", "protocol"), ("Liver 56 Gy", "56 cGy", "apatinib")], "2: dose: "),
        ([("plan", "facts", "protocol"), ("Liver 56 Gy", "no.yaml", "apatinib")], "2: facts: the file"),
        ([("plan", "protocol"), ("Liver 56 Gy", "apatinb")], "2: protocol: No included protocol"),
        ([("plan", "arm"), ("Liver 56 Gy", "A")], "2: protocol: no protocol in this row"),
        ([("plan", "plan UID"), ("Liver 56 Gy", "1.2")], "both name the plan"),
    ],
)
def test_a_table_that_cannot_be_followed_is_refused_before_anything_is_checked(bad, said, tmp_path):
    refused = run("batch", ROOT, "--table", written(tmp_path / "plans.csv", bad), "-o", tmp_path / "out")
    assert refused.status == 2
    assert said in refused.err
    assert not (tmp_path / "out").exists()


def test_a_refusal_does_not_say_which_patient_is_meant(tmp_path):
    bad = [("patient", "protocol"), ("SAMPLE-1", "apatinib"), ("SAMPLE-1", "apatinib")]
    refused = run("batch", ROOT, "--table", written(tmp_path / "plans.csv", bad), "-o", tmp_path / "out")
    assert "the plan of row 2 again" in refused.err
    assert "SAMPLE-1" not in refused.err


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_drafted_table_lists_every_plan_and_can_be_read_back(ending, tmp_path):
    path = tmp_path / f"plans{ending}"
    assert run("batch", ROOT, "--draft-table", path).status == 0
    table = read_plan_table(path)
    assert table.unused == ()
    assert {row.patient for row in table.rows} == {f"SAMPLE-{n}" for n in range(1, 6)}
    if ending == ".xlsx":
        cells = [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
        (dose, fractions) = (cells[0].index("plan dose"), cells[0].index("plan fractions"))
        assert sorted((row[dose], row[fractions]) for row in cells[1:]) == [
            (45, 15), (50, 25), (50, 25), (50, 25), (56, 28),
        ]  # fmt: skip
    assert run("batch", ROOT, "--draft-table", path).status == 2  # a table that someone completed is not overwritten


RULES = """choose:
  - {protocol: apatinib, site: liver, fractions: 25-30}
  - {protocol: axitinib, label: "*45 Gy"}
  - {protocol: quantec, dose: 56 Gy}
"""


def test_rules_choose_the_protocol_of_each_plan_and_what_two_fit_is_listed(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    words = ("batch", ROOT, "-p", f"auto:{tmp_path / 'rules.yaml'}", "-o", tmp_path / "out", "-j", "1")
    assert run(*words).status == 1
    query = "SELECT plan_key, protocol, reason FROM plans WHERE run_id = (SELECT max(id) FROM runs)"
    found = {key.partition("/")[0]: (protocol, reason) for key, protocol, reason in rows(tmp_path / "out", query)}
    assert {key: protocol for key, (protocol, _) in found.items()} == {
        "apatinib_50gy_passes": "apatinib",
        "apatinib_56gy_stomach_fails": "auto",
        "apatinib_incomplete": "apatinib",
        "apatinib_liver_under_700cc": "apatinib",
        "axitinib_45gy_passes": "axitinib",
    }
    assert found["apatinib_56gy_stomach_fails"][1].startswith("2 protocols apply to this plan: apatinib")
    assert "(5 unchanged" in run(*words).out
    (tmp_path / "rules.yaml").write_text(RULES.replace("25-30}", "25}"))  # 28 fractions: one protocol is left
    assert run(*words).status == 1
    again = {key.partition("/")[0]: protocol for key, protocol, _ in rows(tmp_path / "out", query)}
    assert again["apatinib_56gy_stomach_fails"] == "quantec"
    assert len(again) == 5


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("choose: [{protocol: apatinb, site: liver}]", "choose[0].protocol: No included protocol"),
        ("choose: [{protocol: axitinib}]", "a rule needs at least one of site, label, dose, fractions"),
        ("choose: [{site: liver}]", 'a rule needs "protocol"'),
        ("choose: [{protocol: axitinib, lable: AXI}]", 'unknown key "lable"'),
        ("", "the file is empty"),
    ],
)
def test_faulty_rules_are_refused_with_their_line(rules, said, tmp_path):
    (tmp_path / "rules.yaml").write_text(rules)
    refused = run("batch", ROOT, "-p", f"auto:{tmp_path / 'rules.yaml'}", "-o", tmp_path / "out")
    assert refused.status == 2
    assert said in refused.err
    assert len(refused.err.rstrip().splitlines()) == 1


def test_a_differing_copy_of_a_file_is_noticed_by_the_next_run(tmp_path):
    shutil.copytree(ROOT / "apatinib_50gy_passes", tmp_path / "plans" / "one")
    words = ("batch", tmp_path / "plans", "-p", "apatinib", "-o", tmp_path / "out", "-j", "1")
    assert run(*words).status == 0
    changed = dcmread(tmp_path / "plans" / "one" / "struct.dcm")
    changed.StructureSetLabel = "another"
    changed.save_as(tmp_path / "plans" / "one" / "struct_2.dcm")
    assert run(*words).status == 3


def test_names_in_an_anonymous_table_stay_out_of_the_results(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    table = [
        ("plan", "patient", "protocol", "enrolled", "excluded", "why"),
        ("", "Featherstonehaugh", "apatinib", "2024-03-17", "", ""),
        ("", "SAMPLE-4", "apatinib", "2024-03-17", "yes", "Ms Featherstonehaugh withdrew"),
    ]
    path = written(tmp_path / "Featherstonehaugh.csv", table)
    said = run("batch", ROOT, "--table", path, "-o", tmp_path / "out", "--anonymous", "-j", "1")
    assert said.status == 3
    everything = b"".join(file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file())
    assert b"Featherstonehaugh" not in everything
    assert b"SAMPLE-4" not in everything
    assert b"2024-03-17" not in everything


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.xlsx"])
def test_a_table_that_is_not_there_is_said_to_be_missing(tmp_path, name):
    with pytest.raises(UsageError, match=f"{name}: cannot be read: No such file or directory"):
        read_plan_table(tmp_path / name)
