"""Protocols -> one page in Markdown: all of them by site with their sources, and where sources disagree.

`rtcheck protocols list --format markdown -o rtcheck/guides/library.md` writes the guide.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rtcheck.protocol.choosing.disagreements import copies_that_disagree, protocols_that_differ
from rtcheck.protocol.file.model import Protocol, Source
from rtcheck.report.pages.protocol_lists import fractions_text, title_of
from rtcheck.report.telling.words import counted

WIDTH = 80
_TIED = "\N{NO-BREAK SPACE}"  # keeps a number with its unit while lines are wrapped
_ORDER = "any"  # the protocols for any site come last

INTRODUCTION = """\
{count} protocols are included, with {limits} limits. Print one with
`rtcheck protocols show NAME`; narrow the list with `rtcheck protocols list`.

Each limit was read twice in the source that is listed with it. "Primary" means
that the publication itself was read, "transcription" that a copy of it was. A
copy can be wrong: compare the limits with the publication, and with the policy
of your department, before you use them. Where a source does not state a number
of fractions, conventional fractionation is taken as at least 20.
"""

COPIES = """\
Two copies of the same publication give different limits. They are not merged:
the limit is omitted, or that of the better source is included.
"""

DIFFERENT = """\
These protocols limit the same metric of the same organ for the same number of
fractions, but not at the same value. `rtcheck protocols compare A B` shows two
protocols side by side.
"""

NOT_INCLUDED = """\
A limit is included only where a public page states it in so many words. Of
these trials and series the library holds a part, or nothing yet:

- a part: CHHiP (anorectum alone), EMBRACE (what was achieved, not the aims of
  EMBRACE II), IMPORT HIGH (heart and contralateral lung), RTOG 0126 (targets),
  0924 (both phases together), NRG-HN (HN002 and HN004), UK SABR 2017 and 2022
  (see there), HyTEC (what its reviews state);
- nothing: RTOG 0539, 0825, 0920, 0938, 1005, 1014, 1016 and 1112,
  NRG-GI003, PACIFIC, SABR-COMET, PACE, PROFIT, HYPO-RT-PC, CROSS, DAHANCA,
  PENTEC, the tables of Timmerman, and limits for children.

If you have such a table, `rtcheck protocols import` reads it.
"""


def library_page(protocols: Iterable[Protocol]) -> str:
    """The page. Its lines have at most 80 columns, except addresses."""
    listed = sorted(protocols, key=lambda protocol: (*_site_key(protocol), protocol.name))
    sources = _all_sources(listed)
    count = sum(len(protocol.constraints) for protocol in listed)
    lines = ["# Included protocols", "", *INTRODUCTION.format(count=len(listed), limits=count).splitlines()]
    for site, group in groupby(listed, key=_site):
        lines += ["", f"## {site}", ""]
        for protocol in group:
            lines += _protocol_lines(protocol, sources)
    lines += ["", "## Not included", "", *NOT_INCLUDED.splitlines()]
    lines += _copies_lines(sources)
    lines += _different_lines(listed)
    lines += ["", "## Sources", ""]
    for number, (citation, url) in enumerate(sources, start=1):
        lines += _wrapped(f"{number}. ", citation)
        lines += [f"    <{url}>"] if url else []
    return "\n".join(lines) + "\n"


def _all_sources(protocols: Iterable[Protocol]) -> tuple[tuple[str, str], ...]:
    """The sources of the protocols, then the copies that disagree with them; each once."""
    sources = dict.fromkeys(_source_key(source) for protocol in protocols for source in protocol.sources)
    for row in copies_that_disagree():
        sources.update({_copy(row.set, url, sources): None for url in (row.first_source, row.second_source)})
    return tuple(sources)


def _copy(name: str, url: str, sources: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The source in which the set of that name was read at the address."""
    return next((each for each in sources if name in each[0] and url == each[1]), (f"A copy of {name}.", url))


def _protocol_lines(protocol: Protocol, sources: Sequence[tuple[str, str]]) -> Iterator[str]:
    limits = counted(len(protocol.constraints), "limit")
    read = [f"{source.read or 'source'} [{sources.index(_source_key(source)) + 1}]" for source in protocol.sources]
    told = f"{title_of(protocol).rstrip('.')}. {', '.join(read).capitalize()}."
    yield from _wrapped("- ", f"`{protocol.name}` ({_fractions(fractions_text(protocol))}, {limits}): {told}")


def _copies_lines(sources: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield from ("", "## Copies that disagree", "", *COPIES.splitlines(), "")
    for row in copies_that_disagree():
        values = (
            f"{value.replace(' ', _TIED)} [{sources.index(_copy(row.set, url, sources)) + 1}]"
            for value, url in ((row.first, row.first_source), (row.second, row.second_source))
        )
        kept = "omitted" if row.included == "neither" else f"the {row.included} is included"
        told = f"{' or '.join(values)}; {kept}."
        yield from _wrapped("- ", f"{row.set}, {_fractions(row.fractions)}: {row.limit} {told}")


def _different_lines(protocols: Iterable[Protocol]) -> Iterator[str]:
    yield from ("", "## Different limits", "", *DIFFERENT.splitlines(), "")
    for each in protocols_that_differ(protocols):
        limits = ", ".join(f"{limit.replace(' ', _TIED)} (`{name}`)" for limit, name in each.limits)
        yield from _wrapped("- ", f"{each.structure} {each.metric}, {_fractions(each.fractions)}: {limits}")


def _wrapped(mark: str, text: str) -> list[str]:
    indent = " " * len(mark)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=mark, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_TIED, " ") for line in lines]


def _fractions(text: str) -> str:
    text = text.replace(">=", "at least")
    return {"": "any fractions", "at least 1": "any fractions", "1": "1 fraction"}.get(text, f"{text} fractions")


def _site(protocol: Protocol) -> str:
    """The site without its remark in parentheses."""
    name = protocol.site.partition(" (")[0]
    return "Any site" if name.casefold() == _ORDER else name or "No site stated"


def _site_key(protocol: Protocol) -> tuple[bool, str]:
    return protocol.site.casefold().startswith(_ORDER), _site(protocol).casefold()


def _source_key(source: Source) -> tuple[str, str]:
    return source.citation, source.url
