"""A protocol file's entries, read key by key -> Protocol: what concerns several entries at once is checked here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from rtcheck.errors import GoalSyntaxError, RtcheckError
from rtcheck.geometry.expression import Expression, Name, names_in, parse_expression
from rtcheck.protocol.clinical.rules import parse_fact_rule
from rtcheck.protocol.file.check_fields import named_rules, rules_of
from rtcheck.protocol.file.document import Item
from rtcheck.protocol.file.kinds import Entry
from rtcheck.protocol.file.model import (
    AppliesTo,
    CheckRule,
    Constraint,
    PrescriptionRule,
    Protocol,
    Reading,
    Recovery,
    Source,
    StructureDefinition,
)
from rtcheck.protocol.file.models import read_models
from rtcheck.protocol.file.stated_goals import Context, goal_or_table, plain_goal, score_points, variation_of
from rtcheck.protocol.language.scanner import did_you_mean
from rtcheck.protocol.names.isodoses import fault_of_isodose
from rtcheck.protocol.names.selectors import is_selector, kind_of_each

CHECK_BLOCKS = (("plan_checks", "plan"), ("structure_checks", "structures"), ("image_checks", "images"))


def assemble(entry: Entry, file: str, *, base: Protocol | None = None) -> Protocol:
    """The protocol that the file itself states. It may refer to sources and structures of `base`, which it extends.

    Faults are noted, never raised; where there are any the protocol is incomplete.
    """
    sources = _sources(entry.get("sources", ()), file)
    structures = tuple(_structure(name, one, file) for name, one in entry.get("structures", ()))
    models = read_models(entry.get("models", ()))
    context = Context(
        file,
        (*(base.sources if base else ()), *sources),
        {one.name: one for one in (*(base.structures if base else ()), *structures)},
        {one.name: one for one in (*(base.models if base else ()), *models)},
    )
    eligibility = entry.get("eligibility", ())
    return Protocol(
        name=entry.get("name", ""),
        title=entry.get("title", ""),
        version=entry.get("version", ""),
        site=entry.get("site", ""),
        note=entry.get("note", ""),
        fractions=entry.get("fractions"),
        if_drawn=entry.get("if_drawn"),
        hold=entry.get("robust"),
        required_structures=entry["required_structures"][0] if "required_structures" in entry else (),
        applies_to=applies_to_of(entry["applies_to"]) if "applies_to" in entry else None,
        sources=sources,
        structures=structures,
        models=models,
        recovery=tuple(_recoveries(entry.get("recovery", ()), context)),
        prescription=_prescription(entry["prescription"]) if "prescription" in entry else None,
        constraints=_constraints(entry.get("constraints", ()), context),
        volume_eligibility=_constraints((one for one in eligibility if "fact" not in one), context),
        facts=tuple(_facts((one for one in eligibility if "fact" in one), context)),
        checks=tuple(_checks(entry, context)),
    )


def _recoveries(entries: Any, context: Context) -> Iterator[Recovery]:
    for name, entry in entries:
        if "after" in entry and "by" in entry:
            yield Recovery(
                structure=name,
                after=entry["after"],
                share=entry["by"],
                note=entry.get("note", ""),
                source=_source(entry, context),
            )


def _checks(entry: Entry, context: Context) -> Iterator[CheckRule]:
    for key, area in CHECK_BLOCKS:
        if key in entry:
            yield from rules_of(entry[key], area, file=context.file, source=_source(entry[key], context))
    for key, area in (("attest", "attest"), ("plugin_checks", "plugin")):
        yield from named_rules(area, entry.get(key, ()), file=context.file)


def _sources(entries: Any, file: str) -> tuple[Source, ...]:
    found: dict[str, Source] = {}
    for entry, item in entries:
        if entry.get("id") in found:
            item.note(f'more than one source has the id "{entry["id"]}"')
        elif "id" in entry:
            found[entry["id"]] = Source(**entry.values, file=file, line=item.line)
    return tuple(found.values())


def _structure(name: str, entry: Entry, file: str) -> StructureDefinition:
    text, item = entry.get("derive", ("", entry.item))
    return StructureDefinition(
        name=name,
        derive=_expression(text, item) if text else None,
        derive_text=text,
        also_named=entry.get("also_named", ()),
        surrogates=entry.get("surrogates", ()),
        alpha_beta_gy=entry.get("alpha_beta"),
        note=entry.get("note", ""),
        file=file,
        line=entry.item.line,
    )


def applies_to_of(entry: Entry, *, what: str = "applies_to") -> AppliesTo:
    """What a protocol applies to; it is a fault to state nothing."""
    if all(key.scalar == "protocol" for key, _ in entry.item.pairs()):  # a key at fault is noted already
        entry.item.note(f"{what} needs at least one of site, label, dose, fractions")
    return AppliesTo(
        site=entry.get("site", ()),
        label=entry.get("label", ()),
        dose_gy=entry.get("dose"),
        fractions=entry.get("fractions"),
    )


def _levels(levels: tuple[tuple[str, float], ...], item: Item) -> tuple[tuple[str, float], ...]:
    """The dose level of each target, which must be one structure."""
    for name, _ in levels:
        if kind_of_each(name) or not _is_plain(name):
            item.note(f'"{name}" is not the name of one target; what is derived can be defined under "structures"')
    if not any(item.pairs()):
        item.note("expected targets with their doses: {PTV_High: 70 Gy, PTV_Low: 56 Gy}")
    return levels


def _is_plain(name: str) -> bool:
    try:
        return isinstance(parse_expression(name), Name)
    except GoalSyntaxError:
        return True


def _prescription(entry: Entry) -> PrescriptionRule:
    warn: Mapping[str, Any] = entry["warn"].values if "warn" in entry else {}
    return PrescriptionRule(
        target=entry.get("target", ""),
        dose_gy=entry.get("dose"),
        targets=_levels(*entry["targets"]) if "targets" in entry else (),
        fractions=entry.get("fractions"),
        dose_per_fraction_gy=entry.get("dose_per_fraction"),
        warn_dose_per_fraction_gy=warn.get("dose_per_fraction"),
        warn_energy_mv=warn.get("energy"),
        warn_radiation_types=warn.get("radiation", ()),
        warn_positions=warn.get("position", ()),
        warn_overall_days=warn.get("overall_time"),
        isotoxic_step_gy_per_fraction=entry.get("isotoxic_step", 0.1),
        note=entry.get("note", ""),
        source=entry.get("source", ""),
    )


def _constraints(entries: Any, context: Context) -> tuple[Constraint, ...]:
    found = (_constraint(entry, context) for entry in entries if "goal" in entry)
    return tuple(constraint for constraint in found if constraint is not None)


def _constraint(entry: Entry, context: Context) -> Constraint | None:
    structures = _structures(entry["structure"], context) if "structure" in entry else ()
    volume_of = _volume_of(entry, context)
    goal = goal_or_table(entry["goal"], structures, context, volume_of)
    if goal is None or not structures:
        return None
    if any(map(kind_of_each, structures)) and entry.get("combine", "each") != "each":
        entry.item.note("each is not combined; of all targets of a kind as one write all: all PTV")
    return Constraint(
        structures=structures,
        goal=goal,
        variation=variation_of(entry, goal, structures, context, volume_of),
        volume_of=volume_of,
        combine=entry.get("combine", "each"),
        also_where_drawn=entry.get("also_where_drawn", ()),
        priority=entry.get("priority", "required"),
        readings=tuple(_readings(entry.get("readings", ()), structures, context)),
        surrogates=entry.get("surrogates", ()),
        when=entry.get("when", ()),
        fractions=entry.get("fractions"),
        target=entry.get("target", ""),
        region_mm=entry.get("region"),
        if_drawn=entry.get("if_drawn"),
        hold=entry.get("robust"),
        score=tuple(score_points(entry.get("score", ()), goal)),
        note=entry.get("note", ""),
        source=_source(entry, context),
        sentence=entry.get("sentence", ""),
        file=context.file,
        line=entry.item.line,
    )


def _structures(located: tuple[tuple[str, ...], Item], context: Context) -> tuple[str, ...]:
    """The structures of a constraint; each must read as a name or as an expression."""
    structures, item = located
    for structure in structures:
        if structure not in context.structures and not is_selector(structure):
            _expression(structure, item)
    return structures


def _expression(text: str, item: Item) -> Expression | None:
    try:
        expression = parse_expression(text)
    except RtcheckError as error:
        item.note(str(error))
        return None
    for part in names_in(expression):
        if not isinstance(part, Name):
            continue
        if kind := kind_of_each(part.name):
            item.note(f'"{part.name}" cannot be part of an expression; all of them as one are "all {kind}"')
        elif fault := fault_of_isodose(part.name):
            item.note(fault)
    return expression


def _volume_of(entry: Entry, context: Context) -> str:
    """The structure whose volume chooses the limits of a table."""
    if "by_volume" not in entry:
        return ""
    name, item = entry["by_volume"]
    if not any(isinstance(entry[key][0], tuple) for key in ("goal", "variation") if key in entry):
        item.note("by_volume needs a goal with limits at volumes, such as {20 cc: R50 < 5, 40 cc: R50 < 4}")
    if is_selector(name):
        item.note(f'"{name}" is not one structure; without by_volume each has its own volume')
    else:
        _structures(((name,), item), context)
    return str(name)


def _readings(entries: Any, structures: tuple[str, ...], context: Context) -> Any:
    for entry in entries:
        asked = _structures(entry["structure"], context) if "structure" in entry else None
        goal = plain_goal(entry["goal"], asked or structures, context) if "goal" in entry else None
        combine = entry.get("combine")
        if not any(key in entry.values for key in ("structure", "goal", "combine")):
            entry.item.note("a reading needs a different structure, goal or combine")
        says = (", ".join(asked) if asked else "", goal.text if goal else "", combine or "")
        label = entry.get("label") or ", ".join(part for part in says if part)
        yield Reading(label=label, structures=asked, goal=goal, combine=combine)


def _source(entry: Entry, context: Context) -> str:
    """The id of the constraint's source (the only one where there is one), or an address outright."""
    if "source" not in entry:
        return context.sources[0].id if len(context.sources) == 1 else ""
    text, item = entry["source"]
    known = [source.id for source in context.sources]
    if text not in known and not text.startswith(("http://", "https://")):
        item.note(f'no source has the id "{text}"{did_you_mean(text, known)}')
    return str(text)


def _facts(entries: Any, context: Context) -> Any:
    for entry in entries:
        if "fact" not in entry or "is" not in entry:
            continue
        values, item = entry["is"]
        try:
            rule = parse_fact_rule(entry["fact"], values if item.is_list else values[0])
        except GoalSyntaxError as error:
            item.note(str(error))
            continue
        described = {key: entry.get(key, "") for key in ("only_if", "unit", "label", "note")}
        yield replace(rule, **described, source=_source(entry, context), file=context.file, line=entry.item.line)
