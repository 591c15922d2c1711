"""What the handlers share: the server's state, the body of a request, and answers as HTTP has them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from rtcheck.web.chosen import Chosen
from rtcheck.web.jobs import Jobs
from rtcheck.web.limits import MIB, Limits
from rtcheck.web.refusals import Refusal
from rtcheck.web.sessions import Session, Sessions
from rtcheck.web.workers import Answer, Worker, Workers

SESSION_HEADER = "rtcheck-session"
SCHEMA = "rtcheck.workbench/1"
MOST_CHARACTERS = 4096


@dataclass(slots=True, kw_only=True)
class Server:
    """What the handlers share: `served` is the folder whose plans everybody sees, `chosen` what a page begins with."""

    workers: Workers
    sessions: Sessions
    jobs: Jobs
    limits: Limits
    served: Path | None = None
    chosen: Chosen = field(default_factory=Chosen)
    is_read_only: bool = False
    say: Callable[[str], None] = lambda _: None
    background: set["asyncio.Task[None]"] = field(default_factory=set)

    def session(self, request: Request) -> Session:
        """The session that the page says it is of."""
        return self.sessions.get(request.headers.get(SESSION_HEADER, ""))

    async def ask(self, worker: Worker, name: str, **arguments: Any) -> Answer:
        """The answer of a worker."""
        return await worker.call(name, arguments)

    def soon(self, work: Awaitable[Any]) -> None:
        """Do something that nobody waits for."""

        async def quietly() -> None:
            with suppress(Exception):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def needs_writing(self) -> None:
        """Refuses what puts files on the server where it only reads."""
        if self.is_read_only:
            raise Refusal(403, "web.read-only", "This server is read-only: it opens only the plans in its folder.")


def response_of(answer: Answer) -> Response:
    """An answer as HTTP has it; a file comes with its name."""
    headers = {}
    if answer.file_name:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(answer.file_name)}"
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type, headers=headers)


async def body_of(request: Request, limit_bytes: int) -> bytes:
    """The body of a request, refused as soon as it is larger than allowed."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise Refusal(413, "web.too-large", f"A request of more than {limit_bytes // MIB} MiB is rejected.")
    return body


async def json_of(request: Request, limit_bytes: int) -> dict[str, Any]:
    """The JSON object of a request."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "web.bad-request", "Requests are JSON (content-type: application/json).")
    try:
        values = json.loads(await body_of(request, limit_bytes) or b"{}")
    except (ValueError, RecursionError):
        raise Refusal(400, "web.bad-request", "The request is not JSON.") from None
    if not isinstance(values, dict):
        raise Refusal(400, "web.bad-request", "Expected a JSON object.")
    return values


def text_of(values: dict[str, Any], key: str, *, strip: bool = True) -> str:
    """A text of a request; "" where it is not there."""
    given = values.get(key) or ""
    if not isinstance(given, str) or len(given) > MOST_CHARACTERS:
        raise Refusal(400, "web.bad-request", f"{key}: expected text.")
    return given.strip() if strip else given


Handler = Callable[[Server, Request], Awaitable[Response]]
