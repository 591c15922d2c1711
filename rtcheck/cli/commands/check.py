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
    Quiet,
    ReportsPath,
    Strict,
    Verbose,
    command_line,
    existing_file,
    terms_of,
)
from rtcheck.cli.output import Destination, destinations, emit, emit_report, verdict_text
from rtcheck.cli.progress_line import progress_line
from rtcheck.cli.scenarios import Scenarios
from rtcheck.cli.stated import Reading
from rtcheck.errors import RtcheckError, UsageError

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.checking.second_opinion.dvh_texts import DvhText
    from rtcheck.checking.terms import Terms
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
    robust: Annotated[
        str | None,
        Option("--robust", metavar="MM", help="Repeat the check under shifts: 3mm, or 3,3,5 (x, y, z); see --samples."),
    ] = None,
    margin: Annotated[
        str | None, Option("--margin", metavar="MM", help="With --robust: also expand and contract the contours.")
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
    samples: Annotated[
        int | None,
        Option(
            "--samples",
            metavar="N",
            help="With --robust sigma=2mm,systematic=1.5mm: the probability of each limit over N random setup errors.",
        ),
    ] = None,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="With --samples: seed of the random numbers.")] = 1,
    add: Annotated[bool, Option("--sum", help="Add the doses of several plans of one patient.")] = False,
    sum_eqd2: Annotated[
        float | None, Option("--sum-eqd2", metavar="GY", help="Add the doses as EQD2 with this alpha/beta.")
    ] = None,
    rtdose_file: Annotated[
        Path | None,
        Option("--write-rtdose", metavar="FILE", help="With --sum or --sum-eqd2: write the summed dose as RTDOSE."),
    ] = None,
    registrations: Annotated[
        list[Path] | None,
        Option(
            "--registration",
            metavar="FILE",
            help="With --sum: the DICOM registration (REG) of plans on different images; by default those found next "
            "to the plans. Can be repeated.",
        ),
    ] = None,
    structures_of: Annotated[
        str | None,
        Option("--structures-of", metavar="PLAN", help="With --sum: the plan whose structures are used; its PATH."),
    ] = None,
    delivered: Annotated[
        list[str] | None,
        Option(
            "--delivered",
            metavar="PLAN=N",
            help="With --sum: N of the plan's fractions were delivered, as before an adapted plan. Can be repeated.",
        ),
    ] = None,
    sum_values: Annotated[
        bool,
        Option("--sum-values", help="Add the values of several plans instead of their doses: brachytherapy fractions."),
    ] = False,
    external: Annotated[
        list[str] | None,
        Option("--external", metavar="GY/N", help="With --sum-values: a uniform external dose, such as 45/25."),
    ] = None,
    fractions_left: Annotated[
        int | None,
        Option("--fractions-left", metavar="N", min=1, help="With --sum-values: fractions that are still to come."),
    ] = None,
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
        return _suggest(reading.case(paths[0] if paths else None), formats or [], output or [])
    if protocol is None:
        raise UsageError(NO_PROTOCOL)
    if profile:
        timing.start()
    targets = destinations(formats or [], output or [])
    if sign_key is not None and not any(target.path for target in targets):
        raise UsageError("--sign needs a file to sign: give one with -o.")
    if add and sum_eqd2 is not None:
        raise UsageError("--sum adds physical doses and --sum-eqd2 EQD2: give one of them.")
    is_sum = add or sum_eqd2 is not None
    if rtdose_file is not None:
        _require_writable_sum(is_sum=is_sum, anonymous=anonymous)
    if reading.scenario and (is_sum or sum_values):
        raise UsageError("--scenario is for one plan; it excludes --sum, --sum-eqd2 and --sum-values.")
    if (registrations or structures_of or delivered) and not is_sum:
        raise UsageError("--registration, --structures-of and --delivered are for sums: give several plans with --sum.")
    if (external or fractions_left) and not sum_values:
        raise UsageError("--external and --fractions-left are for --sum-values.")
    if sum_values and (is_sum or robust or cross_check or dvh_texts):
        raise UsageError("--sum-values excludes --sum, --sum-eqd2, --robust and --cross-check.")
    scenarios = Scenarios(robust, margin, samples, seed)
    style = looks.style(own_colours=own_colours)
    chosen = chosen_protocol(protocol)
    terms = terms_of(engine, patient, strict=strict, drawn_only=drawn_only)
    texts = _dvh_texts(dvh_texts or [])
    try:
        if sum_values:
            report = _by_values(paths or [], reading, protocol, terms, external or [], fractions_left)
        else:
            given = paths or []
            case = (
                _sum(
                    given,
                    reading,
                    chosen,
                    sum_eqd2,
                    registrations=registrations or [],
                    structures_of=structures_of,
                    delivered=delivered or [],
                )
                if is_sum
                else _case(given, reading, chosen)
            )
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


