"""`cohort --report` and `--letters`: the report of a trial, and a letter for each plan with what the site must mend."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.declared import Option
from rtcheck.cli.options import command_line
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.batch.plan_table.reading import PlanRow
    from rtcheck.batch.store import Store
    from rtcheck.batch.trial.analysis import Trial
    from rtcheck.batch.trial.plans import TrialPlan
    from rtcheck.batch.truth.grading import Grades
    from rtcheck.report.telling.style import ReportStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAsked:
    """Options for the report of a trial."""

    HEADING: ClassVar = "Trial report"

    reports: Annotated[
        list[Path] | None,
        Option("--report", metavar="FILE", help="Write the trial report: .html, .pdf or .xlsx; can be repeated."),
    ] = None
    letters: Annotated[
        Path | None,
        Option(
            "--letters",
            metavar="DIR_OR_FILE",
            help="Write a query letter for each plan that needs one: a folder of pages, or one .html or .pdf file.",
        ),
    ] = None

    truth: Annotated[
        Path | None,
        Option("--truth", metavar="FILE", help="A table of what is accepted for each benchmark case: grade the plans."),
    ] = None

    def __bool__(self) -> bool:
        return bool(self.reports or self.letters or self.truth)

    def written(self, store: "Store", run_id: int, join: Path | None, style: "ReportStyle") -> tuple[list[str], int]:
        """Writes what is asked for; (lines for the terminal, exit status)."""
        from rtcheck.atomic_write import write_aside
        from rtcheck.batch.trial.analysis import analysed
        from rtcheck.batch.trial.files import trial_report
        from rtcheck.batch.trial.letters import earlier_letters, letter_files
        from rtcheck.batch.trial.plans import trial_plans
        from rtcheck.batch.truth.telling import grade_lines

        plans = trial_plans(store, run_id, _told(store, run_id, join) if join else {})
        grades = self._grades(store, run_id, plans)
        trial = analysed(plans, grades=grades, unit=style.unit)
        run = next(store.rows("SELECT * FROM runs WHERE id = ?", (run_id,)))
        made = run["finished_at"] or run["started_at"]
        about = list(_about(trial, store, run_id))
        files = {
            path: trial_report(trial, about, path, made=made, letterhead=style.letterhead)
            for path in self.reports or ()
        }
        letters = letter_files(trial, self.letters, made=made, letterhead=style.letterhead) if self.letters else {}
        files |= letters
        keep_inputs(files, (join, self.truth))
        for path, content in files.items():
            write_aside(content, path)
        lines = [*(grade_lines(grades) if grades else ()), *(f"Written: {path}" for path in files)]
        lines += [f"From an earlier run, not to be sent: {path}" for path in earlier_letters(letters)]
        return lines, grades.exit_status if grades else 0

    def _grades(self, store: "Store", run_id: int, plans: "list[TrialPlan]") -> "Grades | None":
        if self.truth is None:
            return None
        from rtcheck.batch.truth.grading import graded
        from rtcheck.batch.truth.table import read_truth

        return graded(store, run_id, plans, read_truth(self.truth))


def keep_inputs(written: Iterable[Path], given: Iterable[Path | None]) -> None:
    """Raises UsageError where a file to write is a table that was given."""
    tables = [path.resolve() for path in given if path is not None]
    if path := next((path for path in written if path.resolve() in tables), None):
        raise UsageError(f"{path}: is one of the tables given, and would be replaced. Choose another name or folder.")


def _about(trial: "Trial", store: "Store", run_id: int) -> Iterator[tuple[str, str]]:
    """Where the numbers come from: the same results and command give the same report."""
    run = next(store.rows("SELECT * FROM runs WHERE id = ?", (run_id,)))
    yield "Data (SHA-256)", trial.data_hash
    yield "Batch", f"{run['started_at']} to {run['finished_at'] or 'not finished'}, folder {run['root'] or '(omitted)'}"
    yield "Protocols", run["protocols"]
    query = "SELECT DISTINCT program_version FROM plans WHERE run_id = ? AND program_version != '' ORDER BY 1"
    versions = ", ".join(row["program_version"] for row in store.rows(query, (run_id,)))
    yield "Checked by", f"rtcheck {versions or run['program_version']}"
    yield "Intervals", "Clopper and Pearson 1934; funnel limits by the binomial, Spiegelhalter 2005"
    if run["root"]:
        yield "Command", " ".join(command_line())


def _told(store: "Store", run_id: int, path: Path) -> dict[str, dict[str, str]]:
    """Site, arm and enrolment of each plan that the joined table names."""
    from rtcheck.batch.plan_names import plan_names, told_by_plan
    from rtcheck.batch.plan_table.reading import read_plan_table

    def about(row: "PlanRow") -> dict[str, str]:
        told = {"site": row.site, "arm": row.arm, "enrolled": row.enrolled.isoformat() if row.enrolled else ""}
        return {column: text for column, text in told.items() if text}

    names = plan_names(store, run_id)
    rows = ((row.line, row.plan or row.patient, about(row)) for row in read_plan_table(path, is_led_by_plan=True).rows)
    found = told_by_plan(rows, names, path=path)
    if not any(found.values()):
        raise UsageError(
            f"{path}: no row gives the site, arm or enrolment of a plan of the batch; for example {names.example!r}."
        )
    return found
