"""The calls that a worker process answers, by name; whatever happens in one becomes an answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rtcheck.checking.structures.anatomy import Anatomy
from rtcheck.checking.what_if.robustness import SHIFTING
from rtcheck.checking.what_if.sampling import SAMPLING
from rtcheck.codes import can_be_ignored
from rtcheck.errors import DicomError, RtcheckError, UsageError, place_of
from rtcheck.geometry.solid import Solid
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.web.desk import finding, protocols
from rtcheck.web.desk.batching import batch_rows, run_folder
from rtcheck.web.desk.checking import as_planned, checked, drawn
from rtcheck.web.desk.comparing import compared, difference_values, gamma_of
from rtcheck.web.desk.curves import curve_values
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.exporting import command_values, exported, exported_protocol, saved_protocol
from rtcheck.web.desk.opening import opened_values
from rtcheck.web.desk.paths import shown_text
from rtcheck.web.desk.question import Recipe, millimetres, question_of
from rtcheck.web.desk.registrations import registration_values
from rtcheck.web.desk.slices import box_values, point_values, slice_values
from rtcheck.web.desk.told import told
from rtcheck.web.desk.values import plain
from rtcheck.web.desk.variations import variations_of
from rtcheck.web.refusals import Refusal
from rtcheck.web.workers import Answer

Values = Mapping[str, Any]
Progress = Callable[[int, int], None]


def answer(desk: Desk, name: str, arguments: Values) -> Answer:
    """The answer of one call; never raises."""
    return answered(lambda: CALLS[name](desk, arguments), arguments)


def answered(work: Callable[[], Any], arguments: Values) -> Answer:
    """What the work gives, or why it gives nothing, as an answer."""
    private = _private(arguments)
    try:
        given = work()
        return given if isinstance(given, Answer) else json_answer(given)
    except Refusal as refusal:
        return refused(refusal.status, refusal.code, str(refusal), private, **refusal.details)
    except DicomError as error:
        return refused(422, error.code, str(error), private, can_ignore=can_be_ignored(error.code))
    except UsageError as error:
        return refused(409, "web.choose", str(error), private)
    except RtcheckError as error:
        return refused(422, "web.unreadable", str(error), private)
    except Exception as error:  # the server outlives any plan
        text = f"Internal error in rtcheck ({place_of(error)}). The plan was not evaluated."
        return refused(500, "web.internal", text, ())


def json_answer(values: Any, *, status: int = 200) -> Answer:
    """Plain values as an answer."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Answer(status=status, body=text.encode("utf-8", "backslashreplace"))


def refused(status: int, code: str, text: str, private: Sequence[Path], **details: object) -> Answer:
    """A refusal as an answer: a code, a sentence, and what else the page can use."""
    return json_answer({"error": {"code": code, "text": shown_text(text, *private), **details}}, status=status)


def _private(arguments: Values) -> tuple[Path, ...]:
    recipe, folder = arguments.get("recipe"), arguments.get("private")
    return recipe.private_folders if isinstance(recipe, Recipe) else (folder,) if folder else ()


def _find_plans(_: Desk, given: Values) -> Any:
    finding.check_archives(given["root"], given.get("archives"))
    found = finding.find_plans(given["root"])
    finding.check_found(found["plans"], given["root"])
    return found


def _find_files(_: Desk, given: Values) -> Any:
    root = given["root"]
    return finding.find_files(root, finding.inside(root, given.get("path", "")))


def _registrations(desk: Desk, given: Values) -> Any:
    return registration_values(desk, given["recipe"].parts, given["uploads"], given["archives"])


def _open(desk: Desk, given: Values) -> Any:
    return opened_values(desk, given["recipe"])


def _close(desk: Desk, given: Values) -> Any:
    desk.close(given["case"])
    return {}


def _check(desk: Desk, given: Values) -> Any:
    done = checked(desk, given["recipe"], question_of(given["values"]), defers_bands=True)
    return told(done, as_planned(desk, done))


def _curves(desk: Desk, given: Values) -> Any:
    question = question_of(given["values"])
    done = drawn(desk, given["recipe"], question)
    done.opened.pictures.begin(done.case)
    held = done.opened.curves
    if held is None or held[0] is not done.report or held[1] != question.own_colours:
        curves = curve_values(done.report, own_colours=question.own_colours)
        held = done.opened.curves = (done.report, question.own_colours, curves)
    _, _, curves = held
    return {**curves, "box": box_values(done.case, done.report, done.opened.pictures)}


