"""A question -> files: the report in every format, the protocol as edited, and the command line that repeats it all.

What was given on the page is first written to the files that the command line names, and the check is made from them:
so a report, its command and its files belong together.
"""

import io
import shlex
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtcheck.errors import RtcheckError
from rtcheck.protocol.editing.saving import protocol_file
from rtcheck.protocol.exporters import export_protocol
from rtcheck.protocol.file.library import protocol_files
from rtcheck.protocol.file.model import Protocol
from rtcheck.report import FORMATS, render
from rtcheck.report.telling.letterhead import read_letterhead
from rtcheck.report.telling.style import ReportStyle
from rtcheck.values import dataclass
from rtcheck.web.desk.beside import KINDS, texts_of
from rtcheck.web.desk.checking import Checked, checked, edited_protocol, protocol_of
from rtcheck.web.desk.desk import Desk, beside_of, written
from rtcheck.web.desk.paths import with_shown_record
from rtcheck.web.desk.question import EMPTY, Question, Recipe
from rtcheck.web.file_names import protocol_file_name
from rtcheck.web.refusals import Refusal
from rtcheck.web.workers import Answer

STEM = "rtcheck_report"
ALL = "zip"
MEDIA_TYPES = {
    "table": "text/plain",
    "json": "application/json",
    "html": "text/html",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "junit": "application/xml",
    "markdown": "text/markdown",
    "sr": "application/dicom",
    "fhir": "application/fhir+json",
    "zip": "application/zip",
    "yaml": "application/yaml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """A check with the words of the command that repeats it, and the files that it names besides the plan's."""

    done: Checked
    style: ReportStyle
    words: tuple[str, ...]
    files: tuple[Path, ...]

    @property
    def command(self) -> str:
        return shlex.join(self.words)


def repeatable(desk: Desk, recipe: Recipe, question: Question, letterhead: Path | None) -> Repeatable:
    """The check made from files, as a command line would make it. A scaled dose is no plan that anybody could check."""
    if question.dose_scale != 1.0:
        text = "The dose is scaled. Set it back to 100 %: a report is always that of the plan as it is."
        raise Refusal(409, "web.scaled", text)
    place = recipe.place / "export"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, mode=0o700)
    protocol, files = protocol_in_file(desk, place, question)
    named = files[0].name if files else protocol.name
    beside = beside_of(place, texts_of(question))
    given = [place / f"{kind}.yaml" for kind in KINDS if getattr(beside, kind) is not None]
    options = (*_options(question, [path.name for path in given]), *_looks(question, letterhead))
    words = (*words_of_case(recipe, question), "--protocol", named, *options)
    again = replace(question, protocol=str(files[0]) if files else protocol.name, edits=None)
    done = checked(desk, replace(recipe, place=place), again, command=words)
    report = with_shown_record(done.report, [place, recipe.place, *recipe.private_folders])
    style = ReportStyle(
        own_colours=question.own_colours,
        unit=question.unit,
        letterhead=read_letterhead(letterhead) if letterhead is not None else None,
    )
    return Repeatable(done=replace(done, report=report), style=style, words=words, files=(*files, *given))


def protocol_in_file(desk: Desk, place: Path, question: Question) -> tuple[Protocol, tuple[Path, ...]]:
    """The protocol as a file holds it, and its files: as edited, and what it extends. Of the library it needs none."""
    original = protocol_of(desk, question.protocol)
    changed = edited_protocol(original, question)
    own = "" if changed is original else protocol_file_name(changed.name)
    base, extended = _copied(original, place, taken={own, *(f"{kind}.yaml" for kind in KINDS)})
    if changed is original:
        if question.protocol == EMPTY:
            raise Refusal(409, "web.no-protocol", "The protocol is empty: add a constraint first.")
        return original, base
    if not changed.constraints:
        raise Refusal(409, "web.no-protocol", "Every constraint was removed: keep or add one first.")
    path = written(place, own, protocol_file(extended, changed, name=changed.name))
    return desk.protocol(str(path)), (path, *base)


def _copied(original: Protocol, place: Path, *, taken: set[str]) -> tuple[tuple[Path, ...], Protocol]:
    """The original beside the files, where it is none of the library, under a name that none of them has."""
    if original.path is None or protocol_files().get(original.name) == original.path:
        return (), original
    name = original.path.name
    while name in taken:
        name = f"base_{name}"
    copy = Path(shutil.copy(original.path, place / name))
    return (copy,), replace(original, path=copy)


def words_of_case(recipe: Recipe, question: Question) -> tuple[str, ...]:
    """The plan's files as its user has them, and what is given in place of the plan's."""
    words = list(_words_of_sum(recipe) if recipe.parts else _words_of_plan(recipe))
    for target, dose_gy in question.override.dose_rx:
        words += ["--dose-rx", f"{target}={dose_gy:g}" if target else f"{dose_gy:g}"]
    words += ["--fractions", str(question.override.fractions)] if question.override.fractions else []
    words += ["--dose-is", question.override.dose_is] if question.override.dose_is else []
    ignored = (*recipe.ignore, *(code for part in recipe.parts for code in part.ignore), *question.override.ignore)
    for code in dict.fromkeys(ignored):
        words += ["--ignore", code]
    return ("rtcheck", *words)


def _words_of_plan(recipe: Recipe) -> tuple[str, ...]:
    words = [_shown(recipe, recipe.path)]
    words += ["--plan", _shown(recipe, recipe.plan)] if recipe.plan else []
    for dose in recipe.doses:
        words += ["--dose", _shown(recipe, dose)]
    words += ["--structures", _shown(recipe, recipe.structures)] if recipe.structures else []
    for name, file in recipe.scenarios:
        words += ["--scenario", f"{name}={_shown(recipe, file)}"]
    return tuple(words)


