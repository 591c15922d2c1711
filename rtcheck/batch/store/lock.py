"""A results folder is written by one process at a time."""

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rtcheck.atomic_write import remove_abandoned, write_aside
from rtcheck.errors import UsageError

HOLDER = ".lock-holder.json"


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for one batch at a time; UsageError where another batch is writing there, and which one.

    What an earlier batch had begun to write when it was killed is removed.

    The lock is an open SQLite transaction on a file of its own: the system drops it with the process, even when killed.
    """
    make_private(folder / ".lock")
    with closing(sqlite3.connect(folder / ".lock", timeout=0.0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"{folder}: another rtcheck batch, watch or listen is writing here{_holder(folder)}. "
                "Wait for it, or choose another --out."
            ) from error
        remove_abandoned(folder)
        write_aside(
            json.dumps({"process": os.getpid(), "host": socket.gethostname(), "since": _now()}), folder / HOLDER
        )
        yield


def make_private(path: Path) -> None:
    """The file is there, for its owner alone if it is new. UsageError where the folder cannot be written."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        told = error.strerror or type(error).__name__
        raise UsageError(f"{path.parent}: results cannot be written here ({told}). Choose another --out.") from None


def _holder(folder: Path) -> str:
    """Who holds the folder, as far as it is known: " (process 4711 on rt-node, since 2026-11-27T18:30Z)"."""
    try:
        held = json.loads((folder / HOLDER).read_text("utf-8"))
        return f" (process {held['process']} on {held['host']}, since {held['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
