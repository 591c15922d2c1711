"""A Report -> plain text in aligned columns, one line a constraint: for pipes, files and logs."""

from collections.abc import Sequence

from rtcheck.report.formats import cells
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.results import Report
from rtcheck.units import DoseUnit

GAP = "  "


def plain_text(report: Report, *, anonymous: bool, verbose: bool, unit: DoseUnit = "Gy") -> str:
    """Everything that a person needs, verdict last."""
    telling = told_in(report, unit, anonymous=anonymous)
    blocks = [
        _about(telling),
        _constraints(telling.shown_rows, verbose=verbose),
        _items(cells.PRESCRIPTION, telling.prescription, verbose=verbose),
        _items(cells.PLAN_CHECKS, telling.plan_checks, verbose=verbose),
        _items(cells.ELIGIBILITY, telling.eligibility, verbose=verbose),
        *(_list(title, lines) for title, lines in cells.blocks(telling, verbose=verbose)),
        _list("Warnings", [f"! {line}" for line in cells.warnings(telling, verbose=verbose)]),
        "\n".join(telling.summary),
        _verdicts(telling),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _about(telling: Telling) -> str:
    told = cells.about(telling)
    width = max(len(label) for label, _ in told)
    return "\n".join(f"{label.ljust(width)}{GAP}{text}" for label, text in told)


def _constraints(rows: Sequence[Row], *, verbose: bool) -> str:
    if not rows:
        return ""
    names, is_right = cells.headings(rows)
    lines = [names, *(cells.cells(row, names) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    text = [_line(names, widths, is_right), GAP.join("-" * width for width in widths)]
    for row, line in zip(rows, lines[1:], strict=True):
        text.append(_line(line, widths, is_right))
        text.extend(f"    {note}" for note in cells.notes(row, verbose=verbose))
    return "\n".join(text)


def _line(line: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(line, widths, is_right, strict=True)
    )
    return GAP.join(padded).rstrip()


def _items(title: str, lines: Sequence[ItemLine], *, verbose: bool) -> str:
    return _list(title, [f"{word.look.sign} {text}" for word, text in cells.items(lines, verbose=verbose)])


def _list(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _verdicts(telling: Telling) -> str:
    stated = [f"Verdict: {telling.verdict.look.sign} {telling.verdict.text}. {telling.reason}"]
    stated += [f"! {line}" for line in telling.doubt_lines]
    if word := cells.eligibility(telling):
        stated.append(f"Eligibility: {word.look.sign} {word.text}")
    return "\n".join(stated)
