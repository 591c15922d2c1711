"""The default plan checks on public plans: what is found there was looked at, and is so."""

import pytest
from support.command_line import run
from support.real_data import REAL_DICOM, needs_real_dicom

FOUND: dict[str, set[str]] = {
    # The outline named External is drawn around the targets only, and tapers off below the top of the brain.
    "brain_pinnacle": {"structures.outside_body"},
    "breast_eclipse": set(),
    "headneck_pinnacle": set(),
    "prostate_pinnacle": set(),
}


@needs_real_dicom
@pytest.mark.parametrize("name", FOUND)
def test_only_what_is_really_wrong_is_violated(name):
    report = run("qa", REAL_DICOM / name, "--format", "json").json()
    violated = {each["code"] for each in report["plan_checks"] if each["outcome"] == "violated" and each["required"]}
    assert violated == FOUND[name]
