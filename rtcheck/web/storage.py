"""A private folder for what is uploaded: gone when the server ends, and at the next start where it was killed.

The folder is held by an open SQLite transaction on a file in it: the system drops it with the process, however that
ends, on every system. A folder whose file nobody holds was left behind.
"""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "rtcheck-serve-"
_HOLD = ".held"


@contextmanager
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder that only this user can enter, removed on leaving; folders that killed servers left go first."""
    parent = parent or Path(tempfile.gettempdir())
    remove_left_behind(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    hold = _hold(folder)
    try:
        yield folder
    finally:
        hold.close()
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind(parent: Path) -> int:
    """How many folders of servers that are no longer there were removed."""
    return sum(_remove_if_left(folder) for folder in parent.glob(f"{PREFIX}*") if _is_ours(folder))


def _hold(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / _HOLD, timeout=0.0, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder of this user: in a shared folder for temporary files anybody may make one."""
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    is_own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return stat.S_ISDIR(status.st_mode) and is_own


def _remove_if_left(folder: Path) -> bool:
    if not (folder / _HOLD).exists():  # another server is just making it, or it is none of ours
        return False
    try:
        hold = _hold(folder)
    except sqlite3.Error:
        return False
    with suppress(sqlite3.Error):
        hold.close()
    shutil.rmtree(folder, ignore_errors=True)
    return True
