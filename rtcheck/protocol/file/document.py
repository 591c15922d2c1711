"""YAML files with places: text -> items that know their line, and faults that are gathered and raised at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rtcheck.errors import ProtocolError, harmless
from rtcheck.patterns import pattern
from rtcheck.protocol.file.yaml_faults import yaml_fault
from rtcheck.values import dataclass

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 2_000_000  # the largest real protocol has some 50 kB
SHOWN_LETTERS = 60  # of a value in messages: the whole of a wrong file may be a letter about a patient
MAX_DEPTH = 100  # open brackets; the format needs four, and brackets in comments count too

_BRACKET = pattern(r"[\[\]{}]")
_DEEP_BLOCK = pattern(r"^[ \t?:-]{400}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Item:
    """A value in a YAML file: `where` is its place in words ("constraints[3].goal"), `line` counts from 1."""

    node: "yaml.Node"
    where: str
    faults: "Faults"

    def note(self, fault: str) -> None:
        """Notes that this value is wrong; `fault` says what was found and what was expected."""
        self.faults.add_line(self.line, f"{self.where}: {fault}" if self.where else fault)

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def scalar(self) -> str | None:
        """The text of a plain value as it stands (`no` stays "no"); None for lists, mappings and nothing.

        What would steer a terminal is spelled out: a protocol may come from anywhere, and its texts end in reports.
        """
        is_scalar = self._shape == "scalar" and not self.is_empty
        return harmless(str(self.node.value), kept="\n\t") if is_scalar else None

    @property
    def _shape(self) -> str:
        return str(getattr(self.node, "id", ""))

    @property
    def is_empty(self) -> bool:
        return bool(self.node.tag == "tag:yaml.org,2002:null")

    @property
    def is_list(self) -> bool:
        return self._shape == "sequence"

    @property
    def is_mapping(self) -> bool:
        return self._shape == "mapping"

    @property
    def kind(self) -> str:
        """What it is, for messages: "a list", "nothing", '"50 Gy"'; of a long text the beginning."""
        if self.is_list or self.is_mapping:
            return "a list" if self.is_list else "a mapping"
        text = self.scalar or ""
        shown = text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}..."
        return "nothing" if self.is_empty else f'"{shown}"'

    def elements(self) -> Iterator["Item"]:
        """The elements of a list."""
        for index, node in enumerate(self.node.value):
            yield Item(node, f"{self.where}[{index}]", self.faults)

    def pairs(self) -> Iterator[tuple["Item", "Item"]]:
        """The keys and values of a mapping, in the file's order, repeated keys included."""
        for key, value in self.node.value:
            name = harmless(str(key.value)) if key.id == "scalar" else "?"
            where = f"{self.where}.{name}" if self.where else name
            yield Item(key, where, self.faults), Item(value, where, self.faults)

    def named_pairs(self) -> Iterator[tuple[str, "Item", "Item"]]:
        """The names, keys and values of a mapping; a name that stands twice is noted and left out."""
        lines: dict[str, int] = {}
        for key, value in self.pairs():
            name = key.scalar or ""
            if name in lines:
                key.note(f'"{name}" is given twice; the first is in line {lines[name]}')
            else:
                lines[name] = key.line
                yield name, key, value


class Faults:
    """The faults of one file, gathered while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[tuple[int, str]] = []

    def add_line(self, line: int, text: str) -> None:
        """Notes the fault `text` at `line`."""
        self._found.append((line, text))

    def raise_if_any(self) -> None:
        """Raises one ProtocolError with all faults, in the order of their lines."""
        if self._found:
            ordered = sorted(dict.fromkeys(self._found), key=lambda fault: fault[0])
            raise ProtocolError(tuple(f"{self.path}:{line}: {text}" for line, text in ordered))

    def __bool__(self) -> bool:
        return bool(self._found)


def read_bytes(path: Path, *, what: str = "protocol file") -> bytes:
    """The file's bytes.

    Raises:
        ProtocolError: there is no such file, or it cannot be read, or it is far too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProtocolError((f"{path}: larger than {MAX_BYTES} bytes: not a {what}",))
        return path.read_bytes()
    except FileNotFoundError:
        raise ProtocolError((f"{path}: this {what} does not exist",)) from None
    except OSError as error:
        raise ProtocolError((f"{path}: the {what} cannot be read: {error.strerror}",)) from None


def parse_document(content: bytes, faults: Faults) -> Item | None:
    """The file's one document as an item; None where the file holds nothing but comments.

    Aliases are never expanded (a node that is named twice is one node), so no small file grows large.

    Raises:
        ProtocolError: the file is not UTF-8 or not YAML; the message names the line.
    """
    import yaml

    path = faults.path
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = content.decode("utf-8-sig")
        _refuse_deep_nesting(text, path)
        node = yaml.compose(text, Loader=loader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ProtocolError((f"{path}:{line}: not UTF-8 text; save the file as UTF-8",)) from None
    except yaml.MarkedYAMLError as error:
        line, fault = yaml_fault(error, text)
        raise ProtocolError((f"{path}:{line}: {fault}",)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ProtocolError((f"{path}: not YAML: {str(error).splitlines()[0]}",)) from None
    return Item(node, "", faults) if node is not None else None


def _refuse_deep_nesting(text: str, path: Path) -> None:
    """The C reader of YAML recurses without a bound and crashes the program on a million open brackets."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, bracket.start()) + 1
            raise ProtocolError((f"{path}:{line}: lists nested more than {MAX_DEPTH} deep: not a protocol",))
    deep = _DEEP_BLOCK.search(text)
    if deep:
        line = text.count("\n", 0, deep.start()) + 1
        raise ProtocolError((f"{path}:{line}: indented too deeply: not a protocol",))
