"""Several values at once, on the cores that there are: the kernel leaves the interpreter to other threads."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from typing import TypeVar

Value = TypeVar("Value")

MOST_THREADS = 4
"""More wait for one another: a part of all work is in the interpreter."""

MOST_WAITING = 12
"""For each thread; beyond, what is there is done first, while what it is made of is still at hand."""

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

    def run_one(value: Value) -> None:
        with suppress(Exception):
            work(value)

    def run() -> None:
        for (value,) in iter(queue.get, None):
            run_one(value)

    found = []
    with _threads(run) as threads:
        try:
            for value in values:
                found.append(value)
                queue.put((value,))
                while queue.qsize() > MOST_WAITING * threads + MOST_WAITING and (taken := queue.get()) is not None:
                    run_one(*taken)
        finally:
            for _ in range(threads + 1):
                queue.put(None)
        run()
    return found


def has_cores() -> bool:
    """Whether there are several cores for this process: only then is anything gained ahead."""
    return _cores() > 1


@contextmanager
def _threads(run: Callable[[], None]) -> Iterator[int]:
    """How many threads run it besides this one, on the cores that this one leaves; at the end they are awaited."""
    usual_s, threads = sys.getswitchinterval(), []
    try:
        with suppress(RuntimeError):  # no more threads are allowed
            for _ in range(min(_cores(), MOST_THREADS) - 1):
                thread = Thread(target=run, daemon=True)
                thread.start()
                threads.append(thread)
                sys.setswitchinterval(PATIENCE_S)
        yield len(threads)
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual_s)


def _cores() -> int:
    """The cores that this process may use; 1 for a worker, whose fellows use the others."""
    process = sys.modules.get("multiprocessing.process")
    if current_thread() is not main_thread() or (process is not None and process.parent_process() is not None):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
