"""What a person attests, because no file holds it: who, when, and where the answer is no, why that is acceptable."""

from datetime import date
from typing import TYPE_CHECKING

from rtcheck.values import dataclass

if TYPE_CHECKING:
    from rtcheck.protocol.file.document import Item
    from rtcheck.protocol.file.kinds import Entry, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """`by` whom and `on` which day; `is_so`: the answer is yes. `because` justifies a no.

    `plan` is the plan's UID or label where the answer is about that plan alone.
    """

    by: str
    on: date
    is_so: bool = True
    because: str = ""
    plan: str = ""


def _attestations() -> "Table":
    """What an attestation in a file holds."""
    from rtcheck.protocol.file.kinds import Choice, Day, Field, Table, Text

    return Table(
        "an attestation",
        {
            "by": Field(Text(), "who attests it", is_required=True),
            "on": Field(Day(), "on which day", is_required=True),
            "answer": Field(Choice(("yes", "no")), "yes if omitted"),
            "because": Field(Text(), "why a no is acceptable"),
            "plan": Field(Text(), "the UID or label of the plan, if it is about one plan only"),
        },
    )


def read_attested(item: "Item") -> dict[str, Attestation]:
    """The attestations in a facts file by name; empty ones are not given, faults are noted."""
    if not item.is_mapping:
        item.note(f"expected names with attestations, found {item.kind}")
        return {}
    from rtcheck.protocol.file.kinds import FaultError

    form = _attestations()
    found: dict[str, Attestation] = {}
    for name, _, value in item.named_pairs():
        if value.is_empty:
            continue  # not answered yet
        try:
            entry = form.read(value)
        except FaultError as fault:
            fault.item.note(fault.text)
            continue
        if "by" in entry and "on" in entry:
            found[name] = _attestation(entry)
    return found


def _attestation(entry: "Entry") -> Attestation:
    return Attestation(
        by=entry["by"],
        on=entry["on"],
        is_so=entry.get("answer", "yes") == "yes",
        because=entry.get("because", ""),
        plan=entry.get("plan", ""),
    )
