"""The command line: finds the command that is meant, imports its module alone, and turns errors into exit statuses."""

import atexit
import gc
import os
import sys
import threading
import warnings
from collections.abc import Iterator, MutableMapping, Sequence
from itertools import pairwise
from typing import NoReturn

# Before numpy is imported anywhere: its thread pool costs half of the import, and no large matrices are multiplied.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rtcheck.cli.table import COMMANDS, DEFAULT_COMMAND, run, whole_app
from rtcheck.errors import UsageError

PROGRAM = "rtcheck"
BANDS = ("none", "near", "all")
MANY_PLANS = frozenset({"batch", "conformance", "listen", "pull", "serve", "watch"})
"""Commands that check plan after plan: a plan that is done with goes only when the collector looks."""
PROTOCOL_COMMANDS = ("list", "new", "show", "lint", "import")  # of `rtcheck protocols`, as people type them alone


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; leaves by SystemExit with its exit status."""
    # pydicom's warnings quote the file, escape codes and all; what matters in them rtcheck says itself.
    warnings.filterwarnings("ignore", module="pydicom")
    words = list(_with_bare_band(sys.argv[1:] if arguments is None else arguments))
    if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
        _name_the_check(os.environ)
        whole_app()(prog_name=PROGRAM)
    if not words or words[0] in ("--help", "-h", "help"):
        _help_for(words[1:])
    if words[0] in ("--version", "-V"):
        words[0] = "version"
    if words[0] in ("--install-completion", "--show-completion"):
        whole_app()(args=words, prog_name=PROGRAM)
    name = words[0] if words[0] in COMMANDS else _default_for(words[0])
    if name not in MANY_PLANS:
        # Imports make many objects and no garbage: with the usual threshold the collector would look through all of
        # them again and again.
        gc.set_threshold(200_000)
    try:
        run(name, words[1:] if words[0] == name else words, program=PROGRAM)
    finally:
        gc.freeze()  # the interpreter would look through everything for garbage once more before it leaves: 0.04 s


def script() -> NoReturn:
    """`main` as a program of its own: it leaves without taking the interpreter apart, which takes 6 ms."""
    try:
        status = _status_of_main()
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(0)  # whoever read the output has left
    except (KeyboardInterrupt, OSError, UsageError) as error:  # of help, and between imports: the rest is guarded
        status = _say_end(error)
    if threading.active_count() > 1:
        raise SystemExit(status)  # others are at work still
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(status)


def _say_end(error: KeyboardInterrupt | OSError | UsageError) -> int:
    """Say what ended a command; its exit status."""
    from rtcheck.cli.errors import run_guarded
    from rtcheck.cli.standard_output import unwritable

    def again() -> NoReturn:
        raise unwritable(error) if isinstance(error, OSError) else error

    return run_guarded(again)


def _status_of_main() -> int:
    """The exit status that `main` leaves with."""
    try:
        main()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def _with_bare_band(words: Sequence[str]) -> Iterator[str]:
    """`--band` without a value, as it was once an option of its own, means all."""
    for word, following in pairwise((*words, "")):
        yield f"{word}=all" if word == "--band" and following not in BANDS else word


def _default_for(word: str) -> str:
    """The check, unless the first word is neither an option nor a path and looks like a command."""
    if not word.startswith("-") and word.isalpha() and not os.path.exists(word):
        from difflib import get_close_matches

        meant = {command: command for command in COMMANDS} | {each: f"protocols {each}" for each in PROTOCOL_COMMANDS}
        near = get_close_matches(word, meant, n=1, cutoff=0.75)
        if near:
            from rtcheck.cli.errors import say_error

            say_error(f'"{word}" is not a command, file or folder. Did you mean `{PROGRAM} {meant[near[0]]}`?')
            raise SystemExit(UsageError.exit_status)
    return DEFAULT_COMMAND


def _name_the_check(environment: MutableMapping[str, str]) -> None:
    """Write the default command into what a shell asks to be completed, as in `rtcheck plan.dcm --pro<Tab>`."""
    for variable in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"):
        words = environment.get(variable, "").split()
        if len(words) > 2 and not words[1].startswith("-") and words[1] not in COMMANDS:
            environment[variable] = environment[variable].replace(words[0], f"{words[0]} {DEFAULT_COMMAND}", 1)
            if "COMP_CWORD" in environment:
                environment["COMP_CWORD"] = str(int(environment["COMP_CWORD"]) + 1)


def _help_for(words: list[str]) -> NoReturn:
    """The list of commands, or the help of the one that was named (`rtcheck help dvh`)."""
    if words and words[0] in COMMANDS:
        run(words[0], ["--help"], program=PROGRAM)
    from rtcheck.cli.overview import overview
    from rtcheck.cli.standard_output import say

    say(overview())
    raise SystemExit(0)
