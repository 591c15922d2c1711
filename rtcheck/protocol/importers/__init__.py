"""Other programs' constraint files -> protocol files, with a report of whatever could not be carried over."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rtcheck.errors import UsageError
from rtcheck.plugins import PluginError, installed
from rtcheck.protocol.importers.imported import Imported, NothingImportedError
from rtcheck.protocol.importers.reading import decoded

__all__ = ["Imported", "NothingImportedError", "import_protocol"]

FORMS = (
    "PlanScoreCard JSON, ProKnow scorecard JSON, PortPy clinical criteria JSON, CERR criteria JSON, RayStation goals"
    " (XML, JSON, CSV), Eclipse"
    " protocols and Monaco DVH criteria (XML), PlanCheck CSV, ClearPlan CSV, and any table of goals (CSV, XLSX) with"
    " headings for structure and goal"
)
MOST_BYTES = 20_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")


def import_protocol(path: Path | str, *, columns: str = "", part: str = "") -> Imported:
    """The protocol in another program's file, whose form is recognised by its content.

    `columns` states what the columns of a table hold ("structure=A,goal=C"); the file is then read as a table.
    `part` names the order or the set of goals in a file with several.

    Raises:
        UsageError: the file cannot be read, or is of none of the known forms.
        NothingImportedError: not one criterion could be carried over.
    """
    path = Path(path)
    content = _content(path)
    try:
        imported = _imported(content, path.stem, columns, part)
    except UsageError as error:
        raise type(error)(f"{path}: {error}") from None
    if imported is not None:
        return imported
    if path.suffix.lower() in _TABLES or columns:
        text = "no row of headings names a structure and a goal. State the columns: --columns structure=A,goal=C"
        raise UsageError(f"{path}: {text}")
    raise UsageError(f"{path}: not a format that can be imported; known: {FORMS}{_plugged_forms()}.")


def _plugged_forms() -> str:
    names = ", ".join(map(str, installed("importers")))
    return f"; of plug-ins: {names}" if names else ""


def _imported(content: bytes, stem: str, columns: str, part: str) -> Imported | None:
    """What the content gives; `columns` and `part` are "" where they are not stated. None where no form fits."""
    from rtcheck.protocol.importers.tables.headings import stated_columns
    from rtcheck.protocol.importers.tables.sheets import csv_sheets, xlsx_sheets
    from rtcheck.protocol.importers.tables.table import import_table

    if content.startswith(_OLE):
        raise UsageError("a workbook in the old format (.xls), or an encrypted one: save it as .xlsx without password.")
    stated = stated_columns(columns)
    if content.startswith(_ZIP):
        return import_table(xlsx_sheets(content), stem, stated=stated, program="table, XLSX")
    text = decoded(content)
    for read in () if columns else _readers(part):
        imported = read(text, stem)
        if imported is not None:
            return imported
    for plugin in () if columns else installed("importers"):
        imported = plugin.call(text, stem)
        if isinstance(imported, Imported):
            return imported
        if imported is not None:
            raise PluginError(f"the plug-in {plugin} did not return an Imported")
    return import_table(csv_sheets(text), stem, stated=stated, program="table, CSV")


def _readers(part: str) -> tuple[Callable[[str, str], Imported | None], ...]:
    """The importers of texts; each gives None for a text that is not of its form."""
    from rtcheck.protocol.importers.cerr import import_cerr
    from rtcheck.protocol.importers.constraint_csv import import_constraint_csv
    from rtcheck.protocol.importers.plan_score_card import import_plan_score_card
    from rtcheck.protocol.importers.portpy import import_portpy
    from rtcheck.protocol.importers.proknow import import_proknow
    from rtcheck.protocol.importers.raystation_dump import import_raystation_csv, import_raystation_dump
    from rtcheck.protocol.importers.xml_forms.reading import import_xml

    return (
        partial(import_xml, part=part),
        import_plan_score_card,
        import_portpy,
        import_proknow,
        import_raystation_dump,
        import_raystation_csv,
        import_cerr,
        import_constraint_csv,
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB: not a file of constraints.")
        return path.read_bytes()
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
