"""`rtcheck compare`: two or more plans of one patient under one protocol."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import (
    FORMAT,
    CsvStyle,
    DrawnOnly,
    Engine,
    Looks,
    Outputs,
    PatientFacts,
    ProtocolName,
    Strict,
    terms_of,
)
from rtcheck.cli.output import emit, renderings
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError, harmless

if TYPE_CHECKING:
    from rtcheck.case import Case
    from rtcheck.checking.terms import Terms
    from rtcheck.report.pages.comparison.compared import Comparison
    from rtcheck.report.telling.letterhead import Letterhead


class ComparisonFormat(StrEnum):
    """What `rtcheck compare` can write."""

    table = "table"
    json = "json"
    html = "html"
    csv = "csv"
    pdf = "pdf"


def compare(
    paths: Annotated[list[Path], Argument(metavar="PLAN", help="Two or more plan files or folders.")],
    protocol: ProtocolName,
    stated: Stated,
    engine: Engine,
    patient: PatientFacts,
    csv_style: CsvStyle,
    looks: Looks,
    output_format: Annotated[ComparisonFormat | None, FORMAT] = None,
    outputs: Outputs = None,
    difference: Annotated[
        bool, Option("--difference", help="Also the difference of two doses, point by point, in each structure.")
    ] = False,
    gamma: Annotated[
        str | None,
        Option("--gamma", metavar="DOSE/DISTANCE", help="Also --difference and 3D gamma, such as 3%/2mm (global)."),
    ] = None,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
) -> int:
    """Compare plans side by side, constraint by constraint; the HTML page also overlays their DVHs.

    What is stated (--dose-rx, --facts and the like) applies to every plan. Plans of different patients are compared
    with a warning. Exit status: that of the worst plan.
    """
    from rtcheck.checking.second_opinion.dose_difference import dose_difference, parse_gamma
    from rtcheck.protocol.file.load import load_protocol
    from rtcheck.report.pages.comparison.compared import comparison_of

    if len(paths) < 2:
        raise UsageError("A comparison needs at least two plans; only one path was given.")
    criteria = parse_gamma(gamma) if gamma is not None else None
    wants_difference = difference or criteria is not None
    if wants_difference and len(paths) != 2:
        raise UsageError("--difference and --gamma compare the doses of two plans.")
    targets, style = renderings(output_format, outputs, ComparisonFormat), looks.style()
    chosen = load_protocol(protocol)
    terms = terms_of(engine, patient, strict=strict, drawn_only=drawn_only)
    cases = [stated.read(path, chosen) for path in paths]
    if len({case.patient.id or case.patient.name for case in cases} - {""}) > 1:
        cases, terms = _with_shared_facts(cases, terms), terms.of_several_patients()
    reports = [terms.report_on(case, chosen) for case in cases]
    head = style.letterhead if style else None
    apart = dose_difference(reports[0], reports[1], criteria) if wants_difference else None
    for form, output in targets:
        unit = style.unit if style and form is not ComparisonFormat.json else "Gy"
        compared = comparison_of(reports, _names(paths), unit, difference=apart)
        emit(_rendered(compared, form, csv_style, head), output)
    statuses = {report.exit_status for report in reports}
    return next(status for status in (1, 3, 0) if status in statuses)


def _with_shared_facts(cases: "list[Case]", terms: "Terms") -> "list[Case]":
    """The cases of several patients, with a doubt where clinical facts, which are those of one, are stated of them."""
    from rtcheck.batch.work import SHARED_FACTS

    if terms.facts is None:
        return cases
    return [replace(case, notices=(*case.notices, SHARED_FACTS)) for case in cases]


def _rendered(
    comparison: "Comparison", form: ComparisonFormat, csv_style: CsvStyle, head: "Letterhead | None"
) -> str | bytes:
    """The comparison in a format."""
    match form:
        case ComparisonFormat.json:
            from rtcheck.report.pages.comparison.json_ import comparison_json

            return comparison_json(comparison)
        case ComparisonFormat.html:
            from rtcheck.report.pages.comparison.html import comparison_page

            return comparison_page(comparison, head)
        case ComparisonFormat.csv:
            from rtcheck.report.pages.comparison.csv_ import comparison_csv

            return comparison_csv(comparison, csv_style.form)
        case ComparisonFormat.pdf:
            from rtcheck.report.pages.comparison.pdf import comparison_pdf

            return comparison_pdf(comparison, head)
        case _:
            from rtcheck.report.pages.comparison.text import comparison_text

            return comparison_text(comparison)


def _names(paths: list[Path]) -> list[str]:
    """Each plan by its file or folder, by all of its path where two are called alike."""
    names = [path.parent.name if path.is_file() and path.stem in ("plan", "rtplan") else path.stem for path in paths]
    return list(map(harmless, names if len(set(names)) == len(names) else map(str, paths)))
