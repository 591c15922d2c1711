"""Processes that read and check: what a bad file does to one of them, the server survives, and the next call finds
another in its place.

A call is a name of `rtcheck.web.desk.calls` and plain values; it holds all that a fresh process needs to answer it, so
that a process which died is replaced and the call is put again, once.
"""

import asyncio
import gc
import multiprocessing
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from rtcheck.batch.executor import THREAD_VARIABLES
from rtcheck.values import dataclass
from rtcheck.web.refusals import Refusal

LEAST, MOST = 2, 4
_END_S: Final = 3.0
SWITCH_S: Final = 0.0005  # what is made aside lets a question through at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call gave: a body with its media type, or with `status` from 400 on a refusal as JSON.

    `keep` is for the server alone: opaque bytes that it hands back with a later call.
    """

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    file_name: str = ""
    keep: bytes = b""


class WorkerDied(Exception):  # noqa: N818 - no error: the call is put again
    """The process ended before it answered."""


class Worker:
    """One process, one call at a time."""

    def __init__(self, *, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.sessions = 0
        self._is_ended = False
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rtcheck-worker")
        self._process: Any = None
        self._connection: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The process's number; None before the first call."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process before it is needed: its imports take longer than a small check."""
        async with self._turn:
            await self._in_thread(self._started)

    async def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """The answer of one call, put again to a fresh process where the first one died.

        Raises a Refusal where the second dies too, or where it takes too long.
        """
        async with self._turn:
            for attempt in (1, 2):
                try:
                    answer: Answer = await self._in_thread(self._answer, name, arguments)
                    return answer
                except WorkerDied:
                    await self._in_thread(self._end)
                    if attempt == 2 or self._is_ended:
                        break
                except TimeoutError:
                    await self._in_thread(self._end)
                    text = f"This took longer than {self.timeout_s:.0f} s and was stopped. Are the files damaged?"
                    raise Refusal(504, "web.timeout", text) from None
        text = "The process reading these files was killed twice. Is the machine out of memory?"
        raise Refusal(500, "web.worker-died", text)

    async def stop(self) -> None:
        """End the process, whatever it is doing; no call is put again."""
        self._is_ended = True
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
        async with self._turn:
            await self._in_thread(self._end)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _answer(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        connection = self._started()
        try:
            connection.send((name, dict(arguments)))
            if not connection.poll(self.timeout_s):
                raise TimeoutError
            answer: Answer = connection.recv()
        except (EOFError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise WorkerDied from error
        return answer

    def _started(self) -> Connection:
        if self._is_ended:
            raise WorkerDied
        if self._connection is None or not self._process.is_alive():
            self._end()
            self._process, self._connection = start_process(serve_calls)
        return self._connection

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.terminate()
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join()


def start_process(target: Any, *arguments: Any, is_daemon: bool = True) -> tuple[Any, Connection]:
    """A spawned process that runs `target(connection, *arguments)`, and our end of the connection.

    One that is no daemon may start processes of its own.
    """
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=is_daemon)
    process.start()
    theirs.close()
    return process, ours


def serve_calls(connection: Connection) -> None:
    """What a worker process does until the server is gone."""
    from rtcheck.batch.executor import prepare_worker

    prepare_worker()
    _be_the_first_to_go()
    sys.setswitchinterval(SWITCH_S)
    from rtcheck.web.desk.calls import answer
    from rtcheck.web.desk.desk import Desk

    gc.freeze()  # what is imported stays: looking for garbage in it took longer than an answer
    desk = Desk()
    with suppress(EOFError, OSError):
        while True:
            name, arguments = connection.recv()
            connection.send(answer(desk, name, arguments))


def _be_the_first_to_go() -> None:
    """Where memory runs out, the system ends this process and not the server or another program (Linux)."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")


class Workers:
    """As many processes as the machine has cores for; a session stays with one of them, which holds its cases."""

    def __init__(self, *, timeout_s: float, count: int | None = None) -> None:
        count = count or min(MOST, max(LEAST, os.cpu_count() or 1))
        self._workers = [Worker(timeout_s=timeout_s) for _ in range(count)]

    async def start(self, count: int) -> None:
        """Start the first ones; the others start when a session gets them."""
        await asyncio.gather(*(worker.start() for worker in self._workers[:count]))

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    def least_busy(self) -> Worker:
        """The worker with the fewest sessions."""
        return min(self._workers, key=lambda worker: worker.sessions)
