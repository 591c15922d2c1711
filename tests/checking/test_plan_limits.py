"""`--protocol plan`: each limit of DoseReferenceSequence as PS3.3 C.8.8.10 defines it, and what cannot be evaluated."""

import shutil
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from support.command_line import run

import rtcheck
from rtcheck.case import Case, DoseLimits
from rtcheck.checking.proposing.plan_limits import protocol_of_plan
from rtcheck.errors import DicomError, UsageError

SAMPLE = Path(__file__).parents[2] / "sample_dicom" / "apatinib_50gy_passes"


@pytest.fixture(scope="module")
def case() -> Case:
    return rtcheck.read_case(SAMPLE)


def goals(case: Case, *, number: int | None = 5, name: str = "", is_volume: bool = True, **amounts: float):
    limits = DoseLimits(name=name, roi_number=number, is_volume=is_volume, amounts=tuple(amounts.items()))
    plan = replace(case.plan, dose_limits=(limits,))
    return [(*one.structures, one.goal.text) for one in protocol_of_plan(replace(case, plan=plan)).constraints]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({"TargetMinimumDose": 47.5}, ["Dmin >= 47.5 Gy"]),
        ({"TargetMaximumDose": 55}, ["Dmax <= 55 Gy"]),
        # the share of the target that may receive less than the prescription
        ({"TargetPrescriptionDose": 50, "TargetUnderdoseVolumeFraction": 5}, ["V50Gy >= 95 %"]),
        ({"TargetPrescriptionDose": 50, "TargetUnderdoseVolumeFraction": 0}, ["V50Gy >= 100 %"]),
        # "any part of" the organ
        ({"OrganAtRiskLimitDose": 45}, ["Dmax <= 45 Gy"]),
        # the share of the organ that may receive more than its maximum dose
        ({"OrganAtRiskMaximumDose": 20, "OrganAtRiskOverdoseVolumeFraction": 30}, ["V20Gy <= 30 %"]),
        ({"OrganAtRiskMaximumDose": 20}, ["Dmax <= 20 Gy"]),
        ({"OrganAtRiskMaximumDose": 20, "OrganAtRiskOverdoseVolumeFraction": 100}, ["V20Gy <= 100 %"]),
    ],
)
def test_each_limit_as_the_standard_defines_it(case, amounts, expected):
    assert goals(case, **amounts) == [("PTV", text) for text in expected]


def test_a_reference_without_a_roi_is_of_the_structure_that_it_describes(case):
    assert goals(case, number=None, name="Stomach", OrganAtRiskLimitDose=54.0) == [("Stomach", "Dmax <= 54 Gy")]


@pytest.mark.parametrize(
    "one",
    [
        {"is_volume": False, "number": None, "name": "iso", "OrganAtRiskMaximumDose": 75.0},  # of a point
        {"is_volume": False, "OrganAtRiskMaximumDose": 75.0},
        {"number": None, "OrganAtRiskMaximumDose": 75.0},  # of nothing
        {"OrganAtRiskFullVolumeDose": 30.0},  # at most everywhere, or somewhere
    ],
)
def test_a_limit_that_cannot_be_evaluated_keeps_the_plan_from_passing(case, one):
    amounts = {key: value for key, value in one.items() if key[0].isupper()}
    options = {key: value for key, value in one.items() if key[0].islower()}
    limits = DoseLimits(
        name=options.get("name", ""), roi_number=options.get("number", 5), is_volume=options.get("is_volume", True),
        amounts=tuple(amounts.items()),
    )  # fmt: skip
    with_limits = replace(case, plan=replace(case.plan, dose_limits=(limits,)))
    report = rtcheck.check(with_limits, protocol_of_plan(with_limits))
    assert [result.outcome for result in report.results] == ["not_evaluated"]
    assert report.exit_status == 3


@pytest.mark.parametrize(
    "amounts",
    [
        {"OrganAtRiskLimitDose": -5.0},
        {"OrganAtRiskLimitDose": 1e300},
        {"TargetPrescriptionDose": 50.0, "TargetUnderdoseVolumeFraction": 150.0},
    ],
)
def test_an_impossible_limit_is_an_error_and_not_left_out(case, amounts):
    with pytest.raises(DicomError, match="which is not possible"):
        goals(case, **amounts)


@pytest.mark.parametrize("dose_limits", [(), (DoseLimits(name="", roi_number=5, is_volume=True, amounts=()),)])
def test_a_plan_without_limits_is_a_usage_error(case, dose_limits):
    with pytest.raises(UsageError, match="states no dose limits"):
        protocol_of_plan(replace(case, plan=replace(case.plan, dose_limits=dose_limits)))


def test_the_limits_are_read_from_the_file_and_the_check_is_repeated_by_verify(tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(SAMPLE, folder)
    dataset = pydicom.dcmread(folder / "plan.dcm")
    organ = Dataset()
    organ.DoseReferenceNumber, organ.DoseReferenceStructureType, organ.DoseReferenceType = 9, "VOLUME", "ORGAN_AT_RISK"
    organ.ReferencedROINumber, organ.OrganAtRiskLimitDose = 5, 60
    dataset.DoseReferenceSequence[0].TargetMinimumDose = 40
    dataset.DoseReferenceSequence.append(organ)
    dataset.save_as(folder / "plan.dcm")
    done = run(folder, "--protocol", "plan", "-f", "json", "-o", tmp_path / "a.json")
    assert done.status == 0, done.err
    report = rtcheck.check(case := rtcheck.read_case(folder), protocol_of_plan(case))
    assert [result.goal.text for result in report.results] == ["Dmin >= 40 Gy", "Dmax <= 55 Gy", "Dmax <= 60 Gy"]
    assert run("verify", tmp_path / "a.json").status == 0


def test_only_a_single_check_takes_the_plan_s_limits(tmp_path):
    done = run("batch", SAMPLE, "--protocol", "plan", "--out", tmp_path)
    assert done.status == 2
    assert "single plan" in done.err
