"""The protocols to choose from, those that fit the plan first; and one of them as its preview shows it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rtcheck.checking.proposing.drafting import draft_of
from rtcheck.checking.proposing.fitting import Suitability, suggestions
from rtcheck.errors import ProtocolError, RtcheckError
from rtcheck.protocol.file.library import SUFFIXES, is_included, protocol_files
from rtcheck.protocol.file.load import files_named_in, load_protocol
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.importers import import_protocol
from rtcheck.report.telling.words import counted, goal_text
from rtcheck.web.desk.checking import NO_PROTOCOL
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.paths import shown_text
from rtcheck.web.desk.question import EMPTY, Override, Recipe
from rtcheck.web.file_names import protocol_file_name
from rtcheck.web.refusals import Refusal

_ADVICE = "To use a protocol that names other files, start the workbench with --protocol FILE."


@cache
def _library() -> tuple[Protocol, ...]:
    return tuple(load_protocol(path) for path in protocol_files().values())


def listed(desk: Desk, recipe: Recipe | None, added: Mapping[str, Path]) -> dict[str, Any]:
    """Every protocol with how it fits the case; the user's own first, then by fit, then by name."""
    own = [(name, _loaded(desk, path)) for name, path in added.items()]
    rows = [_row(name, protocol, None, is_own=True) for name, protocol in own if protocol is not None]
    library = _library()
    if recipe is None:
        return {"protocols": rows + [_row(protocol.name, protocol, None) for protocol in library]}
    opened = desk.opened(recipe)
    if opened.suited is None:
        opened.suited = suggestions(opened.case(Override()), library)
    fits = opened.suited
    return {"protocols": rows + [_row(protocol.name, protocol, fit) for protocol, fit in fits]}


def shown(desk: Desk, name: str) -> dict[str, Any]:
    """One protocol in full, for its preview."""
    protocol = NO_PROTOCOL if name == EMPTY else desk.protocol(name)
    return {
        "name": protocol.name,
        "version": protocol.version,
        "title": protocol.title,
        "site": protocol.site,
        "note": protocol.note,
        "sources": [{"citation": each.citation, "url": each.url} for each in protocol.sources],
        "constraints": [
            {
                "structure": " | ".join(each.structures),
                "goal": goal_text(each.goal),
                "variation": goal_text(each.variation) if each.variation else "",
                "priority": each.priority,
            }
            for each in protocol.constraints
        ],
        "eligibility": len(protocol.facts) + len(protocol.volume_eligibility),
    }


def imported(desk: Desk, path: Path, place: Path) -> dict[str, Any]:
    """A protocol from an uploaded file: one of rtcheck's own, or another program's, turned into one in `place`.

    `file` is the protocol file, for the server; `losses` are what could not be carried over.
    """
    losses: tuple[str, ...] = ()
    try:
        if path.suffix.lower() in SUFFIXES:
            file = path
            _refuse_other_files(path)
        else:
            made = import_protocol(path)
            losses, file = made.losses, place / protocol_file_name(made.protocol.name)
            file.write_text(made.yaml, encoding="utf-8")
        protocol = desk.protocol(str(file))
    except RtcheckError as error:
        text = shown_text(shown_text(str(error), path.parent), place)
        raise Refusal(422, "web.faulty-protocol", text) from None
    return {"name": protocol.name, "losses": list(losses), "file": str(file)}


def _refuse_other_files(path: Path) -> None:
    """A protocol that comes from elsewhere may extend one of the library; it opens no other file of this machine."""
    for text in files_named_in(path):
        is_path = "/" in text or "\\" in text or Path(text).suffix.lower() in SUFFIXES
        place = path.parent / text if is_path else Path(text)
        is_other = is_path or place.is_file()
        if not is_included(text) and is_other and place.resolve().parent != path.parent.resolve():
            raise ProtocolError((f"{path}: {text} is outside the uploaded files. {_ADVICE}",))


def drafted(desk: Desk, recipe: Recipe, place: Path) -> dict[str, Any]:
    """A draft from the plan's structures, as a protocol file in `place`."""
    case = desk.opened(recipe).case(Override())
    draft = draft_of(case, library=_library(), kept=desk.opened(recipe).kept).as_advice
    file = place / protocol_file_name(draft.protocol.name)
    file.write_text(draft.text, encoding="utf-8")
    return {"name": draft.protocol.name, "losses": [], "file": str(file)}


def _loaded(desk: Desk, path: Path) -> Protocol | None:
    try:
        return desk.protocol(str(path))
    except (RtcheckError, OSError):
        return None


def _row(name: str, protocol: Protocol, fit: Suitability | None, *, is_own: bool = False) -> dict[str, Any]:
    return {
        "id": name,
        "name": protocol.name,
        "version": protocol.version,
        "title": protocol.title,
        "site": protocol.site,
        "limits": counted(len(protocol.constraints), "constraint"),
        "is_own": is_own,
        "fits": fit.is_good if fit else False,
        "why": list(fit.reasons) if fit else [],
    }
