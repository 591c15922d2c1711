"""A case -> what its plan says of itself, for choosing a protocol."""

from rtcheck.case import Case
from rtcheck.protocol.choosing.applying import PlanOutline


def outline_of(case: Case) -> PlanOutline:
    """Labels, prescription and fractions, as far as the files state them."""
    plan = case.plan
    labels = [("plan label", plan.label), ("plan name", plan.name)] if plan else []
    labels += [("structure set label", case.structures.label)] if case.structures else []
    labels += [("target name", each.target) for each in plan.prescriptions] if plan else []
    prescription = plan.prescription if plan else None
    return PlanOutline(
        labels=tuple((name, text) for name, text in labels if text.strip()),
        plan_label=plan.label if plan else "",
        dose_gy=prescription.dose_gy if prescription else None,
        fractions=plan.fractions if plan else None,
    )
