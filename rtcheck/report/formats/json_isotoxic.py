"""An isotoxic prescription -> plain values of the schema `rtcheck.isotoxic/1`."""

from dataclasses import asdict
from typing import Any

from rtcheck.report.formats.json_text import doubt_values, notice_values
from rtcheck.results import Isotoxic, PrescriptionLimit

SCHEMA = "rtcheck.isotoxic/1"


def isotoxic_values(found: Isotoxic) -> dict[str, Any]:
    """The prescription and its limits as plain values."""
    return {
        "schema": SCHEMA,
        "planned_gy": found.planned_gy,
        "fractions": found.fractions,
        "range_gy": [found.low_gy, found.high_gy],
        "step_gy": found.step_gy,
        "limits": [_limit_values(limit) for limit in found.limits],
        "binding": _limit_values(found.binding) if found.binding else None,
        "unrounded_gy": found.unrounded_gy,
        "allowed_gy": found.allowed_gy,
        "lowest_gy": found.lowest_gy,
        "complete": found.is_complete,
        "out_of_reach": found.is_out_of_reach,
        "within_variation": found.is_variation,
        "meets_all": found.meets_all,
        "advice": list(found.advice),
        "doubts": doubt_values(found.notices),
        "warnings": [notice_values(notice) for notice in found.notices],
    }


def _limit_values(limit: PrescriptionLimit) -> dict[str, Any]:
    told = asdict(limit)
    return {
        "structure": told.pop("structure"),
        "metric": told.pop("metric"),
        "goal": told.pop("goal"),
        "scale": told.pop("scale"),
        "prescription_gy": told.pop("prescription_gy"),
        "holds": "up to" if told.pop("is_upper") else "from",
        "attained": told.pop("is_attained"),
        "required": told.pop("is_required"),
        "reason": told.pop("reason") or None,
        "added_from": told.pop("added_from") or None,
        "variation": told.pop("variation") or None,
        "variation_gy": told.pop("variation_gy"),
    }
