"""A results file -> index.html: every plan of a run on one page, worst first."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rtcheck.atomic_write import write_aside
from rtcheck.batch.store import Store
from rtcheck.batch.work import report_name
from rtcheck.protocol.file.volume_table import goal_of_label
from rtcheck.report.pages.batch_index import IndexMark, IndexRow, Totals, render_index
from rtcheck.report.telling.amounts import margin_text
from rtcheck.report.telling.dose_text import text_in
from rtcheck.report.telling.outcomes import Kind, Word, outcome_word, stamp
from rtcheck.report.telling.words import typeset
from rtcheck.results import Verdict
from rtcheck.units import DoseUnit, amount_text

MOST_PLANS = 5_000  # a page of more is no page; the results file and the CSV hold all of them

_UNCHECKED: dict[str, Word] = {"error": Word("ne", "Error"), "excluded": Word("na", "Excluded")}

_PLANS = """
    SELECT * FROM plans WHERE run_id = ?
    ORDER BY status = 'excluded',
        CASE verdict WHEN 'fail' THEN 0 WHEN 'not_evaluated' THEN 1 WHEN 'variation' THEN 2 ELSE 3 END, plan_key
    LIMIT ?
"""

_VERDICTS = """
    SELECT status, verdict, doubts != '', count(*) FROM plans WHERE run_id = ? GROUP BY status, verdict, doubts != ''
"""

_OPEN_CHECKS = """
    SELECT * FROM checks WHERE plan_id = ? AND outcome NOT IN ('met', 'not_applicable')
    AND NOT (outcome = 'not_evaluated' AND priority = 'advisory') ORDER BY position
"""

PageOf = Callable[[str, str], str]
"""Plan key and protocol -> the HTML report's path below reports/."""


def write_index(
    store: Store,
    run_id: int,
    path: Path,
    *,
    has_reports: bool,
    live_s: int = 0,
    unit: DoseUnit = "Gy",
    page_of: PageOf = report_name,
) -> None:
    """Write the page of a run; rows link to the HTML reports where there are any. `live_s`: see `render_index`."""
    run = next(store.rows("SELECT * FROM runs WHERE id = ?", (run_id,)))
    rows = [row for _, row in index_rows(store, run_id, has_reports=has_reports, unit=unit, page_of=page_of)]
    totals = _totals(store, run_id)
    about = [
        ("Program", f"rtcheck {run['program_version']}"),
        ("Folder", run["root"] or "omitted (anonymous)"),
        ("Started", run["started_at"]),
    ]
    if (total := totals.words.total()) > len(rows):
        about.append(("Shown", f"the worst {len(rows)} of {total}; results.csv and results.sqlite contain all"))
    page = render_index(
        rows, protocol=run["protocols"], about=about, date_heading="Checked", live_s=live_s, unit=unit, totals=totals
    )
    write_aside(page, path)


def _totals(store: Store, run_id: int) -> Totals:
    """Counted over the whole run, of which the page may show the worst plans alone."""
    words: Counter[tuple[Kind, str]] = Counter()
    for status, verdict, doubts, number in store.rows(_VERDICTS, (run_id,)):
        word = _word(status, verdict, is_in_doubt=doubts)
        words[word.kind, word.text.capitalize()] += number
    query = "SELECT count(DISTINCT plan_key) FROM plans WHERE run_id = ? AND status != 'excluded'"
    (plans,) = next(store.rows(query, (run_id,)))
    return Totals(plans=plans, words=words)


def _word(status: str, verdict: Verdict, *, is_in_doubt: bool) -> Word:
    return _UNCHECKED.get(status) or stamp(verdict, is_in_doubt=bool(is_in_doubt))


def index_rows(
    store: Store, run_id: int, *, has_reports: bool, unit: DoseUnit = "Gy", page_of: PageOf = report_name
) -> list[tuple[str, IndexRow]]:
    """The plan key and the row of every plan of a run, worst first; of too many plans the worst.

    Doses in texts are in this unit.
    """
    plans = list(store.rows(_PLANS, (run_id, MOST_PLANS)))
    is_of_one_protocol = len({plan["protocol"] for plan in plans} - {""}) < 2
    called = short_names({plan["plan_key"] for plan in plans})
    return [
        (
            plan["plan_key"],
            _row(
                store,
                plan,
                called,
                page_of if has_reports else None,
                names_protocol=not is_of_one_protocol,
                unit=unit,
            ),
        )
        for plan in plans
    ]


def short_names(keys: set[str]) -> dict[str, str]:
    """Each plan by its folder where it is alone in it, else by its file."""
    folders = Counter(key.rpartition("/")[0] for key in keys)
    return {key: folder if (folder := key.rpartition("/")[0]) and folders[folder] == 1 else key for key in keys}


def _row(
    store: Store,
    plan: sqlite3.Row,
    called: dict[str, str],
    page_of: PageOf | None,
    *,
    names_protocol: bool,
    unit: DoseUnit,
) -> IndexRow:
    constraints = store.rows("SELECT * FROM constraints WHERE plan_id = ? ORDER BY position", (plan["id"],))
    checks = store.rows(_OPEN_CHECKS, (plan["id"],))
    is_checked = plan["status"] not in _UNCHECKED
    name = called[plan["plan_key"]] + (f" ({plan['protocol']})" if names_protocol and plan["protocol"] else "")
    word = _word(plan["status"], plan["verdict"], is_in_doubt=bool(plan["doubts"]))
    return IndexRow(
        name=name,
        plan=plan["plan_label"],
        href=f"reports/{page_of(plan['plan_key'], plan['protocol'])}" if page_of and is_checked else "",
        kind=word.kind,
        word=word.text.capitalize(),
        marks=(*(_mark(each, unit) for each in constraints), *(_check_mark(each, unit) for each in checks)),
        dose_gy=plan["prescription_gy"],
        date=plan["checked_at"][:10],
        reason="" if plan["verdict"] == "pass" else text_in(plan["reason"], unit),
        doubts=text_in(plan["doubts"], unit),
    )


def _mark(row: sqlite3.Row, unit: DoseUnit) -> IndexMark:
    value, margin = row["value"], row["margin"]
    goal, is_by_volume = goal_of_label(row["goal"])
    if is_by_volume and value is not None and margin is not None:  # the limit of this plan
        goal = replace(goal, limit=value + margin if goal.is_upper_limit else value - margin)
    word = outcome_word(row["outcome"], is_borderline=bool(row["borderline"]))
    is_relative = value is not None and goal.limit > 0
    return IndexMark(
        structure=row["structure"],
        goal=text_in(typeset(row["goal"]), unit),
        kind=word.kind,
        word=word.text,
        value="" if value is None else text_in(amount_text(value, goal.unit, beside=goal.limit), unit),
        margin_text=text_in(margin_text(margin, goal), unit),
        share=value / goal.limit if is_relative else None,
        margin=margin / goal.limit if is_relative and margin is not None else None,
        is_upper=goal.is_upper_limit,
    )


def _check_mark(row: sqlite3.Row, unit: DoseUnit) -> IndexMark:
    """A plan check that is not met; one that only advises warns."""
    word = outcome_word(row["outcome"], is_borderline=False)
    kind = "var" if row["priority"] == "advisory" and word.kind == "over" else word.kind
    expected, found = text_in(row["expected"], unit), text_in(row["found"], unit)
    return IndexMark(structure=row["item"], goal=expected, kind=kind, word=word.text, value=found)
