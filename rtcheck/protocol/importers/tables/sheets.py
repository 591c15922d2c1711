"""CSV text or an XLSX workbook -> sheets of text cells, merged cells filled downward."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from rtcheck.csv_table import rows_of
from rtcheck.errors import UsageError
from rtcheck.extras import needed
from rtcheck.protocol.importers.reading import shown
from rtcheck.protocol.language.scanner import number_text
from rtcheck.values import dataclass

MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_BYTES = 50_000_000  # of a workbook, unpacked
SEPARATORS = ";,\t|"
_THREE_DECIMALS = re.compile(r"\d{1,3}\.\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows of cells as text. `struck` are the rows (from 0) with a struck-through cell: limits no longer in force."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    separator: str = ""
    struck: frozenset[int] = frozenset()
    fault: str = ""  # why the rows end before the text does


def csv_sheets(text: str) -> Iterator[Sheet]:
    """The text read with each separator that occurs in it; which one is meant shows in the headings.

    Raises:
        UsageError: the table has more rows or columns than a table of limits has.
    """
    for separator in SEPARATORS:
        if separator in text:
            lines, fault = rows_of(text, separator)
            rows = tuple(tuple(cell.strip() for cell in row) for _, row in lines)
            _require_size("the table", len(rows), max(map(len, rows), default=0))
            yield Sheet(name="", rows=rows, separator=separator, fault=fault)


def xlsx_sheets(content: bytes) -> tuple[Sheet, ...]:
    """The visible sheets of a workbook.

    Raises:
        MissingExtraError: openpyxl is not installed.
        UsageError: the file is not a workbook, is encrypted, declares entities, or is too large.
    """
    _require_harmless(content)
    openpyxl = needed("openpyxl", extra="xlsx", what="Reading an XLSX table needs")
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content))
    except Exception as fault:  # openpyxl lets errors of every kind through for damaged files
        raise UsageError(f"the workbook cannot be read ({type(fault).__name__}).") from None
    return tuple(_sheet(each, formulas[each.title]) for each in book.worksheets if each.sheet_state == "visible")


def _require_harmless(content: bytes) -> None:
    """Refuse archives that unpack to more than a workbook of limits, and parts with a document type declaration."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise UsageError(f"the workbook unpacks to more than {MOST_BYTES // 1_000_000} MB.")
            for part in archive.namelist():
                if part.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part).upper():
                    raise UsageError(f"the workbook's part {part} has a document type declaration.")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        raise UsageError("the workbook is damaged or encrypted.") from None


def _sheet(sheet: Any, formulas: Any) -> Sheet:
    """The sheet with its values; `formulas` is the same sheet with its formulas.

    Raises:
        UsageError: it is too large, or a formula was saved without its value: the cell would pass for an empty one.
    """
    _require_size(f'the sheet "{sheet.title}"', sheet.max_row, sheet.max_column)
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and sheet[cell.coordinate].value is None:
                text = f"cell {cell.coordinate} has a formula without its value: open the workbook and save it once."
                raise UsageError(f'the sheet "{shown(sheet.title)}": {text}')
    cells = [[_text(cell) for cell in row] for row in sheet.iter_rows()]
    struck = {
        number
        for number, row in enumerate(sheet.iter_rows())
        if any(cell.value is not None and cell.font is not None and cell.font.strike for cell in row)
    }
    for merged in sheet.merged_cells.ranges:
        anchor = cells[merged.min_row - 1][merged.min_col - 1]
        for row in cells[merged.min_row : merged.max_row]:
            row[merged.min_col - 1] = anchor
        if merged.min_row - 1 in struck:
            struck.update(range(merged.min_row, merged.max_row))
    return Sheet(name=sheet.title, rows=tuple(map(tuple, cells)), struck=frozenset(struck))


def _text(cell: Any) -> str:
    """A cell as it is shown: a number formatted as a percentage with its %, a whole number without ".0"."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).strip()
    if "%" in str(cell.number_format):
        return f"{number_text(round(value * 100, 9))} %"
    text = number_text(value)
    return f"{text}0" if _THREE_DECIMALS.fullmatch(text) else text  # so that nobody takes 1.125 for 1125


def _require_size(what: str, rows: int, columns: int) -> None:
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        text = f"{what} has {rows} rows and {columns} columns; at most {MOST_ROWS} and {MOST_COLUMNS} are read."
        raise UsageError(text)
