"""A Report -> JSON of the published schema `rtcheck.report/1`."""

from dataclasses import asdict
from math import isinf
from typing import Any

from rtcheck.case import Patient, Plan
from rtcheck.dosimetry.metric_terms import Measurement
from rtcheck.records.digest import KEY, record_digest
from rtcheck.report.formats.json_isotoxic import isotoxic_values
from rtcheck.report.formats.json_text import doubt_values, finite, notice_values, plain_values, table_values, to_json
from rtcheck.results import (
    Achievable,
    CheckItem,
    CourseList,
    CrossCheck,
    Match,
    Place,
    ReadingResult,
    Report,
    Result,
    Score,
)

SCHEMA = "rtcheck.report/1"


def render(report: Report, *, anonymous: bool = False) -> str:
    """The report as JSON text: numbers in full, null where there is none."""
    return to_json(as_dict(report, anonymous=anonymous))


def as_dict(report: Report, *, anonymous: bool = False) -> dict[str, Any]:
    """The report as plain values, in the order of the schema."""
    told = {
        "schema": SCHEMA,
        "verdict": report.verdict,
        "eligibility_verdict": report.eligibility_verdict,
        "exit_status": report.exit_status,
        "reason": report.reason,
        "doubts": doubt_values(report.notices),
        "case": _case(report),
        "protocol": _protocol(report),
        "constraints": [_result(result) for result in report.results],
        "score": score_values(report.score),
        "prescription": [_item(item) for item in report.prescription],
        "eligibility": [_item(item) for item in report.eligibility],
        "plan_checks": [_plan_check(item) for item in report.plan_checks],
        "warnings": [notice_values(each) for each in report.notices],
        "cross_checks": [_cross_check(each) for each in report.cross_checks],
        "isotoxic": isotoxic_values(report.isotoxic) if report.isotoxic else None,
        "robustness": plain_values(report.robustness) if report.robustness else None,
        "scenarios": plain_values(report.scenarios) if report.scenarios else None,
        "samples": plain_values(report.samples) if report.samples else None,
        "courses": _courses(report.courses) if report.courses else None,
        **report.extras,
        "provenance": dict(report.provenance),
    }
    if anonymous:
        from rtcheck.report.formats.anonymous_json import without_identity

        told = without_identity(told, report.case)
    told = finite(told)
    return {**told, KEY: record_digest(told)}


def measurement_values(measured: Measurement) -> dict[str, Any]:
    """A measurement as plain values, the same in every output."""
    return {
        "value": measured.value,
        "unit": measured.unit,
        "uncertainty": measured.uncertainty,
        "low": measured.low,
        "high": measured.high,
        "bounds": [None if isinf(bound) else bound for bound in measured.bounds] if measured.bounds else None,
        "bounds_reason": "; ".join(measured.reasons) if measured.bounds else None,
        "undefined": measured.undefined,
        "reference_gy": measured.reference_gy,
    }


def score_values(score: Score | None) -> dict[str, Any] | None:
    """A score as plain values, the same in every output."""
    if score is None:
        return None
    values = {
        "points": score.points,
        "maximum": score.maximum,
        "percent": score.percent,
        "reason": score.reason or None,
    }
    return {**values, "unscored": list(score.unscored)}


def _courses(found: CourseList) -> dict[str, Any]:
    days = [day.isoformat() if day else None for day in found.planned_on]
    return {**plain_values(found), "planned_on": days}


def _case(report: Report) -> dict[str, Any]:
    case = report.case
    return {
        "patient": _patient(case.patient),
        "plan": _plan(case.plan) if case.plan else None,
        "equipment": asdict(case.equipment),
        "has_dose": case.dose is not None,
        "structure_set": (
            {
                "label": case.structures.label,
                "sop_instance_uid": case.structures.sop_instance_uid,
                "rois": len(case.structures.rois),
            }
            if case.structures
            else None
        ),
    }


def _patient(patient: Patient) -> dict[str, Any]:
    born = patient.birth_date.isoformat() if patient.birth_date else None
    return {"id": patient.id, "name": patient.name, "sex": patient.sex, "birth_date": born}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "label": plan.label,
        "name": plan.name,
        "sop_instance_uid": plan.sop_instance_uid,
        "approval_status": plan.approval_status,
        "planned_on": plan.planned_on.isoformat() if plan.planned_on else None,
        "fractions": plan.fractions,
        "beam_dose_total_gy": plan.beam_dose_total_gy,
        "prescriptions": [
            {"target": each.target, "roi_number": each.roi_number, "dose_gy": each.dose_gy, "source": each.source}
            for each in plan.prescriptions
        ],
    }


