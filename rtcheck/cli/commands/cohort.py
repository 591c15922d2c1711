"""`rtcheck cohort`: what a batch says of many plans together."""

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from rtcheck.errors import UsageError

if TYPE_CHECKING:
    from rtcheck.batch.cohort import ConstraintSummary, VerdictChange
    from rtcheck.batch.store import Store

JOIN_COLUMNS = ("plan_key", "plan_uid", "plan_label", "patient_id")


def cohort(
    folder: Annotated[Path, Argument(metavar="DIR", help="The folder written by `rtcheck batch --out`.")],
    against: Annotated[
        Path | None,
        Option("--against", metavar="DIR", help="Another batch: list the plans whose verdict differs, and why."),
    ] = None,
    join: Annotated[
        Path | None, Option("--join", metavar="CSV", help="A table of plans; its first column identifies the plan.")
    ] = None,
    by: Annotated[
        str | None, Option("--by", metavar="COLUMN", help="Group the plans by this column of the table.")
    ] = None,
    out: Annotated[
        Path | None,
        Option("--out", "-o", metavar="DIR", help="Folder for cohort.html and cohort.csv; by default DIR."),
    ] = None,
) -> int:
    """Statistics per constraint: how many plans were evaluated and met it, median, range and outliers.

    Writes cohort.html (box plots, DVH bands) and cohort.csv. The first column of the --join table is matched with the
    path of the plan below the root, its UID, its label or the patient ID.
    """
    from rtcheck.atomic_write import write_aside
    from rtcheck.batch.cohort import compare_runs, dvh_bands, summarize
    from rtcheck.batch.cohort_page import cohort_csv, cohort_page
    from rtcheck.batch.store import open_store

    if (join is None) != (by is None):
        raise UsageError("--join and --by must be given together: the table and the column to group by.")
    with open_store(folder, must_exist=True) as store:
        if against is not None:
            with open_store(against, must_exist=True) as other:
                sys.stdout.write(_changes_text(compare_runs(store, other)))
            return 0
        run_id = store.latest_run()
        groups = _groups(store, run_id, join, by) if join and by else None
        summaries = summarize(store, run_id, groups=groups)
        plans = next(store.rows("SELECT count(DISTINCT plan_key) FROM plans WHERE run_id = ?", (run_id,)))[0]
        bands = dvh_bands(store, run_id, groups=groups)
    target = out or folder
    write_aside(cohort_page("Constraints over the cohort", summaries, bands, plans=plans), target / "cohort.html")
    write_aside(cohort_csv(summaries), target / "cohort.csv")
    sys.stdout.write(_table(summaries) + f"\nWritten: {target / 'cohort.html'}, cohort.csv\n")
    return 0


def _table(summaries: "tuple[ConstraintSummary, ...]") -> str:
    """The summaries as lines of at most 80 columns."""
    is_grouped = any(each.group for each in summaries)
    group = " Group   " if is_grouped else ""
    lines = [f"{'Structure':<16} {'Goal':<18}{group} {'Met':>9} {'Not ev.':>7}  Median (range)"]
    for each in summaries:
        spread = each.distribution
        values = f"{spread.median:.1f} ({spread.minimum:.1f} to {spread.maximum:.1f}) {each.unit}" if spread else "-"
        what = f"{each.structure[:16]:<16} {each.goal[:18]:<18}" + (f" {each.group[:8]:<8}" if is_grouped else "")
        met = f"{each.met + each.variation}/{each.evaluated}"
        lines.append(f"{what} {met:>9} {each.not_evaluated:>7}  {values}")
    return "\n".join(lines)


def _changes_text(changes: "tuple[VerdictChange, ...]") -> str:
    if not changes:
        return "No verdict differs.\n"
    lines = [f"{len(changes)} plans have a different verdict:"]
    for change in changes:
        lines.append(f"{change.plan_key} under {change.protocol}: {change.before} -> {change.after}")
        lines += [f"    {sentence}" for sentence in change.why]
    return "\n".join(lines) + "\n"


def _groups(store: "Store", run_id: int, table: Path, column: str) -> dict[str, str]:
    """The group of each plan key. Raises UsageError for a table without the column, or that names no plan here."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{table}: cannot be read as a CSV table ({type(error).__name__}).") from None
    headings = list(rows[0]) if rows else []
    if column not in headings:
        raise UsageError(f"{table}: no column {column!r}; the columns are {', '.join(map(str, headings)) or 'none'}.")
    group_of = {str(row[headings[0]]).strip(): str(row[column]).strip() for row in rows}
    found = {}
    for plan in store.rows(f"SELECT DISTINCT {', '.join(JOIN_COLUMNS)} FROM plans WHERE run_id = ?", (run_id,)):
        name = next((plan[key] for key in JOIN_COLUMNS if plan[key] and plan[key] in group_of), None)
        if name is not None:
            found[plan["plan_key"]] = group_of[name]
    if not found:
        raise UsageError(
            f"{table}: no value in column {headings[0]!r} matches a plan of the batch (path, UID, label or patient ID)."
        )
    return found
