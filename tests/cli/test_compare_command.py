"""`rtcheck compare`: plans side by side, and whatever must not be taken for a comparison of equals."""

import csv
import io
import math
import subprocess

import pytest
from support.command_line import run
from support.known_plans import box, constraints, write_plan
from support.samples import AXITINIB_PASSES, PASSES
from support.shapes import dose_over

from rtcheck.checking.second_opinion.dose_difference import gamma_of, parse_gamma
from rtcheck.errors import UsageError

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
@pytest.mark.parametrize("fractions", [(25, 25), (25, 5)])
def test_every_format_warns_of_plans_with_different_numbers_of_fractions(tmp_path, form, fractions):
    def changed(number):
        return lambda files: setattr(files.plan.FractionGroupSequence[0], "NumberOfFractionsPlanned", number)

    plans = [write_plan(tmp_path / f"p{n}", change=changed(number)) for n, number in enumerate(fractions)]
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmax < 94 Gy"), encoding="utf-8")
    ran = run("compare", *plans, "-p", tmp_path / "mine.yaml", "-f", form)
    assert ("comparison.fractions-differ" in ran.out) == (fractions == (25, 5))


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


def test_the_difference_of_two_linear_doses_is_known_in_every_structure(tmp_path):
    """0.5 Gy + 0.02 Gy/mm along x more, in a box of 20 mm: mean 0.5 Gy, 98 % above 0.308 Gy, 2 % above 0.692 Gy."""
    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmean < 99 Gy"), encoding="utf-8")
    one = write_plan(tmp_path / "one", [box("PTV", type="PTV")], dose_gy=lambda x, y, z: 50 + 0.1 * y + 0 * x * z)
    two = write_plan(
        tmp_path / "two", [box("PTV", type="PTV")], dose_gy=lambda x, y, z: 50.5 + 0.1 * y + 0.02 * x + 0 * z
    )
    ran = run("compare", one, two, "-p", tmp_path / "mine.yaml", "--difference", "-f", "json")
    (ptv,) = ran.json()["difference"]["structures"]
    assert ptv["mean_gy"] == pytest.approx(0.5, abs=1e-4)
    assert (ptv["low_gy"], ptv["high_gy"]) == (pytest.approx(0.308, abs=2e-3), pytest.approx(0.692, abs=2e-3))
    assert ptv["compared"] == pytest.approx(1.0)
    told = run("compare", one, two, "-p", tmp_path / "mine.yaml", "--difference").out
    assert "PTV: mean +0.50 Gy" in told
    assert "Dose of two less that of one" in told
    assert (
        "PTV: mean +0.50 Gy" in run("compare", one, two, "-p", tmp_path / "mine.yaml", "--difference", "-f", "html").out
    )


@pytest.mark.parametrize(("criteria", "passes"), [("3%/1mm", True), ("2.2%/1mm", True), ("1.8%/1mm", False)])
def test_gamma_of_uniform_doses_is_their_difference_over_the_criterion(criteria, passes):
    """51 Gy against 50 Gy are 2 % everywhere, at any distance: gamma is 2 % over the criterion."""
    pytest.importorskip("pymedphys")
    one = dose_over(-8.0, 8.0, 4.0, lambda x, y, z: 50.0 + 0 * x * y * z)
    other = dose_over(-8.0, 8.0, 4.0, lambda x, y, z: 51.0 + 0 * x * y * z)
    found = gamma_of(one, other, parse_gamma(criteria))
    assert (found.passing, found.points) == (float(passes), 125)


@pytest.mark.parametrize(("shift_mm", "passes"), [(1.5, True), (3.0, False)])
def test_gamma_of_a_shifted_gradient_is_that_of_the_closed_form(shift_mm, passes):
    """D = 50 + 2 x, shifted: gamma = a / sqrt(1 + b^2), a = g s / dD, b = g DTA / dD; dD = 3 % of 66 Gy, DTA 2 mm."""
    pytest.importorskip("pymedphys")
    a, b = 2 * shift_mm / (0.03 * 66), 2 * 2 / (0.03 * 66)
    assert (a / math.sqrt(1 + b**2) <= 1) is passes
    planned = dose_over(-8.0, 8.0, 2.0, lambda x, y, z: 50 + 2 * x + 0 * y * z)
    shifted = dose_over(-8.0, 8.0, 2.0, lambda x, y, z: 50 + 2 * (x - shift_mm) + 0 * y * z)
    found = gamma_of(planned, shifted, parse_gamma("3%/2mm"))
    assert (found.passing > 0.75) is passes  # at the ends of the grid a point to agree with may lie outside


@pytest.mark.parametrize("text", ["3/2", "3%", "0%/2mm", "3%/2cm", "30%/2mm"])
def test_gamma_needs_a_dose_and_a_distance(text):
    with pytest.raises(UsageError, match="--gamma"):
        parse_gamma(text)


def test_doses_of_other_frames_are_not_compared_point_by_point(tmp_path):
    def other(files):
        files.plan.FrameOfReferenceUID = files.dose.FrameOfReferenceUID = "2.25.9"
        files.structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "2.25.9"
        for roi in files.structures.StructureSetROISequence:
            roi.ReferencedFrameOfReferenceUID = "2.25.9"

    (tmp_path / "mine.yaml").write_text(constraints("PTV: Dmean < 99 Gy"), encoding="utf-8")
    plans = [write_plan(tmp_path / "one"), write_plan(tmp_path / "two", change=other)]
    ran = run("compare", *plans, "-p", tmp_path / "mine.yaml", "--difference")
    assert (ran.status, "different frames of reference" in ran.err) == (2, True)
