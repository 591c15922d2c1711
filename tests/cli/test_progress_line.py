"""The line that shows how far a slow step is."""

import io
import sys
import time

import pytest

from rtcheck.cli.progress_line import progress_line


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    return now_s


def test_a_step_of_four_seconds_is_drawn_from_the_second_one_on_and_wiped(monkeypatch, clock: list[float]) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    draw = progress_line()
    assert draw is not None
    for done in range(1000):
        draw("Searching files", done, 1000)
        clock[0] += 0.004
        if clock[0] < 102:
            assert terminal.getvalue() == ""
    text = terminal.getvalue()
    assert "\rSearching files [###############...............] 500/1000" in text
    assert text.count("\r") in (20, 21), "ten times a second, for two seconds"
    draw("Searching files", 1000, 1000)
    assert terminal.getvalue().endswith("\r")
    assert terminal.getvalue().split("\r")[-2].strip() == ""


def test_quick_steps_draw_nothing_however_many_there_are(monkeypatch, clock: list[float]) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    draw = progress_line()
    assert draw is not None
    for number in range(9):
        for done in range(3):
            draw(f"Step {number}", done, 2)
            clock[0] += 0.9
    assert terminal.getvalue() == ""


def test_nothing_is_drawn_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert progress_line() is None
