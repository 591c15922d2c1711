"""How far the search through a large folder is, on one line of the terminal."""

import sys
from collections.abc import Callable

SHOWN_FROM = 500
"""Fewer files are looked through before anyone could read a line."""

WIDTH = 30
STEP = 50


def scan_progress() -> Callable[[int, int], None] | None:
    """What draws a progress bar on standard error while a folder is searched; None where that is no terminal."""
    return _draw if sys.stderr.isatty() else None


def _draw(done: int, total: int) -> None:
    if total < SHOWN_FROM or (done % STEP and done != total):
        return
    filled = WIDTH * done // total
    bar = "#" * filled + "." * (WIDTH - filled)
    end = "\r" + " " * (WIDTH + 40) + "\r" if done == total else ""
    sys.stderr.write(f"\rSearching files [{bar}] {done}/{total}{end}")
    sys.stderr.flush()
