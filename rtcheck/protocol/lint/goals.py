"""Each goal by itself: values that cannot be, variations the wrong way round, D for DC and V for CV."""

import re
from collections.abc import Iterator
from itertools import pairwise

from rtcheck.dosimetry.metric_terms import VOLUMES
from rtcheck.patterns import pattern
from rtcheck.protocol.file.model import Constraint, Goal, Protocol
from rtcheck.protocol.file.score_curve import in_order
from rtcheck.protocol.file.volume_table import goals_between, row_goals, volumes_of
from rtcheck.protocol.language.goal import make_goal
from rtcheck.protocol.language.scanner import number_text
from rtcheck.protocol.lint.message import LintMessage

MAX_DOSE_GY = 200.0  # no course goes beyond; what does was most likely meant in cGy
SPARED_VOLUME_CC = 150.0  # "700 cc below 15 Gy": volumes to be spared are this large, hot volumes rarely
SMALL_COLD_VOLUME_CC = 10.0
COVERAGE_PERCENT = 80.0  # D80% and more tell how well a target is covered
NEAR_MAXIMUM = 5.0  # D5cc, D5%: doses near the maximum
LOWEST_MAXIMUM_GY = 1.0
LOWEST_TARGET_GY = 1.0  # no course prescribes less; 0.95 Gy is most likely 95 %
MAX_EFFECTIVE_DOSE_GY = 4000.0  # BED[2] of 88 Gy in one fraction, as in radiosurgery; 45 Gy in cGy are more
LEAST_REQUIRED_PERCENT = 1.0  # any plan meets a lower limit up to this; 0.95 % is most likely 95 %
SMALL_SHARE_PERCENT = 0.1  # D0.03% is most likely D0.03cc

_TARGET = pattern(r"all\s|I?GTV|CTV|ITV|PTV", re.IGNORECASE)
_MOST_SENSITIVE = pattern(r"Fetus|Embryo|Uterus|Test[ie]s|Ovar|Gonad|Pacemaker|ICD|CIED|Lens", re.IGNORECASE)
_SPARED_ORGANS = pattern(r"Liver|Lung|Kidney|Spleen|Renal", re.IGNORECASE)


def goal_messages(protocol: Protocol) -> Iterator[LintMessage]:
    """What is odd about single goals, variations and readings."""
    for constraint in (*protocol.constraints, *protocol.volume_eligibility):
        for goal in _goals(constraint):
            yield from _impossible(goal, constraint)
            yield from _confused(goal, constraint)
            yield from _misread(goal, constraint)
            yield from _of_another_index(goal, constraint, protocol)
        for variation in row_goals(constraint.variation) if constraint.variation else ():
            yield from _impossible(variation, constraint)
        yield from _inverted(constraint)
        yield from _uneven(constraint)
        yield from _idle(constraint)
        yield from _scored(constraint)


def _goals(constraint: Constraint) -> Iterator[Goal]:
    yield from row_goals(constraint.goal)
    yield from (reading.goal for reading in constraint.readings if reading.goal)


def _message(constraint: Constraint, code: str, text: str, suggestion: str, *, is_error: bool = False) -> LintMessage:
    return LintMessage(
        file=constraint.file,
        line=constraint.line,
        code=code,
        text=text,
        suggestion=suggestion,
        severity="error" if is_error else "warning",
    )


