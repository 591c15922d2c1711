"""Report -> JUnit XML: one test case per constraint, in the form that Jenkins, GitLab and GitHub show.

Violated is a failure, not evaluated an error; what the exit status does not count (advisory limits, waivers,
constraints that do not apply, facts not given, another program's other value) is skipped, with the reason.
Prescription, eligibility, the comparison with other programs and the doubts about the verdict are suites of their own,
so that a plan that fails by them is not all green. Where nothing was evaluated, the verdict is a case.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal
from xml.etree import ElementTree

from rtcheck.patterns import pattern
from rtcheck.report.telling.constraint import Row
from rtcheck.report.telling.dose_unit import told_in
from rtcheck.report.telling.doubts import doubts_to_tell
from rtcheck.report.telling.patient import Card
from rtcheck.report.telling.robustness import UnderShifts
from rtcheck.report.telling.style import PLAIN, ReportStyle
from rtcheck.report.telling.telling import ItemLine, Telling
from rtcheck.results import CheckItem, Report
from rtcheck.values import dataclass

_NOT_XML = pattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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


def render(report: Report, *, anonymous: bool = False, style: ReportStyle = PLAIN) -> str:
    """The XML as text."""
    telling = told_in(report, style.unit, anonymous=anonymous)
    protocol = f"rtcheck.{report.protocol.name}"
    suites = {
        "constraints": [_constraint_case(row, protocol) for row in telling.rows],
        "prescription": list(_item_cases(report.prescription, telling.prescription, f"{protocol}.prescription")),
        "plan_checks": list(_item_cases(report.plan_checks, telling.plan_checks, f"{protocol}.plan_checks")),
        "eligibility": list(_item_cases(report.eligibility, telling.eligibility, f"{protocol}.eligibility")),
        "cross_checks": list(_cross_check_cases(telling, f"{protocol}.cross_checks")),
        "doubts": list(_doubt_cases(report, telling, f"{protocol}.doubts")),
    }
    if not any(case.ending in ("failure", "error") for cases in suites.values() for case in cases):
        suites["verdict"] = list(_verdict_cases(report, telling, f"{protocol}.verdict"))
    root = ElementTree.Element("testsuites")
    present = {name: cases for name, cases in suites.items() if cases or name == "constraints"}
    for number, (name, cases) in enumerate(present.items()):
        suite = _add_suite(root, number, name, cases, report)
        _add_properties(suite, list(_properties(report, telling, is_first=number == 0)))
        _add_cases(suite, cases)
        said = _said(telling) if number == 0 else "\n".join((telling.reason, *telling.doubt_lines, *_passed(cases)))
        ElementTree.SubElement(suite, "system-out").text = _clean(said)
        ElementTree.SubElement(suite, "system-err").text = _clean(_warnings(telling)) if number == 0 else None
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_suite(
    root: ElementTree.Element, number: int, name: str, cases: Sequence[Case], report: Report
) -> ElementTree.Element:
    endings = [case.ending for case in cases]
    return ElementTree.SubElement(
        root, "testsuite", name=name, package=_clean(f"rtcheck.{report.protocol.name}"), id=str(number),
        tests=str(len(cases)), failures=str(endings.count("failure")), errors=str(endings.count("error")),
        skipped=str(endings.count("skipped")), time="0", timestamp=_timestamp(report), hostname="localhost",
    )  # fmt: skip


def _add_properties(suite: ElementTree.Element, told: Sequence[tuple[str, str]]) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for label, text in told:
        ElementTree.SubElement(properties, "property", name=_clean(label), value=_clean(text))


def _add_cases(suite: ElementTree.Element, cases: Sequence[Case]) -> None:
    for case in cases:
        written = ElementTree.SubElement(
            suite, "testcase", name=_clean(case.name), classname=_clean(case.group), time="0"
        )
        if case.ending:
            ending = ElementTree.SubElement(written, case.ending, message=_clean(case.message))
            if case.ending != "skipped":
                ending.set("type", case.ending)
            ending.text = _clean(case.details) or None


def _said(telling: Telling) -> str:
    """The sentence of the verdict, and all that is said of each constraint, met or not."""
    tightest = (f"Tightest: {telling.tightest}.",) if telling.tightest else ()
    reach = (telling.reach.text,) if telling.reach else ()
    shifts = (f"{each.constraint}: {each.said}{_flips(each)}" for each in telling.under_shifts)
    shifted = (telling.shifts, *shifts) if telling.shifts else ()
    eligibility = (f"Eligibility: {telling.eligibility_word.text}.",) if telling.eligibility else ()
    rows = map(_about, telling.rows)
    remarks = (f"{line.text} [{line.code}]" for line in telling.warnings if not line.is_for_everyone)
    stated = (telling.reason, *telling.doubt_lines, *telling.summary)
    courses = (telling.courses, *(each.text for each in telling.over_courses)) if telling.courses else ()
    return "\n".join((*stated, *eligibility, *rows, *tightest, *reach, *shifted, *courses, *remarks))


def _passed(cases: Sequence[Case]) -> Iterator[str]:
    """What is said of the cases that pass: a test case itself has a text only where it does not."""
    return (" ".join(filter(None, (case.message, case.details))) for case in cases if not case.ending)


def _flips(each: UnderShifts) -> str:
    return "; some scenarios change the outcome" if each.flips else ""


def _about(row: Row) -> str:
    """ "Stomach Dmax < 54 Gy: 55.20 ± 0.10 Gy, 1.20 Gy over, 2.2 % of the limit, violated. It is met with ..." """
    variation = f"acceptable {row.variation}" if row.variation else ""
    numbers = (row.value_with_uncertainty, row.other_unit, row.margin, row.share, variation, row.word.text.lower())
    band = (f"Convention band {row.band}.",) if row.band else ()
    quoted = (f"“{row.sentence}”",) if row.sentence else ()
    source = (*quoted, *filter(None, (row.citation, row.url)))
    told = (*filter(None, (row.matched and f"{row.matched}.",)), *_details(row), *band, *source)
    return " ".join((f"{row.name}: {', '.join(filter(None, numbers))}.", *told))


def _details(row: Row) -> tuple[str, ...]:
    readings = (f"Other reading, {reading.text}." for reading in row.readings)
    return (*row.remarks, *readings, *row.where)


def _warnings(telling: Telling) -> str:
    """All that was odd, one line each with its code; the first suite carries it for all."""
    return "\n".join(f"{line.text} [{line.code}]" for line in telling.warnings if line.is_for_everyone)


def _timestamp(report: Report) -> str:
    """When the check was made, without a time zone, as the schema wants it."""
    made = str(report.provenance.get("made", ""))[:19]
    return made if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", made) else _NO_TIME


def _properties(report: Report, telling: Telling, *, is_first: bool) -> Iterator[tuple[str, str]]:
    """What was checked; the first suite says by what and from which files too."""
    yield "verdict", report.verdict
    yield from (("doubt", f"{line.text} [{line.code}]") for line in telling.doubts)
    yield "protocol", f"{report.protocol.name} {report.protocol.version}".strip()
    plan = report.case.plan
    if plan is not None and not telling.is_anonymous:
        yield "plan", plan.label
        yield "plan_uid", plan.sop_instance_uid
    if telling.command:
        yield "command", telling.command
    if not is_first:
        return
    yield from ((f"about.{card.label}", "; ".join((card.title, *card.lines))) for card in _cards(telling))
    yield from ((f"provenance.{label}", text) for label, text in telling.provenance)
    for file in telling.files:
        yield f"file.{file.role}", ", ".join(filter(None, (file.name, file.uid, f"SHA-256 {file.sha256}", file.why)))


def _cards(telling: Telling) -> Iterator[Card]:
    """What was checked against what; the patient is not named where the output ends in a build's log."""
    return (card for card in telling.cards if not card.is_personal)


