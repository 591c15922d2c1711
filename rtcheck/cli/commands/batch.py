"""`rtcheck batch`: every plan below a folder."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rtcheck.cli.batch_results import summary, write_tables
from rtcheck.cli.choosing import PROTOCOLS_HELP, chosen_protocols
from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.errors import NO_PROTOCOL
from rtcheck.cli.options import CsvStyle, DrawnOnly, Engine, Jobs, Looks, OwnColours, PatientFacts, Strict, terms_of
from rtcheck.cli.standard_output import say
from rtcheck.cli.stated import Stated
from rtcheck.errors import UsageError, harmless

if TYPE_CHECKING:
    from rtcheck.batch.plan_table.roster import Roster
    from rtcheck.batch.progress import ProgressBar
    from rtcheck.batch.run import OpenExecutor, Tally
    from rtcheck.batch.work import Question


def batch(
    root: Annotated[Path, Argument(metavar="ROOT", help="A folder with plans, or a zip archive.")],
    stated: Stated,
    engine: Engine,
    patient: PatientFacts,
    csv_style: CsvStyle,
    looks: Looks,
    protocols: Annotated[
        list[str] | None,
        Option("--protocol", "-p", metavar="NAME_OR_FILE", help=PROTOCOLS_HELP),
    ] = None,
    out: Annotated[
        Path | None,
        Option("--out", "-o", metavar="DIR", help="Folder for the results; an earlier run in it is resumed."),
    ] = None,
    table: Annotated[
        Path | None,
        Option("--table", metavar="FILE", help="A table (CSV, Excel) with protocol, dose, facts, arm of each plan."),
    ] = None,
    draft_table: Annotated[
        Path | None,
        Option("--draft-table", metavar="FILE", help="Write such a table of the plans found, to complete; no check."),
    ] = None,
    jobs: Jobs = None,
    dask: Annotated[
        str | None, Option("--dask", metavar="ADDRESS", help="Run on the workers of this dask scheduler.")
    ] = None,
    reports: Annotated[bool, Option("--reports", help="Also write an HTML report for every plan.")] = False,
    own_colours: OwnColours = False,
    parquet: Annotated[bool, Option("--parquet", help="Also write results.parquet.")] = False,
    anonymous: Annotated[
        bool, Option("--anonymous", help="Omit everything that identifies patients; plans get pseudonyms.")
    ] = False,
    key_file: Annotated[
        Path | None, Option("--key-file", metavar="FILE", help="With --anonymous: write pseudonyms and plans as CSV.")
    ] = None,
    drawn_only: DrawnOnly = False,
    strict: Strict = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> int:
    """Check every plan below ROOT in parallel and store the results in DIR.

    An interrupted run can be resumed: a plan whose files, protocol and program are unchanged is not computed again.
    What is stated (--dose-rx, --facts, --waivers and the like) applies to every plan; a --table states it plan by plan
    (`rtcheck guide batch`). Plans without dose or structures, and plans that are not in the table, are listed, too.
    --unit is that of the index page and the reports; results.csv stays in Gy. Exit status: that of the worst plan (4,
    then 1, then 3, then 0).
    """
    if not root.exists():
        raise UsageError(f"The folder {root} does not exist.")
    if draft_table is not None:
        return _drafted(root, draft_table, anonymous=anonymous)
    if out is None:
        raise UsageError("No folder for the results given: use --out DIR.")
    from rtcheck.batch.progress import progress_bar
    from rtcheck.batch.run import run_batch

    if key_file is not None and not anonymous:
        raise UsageError("--key-file requires --anonymous: otherwise plans are named by their folders.")
    if parquet:
        from rtcheck.batch.export import needs_pyarrow

        needs_pyarrow()  # before hours of work, not after them
    csv_form, style = csv_style.form, looks.style(own_colours=own_colours)
    if not protocols and table is None:
        raise UsageError(NO_PROTOCOL)
    fixed, candidates = chosen_protocols(protocols or ())
    question = stated.question(
        fixed,
        terms_of(engine, patient, strict=strict, drawn_only=drawn_only),
        candidates=candidates,
        reports=out if reports else None,
        style=style,
        anonymous=anonymous,
    )
    roster = _roster(table, question, stated) if table else None
    open_executor, chunk = _executor(jobs, dask)
    shows_progress = not quiet and sys.stderr.isatty()
    with progress_bar(is_shown=shows_progress) as bar:
        tally = _run(
            partial(run_batch, root, out, question, roster=roster, chunk=chunk),
            bar,
            open_executor,
            jobs,
            is_dask=dask is not None,
        )
    if key_file is not None:
        _write_key_file(key_file, root, out)
    write_tables(out, csv_form, parquet=parquet, reports=reports, unit=looks.unit.value)
    if not quiet:
        say(summary(tally, out))
    return tally.exit_status


def _drafted(root: Path, path: Path, *, anonymous: bool) -> int:
    """Write the table of the plans found below the root."""
    from rtcheck.batch.plan_table.draft import write_draft
    from rtcheck.report.telling.words import counted

    if anonymous:
        raise UsageError("--draft-table lists plans by their folders and patients; it cannot be anonymous.")
    if path.exists():
        raise UsageError(f"{path} exists: a table is not overwritten. Choose another name.")
    plans = counted(write_draft(root, path), "plan")
    say(f"{plans} written to {path}. Complete it, then: rtcheck batch {root} --table {path} -o DIR\n")
    return 0


def _roster(path: Path, question: "Question", stated: Stated) -> "Roster":
    """The table, and on standard error the columns that are not used."""
    from rtcheck.cli.plan_table import roster_of

    roster = roster_of(path, question, stated)
    if roster.table.unused:
        sys.stderr.write(f"{path}: columns not used: {', '.join(map(harmless, roster.table.unused))}\n")
    return roster


def _run(
    run: "partial[Tally]", bar: "ProgressBar", open_executor: "OpenExecutor | None", jobs: int | None, *, is_dask: bool
) -> "Tally":
    in_flight = None if jobs is None else 2 * jobs
    return run(
        open_executor=open_executor,
        in_flight=64 if is_dask else in_flight,
        on_scan=bar.scanned,
        on_progress=bar.checked,
    )


def _executor(jobs: int | None, dask: str | None) -> "tuple[OpenExecutor | None, int]":
    """How to open the executor, and how many plans go into one task."""
    if dask is not None:
        from rtcheck.batch.executor import DASK_CHUNK, dask_workers

        return partial(dask_workers, dask), DASK_CHUNK
    from rtcheck.batch.executor import process_pool
    from rtcheck.batch.run import CHUNK

    return (partial(process_pool, jobs) if jobs else None), CHUNK


def _write_key_file(path: Path, root: Path, out: Path) -> None:
    from rtcheck.batch.pseudonyms import write_key_file
    from rtcheck.batch.run import plan_names

    write_key_file(path, plan_names(root, out))
