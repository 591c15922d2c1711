"""Where the time of a run goes: stages that are timed on request, each without those that run within it."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from threading import get_ident
from typing import ParamSpec, TypeVar

from rtcheck.values import dataclass

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

STAGES = ("reading", "geometry", "dose", "bands", "report")
OTHER = "other"
WHOLE = "bands"
"""Uncertainties and convention bands repeat geometry and dose; all of that counts as theirs."""


@dataclass(slots=True, kw_only=True)
class _Clock:
    """Seconds by stage, of the thread that started it; the stages that are running, the innermost last."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*STAGES, OTHER), 0.0))
    running: list[str] = field(default_factory=lambda: [OTHER])
    since: float
    thread: int = field(default_factory=get_ident)

    def note(self) -> None:
        """Give the time since the last change to the stage that was running."""
        now = time.perf_counter()
        stage = WHOLE if WHOLE in self.running else self.running[-1]
        self.seconds[stage] += now - self.since
        self.since = now


_clock: _Clock | None = None


def start() -> None:
    """Time the stages from now on."""
    global _clock
    _clock = _Clock(since=time.perf_counter())


def seconds_by_stage() -> dict[str, float]:
    """The seconds of every stage since `start`, and of what belongs to none ("other"). Timing stops."""
    global _clock
    clock, _clock = _clock, None
    if clock is None:
        return {}
    clock.note()
    return clock.seconds


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count what runs within as this stage, where stages are timed."""
    clock = _clock
    if clock is None or clock.thread != get_ident():
        yield
        return
    clock.note()
    clock.running.append(name)
    try:
        yield
    finally:
        clock.note()
        clock.running.pop()


def timed(name: str) -> Callable[[Callable[Arguments, Answer]], Callable[Arguments, Answer]]:
    """A function that counts as a stage."""

    def decorated(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        @functools.wraps(function)
        def run(*args: Arguments.args, **options: Arguments.kwargs) -> Answer:
            if _clock is None:
                return function(*args, **options)
            with stage(name):
                return function(*args, **options)

        return run

    return decorated
