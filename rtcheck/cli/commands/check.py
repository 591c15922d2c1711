"""`rtcheck PATH --protocol P`: the check."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck import timing
from rtcheck.cli.choosing import ProtocolOrAuto, chosen_protocol, is_by_plan, with_choice
from rtcheck.cli.declared import Option
from rtcheck.cli.errors import EVALUATED_NOTHING, NO_PROTOCOL
from rtcheck.cli.options import (
    Anonymous,
    CasePaths,
    CsvStyle,
    DrawnOnly,
    Engine,
    Formats,
    Looks,
    OwnColours,
    PatientFacts,
    Profile,
    Quiet,
    ReportsPath,
    Strict,
    Verbose,
    command_line,
    terms_of,
)
from rtcheck.cli.output import Destination, destinations, emit, emit_report, say_profile, verdict_text
from rtcheck.cli.progress_line import progress_line
from rtcheck.cli.scenarios import Shifts
from rtcheck.cli.stated import Reading
from rtcheck.cli.sums import Sums
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.checking.second_opinion.dvh_texts import DvhText
    from rtcheck.protocol.file.model import Protocol
    from rtcheck.results import Report


def check(
    reading: Reading,
    sums: Sums,
    shifts: Shifts,
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
    own_colours: OwnColours = False,
    anonymous: Anonymous = False,
    cross_check: Annotated[
        bool, Option("--cross-check", help="Compare with dicompyler-core and with the planning system's DVHs.")
    ] = False,
    dvh_texts: Annotated[
        list[Path] | None,
        Option(
            "--cross-check-dvh",
            metavar="FILE",
            help="Compare with DVHs exported as text (Eclipse, RayStation, Monaco); may be repeated.",
        ),
    ] = None,
    fall_off: Annotated[
        float,
        Option(
            "--fall-off",
            metavar="PERCENT",
            min=0,
            max=99,
            help="Dose lost per mm from a target, assumed for the lowest achievable value of a limit that is not met; "
            "0 omits it.",
        ),
    ] = 10.0,
    among: Annotated[
        Path | None,
        Option(
            "--among", metavar="DIR", help="Percentile of each value among the plans of this batch (`batch --out`)."
        ),
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
    profile: Profile = False,
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
        return _suggest(reading.case(paths[0] if paths else None), formats or [], output or [])
    if protocol is None:
        raise UsageError(NO_PROTOCOL)
    if profile:
        timing.start()
    targets = destinations(formats or [], output or [])
    if sign_key is not None and not any(target.path for target in targets):
        raise UsageError("--sign needs a file to sign: give one with -o.")
    sums.require_sense(
        has_scenarios=bool(reading.scenario),
        has_shifts=bool(shifts.robust),
        has_cross_check=cross_check or bool(dvh_texts),
        anonymous=anonymous,
    )
    scenarios = shifts.scenarios
    style = looks.style(own_colours=own_colours)
    chosen = chosen_protocol(protocol)
    terms = terms_of(engine, patient, strict=strict, drawn_only=drawn_only)
    texts = _dvh_texts(dvh_texts or [])
    try:
        if sums.sum_values:
            report = sums.report_by_values(paths or [], reading, protocol, terms)
        else:
            read = sums.case if sums.is_of_doses else _case
            case = read(paths or [], reading, chosen)
            if is_by_plan(protocol):
                case, chosen = with_choice(case, protocol)
            report = terms.report_on(
                case,
                chosen,
                command=command_line(),
                robust_mm=scenarios.shift_mm,
                robust_margin_mm=scenarios.margin_mm,
                fall_off=fall_off / 100,
                sampling=scenarios.sampling,
                progress=None if quiet else progress_line(),
            )
        if cross_check or texts:
            report = _cross_checked(report, texts)
        if among is not None:
            report = _among(report, among)
    except RtcheckError as error:
        _emit_unreadable(error, chosen, engine, targets, anonymous=anonymous)
        raise
    sums.write_dose(report.case, quiet=quiet)
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
        say_profile()
    return report.exit_status


def _suggest(case: "Case", formats: list[str], output: list[str]) -> int:
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


def _case(paths: list[Path], reading: Reading, protocol: "Protocol") -> "Case":
    """The case at the one path."""
    if len(paths) > 1:
        raise UsageError(
            f"{len(paths)} paths were given, but only one plan can be checked at a time. To add plans of one "
            "patient use --sum; to check many plans use `rtcheck batch`."
        )
    return reading.case(paths[0] if paths else None, protocol)


def _dvh_texts(paths: list[Path]) -> list["DvhText"]:
    if not paths:
        return []
    from rtcheck.checking.second_opinion.dvh_texts import read_dvh_text

    return [read_dvh_text(path) for path in paths]


def _cross_checked(report: "Report", texts: list["DvhText"]) -> "Report":
    from rtcheck.checking.second_opinion.cross_check import with_cross_checks

    return with_cross_checks(report, texts=texts)


def _among(report: "Report", folder: Path) -> "Report":
    from rtcheck.batch.among import with_peers
    from rtcheck.batch.store import open_store

    with open_store(folder, must_exist=True) as store:
        return with_peers(report, store, store.latest_run())


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
