"""A CSV table that a person made -> its headings and its rows with their lines, whatever separates its columns."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from rtcheck.errors import UsageError

MOST_BYTES = 50_000_000
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class CsvInput:
    """`rows` are (line, cells) with as many cells as there are headings; empty rows are left out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_csv(path: Path) -> CsvInput:
    """The table; the separator is the one that stands most often in the first line.

    Raises:
        UsageError: the file cannot be read, or is far too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: larger than {MOST_BYTES} bytes: not a table of plans or patients.")
        text = path.read_text("utf-8-sig")
        separator = max(SEPARATORS, key=text.partition("\n")[0].count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        headings = tuple(heading.strip() for heading in next(reader, []))
        filled = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
        return CsvInput(headings, tuple((line, _fitted(row, len(headings))) for line, row in filled))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read as a CSV table ({type(error).__name__}).") from None


def _fitted(cells: list[str], columns: int) -> tuple[str, ...]:
    """The cells stripped, as many as there are columns."""
    return tuple(cell.strip() for cell in (cells + [""] * columns)[:columns])
