"""Several values at once, on the cores that there are: the kernel leaves the interpreter to other threads."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from typing import TypeVar

Value = TypeVar("Value")

MOST_THREADS = 4
"""More wait for one another: a part of all work is in the interpreter."""

PATIENCE_S = 2e-4
"""How long a thread that comes out of the kernel waits for the interpreter; Python's 5 ms are as long as its work."""


def ahead(work: Callable[[Value], object], values: Iterable[Value]) -> list[Value]:
    """The values; meanwhile `work` makes and keeps, for each of them, what is needed soon.

    Nothing depends on it: what fails here fails again for the one who needs it, in its place.

    >>> squares: dict[int, int] = {}
    >>> ahead(lambda number: squares.update({number: number**2}), range(4))
    [0, 1, 2, 3]
    >>> sorted(squares.values())
    [0, 1, 4, 9]
    """
    queue: SimpleQueue[tuple[Value] | None] = SimpleQueue()

    def run() -> None:
        for (value,) in iter(queue.get, None):
            with suppress(Exception):
                work(value)

    threads = [Thread(target=run, daemon=True) for _ in range(min(_cores(), MOST_THREADS) - 1)]
    found, usual_s = [], sys.getswitchinterval()
    try:
        with suppress(RuntimeError):  # no more threads are allowed
            for thread in threads:
                sys.setswitchinterval(PATIENCE_S)
                thread.start()
        for value in values:
            found.append(value)
            queue.put((value,))
    finally:
        for _ in range(len(threads) + 1):
            queue.put(None)
    run()
    for thread in threads:
        if thread.ident is not None:
            thread.join()
    sys.setswitchinterval(usual_s)
    return found


def _cores() -> int:
    """The cores that this process may use; 1 for a worker, whose fellows use the others."""
    process = sys.modules.get("multiprocessing.process")
    if current_thread() is not main_thread() or (process is not None and process.parent_process() is not None):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