def _words_of_sum(recipe: Recipe) -> tuple[str, ...]:
    """Each plan by its own file. A command line cannot name the other files of a plan that is added."""
    if any(part.doses or part.structures for part in recipe.parts):
        text = "Files of a plan of this sum were chosen one by one; no command line can repeat that."
        raise Refusal(409, "web.choose", text)
    paths = _distinct([_shown(part, part.plan or part.path) for part in recipe.parts], "plan")
    if recipe.values:
        words = [*paths, "--sum-values"]
        for each in recipe.values.external:
            words += ["--external", each.text]
        left = recipe.values.fractions_left
        return (*words, *(["--fractions-left", str(left)] if left else []))
    eqd2 = recipe.eqd2_alpha_beta_gy
    words = [*paths, *(["--sum"] if eqd2 is None else ["--sum-eqd2", f"{eqd2:g}"])]
    words += [] if recipe.structures_of is None else ["--structures-of", paths[recipe.structures_of]]
    for path, fractions in zip(paths, recipe.delivered or [None] * len(paths), strict=True):
        words += ["--delivered", f"{path}={fractions}"] if fractions else []
    for name in _distinct([_shown(each, each.path) for each in recipe.registrations], "registration"):
        words += ["--registration", name]
    return tuple(words)


def _distinct(names: list[str], what: str) -> list[str]:
    """The names; where some are alike (dropped under one name), as if each were in a folder of its own."""
    return names if len(set(names)) == len(names) else [f"{what}_{n}/{name}" for n, name in enumerate(names, 1)]


def _shown(recipe: Recipe, name: str) -> str:
    """A file as its user has it: of an upload below the folder that was dropped."""
    return name or "." if recipe.private else str(recipe.root / name)


def _options(question: Question, given: list[str]) -> tuple[str, ...]:
    words: list[str] = []
    for name in given:
        words += [f"--{name.removesuffix('.yaml')}", name]
    words += ["--require-eligibility"] if question.require_eligibility else []
    words += ["--reference-date", question.reference_date.isoformat()] if question.reference_date else []
    words += ["--drawn-only"] if question.drawn_only else []
    return tuple(words)


def _looks(question: Question, letterhead: Path | None) -> tuple[str, ...]:
    """The options for how reports look; JSON is the same without them."""
    words = ["--unit", question.unit] if question.unit != "Gy" else []
    words += ["--own-colours"] if question.own_colours else []
    words += ["--letterhead", str(letterhead)] if letterhead is not None else []
    return tuple(words)


def command_values(desk: Desk, recipe: Recipe, question: Question, letterhead: Path | None) -> dict[str, object]:
    """The command line, and the files that have to be saved beside it."""
    made = repeatable(desk, recipe, question, letterhead)
    return {
        "command": made.command,
        "files": [{"name": path.name, "text": path.read_text(encoding="utf-8")} for path in made.files],
        "formats": [*FORMATS, ALL],
    }


def exported(
    desk: Desk, recipe: Recipe, question: Question, name: str, letterhead: Path | None, *, anonymous: bool
) -> Answer:
    """The report in one format, or everything in one archive."""
    made = repeatable(desk, recipe, question, letterhead)
    if name == ALL:
        return Answer(body=_archive(made, anonymous=anonymous), media_type=MEDIA_TYPES[ALL], file_name=f"{STEM}.zip")
    if name not in FORMATS:
        raise Refusal(400, "web.bad-request", f"Unknown format {name}; known: {', '.join(FORMATS)} and {ALL}.")
    return Answer(
        body=_rendered(made, name, anonymous=anonymous),
        media_type=MEDIA_TYPES[name],
        file_name=f"{STEM}{FORMATS[name].suffixes[0]}",
    )


def _rendered(made: Repeatable, name: str, *, anonymous: bool) -> bytes:
    content = render(made.done.report, name, anonymous=anonymous, style=made.style)
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


def _archive(made: Repeatable, *, anonymous: bool) -> bytes:
    """The report as page, record and table, with the files that the command names and the command itself.

    What is anonymous holds neither: folders are named after patients, and facts are of one.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("html", "json", "csv"):
            content = _rendered(made, name, anonymous=anonymous)
            archive.writestr(f"{STEM}{FORMATS[name].suffixes[0]}", content)
        if not anonymous:
            for path in made.files:
                archive.writestr(path.name, path.read_bytes())
            archive.writestr("command.txt", f"{made.command}\n")
    return stream.getvalue()


def saved_protocol(desk: Desk, question: Question, title: str) -> Answer:
    """The protocol as edited, as a file that extends the original."""
    original = protocol_of(desk, question.protocol)
    changed = edited_protocol(original, question)
    if not changed.constraints:
        raise Refusal(409, "web.no-protocol", "A protocol needs at least one constraint.")
    name = question.saved_as or changed.name
    text = protocol_file(original, changed, name=name, title=title)
    return Answer(body=text.encode(), media_type=MEDIA_TYPES["yaml"], file_name=protocol_file_name(name))


def exported_protocol(desk: Desk, question: Question, form: str) -> dict[str, Any]:
    """The protocol as edited in another program's form, with what that cannot hold."""
    changed = edited_protocol(protocol_of(desk, question.protocol), question)
    try:
        made = export_protocol(changed, form)
    except RtcheckError as error:
        raise Refusal(422, "web.bad-request", str(error)) from None
    suffix = "json" if made.text.startswith("{") else "csv"
    return {"name": f"{changed.name}_{form}.{suffix}", "text": made.text, "losses": list(made.losses)}
