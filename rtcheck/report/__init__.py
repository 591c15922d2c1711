"""The report formats by name: each a module with `render(report, *, anonymous=False)`, imported when asked for."""

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from rtcheck.errors import UsageError
from rtcheck.results import Report


@dataclass(frozen=True, slots=True)
class Format:
    """Where a format's `render` is, and the suffixes of its files (the first is used for new ones)."""

    module: str
    suffixes: tuple[str, ...]


class Render(Protocol):
    def __call__(self, report: Report, *, anonymous: bool = False) -> str | bytes: ...


FORMATS: dict[str, Format] = {
    "table": Format("rtcheck.report.formats.terminal", (".txt",)),
    "json": Format("rtcheck.report.formats.json_", (".json",)),
    "html": Format("rtcheck.report.formats.html", (".html", ".htm")),
    "pdf": Format("rtcheck.report.formats.pdf", (".pdf",)),
    "csv": Format("rtcheck.report.formats.csv_", (".csv",)),
    "junit": Format("rtcheck.report.formats.junit", (".xml",)),
    "markdown": Format("rtcheck.report.formats.markdown", (".md",)),
}


def render(report: Report, name: str, *, anonymous: bool = False) -> str | bytes:
    """The report in the format of that name."""
    write: Render = import_module(known_format(name).module).render
    return write(report, anonymous=anonymous)


def known_format(name: str) -> Format:
    """The format of that name; a UsageError that lists all of them where there is none."""
    try:
        return FORMATS[name.strip().lower()]
    except KeyError:
        raise UsageError(f'There is no format "{name}"; there are {", ".join(FORMATS)}.') from None


def format_of_suffix(suffix: str) -> str | None:
    """The format whose files end so (".html" -> "html"), or None."""
    return next((name for name, each in FORMATS.items() if suffix.lower() in each.suffixes), None)
