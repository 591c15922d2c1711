"""XML text -> nodes, without document types and entities of its own, and with bounds on depth and size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from rtcheck.errors import UsageError

MOST_NODES = 200_000
MOST_LEVELS = 60


@dataclass(slots=True, eq=False)
class Node:
    """An element: its name without namespace, its attributes, its text and the elements in it."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, name: str) -> list["Node"]:
        """The elements of that name directly in this one."""
        return [child for child in self.children if child.name == name]

    def first(self, *names: str) -> "Node | None":
        """The first element on the path of names; None where a name has none."""
        node: Node | None = self
        for name in names:
            found = node.all(name) if node is not None else []
            node = found[0] if found else None
        return node

    def words(self, *names: str) -> str:
        """The text of the element on the path of names, "" where there is none."""
        node = self.first(*names)
        return " ".join(node.text.split()) if node is not None else ""

    def below(self, name: str) -> Iterator["Node"]:
        """The elements of that name anywhere in this one."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.below(name)

    def twice(self) -> str:
        """The name of an element that occurs more than once directly in this one, "" where none does."""
        names = [child.name for child in self.children]
        return next((name for name in names if names.count(name) > 1), "")


def parse_xml(text: str) -> Node | None:
    """The root of an XML text; None where the text is not XML.

    Raises:
        UsageError: the XML is not well-formed, declares a document type, or is too large or too deep.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return None
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.refuse_document_type
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    try:
        parser.Parse(text.lstrip("\ufeff \t\r\n"), True)
    except expat.ExpatError as fault:
        place = f"line {fault.lineno}, column {fault.offset + 1}"
        raise UsageError(f"not well-formed XML: {expat.ErrorString(fault.code)} ({place}).") from None
    return reader.root


class _Reader:
    """Builds the nodes as the parser meets them."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def refuse_document_type(self, *_: object) -> None:
        raise UsageError("the XML declares a document type, which may define entities; it is not read.")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_NODES or len(self._open) >= MOST_LEVELS:
            raise UsageError(f"the XML has more than {MOST_NODES} elements or {MOST_LEVELS} levels.")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def add_text(self, text: str) -> None:
        self._open[-1].text += text


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
