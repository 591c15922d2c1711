"""The handlers of sums: which registrations there are for plans on different images, and the sum of their doses."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rtcheck.checking.courses.by_values import External, parse_external
from rtcheck.errors import UsageError
from rtcheck.web.case_handlers import opened
from rtcheck.web.desk.question import Recipe, ValueSum
from rtcheck.web.refusals import Refusal
from rtcheck.web.service import Handler, Server, json_of, response_of, text_of
from rtcheck.web.sessions import Session, of_session

MOST_PARTS, MOST_REGISTRATIONS = 8, 50
MOST_ALPHA_BETA_GY, MOST_FRACTIONS = 100.0, 1000


async def registrations(server: Server, request: Request) -> Response:
    """The registrations next to cases of the session, around them and in further uploads, if their sum needs any."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    names = _listed(values, "uploads", MOST_REGISTRATIONS)
    uploads = {str(name): of_session(session.uploads, str(name), "upload").folder for name in names}
    recipe = Recipe(
        case="", root=session.folder, path="", place=session.folder, private=session.folder,
        parts=_parts(session, values),
    )  # fmt: skip
    limit = server.limits.inflated_bytes
    answer = await server.ask(session.worker, "registrations", recipe=recipe, uploads=uploads, archives=limit)
    return response_of(answer)


async def open_sum(server: Server, request: Request) -> Response:
    """The doses of several cases of the session, added: a case like any other."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    eqd2 = values.get("eqd2_alpha_beta_gy")
    parts = _parts(session, values)
    if eqd2 is not None and (type(eqd2) not in (int, float) or not 0 < eqd2 <= MOST_ALPHA_BETA_GY):
        raise Refusal(400, "web.bad-request", f"Alpha/beta: expected 0 to {MOST_ALPHA_BETA_GY:g} Gy.")
    structures_of = values.get("structures_of")
    if structures_of is not None and (type(structures_of) is not int or not 0 <= structures_of < len(parts)):
        raise Refusal(400, "web.bad-request", "structures_of: expected the place of a case, from 0.")
    chosen = _chosen(server, session, values)
    name, place = session.new_folder("cases")
    recipe = Recipe(
        case=name,
        root=parts[0].root,
        path="",
        place=place,
        private=session.folder if any(each.private for each in (*parts, *chosen)) else None,
        parts=parts,
        eqd2_alpha_beta_gy=eqd2,
        structures_of=structures_of,
        delivered=_delivered(values, len(parts)),
        registrations=chosen,
    )
    return await opened(server, session, recipe)


async def open_values(server: Server, request: Request) -> Response:
    """The values of several cases of the session, added with external doses: a case like any other."""
    session = server.session(request)
    values = await json_of(request, server.limits.body_bytes)
    external = tuple(_external(each) for each in _listed(values, "external", MOST_PARTS))
    left = values.get("fractions_left")
    if left is not None and (type(left) is not int or not 0 < left < MOST_FRACTIONS):
        raise Refusal(400, "web.bad-request", "fractions_left: expected a number of fractions.")
    parts = _parts(session, values, least=1 if external else 2)
    name, place = session.new_folder("cases")
    recipe = Recipe(
        case=name,
        root=parts[0].root,
        path="",
        place=place,
        private=session.folder if any(part.private for part in parts) else None,
        parts=parts,
        values=ValueSum(external=external, fractions_left=left),
    )
    return await opened(server, session, recipe)


def _external(given: Any) -> External:
    if not isinstance(given, str):
        raise Refusal(400, "web.bad-request", 'external: expected texts such as "45/25".')
    try:
        return parse_external(given)
    except UsageError as error:
        raise Refusal(400, "web.bad-request", str(error).removeprefix("--external ")) from None


def _parts(session: Session, values: dict[str, Any], *, least: int = 2) -> tuple[Recipe, ...]:
    """The recipes of the cases that are added."""
    names = values.get("cases")
    if not isinstance(names, list) or not least <= len(names) <= MOST_PARTS:
        raise Refusal(400, "web.bad-request", f"cases: expected {least} to {MOST_PARTS}.")
    parts = tuple(of_session(session.cases, str(name), "case").recipe for name in names)
    if any(part.parts or part.scenarios for part in parts):
        raise Refusal(409, "web.choose", "A sum is of plans alone, not of sums or of plans with scenarios.")
    return parts


def _delivered(values: dict[str, Any], count: int) -> tuple[int | None, ...]:
    """The fractions given of each part, None for all; nothing where all of every part were given."""
    given = _listed(values, "delivered", MOST_PARTS)
    is_right = all(each is None or (type(each) is int and 0 < each < MOST_FRACTIONS) for each in given)
    if not is_right or len(given) not in (0, count):
        raise Refusal(400, "web.bad-request", "delivered: expected a number of fractions, or null, for each case.")
    return tuple(given) if any(given) else ()


def _chosen(server: Server, session: Session, values: dict[str, Any]) -> tuple[Recipe, ...]:
    """The registrations to use, each of the served folder or of an upload; without any those next to the plans."""
    if values.get("registrations") is None:
        return ()
    given = _listed(values, "registrations", MOST_REGISTRATIONS)
    if not given:
        raise Refusal(400, "web.bad-request", "Choose a registration: the plans are on different images.")
    return tuple(_file(server, session, each) for each in given)


def _file(server: Server, session: Session, values: Any) -> Recipe:
    if not isinstance(values, dict) or not text_of(values, "name", strip=False):
        raise Refusal(400, "web.bad-request", "registrations: expected files, each with its upload and name.")
    name, upload = text_of(values, "name", strip=False), text_of(values, "upload")
    private = of_session(session.uploads, upload, "upload").folder if upload else None
    root = private or server.served
    if root is None:
        raise Refusal(404, "web.not-found", "No folder is served; upload the registration.")
    return Recipe(case="", root=root, path=name, place=session.folder, private=private)


def _listed(values: dict[str, Any], key: str, most: int) -> list[Any]:
    given = values.get(key) or []
    if not isinstance(given, list) or len(given) > most:
        raise Refusal(400, "web.bad-request", f"{key}: expected a list of at most {most}.")
    return given


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/api/sums", open_sum),
    ("POST", "/api/sums/registrations", registrations),
    ("POST", "/api/sums/values", open_values),
]
