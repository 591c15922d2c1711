"""Protocol -> the text of a protocol file that is read back as the same protocol."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from rtcheck.protocol.file.model import (
    AppliesTo,
    Constraint,
    FactRule,
    Goal,
    PrescriptionRule,
    Protocol,
    Range,
    Reading,
    ScorePoint,
    Source,
    StructureDefinition,
)
from rtcheck.protocol.file.models import model_entry
from rtcheck.protocol.file.volume_table import table_entry
from rtcheck.protocol.importers.checks_writer import check_sections
from rtcheck.protocol.language.scanner import number_text

_WIDTH = 116
_USUAL_ISOTOXIC_STEP = PrescriptionRule().isotoxic_step_gy_per_fraction


class _Dumper(yaml.SafeDumper):
    """Block style, two more blanks for the items of a list, and short lists on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)


def _list_node(dumper: _Dumper, values: Sequence[Any]) -> yaml.SequenceNode:
    is_short = all(isinstance(value, str) for value in values)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=is_short)


def _text_node(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """The text with "?" for half a surrogate pair (JSON may escape one), which YAML cannot hold."""
    return dumper.represent_str(text.encode("utf-8", "replace").decode())


_Dumper.add_representer(list, _list_node)
_Dumper.add_representer(str, _text_node)


def protocol_to_yaml(protocol: Protocol, *, header: Sequence[str] = (), remarks: Sequence[Sequence[str]] = ()) -> str:
    """The protocol as YAML that `load_protocol` reads back equal (but for path, lines and hash); `header` as comments.

    `remarks` are comments behind the constraints, in their order. What is at its default is left out; what the protocol
    took from one that it extends is written out.
    """
    comments = "".join(f"# {in_one_line(line)}".rstrip() + "\n" for line in header)
    sections = [
        _with_remarks(section, remarks) if remarks and "constraints" in section else yaml_text(section)
        for section in _sections(protocol)
        if section
    ]
    return "\n".join(filter(None, (comments, *sections)))


def _with_remarks(section: Mapping[str, Any], remarks: Sequence[Sequence[str]]) -> str:
    """The constraints, each with its comments and an empty line behind it."""
    entries = [yaml_text({"constraints": [entry]}).partition("\n")[2] for entry in section["constraints"]]
    told = ("".join(f"  # {in_one_line(line)}\n" for line in lines) for lines in remarks)
    return "constraints:\n" + "\n".join(entry + lines for entry, lines in zip(entries, told, strict=True))


def _sections(protocol: Protocol) -> tuple[dict[str, Any], ...]:
    only_source = protocol.sources[0].id if len(protocol.sources) == 1 else ""
    head = {
        "rtcheck": 1,
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "site": protocol.site,
        "note": protocol.note,
        "sources": [_source(source) for source in protocol.sources],
        "fractions": _range(protocol.fractions),
        "if_drawn": protocol.if_drawn,
        "robust": _robust(protocol.hold),
        "required_structures": list(protocol.required_structures),
        "applies_to": _applies_to(protocol.applies_to) if protocol.applies_to else None,
        "prescription": _prescription(protocol.prescription) if protocol.prescription else None,
    }
    constraints = [constraint_entry(one, only_source) for one in protocol.constraints]
    eligibility = [constraint_entry(one, only_source) for one in protocol.volume_eligibility]
    eligibility += [_fact(one, only_source) for one in protocol.facts]
    return (
        _said(head),
        _said({"structures": {one.name: _structure(one) for one in protocol.structures}}),
        _said({"models": {one.name: _said(model_entry(one)) for one in protocol.models}}),
        {"constraints": constraints} if constraints or not protocol.checks else {},
        _said({"eligibility": eligibility}),
        check_sections(protocol.checks, only_source),
    )


def _source(source: Source) -> dict[str, Any]:
    return _said({"id": source.id, "citation": source.citation, "url": source.url, "read": source.read})


def _applies_to(plans: AppliesTo) -> dict[str, Any]:
    return _said(
        {
            "site": _one_or_many(plans.site),
            "label": _one_or_many(plans.label),
            "dose": _range(plans.dose_gy),
            "fractions": _range(plans.fractions),
        }
    )


def _prescription(rule: PrescriptionRule) -> dict[str, Any]:
    step = rule.isotoxic_step_gy_per_fraction
    warn = {
        "dose_per_fraction": _range(rule.warn_dose_per_fraction_gy),
        "energy": _range(rule.warn_energy_mv),
        "radiation": _one_or_many(rule.warn_radiation_types),
        "position": _one_or_many(rule.warn_positions),
        "overall_time": _range(rule.warn_overall_days),
    }
    return _said(
        {
            "dose": _range(rule.dose_gy),
            "fractions": _range(rule.fractions),
            "dose_per_fraction": _range(rule.dose_per_fraction_gy),
            "target": rule.target,
            "targets": {name: f"{number_text(dose_gy)} Gy" for name, dose_gy in rule.targets},
            "warn": _said(warn),
            "isotoxic_step": step if step != _USUAL_ISOTOXIC_STEP else None,
            "note": rule.note,
            "source": rule.source,
        }
    )


def _structure(definition: StructureDefinition) -> dict[str, Any]:
    return _said(
        {
            "derive": definition.derive_text,
            "also_named": list(definition.also_named),
            "surrogates": _one_or_many(definition.surrogates),
            "alpha_beta": definition.alpha_beta_gy,
            "note": definition.note,
        }
    )


def constraint_entry(one: Constraint, only_source: str = "") -> dict[str, Any]:
    """A constraint as a protocol file states it; `only_source` is the source that need not be named."""
    return _said(
        {
            "structure": _one_or_many(one.structures),
            "combine": one.combine if one.combine != "each" else "",
            "goal": table_entry(one.goal),
            "variation": table_entry(one.variation) if one.variation else "",
            "by_volume": one.volume_of,
            "also_where_drawn": _one_or_many(one.also_where_drawn),
            "priority": _priority(one.priority),
            "readings": [_reading(reading) for reading in one.readings],
            "surrogates": _one_or_many(one.surrogates),
            "when": _one_or_many(tuple(condition.text for condition in one.when)),
            "fractions": _range(one.fractions),
            "target": one.target,
            "region": f"{number_text(one.region_mm)} mm" if one.region_mm else None,
            "if_drawn": one.if_drawn,
            "robust": _robust(one.hold),
            "score": [score_point_text(point, one.goal) for point in one.score],
            "note": one.note,
            "sentence": one.sentence,
            "source": one.source if one.source != only_source else "",
        }
    )


def score_point_text(point: ScorePoint, goal: Goal) -> str:
    """ "10 at 20 Gy": a point of a score curve as a protocol file states it."""
    sign = "-" if point.points < 0 else ""
    return f"{sign}{number_text(abs(point.points))} at {number_text(point.value)} {goal.unit}".rstrip()


def _reading(reading: Reading) -> dict[str, Any]:
    return _said(
        {
            "label": reading.label,
            "structure": _one_or_many(reading.structures or ()),
            "goal": reading.goal.text if reading.goal else "",
            "combine": reading.combine,
        }
    )


def _fact(rule: FactRule, only_source: str) -> dict[str, Any]:
    asked = {"fact": rule.fact, "is": _rule(rule)}
    described = {
        "only_if": rule.only_if,
        "unit": rule.unit,
        "label": rule.label,
        "note": rule.note,
        "source": rule.source if rule.source != only_source else "",
    }
    return asked | _said(described)


def _rule(rule: FactRule) -> str | bool | list[str]:
    if rule.flag is not None:
        return rule.flag
    return list(rule.choices) if len(rule.choices) > 1 else rule.text


def _priority(priority: str) -> str | int | None:
    if priority == "required":
        return None
    return int(priority) if priority.isdigit() else priority


def _robust(hold: float | None) -> str | dict[str, str] | None:
    return None if hold is None else "worst" if hold == 1 else {"hold": f"{number_text(100 * hold)} %"}


def _range(span: Range | None) -> str | int | None:
    """The range as it was written; a plain number without quotes."""
    if span is None:
        return None
    return int(span.text) if span.text.isdigit() else span.text


def _one_or_many(values: tuple[str, ...]) -> str | list[str] | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def _said(entries: Mapping[str, Any]) -> dict[str, Any]:
    """`entries` without those that say nothing."""
    return {key: value for key, value in entries.items() if value not in (None, "", [], {}, ())}


def in_one_line(text: str) -> str:
    """The text without line breaks and other signs that cannot be seen: no comment of YAML may have one."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def yaml_text(section: Mapping[str, Any]) -> str:
    """A part of a protocol file as YAML."""
    return yaml.dump(section, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
