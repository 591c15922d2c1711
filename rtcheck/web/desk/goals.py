"""A text -> whether it is a goal, the place where it is not, and how it could go on."""

from typing import Any

from rtcheck.errors import GoalSyntaxError
from rtcheck.geometry.expression import parse_expression
from rtcheck.protocol.file.model import Goal
from rtcheck.protocol.language.completion import SIGN, completions, split_structure
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.scanner import MAX_LENGTH


def parsed_goal(text: str, place: Any = None, *, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The goal of a text, or the reason why it is none with the columns to underline; and completions at `place`.

    With `names` the text may begin with a structure, of which these are known.
    """
    if len(text) > MAX_LENGTH:
        return {"goal": None, "structure": "", "error": _fault("too long", 0, 0), "completions": []}
    structure, offset = split_structure(text) if names else ("", 0)
    structure = structure if structure in names else structure.removesuffix(":").rstrip()  # "Stomach: Dmax < 54 Gy"
    at = place if isinstance(place, int) and 0 <= place <= len(text) else len(text)
    offered = [
        {"text": each.text, "start": each.start, "end": each.end, "meaning": each.meaning}
        for each in completions(text, at, names=names)
    ]
    try:
        goal = goal_values(parse_goal(text[offset:]))
    except GoalSyntaxError as error:
        if not error.reason.startswith("expected alpha/beta after"):  # the structure may have one: the check says
            fault = _fault(error.reason, offset + error.start, offset + error.end)
            return {"goal": None, "structure": structure, "error": fault, "completions": offered}
        goal = None
    refused = _structure_fault(structure, names)
    if refused is not None:
        return {"goal": None, "structure": structure, "error": refused, "completions": offered}
    return {"goal": goal, "structure": structure, "error": None, "completions": offered}


def _structure_fault(structure: str, names: tuple[str, ...]) -> dict[str, Any] | None:
    """Why a text before a goal names no structure; None where it may name one, or is known."""
    if not structure or structure in names:
        return None
    if SIGN.search(structure):
        return _fault("expected one goal: add each in a row of its own", 0, len(structure))
    try:
        parse_expression(structure)
    except GoalSyntaxError as error:
        return _fault(error.reason, error.start, error.end)
    return None


def _fault(reason: str, start: int, end: int) -> dict[str, Any]:
    return {"reason": reason, "start": start, "end": end}


def goal_values(goal: Goal) -> dict[str, Any]:
    """A goal in parts, so that a dragged limit can be written."""
    text = goal.text
    head = f"{goal.metric.text} {goal.operator} "
    is_plain = text.startswith(head) and not goal.by_volume
    unit = text[len(head) :].partition(" ")[2] if is_plain else goal.unit
    return {"text": text, "metric": goal.metric.text, "operator": goal.operator, "limit": goal.limit, "unit": unit}