def _protocol(report: Report) -> dict[str, Any]:
    protocol = report.protocol
    return {
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "site": protocol.site,
        "sha256": protocol.sha256,
        "sources": [asdict(source) for source in protocol.sources],
    }


def _result(result: Result) -> dict[str, Any]:
    constraint, goal = result.constraint, result.goal
    measured = measurement_values(result.measurement)
    return {
        "structure": result.structure,
        "matched": list(dict.fromkeys(roi for match in result.matched for roi in match.rois if not match.reason)),
        "matches": [match_values(match) for match in result.matched],
        "metric": goal.metric.text,
        "goal": goal.text,
        "operator": goal.operator,
        "limit": goal.known_limit,
        **measured,
        "margin": result.margin,
        "outcome": result.outcome,
        "borderline": result.is_borderline,
        "band_flips": list(result.band_flips),
        "priority": constraint.priority,
        "required": result.is_required,
        "variation": result.variation.text if result.variation else None,
        "readings": [_reading(reading) for reading in result.readings],
        "notes": list(result.notes),
        "headroom": {"scale": result.headroom.scale, "is_upper": result.headroom.is_upper} if result.headroom else None,
        "place": _place(result.place) if result.place else None,
        "achievable": _achievable(result.achievable),
        "achievable_reason": (result.achievable.reason or None) if result.achievable else None,
        "waiver": result.waiver or None,
        "not_drawn": result.is_not_drawn,
        "score": score_values(result.score),
        "among": plain_values(result.peers) if result.peers else None,
        "by_volume": _by_volume(result),
        "source": constraint.source or None,
        "line": constraint.line or None,
    }


def match_values(match: Match) -> dict[str, Any]:
    """How a name was met, as plain values, the same in every output."""
    return {
        "asked": match.asked,
        "rois": list(match.rois),
        "numbers": list(match.numbers),
        "how": match.how,
        "surrogate": match.is_surrogate,
        "ambiguous": match.is_ambiguous,
        "reason": match.reason or None,
        "suggestions": list(match.suggestions),
        "members": [
            {"of": each.of, "rois": list(each.rois), "left_out": list(each.left_out)} for each in match.members
        ],
        "alias_lines": list(match.alias_lines),
    }


def _reading(reading: ReadingResult) -> dict[str, Any]:
    return {
        "label": reading.label,
        "structure": reading.structure,
        "metric": reading.goal.metric.text,
        "goal": reading.goal.text,
        **measurement_values(reading.measurement),
        "outcome": reading.outcome,
        "changes_outcome": reading.changes_outcome,
    }


def _by_volume(result: Result) -> dict[str, Any] | None:
    """The table of a limit that depends on a volume, and the volume that chose the limit where it is known."""
    if not result.constraint.has_table:
        return None
    chosen = result.by_volume
    return {
        "stated": result.constraint.goal.text,
        **table_values(result.constraint),
        "structure": chosen.structure if chosen else None,
        "volume": measurement_values(chosen.volume) if chosen else None,
        "close": chosen.is_close if chosen else False,
    }


def _achievable(best: Achievable | None) -> dict[str, Any] | None:
    if best is None or best.value is None:
        return None
    targets = [{"name": name, "dose_gy": dose_gy} for name, dose_gy in best.targets]
    return {"value": best.value, "fall_off_percent_per_mm": 100 * best.fall_off, "targets": targets}


def _place(place: Place) -> dict[str, Any]:
    told: dict[str, Any] = plain_values(place)
    told["beams"] = [{"name": name, "share": share} for name, share in place.beams]
    return told


def _item(item: CheckItem) -> dict[str, Any]:
    return {
        "item": item.item,
        "expected": item.expected,
        "found": item.found,
        "value": item.value,
        "outcome": item.outcome,
        "given": item.given,
        "warns_only": item.warns_only,
        "note": item.note,
        "source": item.source or None,
    }


def _plan_check(item: CheckItem) -> dict[str, Any]:
    return {"code": item.code, **_item(item), "place": item.place or None, "required": item.is_required}


def _cross_check(each: CrossCheck) -> dict[str, Any]:
    return {
        "structure": each.structure,
        "metric": each.metric,
        "unit": each.unit,
        "value": each.value,
        "others": [
            {"program": program, "value": value, "difference": difference} for program, value, difference in each.others
        ],
    }
