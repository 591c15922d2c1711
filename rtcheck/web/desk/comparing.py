"""Two plans under one question -> their constraints side by side, each with the difference."""

from collections.abc import Mapping
from typing import Any

from rtcheck.checking.second_opinion.dose_difference import GammaCriteria, dose_difference, parse_gamma
from rtcheck.errors import UsageError
from rtcheck.report.pages.comparison.compared import ComparedPlan, ComparedRow, comparison_of
from rtcheck.report.telling.constraint import Row
from rtcheck.web.desk.checking import Checked, checked
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.question import Override, Question, Recipe
from rtcheck.web.desk.values import plain
from rtcheck.web.refusals import Refusal


def compared(desk: Desk, first: Recipe, second: Recipe, question: Question) -> dict[str, Any]:
    """Both plans checked alike; what is given of the first plan's prescription is not said of the second."""
    one, other = _both(desk, first, second, question)
    comparison = comparison_of((one.report, other.report), ("A", "B"), question.unit)
    return {
        "number": question.number,
        "is_what_if": one.is_edited or question.dose_scale != 1.0,
        "plans": [_plan(each, done) for each, done in zip(comparison.plans, (one, other), strict=True)],
        "rows": [_row(row) for row in comparison.rows],
        "warnings": [{"code": each.code, "text": each.text} for each in comparison.warnings],
    }


def difference_values(
    desk: Desk, first: Recipe, second: Recipe, question: Question, criteria: GammaCriteria | None
) -> dict[str, Any]:
    """The dose of the second plan less that of the first in each structure, and gamma where it is asked for."""
    one, other = _both(desk, first, second, question)
    apart = dose_difference(one.report, other.report, criteria)
    compared = comparison_of((one.report, other.report), ("A", "B"), question.unit, difference=apart)
    return {"lines": list(compared.difference_lines)}


def gamma_of(values: Mapping[str, Any]) -> GammaCriteria | None:
    """The criteria of gamma in a request; None where there are none. A Refusal for what is not such a text."""
    text = values.get("gamma") or ""
    if not isinstance(text, str):
        raise Refusal(400, "web.bad-request", 'gamma: expected text such as "3%/2mm".')
    try:
        return parse_gamma(text) if text.strip() else None
    except UsageError:
        raise Refusal(400, "web.bad-request", f"“{text[:40]}” does not state gamma criteria: write 3%/2mm.") from None


def _both(desk: Desk, first: Recipe, second: Recipe, question: Question) -> tuple[Checked, Checked]:
    one = checked(desk, first, question)
    patients = {case.patient.id or case.patient.name for case in (one.case, desk.opened(second).case(Override()))}
    return one, checked(desk, second, _for_another_plan(question, is_of_same_patient=len(patients) == 1))


def _for_another_plan(question: Question, *, is_of_same_patient: bool) -> Question:
    """The question without what was stated of the first plan, and of its patient where that is another one."""
    return Question(
        protocol=question.protocol,
        edits=question.edits,
        saved_as=question.saved_as,
        aliases=question.aliases,
        facts=question.facts if is_of_same_patient else (),
        require_eligibility=question.require_eligibility,
        reference_date=question.reference_date,
        dose_scale=question.dose_scale,
        drawn_only=question.drawn_only,
    )


def _plan(compared_plan: ComparedPlan, done: Checked) -> dict[str, Any]:
    telling, plan = compared_plan.telling, done.case.plan
    return {
        "case": done.opened.recipe.case,
        "label": (plan.label or plan.name) if plan else "",
        "patient": done.case.patient.id or done.case.patient.name,
        "verdict": plain(telling.verdict),
        "sentence": plain(telling.sentence),
        "summary": list(telling.summary),
        "doubts": plain(telling.doubts),
    }


def _row(row: ComparedRow) -> dict[str, Any]:
    shown = next(each for each in row.rows if each is not None)
    return {
        "structure": row.structure,
        "goal": shown.goal,
        "cells": [_cell(each) for each in row.rows],
        "difference": row.differences[0],
        "differs": row.differs,
    }


def _cell(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"value": row.value or "no value", "margin": row.margin, "word": plain(row.word)}