def _sum(
    paths: list[Path],
    reading: Reading,
    protocol: "Protocol",
    alpha_beta_gy: float | None,
    *,
    registrations: list[Path],
    structures_of: str | None,
    delivered: list[str],
) -> "Case":
    """The sum of the cases at several paths; what is stated of a sum is that of the sum."""
    if len(paths) < 2:
        raise UsageError("--sum needs at least two paths: the plans to be added.")
    from rtcheck.checking.courses.sums import summed

    stated = reading.overrides(protocol)
    place = None if structures_of is None else _place_of("--structures-of", structures_of, paths)
    fractions = _delivered(delivered, paths)
    cases = [reading.case_with(path, stated.of_each_plan) for path in paths]
    return summed(
        cases,
        eqd2_alpha_beta_gy=alpha_beta_gy,
        stated=stated.of_their_sum,
        registrations=[existing_file(path, "registration") for path in registrations],
        structures_of=place,
        delivered=fractions,
    )


def _by_values(
    paths: list[Path],
    reading: Reading,
    protocol: str,
    terms: "Terms",
    external: list[str],
    fractions_left: int | None,
) -> "Report":
    """The report on the values of several plans, added."""
    from rtcheck.checking.courses.by_values import parse_external, values_added

    if is_by_plan(protocol):
        raise UsageError("--sum-values needs a protocol by its name or file.")
    chosen = chosen_protocol(protocol)
    uniform = [parse_external(text) for text in external]
    if len(paths) + len(uniform) < 2:
        raise UsageError("--sum-values needs at least two plans, or a plan and --external.")
    if not paths:
        raise UsageError("--sum-values needs at least one plan.")
    stated = reading.overrides(chosen)
    if stated.gives_prescription or stated.fractions:
        raise UsageError("--sum-values takes neither --dose-rx nor --fractions: each plan states its own.")
    cases = [reading.case_with(path, stated.of_each_plan) for path in paths]
    reports = [terms.report_on(case, chosen, command=command_line()) for case in cases]
    return values_added(reports, external=uniform, fractions_left=fractions_left)


def _delivered(texts: list[str], paths: list[Path]) -> list[int | None]:
    """The fractions delivered of each path, from texts like OLD=18; nothing where none is given."""
    given: dict[int, int] = {}
    for text in texts:
        plan, _, count = text.rpartition("=")
        if not plan or not count.strip().isdigit() or not 0 < int(count) < 1000:
            raise UsageError(f"--delivered {text}: expected a plan and its delivered fractions, such as OLD=18.")
        place = _place_of("--delivered", plan.strip(), paths)
        if place in given:
            raise UsageError(f"--delivered {text}: the plan is given twice.")
        given[place] = int(count)
    return [given.get(place) for place in range(len(paths))] if given else []


def _place_of(option: str, plan: str, paths: list[Path]) -> int:
    """Which of the paths is meant: the same path, or its last part if no other path ends so."""
    wanted = Path(plan)
    exact = [place for place, path in enumerate(paths) if path == wanted]
    found = exact or [place for place, path in enumerate(paths) if path.name == plan]
    if len(found) != 1:
        raise UsageError(f"{option} {plan}: give one of the paths: {', '.join(map(str, paths))}.")
    return found[0]


def _require_writable_sum(*, is_sum: bool, anonymous: bool) -> None:
    """Raise UsageError for a dose that is not a sum, and for an anonymous report: the file names the patient."""
    if not is_sum:
        raise UsageError("--write-rtdose writes the dose of a sum: give several plans with --sum or --sum-eqd2.")
    if anonymous:
        raise UsageError("--write-rtdose writes the patient's name and ID into the file; it excludes --anonymous.")


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
