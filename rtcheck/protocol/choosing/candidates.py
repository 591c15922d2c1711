"""`auto`, `auto:FOLDER`, `auto:rules.yaml` -> the protocols to choose from, each with the plans that it applies to.

A file of rules states which protocol a plan is checked against, by words of its labels, dose and fractions:

    choose:
      - {protocol: apatinib, site: [liver, hcc], fractions: 25-30}
      - {protocol: ./ours.yaml, label: "LIV*"}
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rtcheck.errors import ProtocolError, UsageError
from rtcheck.protocol.choosing.applying import protocols_in
from rtcheck.protocol.file.assemble import applies_to_of
from rtcheck.protocol.file.document import Faults, parse_document, read_bytes
from rtcheck.protocol.file.fields import APPLIES_TO
from rtcheck.protocol.file.kinds import Entry, FaultError, Field, ListOf, Located, Table, Text
from rtcheck.protocol.file.library import AUTO, SUFFIXES
from rtcheck.protocol.file.load import available_protocols, load_protocol
from rtcheck.protocol.file.model import Protocol

_RULE = Table(
    "a rule",
    {"protocol": Field(Located(Text()), "name or file of the protocol, relative to this file", True)}
    | dict(APPLIES_TO.fields),
)
_RULES = Table("a file of rules", {"choose": Field(ListOf(_RULE), "the rules, one for each protocol", True)})


def is_auto(protocol: str) -> bool:
    """Whether the protocol is to be chosen by the plan."""
    return protocol.strip().partition(":")[0].casefold() == AUTO


def candidates(protocol: str, *, folder: Path = Path()) -> tuple[Protocol, ...]:
    """The protocols that `auto` chooses from; what stands after the colon is relative to `folder`.

    Raises:
        UsageError: there is no such folder or file, or no protocol in it states what it applies to.
        ProtocolError: a file has faults.
    """
    place = protocol.strip().partition(":")[2]
    if not place:
        return tuple(each for each in available_protocols() if each.applies_to is not None)
    path = folder / Path(place).expanduser()
    return _by_rules(path) if path.suffix.lower() in SUFFIXES else protocols_in(path)


def _by_rules(path: Path) -> tuple[Protocol, ...]:
    """Each rule's protocol, which applies to the rule's plans and to no others."""
    faults = Faults(path)
    root = parse_document(read_bytes(path, what="file of rules"), faults)
    if root is None or root.is_empty:
        raise ProtocolError((f"{path}:1: the file is empty; it needs a list named choose",))
    rules: tuple[Entry, ...] = ()
    try:
        rules = _RULES.read(root).get("choose", ())
    except FaultError as fault:
        fault.item.note(fault.text)
    found = [_chosen_by(rule, path) for rule in rules]
    faults.raise_if_any()
    return tuple(each for each in found if each is not None)


def _chosen_by(rule: Entry, path: Path) -> Protocol | None:
    """The protocol of a rule; None where it is at fault, which is noted."""
    if "protocol" not in rule:
        return None
    text, item = rule["protocol"]
    stated: dict[str, Any] = {key: value for key, value in rule.values.items() if key != "protocol"}
    is_file = Path(text).suffix.lower() in SUFFIXES or "/" in text
    try:
        protocol = load_protocol(path.parent / text if is_file else text)
    except UsageError as error:
        item.note(str(error))
        return None
    return replace(protocol, applies_to=applies_to_of(Entry(stated, rule.item), what="a rule"))
