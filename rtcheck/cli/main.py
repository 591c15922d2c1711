"""The command line: finds the command that is meant, imports its module alone, and turns errors into exit statuses."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

# Before numpy is imported anywhere: its thread pool costs half of the import, and no large matrices are multiplied.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rtcheck.cli.commands import COMMANDS, DEFAULT_COMMAND, run, whole_app

PROGRAM = "rtcheck"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; leaves by SystemExit with its exit status."""
    # Imports make many objects and no garbage: with the usual threshold the collector would look through all of them
    # again and again.
    gc.set_threshold(50_000)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        whole_app()(prog_name=PROGRAM)
    if not words or words[0] in ("--help", "-h", "help"):
        _help_for(words[1:])
    if words[0] in ("--version", "-V"):
        words[0] = "version"
    name = words[0] if words[0] in COMMANDS else DEFAULT_COMMAND
    run(name, words[1:] if words[0] == name else words, program=PROGRAM)


def _help_for(words: list[str]) -> NoReturn:
    """The list of commands, or the help of the one that was named (`rtcheck help dvh`)."""
    if words and words[0] in COMMANDS:
        run(words[0], ["--help"], program=PROGRAM)
    from rtcheck.cli.overview import overview

    sys.stdout.write(overview())
    raise SystemExit(0)
