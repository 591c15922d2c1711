"""A recipe -> an opened case, and what the page shows of it before a protocol is chosen."""

from typing import Any

from rtcheck.case import Case
from rtcheck.report.telling.words import counted
from rtcheck.web.desk.desk import Desk, Opened
from rtcheck.web.desk.question import Override, Recipe


def _values(opened: Opened) -> dict[str, Any] | None:
    """Of a sum of values: its plans and what was added to them; None of any other case."""
    recipe = opened.recipe
    if recipe.values is None:
        return None
    return {
        "plans": [_headed(part.recipe.case, part.case(Override())) for part in opened.parts],
        "external": [each.text for each in recipe.values.external],
        "fractions_left": recipe.values.fractions_left,
    }


def _headed(name: str, case: Case) -> dict[str, str]:
    """The plan by its label, with its prescription."""
    plan = case.plan
    prescription = plan.prescription if plan else None
    dose = f"{prescription.dose_gy:g} Gy" if prescription else "prescription unknown"
    fractions = f"in {counted(plan.fractions, 'fraction')}" if plan and plan.fractions else ""
    return {
        "case": name,
        "plan": (plan.label or plan.name) if plan else "",
        "prescription": f"{dose} {fractions}".strip(),
    }


def opened_values(desk: Desk, recipe: Recipe) -> dict[str, Any]:
    """The case as the page heads it: the plan's name, its prescription, what is there and what was odd."""
    opened = desk.opened(recipe)
    case = opened.case(Override())
    rois = case.structures.rois if case.structures else ()
    return {
        **_headed(recipe.case, case),
        "patient": case.patient.id or case.patient.name,
        "plan_uid": case.plan.sop_instance_uid if case.plan else "",
        "has_dose": case.dose is not None,
        "has_images": bool(case.images),
        "fractions": case.plan.fractions if case.plan else None,
        "structures": sum(bool(roi.contours) for roi in rois),
        "values": _values(opened),
        "warnings": [{"code": each.code, "text": each.text, "severity": each.severity} for each in case.notices],
    }
