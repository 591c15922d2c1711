"""`rtcheck protocols ...`: the protocols in the box, shown, linted and imported."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from rtcheck.cli.output import emit

ProtocolArgument = Annotated[str, Argument(metavar="NAME_OR_FILE", help="A protocol of the box, or a protocol file.")]


def list_() -> None:
    """List the protocols in the box."""
    from rtcheck.protocol.file.load import available_protocols
    from rtcheck.report.pages.protocols import protocol_list

    sys.stdout.write(protocol_list(available_protocols()))


def show(protocol: ProtocolArgument) -> None:
    """Show all that a protocol asks for.

    Prescription, constraints with their other readings, eligibility, structure names and sources.
    """
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.protocols import protocol_text

    sys.stdout.write(protocol_text(load_protocol(protocol)))


def lint(
    files: Annotated[list[str], Argument(metavar="FILE", help="Protocol files, or names of protocols in the box.")],
) -> int:
    """Read protocol files over for what is surely not meant.

    Faults, unknown names, inverted variations, contradictions, impossible values, missing sources. Exit status 2
    where a file has errors; warnings alone exit 0.
    """
    from rtcheck.protocol.lint import lint as lint_files
    from rtcheck.report.telling.outcomes import counted

    messages = lint_files(files)
    for message in messages:
        sys.stdout.write(f"{message}\n")
    errors = sum(message.severity == "error" for message in messages)
    found = f"{counted(errors, 'error')}, {counted(len(messages) - errors, 'warning')}"
    sys.stdout.write(f"{counted(len(files), 'file')} read: {found}\n")
    return 2 if errors else 0


def schema() -> None:
    """Print the JSON Schema of protocol files.

    With it an editor completes and checks while you type.
    """
    from rtcheck.protocol.file.schema import protocol_schema_text

    sys.stdout.write(protocol_schema_text())


def import_(
    file: Annotated[Path, Argument(metavar="FILE", help="PlanScoreCard or PortPy JSON, ClearPlan or PlanCheck CSV.")],
    output: Annotated[
        Path | None, Option("--output", "-o", metavar="FILE", help="Where the protocol is written.")
    ] = None,
) -> int:
    """Turn another program's constraints into a protocol.

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
