"""`--profile`: where the time of a check went."""

import re

import pytest
from support.command_line import run
from support.samples import PASSES

from rtcheck import timing


@pytest.mark.parametrize("words", [(PASSES, "--protocol", "apatinib", "-q"), ("dvh", PASSES)])
def test_profile_lists_every_stage_on_standard_error_and_leaves_the_report_alone(words):
    plain = run(*words)
    timed = run(*words, "--profile")
    assert timed.out == plain.out
    took = dict(re.findall(r"^  (\w+) +([\d.]+) s", timed.err, re.MULTILINE))
    assert all(float(took[stage]) > 0 for stage in ("reading", "geometry"))  # milliseconds of the thread that is timed
    stages = re.findall(r"^  (\w+) +[\d.]+ s +\d+%$", timed.err, re.MULTILINE)
    assert stages == ["reading", "geometry", "dose", "bands", "report", "other"]


def test_a_stage_within_bands_counts_as_bands_and_another_alone(monkeypatch):
    ticks = iter(float(tick) for tick in range(100))
    monkeypatch.setattr("rtcheck.timing.time.perf_counter", lambda: next(ticks))
    timing.start()  # 0
    with timing.stage("geometry"), timing.stage("dose"):  # 1 to 2, 2 to 3, 3 to 4
        pass
    with timing.stage("bands"), timing.stage("dose"):  # 4 to 5, 6 to 7
        pass
    found = timing.seconds_by_stage()
    assert found["geometry"] == 2.0  # 1 to 2, 3 to 4
    assert found["dose"] == 1.0
    assert found["bands"] == 3.0
    assert sum(found.values()) == 9.0
    assert timing.seconds_by_stage() == {}
