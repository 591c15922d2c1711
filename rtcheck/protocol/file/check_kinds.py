"""Kinds of values that plan and structure checks take, beside those of every protocol file."""

from dataclasses import dataclass
from typing import Any

from rtcheck.protocol.file.document import Item
from rtcheck.protocol.file.kinds import ByName, Choice, FaultError, Flag, Kind, Schema, Text
from rtcheck.protocol.language.scanner import did_you_mean
from rtcheck.protocol.names.selectors import TYPES, type_selector

ADVISORY = "advisory"


@dataclass(eq=False, repr=False)
class StructureName:
    """A structure by its name, or all structures of a type: {type: PTV}."""

    def read(self, item: Item) -> str:
        if not item.is_mapping:
            return Text().read(item)
        stated = {key: value.scalar or "" for key, _, value in item.named_pairs()}
        roi_type = stated.get("type", "").strip().upper()
        if set(stated) != {"type"} or roi_type not in TYPES:
            near = "; there is none for ITV: write each ITV" if roi_type == "ITV" else did_you_mean(roi_type, TYPES)
            raise FaultError(item, f"expected a name, or a type of DICOM structures such as {{type: PTV}}{near}")
        return type_selector(roi_type)

    def schema(self) -> Schema:
        of_type = {"properties": {"type": {"enum": list(TYPES)}}, "required": ["type"], "additionalProperties": False}
        return {"anyOf": [Text().schema(), {"type": "object", **of_type}]}


@dataclass(eq=False, repr=False)
class GoalOrTable:
    """A goal, or a table of goals by volume {20 cc: R50 < 5, 40 cc: R50 < 4}; with its place, as (value, item)."""

    goal: Kind
    volume_pattern: str

    def read(self, item: Item) -> tuple[Any, Item]:
        return (ByName(self.goal).read(item), item) if item.is_mapping else self.goal.read(item)

    def schema(self) -> Schema:
        table = {**ByName(self.goal).schema(), "propertyNames": {"pattern": self.volume_pattern}, "minProperties": 1}
        return {"anyOf": [self.goal.schema(), table]}


@dataclass(eq=False, repr=False)
class Pairs:
    """A mapping from one name to another, or to one of several: {GTV: PTV}."""

    kind: Kind

    def read(self, item: Item) -> tuple[tuple[str, Any], ...]:
        found = ByName(self.kind).read(item)
        if not found:
            raise FaultError(item, "expected at least one pair of names (name: value)")
        return found

    def schema(self) -> Schema:
        return {**ByName(self.kind).schema(), "minProperties": 1}


@dataclass(eq=False, repr=False)
class FlagOrPairs:
    """`true` or `false`, or pairs."""

    kind: Kind

    def read(self, item: Item) -> Any:
        return Pairs(self.kind).read(item) if item.is_mapping else Flag().read(item)

    def schema(self) -> Schema:
        return {"anyOf": [Flag().schema(), Pairs(self.kind).schema()]}


@dataclass(eq=False, repr=False)
class WordOrPairs:
    """One word, or pairs."""

    word: str
    kind: Kind

    def read(self, item: Item) -> Any:
        return Pairs(self.kind).read(item) if item.is_mapping else Choice((self.word,)).read(item)

    def schema(self) -> Schema:
        return {"anyOf": [Choice((self.word,)).schema(), Pairs(self.kind).schema()]}


@dataclass(eq=False, repr=False)
class Attest:
    """Names with the sentence that a person attests; those under `advisory` only warn while they are open."""

    def read(self, item: Item) -> tuple[tuple[str, str, bool, int], ...]:
        if not item.is_mapping:
            raise FaultError(item, f"expected names with sentences (name: sentence), found {item.kind}")
        found: list[tuple[str, str, bool, int]] = []
        for name, key, value in item.named_pairs():
            if name == ADVISORY and value.is_mapping:
                found += [(*one[:2], False, one[3]) for one in self.read(value)]
                continue
            try:
                found.append((name, Text().read(value), True, key.line))
            except FaultError as fault:
                fault.item.note(fault.text)
        return tuple(found)

    def schema(self) -> Schema:
        names = {"type": "object", "additionalProperties": Text().schema()}
        advisory = {**names, "description": "The same: here they only warn while they are open."}
        return {**names, "properties": {ADVISORY: advisory}}