def _impossible(goal: Goal, constraint: Constraint) -> Iterator[LintMessage]:
    """Limits that nothing can meet, or that everything meets, or that no plan comes near."""
    metric, limit = goal.metric, goal.limit
    top = _greatest(goal)
    code = "goal.impossible"
    if top is not None and (limit > top or (limit == top and goal.operator in (">", "<="))):
        always = "always holds" if always_holds(goal) else "can never hold"
        text = f'"{goal.text}" {always}: {metric.text} is at most {number_text(top)} {metric.unit}'.rstrip()
        yield _message(constraint, code, text, "check the number against the source", is_error=True)
    elif limit == 0 and goal.operator in ("<", ">="):
        always = "always holds" if always_holds(goal) else "can never hold"
        text = f'"{goal.text}" {always}: this value cannot be negative'
        yield _message(constraint, code, text, "check the number against the source", is_error=True)
    if metric.kind in ("D", "DC") and metric.at and metric.at.unit == "%" and metric.at.amount > 100:
        text = f"{metric.text} requests more than the whole structure"
        yield _message(constraint, code, text, "give at most 100 %", is_error=True)
    if not goal.is_upper_limit and metric.unit == "%" and 0 < limit <= LEAST_REQUIRED_PERCENT:
        text = f'"{goal.text}" requires next to nothing'
        share = f"{number_text(100 * limit)} %"
        yield _message(constraint, code, text, f"write {share} if the number is a share", is_error=True)
    if _is_of_no_dose(goal):
        what = "the whole structure, whatever the dose" if metric.kind == "V" else "0, whatever the dose"
        yield _message(
            constraint, code, f"{metric.text} is {what}", "check the number against the source", is_error=True
        )
    doses = [limit] if metric.unit == "Gy" else []
    doses += [each.amount for each in (metric.at, metric.until) if each and each.unit == "Gy"]
    for dose_gy in doses:
        if dose_gy > (MAX_DOSE_GY if metric.biology == "physical" else MAX_EFFECTIVE_DOSE_GY):
            text = f'"{goal.text}": {number_text(dose_gy)} Gy exceeds any course of treatment'
            yield _message(constraint, code, text, f"write {number_text(dose_gy)} cGy if this is meant", is_error=True)


def always_holds(goal: Goal) -> bool:
    """Whether any plan meets the limit: at or above the greatest value there is, or at least 0."""
    if _is_of_no_dose(goal) and goal.is_upper_limit == (goal.metric.kind == "CV"):
        return True
    if not goal.is_upper_limit:
        return goal.limit == 0 and goal.operator == ">="
    top = _greatest(goal)
    return top is not None and (goal.limit > top or (goal.limit == top and goal.operator == "<="))


def _is_of_no_dose(goal: Goal) -> bool:
    """V0Gy or CV0Gy: the same for every plan."""
    metric = goal.metric
    return metric.kind in ("V", "CV") and metric.at is not None and metric.at.amount <= 0 and metric.until is None


def _greatest(goal: Goal) -> float | None:
    """The greatest value that the metric can have at all."""
    kind = goal.metric.kind
    if kind in VOLUMES and goal.metric.unit == "%":
        return 100.0
    return 1.0 if kind in ("Coverage", "CN", "CI_Paddick") else None


def _confused(goal: Goal, constraint: Constraint) -> Iterator[LintMessage]:
    """A hot volume where a spared one is meant, or the other way round. Targets are covered, organs are spared."""
    if any(_TARGET.match(name) for name in constraint.structures):
        return
    metric = goal.metric
    at = metric.at
    if _limits_a_spared_volume(goal, constraint):
        cc = number_text(at.amount if at else 0)
        text = f'"{goal.text}" limits the hottest {cc} cc; sparing {cc} cc of an organ is written with DC'
        yield _message(constraint, "metric.d-or-dc", text, f'write "{_with_letter(goal, "DC")}" if this is meant')
    if metric.kind == "DC" and at and at.unit == "cc" and at.amount < SMALL_COLD_VOLUME_CC:
        text = f"{metric.text} is the maximum dose to the coldest {number_text(at.amount)} cc"
        yield _message(constraint, "metric.d-or-dc", text, f'write "{_with_letter(goal, "D")}" if the hottest is meant')
    if metric.kind == "V" and not goal.is_upper_limit:
        text = f'"{goal.text}" requires a large volume at a high dose in an organ'
        yield _message(constraint, "metric.v-or-cv", text, f'write "{_with_letter(goal, "CV")}" to spare that volume')
    if metric.kind == "CV" and goal.is_upper_limit:
        text = f'"{goal.text}" limits the volume below a dose in an organ'
        yield _message(constraint, "metric.v-or-cv", text, f'write "{_with_letter(goal, "V")}" to limit the hot volume')


