"""The handlers of the API: each finds what a request names, asks a worker, and hands on its answer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rtcheck.protocol.file.library import is_included
from rtcheck.web.desk.goals import parsed_goal
from rtcheck.web.desk.question import EMPTY
from rtcheck.web.refusals import Refusal
from rtcheck.web.service import Handler, Server, json_of, response_of, text_of
from rtcheck.web.sessions import CaseEntry, Session, Upload, of_session
from rtcheck.web.uploads import Receiver, check_room
from rtcheck.web.workers import Answer


async def served_plans(server: Server, _: Request) -> Response:
    """The plans of the served folder, from their headers."""
    if server.served is None:
        return JSONResponse({"plans": [], "omitted": 0})
    worker = server.workers.least_busy()
    return response_of(await server.ask(worker, "find_plans", root=server.served))


async def new_upload(server: Server, request: Request) -> Response:
    """A place for the files of one drop."""
    server.needs_writing()
    session = server.session(request)
    name, folder = session.new_folder("uploads")
    session.uploads[name] = Upload(id=name, folder=folder)
    return JSONResponse({"upload": name})


async def add_files(server: Server, request: Request) -> Response:
    """Files for an upload, streamed."""
    server.needs_writing()
    session = server.session(request)
    upload = of_session(session.uploads, request.path_params["upload"], "upload")
    check_room(upload.folder, server.limits)
    receiver = Receiver(session, upload, server.limits)
    count = await receiver.receive(request.headers.get("content-type", ""), request.stream())
    return JSONResponse({"files": count, "names": sorted(upload.names)[:20]})


async def uploaded_plans(server: Server, request: Request) -> Response:
    """The plans that an upload holds."""
    return await _found(server, request, "find_plans")


async def uploaded_files(server: Server, request: Request) -> Response:
    """The plans, doses and structure sets that an upload holds, to be chosen one by one."""
    return await _found(server, request, "find_files")


async def served_files(server: Server, request: Request) -> Response:
    """The same of a folder of the served one."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    if server.served is None:
        raise Refusal(404, "web.not-found", "No folder is served.")
    answer = await server.ask(
        session.worker, "find_files", root=server.served, path=text_of(values, "path"), private=None
    )
    return response_of(answer)


async def _found(server: Server, request: Request, call: str) -> Response:
    session = server.session(request)
    upload = of_session(session.uploads, request.path_params["upload"], "upload")
    answer = await server.ask(
        session.worker, call, root=upload.folder, private=upload.folder, archives=server.limits.inflated_bytes
    )
    return response_of(answer)


async def check_case(server: Server, request: Request) -> Response:
    """The check of a case by a protocol, with its edits and all that is given beside it."""
    return await of_case(server, request, "check")


async def curves(server: Server, request: Request) -> Response:
    """The DVHs of the structures of a question, and what the slices show."""
    return await of_case(server, request, "curves")


async def one_slice(server: Server, request: Request) -> Response:
    """One slice: the dose on its nodes, the outlines, the CT."""
    return await of_case(server, request, "slice")


async def point(server: Server, request: Request) -> Response:
    """The dose at a point and the structures that it lies in."""
    return await of_case(server, request, "point")


async def of_case(server: Server, request: Request, call: str, **more: Any) -> Response:
    """A call about one case with a question; `more` is what the call takes besides."""
    session, entry, values = await asked_of_case(server, request)
    return response_of(await server.ask(session.worker, call, recipe=entry.recipe, values=values, **more))


async def asked_of_case(server: Server, request: Request) -> tuple[Session, CaseEntry, dict[str, Any]]:
    """The session, the case that the address names, and the question, which names its protocol by a file."""
    session = server.session(request)
    entry = of_session(session.cases, request.path_params["case"], "case")
    values = await json_of(request, server.limits.body_bytes)
    values["protocol"] = protocol_file_of(session, text_of(values, "protocol"))
    return session, entry, values


def protocol_file_of(session: Session, name: str) -> str:
    """A protocol of the library by its name, or the file of one that the session added."""
    added = session.protocols.get(name)
    if added is not None:
        return str(added)
    if name and name != EMPTY and not is_included(name):
        raise Refusal(404, "web.not-found", "Protocol not found. Upload its file.")
    return name


async def command(server: Server, request: Request) -> Response:
    """The command line that repeats the check as it stands, with the files that it names."""
    return await of_case(server, request, "command", letterhead=server.chosen.letterhead)


async def export(server: Server, request: Request) -> Response:
    """The report in one of its formats, or all of it in an archive."""
    return await of_case(server, request, "export", letterhead=server.chosen.letterhead)


