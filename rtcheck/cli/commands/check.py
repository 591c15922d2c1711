"""`rtcheck PATH --protocol P`: the check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from rtcheck.cli.errors import EVALUATED_NOTHING
from rtcheck.cli.options import CasePaths, Engine, PatientFacts, ProtocolName, Reading, Strict, command_line
from rtcheck.cli.output import Destination, destinations, emit
from rtcheck.cli.scenarios import Scenarios
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.protocol.file.model import Protocol
    from rtcheck.results import Report

FORMAT_NAMES = "<table|json|html|pdf|csv|junit|markdown>"


def check(
    protocol: ProtocolName,
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    paths: CasePaths = None,
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
    robust: Annotated[
        str | None,
        Option("--robust", metavar="MM", help="Everything again under shifts: 3mm, or 3,3,5 for x, y, z."),
    ] = None,
    margin: Annotated[
        str | None, Option("--margin", metavar="MM", help="With --robust: contours grown and shrunk by this as well.")
    ] = None,
    add: Annotated[bool, Option("--sum", help="Add the doses of several plans of one patient.")] = False,
    sum_eqd2: Annotated[
        float | None, Option("--sum-eqd2", metavar="GY", help="Add them as EQD2 with this alpha/beta.")
    ] = None,
    strict: Strict = False,
    sign_key: Annotated[
        Path | None,
        Option("--sign", metavar="KEY", help="Sign the written reports with this private key (ssh-keygen, minisign)."),
    ] = None,
    store: Annotated[
        str | None, Option("--store", metavar="URL", help="Store the report as PDF at a DICOMweb server or Orthanc.")
    ] = None,
) -> int:
    """Check a plan against a protocol.

    PATH is an RTPLAN, RTDOSE or RTSTRUCT file or a folder; the other files are found beside it and linked by UIDs.
    Several PATHs are plans of one patient to be added with --sum. --robust moves the dose as a whole (a static cloud).

    Exit status: 0 all met; 1 a required constraint is violated; 2 the question was put wrongly; 3 something required
    could not be evaluated, or the input could not be read; 4 an error inside rtcheck. With --strict a verdict that
    is in doubt exits with 3 as well.
    """
    from rtcheck.protocol.file.load import load_protocol

    targets = destinations(formats or [], output)
    if sign_key is not None and not any(target.path for target in targets):
        raise UsageError("--sign needs a file to sign: name it with -o.")
    scenarios = Scenarios(robust, margin)
    chosen = load_protocol(protocol)
    try:
        case = _case(paths or [], reading, is_sum=add or sum_eqd2 is not None, alpha_beta_gy=sum_eqd2)
        report = _judged(case, chosen, reading, engine, patient, scenarios, strict=strict)
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
    if sign_key is not None:
        from rtcheck.records.signing import sign

        for target in targets:
            if target.path is not None:
                sign(target.path, sign_key)
    if store is not None:
        from rtcheck.network.storing import store_report

        store_report(report, store)
    written = [str(target.path) for target in targets if target.path]
    if written and not quiet:
        sys.stderr.write(f"{_verdict_line(report)}\nWritten: {', '.join(written)}\n")
    return report.exit_status


def _case(paths: list[Path], reading: Reading, *, is_sum: bool, alpha_beta_gy: float | None) -> "Case":
    """The case at the path, or the sum of the cases at several."""
    if not is_sum:
        if len(paths) > 1:
            raise UsageError(
                f"{len(paths)} paths were given, and one plan is checked at a time. To add plans of one patient say "
                "--sum; to check many plans use `rtcheck batch`."
            )
        return reading.case(paths[0] if paths else None)
    if len(paths) < 2:
        raise UsageError("--sum needs two paths or more: the plans that are to be added.")
    from rtcheck.checking.courses.sums import summed

    return summed([reading.case(path) for path in paths], eqd2_alpha_beta_gy=alpha_beta_gy)


def _judged(
    case: "Case",
    protocol: "Protocol",
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    scenarios: Scenarios,
    *,
    strict: bool,
) -> "Report":
    """The case checked."""
    from rtcheck.checking.check import check as check_case

    facts, aliases, reference_date = patient.facts, patient.aliases, patient.reference_date
    report = check_case(
        case,
        protocol,
        settings=engine.settings,
        facts=facts,
        aliases=aliases,
        require_eligibility=patient.require_eligibility,
        band=engine.band,
        reference_date=reference_date,
        waivers=patient.waivers,
        robust_mm=scenarios.shift_mm,
        robust_margin_mm=scenarios.margin_mm,
        strict=strict,
        command=command_line(),
    )
    reading.refuse_promoted(report.notices)
    return report


def _cross_checked(report: "Report") -> "Report":
    from rtcheck.checking.second_opinion.cross_check import with_cross_checks

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
    from rtcheck.report import render

    emit(render(report, target.format, anonymous=anonymous), target.path)


def _emit_table(report: "Report", target: Destination, *, anonymous: bool, quiet: bool, verbose: bool) -> None:
    from rtcheck.report.formats.terminal import render

    if quiet:
        emit(_verdict_line(report), target.path)
        return
    is_terminal = False if target.path else None
    emit(render(report, anonymous=anonymous, verbose=verbose, is_terminal=is_terminal), target.path)


def _verdict_line(report: "Report") -> str:
    from rtcheck.report.formats.terminal import verdict_line

    return verdict_line(report)
