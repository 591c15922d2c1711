"""A small, fixed part of the fuzzing of mutations.py: damaged files never crash, hang or pass."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import reports
from mutations import originals, run

sys.path.pop(0)

SEEDS = range(1_000_000, 1_000_150)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    return originals(tmp_path_factory.mktemp("originals"))


def test_damaged_files_never_crash_hang_or_pass(files: dict[str, dict[str, bytes]]) -> None:
    failures = [(seed, what, found) for seed, what, found in run(SEEDS, files) if found[:4].isupper()]
    assert failures == []


def test_reports_of_damaged_files_are_well_formed_and_steer_no_terminal(tmp_path: Path) -> None:
    files = reports.originals(tmp_path)
    found = run(range(97, 112), files, reports.damaged, reports.outcome)
    assert [(seed, what, how) for seed, what, how in found if how[:4].isupper()] == []
