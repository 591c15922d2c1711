"""A Report -> a rich table for a terminal: colour marks trouble, words and shapes say it without colour too."""

import io

from rich.box import HORIZONTALS
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.report.telling.amounts import OUTCOME_SHAPES, VERDICT_SHAPES, VERDICT_WORDS, verdict_text
from rtcheck.report.telling.doubts import doubt_lines, is_in_doubt
from rtcheck.report.telling.reserve import ROBUST_TITLE, TIGHTEST_TITLE, robustness_lines, tightest_lines
from rtcheck.report.telling.rows import (
    CROSS_CHECK_TITLE,
    HEADINGS,
    RIGHT_ALIGNED,
    Row,
    cross_check_lines,
    heading_lines,
    item_lines,
    rows,
    warning_lines,
)
from rtcheck.results import CheckItem, Outcome, Report, Verdict

OUTCOME_STYLES: dict[Outcome, str] = {
    "met": "green",
    "variation": "yellow",
    "violated": "bold red",
    "not_evaluated": "bold cyan",
    "not_applicable": "dim",
    "waived": "magenta",
}
VERDICT_STYLES: dict[Verdict, str] = {
    "pass": "bold green",
    "variation": "bold yellow",
    "fail": "bold red",
    "not_evaluated": "bold cyan",
}
BORDERLINE_STYLE = "yellow"


def coloured_text(report: Report, *, anonymous: bool, verbose: bool) -> str:
    """Everything that a person needs, verdict last, as wide as the terminal."""
    console = Console(file=io.StringIO(), force_terminal=True, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        for line in heading_lines(report, anonymous=anonymous):
            console.print(_heading(line))
        if report.results:
            table = rows(report, verbose=verbose)
            console.print(_table(table))
            _print_notes(console, table)
        _print_items(console, "Prescription", report.prescription, verbose=verbose)
        _print_items(console, "Eligibility", report.eligibility, verbose=verbose)
        for title, lines in ((TIGHTEST_TITLE, tightest_lines(report)), (ROBUST_TITLE, robustness_lines(report))):
            if lines:
                console.print(Text(f"\n{title}", style="bold"))
                for line in lines:
                    console.print(Padding(Text(line), (0, 0, 0, 2)))
        compared = cross_check_lines(report)
        if compared:
            console.print(Text(f"\n{CROSS_CHECK_TITLE}", style="bold"))
        for line in compared:
            console.print(_hanging(Text("="), line))
        warnings = warning_lines(report, verbose=verbose)
        if warnings:
            console.print(Text("\nWarnings", style="bold"))
        for line in warnings:
            console.print(_hanging(Text("!", style="yellow"), line))
        _print_verdict(console, report)
    return captured.get()


def _heading(line: str) -> Table:
    """ "Plan      Liver 56 Gy": what follows hangs from its label."""
    label, _, told = line.partition("  ")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=9)
    style = "bold" if label == "Protocol" else ""
    grid.add_row(Text(label, style=style), Text(told.strip(), style=style))
    return grid


def _table(table: tuple[Row, ...]) -> Table:
    shown = Table(box=HORIZONTALS, expand=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading, is_right in zip(HEADINGS, RIGHT_ALIGNED, strict=True):
        is_name = heading == "Structure"
        shown.add_column(
            heading,
            justify="right" if is_right else "left",
            no_wrap=not is_name and heading != "Outcome",
            overflow="fold",
        )
    for row in table:
        style = BORDERLINE_STYLE if row.is_borderline and row.outcome == "met" else OUTCOME_STYLES[row.outcome]
        *cells, outcome = row.cells
        shown.add_row(*(Text(cell) for cell in cells), Text(outcome, style=style))
    return shown


def _print_notes(console: Console, table: tuple[Row, ...]) -> None:
    """The reasons below the table: a cell is too narrow for a sentence."""
    for row in table:
        if row.notes:
            structure, metric, *_, outcome = row.cells
            console.print(Text.assemble((f"{outcome[0]} {structure.partition(' = ')[0]} {metric}", "bold")))
        for note in row.notes:
            console.print(Padding(Text(note), (0, 0, 0, 4)))


def _print_items(console: Console, title: str, items: tuple[CheckItem, ...], *, verbose: bool) -> None:
    lines = item_lines(items, verbose=verbose)
    if lines:
        console.print(Text(f"\n{title}", style="bold"))
    for line in lines:
        shape = "!" if line.warns_only and line.outcome == "violated" else OUTCOME_SHAPES[line.outcome]
        console.print(_hanging(Text(shape, style=OUTCOME_STYLES[line.outcome]), line.text))


def _print_verdict(console: Console, report: Report) -> None:
    console.print()
    style = BORDERLINE_STYLE if is_in_doubt(report) else VERDICT_STYLES[report.verdict]
    console.print(Text.assemble("Verdict: ", (verdict_text(report), f"bold {style}"), f"  {report.reason}"))
    for line in doubt_lines(report):
        console.print(_hanging(Text("!", style="bold yellow"), line))
    if report.eligibility:
        verdict = report.eligibility_verdict
        words = f"{VERDICT_SHAPES[verdict]} {VERDICT_WORDS[verdict]}"
        console.print(Text.assemble("Eligibility: ", (words, VERDICT_STYLES[verdict])))


def _hanging(sign: Text, text: str) -> Table:
    """A line that hangs from its sign where it is too long for the terminal."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text("  ").append_text(sign), Text(text))
    return grid
