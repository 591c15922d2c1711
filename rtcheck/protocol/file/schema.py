"""The protocol file's JSON Schema, with which an editor completes and checks a protocol while it is typed."""

import json
from typing import Any

from rtcheck.protocol.file.asks import ASKS
from rtcheck.protocol.file.fields import CONDITION, CONSTRAINT, GOAL, GOAL_OR_TABLE, PROTOCOL
from rtcheck.protocol.file.kinds import Kind

# A protocol whose first line this is, beside the saved schema, is completed and checked by editors.


def protocol_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a protocol file, from the same tables that the loader reads by."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rtcheck protocol",
        "description": "Constraints that a radiotherapy plan must meet.",
        **PROTOCOL.schema(),
        "anyOf": [{"required": [key]} for key in ("extends", *ASKS)],
    }
    kinds: dict[str, Kind] = {
        "goal": GOAL,
        "goal_or_table": GOAL_OR_TABLE,
        "condition": CONDITION,
        "constraint": CONSTRAINT,
    }
    shared = {name: kind.schema() for name, kind in kinds.items()}
    definitions = {name: _with_references(one, shared, inside=name) for name, one in shared.items()}
    return {**_with_references(schema, shared), "$defs": definitions}


def protocol_schema_text() -> str:
    """The schema as text, to be saved as rtcheck-protocol.schema.json."""
    return json.dumps(protocol_schema(), indent=2, ensure_ascii=False) + "\n"


def _with_references(schema: Any, shared: dict[str, Any], *, inside: str = "") -> Any:
    """`schema` with what is in `shared` replaced by references to it, so that long patterns stand once."""
    for name, one in shared.items():
        if name != inside and schema == one:
            return {"$ref": f"#/$defs/{name}"}
    if isinstance(schema, dict):
        return {key: _with_description(value, shared) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_references(value, shared) for value in schema]
    return schema


def _with_description(schema: Any, shared: dict[str, Any]) -> Any:
    """A field's schema carries its meaning: the reference replaces all but that."""
    if isinstance(schema, dict) and isinstance(schema.get("description"), str):
        bare = {key: value for key, value in schema.items() if key != "description"}
        return {**_with_references(bare, shared), "description": schema["description"]}
    return _with_references(schema, shared)
