"""A protocol and the one that it extends -> one protocol.

What the extending file says holds. Title, site and the like are taken over where it is silent; prescription rules are
replaced one by one; sources by their id, structure definitions and facts by their name, checks by their key (`false`
takes one out). A constraint replaces all those of the extended protocol on the same structures, the same metric and the
same side (upper or lower limit), in their place; other constraints are added at the end. `remove` leaves out what does
not hold at all.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from rtcheck.protocol.file.document import Item
from rtcheck.protocol.file.kinds import Entry
from rtcheck.protocol.file.model import CheckRule, Constraint, PrescriptionRule, Protocol
from rtcheck.protocol.file.models import Model, with_model

T = TypeVar("T")


def extend(base: Protocol, own: Protocol) -> Protocol:
    """`own` with everything of `base` that it does not replace."""
    models = _merge(base.models, own.models, lambda model: model.name)
    return replace(
        own,
        title=own.title or base.title,
        version=own.version or base.version,
        site=own.site or base.site,
        note=own.note or base.note,
        fractions=own.fractions or base.fractions,
        if_drawn=base.if_drawn if own.if_drawn is None else own.if_drawn,
        hold=base.hold if own.hold is None else own.hold,
        required_structures=tuple(dict.fromkeys((*base.required_structures, *own.required_structures))),
        applies_to=own.applies_to,  # not inherited: two protocols would fit the same plans
        sources=_merge(base.sources, own.sources, lambda source: source.id),
        structures=_merge(base.structures, own.structures, lambda structure: structure.name),
        models=models,
        recovery=_merge(base.recovery, own.recovery, lambda one: one.structure),
        prescription=_merge_prescription(base.prescription, own.prescription),
        constraints=_with_models(
            _merge(base.constraints, own.constraints, what_is_limited), {one.name: one for one in models}
        ),
        volume_eligibility=_merge(base.volume_eligibility, own.volume_eligibility, what_is_limited),
        facts=_merge(base.facts, own.facts, lambda rule: rule.fact),
        checks=tuple(filter(is_asked, _merge(base.checks, own.checks, lambda rule: rule.code))),
    )


def _with_models(constraints: tuple[Constraint, ...], models: Mapping[str, Model]) -> tuple[Constraint, ...]:
    """The constraints with the models that hold now: those of the extended protocol may have been replaced."""
    return tuple(
        replace(
            one,
            goal=with_model(one.goal, models),
            variation=with_model(one.variation, models) if one.variation else None,
        )
        if one.goal.metric.model_name
        else one
        for one in constraints
    )


def without(base: Protocol, removed: Sequence[tuple[Entry, Item]]) -> Protocol:
    """`base` without the entries named by `removed`; one that names nothing is a fault."""
    for entry, item in removed:
        structure, metric, fact = entry.get("structure"), entry.get("metric"), entry.get("fact")
        check = entry.get("check")
        if [structure, fact, check].count(None) != 2:
            item.note("an entry of remove must name a structure (and optionally a metric), a fact or a check")
            continue

        named_here = [(structure, metric)]
        smaller = replace(
            base,
            constraints=tuple(one for one in base.constraints if not is_removed(one, named_here)),
            volume_eligibility=tuple(one for one in base.volume_eligibility if not is_removed(one, named_here)),
            facts=tuple(rule for rule in base.facts if rule.fact != fact),
            checks=tuple(rule for rule in base.checks if check is None or not is_check(rule.code, check)),
        )
        if smaller == base:
            named = fact or check or f"{structure} {metric or ''}".strip()
            item.note(f'nothing to remove: {base.name} has no entry for "{named}"')
        base = smaller
    return base


def is_asked(rule: CheckRule) -> bool:
    """Whether the check is asked at all: `laterality: false` is not."""
    return rule.value is not False


def is_check(code: str, named: str) -> bool:
    """Whether `named` names the check or the group that it is in: "plan.beams" is all that is asked of beams."""
    return code == named or code.startswith(f"{named}.")


def is_removed(constraint: Constraint, removed: Sequence[tuple[str | None, str | None]]) -> bool:
    """Whether one of the pairs of structure and metric names the constraint; without a metric every one is meant."""
    return any(
        structure in constraint.structures and metric in (None, constraint.goal.metric.text)
        for structure, metric in removed
    )


def replaced_in(
    base: Sequence[Constraint], own: Sequence[Constraint], removed: Sequence[tuple[str | None, str | None]]
) -> tuple[Constraint, ...]:
    """The constraints of a protocol that removes some of `base` and has some of its own."""
    return _merge(tuple(one for one in base if not is_removed(one, removed)), tuple(own), what_is_limited)


def what_is_limited(constraint: Constraint) -> Hashable:
    """What two constraints share where one replaces the other: structures, metric and side."""
    return constraint.structures, constraint.goal.metric, constraint.goal.is_upper_limit


def _merge(base: tuple[T, ...], own: tuple[T, ...], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    """`base` with the entries of `own` in place of those with the same key; the others follow."""
    replacing: dict[Hashable, list[T]] = {}
    for one in own:
        replacing.setdefault(key(one), []).append(one)
    replaced = {key(one) for one in base} & replacing.keys()
    merged: list[T] = []
    for one in base:
        merged.extend(replacing.pop(key(one), []) if key(one) in replaced else [one])
    return (*merged, *(one for rest in replacing.values() for one in rest))


def _merge_prescription(base: PrescriptionRule | None, own: PrescriptionRule | None) -> PrescriptionRule | None:
    if base is None or own is None:
        return own or base
    default = PrescriptionRule()
    names = [field.name for field in fields(PrescriptionRule)]
    said: dict[str, Any] = {name: getattr(own, name) for name in names if getattr(own, name) != getattr(default, name)}
    said["targets"] = _merge(base.targets, own.targets, lambda level: level[0])
    return replace(base, **said)
