"""Limits that depend on a volume: rows of a table -> a Goal, and the Goal at a volume.

Rows at single volumes are interpolated linearly between each other; rows for ranges of volumes hold in their range,
and where two ranges meet the stricter one holds. Outside the table there is no limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, inf, log10

from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Constraint, Goal, Range, VolumeLimit
from rtcheck.protocol.language.goal import make_goal, parse_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.units import is_equal

DIGITS = 5
"""Of an interpolated limit; rounded to the strict side, by less than a ten-thousandth."""

_LABEL = pattern(r"(?P<first>.+?) to \S.* by volume(?: of .+)?")


def goal_of_table(rows: Sequence[tuple[Range, Goal]], *, volume_of: str = "") -> Goal:
    """The goal with its limits by volume. Raises ValueError with the reason where the rows are no such table."""
    if len(rows) < 2:
        raise ValueError("a table needs at least two volumes")
    first = rows[0][1]
    if any((goal.metric, goal.operator) != (first.metric, first.operator) for _, goal in rows):
        raise ValueError("the rows of a table need the same metric, sign and unit")
    limits = tuple(
        sorted((VolumeLimit(volume_cc=at, limit=goal.limit) for at, goal in rows), key=lambda row: _span(row.volume_cc))
    )
    if fault := _fault(limits):
        raise ValueError(fault)
    strictest = min if first.is_upper_limit else max
    unit = f" {first.unit}".rstrip()
    label = f"{first.metric.text} {first.operator} {number_text(limits[0].limit)}{unit}"
    label += f" to {number_text(limits[-1].limit)}{unit} by volume" + (f" of {volume_of}" if volume_of else "")
    return replace(first, text=label, limit=strictest(row.limit for row in limits), by_volume=limits)


def _fault(rows: Sequence[VolumeLimit]) -> str:
    if len({row.is_point for row in rows}) > 1:
        return "the volumes of a table are single ones (20 cc), or all of them are ranges (20-40 cc)"
    for one, other in pairwise(rows):
        (_, end), (start, _) = _span(one.volume_cc), _span(other.volume_cc)
        if start < end or (rows[0].is_point and start == end):
            return f'two rows for the same volume: "{one.volume_cc.text}" and "{other.volume_cc.text}"'
    return ""


def goals_between(goal: Goal, low_cc: float, high_cc: float) -> tuple[Goal, Goal] | None:
    """The goals with the lowest and the highest limit for volumes between; None where some of them have none."""
    if not goal.by_volume:
        return goal, goal
    ends = sorted({end for row in goal.by_volume for end in _span(row.volume_cc) if low_cc < end < high_cc})
    beyond = 2 * max(low_cc, *(end for end in ends if end < inf), 1.0)  # for a volume without an upper bound
    places = [low_cc, *ends, high_cc if high_cc < inf else beyond]
    places += [(one + other) / 2 for one, other in pairwise(places)]
    limits = [_limit_at(goal, place) for place in places]
    known = [each for each in limits if each is not None]
    if len(known) < len(limits):
        return None
    return with_limit(goal, min(known)), with_limit(goal, max(known))


def with_limit(goal: Goal, limit: float) -> Goal:
    """The goal with one limit of its table."""
    return make_goal(goal.metric, goal.operator, limit)


def row_goals(goal: Goal) -> tuple[Goal, ...]:
    """The goal of each row; the goal itself without a table."""
    return tuple(with_limit(goal, row.limit) for row in goal.by_volume) or (goal,)


def volumes_of(constraint: Constraint) -> tuple[float, ...]:
    """The volumes at which the tables of a constraint have a row begin or end. [cc]"""
    goals = (each for each in (constraint.goal, constraint.variation) if each)
    ends = {end for goal in goals for row in goal.by_volume for end in _span(row.volume_cc)}
    return tuple(sorted(end for end in ends if 0 < end < inf))


def table_entry(goal: Goal) -> str | dict[str, str]:
    """The goal as a protocol file states it."""
    if not goal.by_volume:
        return goal.text
    return {row.volume_cc.text: with_limit(goal, row.limit).text for row in goal.by_volume}


def table_lines(constraint: Constraint) -> list[str]:
    """ "1.8 cc: < 5.9, variation < 7.5" for each volume in the tables of a constraint; none without a table."""
    told: dict[str, list[str]] = {}
    stated = ((constraint.goal, ""), (constraint.variation or constraint.goal, "variation "))
    for goal, sign in stated if constraint.variation else stated[:1]:
        for row in goal.by_volume:
            told.setdefault(row.volume_cc.text, []).append(f"{sign}{with_limit(goal, row.limit).limit_text}")
    return [f"{volume}: {', '.join(limits)}" for volume, limits in told.items()]


def rows_around(goal: Goal, volume_cc: float) -> str:
    """Which rows a limit comes from: "22 cc (< 4.5) and 34 cc (< 4.3)"; "" without a table."""
    rows = [f"{row.volume_cc.text} ({with_limit(goal, row.limit).limit_text})" for row in _near(goal, volume_cc)]
    return " and ".join(rows)


def span_text(goal: Goal) -> str:
    """The volumes that a table is for: "1.8 cc to 163 cc"."""
    first, last = goal.by_volume[0].volume_cc.text, goal.by_volume[-1].volume_cc.text
    return f"{first} to {last}"


def goal_of_label(text: str) -> tuple[Goal, bool]:
    """The goal of a canonical text, and whether the text is the label of a table; then its limit is the first row's."""
    found = _LABEL.fullmatch(text)
    return parse_goal(found["first"] if found else text), found is not None


def _near(goal: Goal, volume_cc: float) -> Iterator[VolumeLimit]:
    """The rows from which the limit of a volume is taken."""
    rows = goal.by_volume
    exact = [row for row in rows if row.volume_cc.contains(volume_cc)]
    if exact:
        yield from exact
    elif rows[0].is_point:
        for one, other in pairwise(rows):
            if _span(one.volume_cc)[0] < volume_cc < _span(other.volume_cc)[0]:
                yield from (one, other)


def _limit_at(goal: Goal, volume_cc: float) -> float | None:
    near = tuple(_near(goal, volume_cc))
    if not near:
        return None
    (start, _), (end, _) = _span(near[0].volume_cc), _span(near[-1].volume_cc)
    if near[0].is_point and start < end:
        share = (volume_cc - start) / (end - start)
        return _rounded(near[0].limit + share * (near[-1].limit - near[0].limit), is_down=goal.is_upper_limit)
    return (min if goal.is_upper_limit else max)(row.limit for row in near)


def _rounded(limit: float, *, is_down: bool) -> float:
    """The limit with `DIGITS` digits, on its strict side."""
    if limit == 0:
        return limit
    decimals = DIGITS - 1 - floor(log10(abs(limit)))
    nearest = round(limit, decimals)
    if is_equal(limit, nearest):
        return nearest
    return round((floor if is_down else ceil)(limit * 10.0**decimals) / 10.0**decimals, decimals)


def _span(volume_cc: Range) -> tuple[float, float]:
    return volume_cc.low or 0.0, inf if volume_cc.high is None else volume_cc.high
