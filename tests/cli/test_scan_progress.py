"""The line that shows how far the search through a folder is."""

import io
import sys

import pytest

from rtcheck.cli.scan_progress import scan_progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_large_folder_draws_a_bar_on_a_terminal_and_wipes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    draw = scan_progress()
    assert draw is not None
    for done in range(1, 1001):
        draw(done, 1000)
    text = terminal.getvalue()
    assert "[###############...............] 500/1000" in text
    assert text.endswith("\r")
    assert text.count("\r") == 20 + 2


def test_a_small_folder_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    draw = scan_progress()
    assert draw is not None
    draw(3, 3)
    assert terminal.getvalue() == ""


def test_nothing_is_drawn_into_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert scan_progress() is None
