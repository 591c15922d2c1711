"""A results file -> what a trial paper reports: per constraint the counts, the median and range, and the outliers."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from rtcheck.batch.dvh_rows import shares_of
from rtcheck.batch.store import Store
from rtcheck.report.telling.dose_text import text_in
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass

FloatArray = NDArray[np.float64]

OUTLIER_FENCE = 1.5  # interquartile ranges beyond the quartiles (Tukey 1977)
BAND_PERCENTILES = (10.0, 50.0, 90.0)
ALL = ""  # the group of everything, where nothing is grouped by


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How a metric's values lie: median and range as trial papers give them, quartiles for the box plot."""

    count: int
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float

    def times(self, factor: float) -> "Distribution":
        """That of all values multiplied by a factor above 0."""
        values = {each.name: factor * getattr(self, each.name) for each in fields(self) if each.name != "count"}
        return replace(self, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintSummary:
    """One constraint over all plans of one group.

    `distribution` is None where no plan has a value. `outliers` are (plan key, value) beyond Tukey's fences.
    """

    protocol: str
    group: str
    structure: str
    goal: str
    unit: str
    plans: int
    met: int
    variation: int
    violated: int
    not_evaluated: int
    distribution: Distribution | None
    values: tuple[float, ...]
    outliers: tuple[tuple[str, float], ...]

    @property
    def evaluated(self) -> int:
        return self.met + self.variation + self.violated

    def shown_in(self, unit: DoseUnit) -> "ConstraintSummary":
        """The same with its goal and its doses in this unit."""
        factor = PER_GY[unit] if self.unit == "Gy" else 1
        spread = self.distribution
        return replace(
            self,
            goal=text_in(self.goal, unit),
            unit=unit if self.unit == "Gy" else self.unit,
            distribution=spread and spread.times(factor),
            values=tuple(factor * value for value in self.values),
            outliers=tuple((plan, factor * value) for plan, value in self.outliers),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DvhBand:
    """Volume share (0-1) at each dose over the plans of one group: 10th percentile, median and 90th."""

    group: str
    structure: str
    plans: int
    dose_gy: FloatArray
    low: FloatArray
    median: FloatArray
    high: FloatArray


def distribution_of(values: Iterable[float]) -> Distribution | None:
    """Quartiles by linear interpolation (R type 7); None of no values."""
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    if not len(ordered):
        return None
    five = np.percentile(ordered, (0, 25, 50, 75, 100))
    return Distribution(
        count=len(ordered),
        minimum=float(five[0]),
        lower_quartile=float(five[1]),
        median=float(five[2]),
        upper_quartile=float(five[3]),
        maximum=float(five[4]),
    )


def summarize(store: Store, run_id: int, *, groups: Mapping[str, str] | None = None) -> tuple[ConstraintSummary, ...]:
    """Summaries of every constraint of a run, then of every plan check (without values), in the protocol's order.

    `groups` maps a plan's key to its group (a site, an arm); plans that it does not name are left out of the groups.
    """
    query = """
        SELECT p.plan_key, p.protocol, c.structure, c.goal, c.unit, c.value, c.outcome, 0 AS kind, c.position
        FROM plans p JOIN constraints c ON c.plan_id = p.id WHERE p.run_id = ?1
        UNION ALL
        SELECT p.plan_key, p.protocol, k.item, k.expected, '', NULL, k.outcome, 1, k.position
        FROM plans p JOIN checks k ON k.plan_id = p.id WHERE p.run_id = ?1 AND k.outcome != 'not_applicable'
        ORDER BY 2, kind, position, 1
    """
    gathered: dict[tuple[str, str, str, str, str], list[tuple[str, float | None, str]]] = {}
    for row in store.rows(query, (run_id,)):
        group = ALL if groups is None else groups.get(row["plan_key"])
        if group is not None:
            key = (group, row["protocol"], row["structure"], row["goal"], row["unit"])
            gathered.setdefault(key, []).append((row["plan_key"], row["value"], row["outcome"]))
    place = {key[1:]: number for number, key in reversed([*enumerate(gathered)])}  # where the first group stands
    return tuple(_summary(key, gathered[key]) for key in sorted(gathered, key=lambda key: (place[key[1:]], key[0])))


def _summary(key: tuple[str, str, str, str, str], found: list[tuple[str, float | None, str]]) -> ConstraintSummary:
    group, protocol, structure, goal, unit = key
    outcomes = [outcome for _, _, outcome in found]
    valued = [(plan, value) for plan, value, _ in found if value is not None]
    distribution = distribution_of(value for _, value in valued)
    return ConstraintSummary(
        protocol=protocol,
        group=group,
        structure=structure,
        goal=goal,
        unit=unit,
        plans=len(found),
        met=outcomes.count("met"),
        variation=outcomes.count("variation"),
        violated=outcomes.count("violated") + outcomes.count("waived"),
        not_evaluated=outcomes.count("not_evaluated"),
        distribution=distribution,
        values=tuple(value for _, value in valued),
        outliers=_outliers(valued, distribution),
    )


def _outliers(valued: list[tuple[str, float]], distribution: Distribution | None) -> tuple[tuple[str, float], ...]:
    if distribution is None:
        return ()
    reach = OUTLIER_FENCE * (distribution.upper_quartile - distribution.lower_quartile)
    low, high = distribution.lower_quartile - reach, distribution.upper_quartile + reach
    return tuple((plan, value) for plan, value in valued if value < low or value > high)


def dvh_bands(store: Store, run_id: int, *, groups: Mapping[str, str] | None = None) -> tuple[DvhBand, ...]:
    """The band of DVHs of every structure of a run. A DVH that ends earlier counts as 0 beyond its end."""
    query = """
        SELECT DISTINCT p.plan_key, d.structure, d.step_gy, d.shares
        FROM plans p JOIN dvhs d ON d.plan_id = p.id WHERE p.run_id = ? ORDER BY d.structure, p.plan_key
    """
    gathered: dict[tuple[str, str, float], list[FloatArray]] = {}
    for row in store.rows(query, (run_id,)):
        group = ALL if groups is None else groups.get(row["plan_key"])
        if group is not None:
            key = (group, row["structure"], row["step_gy"])
            gathered.setdefault(key, []).append(shares_of(row["shares"]))
    return tuple(_band(group, structure, step_gy, curves) for (group, structure, step_gy), curves in gathered.items())


def _band(group: str, structure: str, step_gy: float, curves: list[FloatArray]) -> DvhBand:
    length = max(len(curve) for curve in curves)
    table = np.zeros((len(curves), length))
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    low, median, high = np.percentile(table, BAND_PERCENTILES, axis=0)
    return DvhBand(
        group=group,
        structure=structure,
        plans=len(curves),
        dose_gy=np.arange(length, dtype=np.float64) * step_gy,
        low=low,
        median=median,
        high=high,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A plan whose verdict differs between two runs, and the constraints that made the difference."""

    plan_key: str
    protocol: str
    before: str
    after: str
    why: tuple[str, ...]


def incomplete_lines(store: Store, run_id: int) -> tuple[str, ...]:
    """Why the numbers are not those of every plan: plans without values in them, and a run that did not end."""
    query = "SELECT count(*) FROM plans WHERE run_id = ? AND status = 'error'"
    errors = next(store.rows(query, (run_id,)))[0]
    run = next(store.rows("SELECT finished_at FROM runs WHERE id = ?", (run_id,)))
    lines = [f"{errors} of the plans could not be checked and are not in these numbers."] if errors else []
    if not run["finished_at"]:
        lines.append("The batch has not finished: plans are missing. Run it again with the same --out to complete it.")
    return tuple(lines)


def common_plans(before: Store, after: Store) -> tuple[int, int, int]:
    """How many plans (under a protocol) the newest runs have in common, and how many only one of them has."""
    keys_before, keys_after = (_verdicts(store).keys() for store in (before, after))
    return len(keys_before & keys_after), len(keys_before - keys_after), len(keys_after - keys_before)


def compare_runs(before: Store, after: Store) -> tuple[VerdictChange, ...]:
    """Plans whose verdict under the protocol of the same name differs between the newest runs of two results files."""
    plans_before, plans_after = (_verdicts(store) for store in (before, after))
    changes = []
    for key in sorted(plans_before.keys() & plans_after.keys()):
        if plans_before[key][0] != plans_after[key][0]:
            why = _differences(before, after, plans_before[key][1], plans_after[key][1])
            changes.append(
                VerdictChange(
                    plan_key=key[0], protocol=key[1], before=plans_before[key][0], after=plans_after[key][0], why=why
                )
            )
    return tuple(changes)


def _verdicts(store: Store) -> dict[tuple[str, str], tuple[str, int]]:
    query = "SELECT plan_key, protocol, verdict, id FROM plans WHERE run_id = ?"
    rows = store.rows(query, (store.latest_run(),))
    return {(row["plan_key"], row["protocol"]): (row["verdict"], row["id"]) for row in rows}


def _numbered(rows: Iterable[sqlite3.Row]) -> dict[tuple[str, str, int], sqlite3.Row]:
    """Each row by structure, metric and which of the limits on them it is."""
    found: dict[tuple[str, str, int], sqlite3.Row] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        about = (row["structure"], row["metric"])
        found[*about, counts[about]] = row
        counts[about] += 1
    return found


def _differences(before: Store, after: Store, plan_before: int, plan_after: int) -> tuple[str, ...]:
    """One sentence for each constraint whose outcome is not what it was; else the two reasons."""
    query = """
        SELECT structure, metric, goal, value, unit, outcome FROM constraints WHERE plan_id = ?1
        UNION ALL SELECT item, code, expected, NULL, found, outcome FROM checks WHERE plan_id = ?1
    """
    old, new = (_numbered(store.rows(query, (plan,))) for store, plan in ((before, plan_before), (after, plan_after)))
    sentences = []
    for key in sorted(old.keys() | new.keys()):
        name = " ".join(key[:2])
        if key not in old or key not in new:
            sentences.append(f"{name}: {'no longer required' if key in old else 'new: ' + new[key]['outcome']}")
        elif old[key]["outcome"] != new[key]["outcome"]:
            sentences.append(f"{name}: {_described(old[key])}, now {_described(new[key])}")
    if not sentences:
        reasons = (
            next(store.rows("SELECT reason FROM plans WHERE id = ?", (plan,)))["reason"]
            for store, plan in ((before, plan_before), (after, plan_after))
        )
        sentences.append("was: {} Now: {}".format(*reasons))
    return tuple(sentences)


def _described(row: sqlite3.Row) -> str:
    value = row["value"]
    amount = row["unit"] or "no value" if value is None else f"{value:.2f} {row['unit']}"
    return f"{amount} for {row['goal']} ({row['outcome']})"
