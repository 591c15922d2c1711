"""A results file -> the plans of each protocol ranked by their score. Scores never change a verdict."""

from collections.abc import Iterator
from itertools import groupby

from rtcheck.batch.index_page import short_names
from rtcheck.batch.store import Store
from rtcheck.checking.scoring import ranks_of
from rtcheck.csv_table import table_text
from rtcheck.results import Score
from rtcheck.values import dataclass

CSV_COLUMNS = ("protocol", "rank", "plan", "points", "maximum", "percent", "verdict", "unscored")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPlan:
    """A plan's score among those of its protocol; `rank` 1 is the highest, equal percentages share one.

    `unscored` are the structures that count 0 points because they have no value. `score.maximum` may differ between
    plans: a constraint that does not apply to a plan has no points there.
    """

    protocol: str
    plan: str
    rank: int
    score: Score
    unscored: str
    verdict: str


def ranked_plans(store: Store, run_id: int) -> tuple[RankedPlan, ...]:
    """The scored plans of a run, each protocol by itself, the best first; none where no protocol has scores."""
    query = """
        SELECT plan_key, protocol, verdict, score_points, score_maximum, unscored
        FROM plans WHERE run_id = ? AND score_maximum > 0 ORDER BY protocol, plan_key
    """
    rows = list(store.rows(query, (run_id,)))
    names = short_names({row["plan_key"] for row in rows})
    found = []
    for protocol, group in groupby(rows, key=lambda row: row["protocol"]):
        plans = list(group)
        scores = [Score(points=row["score_points"], maximum=row["score_maximum"]) for row in plans]
        ranks = ranks_of([score.percent for score in scores])
        ranked = [
            RankedPlan(
                protocol=protocol,
                plan=names[row["plan_key"]],
                rank=rank,
                score=score,
                unscored=row["unscored"],
                verdict=row["verdict"],
            )
            for row, score, rank in zip(plans, scores, ranks, strict=True)
            if rank is not None
        ]
        found += sorted(ranked, key=lambda each: each.rank)
    return tuple(found)


def ranking_lines(plans: tuple[RankedPlan, ...], *, most: int = 10) -> Iterator[str]:
    """The best plans of each protocol as lines; the page and the table have them all."""
    for protocol, group in groupby(plans, key=lambda each: each.protocol):
        ranked = list(group)
        yield f"Scores under {protocol}"
        for each in ranked[:most]:
            missing = f"; 0 points without a value: {each.unscored}" if each.unscored else ""
            yield (
                f"  {each.rank:>3}. {each.score.percent:5.1f} %  {each.score.points:.4g} of {each.score.maximum:.4g}  "
                f"{each.plan} ({each.verdict.replace('_', ' ')}){missing}"
            )
        if len(ranked) > most:
            yield f"       and {len(ranked) - most} more"


def ranking_csv(plans: tuple[RankedPlan, ...]) -> str:
    """One row per plan and protocol."""
    return table_text(CSV_COLUMNS, map(_csv_row, plans))


def _csv_row(ranked: RankedPlan) -> tuple[str | float | None, ...]:
    score = ranked.score
    return (
        ranked.protocol, ranked.rank, ranked.plan, score.points, score.maximum, score.percent, ranked.verdict,
        ranked.unscored,
    )  # fmt: skip
