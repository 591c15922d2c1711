"""`rtcheck qa`: the plan and its structures themselves, by a default set of checks or by those of a protocol."""

from typing import Annotated

from typer import Option

from rtcheck.cli.options import CasePath, Engine, PatientFacts, Strict, command_line, terms_of
from rtcheck.cli.output import destinations, emit
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError

FORMAT_NAMES = "<table|json|html|pdf|csv|junit|markdown>"


def qa(
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    path: CasePath = None,
    protocol: Annotated[
        str | None,
        Option("--protocol", "-p", metavar="NAME_OR_FILE", help="Use the plan and structure checks of this protocol."),
    ] = None,
    formats: Annotated[
        list[str] | None,
        Option("--format", "-f", metavar=FORMAT_NAMES, help="Format of the report; can be repeated."),
    ] = None,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE_OR_FOLDER", help="Where to write the reports.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print only the verdict.")] = False,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Also print reasons and remarks.")] = False,
    anonymous: Annotated[bool, Option("--anonymous", help="Omit everything that identifies the patient.")] = False,
    strict: Strict = False,
) -> int:
    """Check the plan and its structures themselves: beams, isocentres, dose grid, contours, sides.

    Without --protocol a default set of checks is used; `rtcheck guide plan-checks` lists it. No dose limit is
    evaluated. Exit status as of a check: 0 all required checks met; 1 one is not met; 2 usage error; 3 one could not be
    evaluated, or the input could not be read; 4 internal error.
    """
    from rtcheck.protocol.file.library import QA
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report import render
    from rtcheck.report.formats.terminal import render as render_table
    from rtcheck.report.formats.terminal import verdict_line

    targets = destinations(formats or [], output)
    asked = load_protocol(protocol or QA)
    if not asked.checks:
        raise UsageError(f"{asked.name} has neither plan_checks nor structure_checks.")
    terms = terms_of(engine, patient, strict=strict)
    report = terms.report_on(reading.case(path, asked), asked, only_plan_checks=True, command=command_line())
    for target in targets:
        if target.format != "table":
            emit(render(report, target.format, anonymous=anonymous), target.path)
        elif quiet:
            emit(verdict_line(report), target.path)
        else:
            is_terminal = False if target.path else None
            emit(render_table(report, anonymous=anonymous, verbose=verbose, is_terminal=is_terminal), target.path)
    return report.exit_status
