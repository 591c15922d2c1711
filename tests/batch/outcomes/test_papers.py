"""The tables of the axitinib paper (Yang et al.): toxicities by cohort, response and MTD from one row per toxicity."""

import pytest
from support.command_line import run

from rtcheck.batch.outcomes.analysis import Asked, analysed
from rtcheck.batch.outcomes.table import read_outcomes
from rtcheck.batch.store import open_store

# Table 2: patients with grade 1 to 3 and with grade 3, over all and in the cohorts of 1, 2 and 3 mg (3 patients each).
TABLE_2 = {
    "Leucopenia": ((4, 0), (0, 0), (2, 0), (2, 0)),
    "Anemia": ((1, 0), (1, 0), (0, 0), (0, 0)),
    "Thrombocytopenia": ((4, 0), (0, 0), (2, 0), (2, 0)),
    "Increased ALT": ((5, 0), (2, 0), (1, 0), (2, 0)),
    "Increased alkaline-P": ((6, 0), (3, 0), (0, 0), (3, 0)),
    "Increased total bilirubin": ((6, 0), (2, 0), (1, 0), (3, 0)),
    "Increased creatinine": ((2, 0), (1, 0), (1, 0), (0, 0)),
    "Hypothyroidism": ((3, 0), (1, 0), (0, 0), (2, 0)),
    "Proteinuria": ((6, 0), (2, 0), (1, 0), (3, 0)),
    "Skin rash": ((1, 0), (0, 0), (0, 0), (1, 0)),
    "Hand numbness": ((1, 0), (1, 0), (0, 0), (0, 0)),
    "Hypertension": ((9, 5), (3, 1), (3, 2), (3, 2)),
    "Nausea/vomiting": ((1, 1), (1, 1), (0, 0), (0, 0)),
    "Diarrhea": ((3, 2), (1, 1), (1, 1), (1, 0)),
    "Constipation": ((2, 0), (1, 0), (1, 0), (0, 0)),
}
RESPONSES = ("CR", "CR", "CR", "PR", "PR", "PR", "PD", "PD", "PD")  # table 3
LEVELS = ("1 mg", "2 mg", "3 mg")


@pytest.fixture
def table(tmp_path):
    """A row for each toxicity of each of nine patients; grade 3 was manageable, and none dose-limiting."""
    rows = ["patient,level,toxicity,grade,dlt,response"]
    for number in range(9):
        level, place = number // 3, number % 3
        about = f"{number + 1},{LEVELS[level]}"
        rows.append(f"{about},,,,{RESPONSES[number]}")
        for name, (_, *cohorts) in TABLE_2.items():
            patients, severe = cohorts[level]
            if place < patients:
                rows.append(f"{about},{name},{3 if place < severe else 1},no,")
                rows.append(f"{about},{name},1,no,")  # a second, milder one of the same patient counts once
    path = tmp_path / "axitinib.csv"
    path.write_text("\n".join(rows))
    return path


def test_the_axitinib_papers_table_of_toxicities_comes_out(table):
    found = analysed(read_outcomes(table), Asked(levels=LEVELS))
    assert (found.toxicities.levels, found.toxicities.sizes) == (LEVELS, (3, 3, 3))
    counted = {
        row.name: tuple((each.patients, each.severe) for each in (row.total, *row.by_level))
        for row in found.toxicities.rows
    }
    assert counted == TABLE_2
    assert found.toxicities.rows[0].name == "Hypertension"


def test_the_axitinib_papers_response_rate_and_mtd_come_out(table):
    """Overall response 66.7 %; no DLT in any cohort: the MTD was defined as 3 mg."""
    found = analysed(read_outcomes(table), Asked(levels=LEVELS))
    assert found.rates["Overall response"].text.startswith("6/9 = 66.7 %")
    assert (found.decision.mtd, found.decision.is_mtd_a_minimum) == ("3 mg", True)


def test_the_page_and_the_terminal_have_the_table(table, tmp_path):
    with open_store(tmp_path) as store:
        store.begin_run(started_at="", program_version="0", root="r", protocols="p")
    ran = run("cohort", tmp_path, "--outcomes", table, "--levels", ",".join(LEVELS))
    assert "Hypertension: 9 (5); 1 mg 3 (1) of 3, 2 mg 3 (2) of 3, 3 mg 3 (2) of 3" in ran.out
    assert '<td class="num">9 (5)</td>' in (tmp_path / "cohort.html").read_text("utf-8")