async def compare(server: Server, request: Request) -> Response:
    """Two cases of the session side by side."""
    session, first, values = await asked_of_case(server, request)
    second = of_session(session.cases, text_of(values, "with"), "case")
    answer = await server.ask(session.worker, "compare", recipe=first.recipe, second=second.recipe, values=values)
    return response_of(answer)


async def save_protocol(server: Server, request: Request) -> Response:
    """The protocol as edited, as a file."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    values["protocol"] = protocol_file_of(session, text_of(values, "protocol"))
    return response_of(await server.ask(session.worker, "save", values=values))


async def export_protocol(server: Server, request: Request) -> Response:
    """The protocol as edited in another program's form."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    values["protocol"] = protocol_file_of(session, text_of(values, "protocol"))
    return response_of(await server.ask(session.worker, "export_protocol", values=values))


async def draft_protocol(server: Server, request: Request) -> Response:
    """A draft protocol from the structures of a case."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    entry = of_session(session.cases, text_of(values, "case"), "case")
    name, folder = session.new_folder("protocols")
    return _added(session, name, await server.ask(session.worker, "draft", recipe=entry.recipe, place=folder))


def _added(session: Session, name: str, answer: Answer) -> Response:
    """The answer to a protocol that was made; its file is the server's own business."""
    if answer.status != 200:
        return response_of(answer)
    values = json.loads(answer.body)
    session.protocols[name] = Path(values.pop("file"))
    return JSONResponse({"id": name, **values})


async def protocols(server: Server, request: Request) -> Response:
    """The protocols to choose from, in the order in which they fit the case."""
    session = server.session(request)
    case = request.query_params.get("case", "")
    recipe = of_session(session.cases, case, "case").recipe if case else None
    answer = await server.ask(session.worker, "protocols", recipe=recipe, added=dict(session.protocols))
    return response_of(answer)


async def add_protocol(server: Server, request: Request) -> Response:
    """A protocol from a file of any form that can be imported."""
    server.needs_writing()
    session = server.session(request)
    name, folder = session.new_folder("protocols")
    upload = Upload(id=name, folder=folder)
    limits = replace(server.limits, upload_bytes=session.uploaded_bytes + server.limits.protocol_bytes)
    await Receiver(session, upload, limits).receive(request.headers.get("content-type", ""), request.stream())
    if len(upload.names) != 1:
        raise Refusal(400, "web.bad-request", "Send one protocol file.")
    (path,) = upload.names.values()
    answer = await server.ask(session.worker, "import_protocol", path=path, place=folder)
    return _added(session, name, answer)


async def protocol(server: Server, request: Request) -> Response:
    """One protocol in full."""
    session = server.session(request)
    name = protocol_file_of(session, request.path_params["protocol"])
    return response_of(await server.ask(session.worker, "protocol", protocol=name))


async def parse_goal(server: Server, request: Request) -> Response:
    """Whether a text is a goal, where it is not, and how it could go on. Answered here: it takes no file."""
    values = await json_of(request, server.limits.body_bytes)
    names = values.get("names") or []
    if not isinstance(names, list):
        raise Refusal(400, "web.bad-request", "names: expected a list.")
    place = values.get("place")
    known = tuple(name for name in names[:1000] if isinstance(name, str))
    return JSONResponse(parsed_goal(text_of(values, "text", strip=False), place, names=known))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/api/plans", served_plans),
    ("POST", "/api/plans/files", served_files),
    ("POST", "/api/uploads", new_upload),
    ("POST", "/api/uploads/{upload}", add_files),
    ("POST", "/api/uploads/{upload}/plans", uploaded_plans),
    ("POST", "/api/uploads/{upload}/files", uploaded_files),
    ("POST", "/api/cases/{case}/check", check_case),
    ("POST", "/api/cases/{case}/dvh", curves),
    ("POST", "/api/cases/{case}/slice", one_slice),
    ("POST", "/api/cases/{case}/point", point),
    ("POST", "/api/cases/{case}/command", command),
    ("POST", "/api/cases/{case}/export", export),
    ("POST", "/api/cases/{case}/compare", compare),
    ("POST", "/api/goals/parse", parse_goal),
    ("GET", "/api/protocols", protocols),
    ("POST", "/api/protocols", add_protocol),
    ("POST", "/api/protocols/draft", draft_protocol),
    ("POST", "/api/protocols/save", save_protocol),
    ("POST", "/api/protocols/export", export_protocol),
    ("GET", "/api/protocols/{protocol}", protocol),
]
