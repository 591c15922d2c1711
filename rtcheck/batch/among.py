"""A report and a batch -> the report with the place of each value among the plans of the batch."""

from collections.abc import Sequence
from dataclasses import replace

from rtcheck.batch.cohort import distribution_of
from rtcheck.batch.store import Store
from rtcheck.checking.structures.target_volume import target_volume_cc
from rtcheck.errors import UsageError
from rtcheck.results import Peers, Report, Result

FEWEST = 5
"""With fewer other plans a percentile is not given."""
SIMILAR = 2.0
"""Targets are of similar volume up to this ratio."""

_VALUES = """
    SELECT p.plan_key, p.target_cc, c.value FROM plans p JOIN constraints c ON c.plan_id = p.id
    WHERE p.run_id = ? AND p.protocol = ? AND p.protocol_version = ? AND p.plan_uid != ?
    AND c.structure = ? AND c.metric = ? AND c.unit = ? AND c.value IS NOT NULL GROUP BY p.plan_key
"""


def with_peers(report: Report, store: Store, run_id: int) -> Report:
    """The report with the peers of each result. It changes no outcome.

    Peers are the other plans under the same version of the same protocol. Raises UsageError where there are none.
    """
    protocol = report.protocol
    about = (run_id, protocol.name, protocol.version)
    query = "SELECT count(*) FROM plans WHERE run_id = ? AND protocol = ? AND protocol_version = ?"
    if not next(store.rows(query, about))[0]:
        raise UsageError(f"--among: the batch has no plan under {protocol.name} {protocol.version}.")
    volume_cc = target_volume_cc(report)
    results = tuple(replace(each, peers=_peers(each, report, store, run_id, volume_cc)) for each in report.results)
    return replace(report, results=results)


def _peers(result: Result, report: Report, store: Store, run_id: int, volume_cc: float | None) -> Peers | None:
    """None for a result without a value, or without any peer."""
    value, goal, plan = result.measurement.value, result.goal, report.case.plan
    if value is None:
        return None
    own_uid = plan.sop_instance_uid if plan else "-"
    what = (report.protocol.name, report.protocol.version, own_uid, result.structure, goal.metric.text, goal.unit)
    found = [(row["value"], row["target_cc"]) for row in store.rows(_VALUES, (run_id, *what))]
    spread = distribution_of(each for each, _ in found)
    if spread is None:
        return None
    similar = [each for each, other_cc in found if _is_similar(other_cc, volume_cc)]
    return Peers(
        plans=spread.count,
        percentile=percentile_of(value, [each for each, _ in found]),
        minimum=spread.minimum,
        median=spread.median,
        maximum=spread.maximum,
        similar=len(similar),
        similar_percentile=percentile_of(value, similar),
        target_cc=volume_cc,
    )


def percentile_of(value: float, others: Sequence[float]) -> float | None:
    """The share of the others that lie below, those equal to it counted half [%]; None of too few.

    >>> percentile_of(3.0, [1.0, 2.0, 3.0, 4.0, 5.0])
    50.0
    """
    if len(others) < FEWEST:
        return None
    below = sum(each < value for each in others) + sum(each == value for each in others) / 2
    return 100 * below / len(others)


def _is_similar(other_cc: float | None, volume_cc: float | None) -> bool:
    return bool(other_cc and volume_cc) and 1 / SIMILAR <= (other_cc or 0.0) / (volume_cc or 1.0) <= SIMILAR
