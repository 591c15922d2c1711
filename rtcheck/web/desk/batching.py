"""The plans of the served folder under one question: a batch like the command line's, and its results as rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rtcheck.batch.index_page import index_rows
from rtcheck.batch.run import Tally, run_batch
from rtcheck.batch.store import open_store
from rtcheck.batch.work import Question as BatchQuestion
from rtcheck.checking.terms import Terms
from rtcheck.units import DoseUnit
from rtcheck.web.desk.beside import texts_of
from rtcheck.web.desk.desk import Desk, beside_of
from rtcheck.web.desk.exporting import protocol_in_file
from rtcheck.web.desk.question import Question
from rtcheck.web.desk.values import plain


def run_folder(
    root: Path, out: Path, place: Path, question: Question, on_progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Every plan of the folder checked; what did not change since the last run is not computed again."""
    desk = Desk()
    protocol, _ = protocol_in_file(desk, place, question)
    aliases = beside_of(place, {k: v for k, v in texts_of(question).items() if k == "aliases"}).aliases
    terms = Terms(aliases=aliases, require_eligibility=question.require_eligibility, drawn_only=question.drawn_only)
    asked = BatchQuestion(protocols=(protocol,), terms=terms)
    tally = run_batch(root, out, asked, on_progress=lambda told: on_progress(told.done, told.plans))
    return {"tally": _tally(tally)}


def batch_rows(out: Path, unit: DoseUnit) -> dict[str, Any]:
    """The latest run's rows as far as it has come, their texts in this unit; none before there is a run."""
    if not (out / "results.sqlite").is_file():
        return {"rows": [], "protocol": ""}
    with open_store(out, must_exist=True) as store:
        run_id = store.latest_run()
        run = next(store.rows("SELECT * FROM runs WHERE id = ?", (run_id,)))
        rows = [
            {"key": key, **plain(row), "tightest": plain(row.tightest)}
            for key, row in index_rows(store, run_id, has_reports=False, unit=unit)
        ]
        return {"rows": rows, "protocol": run["protocols"]}


def _tally(tally: Tally) -> dict[str, Any]:
    return {"plans": tally.plans, "done": tally.done, "unchanged": tally.unchanged, "verdicts": dict(tally.verdicts)}