def _misread(goal: Goal, constraint: Constraint) -> Iterator[LintMessage]:
    """A sign or a unit that was most likely mistaken: coverage limited from above, percent for Gy, Gy for 100 cGy."""
    metric, at = goal.metric, goal.metric.at
    is_target = any(_TARGET.match(name) for name in constraint.structures)
    covers = metric.kind == "D" and at is not None and at.unit == "%" and at.amount >= COVERAGE_PERCENT
    if is_target and goal.is_upper_limit and (covers or metric.kind == "Dmin"):
        text = f'"{goal.text}" limits the coverage of a target from above'
        yield _message(constraint, "goal.direction", text, f'write "{_turned(goal)}" if coverage is required')
    if not is_target and not covers and not goal.is_upper_limit and metric.kind in ("D", "Dmax", "Dmean"):
        text = f'"{goal.text}" requires a dose to an organ'
        yield _message(constraint, "goal.direction", text, f'write "{_turned(goal)}" if the organ is to be spared')
    if not is_target and metric.kind == "Dmean" and metric.unit == "%":
        text = f'"{goal.text}" is a share of the prescribed dose'
        yield _message(constraint, "goal.unit", text, f'write "{goal.text.replace("%", "Gy")}" if Gy is meant')
    if metric.kind == "D" and at is not None and at.unit == "%" and at.amount < SMALL_SHARE_PERCENT:
        text, in_cc = (
            f"{metric.text} is the dose to {number_text(at.amount)} % of the volume",
            f"D{number_text(at.amount)}cc",
        )
        yield _message(constraint, "goal.unit", text, f"write {in_cc} if cc are meant")
    is_near_maximum = metric.kind == "Dmax" or (metric.kind == "D" and at is not None and at.amount <= NEAR_MAXIMUM)
    is_low = metric.unit == "Gy" and goal.is_upper_limit and 0 < goal.limit < LOWEST_MAXIMUM_GY
    if is_low and is_near_maximum and not any(_MOST_SENSITIVE.search(name) for name in constraint.structures):
        text = f'"{goal.text}": a maximum dose this low is rare'
        yield _message(constraint, "goal.unit", text, "check the number and its unit against the source")
    if is_target and not goal.is_upper_limit and metric.unit == "Gy" and 0 < goal.limit < LOWEST_TARGET_GY:
        text = f'"{goal.text}": nearly any plan gives a target this dose'
        share = f"{number_text(100 * goal.limit)} %"
        suggestion = f"write {share} if the number is a share of the prescription"
        yield _message(constraint, "goal.unit", text, suggestion, is_error=not metric.per_fraction)


def _of_another_index(goal: Goal, constraint: Constraint, protocol: Protocol) -> Iterator[LintMessage]:
    """A limit that fits another index of the same name: nearly any plan meets it as it stands."""
    kind, code = goal.metric.kind, "metric.index"
    if kind == "HI_ICRU83" and goal.is_upper_limit and goal.limit >= 1:
        text = f'"{goal.text}": (D2% - D98%) / D50% of a target is nearly always below 1'
        yield _message(constraint, code, text, f'write "{_with_letter(goal, "HI_RTOG")}" if it is meant', is_error=True)
    if kind == "CI_RTOG" and not goal.is_upper_limit and 0 < goal.limit <= 1:
        uppers = (each.goal for each in protocol.constraints if each.structures == constraint.structures)
        if not any(each.metric.kind == kind and each.is_upper_limit for each in uppers):
            text = f'"{goal.text}" alone is met by any larger volume of the prescription isodose'
            suggestion = "write CI_Paddick or CN if this is meant, or add an upper limit"
            yield _message(constraint, code, text, suggestion, is_error=True)


def _turned(goal: Goal) -> str:
    """The goal with its sign the other way round."""
    turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[goal.operator]
    return goal.text.replace(goal.operator, turned, 1)


