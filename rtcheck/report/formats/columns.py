"""Rows of text -> aligned columns; on a terminal the last column is wrapped to what is left of its width."""

import sys
import textwrap
from collections.abc import Collection, Iterable, Sequence

GAP = "  "
_NARROWEST_LAST = 20


def aligned(
    rows: Sequence[Sequence[str]], *, right: Collection[int] = (), width: int | None = None, is_ruled: bool = False
) -> list[str]:
    """The rows as lines, the first of them the heading, with a line of dashes below it where `is_ruled`.

    `right` are the columns of numbers. The last column wraps at `width`, or never for None.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    start = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    if width is not None:
        widths[-1] = min(widths[-1], max(width - start, _NARROWEST_LAST))
    lines = []
    for row in rows:
        wrapped = textwrap.wrap(row[-1], widths[-1], break_on_hyphens=False) if width is not None else []
        first, *more = wrapped or [row[-1]]
        cells = (
            cell.rjust(size) if i in right else cell.ljust(size)
            for i, (cell, size) in enumerate(zip((*row[:-1], first), widths, strict=True))
        )
        lines += [GAP.join(cells).rstrip(), *(" " * start + part for part in more)]
        if is_ruled and row is rows[0]:
            lines.append(GAP.join("-" * size for size in widths))
    return lines


def terminal_width() -> int | None:
    """The columns of standard output, or None where it is no terminal: a pipe or a file gets whole lines."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def folded(sentences: Iterable[str]) -> list[str]:
    """Sentences as lines; on a terminal they break between words, and what follows is indented."""
    width = terminal_width()
    if width is None:
        return list(sentences)
    return [
        line
        for each in sentences
        for line in textwrap.wrap(each, width, subsequent_indent=GAP, break_long_words=False, break_on_hyphens=False)
    ]
