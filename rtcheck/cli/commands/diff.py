"""`rtcheck diff A B`: two exports of one plan, element by element."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import FORMAT, CsvStyle, Outputs
from rtcheck.cli.output import emit, renderings
from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.checking.plan_diff.values import PlanDiff, Tolerance


class DiffFormat(StrEnum):
    """What `rtcheck diff` can write."""

    table = "table"
    json = "json"
    html = "html"
    csv = "csv"
    markdown = "markdown"


def diff(
    csv_style: CsvStyle,
    a: Annotated[Path, Argument(metavar="A", help="The first plan: an RTPLAN file, or a folder with it.")],
    b: Annotated[Path, Argument(metavar="B", help="The second plan: an RTPLAN file, or a folder with it.")],
    tolerance: Annotated[
        list[str] | None,
        Option("--tolerance", "-t", metavar="ELEMENT=NUMBER", help="A tolerance, e.g. leaves=0.5; can be repeated."),
    ] = None,
    ignore: Annotated[
        list[str] | None, Option("--ignore", metavar="CODE", help="Override this error, for example frame.mismatch.")
    ] = None,
    output_format: Annotated[DiffFormat | None, FORMAT] = None,
    outputs: Outputs = None,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Also list what agrees.")] = False,
) -> int:
    """Compare two plans element by element: planning system and record-and-verify system, approved and treated, replan.

    Beams are matched by name where their geometry agrees, else by geometry. Structures of one name and doses are
    compared where both have them. Exit status: 0 everything agrees within its tolerance; 1 something differs, or only
    one of them states it; 2 usage error; 3 the plans could not be read or compared.
    """
    from rtcheck.checking.plan_diff.compare import compare
    from rtcheck.dicom import read_case

    targets, tolerances = renderings(output_format, outputs, DiffFormat), _tolerances(tolerance or [])
    first, second = (read_case(path, ignore=frozenset(ignore or ())) for path in (a, b))
    found = compare(first, second, tolerances, any_patient="patient.mismatch" in (ignore or ()))
    for form, output in targets:
        emit(_rendered(found, form, csv_style, verbose=verbose), output)
    return found.exit_status


def _rendered(found: "PlanDiff", form: DiffFormat, csv_style: CsvStyle, *, verbose: bool) -> str:
    from rtcheck.report.pages import plan_diff

    match form:
        case DiffFormat.json:
            return plan_diff.diff_json(found)
        case DiffFormat.html:
            return plan_diff.diff_page(found)
        case DiffFormat.csv:
            return plan_diff.diff_csv(found, csv_style.form)
        case DiffFormat.markdown:
            return plan_diff.diff_markdown(found, verbose=verbose)
        case DiffFormat.table:
            return plan_diff.diff_text(found, verbose=verbose)


def _tolerances(given: list[str]) -> "dict[str, Tolerance]":
    from dataclasses import replace

    from rtcheck.checking.plan_diff.values import TOLERANCES

    tolerances = dict(TOLERANCES)
    for text in given:
        name, _, number = text.partition("=")
        if name not in tolerances:
            raise UsageError(f"--tolerance {text}: unknown element; known: {', '.join(TOLERANCES)}.")
        try:
            amount = float(number)
        except ValueError:
            amount = -1.0
        if not 0 <= amount < float("inf"):
            raise UsageError(f"--tolerance {text}: expected a number of at least 0, as in {name}=0.5.")
        tolerances[name] = replace(tolerances[name], amount=amount)
    return tolerances
