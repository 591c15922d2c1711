"""Protocol files -> what there is to say about them, in the order of their lines."""

import re
from collections.abc import Iterable
from pathlib import Path

from rtcheck.errors import ProtocolError, UsageError
from rtcheck.patterns import pattern
from rtcheck.protocol.file.library import find_protocol
from rtcheck.protocol.file.load import load_protocol
from rtcheck.protocol.lint.goals import goal_messages
from rtcheck.protocol.lint.message import LintMessage
from rtcheck.protocol.lint.names import name_messages
from rtcheck.protocol.lint.pairs import pair_messages
from rtcheck.protocol.lint.sources import source_messages

_PLACE = pattern(r"(?P<file>.+?):(?P<line>[0-9]+): (?P<text>.+)", re.DOTALL)
_MEANT = pattern(r"did you mean (?P<meant>.+?)\?")
_BARE = pattern(r'after "(?P<metric>(?P<letter>CV|DC|D|V)[0-9.]+)"', re.IGNORECASE)
_NEEDED = pattern(r'needs "(?P<key>\w+)"')
_TWICE = pattern(r"is given twice|more than one")


def lint(paths: str | Path | Iterable[str | Path]) -> tuple[LintMessage, ...]:
    """The remarks on protocol files (or on protocols in the box, by name), file by file, by line.

    Raises:
        UsageError: a file does not exist. A file with faults is no exception: its faults are the messages.
    """
    if isinstance(paths, str | Path):
        paths = [paths]
    return tuple(message for path in paths for message in _lint_one(path))


def _lint_one(name_or_path: str | Path) -> list[LintMessage]:
    path = find_protocol(name_or_path)
    try:
        protocol = load_protocol(path)
    except ProtocolError as error:
        return [_fault_message(fault, path) for fault in error.faults]
    checks = (goal_messages, pair_messages, name_messages, source_messages)
    found = {message for check in checks for message in check(protocol)}
    own = (message for message in found if message.file == str(path))  # what it extends is linted by itself
    return sorted(own, key=lambda message: (message.line, message.code, message.text))


def _fault_message(fault: str, path: Path) -> LintMessage:
    """A fault of the loader as a message, with what to do about it."""
    place = _PLACE.match(fault)
    if place is None:
        raise UsageError(fault)
    text = place["text"]
    bare = _BARE.search(text)
    return LintMessage(
        file=place["file"] or str(path),
        line=int(place["line"]),
        code="metric.bare" if bare and "expected a unit" in text else "file.fault",
        text=text,
        suggestion=_suggestion(text, bare),
        severity="error",
    )


def _suggestion(text: str, bare: re.Match[str] | None) -> str:
    """What to write instead, where that can be told."""
    if bare and "expected a unit" in text:
        metric = bare["metric"]
        units = ("cc", "%") if bare["letter"].upper() in ("D", "DC") else ("Gy", "%")
        return f"write {metric}{units[0]} or {metric}{units[1]}, as in the source"
    meant = _MEANT.search(text)
    if meant:
        return f"write {meant['meant']}"
    needed = _NEEDED.search(text)
    if needed:
        return f"add `{needed['key']}:`"
    if '"goal" is given twice' in text:
        return "one entry per goal: repeat the structure in an entry of its own"
    if _TWICE.search(text):
        return "remove one of them"
    if ".goal: expected <" in text:
        return "write a goal as METRIC < LIMIT UNIT, with <, <=, > or >=: Dmean < 24 Gy"
    if "expected a constraint" in text:
        return "write {structure: Liver, goal: Dmean < 24 Gy}"
    return ""  # the text says what is expected
