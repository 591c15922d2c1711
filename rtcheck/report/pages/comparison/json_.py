"""A comparison -> JSON of the schema `rtcheck.comparison/1`."""

from dataclasses import asdict
from typing import Any

from rtcheck.report.formats.json_ import score_values
from rtcheck.report.formats.json_text import doubt_values, notice_values, to_json
from rtcheck.report.pages.comparison.compared import ComparedPlan, ComparedRow, Comparison
from rtcheck.report.telling.constraint import Row

SCHEMA = "rtcheck.comparison/1"


def comparison_json(comparison: Comparison) -> str:
    """The plans with their verdicts, and every constraint in each of them."""
    return to_json(
        {
            "schema": SCHEMA,
            "plans": [_plan(plan) for plan in comparison.plans],
            "constraints": [_row(row) for row in comparison.rows],
            "difference": asdict(comparison.difference) if comparison.difference else None,
            "warnings": [notice_values(each) for each in comparison.warnings],
        }
    )


def _plan(plan: ComparedPlan) -> dict[str, Any]:
    report = plan.report
    return {
        "name": plan.name,
        "verdict": report.verdict,
        "reason": report.reason,
        "score": score_values(report.score),
        "rank": plan.rank,
        "doubts": doubt_values(report.notices),
        "warnings": [notice_values(each) for each in report.notices],
    }


def _row(row: ComparedRow) -> dict[str, Any]:
    plans = [_values(each) for each in row.rows]
    return {"structure": row.structure, "goal": row.goal, "differs": row.differs, "plans": plans}


def _values(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    result = row.result
    return {
        "value": result.measurement.value,
        "unit": result.goal.unit,
        "reference_gy": result.measurement.reference_gy,
        "margin": result.margin,
        "outcome": result.outcome,
    }