def _limits_a_spared_volume(goal: Goal, constraint: Constraint) -> bool:
    """Whether a hot volume is as large as those that are spared, in an organ of which a part is spared."""
    at = goal.metric.at
    is_large = goal.metric.kind == "D" and at is not None and at.unit == "cc" and at.amount >= SPARED_VOLUME_CC
    return is_large and goal.is_upper_limit and any(_SPARED_ORGANS.match(name) for name in constraint.structures)


def _with_letter(goal: Goal, kind: str) -> str:
    text = make_goal(goal.metric, goal.operator, goal.limit).text
    return text.replace(goal.metric.kind, kind, 1)


def _inverted(constraint: Constraint) -> Iterator[LintMessage]:
    """An acceptable variation that asks for more than the goal, or for the same; of a table at any of its volumes."""
    if constraint.variation is None:
        return
    for volume_cc in volumes_of(constraint) or (0.0,):
        goals, variations = (
            goals_between(each, volume_cc, volume_cc) for each in (constraint.goal, constraint.variation)
        )
        if goals is None or variations is None:
            text = f"at {number_text(volume_cc)} cc only one of goal and variation has a limit"
            yield _message(constraint, "table.volumes", text, "give both for the same volumes")
        else:
            yield from _inverted_pair(constraint, goals[0], variations[0])


def _uneven(constraint: Constraint) -> Iterator[LintMessage]:
    """A table of which one row breaks the rise or the fall of the others."""
    for goal in (constraint.goal, constraint.variation):
        steps = [after.limit - before.limit for before, after in pairwise(goal.by_volume if goal else ())]
        if goal and min(steps, default=0.0) < 0 < max(steps, default=0.0):
            text = f'"{goal.text}": the limits neither only rise nor only fall with the volume'
            yield _message(constraint, "table.uneven", text, "check the rows against the source")


def _inverted_pair(constraint: Constraint, goal: Goal, variation: Goal) -> Iterator[LintMessage]:
    gap = variation.limit - goal.limit if goal.is_upper_limit else goal.limit - variation.limit
    is_looser = gap > 0 or (gap == 0 and "=" in variation.operator and "=" not in goal.operator)
    if not is_looser:
        how = "the same as" if gap == 0 and variation.operator == goal.operator else "stricter than"
        text = f'the variation "{variation.text}" is {how} the goal "{goal.text}"'
        suggestion = f'exchange them: goal "{variation.text}", variation "{goal.text}"' if gap < 0 else "remove it"
        yield _message(constraint, "variation.inverted", text, suggestion, is_error=True)


def _idle(constraint: Constraint) -> Iterator[LintMessage]:
    """Entries that change nothing."""
    if constraint.combine != "each" and len(constraint.structures) == 1:
        text = f"combine: {constraint.combine} has no effect on a single structure"
        yield _message(constraint, "entry.idle", text, "list the structures that are meant, or remove it")
    for reading in constraint.readings:
        same = (
            reading.structures in (None, constraint.structures)
            and reading.goal in (None, constraint.goal)
            and reading.combine in (None, constraint.combine)
        )
        if same:
            text = f'the reading "{reading.label}" is identical to the constraint'
            yield _message(constraint, "entry.idle", text, "change or remove it")


def _scored(constraint: Constraint) -> Iterator[LintMessage]:
    """A score that gives more points the further the goal is from being met, or as many at any value."""
    if not constraint.score:
        return
    curve = in_order(constraint.score)
    rise = curve[-1].points - curve[0].points
    if len({point.points for point in curve}) == 1:
        yield _message(constraint, "entry.idle", "the score is the same at every value", "add a second point")
    elif rise and (rise > 0) == constraint.goal.is_upper_limit:
        text = f'the score {"rises" if rise > 0 else "falls"} with the value, but the goal is "{constraint.goal.text}"'
        yield _message(constraint, "score.direction", text, "exchange the points if the goal is right")
