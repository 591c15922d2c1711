"""The report formats by name. Each is imported when it is asked for: no command pays for those that it does not use."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtcheck.errors import UsageError
from rtcheck.plugins import Plugin, PluginError, installed
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.report.telling.style import ReportStyle
    from rtcheck.results import Report

Render = Callable[..., str | bytes]
"""A report, `anonymous`, and what a format takes besides -> the text or the bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a format's renderer is imported, the suffixes of its files (the first is used for new ones), and whether it
    takes a style."""

    load: Callable[[], Render]
    suffixes: tuple[str, ...]
    takes_style: bool = False


def _table() -> Render:
    from rtcheck.report.formats.terminal import render

    return render


def _json() -> Render:
    from rtcheck.report.formats.json_ import render

    return render


def _html() -> Render:
    from rtcheck.report.formats.html import render

    return render


def _pdf() -> Render:
    from rtcheck.report.formats.pdf import render

    return render


def _csv() -> Render:
    from rtcheck.report.formats.csv_ import render

    return render


def _xlsx() -> Render:
    from rtcheck.report.formats.xlsx import render

    return render


def _junit() -> Render:
    from rtcheck.report.formats.junit import render

    return render


def _markdown() -> Render:
    from rtcheck.report.formats.markdown import render

    return render


def _sr() -> Render:
    from rtcheck.report.formats.sr import render

    return render


def _fhir() -> Render:
    from rtcheck.report.formats.fhir import render

    return render


FORMATS: dict[str, Format] = {
    "table": Format(_table, (".txt",), takes_style=True),
    "json": Format(_json, (".json",)),
    "html": Format(_html, (".html", ".htm"), takes_style=True),
    "pdf": Format(_pdf, (".pdf",), takes_style=True),
    "csv": Format(_csv, (".csv",), takes_style=True),
    "xlsx": Format(_xlsx, (".xlsx",), takes_style=True),
    "junit": Format(_junit, (".xml",), takes_style=True),
    "markdown": Format(_markdown, (".md",), takes_style=True),
    "sr": Format(_sr, (".dcm",)),
    "fhir": Format(_fhir, (".fhir",)),
}


def render(
    report: "Report", name: str, *, anonymous: bool = False, style: "ReportStyle | None" = None, **more: Any
) -> str | bytes:
    """The report in the format of that name; `more` is what that format alone takes."""
    form = known_format(name)
    chosen = {"style": style} if form.takes_style and style is not None else {}
    return form.load()(report, anonymous=anonymous, **chosen, **more)


def known_format(name: str) -> Format:
    """The format of that name; a UsageError that lists all of them where there is none."""
    known = FORMATS.get(name.strip().lower())
    if known is None:
        known = _plugged_formats().get(name.strip())
    if known is None:
        raise UsageError(f'Unknown format "{name}"; known: {", ".join((*FORMATS, *_plugged_formats()))}.')
    return known


def _plugged_formats() -> dict[str, Format]:
    """The formats of installed plug-ins by their names."""
    return {plugin.name: Format(partial(_plugged, plugin), _suffixes(plugin)) for plugin in installed("formats")}


def _plugged(plugin: Plugin) -> Render:
    """The renderer of a plug-in; what it gives must be a text or bytes."""

    def render(report: "Report", *, anonymous: bool = False) -> str | bytes:
        found = plugin.call(report, anonymous=anonymous)
        if not isinstance(found, str | bytes):
            raise PluginError(f"The plug-in {plugin} gives neither a text nor bytes.")
        return found

    return render


def _suffixes(plugin: Plugin) -> tuple[str, ...]:
    """The suffixes that it states; one that cannot be loaded has none, which its use then reports."""
    try:
        return tuple(map(str, plugin.stated("suffixes", ()))) or (f".{plugin.name}",)
    except PluginError:
        return (f".{plugin.name}",)


def format_of_file(path: Path) -> str:
    """The format that the extension of a file names.

    Raises:
        UsageError: no format has this extension; the message lists the known ones.
    """
    name = format_of_suffix(path.suffix)
    if name is None:
        known = ", ".join(form.suffixes[0] for form in (*FORMATS.values(), *_plugged_formats().values()))
        raise UsageError(f"Cannot tell the format of {path} from its extension; known: {known}.")
    return name


def format_of_suffix(suffix: str) -> str | None:
    """The format whose files end so (".html" -> "html"), or None."""
    for formats in (FORMATS, _plugged_formats()):
        for name, each in formats.items():
            if suffix.lower() in each.suffixes:
                return name
    return None
