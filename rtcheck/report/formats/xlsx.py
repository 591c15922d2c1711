"""Report -> an Excel workbook: constraints with their numbers, colours and filters, then items, warnings and origin.

The colours are those of the other reports. Every text is written as text: nothing in the workbook is a formula.
"""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rtcheck.extras import needed
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.telling import Telling
from rtcheck.results import Report

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | float | None

_HEADINGS = (
    "Structure", "Drawn as", "Goal", "Acceptable", "Value", "Unit", "±", "At least", "At most", "Of dose (Gy)",
    "Margin", "Outcome", "Priority", "Shown as", "Other readings", "Why and where", "Source",
)  # fmt: skip
_WIDTHS = (20, 20, 24, 14, 10, 7, 8, 10, 10, 13, 10, 15, 9, 18, 40, 60, 40)
_NUMBERS = ("Value", "±", "At least", "At most", "Of dose (Gy)", "Margin")
_TWO_DECIMALS = "0.00"
_FILLS = {"met": "D9EFE0", "over": "F9D9D5", "var": "FBE9C6", "edge": "FBE9C6", "ne": "E4E6EA"}
_HEAD_FILL = "2B3A4A"
_LONGEST = 32_767  # characters in a cell, by Excel's specification


def render(report: Report, *, anonymous: bool = False, style: ReportStyle = PLAIN) -> bytes:
    """The workbook's bytes.

    Raises:
        MissingExtraError: openpyxl is not installed.
    """
    workbook = new_workbook()
    telling = told_in(report, style.unit, anonymous=anonymous)
    _write_constraints(workbook, telling)
    items = [*telling.prescription, *telling.eligibility]
    write_list(
        workbook, "Plan and eligibility", ("Item", "Expected", "Found", "Outcome", "Note"), (26, 36, 30, 15, 50),
        [(item.item, item.expected, item.found, item.word.text, item.note) for item in items],
    )  # fmt: skip
    write_list(
        workbook, "Plan checks", ("Check", "Expected", "Found", "Outcome", "Priority", "Where", "Note", "Code"),
        (26, 36, 40, 15, 10, 40, 50, 30),
        [
            (line.item, line.expected, line.found, line.word.text, "required" if line.is_required else "advisory",
             line.place, line.note, line.code) for line in telling.plan_checks
        ],
    )  # fmt: skip
    write_list(
        workbook, "How far", ("", "Finding"), (34, 90),
        [
            *([("Dose scale", telling.reach.text)] if telling.reach else []),
            *([("Robustness", telling.shifts)] if telling.shifts else []),
            *((each.constraint, each.said) for each in telling.under_shifts),
            *([("Courses", telling.courses)] if telling.courses else []),
            *((each.constraint, each.text) for each in telling.over_courses),
            *(("Independent check", check.text) for check in telling.checks),
        ],
    )  # fmt: skip
    doubts = {line.code for line in telling.doubts}
    write_list(
        workbook, "Warnings", ("Code", "Warning", "Verdict in doubt"), (28, 110, 17),
        [(line.code, line.text, "yes" if line.code in doubts else "") for line in telling.warnings],
    )  # fmt: skip
    write_list(workbook, "Report", ("", ""), (22, 110), list(_about(telling)))
    workbook.active = 0
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def new_workbook() -> "Workbook":
    workbook: Workbook = needed("openpyxl", extra="xlsx", what="Excel workbooks need").Workbook()
    workbook.remove(workbook.worksheets[0])
    return workbook


def _write_constraints(workbook: "Workbook", telling: Telling) -> None:
    """The verdict in the first line, its doubts below, then one row for each constraint."""
    from openpyxl.styles import Alignment, Font

    sheet = workbook.create_sheet("Constraints")
    told = [f"{telling.verdict.text}: {telling.reason}", *telling.doubt_lines]
    for number, text in enumerate(told, 1):
        _write(sheet, number, [text])
        sheet.cell(number, 1).font = Font(bold=True, size=13 if number == 1 else 11)
    head = len(told) + 2
    _write_head(sheet, head, _HEADINGS, _WIDTHS)
    for number, row in enumerate(telling.rows, head + 1):
        _write(sheet, number, _cells(row))
        for heading in _NUMBERS:
            sheet.cell(number, _HEADINGS.index(heading) + 1).number_format = _TWO_DECIMALS
        sheet.cell(number, _HEADINGS.index("Outcome") + 1).fill = _fill(_FILLS.get(row.word.kind, "FFFFFF"))
        sheet.cell(number, _HEADINGS.index("Why and where") + 1).alignment = Alignment(wrap_text=True, vertical="top")
    last = sheet.cell(head + max(len(telling.rows), 1), len(_HEADINGS)).coordinate
    sheet.auto_filter.ref = f"A{head}:{last}"
    sheet.freeze_panes = sheet.cell(head + 1, 2)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _cells(row: Row) -> tuple[Cell, ...]:
    """One constraint: numbers in full, shown with two decimals."""
    result = row.result
    measurement = result.measurement
    bounds = measurement.bounds or (None, None)
    return (
        row.structure, row.drawn, row.goal, row.variation, measurement.value, measurement.unit,
        measurement.uncertainty, *bounds, measurement.reference_gy, result.margin, row.word.text, row.priority,
        row.value_with_uncertainty, "; ".join(reading.text for reading in row.readings),
        " ".join((row.matched, *row.remarks, *row.where, row.band and f"Convention band {row.band}.")).strip(),
        " ".join(filter(None, (row.sentence and f"“{row.sentence}”", row.citation, row.url))),
    )  # fmt: skip


def _about(telling: Telling) -> Iterator[tuple[Cell, ...]]:
    for card in telling.cards:
        yield card.label, "; ".join((card.title, *card.lines))
    if telling.eligibility:
        yield "Eligibility", telling.eligibility_word.text
    yield from telling.provenance
    for file in telling.files:
        yield file.role, ", ".join(filter(None, (file.name, file.uid, file.why, f"SHA-256 {file.sha256}")))
    if telling.command:
        yield "Command", telling.command


def write_list(
    workbook: "Workbook", title: str, headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[Cell]]
) -> None:
    """A plain sheet, left out if it would be empty."""
    if not rows:
        return
    sheet = workbook.create_sheet(title)
    _write_head(sheet, 1, headings, widths)
    for number, row in enumerate(rows, 2):
        _write(sheet, number, row)


def _write_head(sheet: "Worksheet", number: int, headings: Sequence[str], widths: Sequence[int]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    _write(sheet, number, headings)
    for column, width in enumerate(widths, 1):
        cell = sheet.cell(number, column)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _fill(_HEAD_FILL)
        sheet.column_dimensions[get_column_letter(column)].width = width


def _write(sheet: "Worksheet", number: int, values: Sequence[Cell]) -> None:
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


def _fill(colour: str) -> "PatternFill":
    from openpyxl.styles import PatternFill

    return PatternFill(fill_type="solid", fgColor=colour)
