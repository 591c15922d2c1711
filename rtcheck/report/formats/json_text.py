"""Plain values -> JSON text that any parser reads."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rtcheck.codes import puts_verdict_in_doubt
from rtcheck.notices import Notice
from rtcheck.protocol.file.model import Constraint, Goal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_json(told: dict[str, Any]) -> str:
    """The values as JSON; a number that is not finite, which JSON does not know, becomes null."""
    import json

    return json.dumps(finite(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_compact_json(told: dict[str, Any]) -> str:
    """Values that are `finite` as JSON without line breaks, which is made ten times as quickly."""
    import json

    return json.dumps(told, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def plain_values(value: "DataclassInstance") -> dict[str, Any]:
    """A value's fields as JSON knows them: dicts and lists, no tuples."""
    told: dict[str, Any] = finite(asdict(value))
    return told


def notice_values(notice: Notice) -> dict[str, Any]:
    """A notice as plain values, the same in every output; `structure` is the one where it is about exactly one."""
    return {
        "code": notice.code,
        "text": notice.text,
        "severity": notice.severity,
        "doubt": puts_verdict_in_doubt(notice),
        "structure": notice.structure,
        "structures": list(notice.structures),
    }


def doubt_values(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """Of the notices those that put the verdict in doubt, as plain values."""
    doubts = filter(puts_verdict_in_doubt, notices)
    return [{"code": each.code, "text": each.text, "structures": list(each.structures)} for each in doubts]


def finite(value: Any) -> Any:
    """The value with lists for tuples, text keys, and null for numbers that JSON does not know."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value


def table_values(constraint: Constraint) -> dict[str, Any]:
    """The rows of a constraint whose limit depends on a volume, as plain values; the same in every output."""

    def rows(goal: Goal | None) -> list[dict[str, Any]]:
        found = goal.by_volume if goal else ()
        return [{"low_cc": row.volume_cc.low, "high_cc": row.volume_cc.high, "limit": row.limit} for row in found]

    return {
        "of": constraint.volume_of or None,
        "limits": rows(constraint.goal),
        "variations": rows(constraint.variation),
    }
