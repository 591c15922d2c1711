"""Several values at once, on the cores that there are: the kernel leaves the interpreter to other threads."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread, current_thread, main_thread
from typing import TypeVar

Value = TypeVar("Value")

MOST_THREADS = 4
"""More wait for one another: a part of all work is in the interpreter."""


def ahead(work: Callable[[Value], object], values: Iterable[Value]) -> None:
    """Let `work` make and keep, for each value, what is needed soon; threads take the values in their order.

    Nothing depends on it: what fails here fails again for the one who needs it, in its place.
    """
    rest = list(values)
    queue = iter(rest)

    def run() -> None:
        for value in queue:
            with suppress(Exception):
                work(value)

    threads = [Thread(target=run, daemon=True) for _ in range(min(_cores(), MOST_THREADS, len(rest)) - 1)]
    with suppress(RuntimeError):  # no more threads are allowed
        for thread in threads:
            thread.start()
    run()
    for thread in threads:
        if thread.ident is not None:
            thread.join()


def _cores() -> int:
    """The cores that this process may use; 1 for a worker, whose fellows use the others."""
    process = sys.modules.get("multiprocessing.process")
    if current_thread() is not main_thread() or (process is not None and process.parent_process() is not None):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
