"""A Report -> text for a terminal: a coloured table on a terminal, plain aligned columns elsewhere."""

import sys

from rtcheck.report.formats.text import plain_text
from rtcheck.report.telling.doubts import doubt_lines
from rtcheck.report.telling.outcomes import verdict_word
from rtcheck.results import Report


def render(report: Report, *, anonymous: bool = False, verbose: bool = False, is_terminal: bool | None = None) -> str:
    """The report as a table. `is_terminal`: it may be coloured and wrapped; None asks standard output."""
    if sys.stdout.isatty() if is_terminal is None else is_terminal:
        # rich is imported for a terminal alone: it would be a third of the time of a piped check.
        from rtcheck.report.formats.rich_ import coloured_text

        return coloured_text(report, anonymous=anonymous, verbose=verbose)
    return plain_text(report, anonymous=anonymous, verbose=verbose)


def verdict_line(report: Report) -> str:
    """ "✗ FAIL  Stomach Dmax < 54 Gy is not met: 56.10 Gy, 2.10 Gy over.", and a line for each doubt."""
    word = verdict_word(report)
    stated = f"{word.look.sign} {word.text}  {report.reason}"
    return "\n".join((stated, *(f"! {line}" for line in doubt_lines(report))))
