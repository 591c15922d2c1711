"""The comparison with dicompyler-core and with stored DVHs: on the samples, on doctored copies, on a real plan."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from support.cases import protocol_of
from support.real_data import REAL_DICOM, needs_real_dicom
from support.samples import INCOMPLETE, PASSES

from rtcheck.checking.check import check
from rtcheck.checking.second_opinion.cross_check import cross_check, with_cross_checks
from rtcheck.checking.second_opinion.other_programs import DICOMPYLER, PLANNING_SYSTEM
from rtcheck.dicom import read_case
from rtcheck.protocol.file.load import load_protocol
from rtcheck.report.formats.terminal import render

KIDNEYS = """
name: kidneys
constraints:
  - {structure: Kidney_R, goal: Dmean < 15 Gy}
  - {structure: Kidney_R, goal: D2cc < 40 Gy}
  - {structure: Kidney_R, goal: "V20Gy < 30 %"}
  - {structure: Kidney_R, goal: CV15Gy > 100 cc}
"""


@pytest.fixture
def datasets():
    """The first sample as pydicom data sets, to be doctored: plan, dose, structures."""
    return [pydicom.dcmread(PASSES / f"{name}.dcm") for name in ("plan", "dose", "struct")]


@pytest.fixture
def kidneys(tmp_path):
    return protocol_of(tmp_path, KIDNEYS)


def compared(datasets, protocol):
    """Checks by (structure, metric) and notices of a case in memory."""
    checks, notices = cross_check(check(read_case(datasets), protocol), datasets=datasets)
    return {(each.structure, each.metric): each for each in checks}, notices


def values_by(program, checks):
    return {key: value for key, each in checks.items() for name, value, _ in each.others if name == program}


def stored_dvh_of(dose, roi_number):
    return next(each for each in dose.DVHSequence if each.DVHReferencedROISequence[0].ReferencedROINumber == roi_number)


def kidney_dvh(datasets):
    _, dose, structures = datasets
    number = next(roi.ROINumber for roi in structures.StructureSetROISequence if roi.ROIName == "Kidney_R")
    return stored_dvh_of(dose, number)


def test_three_programs_agree_on_every_volume_and_mean_of_the_first_sample():
    report = check(read_case(PASSES), load_protocol("apatinib"))
    checks, _ = cross_check(report)
    integral = [each for each in checks if each.metric in ("Volume", "Dmean")]
    assert len(integral) >= 10
    for each in integral:
        assert [program for program, _, _ in each.others] == [DICOMPYLER, PLANNING_SYSTEM]
        assert all(abs(difference) < 0.02 for _, _, difference in each.others), each


def test_a_comparison_changes_neither_outcomes_nor_exit_status():
    report = check(read_case(PASSES), load_protocol("apatinib"))
    told = with_cross_checks(report)
    assert told.cross_checks
    assert (told.results, told.verdict, told.exit_status) == (report.results, report.verdict, report.exit_status)


def test_of_a_derived_structure_its_parts_are_compared_and_that_is_said():
    report = check(read_case(PASSES), load_protocol("apatinib"))
    checks, notices = cross_check(report)
    structures = {each.structure for each in checks}
    assert {"Liver", "GTV"} <= structures
    assert "Liver-GTV" not in structures
    assert any("Liver-GTV consists of Liver, GTV" in notice.text for notice in notices)


def test_a_structure_partly_outside_the_dose_is_not_compared():
    checks, notices = cross_check(check(read_case(INCOMPLETE), load_protocol("apatinib")))
    assert "Kidney_R" not in {each.structure for each in checks}
    assert any(notice.structure == "Kidney_R" and "outside the dose grid" in notice.text for notice in notices)


def test_all_kinds_of_metrics_are_compared(datasets, kidneys):
    checks, _ = compared(datasets, kidneys)
    for program in (DICOMPYLER, PLANNING_SYSTEM):
        by_program = values_by(program, checks)
        for key in [("Kidney_R", metric) for metric in ("Volume", "Dmean", "D2cc", "V20Gy", "CV15Gy")]:
            assert by_program[key] == pytest.approx(checks[key].value, rel=0.02, abs=0.5), (program, key)


@pytest.mark.parametrize("kind", ["DIFFERENTIAL", "NATURAL"])
def test_stored_dvhs_of_every_type_say_the_same(datasets, kidneys, kind):
    expected = values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0])
    dvh = kidney_dvh(datasets)
    widths, volumes = np.array(dvh.DVHData[0::2], float), np.array(dvh.DVHData[1::2], float)
    in_bin = -np.diff(np.append(volumes, 0.0))
    amounts = in_bin / widths if kind == "NATURAL" else in_bin
    dvh.DVHType, dvh.DVHData = kind, [f"{v:.10g}" for v in np.column_stack([widths, amounts]).ravel()]
    assert values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0]) == pytest.approx(expected, rel=1e-6)


def test_stored_volumes_in_percent_are_made_absolute_by_our_volume(datasets, kidneys):
    expected = values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0])
    dvh = kidney_dvh(datasets)
    percent = 100 * np.array(dvh.DVHData[1::2], float) / float(dvh.DVHData[1])
    dvh.DVHVolumeUnits = "PERCENT"
    dvh.DVHData = [f"{v:.10g}" for v in np.column_stack([dvh.DVHData[0::2], percent]).astype(float).ravel()]
    checks, _ = compared(datasets, kidneys)
    found = values_by(PLANNING_SYSTEM, checks)
    assert found["Kidney_R", "Volume"] is None
    assert found["Kidney_R", "Dmean"] == pytest.approx(expected["Kidney_R", "Dmean"], rel=1e-6)
    assert found["Kidney_R", "D2cc"] == pytest.approx(expected["Kidney_R", "D2cc"], rel=0.01)


def test_the_dose_scaling_of_a_stored_dvh_is_applied(datasets, kidneys):
    expected = values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0])
    dvh = kidney_dvh(datasets)
    dvh.DVHDoseScaling = "0.01"
    dvh.DVHData = [str(v * 100) if i % 2 == 0 else str(v) for i, v in enumerate(map(float, dvh.DVHData))]
    assert values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0]) == pytest.approx(expected, rel=1e-6)


def test_mean_and_extremes_in_tags_of_their_own_are_not_believed(datasets, kidneys):
    expected = values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0])
    dvh = kidney_dvh(datasets)
    dvh.DVHMinimumDose, dvh.DVHMeanDose, dvh.DVHMaximumDose = "1", "8", "79"  # percent, as Eclipse writes under GY
    assert values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0]) == expected


def test_a_difference_beyond_the_tolerances_is_a_warning_that_states_them(datasets, kidneys):
    dvh = kidney_dvh(datasets)
    dvh.DVHData = [f"{v * 1.1 if i % 2 else v:.10g}" for i, v in enumerate(map(float, dvh.DVHData))]
    _, notices = compared(datasets, kidneys)
    warnings = [notice for notice in notices if notice.severity == "warning"]
    assert {(notice.code, notice.structure) for notice in warnings} == {("cross-check.differs", "Kidney_R")}
    assert any("Volume is 157.1 cc by rtcheck, 174 cc by the planning system: more than 3%" in n.text for n in warnings)


def test_two_stored_dvhs_of_one_roi_are_none(datasets, kidneys):
    datasets[1].DVHSequence.append(kidney_dvh(datasets))
    assert values_by(PLANNING_SYSTEM, compared(datasets, kidneys)[0]) == {}


def test_what_dicompyler_cannot_read_is_a_remark_and_no_error(datasets, kidneys):
    del datasets[1].file_meta
    report = check(read_case(PASSES), kidneys)
    checks, notices = cross_check(report, datasets=datasets)
    assert values_by(DICOMPYLER, {(each.structure, each.metric): each for each in checks}) == {}
    assert any(DICOMPYLER in notice.text for notice in notices)
    assert {notice.severity for notice in notices} == {"info"}


def test_a_dose_that_is_not_the_files_is_not_compared_with_it(kidneys):
    case = read_case(PASSES)
    doubled = replace(case.dose, dose_gy=2 * case.dose.dose_gy)
    checks, notices = cross_check(check(replace(case, dose=doubled), kidneys))
    assert values_by(DICOMPYLER, {(each.structure, each.metric): each for each in checks}) == {}
    assert any("not the unmodified dose" in notice.text for notice in notices)


def test_files_that_are_gone_are_a_remark(kidneys):
    case = read_case(PASSES)
    gone = tuple(replace(source, path=PASSES / "gone.dcm") for source in case.sources)
    _, notices = cross_check(check(replace(case, sources=gone), kidneys))
    assert any("no longer available" in notice.text for notice in notices)


def test_without_a_dose_there_is_nothing_to_compare(kidneys):
    checks, notices = cross_check(check(replace(read_case(PASSES), dose=None), kidneys))
    assert checks == ()
    assert [notice.severity for notice in notices] == ["info"]


def test_nothing_of_dicompyler_is_printed(kidneys, capfd):
    cross_check(check(read_case(PASSES), kidneys))
    assert capfd.readouterr() == ("", "")


def test_the_terminal_lists_each_metric_with_the_differences(kidneys):
    report = with_cross_checks(check(read_case(PASSES), kidneys))
    text = render(report, is_terminal=False)
    assert "Values of other programs" in text
    assert "Kidney_R Dmean: 4.44 Gy; dicompyler-core 4.43 Gy (−0.2 %); planning system 4.45 Gy (+0.0 %)" in text
    assert "Kidney_R Dmean" in render(report, is_terminal=True)


@needs_real_dicom
@pytest.mark.parametrize("name", ["Breast", "Heart", "Lt Lung"])
def test_volume_and_mean_of_a_real_plan_are_eclipses_own_within_one_percent(tmp_path, name):
    folder = REAL_DICOM / "breast_eclipse"
    protocol = protocol_of(tmp_path, f"name: breast\nconstraints:\n  - {{structure: {name}, goal: Dmean < 50 Gy}}\n")
    checks, _ = cross_check(check(read_case(folder), protocol))
    stored = json.loads((folder / "tps_dvh.json").read_text(encoding="utf-8"))["dvh"]
    published = next(each["from_data"] for each in stored if each["roi_name"] == [name])
    found = {each.metric: each for each in checks}
    assert found["Volume"].value == pytest.approx(published["volume"], rel=0.01)
    assert found["Dmean"].value == pytest.approx(published["Dmean_mid"], rel=0.01)
    by_eclipse = {each.metric: {program: value for program, value, _ in each.others} for each in checks}
    assert by_eclipse["Volume"][PLANNING_SYSTEM] == pytest.approx(published["volume"], rel=1e-6)
    assert by_eclipse["Dmean"][PLANNING_SYSTEM] == pytest.approx(published["Dmean_mid"], rel=1e-6)
