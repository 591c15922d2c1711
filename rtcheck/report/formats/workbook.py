"""Tables -> sheets of an Excel workbook. Every text is written as text: nothing in a workbook is a formula."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rtcheck.extras import needed

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | float | None

FILLS = {"met": "D9EFE0", "over": "F9D9D5", "var": "FBE9C6", "edge": "FBE9C6", "ne": "E4E6EA"}
_HEAD_FILL = "2B3A4A"
_LONGEST = 32_767  # characters in a cell, by Excel's specification


def new_workbook() -> "Workbook":
    """A workbook without sheets. Raises MissingExtraError where openpyxl is not installed."""
    workbook: Workbook = needed("openpyxl", extra="xlsx", what="Excel workbooks need").Workbook()
    workbook.remove(workbook.worksheets[0])
    return workbook


def workbook_bytes(workbook: "Workbook") -> bytes:
    """The file."""
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def sheet_bytes(title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet."""
    workbook = new_workbook()
    write_list(workbook, title, headings, [max(12, len(heading) + 4) for heading in headings], rows)
    return workbook_bytes(workbook)


def write_list(
    workbook: "Workbook", title: str, headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[Cell]]
) -> None:
    """A plain sheet with a frozen head, left out if it would be empty."""
    if not rows:
        return
    sheet = workbook.create_sheet(title)
    write_head(sheet, 1, headings, widths)
    for number, row in enumerate(rows, 2):
        write_row(sheet, number, row)


def write_head(sheet: "Worksheet", number: int, headings: Sequence[str], widths: Sequence[int]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    write_row(sheet, number, headings)
    for column, width in enumerate(widths, 1):
        cell = sheet.cell(number, column)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), fill(_HEAD_FILL)
        sheet.column_dimensions[get_column_letter(column)].width = width


def write_row(sheet: "Worksheet", number: int, values: Sequence[Cell]) -> None:
    """The values from column A on; a text that begins like a formula stays a text."""
    from math import isfinite

    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for column, value in enumerate(values, 1):
        if value is None or (isinstance(value, float) and not isfinite(value)):
            continue
        cell = sheet.cell(number, column)
        if isinstance(value, str):
            cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:_LONGEST]
            cell.data_type = "s"
        else:
            cell.value = value


def fill(colour: str) -> "PatternFill":
    from openpyxl.styles import PatternFill

    return PatternFill(fill_type="solid", fgColor=colour)
