"""A results file -> the plans of a trial, each with its site, arm and month and with the outcome of every item."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rtcheck.batch.index_page import short_names
from rtcheck.batch.store import Store
from rtcheck.report.telling.dose_text import text_in
from rtcheck.units import PER_GY, DoseUnit
from rtcheck.values import dataclass

LIMIT, PRESCRIPTION, ELIGIBILITY, PLAN_CHECK = "Constraint", "Prescription", "Eligibility", "Plan check"
WORST_FIRST = ("fail", "not_evaluated", "error", "variation", "pass", "excluded")
_LENGTH_OF_MONTH = len("2026-11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of the protocol for one plan; `outcome` as in the JSON report.

    `structure`, `metric` and `value` are of constraints; `why` is what kept it from being evaluated, `waiver` who
    accepted a deviation and why.
    """

    kind: str
    name: str
    outcome: str
    found: str = ""
    structure: str = ""
    metric: str = ""
    value: float | None = None
    unit: str = ""
    margin: float | None = None
    why: str = ""
    waiver: str = ""

    @property
    def is_deviation(self) -> bool:
        return self.outcome in ("variation", "violated", "waived")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """One plan under one protocol; texts are "" where they are not known. `month` is 2026-11."""

    key: str
    name: str
    label: str = ""
    patient: str = ""
    protocol: str = ""
    status: str
    verdict: str = ""
    is_in_doubt: bool = False
    reason: str = ""
    doubts: str = ""
    site: str = ""
    arm: str = ""
    month: str = ""
    is_listed: bool = False
    items: tuple[Item, ...] = ()

    @property
    def is_checked(self) -> bool:
        return self.status not in ("error", "excluded")

    @property
    def judged(self) -> str:
        """The verdict, or the status of a plan that was not checked: one of WORST_FIRST."""
        return self.verdict if self.is_checked else self.status


def trial_plans(store: Store, run_id: int, told: Mapping[str, Mapping[str, str]]) -> list[TrialPlan]:
    """The plans of a run in the order of their names. `told` is what a joined table has of a plan: site, arm, enrolled.

    Without it they come from the batch's own table of plans.
    """
    query = "SELECT * FROM plans WHERE run_id = ? ORDER BY plan_key, protocol"
    listed = {row["plan_key"]: dict(row) for row in store.rows("SELECT * FROM listed")}
    rows = store.rows(query, (run_id,))
    plans = []
    keys = {row["plan_key"] for row in store.rows("SELECT plan_key FROM plans WHERE run_id = ?", (run_id,))}
    called = short_names(keys)
    for row in rows:
        key = row["plan_key"]
        about = {**listed.get(key, {}), **told.get(key, {})}
        report = json.loads(zlib.decompress(row["report"]))
        plans.append(
            TrialPlan(
                key=key,
                name=called[key],
                label=row["plan_label"],
                patient=row["patient_id"],
                protocol=row["protocol"],
                status=row["status"],
                verdict=row["verdict"],
                is_in_doubt=bool(row["doubts"]),
                reason=row["reason"],
                doubts=row["doubts"],
                site=about.get("site", ""),
                arm=about.get("arm", ""),
                month=(about.get("enrolled") or _planned_on(report))[:_LENGTH_OF_MONTH],
                is_listed=key in listed,
                items=tuple(_items(report)),
            )
        )
    return plans


def plan_in(plan: TrialPlan, unit: DoseUnit) -> TrialPlan:
    """The plan with every dose in this unit."""
    if unit == "Gy":
        return plan
    items = tuple(_item_in(item, unit) for item in plan.items)
    return replace(plan, items=items, reason=text_in(plan.reason, unit), doubts=text_in(plan.doubts, unit))


def _item_in(item: Item, unit: DoseUnit) -> Item:
    factor = PER_GY[unit] if item.unit == "Gy" else 1
    return replace(
        item,
        name=text_in(item.name, unit),
        found=text_in(item.found, unit),
        metric=text_in(item.metric, unit),
        value=None if item.value is None else factor * item.value,
        unit=unit if item.unit == "Gy" else item.unit,
        margin=None if item.margin is None else factor * item.margin,
        why=text_in(item.why, unit),
    )


def _planned_on(report: Mapping[str, Any]) -> str:
    """The day of the plan as its file states it; "" in anonymous results."""
    plan = (report.get("case") or {}).get("plan") or {}
    return str(plan.get("planned_on") or "")


def _items(report: Mapping[str, Any]) -> Iterator[Item]:
    for each in report.get("prescription", ()):
        yield _item(PRESCRIPTION, each)
    for each in report.get("constraints", ()):
        yield _limit(each)
    for each in report.get("eligibility", ()):
        yield _item(ELIGIBILITY, each)
    for each in report.get("plan_checks", ()):
        yield _item(PLAN_CHECK, each)


def _limit(each: Mapping[str, Any]) -> Item:
    return Item(
        kind=LIMIT,
        name=f"{each['structure']} {each['goal']}",
        outcome=each["outcome"],
        found="" if each["value"] is None else f"{each['value']:.2f} {each['unit']}",
        structure=each["structure"],
        metric=each["metric"],
        value=each["value"],
        unit=each["unit"],
        margin=each["margin"],
        why=_why(each) if each["outcome"] == "not_evaluated" else "",
        waiver=each["waiver"] or "",
    )


def _why(each: Mapping[str, Any]) -> str:
    """Why a constraint has no outcome, with the line for an alias file where one would help."""
    matches = each.get("matches") or ()
    reasons = [match["reason"] for match in matches if match.get("reason")]
    return "; ".join(dict.fromkeys(filter(None, (*reasons, each.get("undefined"), *each.get("notes", ())))))


def _item(kind: str, each: Mapping[str, Any]) -> Item:
    """A prescription, eligibility or plan check item; what only warns is a variation at most."""
    outcome = each["outcome"]
    if not each["given"]:
        outcome = "not_given"
    elif outcome == "violated" and each["warns_only"]:
        outcome = "variation"
    return Item(
        kind=kind,
        name=f"{each['item']}: {each['expected']}",
        outcome=outcome,
        found=each["found"] or "",
        why=(each.get("note") or each["found"] or "") if outcome == "not_evaluated" else "",
        waiver=(each.get("note") or "") if outcome == "waived" else "",
    )