def _slice(desk: Desk, given: Values) -> Any:
    values = given["values"]
    done = drawn(desk, given["recipe"], question_of(values))
    plane, at_mm = str(values.get("plane")), millimetres(values, "at_mm")
    return slice_values(done.case, done.report, done.opened.pictures, plane, at_mm)


def _point(desk: Desk, given: Values) -> Any:
    values = given["values"]
    done = drawn(desk, given["recipe"], question_of(values))
    anatomy = Anatomy(done.case.structures, kept=done.opened.kept)
    x, y, z = (millimetres(values, f"{axis}_mm") for axis in "xyz")
    return point_values(
        done.case, (x, y, z), lambda number: anatomy.of_rois((number,), asked="", how="").solid or Solid()
    )


def _protocols(desk: Desk, given: Values) -> Any:
    return protocols.listed(desk, given.get("recipe"), given.get("added", {}))


def _import_protocol(desk: Desk, given: Values) -> Any:
    return protocols.imported(desk, given["path"], given["place"])


def _protocol(desk: Desk, given: Values) -> Any:
    return protocols.shown(desk, given["protocol"])


def _command(desk: Desk, given: Values) -> Any:
    return command_values(desk, given["recipe"], question_of(given["values"]), given["letterhead"])


def _export(desk: Desk, given: Values) -> Any:
    values = given["values"]
    question, name = question_of(values), str(values.get("format"))
    is_anonymous = bool(values.get("anonymous", False))
    return exported(desk, given["recipe"], question, name, given["letterhead"], anonymous=is_anonymous)


def _save(desk: Desk, given: Values) -> Any:
    values = given["values"]
    return saved_protocol(desk, question_of(values), str(values.get("title") or "")[:200])


def _export_protocol(desk: Desk, given: Values) -> Any:
    values = given["values"]
    return exported_protocol(desk, question_of(values), str(values.get("form")))


def _compare(desk: Desk, given: Values) -> Any:
    return compared(desk, given["recipe"], given["second"], question_of(given["values"]))


def _draft(desk: Desk, given: Values) -> Any:
    return protocols.drafted(desk, given["recipe"], given["place"])


def _batch_rows(_: Desk, given: Values) -> Any:
    return batch_rows(given["out"], given["unit"])


def _robust(given: Values, progress: Progress) -> Any:
    values = given["values"]
    varied, question = variations_of(values), question_of(values)

    def varying(what: str, done: int, total: int) -> None:
        if what in (SHIFTING, SAMPLING):
            progress(done, total)

    done = checked(Desk(), given["recipe"], question, progress=varying, **varied.options())
    telling = told_in(done.report, question.unit)
    flips = done.report.robustness.flips_verdict if done.report.robustness else False
    bands = done.report.samples.bands if done.report.samples else ()
    return {
        "shifts": telling.shifts,
        "under_shifts": plain(telling.under_shifts),
        "flips_verdict": flips,
        "bands": plain(bands),
    }


def _difference(given: Values, _: Progress) -> Any:
    values = given["values"]
    return difference_values(Desk(), given["recipe"], given["second"], question_of(values), gamma_of(values))


def _batch(given: Values, progress: Progress) -> Any:
    return run_folder(given["root"], given["out"], given["place"], question_of(given["values"]), progress)


LONG_CALLS: dict[str, Callable[[Values, Progress], Any]] = {
    "robust": _robust,
    "difference": _difference,
    "batch": _batch,
}

CALLS: dict[str, Callable[[Desk, Values], Any]] = {
    "find_plans": _find_plans,
    "find_files": _find_files,
    "registrations": _registrations,
    "open": _open,
    "close": _close,
    "check": _check,
    "curves": _curves,
    "slice": _slice,
    "point": _point,
    "command": _command,
    "export": _export,
    "save": _save,
    "export_protocol": _export_protocol,
    "compare": _compare,
    "draft": _draft,
    "batch_rows": _batch_rows,
    "protocols": _protocols,
    "protocol": _protocol,
    "import_protocol": _import_protocol,
}
