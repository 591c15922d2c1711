"""Other programs' constraint files -> protocol files, with a report of whatever could not be carried over."""

from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.protocol.importers.imported import Imported, NothingImportedError

__all__ = ["Imported", "NothingImportedError", "import_protocol"]

_FORMS = "PlanScoreCard JSON, PortPy clinical criteria JSON, PlanCheck CSV and ClearPlan CSV"


def import_protocol(path: Path | str) -> Imported:
    """The protocol in another program's file, whose form is recognised by its content.

    Raises:
        UsageError: the file cannot be read, or is of none of the known forms.
        NothingImportedError: not one criterion could be carried over.
    """
    from rtcheck.protocol.importers.constraint_csv import import_constraint_csv
    from rtcheck.protocol.importers.plan_score_card import import_plan_score_card
    from rtcheck.protocol.importers.portpy import import_portpy

    path = Path(path)
    text = _text(path)
    for read in (import_plan_score_card, import_portpy, import_constraint_csv):
        try:
            imported = read(text, path.stem)
        except UsageError as error:
            raise type(error)(f"{path}: {error}") from None
        if imported is not None:
            return imported
    raise UsageError(f"{path}: not a format that can be imported; known: {_FORMS}.")


def _text(path: Path) -> str:
    """The file's text: UTF-8, else the Western code page that spreadsheets write."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
