"""A protocol -> text: all that it asks for."""

from collections.abc import Iterator

from rtcheck.checking.range_text import range_words
from rtcheck.dosimetry.metric_terms import LymanModel, PoissonModel
from rtcheck.protocol.clinical.scenarios import hold_text
from rtcheck.protocol.file.model import CheckRule, Constraint, FactRule, PrescriptionRule, Protocol
from rtcheck.protocol.file.models import model_text
from rtcheck.protocol.file.volume_table import table_lines
from rtcheck.protocol.language.scanner import number_text
from rtcheck.report.pages.protocol_lists import joined_structures

_IF_DRAWN = {True: "if contoured", False: "must be contoured"}


def protocol_text(protocol: Protocol) -> str:
    """All that a protocol asks for, for reading over."""
    return "\n".join(_text_lines(protocol)) + "\n"


def _text_lines(protocol: Protocol) -> Iterator[str]:
    yield " ".join(part for part in (protocol.name, protocol.version) if part)
    if protocol.title:
        yield protocol.title
    if protocol.note:
        yield protocol.note
    about = tuple(_about(protocol))
    yield from ("", "Plans", *(f"  {line}" for line in about)) if about else ()
    if protocol.prescription:
        yield from ("", "Prescription", *(f"  {line}" for line in _prescription_lines(protocol.prescription)))
    if protocol.checks:
        yield from ("", "Plan and structure checks", *(f"  {check_text(rule)}" for rule in protocol.checks))
    if protocol.if_drawn or protocol.required_structures:
        yield from ("", "Structures that are not contoured", *(f"  {line}" for line in _presence_lines(protocol)))
    yield from ("", "Constraints") if protocol.constraints else ()
    for constraint in protocol.constraints:
        yield from _constraint_lines(constraint)
    if protocol.volume_eligibility or protocol.facts:
        yield from ("", "Eligibility")
    for constraint in protocol.volume_eligibility:
        yield from _constraint_lines(constraint)
    yield from (f"  {fact_text(rule)}" for rule in protocol.facts)
    if protocol.structures:
        yield from ("", "Structures")
    for each in protocol.structures:
        told = [f"derived: {each.derive_text}"] if each.derive_text else []
        told += [f"also named {', '.join(each.also_named)}"] if each.also_named else []
        told += [f"surrogates {', '.join(each.surrogates)}"] if each.surrogates else []
        told += [f"alpha/beta {number_text(each.alpha_beta_gy)} Gy"] if each.alpha_beta_gy else []
        told += [each.note] if each.note else []
        yield f"  {each.name}: {'; '.join(told)}"
    models = _models(protocol)
    yield from ("", "Models") if models else ()
    yield from (f"  {model_text(model)}" for model in models)
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
    remarks += [f"% of the prescription to {constraint.target}"] if constraint.target else []
    remarks += [f"isodoses within {number_text(constraint.region_mm)} mm alone"] if constraint.region_mm else []
    remarks += [f"in {hold_text(constraint.hold)}"] if constraint.hold is not None else []
    remarks += [_IF_DRAWN[constraint.if_drawn]] if constraint.if_drawn is not None else []
    remarks += [f"surrogates {', '.join(constraint.surrogates)}"] if constraint.surrogates else []
    yield f"  {joined_structures(constraint)}: {constraint.goal.text}" + (
        f"  ({'; '.join(remarks)})" if remarks else ""
    )
    yield from (f"      {row}" for row in table_lines(constraint))
    for reading in constraint.readings:
        other = ", ".join(
            part for part in (" | ".join(reading.structures or ()), reading.goal.text if reading.goal else "") if part
        )
        yield f"      reading: {reading.label}" + (f" ({other})" if other else "")
    if constraint.score:
        points = ", ".join(f"{number_text(p.points)} at {number_text(p.value)}" for p in constraint.score)
        yield f"      score: {points} {constraint.goal.unit}".rstrip()
    if constraint.note:
        yield f"      note: {constraint.note}"


def _models(protocol: Protocol) -> tuple[LymanModel | PoissonModel, ...]:
    """The models that the protocol defines, and the included ones that its goals name."""
    named = (each.goal.metric.model for each in protocol.constraints)
    return tuple(dict.fromkeys((*protocol.models, *(model for model in named if model))))


def _about(protocol: Protocol) -> Iterator[str]:
    """Which plans the protocol is for: site and fractions, and what `--protocol auto` asks for."""
    if protocol.site:
        yield f"site: {protocol.site}"
    if protocol.fractions:
        yield f"fractions: {range_words(protocol.fractions)}"
    if (rule := protocol.applies_to) is None:
        return
    if rule.site:
        yield f"applies to plans that name: {', '.join(rule.site)}"
    if rule.label:
        yield f"applies to plan labels: {', '.join(rule.label)}"
    for name, allowed, unit in (("dose", rule.dose_gy, " Gy"), ("fractions", rule.fractions, "")):
        if allowed is not None:
            yield f"applies to {name}: {range_words(allowed)}{unit}"


def _presence_lines(protocol: Protocol) -> Iterator[str]:
    if protocol.if_drawn:
        yield "limits on organs that are not contoured do not apply; targets are always required"
    if protocol.required_structures:
        yield f"must be contoured: {', '.join(protocol.required_structures)}"


def _prescription_lines(rule: PrescriptionRule) -> Iterator[str]:
    if rule.target:
        yield f"prescribed to: {rule.target}"
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


def check_text(rule: CheckRule) -> str:
    advisory = "" if rule.is_required else " (advisory)"
    return f"{rule.code}: {rule.text}{advisory}"


def fact_text(rule: FactRule) -> str:
    only_if = f" (only if {rule.only_if})" if rule.only_if else ""
    return f"{rule.label or rule.fact}: {rule.text} {rule.unit}".rstrip() + only_if
