"""The plans below a folder -> a table of them to complete, with what each plan states of itself beside."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rtcheck.atomic_write import write_aside
from rtcheck.batch.index_page import short_names
from rtcheck.batch.plan_table.listing import called
from rtcheck.batch.plan_table.reading import FOUND
from rtcheck.batch.run import plan_key_of
from rtcheck.batch.table_input import EXCEL
from rtcheck.checking.proposing.plan_outline import outline_of
from rtcheck.csv_table import table_text
from rtcheck.dicom.finding.patients import PlanSet, plan_sets
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.report.formats.workbook import sheet_bytes

TO_COMPLETE = (
    "protocol", "dose", "fractions", "aliases", "facts", "waivers", "arm", "site", "enrolled", "excluded", "why",
)  # fmt: skip
COLUMNS = ("plan", "patient", *FOUND[:3], *TO_COMPLETE)


def write_draft(root: Path, path: Path) -> int:
    """Write the table, CSV or Excel by the file's ending; the number of plans.

    Raises:
        UsageError: there is no plan, or the ending is another.
    """
    if path.suffix.lower() not in (".csv", *EXCEL):
        raise UsageError(f"{path}: a table of plans is a .csv or .xlsx file.")
    sets = plan_sets(root)
    if not sets:
        raise UsageError(f"{root}: no RTPLAN and no RTDOSE was found in this folder or below it.")
    plans = {plan_key_of(plan_set, root): plan_set for plan_set in sets}
    rows = list(_rows(plans))
    is_csv = path.suffix.lower() == ".csv"
    write_aside(table_text(COLUMNS, rows) if is_csv else sheet_bytes("Plans", COLUMNS, rows), path)
    return len(rows)


def _rows(plans: dict[str, PlanSet]) -> Iterator[tuple[str | float | None, ...]]:
    shown = short_names(set(plans))
    for key, plan_set in sorted(plans.items()):
        names, dose_gy, fractions = called(key, plan_set), *_stated(plan_set)
        yield shown[key], names.patient_id, names.label, dose_gy, fractions, *("" for _ in TO_COMPLETE)


def _stated(plan_set: PlanSet) -> tuple[float | None, int | None]:
    """Prescription in Gy and fractions as the plan states them; what cannot be read is left to the check to report."""
    if plan_set.plan is None or plan_set.problem:
        return None, None
    alone = replace(plan_set, choice=replace(plan_set.choice, doses=(), structures=None, images=(), copies=()))
    try:
        outline = outline_of(alone.read())
    except RtcheckError:
        return None, None
    return outline.dose_gy, outline.fractions
