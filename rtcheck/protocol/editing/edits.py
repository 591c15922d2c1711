"""A protocol and a list of edits -> the protocol as it was changed by hand; an edited limit no longer cites its source.

The list stands for the whole protocol: what it does not name is gone. Each edit refers to a constraint of the original
by its place, or is a new constraint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rtcheck.errors import GoalSyntaxError, RtcheckError, UsageError
from rtcheck.geometry.expression import parse_expression
from rtcheck.protocol.file.model import Constraint, Goal, Protocol, Source
from rtcheck.protocol.file.models import with_model
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.values import dataclass

EDITED_SOURCE = "edited"
"""The id of the source that edited constraints cite."""

MOST_EDITS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One constraint of an edited protocol.

    `base` is the place of a constraint of the original, from 0; None for a new one, which names its `structure` and
    `goal`. Of one of the original `goal` and `priority` replace its own, where they are given.
    """

    base: int | None = None
    structure: str = ""
    goal: str = ""
    priority: str = ""


class EditError(UsageError):
    """An edit cannot be made: `index` is its place in the list; `start` and `end` underline the fault in `text`."""

    def __init__(self, index: int, reason: str, *, text: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(reason)
        self.index, self.reason, self.text, self.start, self.end = index, reason, text, start, end


def edits_of(protocol: Protocol) -> tuple[Edit, ...]:
    """The list of edits that changes nothing."""
    return tuple(Edit(base=index) for index in range(len(protocol.constraints)))


def edited(original: Protocol, edits: Sequence[Edit], *, name: str = "") -> Protocol:
    """The protocol with its constraints as the edits say; the original itself where they change nothing.

    Raises EditError for an edit that cannot be made.
    """
    if len(edits) > MOST_EDITS:
        raise UsageError(f"A protocol of {len(edits)} constraints cannot be edited here; the maximum is {MOST_EDITS}.")
    constraints = _apart(_constraint(index, edit, original) for index, edit in enumerate(edits))
    if constraints == original.constraints:
        return original
    named = f"{original.name} {original.version}".strip()
    own = Source(id=EDITED_SOURCE, citation=f"Edited from {named}")
    return replace(
        original,
        name=name or f"{original.name}_edited",
        title=f"Edited from {named}" + (f": {original.title}" if original.title else ""),
        version=f"{original.version} edited".strip(),
        sources=(*(source for source in original.sources if source.id != EDITED_SOURCE), own),
        constraints=constraints,
        path=None,
        sha256="",
    )


def _apart(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """The constraints, each of those that are repeated a value of its own: a result names its constraint by that."""
    known: dict[int, Constraint] = {}
    for each in constraints:
        one = replace(each) if id(each) in known else each
        known[id(one)] = one
    return tuple(known.values())


def is_original(edit: Edit, original: Protocol) -> bool:
    """Whether the edit leaves its constraint as it was."""
    if edit.base is None:
        return False
    return _constraint(0, edit, original) == original.constraints[edit.base]


def _constraint(index: int, edit: Edit, original: Protocol) -> Constraint:
    if edit.base is None:
        return _new(index, edit, original)
    if not 0 <= edit.base < len(original.constraints):
        raise EditError(
            index, f"The protocol has {len(original.constraints)} constraints; there is none at position {edit.base}."
        )
    base = original.constraints[edit.base]
    goal = _goal(index, edit.goal, base.structures, original) if edit.goal else base.goal
    priority = _priority(index, edit.priority) if edit.priority else base.priority
    if goal == base.goal:
        return base if priority == base.priority else replace(base, priority=priority, source=EDITED_SOURCE)
    return replace(
        base,
        goal=goal,
        priority=priority,
        variation=base.variation if base.variation and _is_looser(base.variation, goal) else None,
        readings=tuple(reading for reading in base.readings if reading.goal is None),
        note=f"Edited; {original.name} has {base.goal.text}",
        sentence="",
        source=EDITED_SOURCE,
    )


def _new(index: int, edit: Edit, original: Protocol) -> Constraint:
    structure = " ".join(edit.structure.split())
    if not structure:
        raise EditError(index, "A new constraint needs a structure.")
    if not edit.goal:
        raise EditError(index, "A new constraint needs a goal.")
    if structure not in {definition.name for definition in original.structures}:
        try:
            parse_expression(structure)
        except GoalSyntaxError as error:
            raise EditError(index, error.reason, text=error.text, start=error.start, end=error.end) from None
        except RtcheckError as error:
            raise EditError(index, str(error)) from None
    goal = _goal(index, edit.goal, (structure,), original)
    priority = _priority(index, edit.priority) if edit.priority else "required"
    return Constraint(
        structures=(structure,), goal=goal, priority=priority, note="Added manually", source=EDITED_SOURCE
    )


def _goal(index: int, text: str, structures: tuple[str, ...], protocol: Protocol) -> Goal:
    """The goal; EQD2 and BED without an alpha/beta take the structure's, as in a protocol file."""
    known = {definition.name: definition.alpha_beta_gy for definition in protocol.structures}
    ratios = {known.get(name) for name in structures}
    try:
        goal = parse_goal(text, alpha_beta_gy=ratios.pop() if len(ratios) == 1 else None)
        return with_model(goal, {model.name: model for model in protocol.models})
    except GoalSyntaxError as error:
        raise EditError(index, error.reason, text=error.text, start=error.start, end=error.end) from None


def _priority(index: int, text: str) -> str:
    if text in ("required", "advisory"):
        return text
    if text.isascii() and text.isdigit() and int(text) > 0:
        return str(int(text))
    raise EditError(index, f'The priority "{text}" is neither required nor advisory nor a number from 1 up.')


def _is_looser(variation: Goal, goal: Goal) -> bool:
    """Whether the original's variation still lies on the far side of the edited limit of the same metric."""
    if variation.by_volume or variation.metric != goal.metric or variation.is_upper_limit != goal.is_upper_limit:
        return False
    return variation.limit > goal.limit if goal.is_upper_limit else variation.limit < goal.limit
