"""A Report -> plain text in aligned columns, one line a constraint: for pipes, files and logs."""

from rtcheck.report.telling.amounts import OUTCOME_SHAPES, VERDICT_SHAPES, VERDICT_WORDS, verdict_text
from rtcheck.report.telling.doubts import doubt_lines
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
from rtcheck.results import CheckItem, Report

GAP = "  "


def plain_text(report: Report, *, anonymous: bool, verbose: bool) -> str:
    """Everything that a person needs, verdict last."""
    blocks = [
        "\n".join(heading_lines(report, anonymous=anonymous)),
        _constraints(rows(report, verbose=verbose)),
        _items("Prescription", report.prescription, verbose=verbose),
        _items("Eligibility", report.eligibility, verbose=verbose),
        _list(TIGHTEST_TITLE, list(tightest_lines(report))),
        _list(ROBUST_TITLE, list(robustness_lines(report))),
        _list(CROSS_CHECK_TITLE, list(cross_check_lines(report))),
        _list("Warnings", [f"! {line}" for line in warning_lines(report, verbose=verbose)]),
        _verdict(report),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _constraints(table: tuple[Row, ...]) -> str:
    if not table:
        return ""
    lines = [HEADINGS, *(row.cells for row in table)]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEADINGS))]
    text = [_line(HEADINGS, widths), GAP.join("-" * width for width in widths)]
    for row in table:
        text.append(_line(row.cells, widths))
        text.extend(f"    {note}" for note in row.notes)
    return "\n".join(text)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (
        cell.rjust(width) if is_right else cell.ljust(width)
        for cell, width, is_right in zip(cells, widths, RIGHT_ALIGNED, strict=True)
    )
    return GAP.join(padded).rstrip()


def _items(title: str, items: tuple[CheckItem, ...], *, verbose: bool) -> str:
    lines = item_lines(items, verbose=verbose)
    shapes = ["!" if line.warns_only and line.outcome == "violated" else OUTCOME_SHAPES[line.outcome] for line in lines]
    return _list(title, [f"{shape} {line.text}" for shape, line in zip(shapes, lines, strict=True)])


def _list(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _verdict(report: Report) -> str:
    stated = f"Verdict: {verdict_text(report)}. {report.reason}"
    plan = "\n".join((stated, *(f"! {line}" for line in doubt_lines(report))))
    if not report.eligibility:
        return plan
    return (
        f"{plan}\nEligibility: {VERDICT_SHAPES[report.eligibility_verdict]} {VERDICT_WORDS[report.eligibility_verdict]}"
    )
