"""Plain command lines are read without Typer: as Typer would read them, and faults are left to it."""

import inspect
from pathlib import Path

import pytest

from rtcheck.cli.commands.check import check
from rtcheck.cli.grouping import flattened
from rtcheck.cli.options import Engine
from rtcheck.cli.quick import quick_options
from rtcheck.cli.stated import Reading
from rtcheck.cli.table import COMMANDS, load

PARAMETERS = inspect.signature(flattened(check)).parameters.values()


def quick(*words):
    return quick_options(PARAMETERS, words)


def by_typer(monkeypatch, *words):
    """The values that Typer hands to the command."""
    import rtcheck.cli.table as commands

    seen = {}
    monkeypatch.setattr(commands, "guarded", lambda function: capturing(function, seen))
    load(COMMANDS["check"], "check")(args=list(words), standalone_mode=False)
    return seen


def capturing(function, seen):
    import functools

    flat = flattened(function)

    @functools.wraps(flat)
    def capture(**options):
        seen.update(options)

    return capture


@pytest.mark.parametrize(
    "words",
    [
        ["plan.dcm", "--protocol", "apatinib"],
        ["-p", "apatinib", "folder", "-q", "-v"],
        ["a", "-p", "x", "--dose", "1.dcm", "--dose", "2.dcm", "--fractions", "25", "--dose-rx=50.4"],
        [
            "a",
            "-p",
            "x",
            "--shape",
            "interpolated",
            "--end-caps=none",
            "--dose-is",
            "course",
            "--format",
            "json",
            "-f",
            "csv",
        ],
    ],
)
def test_plain_words_are_read_as_typer_reads_them(monkeypatch, words):
    assert quick(*words) == by_typer(monkeypatch, *words)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"], ["-p", "x", "--nope"], ["-p"], ["a", "b", "-p", "x"], ["-p", "x", "--fractions", "0"],
        ["a", "-p", "x", "--fall-off", "150"], ["a", "-p", "x", "--fall-off", "nan"],
        ["-p", "x", "--fractions", "many"], ["-p", "x", "--shape", "round"], ["-p", "x", "--quiet=yes"],
        ["-qv", "-p", "x"], ["-p", "x", "--dose-rx", "-5"], ["--", "a"],
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_typer(words):
    assert quick(*words) is None


def test_groups_of_options_arrive_whole():
    received = {}

    def command(reading: Reading, engine: Engine) -> None:
        received.update(reading=reading, engine=engine)

    flat = flattened(command)
    names = list(inspect.signature(flat).parameters)
    assert "dose_rx" in names
    assert "reading" not in names
    flat(**{name: each.default for name, each in inspect.signature(flat).parameters.items()} | {"plan": Path("x")})
    assert received["reading"].plan == Path("x")
    assert received["engine"].settings.shape == "auto"
