"""Long work in a process of its own: robustness, a folder of plans. It tells how far it is, and can be ended.

The workers stay free for questions that a person waits for. A job that dies is told as an answer like any other.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from rtcheck.web.limits import Limits
from rtcheck.web.refusals import Refusal
from rtcheck.web.sessions import new_id
from rtcheck.web.workers import Answer, start_process

KEEP_ALIVE_S = 15.0


@dataclass(slots=True, kw_only=True)
class Job:
    """One piece of long work. `done` of `total` steps are done; `answer` is there once it has ended."""

    id: str
    session: str
    process: Any
    connection: Connection
    done: int = 0
    total: int = 0
    answer: Answer | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake those who follow it."""
        self.changed.set()
        self.changed = asyncio.Event()


class Jobs:
    """The jobs of a server: so many at a time, and one of each kind of a session."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: dict[str, Job] = {}
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="rtcheck-job")

    def start(self, session: str, name: str, arguments: Mapping[str, Any]) -> Job:
        """Begin a job; a Refusal where as many are running as the machine is for."""
        running = [job for job in self._all.values() if job.answer is None]
        if len(running) >= self._limits.jobs:
            raise Refusal(429, "web.busy", "Another computation is running. Try again when it has finished.")
        for ended in [job for job in self._all.values() if job.answer is not None and job.session == session]:
            del self._all[ended.id]
        process, connection = start_process(work, name, dict(arguments), is_daemon=False)
        job = Job(id=new_id(), session=session, process=process, connection=connection)
        self._all[job.id] = job
        asyncio.get_running_loop().create_task(self._follow(job))
        return job

    def get(self, name: str) -> Job:
        """The job of that random name."""
        if name not in self._all:
            raise Refusal(404, "web.not-found", "This computation has ended.")
        return self._all[name]

    def end_of(self, session: str) -> None:
        """End the jobs of a session."""
        for job in [job for job in self._all.values() if job.session == session]:
            self.end(job)
            del self._all[job.id]

    def end(self, job: Job) -> None:
        """End a job, whatever it is doing."""
        if job.answer is None:
            job.process.terminate()

    def stop(self) -> None:
        """End all of them."""
        for job in self._all.values():
            self.end(job)
        self._threads.shutdown(wait=False)

    async def events(self, job: Job) -> AsyncIterator[str]:
        """How far the job is, as server-sent events; the last one holds its answer."""
        while True:
            changed = job.changed
            if job.answer is not None:
                yield _event("end", json.loads(job.answer.body) | {"status": job.answer.status})
                return
            yield _event("progress", {"done": job.done, "total": job.total})
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), KEEP_ALIVE_S)

    async def _follow(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        while job.answer is None:
            try:
                told = await loop.run_in_executor(self._threads, job.connection.recv)
            except (EOFError, OSError, RuntimeError):
                told = _died()
            if isinstance(told, Answer):
                job.answer = told
            else:
                job.done, job.total = told
            job.tell()
        job.connection.close()


def _event(kind: str, values: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(values)}\n\n"


def _died() -> Answer:
    error = {"code": "web.ended", "text": "The computation was stopped before it finished."}
    return Answer(status=500, body=json.dumps({"error": error}).encode())


def work(connection: Connection, name: str, arguments: Mapping[str, Any]) -> None:
    """What a job's process does."""
    from rtcheck.batch.executor import prepare_worker

    prepare_worker()
    from rtcheck.web.desk.calls import LONG_CALLS, answered

    def progress(done: int, total: int) -> None:
        with suppress(OSError):
            connection.send((done, total))

    answer = answered(lambda: LONG_CALLS[name](arguments, progress), arguments)
    with suppress(OSError):
        connection.send(answer)
