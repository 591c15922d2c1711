"""A Report -> text for a terminal: a coloured table on a terminal, plain aligned columns elsewhere."""

import sys
from typing import TYPE_CHECKING

from rtcheck.report.formats.text import plain_text
from rtcheck.report.telling.dose_unit import sayer
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.outcomes import verdict_word
from rtcheck.results import Report
from rtcheck.units import DoseUnit

if TYPE_CHECKING:
    from rtcheck.report.telling.style import ReportStyle


def render(
    report: Report,
    *,
    anonymous: bool = False,
    verbose: bool = False,
    is_terminal: bool | None = None,
    style: "ReportStyle | None" = None,
) -> str:
    """The report as a table. `is_terminal`: it may be coloured and wrapped; None asks standard output."""
    unit: DoseUnit = style.unit if style else "Gy"
    if sys.stdout.isatty() if is_terminal is None else is_terminal:
        # rich is imported for a terminal alone: it would be a third of the time of a piped check.
        from rtcheck.report.formats.rich_ import coloured_text

        return coloured_text(report, anonymous=anonymous, verbose=verbose, unit=unit)
    return plain_text(report, anonymous=anonymous, verbose=verbose, unit=unit)


def verdict_line(report: Report, unit: DoseUnit = "Gy") -> str:
    """ "✗ FAIL  Stomach Dmax < 54 Gy is not met: 56.10 Gy, 2.10 Gy over.", and a line for each doubt."""
    word, said = verdict_word(report), sayer(report, unit)
    stated = f"{word.look.sign} {word.text}  {said(report.reason)}"
    return "\n".join((stated, *(f"! {said(line)}" for line in doubt_lines(report))))
