"""The progress of a batch on a terminal: rate, remaining time, and what came of the plans so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rtcheck.batch.run import Tally


class ProgressBar:
    """Two lines that fill: files looked at, then plans checked. Without a display it does nothing."""

    def __init__(self, display: Any = None) -> None:
        self._display = display
        self._task: Any = None

    def scanned(self, what: str, done: int, total: int) -> None:
        """So many of so many files have been looked at."""
        self._show(what, done, total, "")

    def checked(self, tally: "Tally") -> None:
        """So many plans have been checked."""
        counts = "  ".join(f"{word.replace('_', ' ')} {count}" for word, count in sorted(tally.verdicts.items()))
        self._show("Checking plans", tally.done, tally.plans, counts)

    def _show(self, what: str, done: int, total: int, counts: str) -> None:
        if self._display is None:
            return
        if self._task is None or self._task[0] != what:
            self._task = (what, self._display.add_task(what, total=total, counts=""))
        self._display.update(self._task[1], completed=done, total=total, counts=counts)


@contextmanager
def progress_bar(*, is_shown: bool) -> Iterator[ProgressBar]:
    """A progress bar on standard error, gone from the screen's last line when it is done."""
    if not is_shown:
        yield ProgressBar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(TextColumn):
        """Plans a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f}/s" if speed else "")

    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), Rate(""),
        TimeRemainingColumn(), TextColumn("{task.fields[counts]}"),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as display:
        yield ProgressBar(display)
