"""The command line: finds the command that is meant, imports its module alone, and turns errors into exit statuses."""

import os
import sys
from collections.abc import Sequence

# Before numpy is imported anywhere: its thread pool costs half of the import, and nothing here multiplies large matrices.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rtcheck.cli.commands import COMMANDS, DEFAULT_COMMAND, Command, load

PROGRAM = "rtcheck"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; leaves by SystemExit with its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        _complete()
    if not words or words[0] in ("--help", "-h", "help"):
        _help_for(words[1:])
    if words[0] in ("--version", "-V"):
        words[0] = "version"
    name = words[0] if words[0] in COMMANDS else DEFAULT_COMMAND
    rest = words[1:] if words[0] == name else words
    _run(COMMANDS[name], name, rest)


def _run(command: Command, name: str, arguments: list[str]) -> None:
    app = load(command, name)
    app(args=arguments, prog_name=f"{PROGRAM} {name}")


def _help_for(words: list[str]) -> None:
    """The list of commands, or the help of the one that was named (`rtcheck help dvh`)."""
    if words and words[0] in COMMANDS:
        _run(COMMANDS[words[0]], words[0], ["--help"])
    from rtcheck.cli.overview import overview

    sys.stdout.write(overview())
    raise SystemExit(0)


def _complete() -> None:
    """Answer the shell's completion request: the one case where every command's module is imported."""
    from rtcheck.cli.commands import whole_app

    whole_app()(prog_name=PROGRAM)
