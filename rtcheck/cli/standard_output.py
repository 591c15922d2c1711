"""Text and bytes to standard output, and what becomes of it where nobody reads it or no room is left."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rtcheck.errors import UsageError


def say(text: str) -> None:
    """Write it at once, whatever the encoding: a sign that it lacks becomes a question mark.

    Raises UsageError where it cannot be written, BrokenPipeError where whoever read it has left.
    """
    with _writing():
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError:
            encoding = sys.stdout.encoding or "ascii"
            sys.stdout.write(text.encode(encoding, errors="replace").decode(encoding))


def give(content: bytes) -> None:
    """Write bytes at once. Raises as `say`."""
    with _writing():
        sys.stdout.buffer.write(content)


@contextmanager
def _writing() -> Iterator[None]:
    """What is written within is written out at the end."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def unwritable(error: OSError) -> UsageError:
    """Why standard output took no more. What Python still holds for it is given up: it would complain on leaving."""
    give_up()
    return UsageError(f"Standard output cannot be written: {error.strerror}.")


def give_up() -> None:
    """Whatever else is written to standard output goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
