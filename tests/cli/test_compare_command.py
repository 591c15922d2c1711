"""`rtcheck compare`: plans side by side, and whatever must not be taken for a comparison of equals."""

import csv
import io
import subprocess

import pytest
from support.command_line import run
from support.known_plans import box, constraints, write_plan
from support.samples import AXITINIB_PASSES, PASSES

FORMATS = ["table", "json", "html", "csv"]


def of_patient(number):
    def change(files):
        for dataset in (files.plan, files.dose, files.structures):
            dataset.PatientID, dataset.PatientName = number, "Secret^Anna"

    return change


@pytest.fixture
def compared(tmp_path):
    """Two plans of 20 and 26 Gy under limits of 24 Gy, each of a patient of its own or both of one."""

    def asked(form, *, numbers=("A1", "A1"), lines=("PTV: Dmax < 24 Gy",)):
        (tmp_path / "mine.yaml").write_text(constraints(*lines), encoding="utf-8")
        plans = [
            write_plan(tmp_path / name, dose_gy=dose_gy, prescribed_gy=36.0, change=of_patient(number))
            for name, dose_gy, number in zip(("low", "high"), (20.0, 26.0), numbers, strict=True)
        ]
        return run("compare", *plans, "-p", tmp_path / "mine.yaml", "-f", form)

    return asked


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("numbers", "is_warned"), [(("A1", "A1"), False), (("A1", "B2"), True), (("", ""), False)])
def test_every_format_warns_of_plans_of_several_patients_and_names_none(compared, form, numbers, is_warned):
    ran = compared(form, numbers=numbers)
    assert ("comparison.several-patients" in ran.out) == is_warned
    assert "Secret" not in ran.out


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_why_a_plan_fails_that_meets_every_constraint(form):
    """45 Gy in 15 fractions meet all of apatinib's dose limits, but its prescription is 50 to 60 Gy."""
    ran = run("compare", PASSES, AXITINIB_PASSES, "-p", "apatinib", "-f", form)
    assert ran.status == 1
    assert "Prescribed dose" in ran.out
    assert "prescription.unusual" in ran.out


def test_one_limit_for_two_targets_is_compared_twice(compared):
    """20 and 26 Gy are 56 and 72 % of the 36 Gy prescribed; an unknown target's prescription is unknown."""
    line = "{structure: PTV, goal: Dmax < 60 %}"
    boost = "{structure: PTV, goal: Dmax < 60 %, target: PTV_Boost}"
    told = compared("json", lines=(line, boost)).json()["constraints"]
    assert [[plan["outcome"] for plan in each["plans"]] for each in told] == [
        ["met", "violated"],
        ["not_evaluated", "not_evaluated"],
    ]
    assert [each["differs"] for each in told] == [True, False]


def test_the_difference_to_the_first_plan_has_a_column(compared):
    """Uniform 20 and 26 Gy."""
    assert "+6.00 Gy" in compared("table").out
    assert "+6.00 Gy" in compared("html").out
    row = next(csv.DictReader(io.StringIO(compared("csv").out)))
    assert float(row["high minus low"]) == pytest.approx(6.0)
    assert (float(row["low margin"]), row["high outcome"]) == (pytest.approx(4.0), "violated")


def test_the_page_and_the_pdf_say_which_plans_of_whom_were_compared(compared, tmp_path):
    page = compared("html").out
    for said in ("A1", "36 Gy in 25 fractions", "mine", "is not met: 26.00 Gy", "2.00 Gy over"):
        assert said in page, said
    pytest.importorskip("typst")
    plans = (tmp_path / "low", tmp_path / "high")
    assert run("compare", *plans, "-p", tmp_path / "mine.yaml", "-o", tmp_path / "both.pdf").status == 1
    text = subprocess.run(["pdftotext", tmp_path / "both.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "A1" in text
    assert "+6.00 Gy" in text


def test_columns_stay_in_line_and_no_limit_is_cut_off(compared):
    name = "A structure with a name of more than thirty-four letters"
    table = compared("table", lines=(f"{name}: Dmax < 24 Gy", "PTV: Dmax < 24 Gy")).out
    heading, long, short, *_ = table.splitlines()
    assert f"{name} Dmax < 24 Gy" in long
    assert heading.index("high") == long.rindex("?") == short.index("✗")


def test_plans_whose_files_are_called_alike_are_told_apart(tmp_path):
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 24 Gy"))
    plans = [write_plan(tmp_path / name / "course", [box("PTV")]) for name in ("first", "second")]
    told = run("compare", *plans, "-p", tmp_path / "mine.yaml", "-f", "json").json()
    assert [each["name"] for each in told["plans"]] == list(map(str, plans))
