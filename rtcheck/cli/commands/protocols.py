"""`rtcheck protocols ...`: the protocols in the box, shown, linted and imported."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from rtcheck.cli.output import emit

ProtocolArgument = Annotated[str, Argument(metavar="NAME_OR_FILE", help="An included protocol or a protocol file.")]


def list_() -> None:
    """List the included protocols."""
    from rtcheck.protocol.file.load import available_protocols
    from rtcheck.report.pages.protocols import protocol_list

    sys.stdout.write(protocol_list(available_protocols()))


def show(protocol: ProtocolArgument) -> None:
    """Show everything that a protocol requires.

    Prescription, constraints with their readings, eligibility, structure names and sources.
    """
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.protocols import protocol_text

    sys.stdout.write(protocol_text(load_protocol(protocol)))


def lint(
    files: Annotated[list[str], Argument(metavar="FILE", help="Protocol files or included protocols.")],
) -> int:
    """Check protocol files for likely mistakes.

    Reports syntax errors, unknown names, inverted variations, contradictions, impossible values and missing sources.
    Exit status 2 if a file has errors, 0 if there are only warnings.
    """
    from rtcheck.protocol.lint import lint as lint_files
    from rtcheck.report.telling.words import counted

    messages = lint_files(files)
    for message in messages:
        sys.stdout.write(f"{message}\n")
    errors = sum(message.severity == "error" for message in messages)
    found = f"{counted(errors, 'error')}, {counted(len(messages) - errors, 'warning')}"
    sys.stdout.write(f"{counted(len(files), 'file')} read: {found}\n")
    return 2 if errors else 0


def schema() -> None:
    """Print the JSON Schema of protocol files.

    With it, an editor can complete and check a protocol while you type.
    """
    from rtcheck.protocol.file.schema import protocol_schema_text

    sys.stdout.write(protocol_schema_text())


def import_(
    file: Annotated[Path, Argument(metavar="FILE", help="PlanScoreCard or PortPy JSON, ClearPlan or PlanCheck CSV.")],
    output: Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="Output file.")] = None,
) -> int:
    """Convert another program's constraints into a protocol.

    Whatever could not be carried over is listed on standard error and makes the exit status 3.
    """
    from rtcheck.protocol.importers import import_protocol

    imported = import_protocol(file)
    emit(imported.yaml, output)
    for loss in imported.losses:
        sys.stderr.write(f"not carried over: {loss}\n")
    return 3 if imported.losses else 0


COMMANDS: dict[str, Callable[..., int | None]] = {
    "list": list_,
    "show": show,
    "lint": lint,
    "schema": schema,
    "import": import_,
}
