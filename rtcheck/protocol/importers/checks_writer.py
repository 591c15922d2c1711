"""Plan checks -> the entries of a protocol file from which they are read back."""

from collections.abc import Iterable
from typing import Any

from rtcheck.protocol.file.check_kinds import ADVISORY
from rtcheck.protocol.file.model import CheckRule, Range

_BLOCKS = {
    "plan": "plan_checks",
    "structures": "structure_checks",
    "images": "image_checks",
    "attest": "attest",
    "plugin": "plugin_checks",
}


def check_sections(rules: Iterable[CheckRule], only_source: str) -> dict[str, Any]:
    """The blocks by their keys; `only_source` need not be named."""
    blocks: dict[str, Any] = {}
    for rule in rules:
        area, _, path = rule.code.partition(".")
        block = blocks.setdefault(_BLOCKS[area], {})
        place = block if rule.is_required else block.setdefault(ADVISORY, {})
        *groups, name = path.split(".")
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = _value(rule)
        if rule.note and area not in ("attest", "plugin"):
            block["note"] = rule.note
        if rule.source and rule.source != only_source:
            block["source"] = rule.source
    return blocks


def _value(rule: CheckRule) -> Any:
    value = rule.value
    if not isinstance(value, tuple):
        return _plain(value)
    if value and all(isinstance(each, str) for each in value):
        return list(value) if len(value) > 1 else value[0]
    if rule.code == "structures.margin":
        return [dict(zip(("from", "to", "at_least"), map(_plain, each), strict=True)) for each in value]
    if all(isinstance(each, tuple) for each in value):
        return {name: _plain(each) for name, each in value}
    return rule.text  # an arc: two angles


def _plain(value: Any) -> Any:
    """A range as it was written; a plain number without quotes. Hounsfield units as two numbers with their unit."""
    if isinstance(value, Range):
        return int(value.text) if value.text.isdigit() else value.text
    return f"{value[0]:g} to {value[1]:g} HU" if isinstance(value, tuple) else value
