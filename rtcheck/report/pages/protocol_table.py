"""A protocol -> a table to print: PDF, or an Excel workbook that `rtcheck protocols import` reads back."""

from collections.abc import Iterator
from typing import Any

from rtcheck.checking.range_text import range_words
from rtcheck.protocol.clinical.scenarios import hold_text
from rtcheck.protocol.exporters import Exported, table
from rtcheck.protocol.exporters.lines import lines_of, source_text
from rtcheck.protocol.file.model import Constraint, Protocol
from rtcheck.protocol.file.volume_table import table_lines
from rtcheck.protocol.importers.yaml_writer import score_point_text
from rtcheck.report.formats.typesetting import typeset_pdf
from rtcheck.report.formats.workbook import new_workbook, workbook_bytes, write_list
from rtcheck.report.pages.protocol_lists import fractions_text, joined_structures
from rtcheck.report.pages.protocols import check_text, fact_text
from rtcheck.report.telling.words import goal_text, typeset

_WIDTHS = (24, 24, 20, 10, 10, 60, 30, 60)


def protocol_xlsx(protocol: Protocol, exported: Exported) -> bytes:
    """The workbook: the table as `exported` has it, and a sheet with what is not in it.

    Raises:
        MissingExtraError: openpyxl is not installed.
    """
    workbook = new_workbook()
    rows = [table.entry(line) for line in lines_of(protocol)[0]]
    write_list(workbook, "Constraints", table.HEADINGS, _WIDTHS, rows)
    write_list(workbook, "Not in the table", ("Of the protocol",), (120,), [(loss,) for loss in exported.losses])
    return workbook_bytes(workbook)


def protocol_pdf(protocol: Protocol) -> bytes:
    """The whole protocol as a table with its sources.

    Raises:
        MissingExtraError: typst is not installed.
    """
    return typeset_pdf("protocol.typ", _values(protocol), made="")


def _values(protocol: Protocol) -> dict[str, Any]:
    cited = list(dict.fromkeys(filter(None, (source_text(protocol, one) for one in protocol.constraints))))
    name = " ".join(filter(None, (protocol.name, protocol.version)))
    return {
        "title": protocol.title or protocol.name,
        "page_kind": "protocol",
        "verdict": name,
        "foot": f"SHA-256 {protocol.sha256[:16]}" if protocol.sha256 else name,
        "about": list(_about(protocol)),
        "rows": [_row(protocol, one, cited) for one in protocol.constraints],
        "lists": [[heading, lines] for heading, lines in _lists(protocol, cited) if lines],
    }


def _about(protocol: Protocol) -> Iterator[str]:
    fractions = fractions_text(protocol)
    rule = protocol.prescription
    yield from (f"{label}: {text}" for label, text in (("Site", protocol.site), ("Fractions", fractions)) if text)
    if rule and rule.dose_gy:
        yield f"Dose: {range_words(rule.dose_gy)} Gy"
    if protocol.if_drawn:
        yield "Limits on structures that are not drawn do not apply, except those that are required."
    if protocol.hold is not None:
        yield f"Limits must hold in {hold_text(protocol.hold)}."
    yield from [protocol.note] if protocol.note else []


def _row(protocol: Protocol, one: Constraint, cited: list[str]) -> list[str]:
    source = source_text(protocol, one)
    notes = [f"if {condition.text}" for condition in one.when]
    notes += [f"of the prescription of {one.target}"] if one.target else []
    notes += [f"also {', '.join(one.also_where_drawn)} if drawn"] if one.also_where_drawn else []
    notes += [f"score {', '.join(score_point_text(point, one.goal) for point in one.score)}"] if one.score else []
    notes += table_lines(one)
    notes += [f"isodoses within {one.region_mm:g} mm"] if one.region_mm else []
    notes += [f"in {hold_text(one.hold)}"] if one.hold is not None else []
    return [
        joined_structures(one),
        goal_text(one.goal),
        typeset(one.variation_text),
        one.priority,
        range_words(one.fractions) if one.fractions else "",
        "; ".join(filter(None, (*notes, one.note))),
        str(cited.index(source) + 1) if source else "",
    ]


def _lists(protocol: Protocol, cited: list[str]) -> Iterator[tuple[str, list[str]]]:
    yield "Plan and structure checks", [check_text(rule) for rule in protocol.checks]
    volumes = [f"{joined_structures(one)}: {goal_text(one.goal)}" for one in protocol.volume_eligibility]
    yield "Eligibility", volumes + [fact_text(rule) for rule in protocol.facts]
    yield "Structures", [f"{one.name}: derived, {one.derive_text}" for one in protocol.structures if one.derive_text]
    yield "Sources", [f"{number}. {text}" for number, text in enumerate(cited, start=1)]
