"""`rtcheck structures PATH`: the ROIs, and what each name of a protocol was matched to and why."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from rtcheck.atomic_write import write_aside
from rtcheck.cli.declared import Option
from rtcheck.cli.options import FORMAT, CasePath, Outputs, aliases_of
from rtcheck.cli.output import emit, renderings
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError


class StructuresFormat(StrEnum):
    """What `rtcheck structures` can write."""

    table = "table"
    json = "json"


def structures(
    reading: Reading,
    path: CasePath = None,
    protocol: Annotated[
        str | None,
        Option(
            "--protocol",
            "-p",
            metavar="NAME_OR_FILE",
            help="Show which ROI each of its names matches, and why.",
        ),
    ] = None,
    aliases_file: Annotated[
        Path | None, Option("--aliases", metavar="FILE", help="The clinic's structure names (YAML).")
    ] = None,
    write_aliases: Annotated[
        Path | None,
        Option("--write-aliases", metavar="FILE", help="Draft an alias file for the protocol's names."),
    ] = None,
    output_format: Annotated[StructuresFormat | None, FORMAT] = None,
    outputs: Outputs = None,
) -> int:
    """List the contoured structures and, with --protocol, which of them each protocol name is matched to and why.

    Exit status 3 if a protocol name is ambiguous.
    """
    from rtcheck.checking.structures.name_matches import NamesMet, alias_choices, alias_rows, match_names
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.structures import render_structures

    if write_aliases is not None and protocol is None:
        raise UsageError("--write-aliases needs the names of a protocol: add --protocol.")
    targets = renderings(output_format, outputs, StructuresFormat)
    chosen = load_protocol(protocol) if protocol else None
    aliases = aliases_of(aliases_file)
    case = reading.case(path, chosen)
    met = match_names(case, chosen, aliases=aliases) if chosen else NamesMet()
    for form, output in targets:
        emit(render_structures(case, met.matches, met.notices, form.value), output)
    if write_aliases is not None:
        from rtcheck.protocol.names.aliases import draft_aliases

        if write_aliases.exists():
            raise UsageError(f"{write_aliases} already exists; a draft does not overwrite it.")
        write_aside(draft_aliases(alias_rows(met), alias_choices(met.matches)), write_aliases)
        sys.stderr.write(f"Written: {write_aliases}\n")
    return 3 if any(match.is_ambiguous for match in met.matches) else 0
