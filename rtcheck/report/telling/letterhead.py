"""A clinic's letterhead file (YAML) -> its name, logo, contact and signature lines, for head and foot of reports."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rtcheck.errors import ProtocolError
from rtcheck.patterns import pattern
from rtcheck.protocol.file.document import Faults, Item, parse_document, read_bytes
from rtcheck.protocol.file.kinds import FaultError, Field, ListOf, Schema, Table, Text
from rtcheck.values import dataclass

LARGEST_LOGO_BYTES: Final = 300_000
SIGNATURES: Final = ("Physicist", "Physician")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MARKUP_DECLARATION: Final = pattern(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_SVG_ROOT: Final = pattern(rb"\A(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?(\s|<!--.*?-->)*<svg[\s>]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture: its bytes, and "png" or "svg"."""

    content: bytes
    kind: str

    @property
    def data_url(self) -> str:
        """The picture as a URL, so that a page needs no other file. As an image no script of an SVG runs."""
        kind = "svg+xml" if self.kind == "svg" else self.kind
        return f"data:image/{kind};base64,{base64.b64encode(self.content).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who reports: `contact` are lines of the head, `foot` one of the foot, `signatures` the roles that sign."""

    name: str
    contact: tuple[str, ...] = ()
    foot: str = ""
    signatures: tuple[str, ...] = SIGNATURES
    logo: Logo | None = None


def read_letterhead(path: Path | str) -> Letterhead:
    """The letterhead in a YAML file; ProtocolError with all its faults, each with its line."""
    path = Path(path)
    faults = Faults(path)
    root = parse_document(read_bytes(path, what="letterhead file"), faults)
    if root is None or root.is_empty:
        raise ProtocolError((f"{path}:1: the file is empty; a letterhead file contains at least name",))
    values: Mapping[str, Any] = {}
    try:
        values = _table(path.parent).read(root).values
    except FaultError as fault:
        fault.item.note(fault.text)
    faults.raise_if_any()
    signatures = values.get("signatures")
    return Letterhead(
        name=values["name"],
        contact=tuple(values.get("contact") or ()),
        foot=values.get("foot") or "",
        signatures=SIGNATURES if signatures is None else tuple(signatures),
        logo=values.get("logo"),
    )


def _table(folder: Path) -> Table:
    lines = ListOf(Text())
    return Table(
        "a letterhead file",
        {
            "name": Field(Text(), "the name of the clinic or department", True),
            "logo": Field(_Picture(folder), "a PNG or SVG file, next to this file"),
            "contact": Field(lines, "lines of address, telephone, e-mail"),
            "foot": Field(Text(), "a line for the foot of the report"),
            "signatures": Field(lines, "who signs: by default Physicist and Physician"),
        },
    )


@dataclass(eq=False, repr=False)
class _Picture:
    """The name of a picture file."""

    folder: Path

    def read(self, item: Item) -> Logo:
        return _logo(item, self.folder / Text().read(item))

    def schema(self) -> Schema:
        return Text().schema()


def _logo(item: Item, path: Path) -> Logo:
    """The picture in a file; FaultError where it is none."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_LOGO_BYTES + 1)
    except OSError as error:
        raise FaultError(item, f"{item.scalar} cannot be read ({error.strerror}); expected a PNG or SVG file") from None
    if len(content) > LARGEST_LOGO_BYTES:
        raise FaultError(
            item, f"{item.scalar} is larger than {LARGEST_LOGO_BYTES // 1000} kB; expected a small picture"
        )
    if content.startswith(_PNG):
        return Logo(content=content, kind="png")
    if not _SVG_ROOT.match(content) or _MARKUP_DECLARATION.search(content):
        raise FaultError(item, f"{item.scalar} is neither a PNG nor a plain SVG (without DOCTYPE)")
    return Logo(content=content, kind="svg")
