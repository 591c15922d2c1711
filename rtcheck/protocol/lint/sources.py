"""Sources: limits without one, sources without an address, sources that nothing refers to."""

from collections.abc import Iterator

from rtcheck.protocol.file.model import Constraint, FactRule, Protocol
from rtcheck.protocol.lint.message import LintMessage


def source_messages(protocol: Protocol) -> Iterator[LintMessage]:
    """What is odd about where the limits come from."""
    if not protocol.sources:
        yield _without_any(protocol)
    used = {constraint.source for constraint in (*protocol.constraints, *protocol.volume_eligibility)}
    used |= {rule.source for rule in protocol.facts} | {protocol.prescription.source if protocol.prescription else ""}
    if protocol.sources:
        entries: list[Constraint | FactRule] = [*protocol.constraints, *protocol.volume_eligibility, *protocol.facts]
        for entry in entries:
            if not entry.source:
                yield LintMessage(
                    file=entry.file,
                    line=entry.line,
                    code="source.missing",
                    text="this limit has no source",
                    suggestion=f"add `source: {protocol.sources[0].id}` or another source",
                )
    for source in protocol.sources:
        if not (source.citation or source.url):
            yield LintMessage(
                file=source.file,
                line=source.line,
                code="source.empty",
                text=f'the source "{source.id}" has neither a citation nor an address',
                suggestion="add `citation:` and, if there is one, `url:`",
            )
        if source.id not in used:
            yield LintMessage(
                file=source.file,
                line=source.line,
                code="source.unused",
                text=f'no limit refers to the source "{source.id}"',
                suggestion=f"add `source: {source.id}` to its limits, or remove it",
            )


def _without_any(protocol: Protocol) -> LintMessage:
    first = protocol.constraints[0] if protocol.constraints else None
    return LintMessage(
        file=first.file if first else str(protocol.path),
        line=first.line if first else 1,
        code="source.missing",
        text="the protocol has no sources for its limits",
        suggestion="add `sources: [{id: ..., citation: ..., url: ...}]`",
    )
