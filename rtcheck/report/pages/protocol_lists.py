"""Protocols -> a list as text, or JSON of the schema `rtcheck.protocols/1`."""

from collections.abc import Iterable, Iterator
from typing import Any

from rtcheck.checking.range_text import range_words
from rtcheck.protocol.choosing.selecting import Query, allowed_fractions, limits_on
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.report.formats.columns import aligned, folded, terminal_width
from rtcheck.report.formats.json_text import table_values, to_json
from rtcheck.report.telling.words import counted

SCHEMA = "rtcheck.protocols/1"
NOTHING = Query()


def protocol_list(protocols: Iterable[Protocol], query: Query = NOTHING) -> str:
    """One line for each protocol: name, fractions, number of limits, title; the site too where there is room.

    If the query names an organ, its limits follow each protocol in place of their number.
    """
    listed = tuple(protocols)
    if not listed:
        return f"No included protocol matches {_asked(query)}.\n"
    if query.organ:
        lines = [line for protocol in listed for line in (*_with_limits(protocol, query.organ), "")][:-1]
    else:
        lines = _table(listed)
    if query:
        lines += ["", f"{counted(len(listed), 'protocol')} for {_asked(query)}."]
    return "\n".join(lines) + "\n"


def protocol_list_json(protocols: Iterable[Protocol], query: Query = NOTHING) -> str:
    """The same as JSON; `limits` are those on the organ if the query names one, else all of them."""
    asked = {"site": query.site or None, "fractions": query.fractions, "organ": query.organ or None}
    return to_json({"schema": SCHEMA, "query": asked, "protocols": [_values(each, query.organ) for each in protocols]})


def constraint_values(constraint: Constraint) -> dict[str, Any]:
    """A constraint of a protocol as plain values."""
    return {
        "structures": list(constraint.structures),
        "combine": constraint.combine,
        "metric": constraint.goal.metric.text,
        "goal": constraint.goal.text,
        "variation": constraint.variation.text if constraint.variation else None,
        "by_volume": table_values(constraint) if constraint.has_table else None,
        "priority": constraint.priority,
        "note": constraint.note,
        "source": constraint.source,
    }


def joined_structures(constraint: Constraint) -> str:
    """The structures of a constraint with the sign of how they are combined."""
    return {"each": ", ", "any": " or ", "together": " | "}[constraint.combine].join(constraint.structures)


def fractions_text(protocol: Protocol) -> str:
    """The fractions that a protocol is for, in words; "" where it does not state them."""
    allowed = allowed_fractions(protocol)
    return range_words(allowed) if allowed else ""


def title_of(protocol: Protocol) -> str:
    """The title, or the citation of the first source."""
    return protocol.title or (protocol.sources[0].citation if protocol.sources else "")


def _table(protocols: tuple[Protocol, ...]) -> list[str]:
    width = terminal_width()
    has_room = width is None or width >= 140
    lines = [("Name", "Site", "Fractions", "Limits", "Source")]
    lines += [
        (each.name, each.site or "-", fractions_text(each) or "-", str(len(each.constraints)), title_of(each))
        for each in protocols
    ]
    shown = lines if has_room else [(name, *others) for name, _, *others in lines]
    return aligned(shown, right=(3 if has_room else 2,), width=width)


def _with_limits(protocol: Protocol, organ: str) -> Iterator[str]:
    yield from folded([f"{protocol.name}: {title_of(protocol)}"])
    for constraint in limits_on(protocol, organ):
        remarks = [] if constraint.is_required else [f"priority {constraint.priority}"]
        remarks += [f"variation {constraint.variation.text}"] if constraint.variation else []
        told = f"  ({'; '.join(remarks)})" if remarks else ""
        yield f"  {joined_structures(constraint)}: {constraint.goal.text}{told}"


def _asked(query: Query) -> str:
    parts = [f'site "{query.site}"'] if query.site else []
    parts += [counted(query.fractions, "fraction")] if query.fractions is not None else []
    parts += [f"organ {query.organ}"] if query.organ else []
    return ", ".join(parts)


def _values(protocol: Protocol, organ: str) -> dict[str, Any]:
    limits = limits_on(protocol, organ) if organ else protocol.constraints
    return {
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "site": protocol.site,
        "fractions": fractions_text(protocol) or None,
        "sha256": protocol.sha256,
        "sources": [{"id": s.id, "citation": s.citation, "url": s.url, "read": s.read} for s in protocol.sources],
        "limits": [constraint_values(constraint) for constraint in limits],
    }
