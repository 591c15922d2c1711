"""Protocol -> the file of another program, and a list of whatever that file cannot hold.

Each form has a writer, and an importer that reads the file back: what differs then is lost, and is listed. So nothing
is lost in silence, whatever a writer leaves out.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rtcheck.errors import RtcheckError, UsageError
from rtcheck.protocol.exporters.lines import Line, lines_of
from rtcheck.protocol.exporters.read_back import differences
from rtcheck.protocol.file.model import Protocol
from rtcheck.protocol.importers.imported import Imported
from rtcheck.values import dataclass

__all__ = ["FORMS", "Exported", "NothingExportedError", "export_protocol"]

FORMS = ("planscorecard", "proknow", "raystation", "clearplan", "csv")


class NothingExportedError(RtcheckError):
    """The form can state none of the constraints; the message names each."""

    exit_status = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The file's text, and what of the protocol it does not hold, one sentence each."""

    text: str
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """`entry` gives what the file says of one line, None where the form has no such metric; `text` is the file."""

    title: str
    entry: Callable[[Line], Any]
    text: Callable[[Protocol, Sequence[Any]], str]
    read: Callable[[str, str], Imported | None]


def export_protocol(protocol: Protocol, form: str) -> Exported:
    """The protocol in one of `FORMS`.

    Raises:
        UsageError: there is no such form.
        NothingExportedError: the form can state none of its constraints.
    """
    if form not in FORMS:
        raise UsageError(f'There is no form "{form}" for protocols; known: {", ".join(FORMS)}.')
    used = _form(form)
    lines, losses = lines_of(protocol)
    entries = [(line, used.entry(line)) for line in lines]
    losses += [f"{line.place}: omitted, because {used.title} cannot state it" for line, one in entries if one is None]
    written = [(line, one) for line, one in entries if one is not None]
    if not written:
        raise NothingExportedError("\n".join((f"{used.title} can state none of the constraints:", *losses)))
    text = used.text(protocol, [one for _, one in written])
    read = used.read(text, protocol.name)
    assert read is not None, "each importer knows the form that its exporter writes"
    losses += differences(protocol, [line for line, _ in written], read.protocol)
    return Exported(text=text, losses=tuple(losses))


def _form(name: str) -> _Form:
    from rtcheck.protocol.exporters import clearplan, plan_score_card, proknow, raystation, table
    from rtcheck.protocol.importers.constraint_csv import import_constraint_csv
    from rtcheck.protocol.importers.plan_score_card import import_plan_score_card
    from rtcheck.protocol.importers.proknow import import_proknow
    from rtcheck.protocol.importers.raystation_dump import import_raystation_csv
    from rtcheck.protocol.importers.tables.table import import_csv

    return {
        "planscorecard": _Form(
            title="PlanScoreCard",
            entry=plan_score_card.entry,
            text=plan_score_card.text,
            read=import_plan_score_card,
        ),
        "proknow": _Form(title="ProKnow", entry=proknow.entry, text=proknow.text, read=import_proknow),
        "raystation": _Form(
            title="RayStation", entry=raystation.entry, text=raystation.text, read=import_raystation_csv
        ),
        "clearplan": _Form(title="ClearPlan", entry=clearplan.entry, text=clearplan.text, read=import_constraint_csv),
        "csv": _Form(title="the table", entry=table.entry, text=table.text, read=import_csv),
    }[name]
