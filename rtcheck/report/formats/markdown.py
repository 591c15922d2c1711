"""Report -> Markdown for a comment on a merge request or an issue: verdict, one table, the rest folded away."""

import re
from collections.abc import Iterator, Sequence

from rtcheck.patterns import pattern
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.doubts import IN_DOUBT
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.telling import CheckLine, ItemLine, Telling, difference_text
from rtcheck.results import Report

_SPECIAL = pattern(r"([\\`*_{}\[\]<>#|~&$])")
_STARTS_A_MENTION = pattern(r"@(?=\w)")


def render(report: Report, *, anonymous: bool = False, style: ReportStyle = PLAIN) -> str:
    """The comment's text."""
    return "\n".join(_lines(told_in(report, style.unit, anonymous=anonymous))) + "\n"


def _lines(telling: Telling) -> Iterator[str]:
    yield f"## {telling.verdict.look.emoji} {plain(telling.verdict.text)}"
    yield ""
    yield "".join(f"**{plain(p.text)}**" if p.is_strong else plain(p.text) for p in telling.sentence)
    yield from (f"\n⚠️ **{IN_DOUBT}:** {plain(line.text)} `{line.code}`" for line in telling.doubts)
    yield from (f"\n{plain(line)}" for line in telling.summary)
    yield ""
    yield " · ".join(f"{card.label}: **{plain(card.title)}**" for card in telling.cards)
    yield from _constraints(telling)
    if telling.tightest:
        yield f"\nTightest: {plain(telling.tightest)}."
    if telling.reach:
        yield f"\n{plain(telling.reach.text)}"
    if telling.shifts:
        yield from _folded("Robustness", _shifts(telling))
    if telling.courses:
        yield from _folded("Courses", [f"- {plain(line)}" for line in _courses(telling)])
    why = [line for row in telling.shown_rows if (line := _why(row))]
    if why:
        yield from _folded("Why and where", why)
    yield from _plan_checks(telling)
    yield from _items(telling)
    if telling.warnings:
        count = len(telling.warnings)
        yield from _folded(f"Warnings ({count})", [f"- `{line.code}` {plain(line.text)}" for line in telling.warnings])
    if telling.checks:
        yield from _folded("Independent checks", [_check(check) for check in telling.checks])
    yield from _folded("Provenance", [*_about(telling), *_provenance(telling)])


def _constraints(telling: Telling) -> Iterator[str]:
    """The table; "Acceptable" is a column where a limit has an acceptable variation."""
    if not telling.shown_rows:
        return
    has_variation = any(row.variation for row in telling.shown_rows)
    acceptable = (" Acceptable |", "---|") if has_variation else ("", "")
    yield from ("", f"| | Constraint | Goal |{acceptable[0]} Value | Margin | Outcome |")
    yield f"|---|---|---|{acceptable[1]}--:|--:|---|"
    for row in telling.shown_rows:
        variation = [plain(row.variation)] if has_variation else []
        name = plain(row.structure) + (f" ({row.priority})" if row.priority else "")
        other_unit = f" ({row.other_unit})" if row.other_unit else ""
        value = plain(row.value_with_uncertainty + other_unit) or "no value"
        margin = ", ".join(filter(None, (row.margin, row.share)))
        numbers = (value, plain(margin) or "–")
        cells = (row.word.look.emoji, name, plain(row.goal), *variation, *numbers, row.word.text)
        yield "| " + " | ".join(cells) + " |"


def _why(row: Row) -> str:
    """All that is said about one constraint; "" where there is nothing."""
    told = [f"{row.matched}."] if row.matched else []
    told += [*row.remarks, *(f"Other reading, {reading.text}." for reading in row.readings)]
    told += [f"Convention band {row.band}."] if row.band else []
    told += row.where
    told += [f"“{row.sentence}”"] if row.sentence else []
    source = f" {_source(row)}" if row.citation or row.url else ""
    said = plain(" ".join(told)) + source
    return f"- **{plain(row.name)}**: {said.strip()}" if said.strip() else ""


def _source(row: Row) -> str:
    """Where the limit comes from; an address is code, so that nothing is linked without being read."""
    return plain(row.citation) + (f" `{row.url}`" if row.url and "`" not in row.url else "")


def _items(telling: Telling) -> Iterator[str]:
    items = (*telling.prescription, *telling.eligibility)
    if items:
        word = f"Eligibility: {telling.eligibility_word.text}." if telling.eligibility else ""
        yield from _folded("Prescription and eligibility", [*_item_lines(items), *(("", word) if word else ())])


def _plan_checks(telling: Telling) -> Iterator[str]:
    if telling.plan_checks:
        yield from _folded("Plan and structure checks", _item_lines(telling.plan_checks))


def _item_lines(items: Sequence[ItemLine]) -> list[str]:
    return [f"- {item.word.look.emoji} {plain(item.text)}" for item in items]


def _shifts(telling: Telling) -> list[str]:
    lines = [f"- {plain(telling.shifts)}"]
    for each in telling.under_shifts:
        flips = "; some scenarios change the outcome" if each.flips else ""
        lines.append(f"- {plain(f'{each.constraint}: {each.said}{flips}')}")
    return lines


def _courses(telling: Telling) -> list[str]:
    return [telling.courses, *(each.text for each in telling.over_courses)]


def _check(check: CheckLine) -> str:
    others = ", ".join(f"{plain(name)} {plain(value)}{difference_text(off)}" for name, value, off in check.others)
    return f"- {plain(check.structure)} {plain(check.metric)}: {plain(check.value)}; {others}"


def _about(telling: Telling) -> list[str]:
    return [f"- {card.label}: {plain('; '.join((card.title, *card.lines)))}" for card in telling.cards]


def _provenance(telling: Telling) -> list[str]:
    lines = [f"- {plain(label)}: {plain(text)}" for label, text in telling.provenance]
    for file in telling.files:
        named = plain(", ".join(filter(None, (file.name, file.uid, file.why))))
        lines.append(f"- {file.role}{f' {named}' if named else ''}: SHA-256 `{file.sha256}`")
    if telling.command:
        longest = max((len(run) for run in re.findall("`+", telling.command)), default=2)
        fence = "`" * max(longest + 1, 3)
        lines += ["", fence, telling.command, fence]
    return lines


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{title}</summary>", "", *lines, "", "</details>")


def plain(text: str) -> str:
    """The text so that nothing in it is markup, a link, or calls a person."""
    escaped = _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))
    return _STARTS_A_MENTION.sub("@\u200b", escaped)
