"""The goals of a constraint as a file states them: the limit, its variation, the points of a score."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rtcheck.errors import GoalSyntaxError
from rtcheck.protocol.file.document import Item
from rtcheck.protocol.file.kinds import Entry
from rtcheck.protocol.file.model import Goal, Range, ScorePoint, Source, StructureDefinition
from rtcheck.protocol.file.models import Model, fault_of_model, with_model
from rtcheck.protocol.file.volume_table import goal_of_table
from rtcheck.protocol.language.goal import parse_goal
from rtcheck.protocol.language.ranges import parse_range
from rtcheck.protocol.language.scanner import number_text
from rtcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """What the entries of one file may refer to."""

    file: str
    sources: tuple[Source, ...]
    structures: Mapping[str, StructureDefinition]
    models: Mapping[str, Model]


def plain_goal(located: tuple[str, Item], structures: tuple[str, ...], context: Context) -> Goal | None:
    """The goal of a text; None where it is faulty, which is noted."""
    text, item = located
    ratios = {context.structures[name].alpha_beta_gy if name in context.structures else None for name in structures}
    alpha_beta_gy = ratios.pop() if len(ratios) == 1 else None  # where they differ the goal must say it
    try:
        goal = with_model(parse_goal(text, alpha_beta_gy=alpha_beta_gy), context.models)
    except GoalSyntaxError as error:
        item.note(str(error))
        return None
    if fault := fault_of_model(goal, context.models):
        item.note(fault)
    return goal


def goal_or_table(
    located: tuple[Any, Item], structures: tuple[str, ...], context: Context, volume_of: str
) -> Goal | None:
    """The goal of a text, or of a table of limits by volume; None where it is faulty, which is noted."""
    stated, item = located
    if isinstance(stated, str):
        return plain_goal(located, structures, context)
    rows = [(_volume(at, goal[1]), plain_goal(goal, structures, context)) for at, goal in stated]
    known = [(at, goal) for at, goal in rows if at is not None and goal is not None]
    if len(known) < len(rows):
        return None
    try:
        return goal_of_table(known, volume_of=volume_of)
    except ValueError as fault:
        item.note(str(fault))
        return None


def _volume(text: str, item: Item) -> Range | None:
    try:
        return parse_range(text, "cc")
    except GoalSyntaxError as error:
        item.note(str(error))
        return None


def variation_of(
    entry: Entry, goal: Goal, structures: tuple[str, ...], context: Context, volume_of: str
) -> Goal | None:
    """The variation of a constraint, which must be one of its goal's metric and side."""
    if "variation" not in entry:
        return None
    variation = goal_or_table(entry["variation"], structures, context, volume_of)
    if variation is None:
        return None
    if variation.metric != goal.metric or variation.is_upper_limit != goal.is_upper_limit:
        sign = "<" if goal.is_upper_limit else ">"
        text = f'a variation is a looser limit of the same metric: expected "{goal.metric.text} {sign} ... {goal.unit}"'
        entry["variation"][1].note(text)
        return None
    return variation


def score_points(located: Any, goal: Goal) -> Iterator[ScorePoint]:
    """The points of the score curve, at values of the goal's metric."""
    for text, item in located:
        found = re.fullmatch(r"\s*(-?[\d.]+)\s+at\s+(.+)", text)
        expected = f"expected points at a value, such as 10 at {number_text(goal.limit)} {goal.unit}".rstrip()
        try:
            points = float(found[1]) if found else math.nan
            at = parse_goal(f"{goal.metric.text} <= {found[2]}") if found else None
        except (GoalSyntaxError, ValueError):
            at = None
        if at is None or at.metric != goal.metric or not math.isfinite(points):
            item.note(f'{expected}; found "{text}"')
        else:
            yield ScorePoint(value=at.limit, points=points)
