"""`rtcheck cohort`: what a batch says of many plans together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from rtcheck.cli.declared import Argument, Option
from rtcheck.cli.options import Looks
from rtcheck.cli.standard_output import say
from rtcheck.cli.trial import TrialAsked, keep_inputs
from rtcheck.errors import UsageError
from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.batch.cohort import ConstraintSummary, VerdictChange
    from rtcheck.batch.outcomes.analysis import Outcomes
    from rtcheck.batch.outcomes.table import OutcomeTable
    from rtcheck.batch.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesAsked:
    """Options for a table of outcomes."""

    HEADING: ClassVar = "Outcomes"

    outcomes_file: Annotated[
        Path | None,
        Option("--outcomes", metavar="CSV", help="Outcomes of the patients: level, toxicity, grade, response, dates."),
    ] = None
    levels: Annotated[
        str, Option("--levels", metavar="NAMES", help='With --outcomes: all dose levels, ascending: "250 mg,500 mg".')
    ] = ""
    confirm_mtd: Annotated[
        bool, Option("--confirm-mtd", help="With --outcomes: the maximum tolerated dose needs six patients.")
    ] = False
    metrics: Annotated[
        list[str] | None,
        Option("--metric", "-m", metavar="METRIC", help='With --outcomes: dose and response on "Liver-GTV Dmean".'),
    ] = None
    grade: Annotated[
        int, Option("--grade", metavar="N", min=1, max=5, help="With --metric: toxicities of this grade or more.")
    ] = 2
    toxicity: Annotated[
        str, Option("--toxicity", metavar="NAME", help="With --metric: toxicities of this name alone.")
    ] = ""
    curves_by: Annotated[
        str,
        Option("--curves-by", metavar="WHAT", help="With --outcomes: curves by level, verdict or a limit met or not."),
    ] = "level"

    def analysed(self, store: "Store", run_id: int) -> "Outcomes | None":
        """The analysis; None without a table."""
        if self.outcomes_file is None:
            return None
        from rtcheck.batch.outcomes import of_plans
        from rtcheck.batch.outcomes.analysis import Asked, analysed
        from rtcheck.batch.outcomes.table import read_outcomes
        from rtcheck.batch.plan_names import plan_names

        table = read_outcomes(self.outcomes_file)
        by_level = self.curves_by.casefold() == of_plans.BY_LEVEL
        plan_of = {}
        if self.metrics or not by_level:
            plan_of = of_plans.plan_of_each(table.patients, plan_names(store, run_id), path=str(self.outcomes_file))
        return analysed(
            table,
            Asked(
                levels=tuple(name.strip() for name in self.levels.split(",") if name.strip()),
                is_mtd_confirmed=self.confirm_mtd,
                group_of=None if by_level else of_plans.groups_of(store, run_id, plan_of, self.curves_by),
                metrics=of_plans.metrics_of(store, run_id, plan_of, self.metrics or ()),
                grade=self.grade,
                toxicity=self._known_toxicity(table),
            ),
        )

    def _known_toxicity(self, table: "OutcomeTable") -> str:
        names = {each.name.casefold(): each.name for patient in table.patients for each in patient.toxicities}
        if self.toxicity and self.toxicity.casefold() not in names:
            known = ", ".join(sorted(filter(None, names.values()))) or "none"
            raise UsageError(f'--toxicity "{self.toxicity}": not in the table; it has {known}.')
        return self.toxicity


def cohort(
    folder: Annotated[Path, Argument(metavar="DIR", help="The folder written by `rtcheck batch --out`.")],
    asked: OutcomesAsked,
    trial: TrialAsked,
    looks: Looks,
    against: Annotated[
        Path | None,
        Option("--against", metavar="DIR", help="Another batch: list the plans whose verdict differs, and why."),
    ] = None,
    join: Annotated[
        Path | None, Option("--join", metavar="FILE", help="A table of plans; its first column identifies the plan.")
    ] = None,
    by: Annotated[
        str | None,
        Option(
            "--by",
            metavar="COLUMN",
            help="Group by this column of the table; without it by arm or site of the batch's.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Option("--out", "-o", metavar="DIR_OR_HTML", help="Folder for cohort.html and cohort.csv, or the page's file."),
    ] = None,
) -> int:
    """Statistics per constraint: how many plans were evaluated and met it, median, range and outliers.

    Writes cohort.html (box plots, DVH bands) and cohort.csv, and scores.csv with the plans ranked by score where the
    protocol has scores. The first column of the --join table names the plan as the
    index shows it: its folder, path or file, its UID or label, or the patient ID.

    --outcomes adds what became of the patients: the 3 + 3 rule on dose-limiting toxicities, response rates, survival
    curves, and dose and response (`rtcheck guide outcomes`); they are also written to outcomes.json.

    --report writes the report of a trial instead: accrual, items met with intervals, organ doses by arm, deviations
    with their waivers, sites and a funnel plot. Site, arm and enrolment are those of `batch --table` or of --join.

    --truth grades every plan of a benchmark case as per protocol, acceptable variation or unacceptable, on the terminal
    and in the --report. Exit status: 1 if a value is unacceptable, 3 if one could not be graded.
    """
    import json

    from rtcheck.atomic_write import write_aside
    from rtcheck.batch.cohort import common_plans, compare_runs, dvh_bands, incomplete_lines, summarize
    from rtcheck.batch.cohort_page import cohort_csv, cohort_page
    from rtcheck.batch.outcomes.told import outcome_lines, outcomes_as_dict
    from rtcheck.batch.score_ranks import ranked_plans, ranking_csv, ranking_lines
    from rtcheck.batch.store import open_store
    from rtcheck.report.telling.style import PLAIN

    style = looks.style() or PLAIN
    if trial and (against or by or out or asked.outcomes_file):
        raise UsageError(
            "--report, --letters and --truth name files of their own: they exclude --against, --by, --outcomes and "
            "--out. Use a second command for these."
        )
    if join is not None and by is None and not trial:
        raise UsageError("--join needs --by: the column of the table to group by.")
    with open_store(folder, must_exist=True) as store:
        if against is not None:
            with open_store(against, must_exist=True) as other:
                say(_changes_text(compare_runs(store, other), common_plans(store, other)))
                for name, each in ((folder, store), (against, other)):
                    for line in incomplete_lines(each, each.latest_run()):
                        say(f"{name}: {line}\n")
            return 0
        run_id = store.latest_run()
        if trial:
            lines, status = trial.written(store, run_id, join, style)
            say("".join(f"{line}\n" for line in lines))
            return status
        groups = _groups(store, run_id, join, by) if join and by else _own_groups(store, run_id, by) if by else None
        summaries = summarize(store, run_id, groups=groups)
        plans = next(store.rows("SELECT count(DISTINCT plan_key) FROM plans WHERE run_id = ?", (run_id,)))[0]
        bands = dvh_bands(store, run_id, groups=groups)
        ranked = ranked_plans(store, run_id)
        outcomes = asked.analysed(store, run_id)
        incomplete = incomplete_lines(store, run_id)
    page = _page_file(out or folder)
    title = "Constraints over the cohort"
    text = cohort_page(
        title, summaries, bands, plans=plans, incomplete=incomplete, outcomes=outcomes, ranked=ranked, style=style
    )
    written = {page: text}
    written[page.with_suffix(".csv")] = cohort_csv(summaries, style.unit)
    if ranked:
        written[page.with_name("scores.csv")] = ranking_csv(ranked)
    if outcomes:
        values = json.dumps(outcomes_as_dict(outcomes), indent=2, ensure_ascii=False) + "\n"
        written[page.with_name("outcomes.json")] = values
    keep_inputs(written, (join, asked.outcomes_file))
    for path, text in written.items():
        write_aside(text, path)
    told = [
        _table(tuple(each.shown_in(style.unit) for each in summaries)),
        *incomplete,
        *ranking_lines(ranked),
        *([*outcome_lines(outcomes)] if outcomes else []),
    ]
    names = ", ".join([str(page), *(path.name for path in written if path != page)])
    say("\n".join(told) + f"\nWritten: {names}\n")
    return 0


def _page_file(target: Path) -> Path:
    """The page: the file itself if it is one of HTML, else cohort.html in the folder."""
    if target.suffix.lower() in (".html", ".htm") and not target.is_dir():
        return target
    if target.suffix and not target.is_dir():
        raise UsageError(f"{target}: cohort writes a page (.html) and a table next to it; give a folder or FILE.html.")
    return target / "cohort.html"


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


def _changes_text(changes: "tuple[VerdictChange, ...]", counts: tuple[int, int, int]) -> str:
    common, *alone = counts
    if not common:
        return "Nothing was compared: the batches have no plan and protocol in common.\n"
    lines = [f"{len(changes)} of {common} plans have a different verdict{':' if changes else '.'}"]
    for change in changes:
        lines.append(f"{change.plan_key} under {change.protocol}: {change.before} -> {change.after}")
        lines += [f"    {sentence}" for sentence in change.why]
    places = ("first", "second")
    lines += [
        f"{number} more only in the {place} batch." for number, place in zip(alone, places, strict=True) if number
    ]
    return "\n".join(lines) + "\n"


def _own_groups(store: "Store", run_id: int, column: str) -> dict[str, str]:
    """The group of each plan key by the batch's own table of plans."""
    if column.casefold() not in ("arm", "site"):
        raise UsageError(f"--by {column} needs --join with the table that has this column; without it: arm or site.")
    query = (
        "SELECT DISTINCT p.plan_key, l.arm, l.site FROM plans p LEFT JOIN listed l USING (plan_key) WHERE run_id = ?"
    )
    found = {row["plan_key"]: row[column.casefold()] for row in store.rows(query, (run_id,))}
    if not any(found.values()):
        raise UsageError(f"--by {column}: the batch has no {column} of its plans; give a table with --join.")
    return {key: group or f"no {column.casefold()}" for key, group in found.items()}


def _groups(store: "Store", run_id: int, table: Path, column: str) -> dict[str, str]:
    """The group of each plan key. Raises UsageError for a table without the column, or that names no plan here."""
    from rtcheck.batch.plan_names import NAMED_BY, plan_names, told_by_plan
    from rtcheck.batch.table_input import read_table

    found_table = read_table(table)
    headings = found_table.headings
    if column not in headings:
        raise UsageError(f"{table}: no column {column!r}; the columns are {', '.join(headings) or 'none'}.")
    names, place = plan_names(store, run_id), headings.index(column)
    rows = ((line, cells[0], cells[place] or f"no {column}") for line, cells in found_table.rows)
    found = told_by_plan(rows, names, path=table)
    if not found:
        raise UsageError(
            f"{table}: no value in column {headings[0]!r} is a plan of the batch ({NAMED_BY}); "
            f"for example {names.example!r}."
        )
    return {key: found.get(key, f"no {column}") for key in names.names_of}
