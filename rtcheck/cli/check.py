"""`rtcheck PATH --protocol P`: the check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from rtcheck.cli.errors import EVALUATED_NOTHING
from rtcheck.cli.options import CasePath, Engine, PatientFacts, ProtocolName, Reading, command_line
from rtcheck.cli.output import Destination, destinations, emit
from rtcheck.errors import RtcheckError

if TYPE_CHECKING:
    from rtcheck.protocol.model import Protocol
    from rtcheck.results import Report

FORMAT_NAMES = "table|json|html|pdf|csv|junit|markdown"


def check(
    protocol: ProtocolName,
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    path: CasePath = None,
    formats: Annotated[
        list[str] | None,
        Option("--format", "-f", metavar=FORMAT_NAMES, help="What the report is written as; may be repeated."),
    ] = None,
    output: Annotated[
        str | None, Option("--output", "-o", metavar="FILE_OR_FOLDER", help="Where the reports are written.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print the verdict alone.")] = False,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Print the reasons and the remarks as well.")] = False,
    anonymous: Annotated[bool, Option("--anonymous", help="Leave out all that identifies the patient.")] = False,
    cross_check: Annotated[
        bool, Option("--cross-check", help="The same metrics by dicompyler-core and by the planning system's own DVHs.")
    ] = False,
    store: Annotated[
        str | None, Option("--store", metavar="URL", help="Store the report as PDF at a DICOMweb server or Orthanc.")
    ] = None,
) -> int:
    """Check a plan against a protocol.

    PATH is an RTPLAN, RTDOSE or RTSTRUCT file or a folder; the other files are found beside it and linked by UIDs.

    Exit status: 0 all met; 1 a required constraint is violated; 2 the question was put wrongly; 3 something required
    could not be evaluated, or the input could not be read; 4 an error inside rtcheck.
    """
    from rtcheck.protocol.file import load_protocol

    targets = destinations(formats or [], output)
    chosen = load_protocol(protocol)
    try:
        report = _judged(path, chosen, reading, engine, patient)
        if cross_check:
            report = _cross_checked(report)
    except RtcheckError as error:
        _emit_unreadable(error, chosen, engine, targets, anonymous=anonymous)
        raise
    for target in targets:
        if target.format == "table":
            _emit_table(report, target, anonymous=anonymous, quiet=quiet, verbose=verbose)
        else:
            _emit(report, target, anonymous=anonymous)
    if store is not None:
        from rtcheck.network.storing import store_report

        store_report(report, store)
    if output is not None and not quiet:
        written = ", ".join(str(target.path) for target in targets if target.path)
        sys.stderr.write(f"{_verdict_line(report)}\nWritten: {written}\n")
    return report.exit_status


def _judged(
    path: Path | None, protocol: "Protocol", reading: Reading, engine: Engine, patient: PatientFacts
) -> "Report":
    """The files read and checked."""
    from rtcheck.checking.check import check as check_case

    facts, aliases, reference_date = patient.facts, patient.aliases, patient.reference_date
    report = check_case(
        reading.case(path),
        protocol,
        settings=engine.settings,
        facts=facts,
        aliases=aliases,
        require_eligibility=patient.require_eligibility,
        band=engine.band,
        reference_date=reference_date,
        waivers=patient.waivers,
        command=command_line(),
    )
    reading.refuse_promoted(report.notices)
    return report


def _cross_checked(report: "Report") -> "Report":
    from rtcheck.checking.cross_check import with_cross_checks

    return with_cross_checks(report)


def _emit_unreadable(
    error: RtcheckError, protocol: "Protocol", engine: Engine, targets: Sequence[Destination], *, anonymous: bool
) -> None:
    """Where the input is at fault, a machine still gets its report: no constraint, and the reason as a warning."""
    from rtcheck.checking.check import unreadable

    if error.exit_status != EVALUATED_NOTHING:
        return
    report = unreadable(error, protocol, settings=engine.settings, command=command_line())
    for target in targets:
        if target.format != "table":
            _emit(report, target, anonymous=anonymous)


def _emit(report: "Report", target: Destination, *, anonymous: bool) -> None:
    from rtcheck.report.formats import render

    emit(render(report, target.format, anonymous=anonymous), target.path)


def _emit_table(report: "Report", target: Destination, *, anonymous: bool, quiet: bool, verbose: bool) -> None:
    from rtcheck.report.terminal import render

    if quiet:
        emit(_verdict_line(report), target.path)
        return
    is_terminal = False if target.path else None
    emit(render(report, anonymous=anonymous, verbose=verbose, is_terminal=is_terminal), target.path)


def _verdict_line(report: "Report") -> str:
    from rtcheck.report.terminal import verdict_line

    return verdict_line(report)
