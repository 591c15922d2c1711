"""A recipe -> an opened case, and what the page shows of it before a protocol is chosen."""

from typing import Any

from rtcheck.report.telling.words import counted
from rtcheck.web.desk.desk import Desk
from rtcheck.web.desk.question import Override, Recipe


def opened_values(desk: Desk, recipe: Recipe) -> dict[str, Any]:
    """The case as the page heads it: the plan's name, its prescription, what is there and what was odd."""
    case = desk.opened(recipe).case(Override())
    plan = case.plan
    prescription = plan.prescription if plan else None
    dose = f"{prescription.dose_gy:g} Gy" if prescription else "prescription unknown"
    fractions = f"in {counted(plan.fractions, 'fraction')}" if plan and plan.fractions else ""
    rois = case.structures.rois if case.structures else ()
    return {
        "case": recipe.case,
        "patient": case.patient.id or case.patient.name,
        "plan": (plan.label or plan.name) if plan else "",
        "prescription": f"{dose} {fractions}".strip(),
        "has_dose": case.dose is not None,
        "has_images": bool(case.images),
        "fractions": plan.fractions if plan else None,
        "structures": sum(bool(roi.contours) for roi in rois),
        "warnings": [{"code": each.code, "text": each.text, "severity": each.severity} for each in case.notices],
    }
