"""DVHs exported as text by Eclipse, RayStation and Monaco, with values counted by hand. The texts are ours."""

import pytest
from support.cases import protocol_of
from support.command_line import run
from support.samples import PASSES

from rtcheck.checking.check import check
from rtcheck.checking.second_opinion.cross_check import cross_check
from rtcheck.checking.second_opinion.dvh_texts import DvhText, read_dvh_text
from rtcheck.dicom import read_case
from rtcheck.errors import UsageError

HEAD = "Patient Name : X\nType : Cumulative Dose Volume Histogram\nPlan: A\n{dose}\n% for dose (%): 100.0\n\n"
ECLIPSE = HEAD.format(dose="Prescribed dose [cGy]: 5000.0") + (
    "Structure: Kidney_R\nApproval Status: Approved\nVolume [cm³]: 200.0\nMin Dose [cGy]: 5.0\nMax Dose [cGy]: 395.0\n"
    "Mean Dose [cGy]: 150.0\nConformity Index: N/A\n\n{columns}\n{rows}\n\n"
)
CM3 = "Dose [cGy]   Relative dose [%]   Structure Volume [cm³]"
RATIO = "Dose [cGy] Ratio of Total Structure Volume [%]"
PERCENT_DOSE = "Relative dose [%] Ratio of Total Structure Volume [%]"
RAYSTATION = (
    "#PatientName:X\n#PatientId:1\n#Dosename:Plan dose: A (CT 1)\n#RoiName:Kidney_R\n"
    "#Roi volume fraction outside grid: 0%\n{unit}\n0.000\t100.000\n200.000\t50.000\n400.000\t0.000\n"
)
MONACO = (
    "Patient ID: X~1 | Plan Name: A | Resolution: 0.3(cm) | Bin Width: 0.01(Gy) | Dose Units: Gy | Volume Units: %\n"
    "English (United States) Format In-use\n\nKidney_R   0.0   100.0\nKidney_R   2.0   50.0\nKidney_R   4.0   0.0\n"
    "left lung  0.0   100.0\nleft lung  9.0   0.0\n\n2024-01-01-Mon 10:00:00\n"
)
# half of the volume between 0 and 2 Gy, half between 2 and 4 Gy: D50% is 2 Gy, V2Gy half of the volume, the mean 2 Gy
HALVES_CM3 = "0 0 200\n200 4 100\n400 8 0"
HALVES = "0 100\n200 50\n400 0"
HALVES_OF_50_GY = "0 100\n4 50\n8 0"


def read(folder, text: str) -> DvhText:
    path = folder / "dvh.txt"
    path.write_text(text, encoding="utf-8")
    return read_dvh_text(path)


@pytest.mark.parametrize(
    ("text", "program", "volume"),
    [
        (ECLIPSE.format(columns=CM3, rows=HALVES_CM3), "Eclipse (text)", 200),
        (ECLIPSE.format(columns=RATIO, rows=HALVES), "Eclipse (text)", 100),
        (ECLIPSE.format(columns=PERCENT_DOSE, rows=HALVES_OF_50_GY), "Eclipse (text)", 100),
        (RAYSTATION.format(unit="#Unit: cGy"), "RayStation (text)", 100),
        (RAYSTATION.format(unit="#Dose unit: cGy"), "RayStation (text)", 100),
        (RAYSTATION.format(unit="#Unit: cGy (RBE)"), "RayStation (text)", 100),
        (MONACO, "Monaco (text)", 100),
    ],
)
def test_a_text_of_each_planning_system(tmp_path, text, program, volume):
    found = read(tmp_path, text)
    kidney = found.of("Kidney_R")
    assert found.program == program
    assert kidney is not None
    assert (list(kidney.dvh.dose_gy[:3]), kidney.is_relative_volume) == ([0, 2, 4], volume == 100)
    assert list(kidney.dvh.volume_at_least_cc[:3]) == [volume, volume / 2, 0]
    is_eclipse = program.startswith("Eclipse")
    assert kidney.dvh.mean_gy == pytest.approx(1.5 if is_eclipse else 2.0)  # Eclipse states it: 150 cGy


