"""The stored report of a plan -> its values by the names under which reports list them."""

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from rtcheck.batch.plan_names import folded
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value of a plan: measured in its dose (`is_metric`), or stated by its files.

    `bounds` are those of a value that is not known exactly; `reason` says why there is no value.
    """

    value: float | str = ""
    unit: str = ""
    bounds: tuple[float, float] | None = None
    is_metric: bool = False
    reason: str = ""


def found_values(record: sqlite3.Row) -> dict[str, list[Found]]:
    """The values of a row of the table `plans` by folded name; a check of each beam has several."""
    report = json.loads(zlib.decompress(record["report"]))
    found: dict[str, list[Found]] = defaultdict(list)
    for each in report.get("constraints", ()):
        found[folded(f"{each['structure']} {each['metric']}")].append(_metric(each))
    for kind in ("prescription", "eligibility", "plan_checks"):
        for each in report.get(kind, ()):
            found[folded(each["item"])].append(_item(each))
    for name, own in _of_plan(record, report):
        found.setdefault(name, [own])
    return found


def _metric(each: Mapping[str, Any]) -> Found:
    """A constraint's value; what was measured on another structure is no value of this one."""
    matches = each.get("matches") or ()
    if each["value"] is None:
        reasons = [match["reason"] for match in matches if match.get("reason")]
        return Found(reason="; ".join(dict.fromkeys(filter(None, (each.get("undefined"), *reasons)))) or "no value")
    if any(match.get("surrogate") or match.get("ambiguous") for match in matches):
        return Found(reason=f"{each['structure']} itself is not contoured, or ambiguous")
    low, high = each.get("bounds") or (None, None)
    bounds = None if low is None or high is None else (low, high)
    return Found(value=each["value"], unit=each["unit"], bounds=bounds, is_metric=True)


def _item(each: Mapping[str, Any]) -> Found:
    if not each["given"] or each["outcome"] == "not_evaluated":
        return Found(reason=each.get("note") or each["found"] or "not given")
    value = each["value"]
    if isinstance(value, bool):
        return Found(value="yes" if value else "no")
    return Found(value=(each["found"] or "") if value is None else value)


def _of_plan(record: sqlite3.Row, report: Mapping[str, Any]) -> Iterator[tuple[str, Found]]:
    """What every plan has, whatever its protocol asks."""
    case = report.get("case") or {}
    plan, equipment = case.get("plan") or {}, case.get("equipment") or {}
    stated = {
        "verdict": record["verdict"].replace("_", " "),
        "dose": record["prescription_gy"],
        "fractions": record["fractions"],
        "label": record["plan_label"],
        "approval": plan.get("approval_status"),
        "machine": ", ".join(equipment.get("machines") or ()),
        "planning system": equipment.get("planning_system"),
        "heterogeneity": equipment.get("heterogeneity"),
    }
    units = {"dose": "Gy"}
    for name, value in stated.items():
        yield name, Found(value=value, unit=units.get(name, "")) if value else Found(reason="not stated")
