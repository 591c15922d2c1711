"""A Telling -> plain values for JSON: every fact of it, so that a new one reaches the page as soon as it is told."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from rtcheck.results import Isotoxic, Report, Result

_NOT_TOLD = (Isotoxic, Report, Result)
"""Values that hold the numbers behind the words: the page gets what it draws from them by itself."""


def plain(value: Any) -> Any:
    """The value as JSON can hold it: dataclasses and mappings as objects, sequences as lists, numbers as they are."""
    if is_dataclass(value) and not isinstance(value, type):
        named = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: plain(each) for name, each in named if not isinstance(each, _NOT_TOLD)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(getattr(value, name)) for name in value._fields}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Path | date):
        return str(value)
    return value
