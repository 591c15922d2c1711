"""The calls that a worker process answers, by name; whatever happens in one becomes an answer."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rtcheck.errors import DicomError, RtcheckError, UsageError, place_of
from rtcheck.web.desk import finding, protocols
from rtcheck.web.desk.checking import as_planned, checked
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.opening import opened_values
from rtcheck.web.desk.paths import shown_text
from rtcheck.web.desk.question import Recipe, question_of
from rtcheck.web.desk.told import told
from rtcheck.web.refusals import Refusal
from rtcheck.web.workers import Answer

Values = Mapping[str, Any]


def answer(desk: Desk, name: str, arguments: Values) -> Answer:
    """The answer of one call; never raises."""
    private = _private(arguments)
    try:
        given = CALLS[name](desk, arguments)
        return given if isinstance(given, Answer) else json_answer(given)
    except Refusal as refusal:
        return refused(refusal.status, refusal.code, str(refusal), private, **refusal.details)
    except DicomError as error:
        return refused(422, error.code, str(error), private)
    except UsageError as error:
        return refused(409, "web.choose", str(error), private)
    except RtcheckError as error:
        return refused(422, "web.unreadable", str(error), private)
    except Exception as error:  # the server outlives any plan
        text = f"Something inside rtcheck went wrong ({place_of(error)}). The plan was not judged."
        return refused(500, "web.internal", text, None)


def json_answer(values: Any, *, status: int = 200) -> Answer:
    """Plain values as an answer."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Answer(status=status, body=text.encode("utf-8", "backslashreplace"))


def refused(status: int, code: str, text: str, private: Path | None, **details: object) -> Answer:
    """A refusal as an answer: a code, a sentence, and what else the page can use."""
    return json_answer({"error": {"code": code, "text": shown_text(text, private), **details}}, status=status)


def _private(arguments: Values) -> Path | None:
    recipe = arguments.get("recipe")
    return recipe.private if isinstance(recipe, Recipe) else arguments.get("private")


def _find_plans(_: Desk, given: Values) -> Any:
    finding.check_archives(given["root"], given.get("archives"))
    found = finding.find_plans(given["root"])
    finding.check_found(found["plans"], given["root"])
    return found


def _find_files(_: Desk, given: Values) -> Any:
    root = given["root"]
    return finding.find_files(root, finding.inside(root, given.get("path", "")))


def _open(desk: Desk, given: Values) -> Any:
    return opened_values(desk, given["recipe"])


def _close(desk: Desk, given: Values) -> Any:
    desk.close(given["case"])
    return {}


def _check(desk: Desk, given: Values) -> Any:
    done = checked(desk, given["recipe"], question_of(given["values"]))
    return told(done, as_planned(desk, done))


def _protocols(desk: Desk, given: Values) -> Any:
    return protocols.listed(desk, given.get("recipe"), given.get("added", {}))


def _import_protocol(desk: Desk, given: Values) -> Any:
    return protocols.imported(desk, given["path"], given["place"])


def _protocol(desk: Desk, given: Values) -> Any:
    return protocols.shown(desk, given["protocol"])


CALLS: dict[str, Callable[[Desk, Values], Any]] = {
    "find_plans": _find_plans,
    "find_files": _find_files,
    "open": _open,
    "close": _close,
    "check": _check,
    "protocols": _protocols,
    "protocol": _protocol,
    "import_protocol": _import_protocol,
}
