"""Lines -> a table of goals that people read, and the table importer reads back."""

from collections.abc import Sequence

from rtcheck.csv_table import table_text
from rtcheck.protocol.exporters.lines import Line
from rtcheck.protocol.file.model import Protocol

HEADINGS = ("Structure", "Goal", "Acceptable variation", "Priority", "Fractions", "Note", "Aliases", "Source")


def entry(line: Line) -> tuple[str, ...]:
    """One row."""
    one = line.constraint
    return (
        line.structure,
        one.goal.text,
        one.variation_text,
        one.priority,
        one.fractions.text if one.fractions else "",
        one.note,
        " | ".join(line.aliases),
        line.source,
    )


def text(protocol: Protocol, entries: Sequence[tuple[str, ...]]) -> str:
    """The table."""
    del protocol
    return table_text(HEADINGS, entries)
