"""Sets whose limits have an answer that is in doubt: it stands, and the reason for the doubt is given with it."""

from rtcheck.conformance.phantom import ROOT, PhantomSet, item, reference
from rtcheck.conformance.registry import asks, met, violated

_MEDIAN_MET = met("PTV", "D50% >= 49 Gy")
_MEDIAN_VIOLATED = violated("PTV", "D50% < 49 Gy")


@asks(_MEDIAN_MET, _MEDIAN_VIOLATED)
def plan_to_cure(s: PhantomSet) -> None:
    """PlanIntent is CURATIVE."""
    s.plan.PlanIntent = "CURATIVE"


@asks(_MEDIAN_MET, _MEDIAN_VIOLATED)
def plan_of_a_research_project(s: PhantomSet) -> None:
    """PlanIntent is RESEARCH: the plan may still be one of the patient."""
    s.plan.PlanIntent = "RESEARCH"


@asks(_MEDIAN_MET, _MEDIAN_VIOLATED, codes=("plan.intent",))
def plan_for_machine_qa(s: PhantomSet) -> None:
    """PlanIntent is MACHINE_QA."""
    s.plan.PlanIntent = "MACHINE_QA"


@asks(_MEDIAN_MET, _MEDIAN_VIOLATED, codes=("plan.intent",))
def plan_for_verification(s: PhantomSet) -> None:
    """PlanIntent is VERIFICATION."""
    s.plan.PlanIntent = "VERIFICATION"


@asks(_MEDIAN_MET, _MEDIAN_VIOLATED, codes=("plan.intent",))
def plan_for_a_repair(s: PhantomSet) -> None:
    """PlanIntent is SERVICE."""
    s.plan.PlanIntent = "SERVICE"


@asks(_MEDIAN_MET, codes=("dose.several-plans",))
def limit_on_a_dose_of_two_plans(s: PhantomSet) -> None:
    """The dose is the sum of two plans, one of which is absent; its limits are met by the sum."""
    s.dose.DoseSummationType = "MULTI_PLAN"
    s.dose.ReferencedRTPlanSequence = [reference("RTPLAN"), reference("RTPLAN", f"{ROOT}.1.2")]


@asks(_MEDIAN_MET, codes=("structures.not-referenced", "link.by-frame"))
def limit_on_another_structure_set(s: PhantomSet) -> None:
    """The plan and the dose refer to a structure set that is absent."""
    s.plan.ReferencedStructureSetSequence = [reference("RTSTRUCT", f"{ROOT}.96")]
    s.dose.ReferencedStructureSetSequence = [reference("RTSTRUCT", f"{ROOT}.96")]


@asks(_MEDIAN_MET, codes=("link.only-one",))
def files_that_nothing_ties(s: PhantomSet) -> None:
    """No reference and no frame of reference ties the structure set to the plan and the dose."""
    s.plan.ReferencedStructureSetSequence = []
    del s.plan.FrameOfReferenceUID
    del s.structures.FrameOfReferenceUID
    s.structures.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID="")]
    for roi in s.structures.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = ""


@asks(_MEDIAN_MET, codes=("plan.rejected",))
def limits_of_a_rejected_plan(s: PhantomSet) -> None:
    """The plan meets the limit and is rejected."""
    s.plan.ApprovalStatus = "REJECTED"
