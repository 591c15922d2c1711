"""A checked case -> what the page shows of it: the Telling whole, and the numbers behind its bars and marks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from rtcheck.checking.kept import ByIdentity
from rtcheck.checking.what_if.isotoxic import isotoxic_prescription
from rtcheck.protocol.editing.edits import Edit, edits_of, is_original
from rtcheck.protocol.file.model import Constraint, Source
from rtcheck.report.telling.constraint import Row, row_of
from rtcheck.report.telling.dose_unit import sayer, told_in
from rtcheck.report.telling.limits import limit_dose_gy
from rtcheck.report.telling.manner import Manner
from rtcheck.report.telling.words import counted
from rtcheck.results import Cumulative, Place, Report, Result
from rtcheck.web.desk.checking import Checked
from rtcheck.web.desk.goals import goal_values
from rtcheck.web.desk.question import Question
from rtcheck.web.desk.structures import fact_values, structure_values
from rtcheck.web.desk.values import plain

SCHEMA = "rtcheck.workbench/1"


def told(done: Checked, planned: Checked) -> dict[str, Any]:
    """The answer to a check; `planned` is the same by the protocol as it is, of the plan as it is."""
    report, question = done.report, done.question
    telling = told_in(report, question.unit, row=partial(_row, done.opened.rows))
    places = {id(each): place for place, each in enumerate(report.protocol.constraints)}
    constraints = _constraints(done)
    return {
        "schema": SCHEMA,
        "number": question.number,
        "is_waiting": done.is_waiting or planned.is_waiting,
        "verdict": report.verdict,
        "exit_status": report.exit_status,
        "what_if": _what_if(done, constraints),
        "telling": {
            **plain(replace(telling, rows=())),
            "rows": [done.opened.rows.of(row, "plain", partial(plain, row)) for row in telling.rows],
        },
        "plain": _headline(planned),
        "numbers": [
            _kept_numbers(done, key, result, places[id(result.constraint)])
            for key, result in zip((row.key for row in telling.rows), report.results, strict=True)
        ],
        "constraints": constraints,
        "counts": dict(Counter(row.word.kind for row in telling.rows)),
        "structures": structure_values(done),
        "facts": fact_values(done),
        "scale": _scale(report, question),
        "courses": _courses(report),
    }


def _row(rows: ByIdentity, key: str, result: Result, sources: Mapping[str, Source], manner: Manner) -> Row:
    """The row of a result; kept, since most results stay the same while limits are edited."""
    source = sources.get(result.constraint.source)
    return rows.of(result, (key, source, manner), lambda: row_of(key, result, sources, manner))


def _kept_numbers(done: Checked, key: str, result: Result, constraint: int) -> dict[str, Any]:
    scale = done.question.dose_scale
    return done.opened.rows.of(result, (key, constraint, scale), lambda: _numbers(key, result, constraint, scale))


def _headline(planned: Checked) -> dict[str, Any]:
    """The verdict of the protocol itself, with its sentence: what is shown as the protocol's, whatever was edited."""
    opened = planned.opened
    if opened.headline is None or opened.headline[0] is not planned.report:
        telling = told_in(planned.report, planned.question.unit)
        named = ("verdict", "sentence", "summary", "doubts")
        opened.headline = (planned.report, {name: plain(getattr(telling, name)) for name in named})
    return opened.headline[1]


