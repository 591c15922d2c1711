"""Where rendered reports go: standard output, a file or a folder; files are written aside and then renamed."""

import os
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rtcheck import timing
from rtcheck.atomic_write import write_aside
from rtcheck.cli.standard_output import give, say
from rtcheck.errors import UsageError
from rtcheck.report import format_of_file, format_of_suffix, known_format
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.csv_table import CsvForm
    from rtcheck.report.telling.style import ReportStyle
    from rtcheck.results import Report

Form = TypeVar("Form", bound=StrEnum)
"""The formats of a command that has its own."""

STEM = "rtcheck_report"
STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Destination:
    """One rendering to make: its format, and the file to write or None for standard output."""

    format: str
    path: Path | None = None


def destinations(formats: list[str], targets: list[str]) -> tuple[Destination, ...]:
    """What to render and where to put it.

    Of several `-o` each is a file whose ending names its format, or `-` for the table. `-o -` is standard output. `-o`
    is a folder if it is one, ends in a slash, or has no suffix while several formats are asked for; it is a file else,
    whose suffix tells the format where none is asked for. The table goes to the terminal unless it alone has a file to
    go to.
    """
    # -f html,json as well as -f html -f json; each once
    formats = list(dict.fromkeys(name.strip().lower() for text in formats for name in text.split(",")))
    for name in formats:
        known_format(name)
    if len(targets) > 1:
        return _several(formats, targets)
    target = targets[0] if targets else STANDARD_OUTPUT
    if target == STANDARD_OUTPUT:
        return _to_standard_output(formats)
    if not target:
        raise UsageError("-o needs the name of a file or a folder.")
    output = Path(target)
    if output.is_dir() or target.endswith(("/", os.sep)) or (len(formats) > 1 and not output.suffix):
        chosen = formats or ["html"]
        return tuple(Destination(name, output / f"{STEM}{known_format(name).suffixes[0]}") for name in chosen)
    chosen = formats or [format_of_file(output)]
    if len(chosen) == 1:
        return (Destination(chosen[0], output),)
    return tuple(
        Destination(name, None if name == "table" else output.with_suffix(known_format(name).suffixes[0]))
        for name in chosen
    )


def _several(formats: list[str], targets: list[str]) -> tuple[Destination, ...]:
    """A rendering for each `-o`. Raises UsageError for a folder among them, or where a format asked for has no file."""
    found = []
    for target in dict.fromkeys(targets):
        if target == STANDARD_OUTPUT:
            found.append(Destination("table"))
        elif not target or Path(target).is_dir() or target.endswith(("/", os.sep)):
            raise UsageError(f'With several -o each must be a file; "{target}" is not the name of a file.')
        else:
            found.append(Destination(format_of_file(Path(target)), Path(target)))
    if without := [name for name in formats if name not in [each.format for each in found]]:
        raise UsageError(f"None of the files of -o is {without[0]} by its ending, which --format asks for.")
    return tuple(found)


def renderings(
    asked: Form | None, outputs: list[Path] | None, forms: type[Form]
) -> tuple[tuple[Form, Path | None], ...]:
    """What a command with formats of its own is to write, and where; None is standard output.

    One output has the format that was asked for, else the one that its ending names, else table. Of several each has
    the one that its ending names. Raises UsageError for an ending of a format that this command does not write.
    """
    if not outputs:
        return ((asked or forms("table"), None),)
    if len(outputs) == 1:
        (output,) = outputs
        return ((asked or _own(format_of_suffix(output.suffix) or "table", output, forms), output),)
    several = _several([asked.value] if asked else [], [str(output) for output in outputs])
    return tuple((_own(each.format, each.path, forms), each.path) for each in several)


def _own(name: str, output: Path | None, forms: type[Form]) -> Form:
    own = [form.value for form in forms]
    if name not in own:
        raise UsageError(f"{output}: this command does not write {name}; it writes {', '.join(own)}.")
    return forms(name)


def emit(content: str | bytes, path: Path | None) -> None:
    """Write a rendering to its file, or to standard output."""
    if path is not None and str(path) != STANDARD_OUTPUT:
        write_aside(content, path)
    elif isinstance(content, str):
        say(content if content.endswith("\n") else content + "\n")
    elif sys.stdout.isatty():
        raise UsageError("This format is not text: give a file with -o.")
    else:
        give(content)


def emit_report(
    report: "Report",
    target: Destination,
    *,
    anonymous: bool,
    quiet: bool = False,
    verbose: bool = False,
    style: "ReportStyle | None" = None,
    csv_form: "CsvForm | None" = None,
) -> None:
    """Write a report where it goes. `quiet` and `verbose` are of the table; `csv_form` of CSV."""
    from rtcheck.report import render

    if target.format == "table" and quiet:
        emit(verdict_text(report, style), target.path)
        return
    if target.format == "table":
        from rtcheck.report.formats.terminal import render as render_table

        is_terminal = False if target.path else None
        table = render_table(report, anonymous=anonymous, verbose=verbose, is_terminal=is_terminal, style=style)
        emit(table, target.path)
        return
    form = {"form": csv_form} if csv_form is not None and target.format == "csv" else {}
    emit(render(report, target.format, anonymous=anonymous, style=style, **form), target.path)


def verdict_text(report: "Report", style: "ReportStyle | None" = None) -> str:
    """The verdict with its reason, in one line."""
    from rtcheck.report.formats.terminal import verdict_line

    return verdict_line(report, style.unit if style else "Gy")


def _to_standard_output(formats: list[str]) -> tuple[Destination, ...]:
    if len(formats) > 1:
        raise UsageError(f"{len(formats)} formats cannot share standard output: give a file or a folder with -o.")
    if formats == ["html"] and sys.stdout.isatty():
        raise UsageError("HTML is not shown in the terminal: write it to a file with -o report.html.")
    return (Destination(formats[0] if formats else "table"),)


def say_with_time(text: str) -> None:
    """One line of the log of a program that runs for days."""
    sys.stderr.write(f"{datetime.now().isoformat(timespec='seconds')} {text}\n")
    sys.stderr.flush()


def say_profile() -> None:
    """Print on standard error each stage since `timing.start` with its seconds and its share of the whole."""
    from rtcheck.geometry._kernel import kernel_name

    seconds = timing.seconds_by_stage()
    total = sum(seconds.values()) or 1.0
    lines = [f"  {stage:10}{taken:8.3f} s {taken / total:6.0%}" for stage, taken in seconds.items()]
    sys.stderr.write("\n".join([f"Where the time went ({kernel_name()} kernel), without starting Python:", *lines, ""]))