def test_names_with_blanks_and_several_structures(tmp_path):
    assert [each.name for each in read(tmp_path, MONACO).dvhs] == ["Kidney_R", "left lung"]


@pytest.mark.parametrize(
    "text",
    [
        ECLIPSE.format(columns=RATIO, rows=HALVES).replace("Cumulative", "Differential"),
        ECLIPSE.format(columns=RATIO, rows="0 100\n200 50\n400 60"),  # rises
        ECLIPSE.format(columns=RATIO, rows="0 100\n200 50\n100 0"),  # doses out of order
        ECLIPSE.format(columns=RATIO, rows="0 100"),
        ECLIPSE.format(columns=RATIO, rows=""),
        ECLIPSE.format(columns=PERCENT_DOSE, rows=HALVES_OF_50_GY).replace("5000.0", "not defined"),
        ECLIPSE.format(columns=RATIO, rows=HALVES) + ECLIPSE.format(columns=RATIO, rows=HALVES).partition("\n\n")[2],
        RAYSTATION.format(unit=""),
        RAYSTATION.format(unit="#Unit: %"),
    ],
)
def test_what_cannot_be_used_is_omitted_by_name(tmp_path, text):
    found = read(tmp_path, text)
    assert (found.dvhs, found.omitted) == ((), ("Kidney_R",))


@pytest.mark.parametrize("text", ["", "a letter\n", "Dose Units: Gy\n", "\x00\x01"])
def test_a_text_of_another_form_is_a_usage_error(tmp_path, text):
    with pytest.raises(UsageError, match="not a DVH text"):
        read(tmp_path, text)


def test_a_text_is_compared_by_name_and_a_difference_is_a_warning(tmp_path):
    protocol = protocol_of(tmp_path, "name: a\nconstraints:\n  - {structure: Kidney_R, goal: Dmean < 15 Gy}\n")
    report = check(read_case(PASSES), protocol)
    own = report.results[0].measurement.value
    same = read(tmp_path, ECLIPSE.format(columns=RATIO, rows=HALVES).replace("150.0", f"{own * 100:.1f}"))
    checks, notices = cross_check(report, texts=[same])
    (mean,) = [each for each in checks if each.metric == "Dmean"]
    assert {name: value for name, value, _ in mean.others}["Eclipse (text)"] == pytest.approx(own, abs=0.001)
    assert not any("Eclipse" in notice.text for notice in notices if notice.code == "cross-check.differs")
    other = read(tmp_path, ECLIPSE.format(columns=RATIO, rows=HALVES))
    _, notices = cross_check(report, texts=[other])
    assert any("1.5 Gy by Eclipse (text)" in notice.text for notice in notices if notice.code == "cross-check.differs")


def test_the_command_names_the_text_and_no_patient(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(MONACO.replace("X~1", "DOE^JANE~4711"), encoding="utf-8")
    done = run(PASSES, "-p", "apatinib", "--cross-check-dvh", path, "-v")
    assert done.status == 0
    assert "Monaco (text): 1 of 2 DVHs" in done.out
    assert "DOE" not in done.out + done.err
    assert run(PASSES, "-p", "apatinib", "--cross-check-dvh", tmp_path / "none.txt").status == 2


@pytest.mark.parametrize(
    "text", [ECLIPSE.format(columns=CM3, rows=HALVES_CM3.replace("200", "200,0")), MONACO.replace(".0 ", ",0 ")]
)
def test_decimal_commas_are_read(tmp_path, text):
    kidney = read(tmp_path, text).of("Kidney_R")
    assert kidney is not None
    assert list(kidney.dvh.dose_gy[:3]) == [0, 2, 4]


@pytest.mark.parametrize("row", ["1,200.5 4 100", "4OO 8 0", "400 8 0 0"])
def test_a_table_that_goes_on_in_another_form_is_omitted_and_not_cut(tmp_path, row):
    rows = HALVES_CM3.replace("400 8 0", row)
    found = read(tmp_path, ECLIPSE.format(columns=CM3, rows=rows))
    assert (found.of("Kidney_R"), found.omitted) == (None, ("Kidney_R",))