def _what_if(done: Checked, constraints: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the verdict is of something else than the protocol and the plan as they are, and of what."""
    changes = [not each["original"] for each in constraints].count(True)
    kept = [edit.base for edit in done.question.edits or () if edit.base is not None]
    base, repeated = set(kept), len(kept) - len(set(kept))
    gone = len(done.original.constraints) - len([n for n in range(len(done.original.constraints)) if n in base])
    reasons = []
    if done.is_edited:
        reasons += [f"{counted(changes, 'limit')} changed or added"] if changes else []
        reasons += [f"{counted(gone, 'limit')} removed"] if gone else []
        reasons += [f"{counted(repeated, 'limit')} duplicated"] if repeated else []
        reasons = reasons or ["limits in another order"]
    if done.question.dose_scale != 1.0:
        reasons.append(f"dose scaled to {100 * done.question.dose_scale:.1f} %")
    named = f"{done.original.name} {done.original.version}".strip()
    return {"is": bool(reasons), "reasons": reasons, "protocol": named, "name": done.original.name}


def _constraints(done: Checked) -> list[dict[str, Any]]:
    """The constraints as they may be edited, in the order of the protocol that was checked."""
    edits = edits_of(done.original) if done.question.edits is None else done.question.edits
    return [
        _constraint(edit, constraint, done) for edit, constraint in zip(edits, done.protocol.constraints, strict=True)
    ]


def _constraint(edit: Edit, constraint: Constraint, done: Checked) -> dict[str, Any]:
    base = None if edit.base is None else done.original.constraints[edit.base]
    return {
        "base": edit.base,
        "structures": list(constraint.structures),
        "goal": goal_values(constraint.goal),
        "was": base.goal.text if base is not None else "",
        "priority": constraint.priority,
        "was_priority": base.priority if base is not None else "",
        "original": is_original(edit, done.original),
    }


def _numbers(key: str, result: Result, constraint: int, dose_scale: float) -> dict[str, Any]:
    """What a row's bar and its marks on the plot are drawn by; shares are of the limit."""
    measured, goal, limit = result.measurement, result.goal, result.goal.limit
    headroom = result.headroom

    def share(value: float | None) -> float | None:
        return value / limit if value is not None and limit > 0 else None

    return {
        "key": key,
        "constraint": constraint,
        "structure": result.structure,
        "curves": [match.asked for match in result.matched if not match.reason],
        "outcome": result.outcome,
        "is_required": result.is_required,
        "is_upper": goal.is_upper_limit,
        "value": plain(measured.value),
        "share": plain(share(measured.value)),
        "low": plain(share(measured.low)),
        "high": plain(share(measured.high)),
        "bounds": plain([share(each) for each in measured.bounds]) if measured.bounds else None,
        "uncertainty": plain(share(measured.uncertainty)),
        "flips_at": plain(headroom.scale * dose_scale) if headroom and headroom.scale is not None else None,
        "flips_upward": headroom.is_upper if headroom else None,
        "mark": _mark(result),
        "place": _place(result.place) if result.place else None,
    }


def _courses(report: Report) -> dict[str, Any] | None:
    """What is drawn of the courses of a sum, limit by limit: shares of it, None for unknown.

    `is_added`: the courses' values add up to `together`; otherwise each course has its own hottest part.
    """
    found, dose_sum = report.courses, report.case.dose_sum
    if found is None or dose_sum is None:
        return None

    def share(physical_gy: float | None, eqd2_gy: float | None, limit: Cumulative) -> float | None:
        dose_gy = eqd2_gy if limit.is_eqd2 else physical_gy
        return dose_gy / limit.limit_gy if dose_gy is not None and limit.limit_gy > 0 else None

    return {
        "is_added": dose_sum.is_by_values,
        "labels": list(found.labels),
        "limits": [
            {
                "parts": [plain(share(each.physical_gy, each.eqd2_gy, limit)) for each in limit.courses],
                "together": plain(share(limit.physical_gy, limit.eqd2_gy, limit)),
            }
            for limit in found.limits
        ],
    }


def _mark(result: Result) -> dict[str, Any] | None:
    """Where the limit stands on a plot: a dose, or a volume at a dose; `drag` is the axis along which it moves."""
    metric, goal = result.goal.metric, result.goal
    dose_gy = limit_dose_gy(result)
    if dose_gy is None:
        return None
    if metric.kind in ("V", "CV"):
        side = "spared" if metric.kind == "CV" else "covered"
        return {"dose_gy": dose_gy, "volume": goal.limit, "volume_unit": goal.unit, "of": side, "drag": "volume"}
    at = metric.at
    mark = {"dose_gy": dose_gy, "volume": None, "volume_unit": "", "of": metric.kind, "drag": "dose"}
    if metric.kind in ("D", "DC") and at is not None:
        mark |= {"volume": at.amount, "volume_unit": at.unit, "of": "spared" if metric.kind == "DC" else "covered"}
    per_unit = dose_gy / goal.limit if goal.limit else None
    return mark | {"gy_per_unit": per_unit}


def _place(place: Place) -> dict[str, Any]:
    return {"position_mm": list(place.position_mm), "dose_gy": plain(place.dose_gy), "is_cold": place.is_cold}


def _scale(report: Report, question: Question) -> dict[str, Any] | None:
    """What the slider of the dose needs: the planned prescription and the isotoxic one; None without a prescription."""
    found = isotoxic_prescription(report)
    if found is None:
        return None
    dose_scale = question.dose_scale
    planned_gy = found.planned_gy / dose_scale
    return {
        "dose_scale": dose_scale,
        "planned_gy": planned_gy,
        "fractions": found.fractions,
        "low_gy": found.low_gy,
        "high_gy": found.high_gy,
        "allowed_gy": found.allowed_gy,
        "lowest_gy": found.lowest_gy,
        "is_complete": found.is_complete,
        "advice": list(map(sayer(report, question.unit), found.advice)),
    }
