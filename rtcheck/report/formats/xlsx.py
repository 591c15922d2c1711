"""Report -> an Excel workbook: constraints with their numbers, colours and filters, then items, warnings and origin.

The colours are those of the other reports. Every text is written as text: nothing in the workbook is a formula.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rtcheck.report.formats.workbook import (
    FILLS,
    Cell,
    fill,
    new_workbook,
    workbook_bytes,
    write_head,
    write_list,
    write_row,
)
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.telling import Telling
from rtcheck.results import Report
from rtcheck.units import PER_GY, DoseUnit

if TYPE_CHECKING:
    from openpyxl import Workbook

_HEADINGS = (
    "Structure", "Drawn as", "Goal", "Acceptable", "Value", "Unit", "±", "At least", "At most", "Of dose (Gy)",
    "Margin", "Outcome", "Priority", "Shown as", "Other readings", "Why and where", "Source",
)  # fmt: skip
_WIDTHS = (20, 20, 24, 14, 10, 7, 8, 10, 10, 13, 10, 15, 9, 18, 40, 60, 40)
_NUMBERS = ("Value", "±", "At least", "At most", "Of dose (Gy)", "Margin")
_TWO_DECIMALS = "0.00"


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
    write_list(
        workbook, "DVH bands", ("Structure", f"Dose ({style.unit})", "5th percentile (%)", "Median (%)",
                                "95th percentile (%)"), (26, 13, 20, 13, 20), list(_bands(report, style.unit)),
    )  # fmt: skip
    doubts = {line.code for line in telling.doubts}
    write_list(
        workbook, "Warnings", ("Code", "Warning", "Verdict in doubt"), (28, 110, 17),
        [(line.code, line.text, "yes" if line.code in doubts else "") for line in telling.warnings],
    )  # fmt: skip
    write_list(workbook, "Report", ("", ""), (22, 110), list(_about(telling)))
    workbook.active = 0
    return workbook_bytes(workbook)


def _write_constraints(workbook: "Workbook", telling: Telling) -> None:
    """The verdict in the first line, its doubts below, then one row for each constraint."""
    from openpyxl.styles import Alignment, Font

    sheet = workbook.create_sheet("Constraints")
    told = [f"{telling.verdict.text}: {telling.reason}", *telling.doubt_lines]
    for number, text in enumerate(told, 1):
        write_row(sheet, number, [text])
        sheet.cell(number, 1).font = Font(bold=True, size=13 if number == 1 else 11)
    head = len(told) + 2
    write_head(sheet, head, _HEADINGS, _WIDTHS)
    for number, row in enumerate(telling.rows, head + 1):
        write_row(sheet, number, _cells(row))
        for heading in _NUMBERS:
            sheet.cell(number, _HEADINGS.index(heading) + 1).number_format = _TWO_DECIMALS
        sheet.cell(number, _HEADINGS.index("Outcome") + 1).fill = fill(FILLS.get(row.word.kind, "FFFFFF"))
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


def _bands(report: Report, unit: DoseUnit) -> Iterator[tuple[Cell, ...]]:
    """The DVHs of the samples: of each structure and dose the percentiles of the volume. [%]"""
    for band in report.samples.bands if report.samples else ():
        for dose_gy, *shares in zip(band.dose_gy, band.low, band.middle, band.high, strict=True):
            yield band.structure, PER_GY[unit] * dose_gy, *(100 * share for share in shares)


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
