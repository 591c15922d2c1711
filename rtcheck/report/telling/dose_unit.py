"""A telling in Gy -> the same in cGy, for clinics that plan in it. The engine, the JSON and protocol files stay in Gy.

Texts are converted as texts, digit by digit, so that no rounding comes in: "57.35 ± 0.01 Gy" becomes "5735 ± 1 cGy",
and V20Gy V2000cGy. Names of structures and plans, words quoted from a source, and alpha/beta stay as they are.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from rtcheck.dosimetry.metric_terms import Metric
from rtcheck.protocol.file.model import Goal
from rtcheck.report.telling.constraint import ReadingLine, Row, row_of
from rtcheck.report.telling.dose_text import CGY, measurement_in_cgy, number_in, text_in
from rtcheck.report.telling.patient import Card
from rtcheck.report.telling.telling import CheckLine, ItemLine, Telling, WarningLine, telling_of
from rtcheck.report.telling.verdict import Piece
from rtcheck.results import Achievable, ReadingResult, Report, Result
from rtcheck.units import DoseUnit

Said = Callable[[str], str]

_NAMED_BY_PEOPLE = ("Patient", "Plan", "Protocol", "Clinic")


def sayer(report: Report, unit: DoseUnit) -> Said:
    """What converts a text about this report and leaves its names alone."""
    if unit == "Gy":
        return str
    plan = report.case.plan
    names = {roi.name for roi in report.case.structures or ()} | {each.structure for each in report.results}
    names |= {plan.label, plan.name} if plan else set()
    long = sorted((name for name in names if "Gy" in name), key=len, reverse=True)
    kept = re.compile(f"({'|'.join(map(re.escape, long))})") if long else re.compile("(?!)")

    def said(text: str) -> str:
        return "".join(part if kept.fullmatch(part) else text_in(part, unit) for part in kept.split(text))

    return said


def told_in(report: Report, unit: DoseUnit, *, anonymous: bool = False, row: Callable[..., Row] = row_of) -> Telling:
    """All that is said about the report, with every dose in this unit; see `telling_of`."""
    return telling_in(telling_of(report, anonymous=anonymous, row=row), report, unit)


def telling_in(telling: Telling, report: Report, unit: DoseUnit) -> Telling:
    """The telling with every dose in this unit, its rows' results too."""
    if unit == "Gy":
        return telling
    said = sayer(report, unit)
    return replace(
        telling,
        unit=unit,
        sentence=tuple(Piece(said(piece.text), piece.is_strong) for piece in telling.sentence),
        doubts=tuple(_warning(line, said) for line in telling.doubts),
        summary=tuple(map(said, telling.summary)),
        cards=tuple(_card(card, said) for card in telling.cards),
        rows=tuple(_row(row, said) for row in telling.rows),
        tightest=said(telling.tightest),
        prescription=tuple(_item(item, said) for item in telling.prescription),
        eligibility=tuple(_item(item, said) for item in telling.eligibility),
        plan_checks=tuple(_item(item, said) for item in telling.plan_checks),
        reach=telling.reach
        and replace(
            telling.reach,
            scaled=said(telling.reach.scaled),
            allowed=tuple(map(said, telling.reach.allowed)),
            advice=tuple(map(said, telling.reach.advice)),
        ),
        under_shifts=tuple(
            replace(each, constraint=said(each.constraint), said=said(each.said)) for each in telling.under_shifts
        ),
        over_courses=tuple(
            replace(
                each,
                constraint=said(each.constraint),
                own=tuple(map(said, each.own)),
                together=said(each.together),
                left=said(each.left),
                may_add=said(each.may_add),
            )
            for each in telling.over_courses
        ),
        warnings=tuple(_warning(line, said) for line in telling.warnings),
        checks=tuple(_check(check, said) for check in telling.checks),
        provenance=tuple((label, said(text) if label == "Dose grid" else text) for label, text in telling.provenance),
    )


def _warning(line: WarningLine, said: Said) -> WarningLine:
    return replace(line, text=said(line.text))


def _card(card: Card, said: Said) -> Card:
    if card.label in _NAMED_BY_PEOPLE:
        return card
    return replace(card, title=said(card.title), lines=tuple(map(said, card.lines)))


def _item(item: ItemLine, said: Said) -> ItemLine:
    return replace(item, expected=said(item.expected), found=said(item.found), note=said(item.note))


def _check(check: CheckLine, said: Said) -> CheckLine:
    others = tuple((program, said(value), difference) for program, value, difference in check.others)
    return replace(check, metric=said(check.metric), value=said(check.value), others=others)


def _row(row: Row, said: Said) -> Row:
    is_dose = row.result.goal.unit == "Gy"
    return replace(
        row,
        result=_result(row.result, said),
        metric=said(row.metric),
        limit=said(row.limit),
        goal=said(row.goal),
        variation=said(row.variation),
        value=said(row.value),
        uncertainty=said(row.uncertainty),
        band=said(row.band),
        bounds=said(row.bounds),
        margin=said(row.margin),
        signed_margin=number_in(row.signed_margin, "cGy") if is_dose else row.signed_margin,
        readings=tuple(_reading_line(reading, said) for reading in row.readings),
        remarks=tuple(map(said, row.remarks)),
        where=tuple(map(said, row.where)),
    )


def _reading_line(line: ReadingLine, said: Said) -> ReadingLine:
    return replace(line, label=said(line.label), goal=said(line.goal), value=said(line.value))


def _result(result: Result, said: Said) -> Result:
    """The result with its numbers and goals in cGy; the position and dose of its place stay as they are."""
    variation, is_dose = result.constraint.variation, result.goal.unit == "Gy"
    chosen = result.by_volume
    constraint = replace(
        result.constraint,
        goal=_goal(result.constraint.goal, said),
        variation=_goal(variation, said) if variation else None,
        score=tuple(replace(each, value=100 * each.value) if is_dose else each for each in result.constraint.score),
    )
    return replace(
        result,
        goal=_goal(result.goal, said),
        constraint=constraint,
        by_volume=chosen and replace(chosen, variation=chosen.variation and _goal(chosen.variation, said)),
        measurement=measurement_in_cgy(result.measurement),
        achievable=result.achievable and _achievable(result.achievable, said, per_unit=100 if is_dose else 1),
        margin=None if result.margin is None else result.margin * (100 if is_dose else 1),
        readings=tuple(_reading(reading, said) for reading in result.readings),
    )


def _achievable(best: Achievable, said: Said, *, per_unit: int) -> Achievable:
    return replace(best, value=None if best.value is None else per_unit * best.value, reason=said(best.reason))


def _reading(reading: ReadingResult, said: Said) -> ReadingResult:
    return replace(reading, goal=_goal(reading.goal, said), measurement=measurement_in_cgy(reading.measurement))


def _goal(goal: Goal, said: Said) -> Goal:
    per_unit = 100 if goal.unit == "Gy" else 1
    return Goal(
        text=said(goal.text),
        metric=_metric(goal.metric, said),
        operator=goal.operator,
        limit=per_unit * goal.limit,
        by_volume=tuple(replace(row, limit=per_unit * row.limit) for row in goal.by_volume),
    )


def _metric(metric: Metric, said: Said) -> Metric:
    return replace(metric, text=said(metric.text), unit=CGY if metric.unit == "Gy" else metric.unit)
