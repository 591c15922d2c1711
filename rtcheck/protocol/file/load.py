"""Protocol files: a name or a path -> Protocol, or all faults of the file at once, each with its line."""

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rtcheck.errors import GoalSyntaxError, ProtocolError, UsageError
from rtcheck.geometry.expression import AllOf, names_in, parse_expression
from rtcheck.geometry.expression import Name as GeometryName
from rtcheck.protocol.file.asks import ASKS
from rtcheck.protocol.file.assemble import assemble
from rtcheck.protocol.file.check_fields import MACHINE, MACHINE_FILE, machine_rules
from rtcheck.protocol.file.document import MAX_BYTES, Faults, parse_document, read_bytes
from rtcheck.protocol.file.extend import extend, without
from rtcheck.protocol.file.fields import PROTOCOL
from rtcheck.protocol.file.kinds import Entry, FaultError
from rtcheck.protocol.file.library import OTHER_FORMS, SUFFIXES, find_protocol, protocol_files
from rtcheck.protocol.file.model import CheckRule, Protocol
from rtcheck.protocol.language.scanner import did_you_mean

STDIN = "-"  # in place of a name: the text is read from standard input


def load_protocol(name_or_path: str | Path) -> Protocol:
    """The protocol in a file, or the one of that name in the box, with all that it extends.

    Another program's file, or a table of goals, is imported where nothing of it is lost.

    Raises:
        UsageError: there is no such protocol; the text lists near names. Or a file of another form is not read whole.
        ProtocolError: the file has faults; its text lists all of them with file and line.
    """
    if name_or_path == STDIN:
        return _protocol_of(sys.stdin.buffer.read(MAX_BYTES + 1), Path("stdin"))
    path = find_protocol(name_or_path)
    return _imported_protocol(path) if path.suffix.lower() in OTHER_FORMS else read_protocol(path)


def _imported_protocol(path: Path) -> Protocol:
    """The protocol in another program's file; a limit that is lost would not be checked, so that is an error."""
    from rtcheck.protocol.importers import import_protocol

    advice = f"Convert it, and check the result: rtcheck protocols import {path} -o mine.yaml"
    try:
        imported = import_protocol(path)
    except UsageError as error:
        raise UsageError(f"{error} {advice}") from None
    if imported.losses:
        listed = "\n".join(f"    {loss}" for loss in imported.losses)
        raise UsageError(f"{path} is not a protocol file, and not all of it can be converted:\n{listed}\n{advice}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(_protocol_of(imported.yaml.encode(), path), path=path, sha256=digest)


def parse_protocol(text: str, *, name: str = "protocol") -> Protocol:
    """The protocol that a YAML text states, as a file of that text would; `name` stands for the file in messages.

    What it extends by a relative path is searched for in the current folder.

    Raises:
        UsageError: `text` is not a text.
        ProtocolError: the text has faults; the message lists all of them with their lines.
    """
    if not isinstance(text, str):
        raise UsageError(f"Expected the text of a protocol, found a value of type {type(text).__name__}.")
    return _protocol_of(text.encode("utf-8", "surrogatepass"), Path(name))


def load_distinct(names_or_paths: Iterable[str | Path]) -> tuple[Protocol, ...]:
    """Several protocols for results in one place; UsageError where two have the same name."""
    protocols = tuple(load_protocol(each) for each in names_or_paths)
    names = [protocol.name for protocol in protocols]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UsageError(f"Two of the protocols are named {repeated}; their results could not be distinguished.")
    return protocols


def available_protocols() -> tuple[Protocol, ...]:
    """All protocols in the box, in alphabetical order."""
    return tuple(read_protocol(path) for path in protocol_files().values())


def read_protocol(path: Path, *, seen: tuple[Path, ...] = ()) -> Protocol:
    """The protocol in the file at `path`; `seen` are the files that led here by `extends`."""
    return replace(_protocol_of(read_bytes(path), path, seen=seen), path=path)


def files_named_in(path: Path) -> tuple[str, ...]:
    """What a protocol file names besides itself, as it is written there: the protocol it extends, its machine file.

    Raises ProtocolError where the file cannot be read so far.
    """
    faults = Faults(path)
    entry = _read_entry(read_bytes(path), path, faults)
    checks = entry.get("plan_checks")
    named = [entry.get("extends"), checks.get(MACHINE_FILE) if checks is not None else None]
    return tuple(each[0] for each in named if each is not None)


def _protocol_of(content: bytes, path: Path, *, seen: tuple[Path, ...] = ()) -> Protocol:
    """The protocol in a file's bytes; `path` stands for the file in messages, and relative paths begin beside it."""
    if len(content) > MAX_BYTES:
        raise ProtocolError((f"{path}: larger than {MAX_BYTES} bytes: not a protocol",))
    faults = Faults(path)
    entry = _read_entry(content, path, faults)
    base = _base(entry, path, seen=(*seen, path.resolve()))
    protocol = assemble(entry, str(path), base=base)
    machine, machine_content = _machine_rules(entry, path, protocol)
    protocol = replace(protocol, checks=(*protocol.checks, *machine))
    content += machine_content
    if base is not None:
        protocol = extend(without(base, entry.get("remove", ())), protocol)
    elif not any(key in entry for key in ASKS) and not faults:
        entry.item.note(
            'a protocol needs "constraints", "plan_checks" or "structure_checks" (or "extends" with the protocol that '
            "it extends)"
        )
    _require_known_names(entry, protocol)
    faults.raise_if_any()
    digest = hashlib.sha256(content if base is None else base.sha256.encode() + content).hexdigest()
    return replace(protocol, sha256=digest)


def _machine_rules(entry: Entry, path: Path, protocol: Protocol) -> tuple[tuple[CheckRule, ...], bytes]:
    """The rules of the machine file that `plan_checks` names, relative to the protocol, and its bytes."""
    block = entry.get("plan_checks")
    if block is None or MACHINE_FILE not in block:
        return (), b""
    text, item = block[MACHINE_FILE]
    file = path.parent / text
    try:
        content = read_bytes(file, what="machine file")
        faults = Faults(file)
        root = parse_document(content, faults)
        if root is None or root.is_empty:
            item.note(f"{text} is empty; a machine file has keys such as gantry, couch, positions")
            return (), b""
        limits = MACHINE.read(root)
        faults.raise_if_any()
    except ProtocolError as error:
        item.note(f"{text} has errors:\n{error}")
        return (), b""
    except FaultError as fault:
        item.note(f"{text}: {fault.text}")
        return (), b""
    return tuple(machine_rules(limits, file=str(file), own={rule.code for rule in protocol.checks})), content


def _require_known_names(entry: Entry, protocol: Protocol) -> None:
    """Notes a required structure that nothing in the protocol names: its limits would be left to what is drawn."""
    names, item = entry.get("required_structures", ((), None))
    known = {name: name for constraint in protocol.constraints for name in _names_of(constraint.structures)}
    known |= {one.name: one.name for one in protocol.structures}
    for name in names:
        if name not in known:
            item.note(f'no constraint is on "{name}"{did_you_mean(name, known)}')


def _names_of(structures: Iterable[str]) -> Iterable[str]:
    """The structures of a constraint, and the names in those that are expressions."""
    for text in structures:
        yield text
        yield from (part.name for part in _parts(text) if isinstance(part, GeometryName))


def _parts(text: str) -> Iterable[GeometryName | AllOf]:
    try:
        return names_in(parse_expression(text))
    except GoalSyntaxError:
        return ()


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