def _constraint_case(row: Row, group: str) -> Case:
    result = row.result
    said = f"{row.structure} {row.goal}: " + (
        ", ".join(filter(None, (row.value, row.margin))) if row.value else row.word.text.lower()
    )
    endings: dict[str, Ending] = {
        "violated": "failure" if result.is_required else "skipped",
        "not_evaluated": "error" if result.is_required else "skipped",
        "not_applicable": "skipped",
        "waived": "skipped",
    }
    word = f" ({row.word.text.lower()}, {row.priority})" if row.priority else f" ({row.word.text.lower()})"
    details = "\n".join(_details(row))
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
            is_error = item.is_required or (item.given and not item.warns_only)
            ending = "error" if is_error else "skipped"
        elif item.outcome in ("not_applicable", "waived"):
            ending = "skipped"
        message = f"{line.item}: {line.found}, expected {line.expected} ({line.word.text.lower()})"
        name = f"{line.item} [{line.code}]" if line.code else line.item
        yield Case(name=name, group=group, ending=ending, message=message, details=line.said)


def _verdict_cases(report: Report, telling: Telling, group: str) -> Iterator[Case]:
    """The verdict, where the exit status is not 0 although no case says why, as for input that cannot be read."""
    if report.exit_status:
        ending: Ending = "failure" if report.verdict == "fail" else "error"
        yield Case(name=telling.verdict.text, group=group, ending=ending, message=telling.reason)


def _doubt_cases(report: Report, telling: Telling, group: str) -> Iterator[Case]:
    """One case for each doubt about the verdict: skipped, or with --strict an error as long as nobody overrode it."""
    for doubt, line in zip(doubts_to_tell(report), telling.doubts, strict=True):
        is_error = report.is_strict and not doubt.is_overridden
        yield Case(name=line.code, group=group, ending="error" if is_error else "skipped", message=line.text)


def _cross_check_cases(telling: Telling, group: str) -> Iterator[Case]:
    """One case for each program's value of each metric; skipped where it has none or differs notably."""
    differing = [line.text for line in telling.warnings if line.code == "cross-check.differs"]
    for check in telling.checks:
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
