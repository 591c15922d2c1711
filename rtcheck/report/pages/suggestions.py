"""Protocols with how they suit a plan -> a table, or JSON of the schema `rtcheck.suggestions/1`."""

from collections.abc import Iterator, Sequence

from rtcheck.checking.proposing.fitting import Suitability
from rtcheck.protocol.file.model import Protocol
from rtcheck.report.formats.columns import aligned, terminal_width
from rtcheck.report.formats.json_text import to_json
from rtcheck.report.pages.protocol_lists import title_of
from rtcheck.report.telling.words import counted

SCHEMA = "rtcheck.suggestions/1"
NEAREST = 5  # listed where none fits

Suggestions = Sequence[tuple[Protocol, Suitability]]


def suggestions_text(suggestions: Suggestions) -> str:
    """The protocols that fit, each with its reasons; where none fits, the nearest and what speaks against them."""
    fitting = [pair for pair in suggestions if pair[1].is_good]
    shown = fitting or list(suggestions[:NEAREST])
    lines = aligned([("Name", "Why"), *_rows(shown)], right=(), width=terminal_width())
    if fitting:
        told = f"{counted(len(fitting), 'included protocol fits', 'included protocols fit')} this plan."
        advice = f"Check it: `rtcheck PATH --protocol {fitting[0][0].name}`, with --drawn-only if organs are missing."
    else:
        told = "No included protocol fits this plan; these are the nearest."
        advice = "Draft one: `rtcheck protocols new PATH`."
    return "\n".join((*lines, "", f"{told} {advice}")) + "\n"


def suggestions_json(suggestions: Suggestions) -> str:
    """All protocols, the best first."""
    return to_json(
        {
            "schema": SCHEMA,
            "protocols": [
                {
                    "name": protocol.name,
                    "title": title_of(protocol),
                    "site": protocol.site,
                    "fits": fit.is_good,
                    "for_site": fit.is_for_site,
                    "drawn": fit.drawn,
                    "met": list(fit.held),
                    "unmet": list(fit.against),
                }
                for protocol, fit in suggestions
            ],
        }
    )


def _rows(suggestions: Suggestions) -> Iterator[tuple[str, str]]:
    for protocol, fit in suggestions:
        against = [f"but {reason}" for reason in fit.against]
        yield protocol.name, ", ".join((*fit.held, *filter(None, (fit.structures,)), *against))
