"""Errors -> one paragraph on standard error and an exit status: no traceback, and nothing of a patient."""

import os
import sys
from collections.abc import Callable

from rtcheck.errors import RtcheckError, place_of

EVALUATED_NOTHING = 3  # the content could not be read, or something required could not be evaluated
INTERNAL_ERROR = 4
INTERRUPTED = 130


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("RTCHECK_DEBUG"):
            raise
        say_error(internal_error_text(error))
        return INTERNAL_ERROR


def say_error(text: str) -> None:
    """Write an error for people to standard error."""
    sys.stderr.write(f"rtcheck: {text.strip()}\n")


def internal_error_text(error: BaseException) -> str:
    """A fault of rtcheck itself, told so that it can be reported; nothing of the patient is in it."""
    return (
        f"Something inside rtcheck went wrong ({place_of(error)}). The plan was not judged. "
        "This is a fault of rtcheck: please report this line with the output of `rtcheck version` to its authors (the "
        "README says where; no patient data is needed). RTCHECK_DEBUG=1 in the environment shows the details."
    )
