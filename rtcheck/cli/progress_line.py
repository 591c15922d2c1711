"""How far a step is that takes more than two seconds, on one line of the terminal."""

import sys
import time

from rtcheck.progress import Progress

SHOWN_AFTER_S = 2.0
SHOWN_AGAIN_AFTER_S = 0.1
WIDTH = 30


def progress_line() -> Progress | None:
    """What draws a bar on standard error while a step goes on; None where that is no terminal."""
    return _Line() if sys.stderr.isatty() else None


class _Line:
    """Draws nothing for a step that is quick, and wipes what it drew when the step is done."""

    def __init__(self) -> None:
        self._what = ""
        self._next_s = 0.0
        self._drawn = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if what != self._what:
            self._what, self._next_s = what, now_s + SHOWN_AFTER_S
        if done >= total:
            self._draw("")
            self._what = ""
        elif now_s >= self._next_s:
            filled = WIDTH * done // total
            self._draw(f"{what} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}")
            self._next_s = now_s + SHOWN_AGAIN_AFTER_S

    def _draw(self, text: str) -> None:
        if text or self._drawn:
            sys.stderr.write(f"\r{text:{self._drawn}}" if text else f"\r{'':{self._drawn}}\r")
            sys.stderr.flush()
        self._drawn = len(text)
