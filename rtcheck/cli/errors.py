"""Errors -> one paragraph on standard error and an exit status: no traceback, and nothing of a patient."""

import os
import sys
from collections.abc import Callable
from typing import Any

from rtcheck.cli.standard_output import give_up
from rtcheck.errors import RtcheckError, UsageError, harmless, place_of

EVALUATED_NOTHING = 3  # the content could not be read, or something required could not be evaluated
INTERNAL_ERROR = 4
INTERRUPTED = 130
ISSUES = "https://github.com/rtcheck/rtcheck/issues"
"""Where bugs are reported: the address in pyproject.toml, as a test checks."""

NO_PROTOCOL = (
    "No protocol given: use --protocol NAME (`rtcheck protocols list`) or --protocol FILE. `rtcheck PATH --suggest` "
    "lists the protocols that fit the plan. For metrics without limits use `rtcheck dvh PATH`."
)

LAYOUT = "\n\t"  # what an error may do on a terminal besides writing


def run_guarded(command: Callable[[], int | None]) -> int:
    """The exit status of the command, whatever happens in it."""
    try:
        return command() or 0
    except RtcheckError as error:
        say_error(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        say_error("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left (`rtcheck ... | head`); Python would complain once more on closing stdout.
        give_up()
        return 0
    except Exception as error:
        if os.environ.get("RTCHECK_DEBUG"):
            raise
        say_error(internal_error_text(error))
        return INTERNAL_ERROR


def say_error(text: str) -> None:
    """Write an error for people to standard error; on a terminal long lines break between words."""
    lines = f"rtcheck: {harmless(text.strip(), kept=LAYOUT)}".splitlines()
    if sys.stderr.isatty():
        lines = [part for line in lines for part in _wrapped(line)]
    sys.stderr.write("\n".join(lines) + "\n")


def _wrapped(line: str) -> list[str]:
    """The line as wide as the terminal; an indented line is a quotation with its underline, and stays whole."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    is_whole = line.startswith(" ") or len(line) < width
    return [line] if is_whole else textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def say_usage_error(error: Any, program: str) -> int:
    """What is wrong with the words of a command, as Typer's parser found it, and what to do; the exit status."""
    option = next(iter(getattr(getattr(error, "param", None), "opts", ())), "")
    is_missing = "Missing" in type(error).__name__
    if option == "--protocol" and is_missing:
        text = NO_PROTOCOL
    else:
        text = _instead(error) or str(error.format_message()).rstrip()
    say_error(f"{text}\n`{program} --help` lists the options.")
    return UsageError.exit_status


def _instead(error: Any) -> str:
    """What there is in place of an option that other programs have, --html or --report; "" for all others."""
    from rtcheck.report import FORMATS

    name = str(getattr(error, "option_name", ""))
    parameters = getattr(getattr(getattr(error, "ctx", None), "command", None), "params", ())
    options = {option for each in parameters for option in each.opts}
    if name.removeprefix("--") in FORMATS and {"--format", "--output"} <= options:
        return f"No such option: {name}. --format {name[2:]} chooses the format, -o FILE the file."
    if name in ("--report", "--out") and "--output" in options:
        return f"No such option: {name}. -o FILE writes to a file, in the format of its extension."
    return ""


def internal_error_text(error: BaseException) -> str:
    """The message for a bug in rtcheck: enough to report it, without anything of the patient."""
    return (
        f"Internal error ({place_of(error)}). The plan was not evaluated. This is a bug in rtcheck. Please report this "
        f"line and the output of `rtcheck version` at {ISSUES}, without patient data. "
        "Set RTCHECK_DEBUG=1 in the environment to see the details."
    )
