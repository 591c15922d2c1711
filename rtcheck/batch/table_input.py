"""A table that a person made, CSV or Excel -> its headings and its rows with their lines."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rtcheck.csv_table import rows_of, written_by_a_person
from rtcheck.errors import UsageError
from rtcheck.extras import needed
from rtcheck.protocol.importers.reading import decoded
from rtcheck.values import dataclass

MOST_BYTES = 50_000_000
SEPARATORS = ",;\t"
EXCEL = (".xlsx", ".xlsm")
_YES, _NO = ("yes", "y", "1", "true", "x", "ja"), ("no", "n", "0", "false", "nein", "")


@dataclass(frozen=True, slots=True)
class TableInput:
    """`rows` are (line, cells) with as many cells as there are headings; empty rows are left out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_table(path: Path) -> TableInput:
    """The table: the first sheet of a workbook, or CSV, whatever separates its columns.

    Raises:
        UsageError: the file cannot be read, or is far too large.
        MissingExtraError: it is a workbook, and openpyxl is not installed.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: larger than {MOST_BYTES} bytes: not a table of plans or patients.")
        lines = list(_excel_rows(path) if path.suffix.lower() in EXCEL else _csv_rows(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or type(error).__name__}.") from None
    headings = tuple(heading.strip() for heading in lines[0][1]) if lines else ()
    filled = [(line, cells) for line, cells in lines[1:] if any(cell.strip() for cell in cells)]
    wide = next((line for line, cells in filled if any(cell.strip() for cell in cells[len(headings) :])), None)
    if wide is not None:
        why = "a number with a decimal comma is cut at it; put it in quotation marks"
        raise UsageError(f"{path}:{wide}: more cells than the {len(headings)} headings. If commas separate, {why}.")
    return TableInput(headings, tuple((line, _fitted(cells, len(headings))) for line, cells in filled))


def yes_or_no(text: str) -> bool | None:
    """What a cell answers; an empty one is no. None for any other text.

    >>> [yes_or_no(text) for text in ("Yes", "x", "0", "", "perhaps")]
    [True, True, False, False, None]
    """
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows and their lines; the separator is the one that stands most often in the first of them."""
    text = decoded(path.read_bytes())
    rows, fault = rows_of(text, max(SEPARATORS, key=text.partition("\n")[0].count))
    if fault:
        raise UsageError(f"{path}: cannot be read as a table: {fault}")
    return iter(rows)


def _excel_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet, with the values that its formulas had when it was saved."""
    openpyxl = needed("openpyxl", extra="xlsx", what="Excel workbooks need")
    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = list(workbook.worksheets[0].iter_rows(values_only=True))
        workbook.close()
        workbook = openpyxl.load_workbook(path, read_only=True)
        formulas = [
            (line, place)
            for line, row in enumerate(workbook.worksheets[0].iter_rows(), 1)
            for place, cell in enumerate(row)
            if cell.data_type == "f"
        ]
        workbook.close()
    except Exception as error:  # openpyxl lets those of zipfile, of the XML parser and its own through
        raise UsageError(f"{path}: cannot be read as an Excel workbook ({type(error).__name__}).") from None
    empty = next((line for line, place in formulas if rows[line - 1][place] is None), None)
    if empty is not None:
        text = "a formula without its value, which would pass for an empty cell: open the workbook and save it once."
        raise UsageError(f"{path}:{empty}: {text}")
    return ((number, [_text(value) for value in row]) for number, row in enumerate(rows, 1))


def _text(value: Any) -> str:
    """A cell as a person would write it: whole numbers without decimals, dates as 2026-11-28."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def _fitted(cells: list[str], columns: int) -> tuple[str, ...]:
    """The cells stripped, as many as there are columns, each as it was before it was made safe for spreadsheets."""
    return tuple(written_by_a_person(cell.strip()) for cell in (cells + [""] * columns)[:columns])
