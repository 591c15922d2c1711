"""The handlers of long work: begun with one request, followed by server-sent events, ended by another."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from rtcheck.units import PER_GY
from rtcheck.web.desk.comparing import gamma_of
from rtcheck.web.desk.variations import variations_of
from rtcheck.web.handlers import asked_of_case, protocol_file_of
from rtcheck.web.refusals import Refusal
from rtcheck.web.service import Handler, Server, json_of, response_of, text_of
from rtcheck.web.sessions import of_session


async def robust(server: Server, request: Request) -> Response:
    """The check again under shifts, and with other contours."""
    session, entry, values = await asked_of_case(server, request)
    variations_of(values)  # what cannot be is refused before a process is begun for it
    job = server.jobs.start(session.id, "robust", {"recipe": entry.recipe, "values": values})
    return JSONResponse({"job": job.id})


async def difference(server: Server, request: Request) -> Response:
    """The doses of two cases point by point, and gamma."""
    session, first, values = await asked_of_case(server, request)
    second = of_session(session.cases, text_of(values, "with"), "case")
    gamma_of(values)
    arguments = {"recipe": first.recipe, "second": second.recipe, "values": values}
    return JSONResponse({"job": server.jobs.start(session.id, "difference", arguments).id})


async def batch(server: Server, request: Request) -> Response:
    """Every plan of the served folder under one question; what did not change is not computed again."""
    session = server.session(request)
    if server.served is None:
        raise Refusal(404, "web.not-found", "No folder is served.")
    values = await json_of(request, server.limits.body_bytes)
    values["protocol"] = protocol_file_of(session, text_of(values, "protocol"))
    place = session.folder / "batch"
    place.mkdir(exist_ok=True, mode=0o700)
    arguments = {"root": server.served, "out": place / "results", "place": place, "values": values}
    job = server.jobs.start(session.id, "batch", arguments)
    return JSONResponse({"job": job.id})


async def batch_rows(server: Server, request: Request) -> Response:
    """What the batch has found so far."""
    session = server.session(request)
    out, unit = session.folder / "batch" / "results", request.query_params.get("unit", "Gy")
    if unit not in PER_GY:
        raise Refusal(400, "web.bad-request", f"unit: expected {' or '.join(PER_GY)}.")
    return response_of(await server.ask(session.worker, "batch_rows", out=out, unit=unit))


async def events(server: Server, request: Request) -> Response:
    """How far a job is, until it has ended."""
    job = server.jobs.get(request.path_params["job"])
    return StreamingResponse(server.jobs.events(job), media_type="text/event-stream")


async def cancel(server: Server, request: Request) -> Response:
    """End a job."""
    session = server.session(request)
    job = server.jobs.get(request.path_params["job"])
    if job.session != session.id:
        raise Refusal(404, "web.not-found", "This computation has ended.")
    server.jobs.end(job)
    return JSONResponse({})


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/api/cases/{case}/robust", robust),
    ("POST", "/api/cases/{case}/difference", difference),
    ("POST", "/api/batch", batch),
    ("GET", "/api/batch", batch_rows),
    ("GET", "/api/jobs/{job}/events", events),
    ("POST", "/api/jobs/{job}/cancel", cancel),
]
