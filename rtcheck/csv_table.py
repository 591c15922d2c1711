"""Any table -> CSV text that a spreadsheet opens without running anything in it; CSV text -> its rows.

A byte order mark stands first only where a text is not plain ASCII: Excel reads such files wrongly without one, and
all other readers are spared it elsewhere.
"""

import io
from collections.abc import Iterable, Sequence

from rtcheck.errors import UsageError
from rtcheck.values import dataclass

_RUN_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM = "\ufeff"
_NAMED_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}

_FAULTS = {  # by a part of Python's message
    "unexpected end": "a quotation mark opens a cell and is not closed",
    "expected after": "text follows a quotation mark that closes a cell; within a cell, write the mark twice",
    "field limit": "a cell is longer than any of a table",
}

Cell = str | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """How a CSV file is written: what separates its columns, and whether decimals have a comma ("23,41")."""

    separator: str = ","
    has_decimal_comma: bool = False


PLAIN = CsvForm()


def csv_form(separator: str, *, has_decimal_comma: bool = False) -> CsvForm:
    """The form for a separator as a person gives it: "," ";" or a tab, or one of these by name.

    A decimal comma without a separator goes with semicolons, as Excel writes it where commas are decimal.

    Raises:
        UsageError: the separator is not one of these, or is the decimal comma as well.
    """
    if not separator:
        return CsvForm(separator=";" if has_decimal_comma else ",", has_decimal_comma=has_decimal_comma)
    sign = _NAMED_SEPARATORS.get(separator.strip().lower() or separator, separator.replace("\\t", "\t"))
    if sign not in _NAMED_SEPARATORS.values():
        raise UsageError(f'--csv-separator "{separator}": expected {", ".join(_NAMED_SEPARATORS)}, or the sign itself.')
    if sign == "," and has_decimal_comma:
        raise UsageError("--decimal-comma needs another separator than the comma: add --csv-separator semicolon.")
    return CsvForm(separator=sign, has_decimal_comma=has_decimal_comma)


def table_text(headings: Sequence[str], rows: Iterable[Sequence[Cell]], form: CsvForm = PLAIN) -> str:
    """The table as CSV text, in which nothing is run as a formula."""
    import csv

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", delimiter=form.separator)
    writer.writerow(headings)
    writer.writerows([_cell(value, form) for value in row] for row in rows)
    text = out.getvalue()
    return text if text.isascii() else _BOM + text


def rows_of(text: str, separator: str) -> tuple[list[tuple[int, list[str]]], str]:
    """The rows, each with the line on which it begins, up to a faulty one; and what is wrong with that one, or "".

    A quotation mark that is not closed would make one cell of all rows up to the next mark.

    >>> rows_of('Heart;"Dmean < 26 Gy"', ";")
    ([(1, ['Heart', 'Dmean < 26 Gy'])], '')
    >>> rows_of('Heart;"Dmean < 26 Gy', ";")[1]
    'line 1: a quotation mark opens a cell and is not closed.'
    """
    import csv

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    while True:
        line = reader.line_num + 1
        try:
            rows.append((line, next(reader)))
        except StopIteration:
            return rows, ""
        except csv.Error as fault:
            told = next((said for part, said in _FAULTS.items() if part in str(fault)), str(fault))
            return rows, f"line {line}: {told}."


def inert(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_RUN_AS_FORMULA) else text


def written_by_a_person(text: str) -> str:
    """The text as it was before `inert`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_RUN_AS_FORMULA) else text


def _cell(value: Cell, form: CsvForm) -> str:
    """The value as text; texts that a spreadsheet would run as a formula get an apostrophe before them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return repr(value).replace(".", ",") if form.has_decimal_comma else repr(value)
    return inert(value)
