"""A Report -> a rich table for a terminal: colour marks trouble, words and shapes say it without colour too."""

import io
from collections.abc import Sequence

from rich.box import HORIZONTALS
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rtcheck.report.formats import cells
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.outcomes import Word
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.results import Report
from rtcheck.units import DoseUnit


def coloured_text(report: Report, *, anonymous: bool, verbose: bool, unit: DoseUnit = "Gy") -> str:
    """Everything that a person needs, verdict last, as wide as the terminal."""
    telling = told_in(report, unit, anonymous=anonymous)
    console = Console(file=io.StringIO(), force_terminal=True, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(_about(telling))
        if telling.shown_rows:
            _print_constraints(console, telling.shown_rows, verbose=verbose)
        _print_items(console, cells.PRESCRIPTION, telling.prescription, verbose=verbose)
        _print_items(console, cells.PLAN_CHECKS, telling.plan_checks, verbose=verbose)
        _print_items(console, cells.ELIGIBILITY, telling.eligibility, verbose=verbose)
        for title, lines in cells.blocks(telling, verbose=verbose):
            _print_title(console, title)
            for line in lines:
                console.print(Padding(Text(line), (0, 0, 0, 2)))
        warnings = cells.warnings(telling, verbose=verbose)
        if warnings:
            _print_title(console, "Warnings")
        for line in warnings:
            console.print(_hanging(Text("!", style="yellow"), line))
        _print_verdicts(console, telling)
    return captured.get()


def _about(telling: Telling) -> Table:
    """What was checked against what; what follows a label hangs from it."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    for label, text in cells.about(telling):
        style = "bold" if label == "Protocol" else ""
        grid.add_row(Text(label, style=style), Text(text, style=style))
    return grid


def _print_constraints(console: Console, rows: Sequence[Row], *, verbose: bool) -> None:
    """The table, and the reasons below it: a cell is too narrow for a sentence."""
    names, is_right = cells.headings(rows)
    table = Table(box=HORIZONTALS, expand=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name, right in zip(names, is_right, strict=True):
        may_wrap = name in ("Structure", "Outcome")
        table.add_column(name, justify="right" if right else "left", no_wrap=not may_wrap, overflow="fold")
    for row in rows:
        *shown, outcome = cells.cells(row, names)
        table.add_row(*(Text(cell) for cell in shown), Text(outcome, style=row.word.look.style))
    console.print(table)
    for row in rows:
        notes = cells.notes(row, verbose=verbose)
        if notes:
            console.print(Text(f"{row.word.look.sign} {row.name}", style="bold"))
        for note in notes:
            console.print(Padding(Text(note), (0, 0, 0, 4)))


def _print_title(console: Console, title: str) -> None:
    console.print(Text(f"\n{title}", style="bold"))


def _print_items(console: Console, title: str, lines: Sequence[ItemLine], *, verbose: bool) -> None:
    shown = cells.items(lines, verbose=verbose)
    if shown:
        _print_title(console, title)
    for word, text in shown:
        console.print(_hanging(Text(word.look.sign, style=word.look.style), text))


def _print_verdicts(console: Console, telling: Telling) -> None:
    console.print()
    for line in telling.summary:
        console.print(Text(line))
    console.print(Text.assemble("Verdict: ", _stamp(telling.verdict), f"  {telling.reason}"))
    for line in telling.doubt_lines:
        console.print(_hanging(Text("!", style="bold yellow"), line))
    if word := cells.eligibility(telling):
        console.print(Text.assemble("Eligibility: ", _stamp(word)))


def _stamp(word: Word) -> tuple[str, str]:
    return f"{word.look.sign} {word.text}", f"bold {word.look.style}"


def _hanging(sign: Text, text: str) -> Table:
    """A line that hangs from its sign where it is too long for the terminal."""
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text("  ").append_text(sign), Text(text))
    return grid
