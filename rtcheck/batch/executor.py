"""Jobs -> results through any `concurrent.futures.Executor`, in bounded numbers, surviving workers that die.

A worker that the kernel kills takes its whole process pool down, and with it every job in flight. None of them is
lost: each is tried once more, alone in a pool of its own; the one that kills its worker again is reported as lost.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, TypeVar

from rtcheck.errors import UsageError
from rtcheck.extras import needed
from rtcheck.values import dataclass

Job = TypeVar("Job")
Answer = TypeVar("Answer")

CONNECT_TIMEOUT_S = 10
DASK_CHUNK = 16  # plans a task: one by one was measured ten times slower, for the scheduler's work on each task
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A job whose worker died twice; `reason` is a sentence."""

    reason: str


def run_jobs(
    jobs: Iterable[Job],
    work: Callable[[Job], Answer],
    open_executor: Callable[[], AbstractContextManager[Executor]],
    *,
    in_flight: int,
    chunk: int = 1,
) -> Generator[tuple[Job, Answer | Lost], None, None]:
    """Each job with its answer, in the order of completion. At most `in_flight` chunks wait or run at any time.

    `work` must be importable by name (workers are spawned). It answers for one job and does not raise: an exception
    that does come back counts as a dead worker. A broken executor is left and another one opened.
    """
    chunks = _chunked(jobs, chunk)
    is_done = False
    while not is_done:
        with open_executor() as executor:
            suspects, is_done = yield from _run_until_broken(chunks, work, executor, in_flight)
        for job in suspects:
            yield job, _alone(job, work)


def _run_until_broken(
    chunks: Iterator[list[Job]], work: Callable[[Job], Answer], executor: Executor, in_flight: int
) -> Generator[tuple[Job, Answer | Lost], None, tuple[list[Job], bool]]:
    """Run chunks; at the end return the jobs whose workers died, and whether no chunk is left."""
    running: dict[Future[list[Answer]], list[Job]] = {}
    suspects: list[Job] = []
    is_broken = is_empty = False
    while True:
        while not (is_broken or is_empty) and len(running) < in_flight:
            batch = next(chunks, [])
            is_empty = not batch
            try:
                running |= {executor.submit(_work_all, work, batch): batch} if batch else {}
            except BrokenExecutor:
                suspects += batch
                is_broken = True
        if not running:
            return suspects, is_empty
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            batch = running.pop(future)
            try:
                answers = future.result()
            except (Exception, CancelledError) as error:
                suspects += batch
                is_broken = is_broken or isinstance(error, BrokenExecutor)
            else:
                yield from zip(batch, answers, strict=True)


@contextmanager
def process_pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """`jobs` spawned worker processes, each with numpy held to one thread, gone when their parent is gone.

    On leaving early (Ctrl-C, an error) what has not started is cancelled and the workers are ended.
    """
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=prepare_worker)
    try:
        yield pool
    except BaseException:
        workers = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        raise
    else:
        pool.shutdown()


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it even if it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end_with_parent() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _alone(job: Job, work: Callable[[Job], Answer]) -> Answer | Lost:
    with process_pool(1) as pool:
        try:
            return pool.submit(_work_all, work, [job]).result()[0]
        except BrokenExecutor:
            return Lost(
                reason="The worker process was killed twice, the second time while running alone (out of memory?)."
            )
        except Exception as error:
            return Lost(reason=f"The worker failed twice ({type(error).__name__}).")


def _work_all(work: Callable[[Job], Answer], jobs: list[Job]) -> list[Answer]:
    return [work(job) for job in jobs]


def _chunked(jobs: Iterable[Job], size: int) -> Iterator[list[Job]]:
    remaining = iter(jobs)
    while batch := list(islice(remaining, size)):
        yield batch


@contextmanager
def dask_workers(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at `address` as an executor. Raises UsageError where none answers."""
    connect: Any = needed("distributed", extra="dask", what="--dask needs").Client
    try:
        client = connect(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"No dask scheduler answers at {address} ({type(error).__name__}). Is it running?") from None
    with client:
        yield client.get_executor(pure=False)
