"""Protocol files: a name or a path -> Protocol, or all faults of the file at once, each with its line."""

import hashlib
from dataclasses import replace
from pathlib import Path

from rtcheck.errors import ProtocolError, UsageError
from rtcheck.protocol.file.assemble import assemble
from rtcheck.protocol.file.document import Faults, parse_document, read_bytes
from rtcheck.protocol.file.extend import extend, without
from rtcheck.protocol.file.fields import PROTOCOL
from rtcheck.protocol.file.kinds import Entry, FaultError
from rtcheck.protocol.file.library import SUFFIXES, find_protocol, protocol_files
from rtcheck.protocol.file.model import Protocol


def load_protocol(name_or_path: str | Path) -> Protocol:
    """The protocol in a file, or the one of that name in the box, with all that it extends.

    Raises:
        UsageError: there is no such protocol; the text lists near names.
        ProtocolError: the file has faults; its text lists all of them with file and line.
    """
    return read_protocol(find_protocol(name_or_path))


def available_protocols() -> tuple[Protocol, ...]:
    """All protocols in the box, in alphabetical order."""
    return tuple(read_protocol(path) for path in protocol_files().values())


def read_protocol(path: Path, *, seen: tuple[Path, ...] = ()) -> Protocol:
    """The protocol in the file at `path`; `seen` are the files that led here by `extends`."""
    content = read_bytes(path)
    faults = Faults(path)
    entry = _read_entry(content, path, faults)
    base = _base(entry, path, seen=(*seen, path.resolve()))
    protocol = assemble(entry, str(path), base=base)
    if base is not None:
        protocol = extend(without(base, entry.get("remove", ())), protocol)
    elif "constraints" not in entry and not faults:
        entry.item.note('a protocol needs "constraints" (or "extends" with the protocol that it extends)')
    faults.raise_if_any()
    digest = hashlib.sha256(content if base is None else base.sha256.encode() + content).hexdigest()
    return replace(protocol, path=path, sha256=digest)


def _read_entry(content: bytes, path: Path, faults: Faults) -> Entry:
    root = parse_document(content, faults)
    if root is None or root.is_empty:
        raise ProtocolError((f"{path}:1: the file is empty; a protocol needs at least a name and constraints",))
    try:
        return PROTOCOL.read(root)
    except FaultError as fault:
        fault.item.note(fault.text)
        faults.raise_if_any()
        raise AssertionError("unreachable: an error was noted") from fault


def _base(entry: Entry, path: Path, *, seen: tuple[Path, ...]) -> Protocol | None:
    """The protocol that the file extends: a path beside the file, or a name in the box."""
    if "extends" not in entry:
        if "remove" in entry:
            entry["remove"][0][1].note("remove needs extends: there is no protocol to remove from")
        return None
    text, item = entry["extends"]
    is_path = Path(text).suffix.lower() in SUFFIXES or "/" in text
    try:
        base_path = find_protocol(path.parent / text if is_path else text)
        if base_path.resolve() in seen:
            item.note(f"{text} extends this protocol in turn: circular reference")
            return None
        return read_protocol(base_path, seen=seen)
    except ProtocolError as error:
        item.note(f"{text} has errors:\n{error}")
    except UsageError as error:
        item.note(str(error))
    return None
