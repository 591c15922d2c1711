"""A protocol -> text: all that it asks for."""

from collections.abc import Iterator

from rtcheck.checking.range_text import range_words
from rtcheck.protocol.file.model import CheckRule, Constraint, FactRule, PrescriptionRule, Protocol
from rtcheck.protocol.language.scanner import number_text
from rtcheck.report.pages.protocol_lists import joined_structures


def protocol_text(protocol: Protocol) -> str:
    """All that a protocol asks for, for reading over."""
    return "\n".join(_text_lines(protocol)) + "\n"


def _text_lines(protocol: Protocol) -> Iterator[str]:
    yield " ".join(part for part in (protocol.name, protocol.version) if part)
    if protocol.title:
        yield protocol.title
    if protocol.note:
        yield protocol.note
    if protocol.prescription:
        yield from ("", "Prescription", *(f"  {line}" for line in _prescription_lines(protocol.prescription)))
    if protocol.checks:
        yield from ("", "Plan and structure checks", *(f"  {_check_text(rule)}" for rule in protocol.checks))
    yield from ("", "Constraints") if protocol.constraints else ()
    for constraint in protocol.constraints:
        yield from _constraint_lines(constraint)
    if protocol.volume_eligibility or protocol.facts:
        yield from ("", "Eligibility")
    for constraint in protocol.volume_eligibility:
        yield from _constraint_lines(constraint)
    yield from (f"  {_fact_text(rule)}" for rule in protocol.facts)
    if protocol.structures:
        yield from ("", "Structures")
    for each in protocol.structures:
        told = [f"derived: {each.derive_text}"] if each.derive_text else []
        told += [f"also named {', '.join(each.also_named)}"] if each.also_named else []
        told += [f"surrogates {', '.join(each.surrogates)}"] if each.surrogates else []
        yield f"  {each.name}: {'; '.join(told)}"
    if protocol.sources:
        yield from ("", "Sources")
    for source in protocol.sources:
        read = f" (read: {source.read})" if source.read else ""
        yield f"  {source.id}: {source.citation} {source.url}{read}".rstrip()
    if protocol.path:
        yield from ("", f"File: {protocol.path}")


def _constraint_lines(constraint: Constraint) -> Iterator[str]:
    remarks = [] if constraint.is_required else [f"priority {constraint.priority}"]
    remarks += [f"variation {constraint.variation.text}"] if constraint.variation else []
    remarks += [f"also {', '.join(constraint.also_where_drawn)} if contoured"] if constraint.also_where_drawn else []
    remarks += [f"when {condition.text}" for condition in constraint.when]
    remarks += [f"for {range_words(constraint.fractions)} fractions"] if constraint.fractions else []
    yield f"  {joined_structures(constraint)}: {constraint.goal.text}" + (
        f"  ({'; '.join(remarks)})" if remarks else ""
    )
    for reading in constraint.readings:
        other = ", ".join(
            part for part in (" | ".join(reading.structures or ()), reading.goal.text if reading.goal else "") if part
        )
        yield f"      reading: {reading.label}" + (f" ({other})" if other else "")
    if constraint.note:
        yield f"      note: {constraint.note}"


def _prescription_lines(rule: PrescriptionRule) -> Iterator[str]:
    for name, allowed, unit in (
        ("dose", rule.dose_gy, "Gy"),
        ("fractions", rule.fractions, ""),
        ("dose per fraction", rule.dose_per_fraction_gy, "Gy"),
        ("dose per fraction (warning only)", rule.warn_dose_per_fraction_gy, "Gy"),
        ("energy (warning only)", rule.warn_energy_mv, "MV"),
        ("overall time (warning only)", rule.warn_overall_days, "days"),
    ):
        if allowed is not None:
            yield f"{name}: {range_words(allowed)} {unit}".rstrip()
    yield from (f"dose level of {name}: {number_text(dose_gy)} Gy" for name, dose_gy in rule.targets)
    if rule.warn_radiation_types:
        yield f"radiation (warning only): {', '.join(rule.warn_radiation_types)}"
    if rule.warn_positions:
        yield f"position (warning only): {', '.join(rule.warn_positions)}"


def _check_text(rule: CheckRule) -> str:
    advisory = "" if rule.is_required else " (advisory)"
    return f"{rule.code}: {rule.text}{advisory}"


def _fact_text(rule: FactRule) -> str:
    only_if = f" (only if {rule.only_if})" if rule.only_if else ""
    return f"{rule.label or rule.fact}: {rule.text} {rule.unit}".rstrip() + only_if
