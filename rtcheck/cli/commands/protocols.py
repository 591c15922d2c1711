"""`rtcheck protocols ...`: the protocols in the box, shown, linted, imported and exported."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import FORMAT, CasePath, Outputs
from rtcheck.cli.output import emit, renderings
from rtcheck.cli.standard_output import say
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError

ProtocolArgument = Annotated[str, Argument(metavar="NAME_OR_FILE", help="An included protocol or a protocol file.")]


class ListFormat(StrEnum):
    """What `rtcheck protocols list` can write."""

    table = "table"
    json = "json"
    markdown = "markdown"


def list_(
    site: Annotated[str, Option("--site", metavar="WORDS", help="Only protocols for this site, or for any site.")] = "",
    fractions: Annotated[
        int | None, Option("--fractions", metavar="N", min=1, help="Only protocols for this number of fractions.")
    ] = None,
    organ: Annotated[
        str, Option("--organ", metavar="NAME", help="Only protocols that limit this organ; its limits are listed.")
    ] = "",
    output_format: Annotated[ListFormat | None, FORMAT] = None,
    outputs: Outputs = None,
) -> None:
    """List the included protocols.

    --site, --fractions and --organ narrow the list. An organ is found by its TG-263 name or a synonym, together with
    its sides and parts: Kidney is also Kidney_L, Kidneys and Kidney_Cortex. As Markdown the list is a page with all
    sources, and with the limits on which they disagree (the guide library).
    """
    from rtcheck.protocol.choosing.selecting import Query, selected
    from rtcheck.protocol.file.load import available_protocols
    from rtcheck.report.pages import protocol_library, protocol_lists

    query = Query(site=site, fractions=fractions, organ=organ)
    targets = renderings(output_format, outputs, ListFormat)
    protocols = selected(available_protocols(), query)
    for form, output in targets:
        match form:
            case ListFormat.json:
                emit(protocol_lists.protocol_list_json(protocols, query), output)
            case ListFormat.markdown:
                emit(protocol_library.library_page(protocols), output)
            case _:
                emit(protocol_lists.protocol_list(protocols, query) + _plugins_text(), output)


def _plugins_text() -> str:
    """The installed plug-ins, a line for each kind; "" without any."""
    from rtcheck.plugins import GROUPS, installed

    lines = [f"  {group}: {', '.join(map(str, found))}" for group in GROUPS if (found := installed(group))]
    return "\n".join(["", "Plug-ins", *lines, ""]) if lines else ""


def new(
    reading: Reading,
    path: CasePath = None,
    site: Annotated[str, Option("--site", metavar="WORDS", help="Quote the goals for this site first.")] = "",
    like: Annotated[
        str | None,
        Option("--like", metavar="NAME_OR_FILE", help="Take over this protocol's limits on the plan's structures."),
    ] = None,
    output: Annotated[
        Path | None,
        Option("--output", "-o", metavar="FILE", help="Protocol file; the aliases are written to FILE.aliases.yaml."),
    ] = None,
) -> None:
    """Draft a protocol for a plan.

    It has the plan's structures under their TG-263 names, coverage of each target by its dose level, what is planned
    for each organ as an advisory limit, and common goals of the same organ as comments with their sources. Limits of
    --like are not evaluated for another number of fractions than theirs.
    """
    from rtcheck.checking.proposing.drafting import draft_of
    from rtcheck.protocol.file.load import available_protocols, load_protocol

    model = load_protocol(like) if like else None
    draft = draft_of(reading.case(path), library=available_protocols(), site=site, like=model)
    aliases = None if output is None or not draft.aliases else output.with_suffix(".aliases.yaml")
    if existing := next((file for file in (output, aliases) if file is not None and file.exists()), None):
        raise UsageError(f"{existing} already exists; a draft does not overwrite it.")
    emit(draft.text, output)
    if aliases is not None:
        emit("\n".join((*_ALIASES_HEADER, *draft.aliases)) + "\n", aliases)
    if output is not None:
        told = " and ".join(str(file) for file in (output, aliases) if file is not None)
        sys.stderr.write(f"Written: {told}. Check the plan with `rtcheck PATH --protocol {output}`.\n")


_ALIASES_HEADER = ("# What this plan calls the structures of the drafted protocol: for other protocols (--aliases).",)


def show(protocol: ProtocolArgument) -> None:
    """Show everything that a protocol requires.

    Prescription, constraints with their readings, eligibility, structure names and sources.
    """
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.protocols import protocol_text

    say(protocol_text(load_protocol(protocol)))


class ComparisonFormat(StrEnum):
    """What `rtcheck protocols compare` can write."""

    table = "table"
    json = "json"


def compare(
    first: Annotated[str, Argument(metavar="A", help="An included protocol or a protocol file.")],
    second: Annotated[str, Argument(metavar="B", help="Another one.")],
    alpha_beta: Annotated[
        list[str] | None,
        Option(
            "--alpha-beta",
            metavar="[NAME=]GY",
            help="Alpha/beta to assume: for every structure, or for one (SpinalCord=2); may be repeated.",
        ),
    ] = None,
    fractions: Annotated[
        int | None,
        Option("--fractions", metavar="N", min=1, help="For a protocol that does not state one number of fractions."),
    ] = None,
    output_format: Annotated[ComparisonFormat | None, FORMAT] = None,
    outputs: Outputs = None,
) -> None:
    """Compare two protocols organ by organ, with the EQD2 of each limit next to the physical dose.

    Where a protocol states no alpha/beta, 2 Gy is assumed for brain, brainstem, spinal cord and optic pathway, 10 Gy
    for targets, and 3 Gy for everything else.
    """
    from rtcheck.protocol.choosing.alpha_beta import assumed_alpha_beta
    from rtcheck.protocol.choosing.comparing import compared
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.protocol_comparison import comparison_json, comparison_text

    targets = renderings(output_format, outputs, ComparisonFormat)
    protocols = load_protocol(first), load_protocol(second)
    organs = compared(*protocols, alpha_beta=assumed_alpha_beta(alpha_beta or []), fractions=fractions)
    for form, output in targets:
        emit((comparison_json if form is ComparisonFormat.json else comparison_text)(protocols, organs), output)


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
        say(f"{message}\n")
    errors = sum(message.severity == "error" for message in messages)
    found = f"{counted(errors, 'error')}, {counted(len(messages) - errors, 'warning')}"
    say(f"{counted(len(files), 'file')} read: {found}\n")
    return 2 if errors else 0


def schema() -> None:
    """Print the JSON Schema of protocol files.

    With it, an editor can complete and check a protocol while you type.
    """
    from rtcheck.protocol.file.schema import protocol_schema_text

    say(protocol_schema_text())


def import_(
    file: Annotated[Path, Argument(metavar="FILE", help="Another program's file, or a table (CSV, XLSX).")],
    columns: Annotated[
        list[str] | None,
        Option(
            "--columns",
            metavar="ROLE=COLUMN,...",
            help="What the columns of a table hold: structure=A,goal=C. A column is a heading, a letter or a number.",
        ),
    ] = None,
    part: Annotated[
        str, Option("--part", metavar="NAME", help="The order or set of goals to import from a file with several.")
    ] = "",
    output: Annotated[Path | None, Option("--output", "-o", metavar="FILE", help="Output file.")] = None,
) -> int:
    """Convert another program's constraints, or a table of goals, into a protocol.

    The form is recognised by the content. Headings of tables are recognised in English and German; --columns states
    them where they are not (roles: structure, goal, metric, operator, unit, variation, priority, fractions, note,
    source, aliases, skip; sheet=NAME chooses a sheet). Whatever could not be carried over is listed on standard error
    and makes the exit status 3.
    """
    from rtcheck.protocol.importers import import_protocol

    imported = import_protocol(file, columns=",".join(columns or []), part=part)
    emit(imported.yaml, output)
    for loss in imported.losses:
        sys.stderr.write(f"not carried over: {loss}\n")
    if imported.remark:
        sys.stderr.write(f"{imported.remark}\n")
    return 3 if imported.losses else 0


class ExportForm(StrEnum):
    """What `rtcheck protocols export` can write."""

    planscorecard = "planscorecard"
    proknow = "proknow"
    raystation = "raystation"
    clearplan = "clearplan"
    csv = "csv"
    xlsx = "xlsx"
    pdf = "pdf"


def export(
    protocol: ProtocolArgument,
    form: Annotated[
        ExportForm | None,
        Option("--format", "-f", help="Form of the file; by default that of the extension of -o (csv, xlsx, pdf)."),
    ] = None,
    outputs: Outputs = None,
) -> int:
    """Write a protocol as another program's file, or as a table to print.

    planscorecard and proknow are JSON, raystation and clearplan CSV; csv and xlsx are tables of goals that
    `protocols import` reads back, pdf is the whole protocol. The file is read back before it is written: whatever it
    does not hold is listed on standard error and makes the exit status 3.
    """
    from rtcheck.protocol.exporters import export_protocol
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages import protocol_table

    if form is not None and len(outputs or []) > 1:
        raise UsageError("With several -o each has the form of its extension; --format is for one.")
    targets = [(form or _form_of(output), output) for output in outputs or (None,)]
    loaded = load_protocol(protocol)
    losses: dict[str, None] = {}
    for each, output in targets:
        if each is ExportForm.pdf:
            emit(protocol_table.protocol_pdf(loaded), output)
            continue
        is_workbook = each is ExportForm.xlsx
        exported = export_protocol(loaded, "csv" if is_workbook else each.value)
        emit(protocol_table.protocol_xlsx(loaded, exported) if is_workbook else exported.text, output)
        losses |= dict.fromkeys(exported.losses)
    for loss in losses:
        sys.stderr.write(f"not carried over: {loss}\n")
    return 3 if losses else 0


def _form_of(output: Path | None) -> ExportForm:
    suffix = output.suffix.lower().removeprefix(".") if output else "csv"
    if suffix in ("csv", "xlsx", "pdf"):
        return ExportForm(suffix)
    raise UsageError(f"{output}: cannot tell the form from its extension; known: {', '.join(ExportForm)} (--format).")


COMMANDS: dict[str, Callable[..., int | None]] = {
    "list": list_,
    "new": new,
    "show": show,
    "compare": compare,
    "lint": lint,
    "schema": schema,
    "import": import_,
    "export": export,
}
