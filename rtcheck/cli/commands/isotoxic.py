"""`rtcheck isotoxic`: how far the prescription can go in the same number of fractions."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.declared import Option
from rtcheck.cli.options import (
    FORMAT,
    CasePath,
    DrawnOnly,
    Engine,
    Looks,
    Outputs,
    PatientFacts,
    ProtocolName,
    Strict,
    command_line,
    terms_of,
)
from rtcheck.cli.output import emit, renderings
from rtcheck.cli.stated import Reading
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.notices import Notice
    from rtcheck.results import Isotoxic


class IsotoxicFormat(StrEnum):
    """What `rtcheck isotoxic` can write."""

    table = "table"
    json = "json"
    html = "html"


def isotoxic(
    protocol: ProtocolName,
    reading: Reading,
    engine: Engine,
    patient: PatientFacts,
    looks: Looks,
    path: CasePath = None,
    with_protocol: Annotated[
        str | None,
        Option(
            "--with",
            metavar="NAME_OR_FILE",
            help="Also apply this protocol's limits, converted by EQD2 if necessary.",
        ),
    ] = None,
    step: Annotated[
        float | None, Option("--step", metavar="GY", help="Round the total dose down to a multiple of this dose.")
    ] = None,
    output_format: Annotated[IsotoxicFormat | None, FORMAT] = None,
    outputs: Outputs = None,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
) -> int:
    """The highest prescription that the protocol's limits allow with this plan in the same number of fractions.

    Dose and prescription are scaled together; each constraint holds up to (or from) some scale. The prescription is
    rounded down only. Exit status: 0 where the plan can be treated within the protocol's range, 1 where it cannot or no
    prescription meets all required constraints, 3 where a required limit is unknown.
    """
    from rtcheck.checking.courses.borrowed import borrowed
    from rtcheck.checking.verdict import strict_exit_status
    from rtcheck.checking.what_if.isotoxic import isotoxic_prescription
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.isotoxic import render_isotoxic

    if step is not None and not step > 0:
        raise UsageError(f"--step {step:g}: the step must be a dose above 0 Gy.")
    targets, style = renderings(output_format, outputs, IsotoxicFormat), looks.style()
    chosen, other = load_protocol(protocol), load_protocol(with_protocol) if with_protocol else None
    case = reading.case(path, chosen)
    fractions = case.plan.fractions if case.plan else None
    terms = terms_of(engine, patient, strict=strict, drawn_only=drawn_only)
    report, added = terms.report_on(case, chosen, command=command_line()), None
    notices: tuple[Notice, ...] = ()
    if other is not None and fractions is not None:
        converted, notices = borrowed(other, fractions)
        added = terms.report_on(case, converted)
    found = isotoxic_prescription(report, added=added, step_gy=step)
    if found is None:
        raise UsageError(
            "The prescription or the number of fractions is unknown, so the dose cannot be scaled: "
            "give both with --dose-rx and --fractions."
        )
    for form, output in targets:
        emit(render_isotoxic(report, found, notices, form.value, style), output)
    return strict_exit_status(_exit_status(found), report.notices) if strict else _exit_status(found)


def _exit_status(found: "Isotoxic") -> int:
    if found.allowed_gy is not None:
        return 0 if found.meets_all else 1
    return 1 if found.is_out_of_reach else 3
