"""The server: addresses -> calls. Nothing of a file is read here; that is done in the worker processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rtcheck import __version__
from rtcheck.errors import place_of
from rtcheck.web import case_handlers, handlers, long_handlers, pages, sum_handlers
from rtcheck.web.guard import Gate, Guard
from rtcheck.web.refusals import Refusal, not_found
from rtcheck.web.service import SCHEMA, Handler, Server

SWEEP_EVERY_S = 10.0


async def state(server: Server, _: Request) -> Response:
    """What the page needs to know of the server before anything else."""
    return JSONResponse(
        {
            "schema": SCHEMA,
            "version": __version__,
            "read_only": server.is_read_only,
            "served": server.served.name if server.served else None,
            "protocol": next(iter(_own_protocol(server)), server.chosen.protocol),
            "unit": server.chosen.unit,
            "own_colours": server.chosen.own_colours,
            "drawn_only": server.chosen.drawn_only,
            "has_letterhead": server.chosen.letterhead is not None,
            "limits": {"upload_bytes": server.limits.upload_bytes, "upload_files": server.limits.upload_files},
        }
    )


def _own_protocol(server: Server) -> dict[str, Path]:
    """The protocol file that the command chose, by its name; every session has it. Empty where it is of the library."""
    path = Path(server.chosen.protocol)
    return {path.name: path} if path.suffix else {}


async def open_session(server: Server, request: Request) -> Response:
    session = server.sessions.open()
    server.sessions.arrive(session, request.query_params.get("page", ""))
    session.protocols.update(_own_protocol(server))
    server.soon(session.worker.start())
    return JSONResponse({"session": session.id})


async def leave_session(server: Server, request: Request) -> Response:
    server.sessions.leave(request.path_params["session"], request.query_params.get("page", ""))
    return JSONResponse({})


async def here(server: Server, request: Request) -> Response:
    """A sign of life."""
    server.sessions.arrive(server.session(request), request.query_params.get("page", ""))
    return JSONResponse({})


async def page(_: Server, __: Request) -> Response:
    return pages.response("index.html")


async def page_file(_: Server, request: Request) -> Response:
    found = pages.response(request.path_params["file"])
    if found.status_code == 404:
        raise not_found("file")
    return found


def routes() -> list[tuple[str, str, Handler]]:
    """Method, address and handler of every call."""
    return [
        ("GET", "/", page),
        ("GET", "/page/{file:path}", page_file),
        ("GET", "/api/state", state),
        ("POST", "/api/sessions", open_session),
        ("POST", "/api/sessions/{session}/leave", leave_session),
        ("POST", "/api/here", here),
        *case_handlers.ROUTES,
        *sum_handlers.ROUTES,
        *handlers.ROUTES,
        *long_handlers.ROUTES,
    ]


def make_app(server: Server, gate: Gate, *, on_ready: Callable[[], None] = lambda: None) -> Guard:
    """The application behind its gate; `on_ready` is called when it begins to answer."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        sweeper = asyncio.get_running_loop().create_task(_sweep(server))
        server.soon(server.workers.start(2 if server.served else 1))  # one lists the plans, the other opens one
        on_ready()
        try:
            yield
        finally:
            sweeper.cancel()
            server.jobs.stop()
            await server.workers.stop()

    def bound(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            return await _guarded(server, handler, request)

        return handle

    app = Starlette(
        routes=[Route(path, bound(handler), methods=[method]) for method, path, handler in routes()],
        lifespan=lifespan,
        exception_handlers={404: _no_such_address, 405: _no_such_address},
    )
    return Guard(app, gate)


async def _guarded(server: Server, handler: Handler, request: Request) -> Response:
    """The handler's response; whatever goes wrong is told in JSON, and nothing of it in full."""
    try:
        return await handler(server, request)
    except Refusal as refusal:
        return _refused(refusal.status, refusal.code, str(refusal), refusal.details)
    except ClientDisconnect:
        return Response(status_code=499)
    except Exception as error:
        server.say(f"a bug in rtcheck: {place_of(error)}")
        return _refused(500, "web.internal", f"Internal error in rtcheck ({place_of(error)}).", {})


def _refused(status: int, code: str, text: str, details: Mapping[str, object]) -> Response:
    return JSONResponse({"error": {"code": code, "text": text, **details}}, status_code=status)


async def _no_such_address(_: Request, error: Exception) -> Response:
    return _refused(getattr(error, "status_code", 404), "web.not-found", "Unknown address.", {})


async def _sweep(server: Server) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        server.sessions.sweep()
