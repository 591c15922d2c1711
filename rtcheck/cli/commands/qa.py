"""`rtcheck qa`: the plan and its structures themselves, by a default set of checks or by those of a protocol."""

from typing import Annotated

from rtcheck.cli.declared import Option
from rtcheck.cli.options import (
    Anonymous,
    CasePath,
    Engine,
    Formats,
    PatientFacts,
    Quiet,
    ReportsPath,
    Strict,
    Verbose,
    command_line,
    terms_of,
)
from rtcheck.cli.output import destinations, emit_report
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError


def qa(
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    path: CasePath = None,
    protocol: Annotated[
        str | None,
        Option("--protocol", "-p", metavar="NAME_OR_FILE", help="Use the plan and structure checks of this protocol."),
    ] = None,
    formats: Formats = None,
    output: ReportsPath = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    anonymous: Anonymous = False,
    strict: Strict = False,
) -> int:
    """Check the plan and its structures themselves: beams, isocentres, dose grid, contours, sides.

    Without --protocol a default set of checks is used; `rtcheck guide plan-checks` lists it. No dose limit is
    evaluated. Exit status as of a check: 0 all required checks met; 1 one is not met; 2 usage error; 3 one could not be
    evaluated, or the input could not be read; 4 internal error.
    """
    from rtcheck.protocol.file.library import QA
    from rtcheck.protocol.file.load import load_protocol

    targets = destinations(formats or [], output or [])
    asked = load_protocol(protocol or QA)
    if not asked.checks:
        raise UsageError(f"{asked.name} has neither plan_checks nor structure_checks.")
    terms = terms_of(engine, patient, strict=strict)
    report = terms.report_on(reading.case(path, asked), asked, only_plan_checks=True, command=command_line())
    for target in targets:
        emit_report(report, target, anonymous=anonymous, quiet=quiet, verbose=verbose)
    return report.exit_status
