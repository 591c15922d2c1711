"""The handlers that open a case of a plan's files, and what opens any case."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rtcheck.web.desk.question import Recipe
from rtcheck.web.refusals import Refusal
from rtcheck.web.service import Handler, Server, json_of, response_of, text_of
from rtcheck.web.sessions import CaseEntry, Session, of_session


async def open_case(server: Server, request: Request) -> Response:
    """A case of the served folder or of an upload; what its files are is in the request."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    return await opened(server, session, _recipe(server, session, values))


async def opened(server: Server, session: Session, recipe: Recipe) -> Response:
    """The case of a recipe, which the session has from now on."""
    answer = await server.ask(session.worker, "open", recipe=recipe)
    if answer.status == 200:
        _remember(server, session, recipe)
    return response_of(answer)


def _recipe(server: Server, session: Session, values: dict[str, Any]) -> Recipe:
    upload_name = text_of(values, "upload")
    if upload_name:
        upload = of_session(session.uploads, upload_name, "upload")
        root, private = upload.folder, upload.folder
    elif server.served is not None:
        root, private = server.served, None
    else:
        raise Refusal(404, "web.not-found", "No folder is served; upload the files of a plan.")
    doses = values.get("doses") or []
    if not isinstance(doses, list) or not all(isinstance(dose, str) for dose in doses):
        raise Refusal(400, "web.bad-request", "doses: expected a list of names.")
    ignore = values.get("ignore") or []
    if not isinstance(ignore, list) or not all(isinstance(code, str) for code in ignore):
        raise Refusal(400, "web.bad-request", "ignore: expected a list of codes.")
    scenarios = values.get("scenarios") or {}
    if not isinstance(scenarios, dict) or not all(isinstance(file, str) for file in scenarios.values()):
        raise Refusal(400, "web.bad-request", "scenarios: expected a file name for each scenario.")
    name, place = session.new_folder("cases")
    return Recipe(
        case=name,
        root=root,
        path=text_of(values, "path"),
        place=place,
        plan=text_of(values, "plan"),
        doses=tuple(doses),
        structures=text_of(values, "structures"),
        ignore=tuple(ignore),
        private=private,
        scenarios=tuple(scenarios.items()),
    )


def _remember(server: Server, session: Session, recipe: Recipe) -> None:
    """The case is the session's; where it has too many, the one that was not asked about for longest goes."""
    session.cases[recipe.case] = CaseEntry(id=recipe.case, recipe=recipe)
    while len(session.cases) > server.limits.cases:
        oldest = next(iter(session.cases))
        del session.cases[oldest]
        server.soon(session.worker.call("close", {"case": oldest}))


async def reopened(server: Server, request: Request) -> Response:
    """A case of the session again, as it was opened: after a reload of the page."""
    session = server.session(request)
    entry = of_session(session.cases, request.path_params["case"], "case")
    return response_of(await server.ask(session.worker, "open", recipe=entry.recipe))


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/api/cases", open_case),
    ("GET", "/api/cases/{case}", reopened),
]
