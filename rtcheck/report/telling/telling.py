"""Report -> Content: what a page says, as text in reading order. Every format for people is set from it.

Names, numbers and paths that identify a patient are left out here, once, so that no format can forget one.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rtcheck.notices import Notice
from rtcheck.report.telling import outcomes
from rtcheck.report.telling.anonymous import anonymous_command, scrubber
from rtcheck.report.telling.constraint import Row, Scrub, row_of
from rtcheck.report.telling.doubts import doubts_to_tell, notice_text
from rtcheck.report.telling.outcomes import Kind, Word
from rtcheck.report.telling.patient import Card, cards_of
from rtcheck.report.telling.verdict import Piece, Sentence, sentence_of, summary_of
from rtcheck.results import CheckItem, CrossCheck, Report
from rtcheck.units import amount_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    word: Word
    item: str
    expected: str
    found: str
    note: str
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningLine:
    kind: Kind
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One metric in other programs: `others` are (program, value, difference as a fraction of ours)."""

    structure: str
    metric: str
    value: str
    others: tuple[tuple[str, str, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    role: str
    name: str
    uid: str
    sha256: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A report in words, top to bottom."""

    report: Report
    is_anonymous: bool
    title: str
    running_foot: str
    verdict: Word
    sentence: Sentence
    doubts: tuple[WarningLine, ...]
    summary: tuple[str, ...]
    cards: tuple[Card, ...]
    rows: tuple[Row, ...]
    prescription: tuple[ItemLine, ...]
    eligibility: tuple[ItemLine, ...]
    eligibility_word: Word
    warnings: tuple[WarningLine, ...]
    checks: tuple[CheckLine, ...]
    files: tuple[FileLine, ...]
    command: str
    provenance: tuple[tuple[str, str], ...]


def content_of(report: Report, *, anonymous: bool = False) -> Content:
    """All that a page about `report` says; `anonymous` leaves out what identifies the patient."""
    scrub: Scrub = scrubber(report.case) if anonymous else str
    stamp = outcomes.verdict_word(report)
    plan_label = "" if anonymous or report.case.plan is None else report.case.plan.label
    protocol = f"{report.protocol.name} {report.protocol.version}".strip()
    about = [text for text in (plan_label, protocol) if text]
    sources = {source.id: source for source in report.protocol.sources}
    return Content(
        report=report,
        is_anonymous=anonymous,
        title=f"{stamp.text}: {', '.join(about)}",
        running_foot=" · ".join(["rtcheck", *about, stamp.text]),
        verdict=stamp,
        sentence=tuple(Piece(scrub(piece.text), piece.is_strong) for piece in sentence_of(report)),
        doubts=tuple(_warning(notice, scrub) for notice in doubts_to_tell(report)),
        summary=tuple(map(scrub, summary_of(report))),
        cards=tuple(cards_of(report, anonymous)),
        rows=tuple(row_of(f"c{n}", result, sources, scrub, anonymous) for n, result in enumerate(report.results, 1)),
        prescription=tuple(_item(item, scrub) for item in report.prescription),
        eligibility=tuple(_item(item, scrub) for item in report.eligibility),
        eligibility_word=Word(
            outcomes.VERDICT_KINDS[report.eligibility_verdict],
            outcomes.VERDICT_STAMPS[report.eligibility_verdict].lower(),
        ),
        warnings=tuple(_warning(notice, scrub) for notice in report.notices),
        checks=tuple(_check(check) for check in report.cross_checks),
        files=tuple(_files(report, anonymous)),
        command=_command(report.provenance.get("command"), anonymous),
        provenance=tuple((label, scrub(text)) for label, text in _provenance_lines(report)),
    )


def _item(item: CheckItem, scrub: Scrub) -> ItemLine:
    return ItemLine(
        word=outcomes.item_word(item),
        item=item.item,
        expected=outcomes.typeset(item.expected),
        found=scrub(item.found) if item.given else "not given",
        note=scrub(item.note),
        is_given=item.given,
    )


def _warning(notice: Notice, scrub: Scrub) -> WarningLine:
    kind: Kind = "edge" if notice.severity == "warning" else "na"
    return WarningLine(kind=kind, code=notice.code, text=scrub(notice_text(notice)))


def _check(check: CrossCheck) -> CheckLine:
    def shown(value: float | None) -> str:
        return "no value" if value is None else amount_text(value, check.unit)

    others = tuple((program, shown(value), difference) for program, value, difference in check.others)
    return CheckLine(structure=check.structure, metric=check.metric, value=shown(check.value), others=others)


def _files(report: Report, anonymous: bool) -> Iterator[FileLine]:
    for source in report.case.sources:
        yield FileLine(
            role={"structures": "structure set", "image": "CT"}.get(source.role, source.role),
            name="" if anonymous or source.path is None else source.path.name,
            uid="" if anonymous else source.sop_instance_uid,
            sha256=source.sha256,
            why="" if anonymous else source.why,
        )
    protocol = report.protocol
    name = protocol.path.name if protocol.path else protocol.name
    yield FileLine(
        role="protocol",
        name=name,
        uid=f"version {protocol.version}" if protocol.version else "",
        sha256=protocol.sha256,
        why="",
    )


def _command(command: Any, anonymous: bool) -> str:
    if not command:
        return ""
    parts = shlex.split(command) if isinstance(command, str) else [str(part) for part in command]
    return anonymous_command(parts) if anonymous else shlex.join(parts)


def _provenance_lines(report: Report) -> Iterator[tuple[str, str]]:
    """The rest of the provenance as (label, text): programs, settings, the dose grid, when and how long."""
    settings = report.settings
    for key, value in report.provenance.items():
        if key not in ("command", "files", "settings", "protocol") and _flat(value):
            yield key.replace("_", " ").capitalize(), _flat(value)
    yield (
        "Engine",
        f"exact coverage; shape {settings.shape}; end caps {settings.end_caps}; dose {settings.dose_interpolation}",
    )
    if dose := report.case.dose:
        count = " × ".join(str(len(axis)) for axis in (dose.x_mm, dose.y_mm, dose.z_mm))
        spacing = " × ".join(_spacing(axis) for axis in (dose.x_mm, dose.y_mm, dose.z_mm))
        yield "Dose grid", f"{count} points (x, y, z), {spacing} mm, maximum {float(dose.dose_gy.max()):.2f} Gy"
    yield "Exit status", str(report.exit_status)


def _spacing(axis: Any) -> str:
    return f"{(axis[-1] - axis[0]) / (len(axis) - 1):.3g}" if len(axis) > 1 else "one plane"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(_named(key, part) for key, part in value.items() if part not in (None, False, "", (), []))
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_flat, value))
    return str(value)


def _named(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    return name if value is True else f"{name} {_flat(value)}"
