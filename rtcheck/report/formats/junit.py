"""Report -> JUnit XML: one test case per constraint, in the form that Jenkins, GitLab and GitHub show.

Violated is a failure, not evaluated an error; what the exit status does not count (advisory limits, waivers,
constraints that do not apply, facts not given, another program's other value) is skipped, with the reason.
Prescription, eligibility, the comparison with other programs and the doubts about the verdict are suites of their own,
so that a plan that fails by them is not all green.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.doubts import IN_DOUBT, doubts_to_tell
from rtcheck.report.telling.outcomes import scale_to_flip
from rtcheck.report.telling.telling import Content, ItemLine, content_of
from rtcheck.results import CheckItem, Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_TIME = "1970-01-01T00:00:00"

Ending = Literal["", "failure", "error", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case: `ending` is empty where it passes."""

    name: str
    group: str
    ending: Ending
    message: str
    details: str = ""


def render(report: Report, *, anonymous: bool = False) -> str:
    """The XML as text."""
    content = content_of(report, anonymous=anonymous)
    protocol = f"rtcheck.{report.protocol.name}"
    suites = {
        "constraints": [_constraint_case(row, protocol) for row in content.rows],
        "prescription": list(_item_cases(report.prescription, content.prescription, f"{protocol}.prescription")),
        "eligibility": list(_item_cases(report.eligibility, content.eligibility, f"{protocol}.eligibility")),
        "cross_checks": list(_cross_check_cases(content, f"{protocol}.cross_checks")),
        "doubts": list(_doubt_cases(content, f"{protocol}.doubts")),
    }
    root = ElementTree.Element("testsuites")
    present = {name: cases for name, cases in suites.items() if cases or name == "constraints"}
    for number, (name, cases) in enumerate(present.items()):
        _add_suite(root, number, name, cases, content)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ElementTree.Element, number: int, name: str, cases: Sequence[Case], content: Content) -> None:
    endings = [case.ending for case in cases]
    suite = ElementTree.SubElement(
        root, "testsuite", name=name, package=_clean(f"rtcheck.{content.report.protocol.name}"), id=str(number),
        tests=str(len(cases)), failures=str(endings.count("failure")), errors=str(endings.count("error")),
        skipped=str(endings.count("skipped")), time="0", timestamp=_timestamp(content.report), hostname="localhost",
    )  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    for label, text in _properties(content):
        ElementTree.SubElement(properties, "property", name=_clean(label), value=_clean(text))
    for case in cases:
        written = ElementTree.SubElement(
            suite, "testcase", name=_clean(case.name), classname=_clean(case.group), time="0"
        )
        if case.ending:
            ending = ElementTree.SubElement(written, case.ending, message=_clean(case.message))
            if case.ending != "skipped":
                ending.set("type", case.ending)
            ending.text = _clean(case.details) or None
    ElementTree.SubElement(suite, "system-out").text = _clean(_said(content, with_headroom=number == 0))
    ElementTree.SubElement(suite, "system-err").text = _clean(_warnings(content)) if number == 0 else None


def _said(content: Content, *, with_headroom: bool) -> str:
    """The sentence of the verdict, its doubts, and of each constraint its margin and the scale that turns it."""
    sentence = "".join(piece.text for piece in content.sentence)
    doubts = [f"{IN_DOUBT}: {line.text} [{line.code}]" for line in content.doubts]
    told = [
        f"{row.structure} {row.goal}: {', '.join(filter(None, (row.margin, scale_to_flip(row.result))))}"
        for row in content.rows
        if with_headroom and row.margin
    ]
    return "\n".join((sentence, *doubts, *told))


def _warnings(content: Content) -> str:
    """All that was odd, one line each with its code; the first suite carries it for all."""
    return "\n".join(f"{line.text} [{line.code}]" for line in content.warnings if line.kind == "edge")


def _timestamp(report: Report) -> str:
    """When the check was made, without a time zone, as the schema wants it."""
    made = str(report.provenance.get("made", ""))[:19]
    return made if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", made) else _NO_TIME


def _properties(content: Content) -> Iterator[tuple[str, str]]:
    yield "verdict", content.report.verdict
    yield from (("doubt", f"{line.text} [{line.code}]") for line in content.doubts)
    yield "protocol", f"{content.report.protocol.name} {content.report.protocol.version}".strip()
    plan = content.report.case.plan
    if plan is not None and not content.is_anonymous:
        yield "plan", plan.label
        yield "plan_uid", plan.sop_instance_uid
    if content.command:
        yield "command", content.command


def _constraint_case(row: Row, group: str) -> Case:
    result = row.result
    said = f"{row.structure} {row.goal}: " + (f"{row.value}, {row.margin}" if row.value else row.word.text.lower())
    endings: dict[str, Ending] = {
        "violated": "failure" if result.is_required else "skipped",
        "not_evaluated": "error" if result.is_required else "skipped",
        "not_applicable": "skipped",
        "waived": "skipped",
    }
    word = f" ({row.word.text.lower()}, {row.priority})" if row.priority else f" ({row.word.text.lower()})"
    details = "\n".join((*row.remarks, *row.where))
    return Case(
        name=f"{row.structure} {result.goal.text}",
        group=group,
        ending=endings.get(result.outcome, ""),
        message=said + word,
        details=details,
    )


def _item_cases(items: Sequence[CheckItem], lines: Sequence[ItemLine], group: str) -> Iterator[Case]:
    for item, line in zip(items, lines, strict=True):
        ending: Ending = ""
        if item.outcome == "violated":
            ending = "skipped" if item.warns_only else "failure"
        elif item.outcome == "not_evaluated":
            ending = "skipped" if item.warns_only or not item.given else "error"
        elif item.outcome in ("not_applicable", "waived"):
            ending = "skipped"
        message = f"{line.item}: {line.found}, expected {line.expected} ({line.word.text.lower()})"
        yield Case(name=line.item, group=group, ending=ending, message=message, details=line.note)


def _doubt_cases(content: Content, group: str) -> Iterator[Case]:
    """One case for each doubt about the verdict: skipped, or with --strict an error as long as nobody overrode it."""
    for doubt, line in zip(doubts_to_tell(content.report), content.doubts, strict=True):
        is_error = content.report.is_strict and not doubt.is_overridden
        yield Case(name=line.code, group=group, ending="error" if is_error else "skipped", message=line.text)


def _cross_check_cases(content: Content, group: str) -> Iterator[Case]:
    """One case for each program's value of each metric; skipped where it has none or differs notably."""
    differing = [line.text for line in content.warnings if line.code == "cross-check.differs"]
    for check in content.checks:
        ours = f"{check.structure} {check.metric} is "
        for program, value, difference in check.others:
            warned = next((text for text in differing if text.startswith(ours) and program in text), "")
            is_compared = difference is not None and not warned
            yield Case(
                name=f"{check.structure} {check.metric} by {program}",
                group=group,
                ending="" if is_compared else "skipped",
                message=warned or f"{ours}{check.value} here, {value} by {program}",
            )


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("", text)
