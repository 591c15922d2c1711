"""Report -> Markdown for a comment on a merge request or an issue: verdict, one table, the rest folded away."""

import re
from collections.abc import Iterator, Sequence

from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.doubts import IN_DOUBT
from rtcheck.report.telling.outcomes import Kind
from rtcheck.report.telling.reserve import robustness_lines, tightest_lines
from rtcheck.report.telling.telling import Content, ItemLine, content_of
from rtcheck.results import Report

_SHAPES: dict[Kind, str] = {
    "met": "✅", "edge": "🔶", "var": "🔺", "over": "🛑", "ne": "❔", "na": "➖", "waived": "📝",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_STARTS_A_MENTION = re.compile(r"@(?=\w)")


def render(report: Report, *, anonymous: bool = False) -> str:
    """The comment's text."""
    return "\n".join(_lines(content_of(report, anonymous=anonymous))) + "\n"


def _lines(content: Content) -> Iterator[str]:
    yield f"## {_SHAPES[content.verdict.kind]} {_plain(content.verdict.text)}"
    yield ""
    yield "".join(f"**{_plain(p.text)}**" if p.is_strong else _plain(p.text) for p in content.sentence)
    yield from (f"\n⚠️ **{IN_DOUBT}:** {_plain(line.text)} `{line.code}`" for line in content.doubts)
    yield from (f"\n{_plain(line)}" for line in content.summary)
    yield ""
    yield " · ".join(f"{card.label}: **{_plain(card.title)}**" for card in content.cards)
    if content.rows:
        yield from ("", "| | Constraint | Goal | Value | Margin | Outcome |", "|---|---|---|--:|--:|---|")
        yield from (_row(row) for row in content.rows)
    yield from (f"\nTightest: {_plain(line)}." for line in tightest_lines(content.report))
    if shifted := robustness_lines(content.report):
        yield from _folded("Robustness", [f"- {_plain(line)}" for line in shifted])
    told = [row for row in content.rows if row.where or (row.remarks and row.word.kind != "met")]
    if told:
        yield from _folded("Why and where", [_why(row) for row in told])
    given = [item for item in (*content.prescription, *content.eligibility) if item.is_given]
    if given:
        yield from _folded("Prescription and eligibility", _item_lines(given))
    absent = [item.item for item in content.eligibility if not item.is_given]
    if absent:
        yield from ("", f"Not given: {_plain(', '.join(absent))}.")
    if content.warnings:
        count = len(content.warnings)
        yield from _folded(f"Warnings ({count})", [f"- `{line.code}` {_plain(line.text)}" for line in content.warnings])
    if content.checks:
        yield from _folded("Independent checks", _check_lines(content))
    yield from _folded("Provenance", _provenance(content))


def _row(row: Row) -> str:
    value = f"{row.value.partition(' ')[0]} {row.uncertainty}" if row.uncertainty else row.value or "no value"
    name = _plain(row.structure) + (f" ({row.priority})" if row.priority else "")
    cells = (_SHAPES[row.word.kind], name, _plain(row.goal), _plain(value), _plain(row.margin) or "–", row.word.text)
    return "| " + " | ".join(cells) + " |"


def _why(row: Row) -> str:
    said = " ".join(row.where if row.word.kind == "met" else (*row.remarks, *row.where))
    return f"- **{_plain(row.structure)} {_plain(row.goal)}**: {_plain(said)}"


def _item_lines(items: Sequence[ItemLine]) -> list[str]:
    return [
        f"- {_SHAPES[item.word.kind]} {_plain(item.item)}: {_plain(item.found)}, expected {_plain(item.expected)}"
        + (f" ({_plain(item.note)})" if item.note else "")
        for item in items
    ]


def _check_lines(content: Content) -> list[str]:
    lines = []
    for check in content.checks:
        others = ", ".join(
            f"{_plain(name)} {_plain(value)}" + (f" ({100 * off:+.1f} %)" if off is not None else "")
            for name, value, off in check.others
        )
        lines.append(f"- {_plain(check.structure)} {_plain(check.metric)}: {_plain(check.value)}; {others}")
    return lines


def _provenance(content: Content) -> list[str]:
    lines = [f"- {_plain(label)}: {_plain(text)}" for label, text in content.provenance]
    for file in content.files:
        name = f" {_plain(file.name)}" if file.name else ""
        lines.append(f"- {file.role}{name}: SHA-256 `{file.sha256}`")
    if content.command:
        fence = "`" * (max((len(run) for run in re.findall("`+", content.command)), default=2) + 1)
        lines += ["", max(fence, "```"), content.command, max(fence, "```")]
    return lines


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{title}</summary>", "", *lines, "", "</details>")


def _plain(text: str) -> str:
    """The text so that nothing in it is markup, a link, or calls a person."""
    escaped = _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))
    return _STARTS_A_MENTION.sub("@\u200b", escaped)
