"""A Telling -> plain values for JSON: every fact of it, so that a new one reaches the page as soon as it is told."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from rtcheck.results import Isotoxic, Report, Result

_NOT_TOLD = (Isotoxic, Report, Result)
"""Values that hold the numbers behind the words: the page gets what it draws from them by itself."""


def plain(value: Any) -> Any:
    """The value as JSON can hold it: dataclasses and mappings as objects, sequences as lists, numbers as they are."""
    kind: Any = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        return value if isfinite(value) else None
    if names := _names_of(kind):
        named = ((name, getattr(value, name)) for name in names)
        return {name: plain(each) for name, each in named if not isinstance(each, _NOT_TOLD)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return plain(float(value))
    if isinstance(value, Path | date):
        return str(value)
    return value


_AS_THEY_ARE = frozenset({str, bool, int, type(None)})


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    """The names of a dataclass's or a named tuple's fields; none of anything else."""
    if is_dataclass(kind):
        return tuple(each.name for each in fields(kind))
    return tuple(getattr(kind, "_fields", ()))
