"""What `batch` and `pull --out` leave in a folder next to its results file, and what they print."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtcheck.batch.run import Tally
    from rtcheck.csv_table import CsvForm
    from rtcheck.units import DoseUnit

VERDICTS = (
    ("pass", "pass"),
    ("variation", "variation"),
    ("fail", "fail"),
    ("not_evaluated", "not evaluated"),
    ("error", "error"),
    ("excluded", "excluded"),
)


def write_tables(
    out: Path, csv_form: "CsvForm | None" = None, *, parquet: bool = False, reports: bool, unit: "DoseUnit" = "Gy"
) -> None:
    """The tables and the index page of the latest run in the folder."""
    from rtcheck.batch.export import write_csv, write_parquet
    from rtcheck.batch.index_page import write_index
    from rtcheck.batch.store import open_store
    from rtcheck.csv_table import PLAIN

    with open_store(out, must_exist=True) as store:
        run_id = store.latest_run()
        write_csv(store, run_id, out / "results.csv", csv_form or PLAIN)
        if parquet:
            write_parquet(store, run_id, out / "results.parquet")
        write_index(store, run_id, out / "index.html", has_reports=reports, unit=unit)


def summary(tally: "Tally", out: Path) -> str:
    """The plans by verdict, and where their results are."""
    from rtcheck.report.telling.words import counted

    counts = ", ".join(f"{tally.verdicts[key]} {word}" for key, word in VERDICTS if tally.verdicts[key])
    unchanged = f" ({tally.unchanged} unchanged since the last run)" if tally.unchanged else ""
    doubts = f", {tally.in_doubt} in doubt" if tally.in_doubt else ""
    checks = sum(tally.verdicts.values())
    several = f", {checks} checks" if checks > tally.done else ""
    files = f"Results: {out / 'results.sqlite'}, results.csv, index.html\n"
    return f"{counted(tally.done, 'plan')}{unchanged}{several}: {counts}{doubts}\n{files}"
