"""`rtcheck PATH --protocol P`: the check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from rtcheck import timing
from rtcheck.cli.choosing import ProtocolOrAuto, chosen_protocol, with_choice
from rtcheck.cli.errors import EVALUATED_NOTHING, NO_PROTOCOL
from rtcheck.cli.options import (
    Anonymous,
    CasePaths,
    CsvStyle,
    DrawnOnly,
    Engine,
    Formats,
    Looks,
    PatientFacts,
    Quiet,
    ReportsPath,
    Strict,
    Verbose,
    command_line,
    terms_of,
)
from rtcheck.cli.output import Destination, destinations, emit, emit_report, verdict_text
from rtcheck.cli.progress_line import progress_line
from rtcheck.cli.scenarios import Scenarios
from rtcheck.cli.stated import Reading
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.protocol.file.model import Protocol
    from rtcheck.results import Report


def check(
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    csv_style: CsvStyle,
    looks: Looks,
    protocol: ProtocolOrAuto = None,
    paths: CasePaths = None,
    formats: Formats = None,
    output: ReportsPath = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    own_colours: Annotated[
        bool, Option("--own-colours", help="Draw structures in the colours of the structure set (HTML, PDF).")
    ] = False,
    anonymous: Anonymous = False,
    cross_check: Annotated[
        bool, Option("--cross-check", help="Compare with dicompyler-core and with the planning system's DVHs.")
    ] = False,
    robust: Annotated[
        str | None,
        Option("--robust", metavar="MM", help="Repeat the check under shifts: 3mm, or 3,3,5 for x, y, z."),
    ] = None,
    margin: Annotated[
        str | None, Option("--margin", metavar="MM", help="With --robust: also expand and contract the contours.")
    ] = None,
    add: Annotated[bool, Option("--sum", help="Add the doses of several plans of one patient.")] = False,
    sum_eqd2: Annotated[
        float | None, Option("--sum-eqd2", metavar="GY", help="Add the doses as EQD2 with this alpha/beta.")
    ] = None,
    rtdose_file: Annotated[
        Path | None,
        Option("--write-rtdose", metavar="FILE", help="With --sum or --sum-eqd2: write the summed dose as RTDOSE."),
    ] = None,
    drawn_only: DrawnOnly = False,
    suggest: Annotated[
        bool, Option("--suggest", help="List the included protocols that fit the plan, and check nothing.")
    ] = False,
    strict: Strict = False,
    sign_key: Annotated[
        Path | None,
        Option("--sign", metavar="KEY", help="Sign the written reports with this private key (ssh-keygen, minisign)."),
    ] = None,
    store: Annotated[
        str | None, Option("--store", metavar="URL", help="Store the report as PDF on a DICOMweb server or Orthanc.")
    ] = None,
    profile: Annotated[bool, Option("--profile", help="Print where the time of the check went.")] = False,
) -> int:
    """Check a plan against a protocol.

    PATH is an RTPLAN, RTDOSE or RTSTRUCT file, a folder or a zip archive. The other files are searched for next to it
    and linked by their UIDs. With --sum, give the paths of several plans of one patient. --robust shifts the dose
    distribution as a whole (static dose cloud).

    Exit status: 0 all required items met; 1 something required is not met; 2 usage error; 3 something required could
    not be evaluated, or the input could not be read; 4 internal error. With --strict, also 3 if the verdict is in
    doubt.
    """
    if suggest:
        return _suggest(reading.case(paths[0] if paths else None), formats or [], output)
    if protocol is None:
        raise UsageError(NO_PROTOCOL)
    if profile:
        timing.start()
    targets = destinations(formats or [], output)
    if sign_key is not None and not any(target.path for target in targets):
        raise UsageError("--sign needs a file to sign: give one with -o.")
    is_sum = add or sum_eqd2 is not None
    if rtdose_file is not None:
        _require_writable_sum(is_sum=is_sum, anonymous=anonymous)
    scenarios = Scenarios(robust, margin)
    style = looks.style(own_colours=own_colours)
    chosen = chosen_protocol(protocol)
    try:
        case = _case(paths or [], reading, chosen, is_sum=is_sum, alpha_beta_gy=sum_eqd2)
        if chosen.is_auto:
            case, chosen = with_choice(case, protocol)
        report = terms_of(engine, patient, strict=strict, drawn_only=drawn_only).report_on(
            case,
            chosen,
            command=command_line(),
            robust_mm=scenarios.shift_mm,
            robust_margin_mm=scenarios.margin_mm,
            progress=None if quiet else progress_line(),
        )
        if cross_check:
            report = _cross_checked(report)
    except RtcheckError as error:
        _emit_unreadable(error, chosen, engine, targets, anonymous=anonymous)
        raise
    if rtdose_file is not None:
        from rtcheck.checking.courses.written_sum import write_rtdose

        told = write_rtdose(report.case, rtdose_file)
        sys.stderr.write("" if quiet else f"{told}\n")
    with timing.stage("report"):
        for target in targets:
            emit_report(
                report,
                target,
                anonymous=anonymous,
                quiet=quiet,
                verbose=verbose,
                style=style,
                csv_form=csv_style.form,
            )
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
        sys.stderr.write(f"{verdict_text(report, style)}\nWritten: {', '.join(written)}\n")
    if profile:
        sys.stderr.write(_profile_text(timing.seconds_by_stage()))
    return report.exit_status


def _profile_text(seconds: dict[str, float]) -> str:
    """Each stage with its seconds and its share of the whole."""
    from rtcheck.geometry._kernel import kernel_name

    total = sum(seconds.values()) or 1.0
    lines = [f"  {stage:10}{taken:8.3f} s {taken / total:6.0%}" for stage, taken in seconds.items()]
    return "\n".join([f"Time of this check ({kernel_name()} kernel), without starting Python:", *lines, ""])


def _suggest(case: "Case", formats: list[str], output: str | None) -> int:
    """Print the included protocols that fit, as a table or as JSON."""
    from rtcheck.checking.proposing.fitting import suggestions
    from rtcheck.protocol.file.load import available_protocols
    from rtcheck.report.pages.suggestions import suggestions_json, suggestions_text

    targets = destinations(formats, output)
    if odd := [target.format for target in targets if target.format not in ("table", "json")]:
        raise UsageError(f"--suggest writes a table or JSON, not {odd[0]}.")
    found = suggestions(case, available_protocols())
    for target in targets:
        emit((suggestions_json if target.format == "json" else suggestions_text)(found), target.path)
    return 0


def _case(
    paths: list[Path], reading: Reading, protocol: "Protocol", *, is_sum: bool, alpha_beta_gy: float | None
) -> "Case":
    """The case at the path, or the sum of the cases at several; what is stated of a sum is that of the sum."""
    if not is_sum:
        if len(paths) > 1:
            raise UsageError(
                f"{len(paths)} paths were given, but only one plan can be checked at a time. To add plans of one "
                "patient use --sum; to check many plans use `rtcheck batch`."
            )
        return reading.case(paths[0] if paths else None, protocol)
    if len(paths) < 2:
        raise UsageError("--sum needs at least two paths: the plans to be added.")
    from rtcheck.checking.courses.sums import summed

    stated = reading.overrides(protocol)
    cases = [reading.case_with(path, stated.of_each_plan) for path in paths]
    return summed(cases, eqd2_alpha_beta_gy=alpha_beta_gy, stated=stated.of_their_sum)


def _require_writable_sum(*, is_sum: bool, anonymous: bool) -> None:
    """Raise UsageError for a dose that is not a sum, and for an anonymous report: the file names the patient."""
    if not is_sum:
        raise UsageError("--write-rtdose writes the dose of a sum: give several plans with --sum or --sum-eqd2.")
    if anonymous:
        raise UsageError("--write-rtdose writes the patient's name and ID into the file; it excludes --anonymous.")


def _cross_checked(report: "Report") -> "Report":
    from rtcheck.checking.second_opinion.cross_check import with_cross_checks

    return with_cross_checks(report)


def _emit_unreadable(
    error: RtcheckError, protocol: "Protocol", engine: Engine, targets: Sequence[Destination], *, anonymous: bool
) -> None:
    """Input that cannot be read still gives a report in machine-readable formats, with the reason as a warning."""
    from rtcheck.checking.check import unreadable

    if error.exit_status != EVALUATED_NOTHING:
        return
    report = unreadable(error, protocol, settings=engine.settings, command=command_line())
    for target in targets:
        if target.format != "table":
            emit_report(report, target, anonymous=anonymous)
