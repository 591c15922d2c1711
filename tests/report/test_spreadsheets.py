"""Files for spreadsheets: separators, decimals, rounded values, limits set twice; nothing runs as a formula."""

import csv
import io
from dataclasses import replace

import pytest
from support.reports import phantom_report

from rtcheck.csv_table import csv_form
from rtcheck.errors import UsageError
from rtcheck.report.formats import csv_
from rtcheck.results import RobustConstraint, Robustness


def test_a_german_spreadsheet_reads_decimals_with_a_comma() -> None:
    text = csv_.render(phantom_report(), form=csv_form("", has_decimal_comma=True))
    row = next(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))
    assert (row["limit"], row["value"], row["protocol_version"]) == ("24", "22,2", "2022.1")


@pytest.mark.parametrize("separator", ["|", "comma;", ".", "--"])
def test_other_separators_are_refused(separator: str) -> None:
    with pytest.raises(UsageError, match="comma, semicolon, tab"):
        csv_form(separator)


def test_rounded_values_stand_beside_full_ones() -> None:
    row = next(csv.DictReader(io.StringIO(csv_.render(phantom_report()).lstrip("\ufeff"))))
    assert (row["shown_value"], row["shown_margin"]) == ("22.20 Gy", "1.80 Gy to spare")


def test_one_limit_for_two_targets_keeps_the_shifts_of_each() -> None:
    report = phantom_report()
    twice = (report.results[0], report.results[0])
    found = tuple(
        RobustConstraint(
            structure=each.structure, goal=each.goal.text, unit="Gy", outcome="met", is_required=True, nominal=22.2,
            worst=worst, worst_scenario="shift x+3 mm", passing=14, evaluated=14, scenarios=14, flips=False,
        )
        for each, worst in zip(twice, (23.0, 23.5), strict=True)
    )  # fmt: skip
    shifted = Robustness(
        shift_mm=(3.0, 3.0, 5.0), margin_mm=0.0, scenarios=("a",), constraints=found, flips_verdict=False
    )
    text = csv_.render(replace(report, results=twice, robustness=shifted))
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    assert [row["worst_under_shifts"] for row in rows] == ["23.0", "23.5"]


def test_a_workbook_has_filters_numbers_colours_and_no_formula() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from rtcheck.report.formats import xlsx

    report = phantom_report()
    hostile = replace(report.results[0], structure='=HYPERLINK("http://x")\x07')
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(replace(report, results=(hostile, *report.results[1:])))))
    sheet = book["Constraints"]
    assert sheet.auto_filter.ref.startswith("A3:")
    first = {sheet.cell(3, column).value: sheet.cell(4, column) for column in range(1, sheet.max_column + 1)}
    assert (first["Value"].value, first["Value"].number_format) == (22.2, "0.00")
    assert first["Structure"].value == '=HYPERLINK("http://x")\N{REPLACEMENT CHARACTER}'
    assert {cell.data_type for each in book for row in each.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    colours = {row[0].value: row[11].fill.fgColor.rgb for row in sheet.iter_rows(min_row=4)}
    assert colours["Stomach"] != colours["Kidney_L"]
