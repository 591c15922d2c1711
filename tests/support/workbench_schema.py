"""The published schema of the workbench's calls, as tests hold answers and requests against it."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from rtcheck.report.schemas import schema_text

ADDRESS = "urn:rtcheck.workbench"


@cache
def published() -> Mapping[str, Any]:
    """The schema as `rtcheck schema workbench` prints it."""
    schema: Mapping[str, Any] = json.loads(schema_text("workbench"))
    return schema


@cache
def _strict() -> Registry:
    """The schema in which no object may hold a key that is not published."""
    resource = Resource.from_contents(_closed(published()), default_specification=DRAFT202012)
    return Registry().with_resource(ADDRESS, resource)


def _closed(schema: Any, *, is_part: bool = False) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed_key(key, value) for key, value in schema.items()}
    if "properties" in schema and not is_part:
        closed.setdefault("additionalProperties", False)
    return closed


def _closed_key(key: str, value: Any) -> Any:
    if key == "allOf":  # each part names only some of the keys
        return [_closed(each, is_part=True) for each in value]
    if key in ("properties", "$defs"):
        return {name: _closed(each, is_part=name == "question") for name, each in value.items()}
    return _closed(value)


def faults_of(value: Any, part: Mapping[str, Any]) -> list[str]:
    """What in a value is not as a part of the schema (such as `{"$ref": "#/$defs/check"}`) has it."""
    named = json.loads(json.dumps(_closed(part)).replace('"#/', f'"{ADDRESS}#/'))
    validator = Draft202012Validator(named, registry=_strict())
    return [f"{each.json_path}: {each.message[:300]}" for each in validator.iter_errors(value)]


def call_of(method: str, address: str) -> str:
    """The call that an address belongs to: "GET /api/cases/{case}"; "" for none of them."""
    path = "/" + address.lstrip("/").partition("?")[0]
    known = [name for name in published()["calls"] if name.startswith(f"{method} ")]
    exact = [name for name in known if name == f"{method} {path}"]
    fitting = [name for name in known if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), f"{method} {path}")]
    return (exact or fitting or [""])[0]
