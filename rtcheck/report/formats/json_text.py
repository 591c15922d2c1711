"""Plain values -> JSON text that any parser reads."""

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_json(told: dict[str, Any]) -> str:
    """The values as JSON; a number that is not finite, which JSON does not know, becomes null."""
    return json.dumps(_finite(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain_values(value: "DataclassInstance") -> dict[str, Any]:
    """A value's fields as JSON knows them: dicts and lists, no tuples."""
    told: dict[str, Any] = _finite(asdict(value))
    return told


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
