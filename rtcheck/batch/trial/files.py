"""A trial -> its report as HTML, PDF or Excel workbook."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rtcheck.batch.trial.analysis import Trial
from rtcheck.batch.trial.page import TITLE, accrual_svg, funnel_svg, trial_page
from rtcheck.batch.trial.telling import TrialTable, headline, summary, tables
from rtcheck.errors import UsageError
from rtcheck.report.charts.static import standalone
from rtcheck.report.formats.typesetting import letterhead_values, typeset_pdf
from rtcheck.report.formats.workbook import new_workbook, workbook_bytes, write_list
from rtcheck.report.telling.letterhead import Letterhead
from rtcheck.report.telling.outcomes import LOOKS
from rtcheck.report.templates import template_text

SUFFIXES = (".html", ".htm", ".pdf", ".xlsx")
_NO_BREAK, _MAY_BREAK = "\N{NO-BREAK SPACE}", "\N{ZERO WIDTH SPACE}"
_MOST_COLUMNS = 9
"""Of a table on paper; months and sites beyond are in the workbook."""


def trial_report(
    trial: Trial, about: Sequence[tuple[str, str]], path: Path, *, made: str, letterhead: Letterhead | None = None
) -> str | bytes:
    """The report in the format of the path's ending. `made` is when the batch ended: the same data, the same file.

    Raises:
        UsageError: the ending is another.
        MissingExtraError: typst or openpyxl is not installed.
    """
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        return typeset_pdf("trial.typ", _pdf_values(trial, about, letterhead), made=made)
    if suffix == ".xlsx":
        return _workbook(trial, about)
    if suffix in SUFFIXES:
        return trial_page(trial, about, letterhead)
    raise UsageError(f"{path}: a trial report is a file ending in .html, .pdf or .xlsx.")


def _workbook(trial: Trial, about: Sequence[tuple[str, str]]) -> bytes:
    workbook = new_workbook()
    for table in tables(trial, about):
        write_list(workbook, table.title, table.headings, table.widths, table.rows)
    return workbook_bytes(workbook)


def _pdf_values(trial: Trial, about: Sequence[tuple[str, str]], letterhead: Letterhead | None) -> dict[str, Any]:
    failing, rest = headline(trial)
    rules = template_text("trial_static.css")
    accrual = accrual_svg(trial.accrual)
    funnel = funnel_svg(trial.funnel) if trial.funnel else None
    return {
        "title": TITLE,
        "page_kind": "trial report",
        "verdict": f"{failing}{rest}",
        "foot": f"Data {trial.data_hash[:16]}",
        "inks": {kind: look.ink for kind, look in LOOKS.items()},
        "glyphs": {},
        "letterhead": letterhead_values(letterhead),
        "failing": failing,
        "is_failing": bool(trial.verdicts["fail"]),
        "rest": rest,
        "summary": summary(trial),
        "accrual": standalone(accrual, 1108, 206, rules=rules) if accrual else "",
        "funnel": standalone(funnel, 594, 282, rules=rules) if funnel else "",
        "tables": [_on_paper(trial, table) for table in tables(trial, about) if table.title != "Plans"],
    }


def _on_paper(trial: Trial, table: TrialTable) -> dict[str, Any]:
    """The table with texts alone, and no more columns than a page holds: the first, and the last ones."""
    dropped = {"Kind", "Protocol"} if len(trial.protocols) < 2 else {"Kind"}
    columns = [n for n, heading in enumerate(table.headings) if heading not in dropped]
    kept = table.kept_columns
    is_cut = bool(kept) and len(columns) > _MOST_COLUMNS
    if is_cut:
        columns = [*columns[:kept], *columns[kept - _MOST_COLUMNS :]]
    cut = f" The last {_MOST_COLUMNS - kept} columns are shown; the workbook has all." if is_cut else ""
    return {
        "title": table.title,
        "note": table.note + cut,
        "headings": [table.headings[n] for n in columns],
        "widths": [table.widths[n] for n in columns],
        "numbers": [n for n, each in enumerate(columns) if all(isinstance(row[each], int) for row in table.rows)],
        "rows": [[_text(row[n], table.headings[n]) for n in columns] for row in table.rows],
    }


def _text(cell: str | float | None, heading: str) -> str:
    """The cell as text: amounts and rates are not broken between lines, long names may be."""
    text = "" if cell is None else cell if isinstance(cell, str) else f"{cell:g}"
    if "CI" in heading or heading in ("Found", "Off by"):
        return text.replace(" ", _NO_BREAK)
    return text.replace("_", f"_{_MAY_BREAK}").replace("/", f"/{_MAY_BREAK}")
