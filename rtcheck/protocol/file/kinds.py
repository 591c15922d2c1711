"""Kinds of values in a YAML file: each reads an item (noting faults with their places) and gives its JSON Schema.

A mapping is described by a table of fields; the loader and the schema for editors are made from the same table, so that
they cannot disagree. Kinds are never compared or shown; without the methods for that they import in half the time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from rtcheck.errors import GoalSyntaxError
from rtcheck.protocol.file.document import Item
from rtcheck.protocol.language.scanner import did_you_mean

Schema = dict[str, Any]

# What people write first for a key that is called otherwise here.
OTHER_WORDS = {
    "roi": "structure", "organ": "structure", "limit": "goal", "metric": "goal", "objective": "goal",
    "organs": "structures", "rois": "structures", "limits": "constraints", "goals": "constraints", "rx": "prescription",
    "references": "sources", "reference": "source", "aliases": "also_named", "synonyms": "also_named",
    "description": "title", "comment": "note", "tolerance": "variation",
}  # fmt: skip


class FaultError(Exception):
    """Something is wrong with `item`; caught where the fault is noted, so that the reading goes on."""

    def __init__(self, item: Item, text: str) -> None:
        super().__init__(text)
        self.item, self.text = item, text


class Kind(Protocol):
    """What a value may be."""

    def read(self, item: Item) -> Any:
        """The value; raises FaultError where it is of another kind."""

    def schema(self) -> Schema:
        """The JSON Schema that allows the same values."""


@dataclass(eq=False, repr=False)
class Text:
    """Any plain value, as text: `2022.1` and `no` are taken as they stand."""

    def read(self, item: Item) -> str:
        if item.scalar is None or not item.scalar.strip():
            raise FaultError(item, f"expected text, found {item.kind}")
        return item.scalar.strip()

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean"], "pattern": r"\S"}


@dataclass(eq=False, repr=False)
class Number:
    """A number, at least (or more than) `low`."""

    low: float = 0.0
    is_low_excluded: bool = False

    def read(self, item: Item) -> float:
        try:
            value = float(item.scalar or "")
        except ValueError:
            raise FaultError(item, f"expected a number, found {item.kind}") from None
        if not self.low <= value < float("inf") or (self.is_low_excluded and value == self.low):
            raise FaultError(item, f"expected a number {self._bound}, found {item.scalar}")
        return value

    def schema(self) -> Schema:
        return {"type": "number", "exclusiveMinimum" if self.is_low_excluded else "minimum": self.low}

    @property
    def _bound(self) -> str:
        return f"above {self.low:g}" if self.is_low_excluded else f"of at least {self.low:g}"


@dataclass(eq=False, repr=False)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, item: Item) -> str:
        if item.scalar not in self.words:
            near = did_you_mean(item.scalar, self.words) if item.scalar else ""
            raise FaultError(item, f"expected {_listed(self.words)}, found {item.kind}{near}")
        return str(item.scalar)

    def schema(self) -> Schema:
        return {"enum": [*self.words, *(int(word) for word in self.words if word.isdigit())]}


@dataclass(eq=False, repr=False)
class Flag:
    """true or false."""

    def read(self, item: Item) -> bool:
        text = (item.scalar or "").casefold()
        if text not in ("true", "false"):
            raise FaultError(item, f"expected true or false, found {item.kind}")
        return text == "true"

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(eq=False, repr=False)
class ChoiceOrRank:
    """One of a few words, or a whole number from 1 up; always as text."""

    words: tuple[str, ...]

    def read(self, item: Item) -> str:
        text = item.scalar or ""
        if text.isascii() and text.isdigit() and int(text) > 0:
            return str(int(text))
        return Choice((*self.words, "a number from 1 up")).read(item)

    def schema(self) -> Schema:
        return {"anyOf": [Choice(self.words).schema(), {"type": "integer", "minimum": 1}]}


@dataclass(eq=False, repr=False)
class Parsed:
    """Text in one of the small languages, e.g. a range; `pattern` is what the schema can say about it."""

    parse: Callable[[str], Any]
    pattern: str
    takes_numbers: bool = False

    def read(self, item: Item) -> Any:
        text = Text().read(item)
        try:
            return self.parse(text)
        except GoalSyntaxError as error:
            raise FaultError(item, str(error)) from None

    def schema(self) -> Schema:
        schema: Schema = {"type": "string", "pattern": self.pattern}
        return {**schema, "type": ["string", "number"], "minimum": 0} if self.takes_numbers else schema


@dataclass(eq=False, repr=False)
class Located:
    """A value that is read later, with its place: (value, item)."""

    kind: Kind

    def read(self, item: Item) -> tuple[Any, Item]:
        return self.kind.read(item), item

    def schema(self) -> Schema:
        return self.kind.schema()


@dataclass(eq=False, repr=False)
class OneOrMany:
    """One value or a list of them; always a tuple."""

    kind: Kind

    def read(self, item: Item) -> tuple[Any, ...]:
        if not item.is_list:
            return (self.kind.read(item),)
        return ListOf(self.kind).read(item)

    def schema(self) -> Schema:
        return {"anyOf": [self.kind.schema(), ListOf(self.kind).schema()]}


@dataclass(eq=False, repr=False)
class ListOf:
    """A list of values of one kind, with at least one element."""

    kind: Kind

    def read(self, item: Item) -> tuple[Any, ...]:
        if not item.is_list:
            raise FaultError(item, f"expected a list, found {item.kind}")
        values = tuple(self._element(element) for element in item.elements())
        if not values:
            raise FaultError(item, "the list is empty")
        return tuple(value for value in values if value is not None)

    def schema(self) -> Schema:
        return {"type": "array", "items": self.kind.schema(), "minItems": 1}

    def _element(self, element: Item) -> Any:
        try:
            return self.kind.read(element)
        except FaultError as fault:
            fault.item.note(fault.text)
            return None


@dataclass(eq=False, repr=False)
class Field:
    """One key of a mapping: what it may hold, and what it means (shown by editors)."""

    kind: Kind
    meaning: str
    is_required: bool = False


@dataclass(eq=False, repr=False)
class Entry:
    """A mapping that was read: the values by key, and where it stands."""

    values: Mapping[str, Any]
    item: Item

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(eq=False, repr=False)
class Table:
    """A mapping with known keys: unknown, repeated and missing ones are faults, each noted in its place.

    The entry may lack required keys (their faults are noted); `what` names it in messages.
    """

    what: str
    fields: Mapping[str, Field]

    def read(self, item: Item) -> Entry:
        if not item.is_mapping:
            raise FaultError(
                item, f"expected {self.what} with keys such as {_listed(list(self.fields)[:3])}, found {item.kind}"
            )
        values: dict[str, Any] = {}
        seen: set[str] = set()
        for name, key, value in item.named_pairs():
            seen.add(name)
            field = self.fields.get(name)
            if field is None:
                key.note(self._unknown(name, value))
                continue
            try:
                values[name] = field.kind.read(value)
            except FaultError as fault:
                fault.item.note(fault.text)
        for name, field in self.fields.items():
            if field.is_required and name not in seen:
                item.note(f'{self.what} needs "{name}": {field.meaning}')
        return Entry(values, item)

    def schema(self) -> Schema:
        properties = {
            name: {**field.kind.schema(), "description": field.meaning} for name, field in self.fields.items()
        }
        required = [name for name, field in self.fields.items() if field.is_required]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def _unknown(self, name: str, value: Item) -> str:
        if name == "<<":
            return "merge keys are not supported; use extends"
        if value.is_empty and " " in name:
            return f'"{name}" has no value: quote text that contains a comma'
        other = OTHER_WORDS.get(name.casefold(), "")
        near = f"; did you mean {other}?" if other in self.fields else did_you_mean(name, self.fields) if name else ""
        return f'unknown key "{name}"{near or f"; known: {_listed(list(self.fields))}"}'


@dataclass(eq=False, repr=False)
class OneOf:
    """One of two mappings: the `marked` one has the key `key`, the `plain` one has not."""

    plain: Table
    marked: Table
    key: str

    def read(self, item: Item) -> Entry:
        is_marked = item.is_mapping and any(name.scalar == self.key for name, _ in item.pairs())
        return (self.marked if is_marked else self.plain).read(item)

    def schema(self) -> Schema:
        return {"if": {"required": [self.key]}, "then": self.marked.schema(), "else": self.plain.schema()}


@dataclass(eq=False, repr=False)
class TextOrTable:
    """A word, or a mapping with one key, whose value alone is read."""

    text: Parsed
    table: Table

    def read(self, item: Item) -> Any:
        return self.table.read(item).get(*self.table.fields) if item.is_mapping else self.text.read(item)

    def schema(self) -> Schema:
        return {"anyOf": [self.text.schema(), self.table.schema()]}


@dataclass(eq=False, repr=False)
class ByName:
    """A mapping from names that the author chooses to values of one kind: (name, value) in the file's order."""

    kind: Kind

    def read(self, item: Item) -> tuple[tuple[str, Any], ...]:
        if not item.is_mapping:
            raise FaultError(item, f"expected names with values (name: value), found {item.kind}")
        values: dict[str, Any] = {}
        for name, _, value in item.named_pairs():
            try:
                values[name] = self.kind.read(value)
            except FaultError as fault:
                fault.item.note(fault.text)
        return tuple(values.items())

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(eq=False, repr=False)
class Day:
    """A date as in 2026-12-31."""

    def read(self, item: Item) -> date:
        try:
            return date.fromisoformat(item.scalar or "")
        except ValueError:
            raise FaultError(item, f"expected a date such as 2026-12-31, found {item.kind}") from None

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}


def _listed(words: tuple[str, ...] | list[str]) -> str:
    """ "a, b or c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
