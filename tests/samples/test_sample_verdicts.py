"""What the README beside the samples says that a check of each finds: its exit status, and why."""

import json
import re
import subprocess
import sys

import pytest
from support.samples import (
    AXITINIB_PASSES,
    INCOMPLETE,
    PASSES,
    SAMPLE_DICOM,
    SAMPLES,
    SMALL_LIVER,
    STOMACH_FAILS,
    protocol_of,
)


def _check(sample, *options):
    words = ["-m", "rtcheck", str(sample), "--protocol", protocol_of(sample), "--format", "json", *options]
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    return run.returncode, json.loads(run.stdout)


def _outcomes(report):
    return {(each["structure"], each["goal"]): each["outcome"] for each in report["constraints"]}


def _statuses_in_the_readme():
    text = (SAMPLE_DICOM / "README.md").read_text(encoding="utf-8")
    return {name: int(status) for name, status in re.findall(r"^\| `(\w+)` \|.*\| (\d) \|$", text, re.MULTILINE)}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_check_ends_with_the_exit_status_that_the_readme_names(sample):
    assert _check(sample)[0] == _statuses_in_the_readme()[sample.name]


def test_the_first_sample_meets_every_constraint_in_every_reading():
    _, report = _check(PASSES)
    assert set(_outcomes(report).values()) == {"met"}
    assert [w for w in report["warnings"] if w["severity"] == "warning"] == []
    assert not any(reading["changes_outcome"] for each in report["constraints"] for reading in each["readings"])


def test_the_stomach_alone_fails_and_fails_in_every_reading():
    _, report = _check(STOMACH_FAILS)
    violated = [each for each in report["constraints"] if each["outcome"] == "violated"]
    assert [each["structure"] for each in violated] == ["Stomach"]
    assert not any(reading["changes_outcome"] for reading in violated[0]["readings"])


def test_without_a_gtv_the_normal_liver_is_not_evaluated_and_nothing_is_violated():
    _, report = _check(INCOMPLETE)
    outcomes = _outcomes(report)
    assert outcomes["Liver-GTV", "Dmean < 24 Gy"] == "not_evaluated"
    assert "violated" not in outcomes.values()


def test_a_kidney_that_leaves_the_dose_grid_is_judged_by_the_dose_on_its_faces():
    """Less than 0.1 Gy of 50 is left there: the third of the kidney that lies outside cannot have more."""
    _, report = _check(INCOMPLETE)
    kidney = next(each for each in report["constraints"] if each["structure"] == "Kidney_R")
    assert kidney["outcome"] == "met"
    assert kidney["bounds"][1] - kidney["bounds"][0] < 0.1 / 3
    assert any("--outside face" in each["text"] for each in report["warnings"] if "Kidney_R" in each["text"])


def test_the_small_liver_fails_by_its_volume_alone():
    _, report = _check(SMALL_LIVER)
    assert set(_outcomes(report).values()) == {"met"}
    violated = [item["item"] for item in report["eligibility"] if item["outcome"] == "violated"]
    assert violated == ["Liver-GTV Volume"]


def test_the_axitinib_sample_has_room_below_18_gy():
    _, report = _check(AXITINIB_PASSES)
    liver = next(each for each in report["constraints"] if each["structure"] == "Liver-GTV")
    assert 12 < liver["value"] < 13
