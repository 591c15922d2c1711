"""`--protocol plan`: each limit of DoseReferenceSequence as PS3.3 C.8.8.10 defines it, and what cannot be evaluated."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from support.command_line import run
from support.known_plans import write_plan

import rtcheck
from rtcheck.batch.run import run_batch
from rtcheck.batch.work import Question
from rtcheck.case import Case, DoseLimits
from rtcheck.checking.proposing.plan_limits import protocol_of_plan
from rtcheck.cli.choosing import chosen_protocols
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
        {"name": "Stomach", "OrganAtRiskMaximumDose": 75.0},  # of the PTV by its number, of the stomach by its name
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


def renumbered(files, number):
    """Other UIDs for plan and dose: two plans in one folder are not the same plan."""
    for dataset in (files.plan, files.dose, files.structures):
        dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.{number}"
    files.dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID = files.plan.SOPInstanceUID
    files.plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID = files.structures.SOPInstanceUID


def test_a_batch_checks_each_plan_against_its_own_limits(tmp_path):
    for number, (name, most_gy) in enumerate({"passes": 55.0, "fails": 45.0, "silent": None}.items(), 1):

        def change(files, number=number, most_gy=most_gy):
            renumbered(files, number)
            if most_gy:
                files.plan.DoseReferenceSequence[0].TargetMaximumDose = most_gy

        write_plan(tmp_path / "plans" / name, dose_gy=50.0, change=change)
    question = Question(protocols=chosen_protocols(["plan"])[0])
    here = partial(ThreadPoolExecutor, 1)
    first, second = (run_batch(tmp_path / "plans", tmp_path / "out", question, open_executor=here) for _ in range(2))
    assert (first.exit_status, first.unchanged, second.unchanged) == (1, 0, 3)
    with sqlite3.connect(tmp_path / "out" / "results.sqlite") as connection:
        told = connection.execute("SELECT plan_key, protocol, verdict, reason FROM plans").fetchall()
    found = {key.partition("/")[0]: rest for key, *rest in told}
    assert {key: rest[:2] for key, rest in found.items()} == {
        "passes": ["plan", "pass"], "fails": ["plan", "fail"], "silent": ["plan", "not_evaluated"]}  # fmt: skip
    assert found["silent"][2].startswith("The plan states no dose limits of its own")
